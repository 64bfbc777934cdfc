"""Which alerts a filter finds, on both databases."""

from collections.abc import Sequence

import pytest

from tests.phone.phone_town import NOW, benchmark, pace, silent
from tricolor.adapters.ledger.alert_pages import AlertPagesSql
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.domain.lights import Light
from tricolor.domain.notices import Notice
from tricolor.domain.notifications import Matter, Recipient
from tricolor.ports import AlertChange
from tricolor.ports_alerting import AlertFilter

OWNERS = {"pace": "development-reform", "silent": "statistics", "benchmark": "industry-it"}


def notices(change: AlertChange, _told: Sequence[Recipient]) -> list[Notice]:
    """One for the department that answers for the rule; those of silences are muted."""
    matter = Matter(change.alert_id, change.step.why, change.step.after.level, change.entity, "", "", change.rule, "", "", "", "", "", NOW, "")
    return [Notice(Recipient("inbox", "a", "a"), OWNERS[change.rule], matter, NOW, "silence:1" if change.rule == "silent" else "")]


@pytest.fixture
def pages(ledger: LedgerEngine) -> AlertPagesSql:
    """1 yellow pace, 2 red silence (stale), 3 red benchmark (acked), 4 red benchmark (resolved), 5 orange benchmark."""
    ledger.migrate()
    book = AlertBookSql(ledger)

    def judge(*verdicts: object) -> None:
        book.follow(list(verdicts), [], NOW, lambda _v: True, notices)  # type: ignore[arg-type]

    for each in (
        pace("a", Light.YELLOW, 1.0, 2.0), silent("b", Light.RED, ["x"], 3.0), benchmark("c", Light.RED), benchmark("d", Light.RED),
        benchmark("e", Light.ORANGE),
    ):  # fmt: skip
        judge(each)
    judge(silent("b", Light.GREY, ["x"], 3.0))
    judge(benchmark("d", Light.GREEN))
    book.acknowledge(3, "李四", NOW)
    return AlertPagesSql(ledger)


@pytest.mark.parametrize(("wanted", "urgent"), [
    (AlertFilter(), [2, 3, 5, 1]), (AlertFilter("all"), [2, 4, 3, 5, 1]), (AlertFilter("resolved"), [4]), (AlertFilter(levels=("red", "orange")), [2, 3, 5]),
    (AlertFilter(rules=("benchmark",)), [3, 5]), (AlertFilter(entities=("a", "c")), [3, 1]), (AlertFilter(entities=()), []),
    (AlertFilter(handling="acked"), [3]), (AlertFilter(handling="unacked"), [2, 5, 1]), (AlertFilter(owner="statistics"), [2]),
    (AlertFilter(owner="nobody"), []), (AlertFilter(is_stale=True), [2]), (AlertFilter(is_muted=True), [2]),
    (AlertFilter("all", owner="industry-it", handling="unacked"), [4, 5]),
])  # fmt: skip
def test_a_filter_finds_what_it_says_by_urgency_and_by_age(pages: AlertPagesSql, wanted: AlertFilter, urgent: list[int]) -> None:
    assert [a.id for a in pages.urgent(wanted, 10, 0)] == urgent
    assert [a.id for a in pages.newest(wanted, 10, None)] == sorted(urgent, reverse=True)
    assert pages.count(wanted) == len(urgent)
    assert [a.id for offset in range(len(urgent)) for a in pages.urgent(wanted, 1, offset)] == urgent


def test_a_state_that_there_is_not_is_refused(pages: AlertPagesSql) -> None:
    with pytest.raises(ValueError, match="pending"):
        pages.count(AlertFilter("pending"))
