"""Rounds in which nothing changed: a light on stored results stays on, whatever rule it comes from."""

from dataclasses import dataclass, field
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

    rounds: list[tuple[list[Verdict], list[str]]] = field(default_factory=list)

    def follow(self, verdicts, rules, now, binds, messages):
        self.rounds.append((list(verdicts), list(rules)))
        return []


@pytest.mark.parametrize("rule", [r for r in RULES if r != "silent"])
def test_a_round_without_news_says_nothing_of_rules_on_stored_results(rule: str) -> None:
    found = Evaluation(None, (WEST,), (HEARD,), RULES, ("basis",))
    follower = Follower()
    judge = Judge(SimpleNamespace(evaluate=lambda now: found), follower, SimpleNamespace(compose=lambda registry: None))
    for at in (0, 5 * SECOND_US, 2 * MINUTE_US):
        judge.run_once(at)
    # to name a rule without its verdicts would take the light away
    assert [rule in rules for _, rules in follower.rounds] == [True, False, True]
    assert [WEST in verdicts for verdicts, _ in follower.rounds] == [True, False, True]
    assert all(HEARD in verdicts and "silent" in rules for verdicts, rules in follower.rounds)
