"""What judging reads, kept in memory and refreshed only where the books say that something changed."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from alerting.material import DataQuality, Input, Material, PlanIndex
from tricolor.analysis.month_sums import Insides, MonthSums
from tricolor.catalogue.plans import Plan
from tricolor.domain.activities import Activity
from tricolor.domain.entities import Registry
from tricolor.domain.exclusions import Excluded, ExclusionEntry, Purpose, excluded_by_month, months_between
from tricolor.domain.intervals import local_day
from tricolor.domain.quality import Check, PointDay
from tricolor.ports_forecasts import ForecastBook
from tricolor.ports_judging import Changes, MonthAccounts
from tricolor.ports_projects import CpAuditBook, ProjectBook
from tricolor.ports_quality import QualityBook, QualityChanges
from tricolor.ports_submissions import BudgetBook, StatisticsBook


class Figures(Changes, Protocol):
    def current(self, entities: Sequence[str]) -> list[Activity]: ...


class Exclusions(Changes, Protocol):
    def entries(self) -> list[ExclusionEntry]: ...


class Quality(QualityBook, QualityChanges, Protocol):
    """Rows of data quality, and whose changed."""


@dataclass(frozen=True, slots=True)
class Books:
    """What there is to read; one that a process does not have is left out, and rules on it say nothing."""

    months: MonthAccounts
    figures: Figures
    exclusions: Exclusions | None = None
    statistics: StatisticsBook | None = None
    budgets: BudgetBook | None = None
    projects: ProjectBook | None = None
    audits: CpAuditBook | None = None
    quality: Quality | None = None
    forecasts: ForecastBook | None = None


@dataclass(slots=True)
class News:
    """What changed since it was last told: entities by input, with the wholes that hold them; is_everything: registry new or first look."""

    is_everything: bool = False
    entities: dict[Input, set[str]] = field(default_factory=dict)
    times: set[Input] = field(default_factory=set)  # DAY, MONTH

    def add(self, of: Input, entities: Iterable[str]) -> None:
        self.entities.setdefault(of, set()).update(entities)

    def concerns(self, inputs: Collection[Input]) -> set[str] | None:
        """The entities that a rule with these inputs must look at again; None for all."""
        if self.is_everything or not self.times.isdisjoint(inputs):
            return None
        return set().union(*(self.entities.get(each, ()) for each in inputs))

    def __bool__(self) -> bool:
        return self.is_everything or bool(self.times) or any(self.entities.values())


class MaterialKeeper:
    """Keeps Material as the books have it. What changed is told until `told` says that it was judged: a store that goes down in between loses
    nothing. quality_days: whole days of data quality that rules look back on."""

    def __init__(self, books: Books, plan: Plan, quality_days: int) -> None:
        self._books, self._plan, self._quality_days = books, plan, quality_days
        self._registry: Registry | None = None
        self._day: date | None = None
        self._marks: dict[Input, int] = {}
        self._held: dict[Input, dict[str, Any]] = {each: {} for each in Input}
        self._index = PlanIndex(plan)
        self._excluded_total: dict[str, dict[str, Excluded]] = {}
        self._news = News()

    def refresh(self, registry: Registry, now: int) -> tuple[Material, News]:
        """Material and what is new in it at `now` [µs]; TryAgain when a store is down."""
        today = local_day(now)
        if self._registry is None or self._registry.version != registry.version:
            self._news.is_everything = True
            self._insides, self._marks, self._day = Insides(registry), {}, None
            self._registry = registry
        if self._day != today:
            self._begin_day(registry, today, now)
        for of, book, load in self._loaders(registry, today):
            self._follow(of, book, load)
        sums, held = self._sums, self._held
        return Material(
            registry, self._plan, now, sums.energy, sums.co2, sums.flows, held[Input.FIGURES], held[Input.EXCLUSIONS], held[Input.STATISTICS],
            held[Input.BUDGETS], held[Input.PROJECTS], held[Input.AUDITS], held[Input.QUALITY], held[Input.FORECASTS],
            excluded_total=self._excluded_total, insides=self._insides, index=self._index,
        ), self._news  # fmt: skip

    @property
    def marks(self) -> Mapping[Input, int]:
        """Of the books at the last refresh."""
        return self._marks

    def told(self) -> None:
        """What was new has been judged."""
        self._news = News()

    def _begin_day(self, registry: Registry, today: date, now: int) -> None:
        """The running month has another end, and the whole days are others: both are read anew."""
        self._sums = MonthSums(registry, self._insides, months_between(self._first_month(today), today.isoformat()[:7]), now)
        for of in (Input.ENERGY, Input.QUALITY):
            self._marks.pop(of, None)
        self._news.times.add(Input.DAY)
        if self._day is None or (self._day.year, self._day.month) != (today.year, today.month):
            self._news.times.add(Input.MONTH)
        self._day = today

    def _first_month(self, today: date) -> str:
        """Where judging begins to look: the plan's base year, at least the two years before."""
        return f"{min(self._plan.base_year, today.year - 2)}-01"

    def _follow(self, of: Input, book: Changes, load: Callable[[list[str]], Collection[str]]) -> None:
        assert self._registry is not None
        is_first = of not in self._marks
        mark, changed = book.changes(self._marks.get(of, 0))  # before the rows: what comes between is told twice rather than missed
        if is_first:
            self._held[of].clear()
            changed = frozenset(self._registry.entities)
        if changed:
            self._news.add(of, load(sorted(changed)))
        self._marks[of] = mark

    def _loaders(self, registry: Registry, today: date) -> list[tuple[Input, Changes, Callable[[list[str]], Collection[str]]]]:
        books = self._books
        found: list[tuple[Input, Changes, Callable[[list[str]], Collection[str]]]] = [
            (Input.ENERGY, books.months, self._load_energy),
            (Input.FIGURES, books.figures, lambda changed: self._keep(Input.FIGURES, changed, books.figures.current(changed))),
        ]
        if (entries := books.exclusions) is not None:
            found.append((Input.EXCLUSIONS, entries, lambda changed: self._load_exclusions(entries, changed)))
        if (quality := books.quality) is not None:
            days = _WholeDays(quality, today, self._quality_days)
            found.append((Input.QUALITY, days, lambda changed: self._load_quality(registry, days, changed)))
        for of, book in (
            (Input.STATISTICS, books.statistics), (Input.BUDGETS, books.budgets), (Input.PROJECTS, books.projects), (Input.AUDITS, books.audits),
            (Input.FORECASTS, books.forecasts),
        ):  # fmt: skip
            if book is not None:
                found.append((of, book, lambda changed, of=of, book=book: self._keep(of, changed, book.current(changed))))  # type: ignore[misc]
        return found

    def _load_energy(self, changed: list[str]) -> Collection[str]:
        assert self._day is not None
        registry = self._registry
        is_all = registry is not None and len(changed) >= len(registry.entities)
        months = self._books.months.months(None if is_all else changed, self._first_month(self._day), self._day.isoformat()[:7])
        made = self._sums.put(changed, months)
        # a project's saving may be measured at somebody else's meters
        saved = {p.entity for held in self._held[Input.PROJECTS].values() for p in held if p.saving_entity in made}
        return made | self._insides.expanded(saved)

    def _keep(self, of: Input, changed: Sequence[str], rows: Iterable[Any]) -> Collection[str]:
        held, found = self._held[of], dict[str, list[Any]]()
        for row in rows:
            found.setdefault(row.entity, []).append(row)
        for entity in changed:
            held.pop(entity, None)
        held.update(found)
        return self._insides.expanded(changed)

    def _load_exclusions(self, book: Exclusions, changed: list[str]) -> Collection[str]:
        held = self._held[Input.EXCLUSIONS]
        held.clear()
        entries = book.entries()
        held.update(excluded_by_month(entries, self._plan.exclusion_rules, Purpose.INTENSITY))
        self._excluded_total = excluded_by_month(entries, self._plan.exclusion_rules, Purpose.TOTAL)
        return self._insides.expanded(changed)

    def _load_quality(self, registry: Registry, days: "_WholeDays", changed: list[str]) -> Collection[str]:
        rows: dict[str, list[PointDay]] = {}
        checks: dict[str, list[Check]] = {}
        for row in days.book.days(changed, days.first, days.last):
            if (point := registry.by_key.get(row.point)) is not None:
                rows.setdefault(point.entity_id, []).append(row)
        for check in days.book.checks(changed, days.first, days.last):
            if (point := registry.by_key.get(check.point)) is not None:
                checks.setdefault(point.entity_id, []).append(check)
        held = self._held[Input.QUALITY]
        for entity in changed:
            mine, compared = tuple(rows.get(entity, ())), tuple(checks.get(entity, ()))
            held[entity] = DataQuality(days.first, days.last, mine, compared)
        return self._insides.expanded(changed)


@dataclass(frozen=True, slots=True)
class _WholeDays:
    """The quality book over the days before today."""

    book: Quality
    today: date
    number: int

    @property
    def first(self) -> str:
        return (self.today - timedelta(days=self.number)).isoformat()

    @property
    def last(self) -> str:
        return (self.today - timedelta(days=1)).isoformat()

    def changes(self, since: int) -> tuple[int, frozenset[str]]:
        return self.book.changes(since, self.first, self.last)
