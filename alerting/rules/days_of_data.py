"""What the rules about data quality share: an entity's points over the last whole days, and signs that persist."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from alerting.material import DataQuality, Material
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import LATEST_US, day
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.meters import Measure, Point, PointKind
from tricolor.domain.quality import PointDay, as_of

NAMED = 3  # points named in a sentence; the evidence names up to EVIDENCE_MAX
EVIDENCE_MAX = 50
DayCounts = tuple[str, int, int]  # day, readings due, intervals filled


@dataclass(frozen=True, slots=True)
class Sign:
    """A point's day with something suspicious. size: to tell the worst; said: what was seen, Chinese and English."""

    day: str
    size: float
    said: tuple[str, str]


@dataclass(frozen=True, slots=True)
class PointSigns:
    """The signs of a point in the order of days; known, unknown: days that could be judged, and days that should have been."""

    point: str
    names: tuple[str, str]
    known: int
    unknown: int
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Persistence:
    """When a sign is a light: days looked at, days without it until green, days with it until red; share of known days that green needs."""

    days: int
    recent_days: int
    red_days: int
    known_min: float


@dataclass(frozen=True, slots=True)
class PointRows:
    """A point with its rows of the last whole days, in the order of days. names: Chinese, English; is_energy: it measures energy, or what heat is
    worked out from."""

    id: str
    names: tuple[str, str]
    carrier: str
    is_register: bool
    is_energy: bool
    rows: tuple[PointDay, ...]


@dataclass(frozen=True, slots=True)
class UnitDays:
    """An entity's own points, and all of them together: (day, readings due, intervals filled). heard: newest day on which a point of energy was heard
    ("": none); is_seen: any of them was looked at."""

    points: tuple[PointRows, ...]
    sums: tuple[DayCounts, ...]
    heard: str
    is_seen: bool


_NONE = UnitDays((), (), "", False)
_KEPT: dict[str, tuple[DataQuality, Registry, UnitDays]] = {}  # by entity: five rules and every area above ask for the same
_KEPT_MAX = 50_000


def unit_days(of: Material, entity: str) -> UnitDays:
    """The entity's own points over the last whole days, each day counted to its end; worked out once for one loading of the rows."""
    quality = of.quality.get(entity)
    if quality is None:
        return _NONE
    kept = _KEPT.get(entity)
    if kept is not None and kept[0] is quality and kept[1] is of.registry:
        return kept[2]
    found = _unit_days(of, entity, quality)
    if len(_KEPT) >= _KEPT_MAX:
        _KEPT.clear()
    _KEPT[entity] = quality, of.registry, found
    return found


def _unit_days(of: Material, entity: str, quality: DataQuality) -> UnitDays:
    rows: dict[int, list[PointDay]] = {}
    for row in quality.days:
        rows.setdefault(row.point, []).append(row)
    points: list[PointRows] = []
    sums: dict[str, list[int]] = {}
    for key in sorted(rows):
        point = of.registry.by_key.get(key)
        if point is None or point.entity_id != entity:
            continue
        # nobody writes the row of a silent meter again, yet its day went on
        whole = tuple(row if row.until >= _end_of(row.day) else as_of(row, point, LATEST_US) for row in sorted(rows[key], key=_day_of))
        points.append(PointRows(point.id, names_of(point), point.carrier, point.plate.kind is PointKind.REGISTER, is_of_energy(point), whole))
        for row in whole:
            counts = sums.setdefault(row.day, [0, 0])
            counts[0] += row.expected
            counts[1] += min(row.filled, row.expected)
    seen = [p for p in points if p.is_energy]
    heard = max([row.day for p in seen for row in p.rows if row.received > 0], default="")
    return UnitDays(tuple(points), tuple((on, due, filled) for on, (due, filled) in sorted(sums.items())), heard, bool(seen))


def _day_of(row: PointDay) -> str:
    return row.day


@lru_cache(maxsize=64)
def _end_of(on: str) -> int:
    return day(date.fromisoformat(on)).end


def is_of_energy(point: Point) -> bool:
    return bool(point.carrier) or point.measure is not Measure.NONE


def enterprises_in(of: Material, area: Entity) -> list[Entity]:
    """The enterprises inside an area."""
    return [e for e in (of.registry.entities[m] for m in of.members(area.id)) if e.kind is EntityKind.ENTERPRISE]


def known_days(rows: Sequence[PointDay]) -> tuple[int, int]:
    """Days with known energy, and days without on which readings were due."""
    blind = [r for r in rows if r.cells <= 0]
    return len(rows) - len(blind), len([r for r in blind if r.expected > 0 and r.cells == 0])


