"""Hot water under way in a network of two pipes: what leaves the source arrives later and colder, and comes back later and colder still.

Water of 60-140 °C at about 1 MPa; density and enthalpy are read from published steam tables (IAPWS-IF97 values, rounded).
"""

from collections.abc import Mapping

import numpy as np

from simulators.noise import Floats, stream, wave
from simulators.script import NetworkRow, PipeRow

TABLE_C = np.array([20.0, 40.0, 60.0, 70.0, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0, 140.0, 150.0])
DENSITY = np.array([998.6, 992.6, 983.6, 978.2, 972.2, 965.7, 958.8, 951.4, 943.5, 935.2, 926.5, 917.3])  # kg/m3
ENTHALPY = np.array([84.9, 168.4, 252.0, 293.8, 335.8, 377.7, 419.8, 462.0, 504.4, 546.9, 589.7, 632.8])  # kJ/kg
HOURS = 0.25  # of a cell
Nodes = dict[str, Floats]


def heat_gj_h(flow_m3_h: Floats, supply_c: Floats, back_c: Floats) -> Floats:
    """Heat [GJ/h] of a volume flow measured in the supply pipe."""
    given_off = np.interp(supply_c, TABLE_C, ENTHALPY) - np.interp(back_c, TABLE_C, ENTHALPY)
    out: Floats = flow_m3_h * np.interp(supply_c, TABLE_C, DENSITY) * given_off / 1e6
    return out


def flow_m3_h(heat: Floats, supply_c: Floats, back_c: Floats) -> Floats:
    """Volume flow [m3/h] in the supply pipe that carries so much heat [GJ/h]."""
    return heat / np.maximum(heat_gj_h(np.ones(len(heat)), supply_c, back_c), 1e-3)


def arrives(entry_c: Floats, flow: Floats, pipe: PipeRow, ground_c: float) -> Floats:
    """Temperature at the exit of a pipe at each quarter: that of the entry when this water entered, cooled towards the ground since."""
    volume = np.pi / 4 * (pipe.mm / 1000.0) ** 2 * pipe.km * 1000.0
    passed = np.concatenate(([0.0], np.cumsum(np.maximum(flow[:-1], 1e-3) * HOURS)))
    quarter = np.arange(len(flow), dtype=np.float64)
    entered = np.interp(passed - volume, passed, quarter)
    under_way_h = (quarter - entered) * HOURS
    out: Floats = ground_c + (np.interp(entered, quarter, entry_c) - ground_c) * np.exp(-under_way_h / pipe.cooling_h)
    return out


def states(row: NetworkRow, demand: Mapping[str, Floats], seed: int, quarters: int) -> tuple[Nodes, Nodes]:
    """States and heat of every meter, by quarter. demand: GJ of each quarter by the point that asks for it.

    First: `{meter}.flow` [m3/h], `{meter}.supply`, `{meter}.return` [°C]; second: `{meter}` [GJ of the quarter].
    """
    quarter = np.arange(quarters, dtype=np.int64)
    leaves = row.supply_c + 3.0 * wave(stream(seed, row.source), quarter, 96 * 4) + 1.2 * wave(stream(seed, row.source), quarter, 24)
    back = {u.meter: row.return_c + 1.5 * wave(stream(seed, u.meter), quarter, 40) for b in row.branches for u in b.users}
    # the delay needs the flow and the flow the temperature that arrives: a first flow from the usual temperature settles both well enough
    usual = np.full(quarters, row.supply_c - 3.0)
    guess = {u.meter: flow_m3_h(demand[u.of] / HOURS, usual, back[u.meter]) for b in row.branches for u in b.users}
    total = np.sum(list(guess.values()), axis=0)
    at_heads = arrives(leaves, total, row.pipe, row.ground_c)
    found: Nodes = {}
    heat: Nodes = {}
    flows, returns = [], []
    for branch in row.branches:
        through = np.sum([guess[u.meter] for u in branch.users], axis=0)
        at_users = arrives(at_heads, through, branch.pipe, row.ground_c)
        mine: list[tuple[Floats, Floats]] = []
        for user in branch.users:
            flow = flow_m3_h(demand[user.of] / HOURS, at_users, back[user.meter])
            found |= _state(user.meter, flow, at_users, back[user.meter])
            heat[user.meter] = demand[user.of]
            mine.append((flow, back[user.meter]))
        flow, mixed = _mixed(mine)
        returned = arrives(mixed, flow, branch.pipe, row.ground_c)
        found |= _state(branch.meter, flow, at_heads, returned)
        heat[branch.meter] = heat_gj_h(flow, at_heads, returned) * HOURS
        flows.append(flow)
        returns.append((flow, returned))
    flow, mixed = _mixed(returns)
    returned = arrives(mixed, flow, row.pipe, row.ground_c)
    found |= _state(row.source, flow, leaves, returned)
    heat[row.source] = heat_gj_h(flow, leaves, returned) * HOURS
    return found, heat


def _state(meter: str, flow: Floats, supply_c: Floats, back_c: Floats) -> Nodes:
    return {f"{meter}.flow": flow, f"{meter}.supply": supply_c, f"{meter}.return": back_c}


def _mixed(streams: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Flows together, and their temperature."""
    flow = np.sum([f for f, _ in streams], axis=0)
    warmth: Floats = np.sum([f * t for f, t in streams], axis=0) / np.maximum(flow, 1e-6)
    return flow, warmth
