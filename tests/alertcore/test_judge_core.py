"""The judge's round under attack: what nobody judged just now does not move by time, and nothing keeps people from being asked again."""

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
LI = to_all(Recipient("inbox", "li", "li"))
ROUTER = SimpleNamespace(notices=lambda _registry: LI, report=lambda _registry, _now: None)
POLICIES = {"instant": Policy(hold_s=10, clear_s=60, escalate_s=(900,)), "silent": Policy(hold_s=5, red_hold_s=5, escalate_s=(900,))}


def verdict(light: Light, rule: str = "instant") -> Verdict:
    return Verdict("net", rule, "p", "now", light, 1.0, 2.0, "1", "升", "rose", None, {})


def follow(book: AlertBookSql, at_s: float, *found: Verdict) -> list[str]:
    return [c.step.why.value for c in book.follow(found, [], round(at_s * S), lambda _: True, LI)]


def judge_of(book: AlertBookSql, evaluate, beside=lambda _now: ()) -> Judge:
    return Judge(SimpleNamespace(evaluate=evaluate, material=None, registry=SimpleNamespace()), book, ROUTER, beside=beside)  # type: ignore[arg-type]


def nothing(_now: int) -> Evaluation:
    return Evaluation(SimpleNamespace(), (), (), ("pace",), ("basis",))  # type: ignore[arg-type]


def whys(changes) -> list[str]:
    return [c.step.why.value for c in changes]


def test_a_recovering_alert_is_not_resolved_by_time_while_nobody_looks_at_its_meter(sqlite_ledger):
    book = AlertBookSql(sqlite_ledger, POLICIES)
    follow(book, 0, verdict(Light.RED))
    assert follow(book, 10, verdict(Light.GREEN)) == ["RECOVERING"]
    judge = judge_of(AlertBookSql(sqlite_ledger, POLICIES), nothing)  # started an hour later; the watch has not got through yet
    assert whys(judge.run_once(3600 * S)) == [] and book.get(1)[0].condition == "recovering"
    looked = judge_of(book, nothing, beside=lambda _now: ("instant",))
    assert whys(looked.run_once(3601 * S)) == ["RESOLVED"]


def test_what_was_pending_before_a_restart_does_not_open_before_its_rule_is_judged_again(sqlite_ledger):
    book = AlertBookSql(sqlite_ledger, POLICIES)
    assert follow(book, 0, verdict(Light.RED, "silent")) == []
    judge = judge_of(AlertBookSql(sqlite_ledger, POLICIES), nothing)  # silence is not sure in the first minute
    assert whys(judge.run_once(3600 * S)) == []
    assert follow(book, 3601, verdict(Light.GREEN, "silent")) == [] and book.page("all", [], 9, None) == []


@pytest.mark.parametrize("fault", [TryAgain("store: down"), ValueError("a rule of ours is wrong")])
def test_escalation_goes_on_whatever_keeps_us_from_judging_also_after_a_restart(sqlite_ledger, fault):
    book = AlertBookSql(sqlite_ledger, POLICIES)
    follow(book, 0, verdict(Light.RED))

    def broken(_now: int) -> Evaluation:
        raise fault

    with pytest.raises(type(fault)):
        judge_of(AlertBookSql(sqlite_ledger, POLICIES), broken).run_once(900 * S)
    assert whys_of(book) == ["OPENED", "ESCALATED"]


def whys_of(book: AlertBookSql) -> list[str]:
    return [moment.why for moment in book.get(1)[1]]
