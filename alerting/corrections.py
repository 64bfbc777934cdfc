"""Closed periods judged again: when months, figures or submissions that a past verdict rests on change, a correction is written beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from alerting.books import Books
from alerting.judging import RuleFile
from alerting.material import Input, Material
from tricolor.analysis.month_sums import Insides
from tricolor.domain.intervals import month_text
from tricolor.domain.lights import Verdict
from tricolor.domain.periods import last_over, period_of
from tricolor.domain.submissions import PeriodKind
from tricolor.ports_judging import ClosedPeriods, Correction, Word

MAX_ENTITIES = 200  # judged again in one round; the others wait for the next
FLEETING = frozenset({Input.QUALITY, Input.FORECASTS})  # what is kept of these speaks of now: a past period cannot be judged on it
log = structlog.get_logger("alerting")


class Corrector:
    """Follows the books with marks of its own, kept in the ledger with the corrections: a restart neither misses a change nor repeats one."""

    def __init__(self, books: Books, ledger: ClosedPeriods) -> None:
        self._books, self._ledger = books, ledger
        self._marks: Mapping[str, int] | None = None
        self._todo: dict[str, set[str]] = {}  # entity -> rules
        self._reached: dict[str, int] = {}

    def run_once(self, of: Material, seen: Mapping[Input, int], rules: Sequence[RuleFile], now: int) -> list[Correction]:
        """One portion of what is to be judged again; TryAgain when a store is down. seen: the marks up to which the material has the changes."""
        if not self._todo and not self._look(of, seen, rules, now):
            return []
        portion = sorted(self._todo)[:MAX_ENTITIES]
        by_name = {rule.name: rule for rule in rules}
        words = self._ledger.closed(portion, sorted({name for entity in portion for name in self._todo[entity]})) if portion else []
        found = list(_corrections(of, words, by_name, self._todo, now))
        is_done = len(portion) == len(self._todo)
        written = self._ledger.correct(found, self._reached if is_done else None, now)
        for entity in portion:
            del self._todo[entity]
        if is_done:
            self._marks = dict(self._reached)
        for each in written:
            log.info("correction", matter=each.verdict.fingerprint, period=each.verdict.period, light=each.verdict.light)
        return written

    def _look(self, of: Material, seen: Mapping[Input, int], rules: Sequence[RuleFile], now: int) -> bool:
        """Whether there is something to judge, or marks to begin with."""
        if self._marks is None:
            self._marks = self._ledger.marks()
        is_first = self._marks is None
        held, self._reached = dict(self._marks or {}), {}
        insides = of.insides or Insides(of.registry)
        for name, mark, changed in self._changed(held, now):
            self._reached[name] = min(mark, seen.get(Input(name), 0))
            if is_first or name not in held:  # nothing is known of what was judged on before: from here on
                continue
            concerned = insides.expanded(changed)
            for rule in rules:
                if Input(name) in rule.inputs and not rule.inputs & FLEETING:
                    for entity in concerned:
                        self._todo.setdefault(entity, set()).add(rule.name)
        if not self._todo and not is_first and set(held) == set(self._reached):
            self._marks = self._reached  # kept in memory only: not worth a write
            return False
        return True

    def _changed(self, held: Mapping[str, int], now: int) -> Iterator[tuple[str, int, frozenset[str]]]:
        books = self._books
        yield Input.ENERGY.value, *books.months.changes(held.get(Input.ENERGY.value, 0), str(last_over(PeriodKind.MONTH, now)))
        for of, book in (
            (Input.FIGURES, books.figures), (Input.EXCLUSIONS, books.exclusions), (Input.STATISTICS, books.statistics),
            (Input.BUDGETS, books.budgets), (Input.PROJECTS, books.projects), (Input.AUDITS, books.audits),
        ):  # fmt: skip
            if book is not None:
                yield of.value, *book.changes(held.get(of.value, 0))


def _corrections(
    of: Material, words: Sequence[Word], rules: Mapping[str, RuleFile], todo: Mapping[str, set[str]], now: int
) -> Iterator[Correction]:  # fmt: skip
    said: dict[tuple[str, str, int], list[Verdict]] = {}
    for word in words:
        v = word.verdict
        end = period_end(v.period)
        if end is None or end > now or v.rule not in todo.get(v.entity, ()) or v.entity not in of.registry.entities:
            continue
        for then in dict.fromkeys((end, word.as_of)):  # a rule may speak of the period only once its figures are due
            key = v.rule, v.entity, then
            if key not in said:
                said[key] = _judged(rules[v.rule], as_of(of, then), v.entity)
            again = next((a for a in said[key] if a.fingerprint == v.fingerprint and a.period == v.period), None)
            if again is not None:
                yield Correction(word.id, again, then)
                break


def _judged(rule: RuleFile, of: Material, entity: str) -> list[Verdict]:
    found = (rule.judge(facts, rule.thresholds) for facts in rule.facts_of(of, of.registry.entities[entity]))
    return [verdict for verdict in found if verdict is not None]


def as_of(of: Material, then: int) -> Material:
    """Material as it would have been at `then` [µs] with what is known today: months after it are not there yet."""
    return replace(until(of, then), now=then, quality={}, forecasts={}, made={})


def until(of: Material, then: int) -> Material:
    """The material without the months that had not begun at `then` [µs]."""
    last = month_text(then - 1)
    return replace(of, energy=_Until(of.energy, last), co2=_Until(of.co2, last), flows=_Until(of.flows, last))


class _Until(Mapping[str, Any]):
    """By entity, the months up to the last one; cut only where it is looked at."""

    def __init__(self, held: Mapping[str, Mapping[Any, Any]], last: str) -> None:
        self._held, self._last = held, last

    def __getitem__(self, entity: str) -> Mapping[Any, Any]:
        return {k: self._cut(v) for k, v in self._held[entity].items() if not isinstance(k, str) or k <= self._last}

    def _cut(self, value: Any) -> Any:
        return {m: v for m, v in value.items() if m <= self._last} if isinstance(value, Mapping) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def period_end(period: str) -> int | None:
    """End [µs] of a verdict's period: 2026, 2026-Q3, 2026-10 or 2026-01..2026-10; None for a state of now and for what is none of these."""
    try:
        return period_of(period.rpartition("..")[2]).span.end
    except ValueError:
        return None
