"""Emission stations: the same numbers whoever asks, masses that follow from their parts, packets that a decoder of the standard takes."""

import itertools

import numpy as np
import pytest

from simulators.dials import Devices
from simulators.lines import due
from simulators.outlets import Outlet, outlets
from tricolor.adapters.codecs.hj212 import Hj212
from tricolor.domain.intervals import HOUR_US, MINUTE_US, SECOND_US, parse_us
from tricolor.domain.readings import Frame

FROM = parse_us("2026-11-20T00:00:00+08:00")


@pytest.fixture
def gas(devices: Devices) -> Outlet:
    return outlets(devices, {})[0]


def decoded(outlet: Outlet, raw: bytes) -> dict[str, tuple[int, float]]:
    found = Hj212().decode(Frame(outlet.topic, raw, FROM, "mqtt:x", enterprise=outlet.row.entity))
    assert not found.rejections
    return {p: (at, value) for p, at, value in zip(found.point, found.at, found.value, strict=True)}


def test_an_hours_mass_is_its_mean_times_its_volume(devices: Devices) -> None:
    for outlet, factor, flow, scale in ((outlets(devices, {})[0], "a21002", "a00000", 1e-6), (outlets(devices, {})[1], "w01018", "w00000", 1e-3)):
        (said,) = outlet.hours(FROM, FROM + HOUR_US)
        values = decoded(outlet, said.raw)
        mn = outlet.row.mn
        assert {at for at, _ in values.values()} == {FROM + HOUR_US}  # the end of the hour
        mass = values[f"{mn}.{factor}.hour.avg"][1] * values[f"{mn}.{flow}.hour.cou"][1] * scale
        assert values[f"{mn}.{factor}.hour.cou"][1] == pytest.approx(mass, rel=1e-3)
        assert len(values) == said.readings == len(outlet.hourly)


def test_reference_oxygen_by_hand(gas: Outlet) -> None:
    (said,) = gas.hours(FROM, FROM + HOUR_US)
    values = {name.split(".", 1)[1]: value for name, (_, value) in decoded(gas, said.raw).items()}
    # (21 - 6) / (21 - O2) times the mean
    assert values["a21002.hour.zsavg"] == pytest.approx(values["a21002.hour.avg"] * 15 / (21 - values["a19001.hour.avg"]), rel=1e-3)


def test_the_mean_of_an_hour_is_that_of_its_minutes(gas: Outlet) -> None:
    (said,) = gas.hours(FROM, FROM + HOUR_US)
    minutes = [decoded(gas, m.raw)[f"{gas.row.mn}.a21002.rtd"][1] for m in gas.minutes(FROM - MINUTE_US, FROM + HOUR_US - SECOND_US)]
    assert len(minutes) == 60
    assert decoded(gas, said.raw)[f"{gas.row.mn}.a21002.hour.avg"][1] == pytest.approx(np.mean(minutes), abs=0.002)


def test_hours_are_said_once_however_time_is_cut(gas: Outlet) -> None:
    whole = [said.raw for said in gas.hours(FROM, FROM + 9 * HOUR_US)]
    cuts = [FROM, FROM + 3 * MINUTE_US, FROM + 2 * HOUR_US, FROM + 5 * HOUR_US + SECOND_US, FROM + 9 * HOUR_US]
    assert whole == [said.raw for a, b in itertools.pairwise(cuts) for said in gas.hours(a, b)]
    assert len(whole) == 9


def test_live_a_station_owes_the_hours_since_and_how_it_stands(gas: Outlet) -> None:
    said = due(gas, FROM + 30 * MINUTE_US, FROM + 2 * HOUR_US + MINUTE_US)
    assert [b"CN=2061" in one.raw for one in said] == [True, True, False]
    assert [one.until for one in said] == [FROM + HOUR_US, FROM + 2 * HOUR_US, FROM + 2 * HOUR_US + MINUTE_US]
