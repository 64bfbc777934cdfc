"""A network with known losses, computed by pandapipes, sampled into readings and fed through spool, pipeline, store and settler."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from iapws import IAPWS97

from tricolor.domain.intervals import DAY_US, MINUTE_US, Interval

EVERY_US = 20 * MINUTE_US
DAYS = 2
COUNT = DAYS * DAY_US // EVERY_US + 1
USERS = ("a1", "a2", "b1", "b2")
# section: (from, to, km, inner mm); the return pipe lies beside it
PIPES = {
    "trunk": ("s0", "s1", 1.0, 300), "a1": ("s1", "a1", 0.8, 200), "a2": ("a1", "a2", 0.7, 150),
    "b1": ("s1", "b1", 0.6, 200), "b2": ("b1", "b2", 0.9, 125),
}  # fmt: skip
U_W_M2K, GROUND_C = 1.5, 5.0


@dataclass
class Truth:
    """Per instant: heat [GJ/h] given to each user and lost in each section's two pipes; what each meter would show."""

    given: dict[str, list[float]] = field(default_factory=dict)
    lost: dict[str, list[float]] = field(default_factory=dict)
    shown: dict[str, list[float]] = field(default_factory=dict)

    def note(self, into: dict[str, list[float]], name: str, value: float) -> None:
        into.setdefault(name, []).append(float(value))

    def total(self, kind: dict[str, list[float]], names, on: int) -> float:
        """GJ over a day, straight between the instants."""
        per_day = DAY_US // EVERY_US
        rows = slice(on * per_day, (on + 1) * per_day + 1)
        return sum(float(np.trapezoid(kind[name][rows], dx=EVERY_US / 3.6e9)) for name in names)


def fluid():
    """Water of IAPWS-IF97 at 1 MPa."""
    from pandapipes.properties.fluids import Fluid, FluidPropertyInterExtra

    kelvin = np.linspace(283.15, 403.15, 61)
    water = [IAPWS97(T=t, P=1.0) for t in kelvin]
    curve = {"density": [w.rho for w in water], "viscosity": [w.mu for w in water], "heat_capacity": [w.cp * 1000 for w in water]}
    return Fluid("if97", "liquid", **{name: FluidPropertyInterExtra(kelvin, np.array(values)) for name, values in curve.items()})


def build():
    import pandapipes as pp

    net = pp.create_empty_network()
    net.fluid = fluid()
    names = ["s0", "s1", *USERS]
    made = pp.create_junctions(net, 2 * len(names), 10, 350.0, name=names * 2)
    supply, back = dict(zip(names, made[: len(names)], strict=True)), dict(zip(names, made[len(names) :], strict=True))
    pp.create_ext_grids(net, [supply["s0"], back["s0"]], p_bar=np.array([12.0, 6.0]), t_k=np.array([383.15, 340.0]), type=np.array(["pt", "p"]))
    for start, end, km, mm in PIPES.values():
        pp.create_pipes_from_parameters(
            net, [supply[start], back[end]], [supply[end], back[start]], km, mm / 1000, k_mm=0.1, sections=8, u_w_per_m2k=U_W_M2K,
            text_k=GROUND_C + 273.15,
        )  # fmt: skip
    pp.create_heat_consumers(net, [supply[u] for u in USERS], [back[u] for u in USERS], qext_w=1e6, controlled_mdot_kg_per_s=5.0)
    return net


@pytest.fixture(scope="module")
def truth():
    """Two days of changing load and supply temperature, solved every 20 minutes."""
    import pandapipes as pp
    import pandas as pd

    kept = pd.Series.values, pd.DataFrame.values
    for kind in (pd.Series, pd.DataFrame):  # pandapipes 0.12 writes its results through .values, which pandas 3 hands out read-only
        kind.values = property(lambda self, plain=kind.values.fget: _writable(plain(self)))
    try:
        net, found = build(), Truth()
        for row in range(COUNT):
            hour = row * EVERY_US / 3.6e9
            wave = 1 + 0.3 * np.sin(2 * np.pi * (hour - 4) / 24) + 0.08 * np.sin(2 * np.pi * hour / 5)
            net.ext_grid.loc[0, "t_k"] = 273.15 + 106 + 5 * np.sin(2 * np.pi * hour / 24)
            net.heat_consumer["qext_w"] = np.array([1.1e6, 0.8e6, 1.4e6, 0.5e6]) * wave
            net.heat_consumer["controlled_mdot_kg_per_s"] = np.array([5.6, 4.2, 7.0, 2.7]) * (0.4 + 0.6 * wave)
            pp.pipeflow(net, mode="bidirectional", max_iter_bidirect=60, max_iter_hyd=60, max_iter_therm=60)
            _note(found, net)
    finally:
        pd.Series.values, pd.DataFrame.values = kept
    return found


def _writable(values):
    if isinstance(values, np.ndarray):
        values.flags.writeable = True
    return values


