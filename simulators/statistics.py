"""What the statistics bureau and the units report: GDP, value added, output, people and floor area, made so that intensity moves as the script says.

For year y after the first, the running total of GDP to any month is (last year's running total) × (energy now ÷ energy then) ÷ (1 − reduction):
so the year-to-date intensity against the same months of last year falls by exactly the scripted share, whatever the months' weather.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from simulators.calendar import ORIGIN
from simulators.dials import Devices
from simulators.noise import Floats, stream, uniform
from simulators.script import City, PointRow
from tricolor.domain.intervals import CELL_US, DAY_US, local_midnight, month

SIGN = {"purchased": 1.0, "sold": -1.0}  # GB/T 2589: bought minus sold is what a unit consumes
UNIT_GDP = "1e4CNY"


@dataclass(frozen=True, slots=True)
class Figure:
    """One activity figure as POST /v1/activities takes it."""

    entity: str
    kind: str
    month: str
    value: float
    unit: str
    price_year: int | None = None
    product: str = ""

    def body(self) -> dict[str, object]:
        out: dict[str, object] = {"entity": self.entity, "kind": self.kind, "month": self.month, "value": self.value, "unit": self.unit}
        if self.price_year is not None:
            out["price_year"] = self.price_year
        if self.product:
            out["product"] = self.product
        return out


def complete_months(city: City, now: int) -> list[tuple[int, int]]:
    """(year, month) since the origin whose figures are out at `now` [µs]."""
    found: list[tuple[int, int]] = []
    y, m = ORIGIN.year, ORIGIN.month
    while month(y, m).end + city.script.statistics_lag_days * DAY_US <= now:
        found.append((y, m))
        y, m = y + m // 12, m % 12 + 1
    return found


def month_text(y: int, m: int) -> str:
    return f"{y:04d}-{m:02d}"


def consumption_tce(devices: Devices, entities: set[str], months: int, basis: str) -> Floats:
    """Energy bought minus sold [tce] of the entities in each of the first `months` months. basis: equivalent | calorific."""
    edges = np.array([(local_midnight(_month_start(k)) - local_midnight(ORIGIN)) // CELL_US for k in range(months + 1)])
    out = np.zeros(months)
    for name, dial in devices.dials.items():
        if devices.city.entity_of(name) not in entities or dial.point.role not in SIGN:
            continue
        amount = np.diff(dial.total[edges]) * dial.tick
        out += SIGN[dial.point.role] * amount * _kgce(devices.city, dial.point, basis) / 1000.0
    return out


def figures(devices: Devices, now: int) -> list[Figure]:
    """Every figure that is out at `now`, of every area, the city, the parks and the enterprises; [] before the first month is out."""
    months = complete_months(devices.city, now)
    if not months:
        return []
    devices.reach(month(*months[-1]).end)
    names = [month_text(*m) for m in months]
    return [*_areas(devices, names), *_enterprises(devices, names), *_products(devices, names), *_stocks(devices, names)]


def _areas(devices: Devices, names: list[str]) -> list[Figure]:
    city, script = devices.city, devices.city.script
    gdp_sum, added_sum = np.zeros(len(names)), np.zeros(len(names))
    out: list[Figure] = []
    for area in script.areas:
        energy = consumption_tce(devices, city.inside(area.id), len(names), "equivalent")
        # rounded to 100 CNY as published; the script holds to 1e-8
        gdp = np.round(paced(energy, area.intensity_tce, area.reduction, _seasons(script.seed, area.id, len(names))), 2)
        added = np.round(gdp * area.value_added_share, 2)
        gdp_sum, added_sum = gdp_sum + gdp, added_sum + added
        out += _money(area.id, "gdp", gdp, names, script.price_year) + _money(area.id, "value_added", added, names, script.price_year)
    out += _money(script.city, "gdp", np.round(gdp_sum, 2), names, script.price_year)
    return out + _money(script.city, "value_added", np.round(added_sum, 2), names, script.price_year)


def _enterprises(devices: Devices, names: list[str]) -> list[Figure]:
    """Value added of every enterprise and, as the sum of its members, of every park."""
    city, script = devices.city, devices.city.script
    parks: dict[str, Floats] = {}
    out: list[Figure] = []
    for entity in city.entities.values():
        if entity.kind != "enterprise":
            continue
        energy = consumption_tce(devices, {entity.id}, len(names), "equivalent")
        if energy.min() <= 0.0:
            continue  # sells more than it burns in some month: no intensity to speak of
        level = script.value_added.intensity_tce * (0.6 + 0.8 * uniform(stream(script.seed, entity.id), np.arange(1))[0])
        added = np.round(paced(energy, level, script.value_added.reduction, _seasons(script.seed, entity.id, len(names))), 2)
        out += _money(entity.id, "value_added", added, names, script.price_year)
        if entity.park:
            parks[entity.park] = parks.get(entity.park, np.zeros(len(names))) + added
    for park, added in parks.items():
        out += _money(park, "value_added", np.round(added, 2), names, script.price_year)
    return out


def _products(devices: Devices, names: list[str]) -> list[Figure]:
    """Output [t] such that the product's unit energy (calorific) is the scripted one in every month."""
    out: list[Figure] = []
    for row in devices.city.script.products:
        energy = consumption_tce(devices, {row.entity}, len(names), "calorific")
        years = np.arange(len(names)) // 12
        tonnes = np.round(energy * 1000.0 / (row.unit_energy_kgce * (1.0 + row.change) ** years), 3)
        product = devices.city.entities[row.entity].product
        out += [Figure(row.entity, "output", name, float(value), "t", product=product) for name, value in zip(names, tonnes, strict=True)]
    return out


