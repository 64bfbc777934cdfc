"""The judge's round: verdicts, then time; a store that is down; a clock that is set."""

from types import SimpleNamespace

import pytest

from alerting.evaluate import Evaluation
from alerting.follow import Judge
from tests.alerting.telling import to_all
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.domain.alert_policy import Policy
from tricolor.domain.errors import TryAgain
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.notifications import Recipient

S = SECOND_US
RED = Verdict("net", "heat_loss", "west", "2026-10", Light.RED, 0.3, 0.1, "1", "升", "rose", 1.0, {})
POLICIES = {"heat_loss": Policy(escalate_s=(600, 1200))}


class Round:
    """A judge over a real ledger; what is judged, whether the store is up, and both clocks are set by the test."""

    def __init__(self, ledger) -> None:
        self.ledger, self.light, self.is_up, self.running_s, self.wall_s = ledger, Light.RED, True, 0.0, 1_000_000.0
        self.rung: list[int] = []
        self.shifted: list[int] = []
        router = SimpleNamespace(notices=lambda _registry: to_all(Recipient("inbox", "li", "li")), report=lambda _registry, _now: None)
        self.judge = Judge(
            SimpleNamespace(evaluate=self.evaluate, material=None, registry=SimpleNamespace()), AlertBookSql(ledger, POLICIES), router, told=lambda: self.rung.append(1),
            monotonic=lambda: self.running_s, shifts=(lambda by_us, _now: self.shifted.append(by_us),),
        )  # fmt: skip

    def evaluate(self, _now: int) -> Evaluation:
        if not self.is_up:
            raise TryAgain("store: down")
        return Evaluation(SimpleNamespace(), (RED,), (), ("heat_loss",), ("basis",))

    def after(self, seconds: float, jump_s: float = 0.0) -> list[str]:
        self.running_s += seconds
        self.wall_s += seconds + jump_s
        return [change.step.why.value for change in self.judge.run_once(round(self.wall_s * S))]


def test_a_round_follows_verdicts_then_time_and_rings_when_somebody_is_told(sqlite_ledger):
    round_ = Round(sqlite_ledger)
    assert (round_.after(0), len(round_.rung)) == (["OPENED"], 1)
    assert (round_.after(599), len(round_.rung)) == ([], 1)
    assert (round_.after(1), len(round_.rung)) == (["ESCALATED"], 2)


def test_while_the_store_is_down_the_escalation_goes_on(sqlite_ledger):
    round_ = Round(sqlite_ledger)
    round_.after(0)
    round_.is_up = False
    with pytest.raises(TryAgain):
        round_.after(600)
    assert [m.why for m in AlertBookSql(sqlite_ledger).get(1)[1]] == ["OPENED", "ESCALATED"] and len(round_.rung) == 2


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_an_hour_by_which_the_clock_is_set_counts_for_nothing(sqlite_ledger, jump_s):
    round_ = Round(sqlite_ledger)
    round_.after(0)
    assert round_.after(300, jump_s) == [] and round_.shifted == [round(jump_s * S)]
    assert round_.after(299) == [] and round_.after(1) == ["ESCALATED"]
    assert round_.after(599) == [] and round_.after(1) == ["ESCALATED"]


def test_a_clock_that_is_drawn_in_by_seconds_is_no_jump(sqlite_ledger):
    round_ = Round(sqlite_ledger)
    round_.after(0)
    round_.after(10, 29.0)
    round_.after(10, -29.0)
    assert round_.shifted == []
