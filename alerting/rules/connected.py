"""connected: key energy users send their meters' data (重点用能企业全部接入), and new projects do so when they begin to run (同步投产)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from alerting.material import Input, Material
from alerting.rules.days_of_data import EVIDENCE_MAX, enterprises_in, first_day, is_of_energy, named, share_light, unit_days
from alerting.rules.words import percent, unknown
from tricolor.analysis.quality_words import percent as floored
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.budgets import months_of
from tricolor.domain.entities import AREAS, Entity, EntityKind
from tricolor.domain.intervals import EARLIEST_US, local_day
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.meters import Point
from tricolor.domain.periods import last_months
from tricolor.domain.projects import COMMISSIONED_STATES, Project
from tricolor.domain.submissions import ANNUAL_TCE

RULE = "connected"
NAME_ZH, NAME_EN = "在线监测接入", "Connected"
INPUTS = frozenset({Input.QUALITY, Input.STATISTICS, Input.ENERGY, Input.PROJECTS, Input.DAY})
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Thresholds:
    """duty_tce: from this yearly energy on a unit has to be connected; days: days in which a point was heard; energy_min: least share of its
    stated energy that meters see; grace_days: after commissioning; units_min, units_red_below: shares of an area's units."""

    duty_tce: float
    days: int
    energy_min: float
    grace_days: int
    units_min: float
    units_red_below: float


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """An enterprise. stated_tce: newest stated year; metered_tce: of metered_year (a year, or "12": the last twelve months); points: of energy, valid
    now; heard: newest day on which any of them was heard ("": in none of the days looked at); is_seen: whether their days were looked at."""

    entity: str
    names: tuple[str, str]
    today: str
    last_day: str
    is_key_user: bool
    stated_year: str
    stated_tce: float | None
    metered_year: str
    metered_tce: float | None
    points: int
    heard: str
    is_seen: bool


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """A project whose monitoring had to start with it. monitored: since when there are points of energy ("": there are none); unit: where they are
    looked for, "" where the project names none."""

    entity: str
    project: str
    names: tuple[str, str]
    today: str
    commissioned: str
    unit: str
    monitored: str


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """An area's enterprises."""

    entity: str
    today: str
    units: tuple[UnitFacts, ...]


Facts = UnitFacts | ProjectFacts | AreaFacts


def facts_of(of: Material, entity: Entity) -> Iterable[Facts]:
    """One for each enterprise, one for each area with enterprises, one for each commissioned project that needs monitoring."""
    if entity.kind is EntityKind.ENTERPRISE:
        yield _unit_of(of, entity)
    if entity.kind in AREAS:
        units = tuple(_unit_of(of, m) for m in enterprises_in(of, entity))
        if units:
            yield AreaFacts(entity.id, str(local_day(of.now)), units)
    today = str(local_day(of.now))
    for project in of.projects.get(entity.id, ()):
        if project.needs_monitoring and project.state in COMMISSIONED_STATES and "" < project.commissioned <= today:
            yield _project_facts(of, entity, project, today)


def _unit_of(of: Material, unit: Entity) -> UnitFacts:
    """Asked for by the unit itself and by every area that holds it."""
    return of.once(RULE, unit.id, lambda: _unit_facts(of, unit))


def _unit_facts(of: Material, unit: Entity) -> UnitFacts:
    points = [p for p in of.points(unit.id) if is_of_energy(p) and p.is_valid_at(of.now)]
    quality = of.quality.get(unit.id)
    days = unit_days(of, unit.id)
    stated_year, stated = max(
        ((s.period, s.value) for s in of.statistics.get(unit.id, ()) if s.indicator == ANNUAL_TCE and s.value is not None and len(s.period) == 4),
        default=("", None),
    )
    metered_year, metered = _metered(of.energy.get(unit.id, {}), stated_year, of.now)
    today = local_day(of.now)
    last_day = quality.last_day if quality is not None else str(today - timedelta(days=1))
    return UnitFacts(
        unit.id, (unit.name_cn, unit.name_en or unit.name_cn), str(today), last_day, unit.is_key_user, stated_year, stated, metered_year, metered,
        len(points), days.heard, days.is_seen,
    )  # fmt: skip


