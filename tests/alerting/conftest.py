"""A small town for the tests of alerting: a city with two regions, one mill, and fakes of the ports that hold what a test puts in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from alerting.books import Books
from tests.judging.month_oracle import sum_of
from tricolor.catalogue.plans import (
    ENERGY_INTENSITY,
    BenchmarkRule,
    Document,
    Level,
    PaceRule,
    Plan,
    PlanDepartment,
    Responsibility,
    Rules,
    SilentRule,
    Target,
)
from tricolor.catalogue.plans.model import ConcentrationRule, HeatLossRule, MassRule, SupplyTemperatureRule
from tricolor.domain.accounts import DayAccount
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Contact, Entity, EntityKind, Registry
from tricolor.domain.intervals import month_of, parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.ports_judging import MonthAccount

START = parse_us("2024-01-01T00:00:00+08:00")


def days_of_month(text: str) -> list[str]:
    first = date(int(text[:4]), int(text[5:]), 1)
    days = [first + timedelta(days=n) for n in range(31)]
    return [d.isoformat() for d in days if d.isoformat()[:7] == text]


def point(key: int, name: str, entity: str, **changes: object) -> Point:
    plate = Plate(PointKind.REGISTER, interval_s=900)
    made = Point(key, name, f"{name}-meter", entity, name, name, "electricity", "energy", "kWh", plate, Role.PURCHASED, START, None)
    return replace(made, **changes)  # type: ignore[arg-type]


@dataclass
class _Book:
    """A book of the town: whatever changes, changes for everybody."""

    town: "Town"

    def changes(self, since: int, last_month: str = "") -> tuple[int, frozenset[str]]:
        return self.town.changes + 1, frozenset(self.town.entities) if self.town.changes + 1 > since else frozenset()


class _Months(_Book):
    def months(self, entities: Sequence[str] | None, first_month: str, last_month: str) -> list[MonthAccount]:
        wanted = sorted(self.town.entities) if entities is None else entities
        groups: dict[tuple[str, ...], list[DayAccount]] = {}
        for r in self.town.accounts(wanted, f"{first_month}-01", f"{last_month}-31"):
            groups.setdefault((r.entity, r.day[:7], r.carrier, str(r.role)), []).append(r)
        return [sum_of(*key, rows) for key, rows in groups.items()]


class _Figures(_Book):
    def current(self, entities: Sequence[str]) -> list[Activity]:
        return self.town.current(entities)


@dataclass
class Town:
    """Everything a judge reads, editable; implements RegistryBook, SettleLedger (accounts), AccountsMark, ActivityBook (reading) and ReadingStore (latest)."""

    entities: dict[str, Entity] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    contacts: dict[str, Contact] = field(default_factory=dict)
    rows: list[DayAccount] = field(default_factory=list)
    figures: dict[tuple[str, str, str], Activity] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)
    registry_version: int = 1
    reads: int = 0
    changes: int = 0

    def registry(self) -> Registry:
        by_id, by_key = {p.id: p for p in self.points}, {p.key: p for p in self.points}
        return Registry(self.registry_version, self.entities, {}, by_id, {}, self.contacts, by_key)

    # RegistryBook
    def load(self) -> Registry:
        return self.registry()

    def version(self) -> int:
        return self.registry_version + 1000 * self.changes

    # SettleLedger, AccountsMark
    def accounts(self, entities: Sequence[str], first_day: str, last_day: str) -> list[DayAccount]:
        self.reads += 1
        return [r for r in self.rows if r.entity in set(entities) and first_day <= r.day <= last_day]

    def mark(self) -> str:
        return str(self.changes)

    # ActivityBook
    def current(self, entities: Sequence[str]) -> list[Activity]:
        return [f for f in self.figures.values() if f.entity in set(entities)]

    def books(self) -> Books:
        """The town as the judge reads it."""
        return Books(_Months(self), _Figures(self))

    # ReadingStore
    def latest(self) -> Mapping[int, int]:
        return dict(self.newest)

    def use(self, entity: str, text: str, tce: float, **changes: object) -> None:
        """The entity's energy of a month: tce spread evenly over its days, wholly covered."""
        self.rows = [r for r in self.rows if (r.entity, r.day[:7]) != (entity, text) or "carrier" in changes]
        days = days_of_month(text)
        row = DayAccount(entity, "", "electricity", Role.PURCHASED, tce / 0.31 * 1000 / len(days), "kWh", tce / len(days), tce / len(days), None,
                         86_400.0, 86_400.0, 0.0, ("gbt2589:electricity",))  # fmt: skip
        self.rows += [replace(row, day=d, **changes) for d in days]  # type: ignore[arg-type]
        self.changes += 1

    def earn(self, entity: str, text: str, cny_10k: float, price_year: int | None = 2020, kind: ActivityKind = ActivityKind.GDP) -> None:
        self.figures[(entity, kind, text)] = Activity(entity, kind, text, cny_10k, "1e4CNY", price_year)
        self.changes += 1

    def make(self, entity: str, text: str, output_t: float, product: str = "") -> None:
        self.figures[(entity, "output", text)] = Activity(entity, ActivityKind.OUTPUT, text, output_t, "t", None, product)
        self.changes += 1


