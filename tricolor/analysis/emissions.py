"""From the readings of an outlet to its hours and days: concentration, mass, and how much of the time is known."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.settle import is_ahead
from tricolor.domain.emissions import (
    AMOUNT,
    CONCENTRATION,
    CONVERTED,
    FLOWS,
    HOUR,
    MINUTES,
    PERIOD_MINUTES,
    Floats,
    HourFlag,
    PollutantDay,
    Tag,
    flow_mass_kg,
    held,
    is_believable,
    parse_tag,
)
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import DAY_US, HOUR_US, MINUTE_US, Interval, day
from tricolor.domain.meters import Point
from tricolor.domain.readings import Quality, ReadingBatch
from tricolor.domain.units import UNITS, conversion, dimension

BASES = {"concentration": "mg/m3", "volume_flow": "m3/h", "mass": "kg", "volume": "m3"}
HELD_INTERVALS = 2
COMPARED_MINUTES = 45  # of an hour in which Cou and flow × concentration must both be known to be compared


@dataclass(frozen=True, slots=True)
class Outlet:
    """The points of one factor of a station, and those of its flow, by (period, field)."""

    entity: str
    outlet: str
    factor: str
    medium: str
    points: Mapping[tuple[str, str], Point]
    flow: Mapping[tuple[str, str], Point]

    @property
    def keys(self) -> set[int]:
        return {p.key for p in (*self.points.values(), *self.flow.values())}

    @property
    def valid(self) -> Interval:
        """From the first point's validity to the last one's."""
        ends = [p.valid_to for p in self.points.values()]
        last = max((e for e in ends if e is not None), default=0)
        start = min(p.valid_from for p in self.points.values())
        return Interval(start, max(start, 2**62 if None in ends else last))


@dataclass(slots=True)
class _Layer:
    """One source of a day's minutes: value (NaN: not known), and which of them come from uncertain or typed values."""

    value: Floats
    is_soft: NDArray[np.bool_]


def outlets_of(registry: Registry, entities: Iterable[str], factors: Mapping[str, str]) -> list[Outlet]:
    """The outlets of these units by (entity, outlet, factor). factors: code -> "air" or "water" of what is looked for."""
    wanted = set(entities)
    found: dict[tuple[str, str], dict[str, dict[tuple[str, str], Point]]] = {}
    for point in registry.points.values():
        tag = parse_tag(point.id) if point.entity_id in wanted else None
        if tag is not None and (tag.factor in factors or tag.factor in FLOWS.values()) and _is_fitting(tag, point):
            found.setdefault((point.entity_id, tag.outlet), {}).setdefault(tag.factor, {})[tag.period, tag.field] = point
    return [
        Outlet(entity, outlet, code, factors[code], points, station.get(FLOWS[factors[code]], {}))
        for (entity, outlet), station in sorted(found.items())
        for code, points in sorted(station.items())
        if code in factors
    ]


def _is_fitting(tag: Tag, point: Point) -> bool:
    """Whether the point's unit is one that its field may have; another one would give a wrong mass, so the point is left out."""
    if tag.field not in (*CONCENTRATION, *CONVERTED, AMOUNT) or point.unit not in UNITS:
        return False
    is_flow = tag.factor in FLOWS.values()
    wanted = ("volume" if is_flow else "mass") if tag.field == AMOUNT else "volume_flow" if is_flow else "concentration"
    return dimension(point.unit) == wanted


def pollutant_days(outlets: Sequence[Outlet], days: Sequence[date], batch: ReadingBatch) -> list[PollutantDay]:
    """A row for each outlet's factor and day of which anything was heard. batch: readings from a day before to a day after, sorted by (point, at)."""
    batch = batch.take(~is_ahead(batch))
    rows = [_day_of(outlet, on, batch) for outlet in outlets for on in days]
    return [row for row in rows if row is not None]


def reading_span(first: date, last: date) -> Interval:
    """The readings that tell of these days: a period's lies at its end."""
    return Interval(day(first).start - HOUR_US, day(last).end + 1)


def _day_of(outlet: Outlet, on: date, batch: ReadingBatch) -> PollutantDay | None:
    start = day(on).start
    flags = np.zeros(MINUTES, dtype=np.uint16)

    def layer(period: str, field: str) -> _Layer:
        return _minutes(outlet.points.get((period, field)), period, batch, start, flags)

    actual = [layer(p, f) for p, f in (("hour", "avg"), ("minute", "avg"), ("", "rtd"))]
    converted = [layer(p, f) for p, f in (("hour", "zsavg"), ("minute", "zsavg"), ("", "zsrtd"))]
    flows = [_flow(outlet, p, f, batch, start) for p, f in (("hour", "avg"), ("minute", "avg"), ("", "rtd"))]
    concentration, at_limit, flow = _first(actual), _first(converted), _first(flows)
    mass, is_cou, doubted = _mass(layer, concentration, flow)
    if not np.any(~np.isnan(mass.value)):
        mass, is_cou = _whole_day(outlet, batch, start)
        is_split = ~np.isnan(mass.value)
    else:
        mass, is_split = _completed(outlet, mass, batch, start)
        is_cou |= is_split
    flags[doubted] |= np.uint16(HourFlag.COU_DOUBTED)
    flags[is_split] |= np.uint16(HourFlag.SPLIT)
    flags[~is_cou & ~np.isnan(mass.value)] |= np.uint16(HourFlag.CALCULATED)
    known = ~np.isnan(mass.value)
    hours = _hours(outlet, concentration, at_limit, mass, is_split, flags)
    if not known.any() and not hours["minutes"].any() and not hours["flags"].any():
        return None
    return PollutantDay(
        outlet.entity, outlet.outlet, outlet.factor, str(on), float(np.nansum(mass.value)) if known.any() else None,
        float(np.sum(mass.value[known & is_cou])), float(np.sum(mass.value[known & mass.is_soft])), int(known.sum()), hours,
    )  # fmt: skip