def _metered(energy: Mapping[str, MonthEnergy], year: str, now: int) -> tuple[str, float | None]:
    """Energy of the stated year, else of the last twelve months that are over; None where a month of them is not whole."""
    for name, months in _spans(year, now):
        found = [energy.get(m) for m in months]
        values = [e.tce_equivalent for e in found if e is not None and e.is_complete and e.tce_equivalent is not None]
        if len(values) == MONTHS:
            return name, sum(values)
    return "", None


@lru_cache(256)
def _spans(year: str, now: int) -> list[tuple[str, tuple[str, ...]]]:
    return ([(year, months_of(int(year)))] if year else []) + [("12", last_months(now, MONTHS))]


def _project_facts(of: Material, entity: Entity, project: Project, today: str) -> ProjectFacts:
    unit = project.saving_entity or (entity.id if entity.kind not in AREAS else "")
    begun = [str(local_day(_since(p))) for p in of.points(unit) if is_of_energy(p)] if unit in of.registry.entities else []
    names = project.name_cn, project.name_en or project.name_cn
    return ProjectFacts(
        entity.id, project.id, names, today, project.commissioned, unit if unit in of.registry.entities else "", min(begun, default="")
    )


def _since(point: Point) -> int:
    """When the point began to measure: its date, else when it was registered."""
    return point.valid_from if point.valid_from > EARLIEST_US else point.registered_at


def judge(facts: Facts, thresholds: Thresholds) -> Verdict | None:
    """A unit at or above the duty: red without a point heard, yellow where its meters see too little of what it states, else green; None below the
    duty. An area: the share of such units that are connected. A project: red while the unit has no point after it began to run."""
    if isinstance(facts, UnitFacts):
        return _judge_unit(facts, thresholds)
    return _judge_area(facts, thresholds) if isinstance(facts, AreaFacts) else _judge_project(facts, thresholds)


def _why_bound(facts: UnitFacts, at: Thresholds) -> tuple[str, str] | None:
    """What binds the unit, or None."""
    if facts.stated_tce is not None and facts.stated_tce >= at.duty_tce:
        return f"{facts.stated_year}年综合能耗{facts.stated_tce:,.0f} tce", f"stated {facts.stated_tce:,.0f} tce for {facts.stated_year}"
    if facts.metered_tce is not None and facts.metered_tce >= at.duty_tce:
        when_zh, when_en = ("近12个月", "the last 12 months") if facts.metered_year == "12" else (f"{facts.metered_year}年", facts.metered_year)
        return f"{when_zh}计量能耗{facts.metered_tce:,.0f} tce", f"metered {facts.metered_tce:,.0f} tce in {when_en}"
    return ("重点用能单位", "key energy user") if facts.is_key_user else None


def _seen_share(facts: UnitFacts) -> float | None:
    if facts.stated_tce is None or facts.stated_tce <= 0 or facts.metered_tce is None:
        return None
    return facts.metered_tce / facts.stated_tce


def _light(facts: UnitFacts, at: Thresholds) -> Light:
    if facts.points and not facts.is_seen:
        return Light.GREY
    if not facts.points or facts.heard < first_day(facts.last_day, at.days):
        return Light.RED
    share = _seen_share(facts)
    return Light.YELLOW if share is not None and share < at.energy_min - 1e-9 else Light.GREEN


def _judge_unit(facts: UnitFacts, at: Thresholds) -> Verdict | None:
    bound = _why_bound(facts, at)
    if bound is None:
        return None
    share = _seen_share(facts)
    evidence: dict[str, object] = {
        "stated_year": facts.stated_year, "stated_tce": facts.stated_tce, "metered_year": facts.metered_year, "metered_tce": facts.metered_tce,
        "duty_tce": at.duty_tce, "is_key_user": facts.is_key_user, "points": facts.points, "last_heard_day": facts.heard,
    }  # fmt: skip
    light = _light(facts, at)
    value, limit = None if share is None else share * 100, at.energy_min * 100
    if light is Light.GREY:
        why = f"{bound[0]}，有测点{facts.points}个，其数据尚未检查", f"{bound[1]}; the days of its {facts.points} points were not looked at yet"
        return unknown(facts.entity, RULE, "", "now", "%", why, limit, None, evidence)
    says_zh, says_en = _says(facts, at, light, share)
    zh, en = f"{bound[0]}，应接入在线监测；{says_zh}", f"{_first_up(bound[1])}: has to be connected; {says_en}"
    return Verdict(facts.entity, RULE, "", "now", light, value, limit, "%", zh, en, None, evidence)


