"""Real meters: works that send every quarter of an hour, a household's minutes, a house with ten registers. Nothing sound is called doubtful."""

import csv
import gzip
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from tests.quality.conftest import QUARTER, START, batch_of, point_of, registry_of
from tests.settle.test_real_data import need
from tricolor.analysis.quality import point_days
from tricolor.analysis.quality_checks import checks_of
from tricolor.analysis.quality_flows import CellBook, tree_of
from tricolor.analysis.quality_stuck import stuck_days
from tricolor.analysis.settle import settle
from tricolor.catalogue.quality import quality_limits
from tricolor.domain.intervals import DAY_US, MINUTE_US, SHANGHAI, local_day, to_us
from tricolor.domain.meters import PointKind
from tricolor.domain.quality import CheckKind, Fault, check_finding, point_quality
from tricolor.domain.readings import ReadingBatch

LIMITS = quality_limits()
LATER = START + 40 * DAY_US * 365


def shifted(point):
    """Valid for ever: the real data is older than the tests' calendar."""
    return type(point)(**{n: getattr(point, n) for n in point.__slots__} | {"valid_from": to_us(datetime(2000, 1, 1, tzinfo=SHANGHAI))})


def days_of(batch):
    first, last = local_day(int(batch.at.min())), local_day(int(batch.at.max()))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def findings(point, rows):
    return [f.fault for row in rows for f in point_quality(point, [row], 1, [], LIMITS, LATER).findings]


@pytest.fixture(scope="module")
def minutes():
    """The household's minute rows: at, active power [kW], the three sub-meters [Wh a minute]."""
    at, power, subs = [], [], []
    with gzip.open(need("uci_household_2007_02", "household_power_consumption_2007-02-01_02.txt.gz"), "rt") as text:
        next(text)
        for line in text:
            words = line.replace('"', "").split()
            moment = datetime.fromisoformat(f"{words[1]}T{words[3] if ':' in words[3] else words[2]}").replace(tzinfo=SHANGHAI)
            at.append(to_us(moment))
            power.append(float(words[4]))
            subs.append([float(w) for w in words[-3:]])
    return np.array(at, dtype=np.int64), np.array(power), np.array(subs)


def household(minutes, factor=1.0):
    at, power, subs = minutes
    ends = np.concatenate((at, at[-1:] + MINUTE_US))
    registers = {1: np.round(np.concatenate(([0.0], np.cumsum(power / 60))) * factor, 3)}
    registers |= {3 + n: np.concatenate(([0.0], np.cumsum(subs[:, n] / 1000))) for n in range(3)}
    points = [
        shifted(point_of(1, "main", interval_s=60, resolution=0.001)),
        shifted(point_of(2, "main", kind=PointKind.GAUGE, unit="kW", interval_s=60)),
    ]
    points += [shifted(point_of(key, f"sub{key}", interval_s=60, resolution=0.001)) for key in (3, 4, 5)]
    batch = ReadingBatch.concat([batch_of(1, ends, registers[1]), batch_of(2, at, power), *(batch_of(k, ends, registers[k]) for k in (3, 4, 5))])
    registry = registry_of(points, {f"sub{k}": "main" for k in (3, 4, 5)})
    return registry, batch, settle(registry.by_key, batch)


def test_the_register_of_the_household_agrees_with_its_power_and_a_wrong_ratio_does_not(minutes):
    for factor, fits in ((1.0, True), (1.2, False)):
        registry, _, cells = household(minutes, factor)
        found = checks_of(registry, tree_of(registry), {"mill"}, [date(2007, 2, 1)], CellBook(cells))
        power = next(c for c in found if c.kind is CheckKind.POWER)
        assert (power.value, power.against, power.cells) == (pytest.approx(30.4127 * factor, abs=0.002), pytest.approx(30.4127, abs=1e-4), 96)
        finding = check_finding(power, LIMITS)
        assert finding is None if fits else finding.value == pytest.approx(0.2, abs=1e-3)


def test_the_households_sub_meters_leave_the_known_rest_unmetered(minutes):
    at, _, subs = minutes
    registry, _, cells = household(minutes)
    found = checks_of(registry, tree_of(registry), {"mill"}, [date(2007, 2, 1)], CellBook(cells))
    balance = next(c for c in found if c.kind is CheckKind.BALANCE)
    first = at < to_us(datetime(2007, 2, 2, tzinfo=SHANGHAI))
    assert balance.value == pytest.approx(subs[first].sum() / 1000, abs=0.01) and balance.against == pytest.approx(30.4127, abs=0.002)
    finding = check_finding(balance, LIMITS)  # the data's own documentation: what the sub-meters do not see is the rest of the house
    assert (
        finding.fault is Fault.BALANCE and finding.value == pytest.approx(subs[first].sum() / 1000 / 30.4127 - 1, abs=0.001) and finding.value < -0.1
    )