def _minutes(point: Point | None, period: str, batch: ReadingBatch, start: int, flags: NDArray[np.uint16] | None) -> _Layer:
    """A point's values by minute of the day in the base unit of its dimension; amounts (kg, m3) spread evenly over their period."""
    value, is_soft = np.full(MINUTES, np.nan), np.zeros(MINUTES, dtype=bool)
    if point is None:
        return _Layer(value, is_soft)
    low, high = np.searchsorted(batch.point, [point.key, point.key + 1]).tolist()
    first_row, last_row = np.searchsorted(batch.at[low:high], [start - HOUR_US, start + DAY_US + 1]).tolist()
    low, high = low + first_row, low + last_row
    at, quality = batch.at[low:high], batch.quality[low:high]
    amount = batch.value[low:high] * point.plate.multiplier * conversion(point.unit, BASES[dimension(point.unit)])
    is_good = (quality < Quality.CALIBRATION) & np.isfinite(amount) & (amount >= 0)
    if period:
        length = point.plate.interval_s // 60 if period == "minute" else PERIOD_MINUTES[period]
        share = length if dimension(point.unit) in ("mass", "volume") else 1
        for i in range(len(at)):
            end = (int(at[i]) - start) // MINUTE_US
            first, last = max(0, end - length), min(MINUTES, end)
            if first >= last:
                continue
            _note(flags, slice(first, last), int(quality[i]), bool(is_good[i]))
            if is_good[i]:
                value[first:last] = amount[i] / share
                is_soft[first:last] = quality[i] in (Quality.UNCERTAIN, Quality.MANUAL)
        return _Layer(value, is_soft)
    return _held_minutes(point, (at - start) // MINUTE_US, amount, quality, is_good, flags)


def _held_minutes(
    point: Point, minute: NDArray[np.int64], amount: Floats, quality: NDArray[np.uint8], is_good: NDArray[np.bool_], flags: NDArray[np.uint16] | None
) -> _Layer:  # fmt: skip
    """Real-time values: the mean of each minute, held over at most two intervals (one hour before the day reaches into it)."""
    lead = HOUR_US // MINUTE_US
    place = minute + lead
    inside = (place >= 0) & (place < MINUTES + lead)
    place, amount, quality, is_good = place[inside], amount[inside], quality[inside], is_good[inside]
    size = MINUTES + lead
    count = np.bincount(place[is_good], minlength=size)
    total = np.bincount(place[is_good], weights=amount[is_good], minlength=size)
    mean = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    soft = np.bincount(place[is_good & (quality > Quality.GOOD)], minlength=size) > 0
    is_bad = (np.bincount(place[~is_good], minlength=size) > 0) & (count == 0)
    hold = max(1, HELD_INTERVALS * point.plate.interval_s // 60)
    whole = held(mean, is_bad, hold)
    whole_soft = held(np.where(np.isnan(mean), np.nan, soft), is_bad, hold) > 0
    for i in np.flatnonzero((quality > Quality.GOOD) | ~is_good).tolist():
        if place[i] >= lead:
            _note(flags, slice(int(place[i]) - lead, int(place[i]) - lead + 1), int(quality[i]), bool(is_good[i]))
    return _Layer(whole[lead:], whole_soft[lead:])


def _note(flags: NDArray[np.uint16] | None, where: slice, quality: int, is_good: bool) -> None:
    if flags is None:
        return
    if quality == Quality.CALIBRATION:
        flags[where] |= np.uint16(HourFlag.CALIBRATION)
    elif not is_good:
        flags[where] |= np.uint16(HourFlag.FAULT)
    elif quality == Quality.UNCERTAIN:
        flags[where] |= np.uint16(HourFlag.UNCERTAIN)
    elif quality == Quality.MANUAL:
        flags[where] |= np.uint16(HourFlag.MANUAL)


def _first(layers: Sequence[_Layer]) -> _Layer:
    """Minute by minute the first layer that knows."""
    value, is_soft = layers[0].value.copy(), layers[0].is_soft.copy()
    for other in layers[1:]:
        lacking = np.isnan(value)
        value[lacking], is_soft[lacking] = other.value[lacking], other.is_soft[lacking]
    return _Layer(value, is_soft & ~np.isnan(value))


def _flow(outlet: Outlet, period: str, field: str, batch: ReadingBatch, start: int) -> _Layer:
    """Flow [m3/h]; a period's volume says it too."""
    found = _minutes(outlet.flow.get((period, field)), period, batch, start, None)
    volume = _minutes(outlet.flow.get((period, AMOUNT)) if period else None, period, batch, start, None)
    return _first([found, _Layer(volume.value * 60.0, volume.is_soft)])


def _mass(
    layer: Callable[[str, str], _Layer], concentration: _Layer, flow: _Layer
) -> tuple[_Layer, NDArray[np.bool_], NDArray[np.bool_]]:  # fmt: skip
    """Mass by minute: the hour's Cou, else the ten minutes', else flow × concentration; which of it is Cou; where a Cou was not believed."""
    calculated = _Layer(flow_mass_kg(concentration.value, flow.value), concentration.is_soft | flow.is_soft)
    doubted = np.zeros(MINUTES, dtype=bool)
    cous = []
    for period in ("hour", "minute"):
        cou = layer(period, AMOUNT)
        both_known = ~np.isnan(cou.value) & ~np.isnan(calculated.value)
        for hour in np.flatnonzero(both_known.reshape(24, 60).sum(axis=1) >= COMPARED_MINUTES).tolist():
            part = slice(hour * 60, hour * 60 + 60)
            both = both_known[part]
            if not is_believable(float(cou.value[part][both].sum()), float(calculated.value[part][both].sum())):
                doubted[part] |= ~np.isnan(cou.value[part])
                cou.value[part] = np.nan
        cous.append(cou)
    amounts = _first(cous)
    is_cou = ~np.isnan(amounts.value)
    return _first([amounts, calculated]), is_cou, doubted & ~is_cou


def _completed(outlet: Outlet, mass: _Layer, batch: ReadingBatch, start: int) -> tuple[_Layer, NDArray[np.bool_]]:
    """A day's Cou that is more than what its known minutes hold fills the others; the split over them is not certain, the day is."""
    cou = _minutes(outlet.points.get(("day", AMOUNT)), "day", batch, start, None)
    lacking = np.isnan(mass.value)
    rest = float(np.sum(cou.value)) - float(np.nansum(mass.value))
    if np.isnan(rest) or rest < 0 or not lacking.any() or not is_believable(rest, _expected(mass.value)):
        return mass, np.zeros(MINUTES, dtype=bool)
    value = np.where(lacking, rest / lacking.sum(), mass.value)
    return _Layer(value, np.where(lacking, cou.is_soft, mass.is_soft)), lacking


def _expected(value: Floats) -> float:
    """What the unknown minutes would hold at the rate of the known ones, to see whether a day's Cou may be right."""
    return float(np.nanmean(value) * np.isnan(value).sum())


def _whole_day(outlet: Outlet, batch: ReadingBatch, start: int) -> tuple[_Layer, NDArray[np.bool_]]:
    """A day that is known only as a whole: its Cou where believable, else its mean concentration × its flow; and which of it is Cou."""
    cou = _minutes(outlet.points.get(("day", AMOUNT)), "day", batch, start, None)
    mean = _minutes(outlet.points.get(("day", "avg")), "day", batch, start, None)
    flow = _flow(outlet, "day", "avg", batch, start)
    calculated = _Layer(flow_mass_kg(mean.value, flow.value), mean.is_soft | flow.is_soft)
    total = float(np.sum(calculated.value))
    is_cou = is_believable(float(np.sum(cou.value)), total)
    return (cou if is_cou else calculated), np.full(MINUTES, is_cou)


def _hours(
    outlet: Outlet, actual: _Layer, converted: _Layer, mass: _Layer, is_split: NDArray[np.bool_], flags: NDArray[np.uint16]
) -> NDArray[np.void]:  # fmt: skip
    """The 24 hours. The limit meets the converted value where it is known for as long as the actual one."""
    found = np.zeros(24, dtype=HOUR)
    a, z = actual.value.reshape(24, 60), converted.value.reshape(24, 60)
    m, soft = mass.value.reshape(24, 60), (mass.is_soft | is_split).reshape(24, 60)
    known_a, known_z, known = (~np.isnan(a)).sum(axis=1), (~np.isnan(z)).sum(axis=1), ~np.isnan(m)
    is_converted = (known_z > 0) & (known_z >= known_a)
    minutes = np.where(is_converted, known_z, known_a)
    sums = np.where(is_converted, np.nansum(z, axis=1), np.nansum(a, axis=1))
    found["mean"] = np.divide(sums, minutes, out=np.full(24, np.nan), where=minutes > 0)
    found["mass"] = np.where(known.any(axis=1), np.nansum(m, axis=1), np.nan)
    found["estimated"] = np.where(known & soft, m, 0.0).sum(axis=1)
    found["minutes"], found["mass_minutes"] = minutes, known.sum(axis=1)
    is_unconverted = (minutes > 0) & ~is_converted & (outlet.medium == "air")
    found["flags"] = np.bitwise_or.reduce(flags.reshape(24, 60), axis=1) | np.where(is_unconverted, np.uint16(HourFlag.UNCONVERTED), np.uint16(0))
    return found
