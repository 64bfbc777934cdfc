"""silent: a meter that should be heard is not. Without it every other light of the entity would go on shining on old numbers.

Where every point behind a gateway is silent the gateway is dark: it has a verdict of its own, named by it, and the entity's speaks of the others
and of those that had been silent before: the dark resolves nothing.
"""

from dataclasses import dataclass, replace

from alerting.facts import PointSilence, SilentFacts
from tricolor.domain.intervals import HOUR_US, SECOND_US
from tricolor.domain.lights import SEVERITY, Light, Verdict, worst

RULE = "silent"
NAME_ZH, NAME_EN = "数据中断", "Silence"
NAMED = 3  # silent points named in the sentence; the evidence names up to EVIDENCE_MAX
EVIDENCE_MAX = 50
LEAST_POINTS = 2  # of a gateway with one point, the point says it
SILENT = (Light.YELLOW, Light.RED)
INTERVALS = 4  # a point may miss this many of its own intervals before it is called silent


@dataclass(frozen=True, slots=True)
class SilentThresholds:
    yellow_after_s: float
    red_after_s: float


def judge_all(facts: SilentFacts, thresholds: SilentThresholds) -> list[Verdict]:
    """The entity's own verdict without what lies behind dark gateways, and one of each gateway (indicator: its id) with several points."""
    behind = _behind(facts)
    gateways = [_judge_gateway(name, points, facts, thresholds) for name, points in behind.items()]
    dark = {verdict.indicator for verdict in gateways if verdict.light in SILENT}
    since = {name: min(_silent_for(p, facts.now) for p in behind[name]) for name in dark}
    mine = (p for p in facts.points if p.gateway not in dark or _is_silent_by_itself(p, since[p.gateway], facts, thresholds))
    own = judge(replace(facts, points=tuple(mine)), thresholds)
    if own is None and dark:
        own = _all_dark(facts, thresholds, sorted(dark))
    return [*([own] if own is not None else []), *gateways]


def judge(facts: SilentFacts, thresholds: SilentThresholds) -> Verdict | None:
    """The light of the entity's most silent point; None when it has no point. value: its hours of silence, limit: its yellow threshold [h]."""
    if not facts.points:
        return None
    lights = [(_light_of(p, facts, thresholds), p) for p in facts.points]
    light = worst(found for found, _ in lights)
    told = sorted((p for found, p in lights if found is light), key=lambda p: (-_silent_for(p, facts.now), p.point))
    first = told[0]
    hours = None if first.last_at is None else _silent_for(first, facts.now) / HOUR_US
    limit_h = max(thresholds.yellow_after_s, INTERVALS * first.interval_s) / 3600
    zh, en = _reason(light, told, hours, limit_h)
    return Verdict(
        facts.entity, RULE, "", "now", light, None if hours is None else round(hours, 3), round(limit_h, 3), "h", zh, en,
        coverage=sum(1 for found, _ in lights if found is Light.GREEN) / len(lights),
        evidence={
            "points": len(facts.points),
            "silent": [p.point for p in told[:EVIDENCE_MAX]] if light is not Light.GREEN else [],
            "never_heard": [p.point for p in facts.points if p.last_at is None][:EVIDENCE_MAX],
            "yellow_after_s": thresholds.yellow_after_s,
            "red_after_s": thresholds.red_after_s,
        },
    )  # fmt: skip


def _behind(facts: SilentFacts) -> dict[str, list[PointSilence]]:
    """Points by the gateway through which they are heard; gateways with several only."""
    found: dict[str, list[PointSilence]] = {}
    for point in facts.points:
        if point.gateway:
            found.setdefault(point.gateway, []).append(point)
    return {name: points for name, points in found.items() if len(points) >= LEAST_POINTS}


def _judge_gateway(name: str, points: list[PointSilence], facts: SilentFacts, thresholds: SilentThresholds) -> Verdict:
    """Dark when all of its points are silent, then as bad as the least silent of them; value: hours since anything came through it."""
    lights = [_light_of(p, facts, thresholds) for p in points]
    if Light.GREEN in lights:
        light = Light.GREEN
    elif Light.GREY in lights:
        light = Light.GREY  # some may be silent, of the rest nothing is known yet
    else:
        light = min(lights, key=lambda each: SEVERITY[each])
    last = min(points, key=lambda p: (_silent_for(p, facts.now), p.point))
    hours = None if all(p.last_at is None for p in points) else _silent_for(last, facts.now) / HOUR_US
    limit_h = max(thresholds.yellow_after_s, INTERVALS * last.interval_s) / 3600
    zh, en = _gateway_reason(name, light, len(points), hours, limit_h)
    return Verdict(
        facts.entity, RULE, name, "now", light, None if hours is None else round(hours, 3), round(limit_h, 3), "h", zh, en,
        coverage=sum(1 for each in lights if each is Light.GREEN) / len(lights),
        evidence={
            "gateway": name, "points": len(points),
            "silent": [p.point for p, each in zip(points, lights, strict=True) if each in SILENT][:EVIDENCE_MAX],
            "yellow_after_s": thresholds.yellow_after_s, "red_after_s": thresholds.red_after_s,
        },
    )  # fmt: skip