def _stocks(devices: Devices, names: list[str]) -> list[Figure]:
    """People of every enterprise and public building and floor area of the latter, stated each January as they stand."""
    city = devices.city
    out: list[Figure] = []
    for entity in city.entities.values():
        if entity.kind not in ("enterprise", "building"):
            continue
        people, area = uniform(stream(city.script.seed, f"stocks {entity.id}"), np.arange(2))
        for name in names:
            if name.endswith("-01"):
                out.append(Figure(entity.id, "heads", name, float(round(60 + 1400 * people)), "head"))
                if entity.kind == "building":
                    out.append(Figure(entity.id, "area", name, float(round(4000 + 46_000 * area)), "m2"))
    return out


def paced(energy_tce: Floats, intensity_tce: float, reduction: float, season: Floats) -> Floats:
    """Monthly GDP [1e4 CNY] behind monthly energy: the first year by intensity and its own season, later years by the script's reduction."""
    first = energy_tce[:12]
    out = np.empty(len(energy_tce))
    out[:12] = first.sum() / intensity_tce * season[: len(first)] / season[: len(first)].sum()
    for begin in range(12, len(energy_tce), 12):
        count = min(12, len(energy_tce) - begin)
        now, then = np.cumsum(energy_tce[begin : begin + count]), np.cumsum(energy_tce[begin - 12 : begin - 12 + count])
        before = np.cumsum(out[begin - 12 : begin - 12 + count])
        out[begin : begin + count] = np.diff(before * now / then / (1.0 - reduction), prepend=0.0)
    return out


def _seasons(seed: int, name: str, count: int) -> Floats:
    """Share of a month in its year's GDP: quarter ends are stronger, January and February weaker."""
    usual = np.array([0.90, 0.84, 1.06, 0.97, 0.98, 1.07, 0.98, 0.99, 1.06, 1.00, 1.02, 1.13])
    index = np.arange(count)
    out: Floats = usual[index % 12] * (1.0 + 0.01 * (2 * uniform(stream(seed, f"gdp {name}"), index) - 1))
    return out


def _money(entity: str, kind: str, values: Floats, names: list[str], price_year: int) -> list[Figure]:
    return [Figure(entity, kind, name, float(value), UNIT_GDP, price_year) for name, value in zip(names, values, strict=True)]


def _kgce(city: City, point: PointRow, basis: str) -> float:
    row = city.script.factors[point.carrier]
    if row.unit != point.unit:
        raise ValueError(f"point {point.id} counts {point.unit}, the script's factor of {point.carrier} is per {row.unit}")
    return row.equivalent if basis == "equivalent" else row.calorific


def _month_start(number: int) -> date:
    return date(ORIGIN.year + number // 12, number % 12 + 1, 1)


def reductions(devices: Devices, area: str, now: int) -> dict[str, float]:
    """Year-to-date fall of intensity [share] at each month from the second year on, computed back from the published figures."""
    names = [month_text(*m) for m in complete_months(devices.city, now)]
    gdp = {f.month: f.value for f in figures(devices, now) if f.entity == area and f.kind == "gdp"}
    energy = dict(zip(names, consumption_tce(devices, devices.city.inside(area), len(names), "equivalent"), strict=True))
    out: dict[str, float] = {}
    for k, name in enumerate(names[12:], start=12):
        now_names, then_names = names[k - k % 12 : k + 1], names[k - k % 12 - 12 : k - 11]
        intensity, before = (sum(energy[n] for n in part) / sum(gdp[n] for n in part) for part in (now_names, then_names))
        out[name] = 1.0 - intensity / before
    return out
