"""Real registers, powers and intervals with answers that an independent calculation gives (the data is not part of the project)."""

import csv
import gzip
import os
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.settle.conftest import make_batch, make_point
from tricolor.analysis.rollup import roll_up
from tricolor.analysis.settle import settle
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.exchanges import Exchange, MeterFacts
from tricolor.domain.intervals import DAY_US, MINUTE_US, SHANGHAI, Interval, Step, day, local_midnight, parse_us, to_us, year
from tricolor.domain.meters import PointKind

SHARED = Path(os.environ.get("TRICOLOR_SHARED", Path(__file__).parents[3] / "shared")) / "data"
WINDOW = Interval(parse_us("2015-10-11T19:00:00+00:00"), parse_us("2017-02-09T11:00:00+00:00"))
KNOWN = {"grid_import": 6_321.316, "grid_export": 9_563.098, "pv": 12_336.971}  # kWh in the window
NO_FACTS = MeterFacts()


def need(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        (pytest.fail if os.environ.get("TRICOLOR_REQUIRE") == "all" else pytest.skip)(f"{path} is not there")
    return path


@pytest.fixture(scope="module")
def house() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Every register of the house as (at, value), empty cells skipped."""
    found: dict[str, tuple[list[int], list[float]]] = {}
    with gzip.open(need("opsd_konstanz_res4", "household_data_60min_singleindex.csv.gz"), "rt") as text:
        for row in csv.DictReader(text):
            at = to_us(datetime.fromisoformat(row["utc_timestamp"].replace("Z", "+00:00")))
            for name, value in row.items():
                if name.startswith("DE_KN") and value:
                    times, values = found.setdefault(name.removeprefix("DE_KN_residential4_"), ([], []))
                    times.append(at)
                    values.append(float(value))
    return {name: (np.array(at, dtype=np.int64), np.array(value)) for name, (at, value) in found.items()}


def settled(at, value, facts: MeterFacts = NO_FACTS, **plate) -> EnergyCells:
    return settle({1: make_point(1, interval_s=3600, **plate)}, make_batch(at, value), facts)


def inside(cells: EnergyCells, span: Interval) -> float:
    return float(np.nansum(cells.amount[(cells.start >= span.start) & (cells.start < span.end)]))


def in_window(at, value):
    rows = (at >= WINDOW.start) & (at <= WINDOW.end)
    return at[rows], value[rows]


def test_every_register_of_the_house_gives_its_last_value_minus_its_first(house):
    assert len(house) >= 9
    for at, value in house.values():
        cells = settled(at, value, max_rate=100.0, resolution=0.001)
        assert float(np.nansum(cells.amount)) == pytest.approx(value[-1] - value[0], abs=0.002)  # a flicker may cost a digit
        assert (np.nan_to_num(cells.amount) >= 0).all()


@pytest.mark.parametrize("name", KNOWN)
def test_the_known_totals_of_the_window(house, name):
    cells = settled(*house[name], max_rate=100.0)
    assert inside(cells, WINDOW) == pytest.approx(KNOWN[name], abs=0.001)


@pytest.mark.parametrize("step", [Step.HOUR, Step.DAY, Step.MONTH, Step.YEAR, Step.TOTAL])
def test_the_total_is_the_sum_of_any_of_its_steps(house, step):
    rows = roll_up(settled(*house["grid_import"], max_rate=100.0), WINDOW, step)
    assert sum(row.amount for row in rows if row.amount is not None) == pytest.approx(6_321.316, abs=0.001)


def test_a_register_of_three_digits_gives_the_same_total(house):
    at, value = house["grid_import"]
    cells = settled(at, value % 1000, capacity=1000.0, max_rate=100.0)
    assert inside(cells, WINDOW) == pytest.approx(6_321.316, abs=0.001)
    wraps = int((np.diff(value % 1000) < 0).sum())
    assert wraps >= 6
    assert int((cells.flag & CellFlag.ROLLED_OVER > 0).sum()) >= wraps


@pytest.mark.parametrize("place", [1, 777, 5_000, -2])
def test_a_declared_exchange_with_a_new_start_gives_the_same_total(house, place):
    at, value = in_window(*house["grid_import"])
    moment = int(at[place]) + 20 * MINUTE_US
    step = (value[place + 1 if place != -2 else -1] - value[place]) / 3
    final = float(value[place] + step)  # a third of the way
    after = at > moment
    shown = np.where(after, value - final + 12.0, value)
    cells = settled(at, shown, MeterFacts.of([Exchange(1, moment, final, 12.0)]), max_rate=100.0)
    assert float(np.nansum(cells.amount)) == pytest.approx(6_321.316, abs=0.001)


def test_without_the_declaration_the_exchange_is_an_open_item_and_never_energy(house):
    at, value = in_window(*house["grid_import"])
    shown = np.where(np.arange(len(at)) > 5_000, value - value[5_000], value)
    cells = settled(at, shown, max_rate=100.0)
    lost = value[5_001] - value[5_000]
    assert float(np.nansum(cells.amount)) == pytest.approx(6_321.316 - lost, abs=0.001)
    assert (cells.flag & CellFlag.OPEN).any()


def test_zero_glitches_give_the_same_total(house):
    at, value = in_window(*house["grid_import"])
    shown = value.copy()
    glitches = np.random.default_rng(7).choice(np.arange(1, len(at) - 1), 200, replace=False)
    shown[glitches] = 0.0
    shown[3_000:3_010] = 0.0  # and ten hours in a row
    cells = settled(at, shown, max_rate=100.0)
    assert float(np.nansum(cells.amount)) == pytest.approx(6_321.316, abs=0.001)


def test_zero_glitches_of_a_register_of_three_digits_give_the_same_total(house):
    # single zeros: two in a row just after a wrap, where the way up from zero is within the plate, are an open item and no law holds
    at, value = in_window(*house["grid_import"])
    shown = value % 1000
    shown[np.arange(5, len(at) - 1, 50)] = 0.0
    cells = settled(at, shown, capacity=1000.0, max_rate=100.0)
    assert float(np.nansum(cells.amount)) == pytest.approx(6_321.316, abs=0.001)


@pytest.fixture(scope="module")
def minutes() -> tuple[np.ndarray, np.ndarray]:
    """Mean power [kW] of every minute of two days, local time taken as +08:00."""
    at, value = [], []
    with gzip.open(need("uci_household_2007_02", "household_power_consumption_2007-02-01_02.txt.gz"), "rt") as text:
        next(text)
        for line in text:
            words = line.replace('"', "").split()
            moment = datetime.fromisoformat(f"{words[1]}T{words[3] if ':' in words[3] else words[2]}").replace(tzinfo=SHANGHAI)
            at.append(to_us(moment))
            value.append(float(words[4]))
    return np.array(at, dtype=np.int64), np.array(value)


def test_the_power_of_every_minute_gives_the_energy_of_the_days(minutes):
    # the value of a minute holds for that minute: the mean powers of the day, divided by 60
    cells = settle({1: make_point(1, PointKind.GAUGE, "kW", interval_s=60)}, make_batch(*minutes))
    assert inside(cells, day(date(2007, 2, 1))) == pytest.approx(30.4127, abs=0.0001)
    assert inside(cells, day(date(2007, 2, 2))) == pytest.approx(27.7956, abs=0.0001)


def test_a_register_beside_the_power_agrees_with_it(minutes):
    at, power = minutes
    register = np.concatenate(([0.0], np.cumsum(power / 60)))
    cells = settle({1: make_point(1, interval_s=60)}, make_batch(np.concatenate((at, at[-1:] + MINUTE_US)), register))
    assert inside(cells, day(date(2007, 2, 1))) == pytest.approx(30.4127, abs=0.0001)


def test_the_days_of_the_sewage_works_add_up_and_the_missing_ones_stay_missing():
    at, value = [], []
    with need("wwtp_melbourne", "Data-Melbourne_F_fixed.csv").open() as text:
        for row in csv.DictReader(text):
            on = date(int(float(row["Year"])), int(float(row["Month"])), int(float(row["Day"])))
            at.append(local_midnight(on + timedelta(days=1)))
            value.append(float(row["Energy Consumption"]))
    order = np.argsort(at)
    at, value = np.array(at)[order], np.array(value)[order]
    assert len(np.unique(at)) == 1382
    cells = settle({1: make_point(1, PointKind.DELTA, interval_s=86_400)}, make_batch(at, value))
    assert float(np.nansum(cells.amount)) == pytest.approx(380_269_861, abs=1)
    assert int(cells.covered_us.sum()) == 1382 * DAY_US
    first = roll_up(cells, year(2014), Step.DAY)
    assert first[0].amount == pytest.approx(175_856.0)


def test_the_steel_works_integrated_to_a_register_gives_its_half_year():
    at, value = [], []
    with gzip.open(need("steel_daewoo", "steel_2018_h1.csv.gz"), "rt") as text:
        for row in csv.DictReader(text):
            label = datetime.strptime(row["date"], "%d/%m/%Y %H:%M").replace(tzinfo=SHANGHAI)
            at.append(to_us(label) + (DAY_US if (label.hour, label.minute) == (0, 0) else 0))
            value.append(float(row["Usage_kWh"]))
    order = np.argsort(at)
    times = np.array(at)[order]
    register = np.concatenate(([0.0], np.cumsum(np.array(value)[order])))
    cells = settle(
        {1: make_point(1, capacity=100_000.0, max_rate=1_000.0)}, make_batch(np.concatenate((times[:1] - 15 * MINUTE_US, times)), register % 100_000)
    )
    assert float(np.nansum(cells.amount)) == pytest.approx(521_199.76, abs=0.01)
    months = roll_up(cells, Interval(local_midnight(date(2018, 1, 1)), local_midnight(date(2018, 7, 1))), Step.MONTH)
    assert [row.amount for row in months] == pytest.approx([126_238.29, 91_497.34, 80_230.41, 78_769.80, 79_059.28, 65_404.64], abs=0.01)
