"""mass: what an enterprise emitted in the year to date against the year's permitted mass. Known mass is a lower bound: above the permit is red at
any coverage."""

from dataclasses import dataclass

from alerting.facts import MassFacts
from alerting.rules.words import floored, percent, unknown
from tricolor.domain.lights import Light, Verdict

RULE = "mass"
NAME_ZH, NAME_EN = "排放总量", "Emitted mass"
SLACK = 1 + 1e-9


@dataclass(frozen=True, slots=True)
class MassThresholds:
    yellow_share: float  # of the year's permitted mass
    projected_share: float  # likewise, of the mass projected to the year's end
    projected_from_days: int
    coverage_min: float


def judge(facts: MassFacts, thresholds: MassThresholds) -> Verdict:
    """Red above the permitted mass; yellow above yellow_share of it or when the projection passes projected_share; green else; grey where coverage is
    under the floor and the known mass alone is not red or yellow. value, limit [t]."""
    period = str(facts.year)
    projected = projected_t(facts, thresholds)
    evidence: dict[str, object] = {
        "documents": list(facts.documents), "projected_t": projected, "estimated_share": facts.estimated_share, "day_of_year": facts.day,
        "yellow_share": thresholds.yellow_share, "projected_share": thresholds.projected_share,
    }  # fmt: skip
    light = _light(facts, thresholds, projected)
    if light is Light.GREY or facts.mass_t is None:
        floor = percent(thresholds.coverage_min, 0)
        known_zh = "" if facts.mass_t is None else f"；已知部分{facts.mass_t:.4g} t"
        known_en = "" if facts.mass_t is None else f"; the known part is {facts.mass_t:.4g} t"
        why = (
            f"{facts.factor_zh}今年以来有效监测时间占{floored(facts.coverage)}，低于{floor}{known_zh}",
            f"{facts.factor_en} is known for {floored(facts.coverage)} of the year so far, under {floor}{known_en}",
        )
        return unknown(facts.entity, RULE, facts.factor, period, "t", why, facts.budget_t, facts.coverage, evidence)
    zh, en = _words(facts, light, projected)
    return Verdict(
        facts.entity, RULE, facts.factor, period, light, round(facts.mass_t, 6), facts.budget_t, "t", zh, en, facts.coverage, evidence
    )  # fmt: skip


def projected_t(facts: MassFacts, thresholds: MassThresholds) -> float | None:
    """The year's mass [t] at the mean rate of the known time so far; None before projected_from_days, and under the floor of coverage."""
    if facts.mass_t is None or facts.day < thresholds.projected_from_days or facts.coverage < thresholds.coverage_min - 1e-9:
        return None
    return facts.mass_t / facts.coverage / facts.day * facts.days


def _light(facts: MassFacts, thresholds: MassThresholds, projected: float | None) -> Light:
    mass = facts.mass_t
    if mass is not None and mass > facts.budget_t * SLACK:
        return Light.RED
    is_near = mass is not None and mass > facts.budget_t * thresholds.yellow_share * SLACK
    if is_near or (projected is not None and projected > facts.budget_t * thresholds.projected_share * SLACK):
        return Light.YELLOW
    return Light.GREEN if mass is not None and facts.coverage >= thresholds.coverage_min - 1e-9 else Light.GREY


def _words(facts: MassFacts, light: Light, projected: float | None) -> tuple[str, str]:
    mass = facts.mass_t or 0.0
    used, budget = percent(mass / facts.budget_t, 1), f"{facts.budget_t:g} t"
    zh = f"{facts.year}年{facts.factor_zh}累计排放{mass:.4g} t，占年许可量{budget}的{used}"
    en = f"{facts.factor_en} in {facts.year} so far {mass:.4g} t, {used} of the permitted {budget}"
    if projected is not None:
        zh, en = f"{zh}，按目前速度全年约{projected:.4g} t", f"{en}; at this rate {projected:.4g} t in the year"
    if light is not Light.GREEN and facts.coverage < 1 - 1e-9:
        zh, en = f"{zh}（监测覆盖{floored(facts.coverage)}）", f"{en} ({floored(facts.coverage)} of the time is known)"
    return zh, en