def _gateway_reason(name: str, light: Light, points: int, hours: float | None, limit_h: float) -> tuple[str, str]:
    if light is Light.GREEN:
        return f"网关{name}在线，最近{_age_zh(hours or 0.0)}前有数据", f"Gateway {name} is heard, last {_age_en(hours or 0.0)} ago"
    if light is Light.GREY:
        return f"无法判定：网关{name}的数据尚未到齐", f"Not known: what comes through gateway {name} is not complete yet"
    if hours is None:
        return f"网关{name}从未上传数据，涉及{points}个测点", f"Gateway {name} was never heard: {points} points behind it"
    return (
        f"网关{name}已{hours:.1f}小时无数据，限值{limit_h:g}小时，涉及{points}个测点",
        f"Gateway {name} silent for {hours:.1f} h (limit {limit_h:g} h): {points} points behind it",
    )


def _all_dark(facts: SilentFacts, thresholds: SilentThresholds, dark: list[str]) -> Verdict:
    """Of an entity all of whose points lie behind dark gateways nothing is known beside them."""
    return Verdict(
        facts.entity, RULE, "", "now", Light.GREY, None, round(thresholds.yellow_after_s / 3600, 3), "h",
        f"无法判定：全部测点经网关{'、'.join(dark)}上传，网关已中断，另行预警",
        f"Not known: every point is behind {', '.join(dark)}, which is dark and has its own alert",
        coverage=0.0, evidence={"points": len(facts.points), "dark_gateways": dark},
    )  # fmt: skip


def _is_silent_by_itself(point: PointSilence, dark_us: int, facts: SilentFacts, thresholds: SilentThresholds) -> bool:
    """Whether it was called silent while its gateway, dark for `dark_us`, could still be heard."""
    return _silent_for(point, facts.now) - dark_us > _yellow_us(point, thresholds)


def _yellow_us(point: PointSilence, thresholds: SilentThresholds) -> float:
    return max(thresholds.yellow_after_s, INTERVALS * point.interval_s) * SECOND_US


def _light_of(point: PointSilence, facts: SilentFacts, thresholds: SilentThresholds) -> Light:
    passed = _silent_for(point, facts.now)
    yellow = _yellow_us(point, thresholds)
    # red keeps its distance from yellow for slow meters, else a daily meter would jump from green to red
    red = max(thresholds.red_after_s * SECOND_US, yellow if thresholds.red_after_s <= thresholds.yellow_after_s else 2 * yellow)
    if point.last_at is None:
        return Light.RED if passed > thresholds.red_after_s * SECOND_US and not facts.is_filling else Light.GREY
    if passed <= yellow:
        return Light.GREEN
    if point.is_catching_up:
        return Light.GREY
    return Light.RED if passed > red else Light.YELLOW


def _silent_for(point: PointSilence, now: int) -> int:
    """µs since it was last heard, or since it should have been."""
    return max(0, now - (point.valid_from if point.last_at is None else max(point.last_at, point.valid_from)))


def _reason(light: Light, points: list[PointSilence], hours: float | None, limit_h: float) -> tuple[str, str]:
    zh_names = "、".join(p.name_zh or p.point for p in points[:NAMED]) + (f"等{len(points)}个测点" if len(points) > NAMED else "")
    en_names = ", ".join(p.name_en or p.point for p in points[:NAMED]) + (f" and {len(points) - NAMED} more" if len(points) > NAMED else "")
    if light is Light.GREEN:
        return (
            f"测点数据正常，最久{_age_zh(hours or 0.0)}前上传，限值{limit_h:g}小时",
            f"All points are heard; the oldest {_age_en(hours or 0.0)} ago, limit {limit_h:g} h",
        )
    if light is Light.GREY:
        if hours is None:
            return f"无法判定：{zh_names}尚未上传过数据", f"Not known: {en_names} not heard yet"
        return f"无法判定：{zh_names}正在补传历史数据", f"Not known: {en_names} catching up with history"
    if hours is None:
        return f"{zh_names}从未上传数据", f"Never heard: {en_names}"
    return f"{zh_names}已{hours:.1f}小时无数据，限值{limit_h:g}小时", f"Silent for {hours:.1f} h (limit {limit_h:g} h): {en_names}"


def _age_zh(hours: float) -> str:
    """E.g. "2.3小时", under an hour "12分钟", under a minute "不到1分钟"."""
    minutes = int(hours * 60)
    return f"{hours:.1f}小时" if minutes >= 60 else f"{minutes}分钟" if minutes else "不到1分钟"


def _age_en(hours: float) -> str:
    minutes = int(hours * 60)
    return f"{hours:.1f} h" if minutes >= 60 else f"{minutes} min" if minutes else "less than a minute"
