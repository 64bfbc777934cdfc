"""Whether every red reached somebody: where it did not, those who run Tricolor are told whom it was for and why it failed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from tricolor.domain.intervals import MINUTE_US, SECOND_US
from tricolor.ports_alerting import OperatorAlarms
from tricolor.ports_delivery import RedBook, Unreached

FAILED, MUTED, UNSENT, UNTOLD = "red_failed", "red_muted", "red_unsent", "red_untold"
KINDS: Final = (FAILED, MUTED, UNSENT, UNTOLD)
NAMED_MAX: Final = 5
log = structlog.get_logger("alerting")


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is raised: one for all reds that failed in the same way."""

    kind: str
    subject: str
    text_zh: str
    text_en: str


class Reach:
    """Raises an alarm for reds that are with nobody and clears it when one arrives. unsent_s: so long a message may be on its way [s]."""

    def __init__(self, reds: RedBook, alarms: OperatorAlarms, unsent_s: float) -> None:
        self._reds, self._alarms, self._unsent_us = reds, alarms, round(unsent_s * SECOND_US)

    def run_once(self, now: int) -> int:
        """How many alarms stand; TryAgain when the ledger is down."""
        wanted = {(each.kind, each.subject): each for each in alarms_of(self._reds.unreached(), now, self._unsent_us)}
        standing = {(each.kind, each.subject): each for each in self._alarms.standing() if each.kind in KINDS}
        for key in standing.keys() - wanted.keys():
            self._alarms.clear(*key, now)
        for key, alarm in wanted.items():
            old = standing.get(key)
            if old is None:
                log.error("a red alert reached nobody", kind=alarm.kind, subject=alarm.subject, why=alarm.text_en)
            if old is None or old.text_en != alarm.text_en or not 0 <= now - old.seen_at < MINUTE_US:
                self._alarms.raise_alarm(alarm.kind, alarm.subject, alarm.text_zh, alarm.text_en, now)
        return len(wanted)


def alarms_of(reds: Sequence[Unreached], now: int, unsent_us: int) -> Iterator[Alarm]:
    """One alarm a way of failing; what is on its way is none until it has been so for long."""
    groups: dict[tuple[str, str], list[Unreached]] = {}
    for red in reds:
        if red.is_waiting:
            if now - red.since >= unsent_us:
                groups.setdefault((UNSENT, "queue"), []).append(red)
        elif red.recipients:
            ways = sorted({f"{channel}/{recipient}" for recipient, channel, *_ in red.recipients})
            groups.setdefault((FAILED, ",".join(ways)), []).append(red)
        elif red.muted:
            groups.setdefault((MUTED, ",".join(sorted(red.muted))), []).append(red)
        else:
            groups.setdefault((UNTOLD, "nobody"), []).append(red)
    for (kind, subject), mine in groups.items():
        yield Alarm(kind, subject, *_words(kind, subject, mine, unsent_us))


def _words(kind: str, subject: str, reds: Sequence[Unreached], unsent_us: int) -> tuple[str, str]:
    named = ", ".join(f"#{red.alert_id} {red.entity} {red.rule}" for red in reds[:NAMED_MAX]) + (" …" if len(reds) > NAMED_MAX else "")
    head_zh, head_en = f"红色预警 {len(reds)} 项无人收到（{named}）", f"{len(reds)} red alerts reached nobody ({named})"
    if kind == FAILED:
        ways = list(dict.fromkeys(way for red in reds for way in red.recipients))[:NAMED_MAX]
        why = "; ".join(f"{who} {channel} {state} {failure or code}" for who, channel, state, code, failure in ways)
        return (
            f"{head_zh}：{why}。请更正联系人的号码或渠道设置，再在投递列表中重发",
            f"{head_en}: {why}. Mend the contact's address or the channel's settings, then retry the deliveries",
        )
    if kind == MUTED:
        return f"{head_zh}：被 {subject} 静默。如非本意请结束该静默", f"{head_en}: held by {subject}. End it if that was not meant"
    if kind == UNSENT:
        minutes = unsent_us // MINUTE_US
        return (
            f"{head_zh}：消息在途已超过 {minutes} 分钟。请检查渠道与网络（tricolor doctor、投递列表）",
            f"{head_en}: on their way for over {minutes} minutes. Check the channels and the network (tricolor doctor, the list of deliveries)",
        )
    return f"{head_zh}：没有可通知的联系人。请登记联系人或值班表", f"{head_en}: nobody is there to be told. Register contacts or a roster"
