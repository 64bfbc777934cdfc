"""Notices and messages as simply as can be, for tests that are about something else: every notice is a message of its own, at once."""

from collections.abc import Callable, Sequence

from alerting.dispatch import Dispatcher
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.notices import NoticeBookSql
from tricolor.domain.grouping import GroupingPolicy, Waiting
from tricolor.domain.notices import Notice
from tricolor.domain.notifications import Draft, Matter, Recipient, draft
from tricolor.ports import AlertChange

NO_WAITS = GroupingPolicy({rank: Waiting(0, 0) for rank in range(4)}, storm_count=100_000, storm_per_s=3600, storm_interval_s=600)


def matter_of(change: AlertChange) -> Matter:
    return Matter(
        change.alert_id, change.step.why, change.step.after.level, change.entity, change.entity, change.entity, change.rule, change.rule, change.rule,
        change.indicator, change.reason_zh, change.reason_en, change.at, f"/alerts/{change.alert_id}",
    )  # fmt: skip


def to_all(*recipients: Recipient) -> Callable[[AlertChange, Sequence[Recipient]], list[Notice]]:
    """Everybody is told of everything; each alert has an owner of its own, so that nothing is grouped."""

    def notices(change: AlertChange, told: Sequence[Recipient]) -> list[Notice]:
        assert all(isinstance(each, Recipient) for each in told)
        return [Notice(to, f"owner-{change.alert_id}", matter_of(change), change.at) for to in recipients]

    return notices


def dispatch(ledger: LedgerEngine, at: int, render: Callable[[Matter, Recipient], Draft] = draft) -> int:
    """How many messages were queued."""
    book = NoticeBookSql(ledger)
    return Dispatcher(book, book, NO_WAITS, lambda _channel, items, to, _link: render(items[0], to), lambda key: f"/a/{key}").run_once(at)
