"""The city's heat network against what water does: it arrives later, colder, and heat is lost, never made."""

import numpy as np
import pytest

from simulators.dials import Devices
from simulators.heat import arrives, flow_m3_h, heat_gj_h
from simulators.script import City, PipeRow
from tricolor.domain.intervals import DAY_US, parse_us

TO = parse_us("2026-11-20T00:00:00+08:00")


def test_a_front_arrives_when_the_pipe_was_emptied_once_and_colder() -> None:
    # 1 km of 1128.4 mm holds 1 000 m3; at 400 m3/h that takes 2.5 h = 10 quarters. From 124 to 104 °C above ground of 24 °C, cooling_h = 50:
    # exp(-2.5/50) = 0.95123: 100 K above the ground become 95.12, 80 K become 76.10
    entry = np.where(np.arange(60) < 30, 124.0, 104.0)
    leaves = arrives(entry, np.full(60, 400.0), PipeRow(1.0, 1128.379, 50.0), 24.0)
    assert leaves[[20, 39]] == pytest.approx([119.123, 119.123], abs=1e-3)
    assert leaves[[41, 59]] == pytest.approx([100.098, 100.098], abs=1e-3)


def test_heat_of_hot_water_by_hand() -> None:
    # 100 m3/h at 130 °C: 935.2 kg/m3 × (546.9 - 293.8) kJ/kg = 236.7 MJ/m3: 23.67 GJ/h
    one = np.array([100.0])
    assert heat_gj_h(one, np.array([130.0]), np.array([70.0]))[0] == pytest.approx(23.670, abs=1e-3)
    assert flow_m3_h(np.array([23.670]), np.array([130.0]), np.array([70.0]))[0] == pytest.approx(100.0, abs=0.01)


def test_what_enters_a_branch_is_more_than_its_users_get_and_the_west_loses_most(city: City, devices: Devices) -> None:
    days = slice(-96 * 60, -96 * 30)

    def gj(name: str) -> float:
        return float(devices.dials[name].amounts()[days].sum())

    def head(name: str) -> float:
        flow, supply, back = (devices._nodes[f"{name}.{state}"][days] for state in ("flow", "supply", "return"))
        return float(heat_gj_h(flow, supply, back).sum() / 4)

    east = 1 - (gj("qzg-heat.refinery") + gj("qzg-heat.chloralkali")) / gj("qzg-heat.east")
    west = 1 - (gj("qzg-heat.paper") + gj("qzg-heat.oils")) / head("qzg-heat.west")
    assert gj("qzg-heat.east") == pytest.approx(head("qzg-heat.east"), rel=1e-4)
    assert 0.02 < east < 0.05 and 0.11 < west < 0.15


def test_meters_of_one_pipe_see_the_same_water(devices: Devices) -> None:
    at = np.arange(TO - DAY_US, TO, 7 * 60_000_000, dtype=np.int64)
    flow = {name: devices.values(f"qzg-heat.{name}.flow", at) for name in ("source", "east", "west", "refinery", "chloralkali", "paper", "oils")}
    assert flow["source"] == pytest.approx(flow["east"] + flow["west"], rel=0.01)
    assert flow["east"] == pytest.approx(flow["refinery"] + flow["chloralkali"], rel=0.01)
    supply, end = devices.values("qzg-heat.source.supply", at), devices.values("qzg-heat.paper.supply", at)
    assert (supply - end).mean() > 4.0 and (end - devices.values("qzg-heat.paper.return", at)).min() > 45.0
