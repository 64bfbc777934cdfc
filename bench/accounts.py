"""How fast cells become accounts, beside one numpy sum over the same array.

    python bench/accounts.py                 every part
    python bench/accounts.py --only month    one month of 1,000 entities with 10 points each

Prints seconds and ratios; exit code 1 when a bound of the issue is missed.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from tricolor.analysis.accounts import day_accounts
from tricolor.catalogue.factor_tables import carriers
from tricolor.catalogue.factors import factor_book
from tricolor.catalogue.plans import load_plan
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Entity, EntityKind, Meter, Registry
from tricolor.domain.intervals import CELL_US, day
from tricolor.domain.meters import Plate, Point, PointKind, Role

ENTITIES, POINTS, DAYS = 1_000, 10, 30
FIRST = date(2026, 3, 1)
MONTH_S = 5.0
# the ten points of an enterprise: a main meter with a sub-meter behind it, a second incomer, what it sells, burns and makes
KINDS = (
    ("electricity", "kWh", Role.PURCHASED, "a"), ("electricity", "kWh", Role.PURCHASED, "b"), ("electricity", "kWh", Role.PURCHASED, "c"),
    ("electricity", "kWh", Role.SOLD, "a"), ("electricity", "kWh", Role.RENEWABLE, "d"), ("natural_gas", "m3", Role.PURCHASED, "e"),
    ("raw_coal", "t", Role.PURCHASED, "f"), ("heat", "GJ", Role.SOLD, "g"), ("raw_coal", "t", Role.FEEDSTOCK, "h"),
    ("fresh_water", "t", Role.PURCHASED, "i"),
)  # fmt: skip


def city(entities: int = ENTITIES) -> Registry:
    units = {"city": Entity("city", EntityKind.CITY, "市", "City")}
    meters: dict[str, Meter] = {}
    points: dict[str, Point] = {}
    for e in range(entities):
        unit = f"e{e}"
        units[unit] = Entity(unit, EntityKind.ENTERPRISE, "", "")
        for i, (carrier, measured, role, meter) in enumerate(KINDS):
            of = f"{unit}.{meter}"
            meters[of] = Meter(of, unit, "", "", parent_id=f"{unit}.a" if meter == "b" else "")
            key = e * POINTS + i + 1
            points[f"{of}.{i}"] = Point(
                key, f"{of}.{i}", of, unit, "", "", carrier, "", measured, Plate(PointKind.REGISTER), role, 0, None,
            )  # fmt: skip
    return Registry(1, units, meters, points, {}, {}, {p.key: p for p in points.values()})


def cells_of(registry: Registry, days: int) -> EnergyCells:
    """Every quarter of an hour of every point, sorted by (point, start)."""
    count, steps = len(registry.points), days * 96
    start = np.tile(day(FIRST).start + np.arange(steps) * CELL_US, count)
    amount = np.random.default_rng(1).random(count * steps)
    point = np.repeat(np.arange(1, count + 1), steps)
    return EnergyCells(point, start, amount, np.full(len(point), CELL_US), np.zeros(len(point), dtype=np.uint8))


def month() -> bool:
    """One month of 1,000 entities × 10 points from cells to day accounts."""
    registry, factors = city(), factor_book(load_plan("qinzhou-2021-2025"))
    cells = cells_of(registry, DAYS)
    wanted = [(e, FIRST + timedelta(days=n)) for e in registry.entities for n in range(DAYS)]
    seconds = whole = np.inf
    count = 0
    for _ in range(3):
        began = time.perf_counter()
        float(cells.amount.sum())
        whole = min(whole, time.perf_counter() - began)
        began = time.perf_counter()
        count = len(day_accounts(registry, wanted, cells, factors, carriers()))
        seconds = min(seconds, time.perf_counter() - began)
    print(
        f"one month of {ENTITIES:,} entities × {POINTS} points: {len(cells):,} cells -> {count:,} day accounts in {seconds:.2f} s"
        f" (bound {MONTH_S:.0f}), {seconds / whole:.0f} times one numpy sum ({whole * 1e3:.1f} ms)"
    )
    return seconds <= MONTH_S


PARTS: dict[str, Callable[[], bool]] = {"month": month}


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--only", choices=list(PARTS))
    given = words.parse_args()
    return 0 if all([part() for name, part in PARTS.items() if given.only in (None, name)]) else 1


if __name__ == "__main__":
    raise SystemExit(main())
