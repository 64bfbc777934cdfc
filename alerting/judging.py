"""The engine: finds the rule files, keeps facts and verdicts by rule and entity, and judges again only what depends on a change."""

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import alerting.rules
from alerting.books import News
from alerting.material import Input, Material
from tricolor.catalogue.plans import Plan
from tricolor.domain.entities import Entity
from tricolor.domain.errors import Misconfigured
from tricolor.domain.lights import Verdict

MANY_OBJECTS = 200_000  # so many new ones are not searched for cycles
QUALITY_DAYS = 7  # where no rule says how far back it looks


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule as the contract has it, with its thresholds from the plan."""

    name: str
    inputs: frozenset[Input]
    facts_of: Callable[[Material, Entity], Iterable[Any]]
    judge: Callable[[Any, Any], Verdict | None]
    thresholds: Any


@cache
def rule_modules() -> tuple[ModuleType, ...]:
    """The files in alerting/rules that follow the contract, by name."""
    modules = (import_module(f"{alerting.rules.__name__}.{found.name}") for found in iter_modules(alerting.rules.__path__))
    return tuple(m for m in modules if all(hasattr(m, name) for name in ("RULE", "INPUTS", "Thresholds", "facts_of", "judge")))


def rules_of(plan: Plan, modules: Sequence[ModuleType] | None = None) -> list[RuleFile]:
    """Every rule with the plan's thresholds; Misconfigured when one of them stands nowhere."""
    return [_rule(module, plan) for module in (rule_modules() if modules is None else modules)]


def quality_days(plan: Plan, rules: Iterable[RuleFile]) -> int:
    """The most whole days that a rule on data quality looks back on."""
    named = [plan.thresholds_of(rule.name).get("days", QUALITY_DAYS) for rule in rules if Input.QUALITY in rule.inputs]
    return max((int(days) for days in named), default=QUALITY_DAYS)


def _rule(module: ModuleType, plan: Plan) -> RuleFile:
    held = plan.thresholds_of(module.RULE)
    names = [each.name for each in fields(module.Thresholds)]
    lacking = [name for name in names if name not in held]
    if lacking:
        file = f"tricolor/catalogue/rules/{module.RULE}.toml"
        raise Misconfigured(f"规则 {module.RULE} 缺阈值 · rule {module.RULE} has no {', '.join(lacking)} in {file}")
    return RuleFile(module.RULE, frozenset(module.INPUTS), module.facts_of, module.judge, module.Thresholds(**{name: held[name] for name in names}))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the cycle collector: facts and verdicts hold no cycles, and a million new ones would make it search them all again and again. What
    stands after a full judging stays for long: it is not searched later either (still freed when dropped)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_count()[0] > MANY_OBJECTS:
                gc.freeze()
            gc.enable()


Judged = tuple[tuple[Any, ...], tuple[Verdict | None, ...]]  # facts, and what is said of each
NOTHING: Judged = ((), ())


class Engine:
    """Facts and verdicts in force. One is made per process; losing it costs one full judging."""

    def __init__(self, rules: Sequence[RuleFile]) -> None:
        self.rules = tuple(rules)
        self._held: dict[str, dict[str, Judged]] = {rule.name: {} for rule in rules}
        self._verdicts: tuple[Verdict, ...] | None = ()
        self.serial = 0  # rises whenever a verdict in force became another one
        self.looked, self.judged = 0, 0  # (rule, entity) pairs of the last round whose facts were made, and that were judged

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(rule.name for rule in self.rules)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Everything in force."""
        if self._verdicts is None:
            self._verdicts = tuple(
                v for rule in self.rules for _, said in self._held[rule.name].values() for v in said if v is not None
            )  # fmt: skip
        return self._verdicts

    def judge(self, of: Material, news: News) -> None:
        """Brings the verdicts up to the material."""
        self.looked = self.judged = 0
        if not news:
            return
        with _uncollected():
            self._judge_all(of, news)

    def _judge_all(self, of: Material, news: News) -> None:
        for rule in self.rules:
            concerned = news.concerns(rule.inputs)
            if concerned is None:
                self._drop_unknown(rule, of.registry.entities)
            self._judge_rule(rule, of, of.registry.entities.keys() if concerned is None else concerned)

    def _has_changed(self) -> None:
        """Noted at once: a rule that breaks later in the round loses nothing."""
        self.serial += 1
        self._verdicts = None

    def _judge_rule(self, rule: RuleFile, of: Material, concerned: Collection[str]) -> None:
        held, entities = self._held[rule.name], of.registry.entities
        facts_of, judge, thresholds = rule.facts_of, rule.judge, rule.thresholds
        self.looked += len(concerned)
        for entity in concerned:
            facts = tuple(facts_of(of, entities[entity]))
            before = held.get(entity, NOTHING)
            known = before[0]
            if facts == known:
                continue
            self.judged += 1
            if known:
                said = tuple(
                    before[1][n] if n < len(known) and known[n] == fact else judge(fact, thresholds) for n, fact in enumerate(facts)
                )  # fmt: skip
            else:
                said = tuple([judge(fact, thresholds) for fact in facts])
            if facts:
                held[entity] = facts, said
            else:
                del held[entity]
            if said != before[1]:
                self._has_changed()

    def _drop_unknown(self, rule: RuleFile, entities: Mapping[str, Entity]) -> None:
        held = self._held[rule.name]
        for entity in [each for each in held if each not in entities]:
            del held[entity]
            self._has_changed()
