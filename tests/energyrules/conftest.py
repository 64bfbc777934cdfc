"""A district, a mill and a public building, with the months that a test gives them."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from alerting.material import Material
from tricolor.catalogue.plans import Plan, load_plan
from tricolor.catalogue.thresholds import defaults
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.budgets import days_in
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import parse_us

DISTRICT = Entity("qinbei", EntityKind.REGION, "钦北区", "Qinbei District")
MILL = Entity("mill", EntityKind.ENTERPRISE, "造纸厂", "Mill", region_id="qinbei")
HALL = Entity("hall", EntityKind.BUILDING, "办公楼", "Town hall", region_id="qinbei", industry_code="S9221")
ENTITIES = {e.id: e for e in (DISTRICT, MILL, HALL)}
NOTHING: Any = MappingProxyType({})


def now_at(text: str) -> int:
    return parse_us(text if "T" in text else f"{text}T00:00:00+08:00")


def month(
    text: str, tce: float | None, days_missing: int = 0, covered: float = 1.0, is_over: bool = True, unfactored: tuple[str, ...] = ()
) -> MonthEnergy:
    """A month whose meters cover `covered` of its time."""
    expected = days_in(text) * 86_400.0
    return MonthEnergy(text, tce, tce, covered * expected, expected, days_missing, is_over and days_missing == 0, unfactored, ("f1",))


def months(year: int, values: list[float]) -> dict[str, MonthEnergy]:
    """January first."""
    return {f"{year}-{n:02d}": month(f"{year}-{n:02d}", value) for n, value in enumerate(values, 1)}


def thresholds(module: Any) -> Any:
    """The rule's defaults as shipped."""
    return module.Thresholds(**{row.name: row.settled(row.value) for row in defaults(module.RULE).values()})


@pytest.fixture(scope="session")
def plan() -> Plan:
    return load_plan("illustrative-2026-2030")


@pytest.fixture
def material(plan: Plan) -> Material:
    """Empty, at the first of November 2026."""
    return Material(Registry(1, ENTITIES, NOTHING, NOTHING, NOTHING, NOTHING), plan, now_at("2026-11-01"))


def at(of: Material, when: str, **changes: Any) -> Material:
    return replace(of, now=now_at(when), **changes)
