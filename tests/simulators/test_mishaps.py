"""Meters that misbehave for good, each in its own way and at its own instant, told from the first run."""

import numpy as np
import pytest

from simulators.dials import Devices
from simulators.messages import due, gateways
from simulators.mishaps import declared, mishaps
from simulators.script import City
from simulators.town import resume
from tricolor.domain.intervals import CELL_US, DAY_US, HOUR_US, MINUTE_US, SECOND_US, parse_us

STARTED = parse_us("2026-11-20T20:07:31+08:00")


@pytest.fixture
def grid() -> np.ndarray:
    """A month of quarter hours up to the first run."""
    return np.arange(STARTED // CELL_US * CELL_US - 30 * DAY_US, STARTED, CELL_US, dtype=np.int64)


@pytest.mark.parametrize(("point", "before_s", "first"), [("ls-dairy.elec", 93_600, 3.2), ("pb-timber.elec", 1_728_000, 0.6)])
def test_a_new_meter_goes_on_from_its_own_first_value(devices: Devices, grid: np.ndarray, point: str, before_s: int, first: float) -> None:
    changed = STARTED // CELL_US * CELL_US - before_s * SECOND_US + 7 * MINUTE_US
    at, value = mishaps(devices, STARTED)[point](grid, devices.values(point, grid))
    true = devices.values(point, grid)
    assert np.array_equal(at, grid) and np.array_equal(value[grid < changed], true[grid < changed])
    after = value[grid > changed]
    # it counts as the old one would have, from `first` on: within two digits of rounding
    assert 0 <= after[0] - first < 20 and np.diff(after) == pytest.approx(np.diff(true[grid > changed]), abs=0.011)


def test_only_the_declared_exchange_is_declared_with_what_the_old_meter_showed_last(devices: Devices) -> None:
    (found,) = declared(devices, STARTED)
    assert (found.point, found.start) == ("pb-timber.elec", 0.6) and found.reason and found.by
    before, after = devices.values(found.point, np.array([found.at - 7 * MINUTE_US, found.at + 8 * MINUTE_US], dtype=np.int64))
    assert before <= found.final <= after


def test_a_leap_stays_and_a_dead_meter_is_never_heard_again(devices: Devices, grid: np.ndarray) -> None:
    faults = mishaps(devices, STARTED)
    at, value = faults["qb-feed.elec"](grid, devices.values("qb-feed.elec", grid))
    jump = value - devices.values("qb-feed.elec", grid)
    assert set(np.round(jump, 2)) == {0.0, 48_000.0} and (np.diff(np.flatnonzero(jump > 1)) == 1).all()
    at, value = faults["ls-cement.elec-mill"](grid, devices.values("ls-cement.elec-mill", grid))
    assert len(at) == len(value) and 8.9 * DAY_US < STARTED - at[-1] < 9.1 * DAY_US


def test_a_fast_clock_is_never_further_ahead_than_the_service_takes(devices: Devices) -> None:
    fault = mishaps(devices, STARTED)["qn-coldchain.elec"]
    at = np.array([STARTED - 365 * DAY_US, STARTED, STARTED + 10 * DAY_US, STARTED + 900 * DAY_US], dtype=np.int64)
    stamped, _ = fault(at, np.zeros(4))
    assert ((stamped - at) / SECOND_US).tolist() == [0.0, 95.0, 107.0, 240.0]  # 95 s and 1.2 s a day, from 0 to 240


def test_a_dead_meter_keeps_nobody_from_going_on(city: City, devices: Devices) -> None:
    gateway = next(g for g in gateways(devices, mishaps(devices, STARTED)) if g.entity == "ls-cement")
    died = STARTED // CELL_US * CELL_US - 777_600 * SECOND_US
    later = STARTED + HOUR_US
    heard = {p.id: later for p in gateway.points}
    assert resume(gateway, later, {**heard, "ls-cement.elec-mill": died}) == later
    assert resume(gateway, later, {**heard, "ls-cement.elec-mill": died - DAY_US}) == died - DAY_US  # lost while it was alive: said again


def test_a_meter_says_nothing_before_it_was_put_in(city: City) -> None:
    point = city.points["qzg-paper.elec-pulp"]
    put_in = parse_us("2026-09-01T00:00:00+08:00")
    assert due(point, put_in - DAY_US, put_in + HOUR_US, False).tolist() == [put_in + k * CELL_US for k in range(5)]
    assert not len(due(point, put_in - DAY_US, put_in - SECOND_US, True))


def test_sub_meters_fit_their_main_until_one_counts_too_much(devices: Devices) -> None:
    parts = ("pulp", "machine", "utilities")

    def share(first: str) -> float:
        at = np.array([parse_us(f"{first}T00:00:00+08:00"), parse_us(f"{first}T00:00:00+08:00") + DAY_US], dtype=np.int64)
        cells = (at - parse_us("2025-01-01T00:00:00+08:00")) // CELL_US
        return (
            sum(devices.dials[f"qzg-paper.elec-{p}"].amounts()[slice(*cells)].sum() for p in parts)
            / devices.dials["qzg-paper.elec"].amounts()[slice(*cells)].sum()
        )

    assert share("2026-09-05") == pytest.approx(0.98, abs=0.002)  # 2 % go to nobody's meter
    assert share("2026-11-19") == pytest.approx(0.98 + 0.52 * 0.16, abs=0.006)  # the machines' meter: 0.3 % a day, 16 % at most


@pytest.mark.parametrize(("started", "first"), [("20:06:00", 7), ("20:07:31", 16), ("20:59:10", 61)])
def test_a_cold_spell_comes_every_hour_and_never_on_a_quarter_hour(devices: Devices, grid: np.ndarray, started: str, first: int) -> None:
    """A minute after the start where seven minutes and one more fit before the quarter hour, else a minute after it: 46 °C from the second minute on."""
    point, began = "qzg-heat.source.supply", parse_us(f"2026-11-20T{started}+08:00")
    fault = mishaps(devices, began)[point]
    devices.reach(began + 4 * HOUR_US)
    later = np.concatenate([grid, np.arange(grid[-1], grid[-1] + 3 * HOUR_US, CELL_US)])
    assert np.array_equal(fault(later, devices.values(point, later))[1], devices.values(point, later))
    eight = parse_us("2026-11-20T20:00:00+08:00")
    minutes = np.arange(began - began % MINUTE_US, began + 2 * HOUR_US, MINUTE_US, dtype=np.int64)
    _, value = fault(minutes, devices.values(point, minutes))
    cold = (minutes[value < 50.0] - eight) // MINUTE_US
    assert cold.tolist() == [*range(first + 1, first + 7), *range(first + 61, first + 67)]
    assert value.min() == 46.0
