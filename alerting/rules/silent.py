"""silent: a meter that should be heard is not. Without it every other light of the entity would go on shining on old numbers."""

from dataclasses import dataclass

from alerting.facts import PointSilence, SilentFacts
from tricolor.domain.intervals import HOUR_US, SECOND_US
from tricolor.domain.lights import Light, Verdict, worst

RULE = "silent"
NAME_ZH, NAME_EN = "数据中断", "Silence"
NAMED = 3  # silent points named in the sentence; the evidence names up to EVIDENCE_MAX
EVIDENCE_MAX = 50
INTERVALS = 4  # a point may miss this many of its own intervals before it is called silent


@dataclass(frozen=True, slots=True)
class SilentThresholds:
    yellow_after_s: float
    red_after_s: float


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


def _light_of(point: PointSilence, facts: SilentFacts, thresholds: SilentThresholds) -> Light:
    passed = _silent_for(point, facts.now)
    yellow = max(thresholds.yellow_after_s, INTERVALS * point.interval_s) * SECOND_US
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