@lru_cache(maxsize=1_024)
def first_day(last_day: str, days: int) -> str:
    """First of so many days that end with last_day."""
    return str(date.fromisoformat(last_day) - timedelta(days=days - 1))


@lru_cache(maxsize=1_024)
def period_of_days(last_day: str, days: int) -> str:
    return last_day if days == 1 else f"{first_day(last_day, days)}..{last_day}"


def names_of(point: Point) -> tuple[str, str]:
    return point.name_cn or point.id, point.name_en or point.id


def named(names: Sequence[tuple[str, str]], zh_of: str = "个测点") -> tuple[str, str]:
    """The first few names as words, and how many more there are."""
    more = len(names) - NAMED
    zh = "、".join(zh for zh, _ in names[:NAMED]) + (f"等{len(names)}{zh_of}" if more > 0 else "")
    return zh, ", ".join(en for _, en in names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def judge_signs(
    entity: str, rule: str, matter: tuple[str, str], points: Iterable[PointSigns], last_day: str, at: Persistence
) -> Verdict | None:  # fmt: skip
    """Yellow while a point shows the sign on one of the recent days, red once it did on so many of the days looked at; green again when the recent
    days are free of it. None where nothing could ever be judged. value: days of the worst point; limit: those that are red."""
    points = list(points)
    known, unknown = sum([p.known for p in points]), sum([p.unknown for p in points])
    if known + unknown == 0:
        return None
    coverage, period = known / (known + unknown), period_of_days(last_day, at.days)
    recent = first_day(last_day, at.recent_days)
    signed = [p for p in points if p.signs]
    shown = sorted([p for p in signed if p.signs[-1].day >= recent], key=_gravest_first)
    past = [p for p in signed if p.signs[-1].day < recent]
    evidence: dict[str, object] = {
        "points": {p.point: [s.day for s in p.signs] for p in shown[:EVIDENCE_MAX]},
        "points_before": {p.point: [s.day for s in p.signs] for p in past[:EVIDENCE_MAX]},
        "known_point_days": known,
        "unknown_point_days": unknown,
    }
    if not shown and coverage < at.known_min - 1e-9:
        known_pct = math.floor(coverage * 100 + 1e-9)  # rounded down, so that it reads below the floor as it is
        zh = f"无法判定：{matter[0]}，最近{at.days}天只有{known_pct}%的数据可判，低于{at.known_min * 100:g}%"
        en = f"Not known: {matter[1]}; only {known_pct}% of the data of the last {at.days} days can be judged, below {at.known_min * 100:g}%"
        return Verdict(entity, rule, "", period, Light.GREY, None, at.red_days, "d", zh, en, coverage, evidence)
    if not shown:
        zh, en = f"最近{at.days}天未见{matter[0]}", f"None seen in the last {at.days} days: {matter[1]}"
        if past:
            told = named([p.names for p in past])
            zh, en = f"{told[0]}此前可疑，最近{at.recent_days}天已正常", f"{told[1]}: suspicious before, in order for the last {at.recent_days} days"
        return Verdict(entity, rule, "", period, Light.GREEN, 0, at.red_days, "d", zh, en, coverage, evidence)
    return _with_signs(entity, rule, shown, period, at, coverage, evidence)


def _gravest_first(p: PointSigns) -> tuple[int, float, str]:
    return -len(p.signs), -max(s.size for s in p.signs), p.point


def _with_signs(
    entity: str, rule: str, shown: Sequence[PointSigns], period: str, at: Persistence, coverage: float, evidence: Mapping[str, object]
) -> Verdict:
    worst = shown[0]
    days, sign = len(worst.signs), max(worst.signs, key=lambda s: (s.size, s.day))
    light = Light.RED if days >= at.red_days else Light.YELLOW
    others = named([p.names for p in shown[1:]])
    more_zh, more_en = (f"；另有{others[0]}", f"; also {others[1]}") if len(shown) > 1 else ("", "")
    end_zh, end_en = f"{at.red_days}天及以上为红", f"red from {at.red_days} days on"
    when = sign.day[5:]
    plural = "s" if days > 1 else ""
    zh = f"{worst.names[0]}最近{at.days}天中有{days}天可疑（{end_zh}），最重{when}：{sign.said[0]}{more_zh}"
    en = f"{worst.names[1]}: suspicious on {days} day{plural} of the last {at.days} ({end_en}), worst on {when}: {sign.said[1]}{more_en}"
    return Verdict(entity, rule, "", period, light, days, at.red_days, "d", zh, en, coverage, evidence)


def share_light(share: float, green_from: float, red_below: float) -> Light:
    """Of a share of an area's units; a share of exactly the threshold is on the better side."""
    if share >= green_from - 1e-9:
        return Light.GREEN
    return Light.RED if share < red_below - 1e-9 else Light.YELLOW
