"""The devices: the same numbers whoever asks, whenever, in whatever cuts; registers that wrap; loads with the shape of their trade."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.calendar import ORIGIN_US, axis, texts_of
from simulators.dials import Devices, Dial, ticks_of
from simulators.messages import Gateway, due, gateways, rows_between
from simulators.noise import stream, uniform, wave
from simulators.script import City, PointRow, load_city
from simulators.shapes import SHAPES, Taste, load
from tricolor.domain.intervals import CELL_US, DAY_US, HOUR_US, iso, month, parse_us

NOW = parse_us("2026-11-20T20:07:31+08:00")


def point(**changes: object) -> PointRow:
    row = {"id": "p", "meter": "m", "unit": "kWh", "kind": "register", "role": "purchased", "carrier": "electricity", **changes}
    return PointRow(**row)  # type: ignore[arg-type]


def test_a_restart_on_another_day_shows_the_same_registers(city: City, devices: Devices) -> None:
    at = np.arange(month(2025, 3).start, month(2025, 3).start + 3 * DAY_US, 7 * CELL_US // 3, dtype=np.int64)
    early = Devices(city)
    early.reach(int(at[-1]))  # a shorter life than the shared devices'
    for name in (name for names in city.gateways().values() for name in names):
        assert np.array_equal(early.values(name, at), devices.values(name, at)), name


def test_another_seed_is_another_city() -> None:
    at = np.array([month(2025, 2).end], dtype=np.int64)
    one, other = Devices(load_city()), Devices(load_city(seed=7))
    one.reach(int(at[0]))
    other.reach(int(at[0]))
    assert one.values("qzg-paper.elec", at)[0] != other.values("qzg-paper.elec", at)[0]


@given(st.integers(0, 400), st.lists(st.integers(1, 4000), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_what_a_gateway_says_does_not_depend_on_how_time_is_cut(devices: Devices, day: int, minutes: list[int]) -> None:
    gateway = next(g for g in gateways(devices) if g.entity == "qzg-paper")
    start = ORIGIN_US + day * DAY_US
    cuts = np.concatenate(([start], start + np.cumsum(minutes) * 60_000_000))
    whole = rows_between(devices, gateway, start, int(cuts[-1]), is_live=False)
    parts = [rows_between(devices, gateway, int(a), int(b), is_live=False) for a, b in itertools.pairwise(cuts)]
    assert sorted(zip(whole.which, whole.at, whole.value, strict=True)) == sorted(
        row for part in parts for row in zip(part.which, part.at, part.value, strict=True)
    )


def test_a_register_wraps_at_its_capacity_and_goes_on_from_zero() -> None:
    # ticks of 0.01; 99 999.50 + 3 quarters of 0.25 each: 99 999.75, then 0.00, then 0.25
    energy = np.full(4, 25, dtype=np.int64)
    dial = Dial(point(capacity=100_000.0), 9_999_950, energy, np.concatenate(([0], np.cumsum(energy))))
    at = ORIGIN_US + np.arange(4, dtype=np.int64) * CELL_US
    assert dial.registers(at).tolist() == [99_999.50, 99_999.75, 0.0, 0.25]


def test_inside_a_quarter_a_register_moves_in_proportion_and_in_whole_ticks() -> None:
    # 10 ticks of 0.1 in the quarter: after 7.5 of 15 minutes 5 of them, after 1 minute none whole (10/15 = 0.67)
    energy = np.array([10], dtype=np.int64)
    dial = Dial(point(resolution=0.1), 0, energy, np.array([0, 10], dtype=np.int64))
    at = ORIGIN_US + np.array([0, CELL_US // 15, CELL_US // 2, CELL_US], dtype=np.int64)
    assert dial.registers(at).tolist() == [0.0, 0.0, 0.5, 1.0]


def test_some_registers_of_the_city_really_wrap_and_none_leaves_its_dial(city: City, devices: Devices) -> None:
    at = np.arange(ORIGIN_US, NOW, 6 * HOUR_US, dtype=np.int64)
    wrapped = 0
    for row in city.points.values():
        if row.kind != "register" or row.is_calculated:
            continue
        shown = devices.values(row.id, at)
        assert row.capacity is not None and shown.min() >= 0 and shown.max() < row.capacity
        wrapped += int((np.diff(shown) < 0).sum())
    assert wrapped >= 5


def test_register_differences_multiplier_applied_are_the_energy(city: City, devices: Devices) -> None:
    # qzg-chp sells through a multiplier of 6000 and does not wrap in its first months
    span = month(2025, 2)
    first, last = devices.values("qzg-chp.elec-sold", np.array([span.start, span.end], dtype=np.int64))
    cells = devices.dials["qzg-chp.elec-sold"].amounts()[31 * 96 : 59 * 96]
    assert (last - first) * 6000 == pytest.approx(cells.sum(), abs=1e-3)


def test_a_delta_is_the_amount_of_the_interval_that_ends_at_its_time(devices: Devices) -> None:
    dial = devices.dials["qzg-paper.coal"]  # hourly: four quarters
    at = ORIGIN_US + np.array([10 * HOUR_US], dtype=np.int64)
    assert dial.deltas(at)[0] == pytest.approx(dial.amounts()[36:40].sum(), abs=1e-9)


def test_rounding_to_ticks_loses_nothing_over_time() -> None:
    # 0.004 a cell on a dial of 0.01: after 1 000 cells 4.00 must have been counted, not 0
    assert ticks_of(np.full(1000, 0.004), point()).sum() == 400


def test_a_delta_has_no_reading_for_the_time_before_the_city(city: City) -> None:
    coal, elec = city.points["qzg-paper.coal"], city.points["qzg-paper.elec"]
    assert iso(int(due(coal, ORIGIN_US - 1, ORIGIN_US + DAY_US, False)[0])) == "2025-01-01T01:00:00+08:00"
    assert iso(int(due(elec, ORIGIN_US - 1, ORIGIN_US + DAY_US, False)[0])) == "2025-01-01T00:00:00+08:00"


def test_live_registers_speak_at_once_and_deltas_only_when_their_interval_ends(city: City) -> None:
    until = parse_us("2026-11-20T20:07:00+08:00")
    after = until - 60_000_000
    assert due(city.points["qzg-paper.elec"], after, until, True).tolist() == [until]
    assert due(city.points["qzg-paper.coal"], after, until, True).tolist() == []
    assert due(city.points["qzg-paper.elec"], after, until, False).tolist() == []


def test_the_heat_network_gets_more_than_it_delivers(city: City, devices: Devices) -> None:
    fed = devices.dials["qzg-heat.source"].amounts().sum()
    delivered = sum(devices.dials[f"qzg-heat.{user}"].amounts().sum() for user in ("refinery", "chloralkali", "paper", "oils"))
    assert 0.05 < 1 - delivered / fed < 0.15
    sold, bought = devices.dials["qzg-chp.heat-sold"].amounts().sum(), devices.dials["qzg-paper.heat"].amounts().sum()
    assert sold == pytest.approx(fed, rel=1e-9)
    assert bought == pytest.approx(devices.dials["qzg-heat.paper"].amounts().sum(), rel=1e-9)


def test_no_meter_is_driven_beyond_its_plate() -> None:
    import tomllib

    from simulators.script import CITY

    plates = {p["id"]: p for p in tomllib.loads((CITY / "registry.toml").read_text(encoding="utf-8"))["points"]}
    devices = Devices(load_city())
    devices.reach(NOW)
    for name, dial in devices.dials.items():
        if "max_rate" in plates[name]:
            assert dial.energy.max() * 4 * dial.point.resolution < plates[name]["max_rate"], name


def days(devices: Devices, name: str, first: str, count: int) -> np.ndarray:
    start = (parse_us(f"{first}T00:00:00+08:00") - ORIGIN_US) // CELL_US
    return devices.dials[name].amounts()[start : start + count * 96].reshape(count, 96)


def test_sugar_is_crushed_from_november_to_march(devices: Devices) -> None:
    assert days(devices, "pb-sugar.elec", "2026-01-05", 7).mean() > 10 * days(devices, "pb-sugar.elec", "2026-07-06", 7).mean()


def test_the_brick_kiln_is_out_at_spring_festival(devices: Devices) -> None:
    assert days(devices, "qn-brick.coal", "2026-02-15", 7).mean() < 0.1 * days(devices, "qn-brick.coal", "2026-04-13", 7).mean()


def test_a_day_shift_works_by_day_and_rests_on_sunday(devices: Devices) -> None:
    week = days(devices, "qb-feed.elec", "2026-06-08", 7)  # Monday first
    assert week[0, 40:44].mean() > 5 * week[0, :24].mean()  # ten o'clock against the night
    assert week[:5].sum(axis=1).min() > 4 * week[6].sum()


def test_a_furnace_spares_the_price_peak(devices: Devices) -> None:
    week = days(devices, "qb-carbide.elec", "2026-06-08", 7)
    assert week[:, 8:24].mean() > 1.1 * week[:, 80:84].mean()  # 2 to 6 o'clock against 20 to 21


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_shape_is_never_negative_and_about_one(name: str) -> None:
    year = load(name, Taste(), axis(0, 365 * 96, 1), stream(1, name))
    assert year.min() >= 0.0
    assert 0.3 < year.mean() < 1.5


def test_noise_is_spread_evenly_and_waves_stay_in_bounds() -> None:
    index = np.arange(100_000, dtype=np.int64)
    drawn = uniform(stream(1, "a"), index)
    assert drawn.min() >= 0 and drawn.max() < 1 and drawn.mean() == pytest.approx(0.5, abs=0.005)
    assert abs(np.corrcoef(drawn, uniform(stream(1, "b"), index))[0, 1]) < 0.02
    assert np.abs(wave(stream(1, "a"), index, 96)).max() <= 1


def test_times_carry_the_offset_of_the_city() -> None:
    assert texts_of(np.array([ORIGIN_US, ORIGIN_US + 500_000], dtype=np.int64)) == [
        "2025-01-01T00:00:00.000000+08:00",
        "2025-01-01T00:00:00.500000+08:00",
    ]
    assert texts_of(np.array([ORIGIN_US], dtype=np.int64)) == ["2025-01-01T00:00:00+08:00"]


def test_every_gateway_speaks_only_for_its_own_entity(city: City, devices: Devices) -> None:
    spoken: dict[str, Gateway] = {}
    for gateway in gateways(devices):
        for row in gateway.points:
            assert city.entity_of(row.id) == gateway.entity
            spoken[row.id] = gateway
    stations = tuple(row.mn for row in city.script.stations)
    assert set(city.points) - set(spoken) == {p.id for p in city.points.values() if p.is_calculated or p.id.startswith(stations)}
