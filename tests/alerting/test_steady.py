"""Rounds in which nothing changed: a light on stored results stays on, whatever rule it comes from."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest

from alerting.evaluate import Evaluation
from alerting.follow import Judge
from tricolor.domain.intervals import MINUTE_US, SECOND_US
from tricolor.domain.lights import Light, Verdict

WEST = Verdict("net", "heat_loss", "west", "", Light.YELLOW, 0.13, 0.1, "1", "", "", 1.0, {})
HEARD = Verdict("net", "silent", "", "now", Light.GREEN, 0.0, 1.0, "h", "", "", 1.0, {})
RULES = ("pace", "benchmark", "heat_loss", "supply_temperature", "concentration", "mass", "silent")


@dataclass
class Follower:
    """Keeps what each round was told: the verdicts, and the rules of which it was told everything."""

    rounds: list[tuple[list[Verdict], list[str], list[str], list[str]]] = field(default_factory=list)

    def follow(self, verdicts, rules, now, binds, notices, withdrawn=(), confirmed=()):
        self.rounds.append((list(verdicts), list(rules), list(withdrawn), list(confirmed)))
        return []

    def tick(self, now, limit, notices, judged=None):
        return []

    def shift(self, by_us, now):
        raise AssertionError("nobody set the clock")


ROUTER = SimpleNamespace(notices=lambda registry: None, report=lambda registry, now: None)


@pytest.mark.parametrize("rule", [r for r in RULES if r != "silent"])
def test_a_round_without_news_only_confirms_the_rules_on_stored_results(rule: str) -> None:
    found = Evaluation(None, (WEST,), (HEARD,), RULES, ("basis",))
    follower = Follower()
    judge = Judge(SimpleNamespace(evaluate=lambda now: found), follower, ROUTER)
    for at in (0, 5 * SECOND_US, 2 * MINUTE_US, 11 * MINUTE_US):
        judge.run_once(at)
    # the second round has nothing to say; to name a rule without its verdicts would take the light away
    assert [rule in rules for _, rules, _, _ in follower.rounds] == [True, False, True]
    assert [WEST in verdicts for verdicts, _, _, _ in follower.rounds] == [True, False, True]
    assert all(rule in confirmed and not withdrawn for _, _, withdrawn, confirmed in follower.rounds)


def test_what_changed_is_handed_over_alone_and_what_is_no_longer_judged_by_name() -> None:
    east, eastern = replace(WEST, indicator="east"), replace(WEST, indicator="east", light=Light.RED)
    evaluations = iter([(WEST, east), (WEST, eastern), (WEST, eastern), (WEST,)])
    follower, serial = Follower(), iter(range(9))
    judge = Judge(
        SimpleNamespace(evaluate=lambda now: Evaluation(None, next(evaluations), (), RULES, (next(serial),))), follower,
        ROUTER,
    )  # fmt: skip
    for second in range(4):
        judge.run_once(second * SECOND_US)
    assert [(verdicts, withdrawn) for verdicts, _, withdrawn, _ in follower.rounds] == [
        ([WEST, east], []), ([eastern], []), ([], ["heat_loss/net/east"]),
    ]  # fmt: skip