def test_the_household_is_complete_and_moves(minutes):
    registry, batch, cells = household(minutes)
    days = days_of(batch)[:2]
    stuck = stuck_days(registry, tree_of(registry), registry.by_key, days, CellBook(cells))
    rows = [r for r in point_days(registry.by_key, days, batch, cells, LATER, stuck) if r.point == 1]
    assert [(r.expected, r.filled, r.stuck) for r in rows] == [(1440, 1440, 0), (1440, 1440, 0)]
    assert findings(registry.by_key[1], rows) == []


def test_the_steel_works_frozen_for_a_shift_is_stuck_by_its_power_and_else_never_doubtful():
    at, value = [], []
    with gzip.open(need("steel_daewoo", "steel_2018_h1.csv.gz"), "rt") as text:
        for row in csv.DictReader(text):
            label = datetime.strptime(row["date"], "%d/%m/%Y %H:%M").replace(tzinfo=SHANGHAI)
            at.append(to_us(label) + (DAY_US if (label.hour, label.minute) == (0, 0) else 0))
            value.append(float(row["Usage_kWh"]))
    order = np.argsort(at)
    ends, used = np.array(at, dtype=np.int64)[order], np.array(value)[order]
    times = np.concatenate((ends[:1] - QUARTER, ends))
    register = np.round(np.concatenate(([0.0], np.cumsum(used))), 2)
    points = [shifted(point_of(1, "m", resolution=0.01)), shifted(point_of(2, "m", kind=PointKind.GAUGE, unit="kW"))]
    registry, power = registry_of(points), batch_of(2, ends - QUARTER, used * 4)

    def rows_of(shown):
        batch = ReadingBatch.concat([batch_of(1, times, shown), power])
        cells, days = settle(registry.by_key, batch), days_of(batch)[:181]
        stuck = stuck_days(registry, tree_of(registry), registry.by_key, days, CellBook(cells))
        checks = checks_of(registry, tree_of(registry), {"mill"}, days, CellBook(cells))
        return [r for r in point_days(registry.by_key, days, batch, cells, LATER, stuck) if r.point == 1], checks

    rows, checks = rows_of(register)
    assert len(rows) == 181 and all(r.filled == r.expected == 96 for r in rows)
    assert not any(r.stuck for r in rows) and not [c for c in checks if check_finding(c, LIMITS)]
    assert Fault.TOO_SMOOTH not in findings(points[0], rows)
    frozen = register.copy()
    begin = 10 * 96 + 32  # 2018-01-11 08:00, for eight hours
    frozen[begin : begin + 33] = frozen[begin]
    rows, _ = rows_of(frozen)
    assert [(r.day, r.stuck, r.stuck_by) for r in rows if r.stuck] == [("2018-01-11", 32, "power")]


def test_the_house_of_ten_registers_tells_its_gap_and_is_not_too_smooth():
    times, values = [], []
    with gzip.open(need("opsd_konstanz_res4", "household_data_60min_singleindex.csv.gz"), "rt") as text:
        for row in csv.DictReader(text):
            if row["DE_KN_residential4_grid_import"]:
                times.append(to_us(datetime.fromisoformat(row["utc_timestamp"].replace("Z", "+00:00"))))
                values.append(float(row["DE_KN_residential4_grid_import"]))
    point = shifted(point_of(1, interval_s=3600, resolution=0.001))
    batch = batch_of(1, times, values)
    days = days_of(batch)[1:-1]
    rows = point_days({1: point}, days, batch, settle({1: point}, batch), LATER)
    assert len(rows) == len(days) and all(r.filled <= r.expected == 24 for r in rows)
    assert sum(r.received for r in rows) == int(((batch.at >= begin_of(days[0])) & (batch.at < begin_of(days[-1]) + DAY_US)).sum())
    assert findings(point, rows).count(Fault.TOO_SMOOTH) == 0


def begin_of(on):
    return to_us(datetime(on.year, on.month, on.day, tzinfo=SHANGHAI))