MONTHS = [f"{m:02d}" for m in range(1, 11)]  # January to October


def thousand_a_month(town: Town, entity: str, tce_now: float, tce_base: float = 1000.0, cny: float = 1000.0) -> None:
    """January to October of 2025 and 2026 with the same energy and GDP every month."""
    for m in MONTHS:
        town.use(entity, f"2025-{m}", tce_base)
        town.use(entity, f"2026-{m}", tce_now)
        town.earn(entity, f"2025-{m}", cny)
        town.earn(entity, f"2026-{m}", cny)


@pytest.fixture
def town() -> Town:
    made = Town()
    made.entities = {
        "town": Entity("town", EntityKind.CITY, "某市", "Town"),
        "north": Entity("north", EntityKind.REGION, "北区", "North"),
        "south": Entity("south", EntityKind.REGION, "南区", "South"),
        "mill": Entity("mill", EntityKind.ENTERPRISE, "钢铁厂", "Steel mill", region_id="north", product="calcium_carbide"),
    }
    made.points = [
        point(1, "north.stat", "north"),
        point(2, "south.stat", "south"),
        point(3, "mill.elec", "mill", valid_from=month_of("2026-01").start),
    ]
    made.contacts = {
        "li": Contact("li", "development-reform", "李", "duty officer"),
        "wang": Contact("wang", "mill", "王", "energy manager"),
    }
    return made


@pytest.fixture
def fill():
    return thousand_a_month


@pytest.fixture
def make_point():
    return point


@pytest.fixture
def days():
    return days_of_month


@pytest.fixture
def plan() -> Plan:
    document = Document("文〔2026〕1号", "plan", "issuer", date(2026, 1, 1))
    targets = tuple(
        Target(entity, entity, entity, ENERGY_INTENSITY, level, reduction, "%", "down", 2025, 2030, "文〔2026〕1号", "附件1", "test")
        for entity in ("north", "town")
        for level, reduction in ((Level.BASIC, 0.11), (Level.INCENTIVE, 0.13))
    )
    return Plan(
        "test", "测试", "test", 2025, 2026, 2030, document, "test", targets,
        (PlanDepartment("development-reform", "发改委", "DRC", "", "", ""),),
        tuple(Responsibility(rule, "", "development-reform", "", "", "") for rule in ("pace", "benchmark")),
        Rules(
            PaceRule(0.10, True, 0.95), BenchmarkRule(0.95), SilentRule(3600, 86_400), (), HeatLossRule(0.1, 0.2, 0.95, 1, 0.03),
            SupplyTemperatureRule(60, 150, 10), ConcentrationRule(24, 0.9, 2, 45, 0.75), MassRule(0.8, 1.0, 90, 0.75),
        ), (),
        {t.key: t for t in targets},
    )  # fmt: skip