def _says(facts: UnitFacts, at: Thresholds, light: Light, share: float | None) -> tuple[str, str]:
    if light is Light.RED and not facts.points:
        return "没有登记任何能源测点", "no energy point is registered"
    if light is Light.RED:
        return f"最近{at.days}天没有任何测点上传数据", f"none of its {facts.points} points was heard in the last {at.days} days"
    seen = "（无计量全年，覆盖不明）", " (no whole year is metered yet: how much they see is not known)"
    if share is not None:
        side_zh, side_en = ("低于", "below") if light is Light.YELLOW else ("达到", "at least")
        floor = f"{at.energy_min * 100:g}%"
        seen = f"，计量到所报能耗的{floored(share)}（{side_zh}{floor}）", f"; they see {floored(share)} of what it states ({side_en} {floor})"
    return f"已接入{facts.points}个测点{seen[0]}", f"{facts.points} points are connected{seen[1]}"


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def _judge_area(facts: AreaFacts, at: Thresholds) -> Verdict | None:
    lights = {u.entity: _light(u, at) for u in facts.units if _why_bound(u, at) is not None}
    if not lights:
        return None
    names = {u.entity: u.names for u in facts.units}
    on = [unit for unit, light in lights.items() if light in (Light.GREEN, Light.YELLOW)]
    off = [unit for unit, light in lights.items() if light is Light.RED]
    blind = [unit for unit, light in lights.items() if light is Light.GREY]
    share, limit = len(on) / len(lights), at.units_min * 100
    evidence: dict[str, object] = {
        "duty_bound": len(lights),
        "connected": len(on),
        "not_connected": off[:EVIDENCE_MAX],
        "not_known": blind[:EVIDENCE_MAX],
    }
    light = share_light(share, at.units_min, at.units_red_below)
    if blind and light is not share_light((len(on) + len(blind)) / len(lights), at.units_min, at.units_red_below):
        why = f"{len(lights)}家应接入企业中{len(blind)}家的数据尚未检查", f"{len(blind)} of {len(lights)} duty-bound units were not looked at yet"
        return unknown(facts.entity, RULE, "", "now", "%", why, limit, 1 - len(blind) / len(lights), evidence)
    zh = f"{len(lights)}家应接入企业中已接入{len(on)}家，占{floored(share)}（要求{percent(at.units_min, 0)}）"
    en = f"{len(on)} of {len(lights)} duty-bound units are connected: {floored(share)}, asked {percent(at.units_min, 0)}"
    if off:
        told = named([names[unit] for unit in off], "家企业")
        zh, en = f"{zh}；未接入{told[0]}", f"{en}; not connected: {told[1]}"
    return Verdict(facts.entity, RULE, "", "now", light, share * 100, limit, "%", zh, en, None, evidence)


def _judge_project(facts: ProjectFacts, at: Thresholds) -> Verdict:
    indicator, (name_zh, name_en) = f"project:{facts.project}", facts.names
    evidence: dict[str, object] = {
        "project": facts.project,
        "commissioned": facts.commissioned,
        "unit": facts.unit,
        "monitored_since": facts.monitored,
    }
    if not facts.unit:
        why = f"项目“{name_zh}”没有写明用能单位", f"project {name_en!r} names no unit whose meters could be looked at"
        return unknown(facts.entity, RULE, indicator, "now", "d", why, at.grace_days, None, evidence)
    begun = date.fromisoformat(facts.commissioned)
    late = (date.fromisoformat(facts.monitored or facts.today) - begun).days
    zh = f"项目“{name_zh}”{facts.commissioned}投产"
    en = f"Project {name_en!r} began to run on {facts.commissioned}"
    if facts.monitored:
        said = (f"，在线监测于{facts.monitored}接入", f"; its monitoring runs since {facts.monitored}")
        after = (f"，晚{late}天", f", {late} days late") if late > at.grace_days else ("", "")
        zh, en = zh + said[0] + after[0], en + said[1] + after[1]
        return Verdict(facts.entity, RULE, indicator, "now", Light.GREEN, max(0, late), at.grace_days, "d", zh, en, None, evidence)
    light = Light.RED if late > at.grace_days else Light.YELLOW
    return Verdict(
        facts.entity, RULE, indicator, "now", light, late, at.grace_days, "d", f"{zh}，已{late}天，在线监测尚未接入（应同步投产）",
        f"{en}, {late} days ago, without the monitoring that has to start with it", None, evidence,
    )  # fmt: skip
