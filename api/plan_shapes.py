"""Shapes of what a plan asks: indicators, projects and tasks, each with its document and place, and the light of what is judged."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from pydantic import Field

from api.schemas import Shape
from api.security import View
from tricolor.catalogue.plans.model import Plan
from tricolor.catalogue.plans.register import Indicator, PlanProject, PlanTask
from tricolor.domain.lights import Light
from tricolor.ports import StandingVerdict

Lights = Mapping[tuple[str, str, str], StandingVerdict]  # by rule, area and indicator; of the rule project by "" and the register's project
RULES = ("pace", "indicator", "project")


class Judged(Shape):
    """The verdict in force; all null when nothing judges the row yet, or when the key may not see its area."""

    light: Light | None = None
    value: float | None = None
    period: str | None = None


class IndicatorShape(Shape):
    """baseline, target: null where the document gives words or another level sets the number; the _text fields are as printed."""

    plan: str
    id: str
    entity: str
    no: str
    name_cn: str
    name_en: str
    category: str
    group: str
    unit: str
    direction: str = Field(description="up, down, hold, or text: a state in words")
    path: str = Field(description="how the way is cut into years: linear, compound, stepped")
    kind: str = Field(description="level, cumulative since the base year, or change against it")
    baseline_year: int
    baseline: float | None
    baseline_text: str
    target_year: int
    target: float | None
    target_text: str
    is_starred: bool
    is_inclusive: bool
    every: str
    measure: str
    departments: list[str]
    source: str
    place: str
    status: str
    carries: str
    note: str
    judged: Judged


class ProjectRow(Shape):
    plan: str
    id: str
    no: str
    section: str
    name_cn: str
    name_en: str
    builder: str
    content: str
    place_text: str
    entities: list[str]
    due: str = Field(description="YYYY-MM, empty where the document names none")
    due_text: str
    expected_tce: float | None = Field(description="standard coal saved a year [tce]")
    effect_text: str
    investment_cny_10k: float | None
    stage: str
    note: str
    departments: list[str]
    source: str
    place: str
    status: str
    carries: str
    judged: Judged


class TaskRow(Shape):
    plan: str
    id: str
    name_cn: str
    content: str
    due: str
    due_text: str
    departments: list[str]
    departments_text: str
    source: str
    place: str
    status: str
    carries: str


class IndicatorsAnswer(Shape):
    indicators: list[IndicatorShape]
    next: str | None


class ProjectRowsAnswer(Shape):
    projects: list[ProjectRow]
    next: str | None


class TasksAnswer(Shape):
    tasks: list[TaskRow]
    next: str | None


class PackShape(Shape):
    """One plan pack. is_judged_by: the lights follow it; is_beside: its indicators are judged beside the main plan's."""

    id: str
    name_cn: str
    name_en: str
    base_year: int
    first_year: int
    last_year: int
    status: str
    document: str
    targets: int
    indicators: int
    projects: int
    tasks: int
    is_judged_by: bool
    is_beside: bool


class PacksAnswer(Shape):
    plans: list[PackShape]


def lights_of(standing: Iterable[StandingVerdict], visible: View) -> Lights:
    """The verdicts on targets, indicators and projects of the areas that the reader may see."""
    found = [s for s in standing if s.verdict.rule in RULES and s.verdict.entity in visible]
    return {(s.verdict.rule, "" if s.verdict.rule == "project" else s.verdict.entity, s.verdict.indicator): s for s in found}


def light_of(lights: Lights, rule: str, entity: str, indicator: str) -> Light | None:
    standing = lights.get((rule, entity, indicator))
    return standing.verdict.light if standing else None


def judged(standing: StandingVerdict | None) -> Judged:
    return Judged() if standing is None else Judged(light=standing.verdict.light, value=standing.verdict.value, period=standing.verdict.period)


def indicator_shape(plan: Plan, row: Indicator, lights: Lights) -> IndicatorShape:
    return IndicatorShape.model_validate({**asdict(row), "plan": plan.id, "judged": judged(lights.get(("indicator", row.entity, row.id)))})


def project_row(plan: Plan, row: PlanProject, lights: Lights) -> ProjectRow:
    """The register calls the row plan/id."""
    return ProjectRow.model_validate({**asdict(row), "plan": plan.id, "judged": judged(lights.get(("project", "", f"{plan.id}/{row.id}")))})


def task_row(plan: Plan, row: PlanTask) -> TaskRow:
    return TaskRow.model_validate({**asdict(row), "plan": plan.id})


def pack_shape(pack: Plan, active: Plan) -> PackShape:
    return PackShape(
        id=pack.id, name_cn=pack.name_cn, name_en=pack.name_en, base_year=pack.base_year, first_year=pack.first_year, last_year=pack.last_year,
        status=pack.status, document=f"{pack.document.number} {pack.document.title}", targets=len(pack.targets), indicators=len(pack.indicators),
        projects=len(pack.projects), tasks=len(pack.tasks), is_judged_by=pack.id == active.id, is_beside=any(p.id == pack.id for p in active.beside),
    )  # fmt: skip