def _note(found: Truth, net) -> None:
    pipe, user = net.res_pipe, net.res_heat_consumer
    for i, name in enumerate(USERS):
        found.note(found.given, name, net.heat_consumer.at[i, "qext_w"] * 3.6e-6)
        _show(found, net, name, user.at[i, "mdot_from_kg_per_s"], user.at[i, "t_from_k"], user.at[i, "t_outlet_k"])
    for i, name in enumerate(PIPES):
        ways = (2 * i, 2 * i + 1)
        lost = sum(pipe.at[w, "mdot_from_kg_per_s"] * _fall(net, pipe.at[w, "t_from_k"], pipe.at[w, "t_outlet_k"]) for w in ways)
        found.note(found.lost, name, lost * 3.6e-6)
    for meter_name, way in (("src", 0), ("head-a", 2), ("head-b", 6)):
        _show(found, net, meter_name, pipe.at[way, "mdot_from_kg_per_s"], pipe.at[way, "t_from_k"], pipe.at[way + 1, "t_outlet_k"])


def _fall(net, hot_k: float, cold_k: float) -> float:
    """J/kg, by pandapipes' own heat capacity."""
    kelvin = np.linspace(cold_k, hot_k, 9)
    return float(np.trapezoid(net.fluid.get_heat_capacity(kelvin), kelvin))


def _show(found: Truth, net, name: str, kg_s: float, supply_k: float, return_k: float) -> None:
    found.note(found.shown, f"{name}.mass", kg_s * 3.6)
    found.note(found.shown, f"{name}.flow", kg_s * 3600 / float(net.fluid.get_density(supply_k)))
    found.note(found.shown, f"{name}.supply", supply_k - 273.15)
    found.note(found.shown, f"{name}.return", return_k - 273.15)


MASS = (("mass", "t/h", "flow"), ("supply", "degC", "supply_temperature"), ("return", "degC", "return_temperature"))


def registry_of(rig) -> str:
    """Volume meters, one mass meter (b2) and one meter with a heat register of its own (a1)."""
    slow = {"interval_s": 1200}
    return (
        rig.places + rig.meter("src", "fed_in", **slow)
        + rig.meter("head-a", "consumed", "a", 1.0, 300, **slow) + rig.meter("head-b", "consumed", "b", 1.0, 300, **slow)
        + rig.meter("a2", "delivered", "a", 1.5, 180, **slow) + rig.meter("b1", "delivered", "b", 0.6, 200, **slow)
        + rig.meter("b2", "delivered", "b", 1.5, 160, points=MASS, **slow)
        + '[[meters]]\nid = "a1"\nentity = "net"\nname_cn = "a1"\nbranch = "a"\n'
        + '[[points]]\nid = "a1.heat"\nmeter = "a1"\ncarrier = "heat"\nunit = "GJ"\nkind = "register"\nrole = "delivered"\n'
        + "interval_s = 1200\nresolution = 0.01\n"
    )  # fmt: skip


def feed(rig, truth: Truth, missing: float, is_quantised: bool) -> None:
    """Samples of every meter; a share of them lost, the rest rounded as meters do: 0.1 K, 0.01 of flow, 0.01 GJ."""
    draw = np.random.default_rng(11)
    at = rig.start + np.arange(COUNT) * EVERY_US
    rig.register(registry_of(rig))
    series = {name: np.array(values) for name, values in truth.shown.items()}
    power = np.array(truth.given["a1"])
    series["a1.heat"] = 7000 + np.concatenate(([0.0], np.cumsum((power[1:] + power[:-1]) / 2 * EVERY_US / 3.6e9)))
    for point in rig.book.load().points:
        if point not in series:
            continue
        value = series[point]
        if is_quantised:
            value = np.round(value, 1 if point.endswith(("supply", "return")) else 2)
        keep = draw.random(COUNT) >= missing
        keep[[0, -1]] = True
        rig.push(point, at[keep], value[keep])
    rig.settle()


@pytest.mark.parametrize(("missing", "is_quantised"), [(0.0, False), (0.05, True)], ids=["clean", "5 % missing, quantised"])
def test_the_balance_agrees_with_the_truth_per_day_and_branch(rig, truth, missing: float, is_quantised: bool) -> None:
    feed(rig, truth, missing, is_quantised)
    rows = rig.balance(Interval(rig.start, rig.start + DAYS * DAY_US))
    for day in range(DAYS):
        start = rig.start + day * DAY_US
        given, lost = truth.total(truth.given, USERS, day), truth.total(truth.lost, PIPES, day)
        whole = rows["*", start]
        assert whole.is_known and whole.coverage > 0.95
        assert whole.fed_in_gj == pytest.approx(given + lost, rel=0.005)
        assert whole.delivered_gj == pytest.approx(given, rel=0.005)
        assert whole.loss_rate == pytest.approx(lost / (given + lost), abs=0.005)
        for branch in ("a", "b"):
            mine = rows[branch, start]
            names = (f"{branch}1", f"{branch}2")
            given, lost = truth.total(truth.given, names, day), truth.total(truth.lost, names, day)
            assert mine.fed_in_gj == pytest.approx(given + lost, rel=0.01)
            assert mine.delivered_gj == pytest.approx(given, rel=0.01)
            assert mine.loss_rate == pytest.approx(lost / (given + lost), abs=0.01)
