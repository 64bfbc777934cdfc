"""One project: is it late, and does it save what it promised? Part of the rule project."""

from dataclasses import dataclass

from alerting.rules.words import percent
from tricolor.analysis.savings import Saving
from tricolor.catalogue.plans.adoption import NOT_ADOPTED
from tricolor.domain.lights import Light
from tricolor.domain.projects import COMMISSIONED_STATES, Project, ProjectState, months_apart

TOLERANCE = 1e-9  # a share of exactly the threshold is reached
STATES = {
    ProjectState.PLANNED: ("拟建", "planned"), ProjectState.APPROVED: ("已立项", "approved"), ProjectState.BUILDING: ("在建", "under construction"),
    ProjectState.COMMISSIONED: ("已投产", "commissioned"), ProjectState.VERIFIED: ("节能量已核定", "verified"),
    ProjectState.STOPPED: ("已停止", "stopped"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thresholds:
    """[months] after and before the due month, and of measuring; shares of the saving and of the projects on time; coverage of a month, 0..1."""

    red_after_months: int
    planned_within_months: int
    months_min: int
    months_max: int
    green_share: float
    yellow_share: float
    on_time_green: float
    on_time_yellow: float
    coverage_min: float


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """A project, its measured saving where there is one, and the month of judging (YYYY-MM). The revision stays: 0 is a row nobody has adopted."""

    project: Project
    saving: Saving | None
    month: str

    @property
    def months_late(self) -> int | None:
        """Months begun since the due month ended, of one that is not commissioned; 0 and less: not yet due; None: no due month."""
        return months_apart(self.project.due, self.month) if self.project.due else None

    @property
    def is_running(self) -> bool:
        return self.project.state in COMMISSIONED_STATES


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said of one project. saved_tce_a, share: measured or verified, against expected_tce; None where not known."""

    light: Light
    zh: str
    en: str
    saved_tce_a: float | None = None
    share: float | None = None
    is_verified: bool = False


def judge_one(facts: ProjectFacts, thresholds: Thresholds) -> Finding:
    """Late, on its way, or running: then the saving counts."""
    project = facts.project
    if project.state is ProjectState.STOPPED:
        why = project.reason or project.note
        return Finding(Light.GREY, f"项目已停止{f'：{why}' if why else ''}", f"The project was stopped{f': {why}' if why else ''}")
    return _judge_saving(facts, thresholds) if facts.is_running else _judge_schedule(facts, thresholds)


def _judge_schedule(facts: ProjectFacts, thresholds: Thresholds) -> Finding:
    project, late = facts.project, facts.months_late
    state_zh, state_en = STATES[project.state]
    if project.revision == NOT_ADOPTED:
        state_zh, state_en = f"{state_zh}（规划所列，未纳入台账）", f"{state_en} (listed in the plan, not in the register)"
    if late is None:
        return Finding(Light.GREY, f"无法判定：{state_zh}，未写明投产时间；请登记", f"Not known: {state_en}, no due month is stated: enter it")
    if late > 0:
        allowed = thresholds.red_after_months
        light = Light.RED if late > allowed else Light.YELLOW
        zh_in, en_in = (
            (f"超过{allowed}个月", f"beyond {allowed} months") if light is Light.RED else (f"{allowed}个月以内", f"within {allowed} months")
        )
        zh = f"应于{project.due}投产，{state_zh}，逾期第{late}个月（{zh_in}）"
        return Finding(light, zh, f"Due to run by {project.due}, still {state_en}: in month {late} after it ({en_in})")
    if project.state is ProjectState.PLANNED and -late <= thresholds.planned_within_months:
        zh, en = f"应于{project.due}投产，仅余{-late}个月，仍为{state_zh}", f"Due to run by {project.due}, in {-late} month(s), and still {state_en}"
        return Finding(Light.YELLOW, zh, en)
    return Finding(Light.GREEN, f"应于{project.due}投产，{state_zh}", f"Due to run by {project.due}; {state_en}")


def _judge_saving(facts: ProjectFacts, thresholds: Thresholds) -> Finding:
    project, expected = facts.project, facts.project.expected_tce
    began_zh, began_en = f"{project.commissioned}投产", f"Running since {project.commissioned}"
    if not expected:
        return Finding(Light.GREEN, f"{began_zh}；未承诺节能量", f"{began_en}; no saving was promised", project.verified_tce, None)
    if project.verified_tce is not None:
        share = project.verified_tce / expected
        light, at_zh, at_en = _against(share, thresholds)
        zh = f"{began_zh}；核定节能量{project.verified_tce:,.0f} tce/年，为预期{expected:,.0f}的{percent(share, 1)}{at_zh}"
        en = f"{began_en}; verified saving {project.verified_tce:,.0f} tce/a, {percent(share, 1)} of the {expected:,.0f} expected{at_en}"
        return Finding(light, zh, en, project.verified_tce, share, is_verified=True)
    lacking = _why_not_measured(facts, thresholds)
    saving = facts.saving
    if lacking is not None or saving is None or saving.saved_tce_a is None:
        zh, en = lacking or ("没有可用的月份", "no month can be used")
        return Finding(Light.GREY, f"无法判定：{began_zh}，{zh}", f"Not known: {began_en[0].lower()}{began_en[1:]}, {en}")
    share = saving.saved_tce_a / expected
    light, at_zh, at_en = _against(share, thresholds)
    span = f"{saving.months[0]}..{saving.months[-1]}"
    zh = f"{began_zh}；按{span}共{len(saving.months)}个月实测折年节能{saving.saved_tce_a:,.0f} tce，为预期{expected:,.0f}的{percent(share, 1)}{at_zh}"
    en = f"{began_en}; {len(saving.months)} months measured ({span}): {saving.saved_tce_a:,.0f} tce/a"
    return Finding(light, zh, f"{en}, {percent(share, 1)} of the {expected:,.0f} expected{at_en}", saving.saved_tce_a, share)


def _against(share: float, thresholds: Thresholds) -> tuple[Light, str, str]:
    light = light_of(share, thresholds.green_share, thresholds.yellow_share)
    if light is Light.GREEN:
        return light, "", ""
    floor = percent(thresholds.green_share if light is Light.YELLOW else thresholds.yellow_share, 0)
    return light, f"（低于{floor}）", f" (below {floor})"


def light_of(share: float, green: float, yellow: float) -> Light:
    """Green from the share `green` on, yellow from `yellow` on, else red."""
    return Light.GREEN if share >= green - TOLERANCE else Light.YELLOW if share >= yellow - TOLERANCE else Light.RED


def _why_not_measured(facts: ProjectFacts, thresholds: Thresholds) -> tuple[str, str] | None:
    """What to state or to wait for, or None."""
    project, saving = facts.project, facts.saving
    if not project.saving_entity or project.baseline_tce is None:
        missing = [name for name, is_there in (("saving_entity", project.saving_entity), ("baseline_tce", project.baseline_tce)) if not is_there]
        fields = "、".join(missing)
        return f"节能量未计量；请登记 {fields}，或核定节能量", f"its saving is not measured: state {' and '.join(missing)}, or verify it"
    if saving is None or len(saving.months) < thresholds.months_min:
        known = 0 if saving is None else len(saving.months)
        zh = f"投产后完整且覆盖率达{percent(thresholds.coverage_min, 0)}的月份只有{known}个，至少要{thresholds.months_min}个"
        return zh, f"only {known} whole month(s) since then are covered by {percent(thresholds.coverage_min, 0)}, {thresholds.months_min} are needed"
    return None
