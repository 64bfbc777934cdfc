"""From notices to messages: who is still to be told, what is told together, and when."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from tricolor.domain.alerts import Why
from tricolor.domain.channel_facts import ChannelLimit
from tricolor.domain.errors import TryAgain
from tricolor.domain.grouping import Group, GroupingPolicy, Past, plan
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.notices import Ended, Hold, NoticeRow, NoticeState
from tricolor.domain.notifications import Draft, Matter, Recipient, draft
from tricolor.domain.suppression import Held
from tricolor.ports_alerting import GroupMessage, NoticeBook
from tricolor.ports_delivery import Stand, Tellings

ROWS_MAX: Final = 5_000  # notices of one round; what is left comes in the next
AT_ONCE: Final = 50  # messages of one transaction
KEY_BYTES: Final = 9
ENDS: Final = frozenset({Why.RESOLVED, Why.CLOSED})
EASES: Final = ENDS | {Why.EASED}  # not before the message that it takes back
AFTER_US: Final = 10 * SECOND_US  # how often is looked whether that one has gone out
ASKS: Final = frozenset({Why.UNACKED, Why.REPEATED, Why.ESCALATED})  # of no use to anybody once somebody answers for the alert
log = structlog.get_logger("alerting")
Render = Callable[[str, Sequence[Matter], Recipient, str], Draft]


def nothing(_row: NoticeRow, _now: int) -> Held | None:
    return None


class Dispatcher:
    """Makes messages of the notices that are due. link: the address of a message's page by its key; hold: why a notice is held (still), None when
    nothing holds it; on_queued: called when messages were queued; limits: of channels (the few messages of a narrow one are shared by more)."""

    def __init__(
        self, book: NoticeBook, tellings: Tellings, policy: GroupingPolicy, render: Render, link: Callable[[str], str],
        hold: Callable[[NoticeRow, int], Held | None] = nothing, on_queued: Callable[[], None] = lambda: None,
        limits: Mapping[str, Sequence[ChannelLimit]] | None = None,
    ) -> None:  # fmt: skip
        self._book, self._tellings, self._policy = book, tellings, policy
        self._policies = {channel: policy.within(each) for channel, each in (limits or {}).items()}
        self._render, self._link, self._hold, self._on_queued = render, link, hold, on_queued

    def run_once(self, now: int) -> int:
        """How many messages were queued; TryAgain when the ledger is down. Any number of dispatchers may run."""
        made = 0
        while True:
            due = self._book.due(now, ROWS_MAX)
            queued = self._round(due, now) if due else 0
            made += queued
            if len(due) < ROWS_MAX or not queued:
                return made

    def _round(self, due: list[NoticeRow], now: int) -> int:
        free, holds = self._released(due, now)
        rows, ended, past, groups, later = self._plan(free, now)
        company = self._tellings.company(list({(g.key.channel, g.key.address) for g in groups}), [row.id for row in due]) if groups else []
        if company:  # what waits for its group goes with it
            also, held = self._released(company, now)
            holds += held
            rows, ended, past, groups, later = self._plan([*free, *also], now)
        if holds or later:
            self._book.held([*holds, *later], now)
        if ended:
            self._book.ended(ended, now)
        made = self._queue(groups, {key: each.newest_id for key, each in past.items()}, now)
        if made:
            log.info("messages queued", messages=made, notices=len(rows), later=sum(len(each.notices) for each in later), ended=len(ended))
        return made

    def _plan(
        self, free: list[NoticeRow], now: int
    ) -> tuple[list[NoticeRow], list[Ended], Mapping[tuple[str, str], Past], list[Group], list[Hold]]:  # fmt: skip
        stands = self._tellings.stands([row.notice.matter.alert_id for row in free])
        rows, ended = still_to_tell(free, stands)
        rows, early = in_turn(rows, stands)
        addresses = list(dict.fromkeys((row.notice.to.channel, row.notice.to.address) for row in rows))
        longest = max(self._policy.storm_per_s, *(w.interval_s for w in self._policy.waits.values()))
        past = self._tellings.past(addresses, now - round(longest * SECOND_US)) if rows else {}
        groups, later = plan(rows, past, lambda channel: self._policies.get(channel, self._policy), now)
        return rows, ended, past, groups, [*later, Hold(tuple(early), "", now + AFTER_US)] if early else later

    def _queue(self, groups: Sequence[Group], newest: dict[tuple[str, str], int], now: int) -> int:
        """How many messages were queued. newest: the id of the newest message that was seen, by address."""
        made = 0
        for start in range(0, len(groups), AT_ONCE):
            part = groups[start : start + AT_ONCE]
            queued = self._book.grouped([self._message(group, newest[group.key.channel, group.key.address]) for group in part], now)
            for group, outbox_id in zip(part, queued, strict=True):
                if outbox_id is not None:
                    made += 1
                    newest[group.key.channel, group.key.address] = outbox_id
            self._on_queued()
        return made

    def _released(self, due: list[NoticeRow], now: int) -> tuple[list[NoticeRow], list[Hold]]:
        """Those that nothing holds (any more), and those that are held: also such as waited for their group when a silence or a worse alert came."""
        held: dict[Held, list[NoticeRow]] = {}
        free: list[NoticeRow] = []
        for row in due:
            why = self._held(row, now)
            if why is None:
                free.append(row)
            else:
                held.setdefault(why, []).append(row)
        return free, [Hold(tuple(rows), why.why, max(why.until, now + SECOND_US)) for why, rows in held.items()]

    def _held(self, row: NoticeRow, now: int) -> Held | None:
        try:
            return self._hold(row, now)
        except TryAgain:
            raise
        except Exception:  # a fault of ours over one notice must not keep all the others; what is not known to be held is told
            log.exception("whether a notice is held could not be found out; it is told", notice=row.id)
            return None

    def _message(self, group: Group, newest_id: int) -> GroupMessage:
        key, to = secrets.token_urlsafe(KEY_BYTES), group.notices[0].notice.to
        matters = [row.notice.matter for row in group.notices]
        try:
            made = self._render(to.channel, matters, to, self._link(key))
        except Exception:  # a fault of ours in the words must not keep people from being told
            log.exception("a message could not be rendered; its worst matter is told plainly", channel=to.channel, notices=len(matters))
            made = draft(matters[0], to)
        return GroupMessage(group.key.owner, group.notices, made, group.rank, key, newest_id)


def still_to_tell(rows: Sequence[NoticeRow], stands: Mapping[int, Stand]) -> tuple[list[NoticeRow], list[Ended]]:
    """Notices that are of use to their address as the alerts stand now, one of an alert; and the others with why they make no message."""
    ended: dict[tuple[NoticeState, str], list[NoticeRow]] = {}
    newest: dict[tuple[int, str, str], NoticeRow] = {}
    for row in sorted(rows, key=lambda each: (each.event_id, each.id)):
        to, matter = row.notice.to, row.notice.matter
        fate = fate_of(row, stands.get(matter.alert_id))
        if fate is not None:
            ended.setdefault(fate, []).append(row)
            continue
        key = (matter.alert_id, to.channel, to.address)
        if key in newest:
            ended.setdefault((NoticeState.SUPERSEDED, f"event {row.event_id} of the same alert is told instead"), []).append(newest[key])
        newest[key] = row
    return list(newest.values()), [Ended(tuple(each), state, why) for (state, why), each in ended.items()]


def in_turn(rows: Sequence[NoticeRow], stands: Mapping[int, Stand]) -> tuple[list[NoticeRow], list[NoticeRow]]:
    """Those that may go, and good news whose bad news has not gone out yet: a retry an hour later would open what was already over."""
    turn: list[NoticeRow] = []
    early: list[NoticeRow] = []
    for row in rows:
        stand, to = stands.get(row.notice.matter.alert_id), row.notice.to
        is_early = stand is not None and row.notice.matter.why in EASES and (to.channel, to.address) in stand.unsent
        (early if is_early else turn).append(row)
    return turn, early


def fate_of(row: NoticeRow, stand: Stand | None) -> tuple[NoticeState, str] | None:
    """Why nobody needs to be told of it any more, or None."""
    matter, address = row.notice.matter, (row.notice.to.channel, row.notice.to.address)
    if stand is None:
        return None
    told = stand.told.get(address)
    if told is not None and told > row.event_id:
        return NoticeState.SUPERSEDED, f"event {told} of the same alert was told first"
    if matter.why in ENDS:
        return None if told is not None else (NoticeState.DROPPED, "nobody at this address was told of the alert")
    if not stand.is_open:
        if told is not None:
            return NoticeState.SUPERSEDED, "the alert ended meanwhile, which is told"
        return NoticeState.DROPPED, "the alert ended before anybody at this address was told"
    if stand.is_acked and matter.why in ASKS:
        return NoticeState.DROPPED, "somebody answers for the alert"
    return None
