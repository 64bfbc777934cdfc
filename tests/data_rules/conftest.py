"""A mill with two meters and its district, and what the rules about data are given of them."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import ModuleType
from typing import Any

import pytest

from alerting.material import DataQuality, Material
from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.thresholds import defaults
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.entities import Entity, EntityKind, Meter, Registry
from tricolor.domain.intervals import DAY_US, day, parse_us
from tricolor.domain.lights import Verdict
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.quality import Check, PointDay

SINCE = parse_us("2025-01-01T00:00:00+08:00")
PLAN = load_plan("illustrative-2026-2030")


def thresholds_of(module: ModuleType, **other: Any) -> Any:
    """A rule's thresholds as its toml has them, some of them others."""
    named = {name: row.settled(row.value) for name, row in defaults(module.RULE).items()}
    return module.Thresholds(**{**named, **other})


def point_of(key: int, entity: str = "mill", carrier: str = "electricity", kind: PointKind = PointKind.REGISTER, since: int = SINCE) -> Point:
    return Point(
        key, f"{entity}.p{key}", f"{entity}.m{key}", entity, f"{key}号表", f"meter {key}", carrier, "energy", "kWh", Plate(kind), Role.PURCHASED, since, None,
        registered_at=since,
    )  # fmt: skip


def month_energy(month: str, tce: float | None, coverage: float = 1.0, is_complete: bool = True, unfactored: tuple[str, ...] = ()) -> MonthEnergy:
    return MonthEnergy(month, tce, tce, coverage * 1000, 1000.0, 0 if is_complete else 1, is_complete, unfactored)


def months_of(year: int, last: int = 12) -> list[str]:
    return [f"{year}-{m:02d}" for m in range(1, last + 1)]


@dataclass
class Town:
    """Changed step by step as a story goes on; `judge` asks a rule."""

    now: int = parse_us("2026-10-20T09:00:00+08:00")
    points: list[Point] = field(default_factory=lambda: [point_of(1), point_of(2)])
    entities: dict[str, Entity] = field(
        default_factory=lambda: {
            "city": Entity("city", EntityKind.CITY, "城", "City"),
            "north": Entity("north", EntityKind.REGION, "北区", "North"),
            "mill": Entity("mill", EntityKind.ENTERPRISE, "纸厂", "Paper mill", "north"),
        }
    )
    rows: dict[tuple[int, str], PointDay] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)
    window: int = 14

    plan = PLAN

    @staticmethod
    def judge_thresholds(module: ModuleType) -> Any:
        return thresholds_of(module)

    def change(self, entity: str, **fields: Any) -> None:
        self.entities[entity] = replace(self.entities[entity], **fields)

    @property
    def today(self) -> date:
        return date.fromisoformat("1970-01-01") + timedelta(days=(self.now + 8 * 3_600_000_000) // DAY_US)

    def back(self, days: int) -> str:
        """The day so many days ago."""
        return str(self.today - timedelta(days=days))

    def put(self, point: int, days_ago: int, **fields: Any) -> None:
        """A day of a point; what is not said of it is in order."""
        on = self.back(days_ago)
        ordinary: dict[str, Any] = {
            "expected": 96, "received": 96, "filled": 96, "cells": 96, "deltas": 95, "equal_share": 0.02, "variation": 0.4, "digits": 1000.0,
        }  # fmt: skip
        self.rows[point, on] = PointDay(point, on, day(date.fromisoformat(on)).end, **{**ordinary, **fields})

    def ordinary(self, *points: int, days: int = 14) -> None:
        for point in points:
            for ago in range(1, days + 1):
                self.put(point, ago)

    def pass_days(self, days: int, *points: int) -> None:
        """So many ordinary days go by."""
        self.now += days * DAY_US
        self.ordinary(*points, days=days)

    def material(self) -> Material:
        by_key = {p.key: p for p in self.points}
        meters = {p.meter_id: Meter(p.meter_id, p.entity_id, p.meter_id, "") for p in self.points}
        registry = Registry(1, self.entities, meters, {p.id: p for p in self.points}, {}, {}, by_key)
        first, last = self.back(self.window), self.back(1)
        quality = {}
        for owner in self.entities:  # as the books are loaded: an entry for everyone
            mine = [r for (key, on), r in sorted(self.rows.items()) if by_key[key].entity_id == owner and first <= on <= last]
            checks = [c for c in self.checks if by_key[c.point].entity_id == owner and first <= c.day <= last]
            quality[owner] = DataQuality(first, last, tuple(mine), tuple(checks))
        return Material(registry, self.given.get("plan", PLAN), self.now, quality=quality, **{k: v for k, v in self.given.items() if k != "plan"})

    def all(self, module: ModuleType, entity: str = "mill", **thresholds: Any) -> list[Verdict | None]:
        of = self.material()
        return [module.judge(facts, thresholds_of(module, **thresholds)) for facts in module.facts_of(of, of.registry.entities[entity])]

    def judge(self, module: ModuleType, entity: str = "mill", **thresholds: Any) -> Verdict | None:
        """The one verdict; None when the rule says nothing."""
        found = self.all(module, entity, **thresholds)
        assert len(found) <= 1
        return found[0] if found else None

    def light(self, module: ModuleType, entity: str = "mill", **thresholds: Any) -> str | None:
        verdict = self.judge(module, entity, **thresholds)
        return None if verdict is None else str(verdict.light)


@pytest.fixture
def town() -> Town:
    return Town()
