"""View-models of what a plan asks beside its intensity targets, of the plan itself and of those beside it, each with its document and status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.board_views import LIGHT_ORDER
from api.board_words import INDICATORS as LEVELS
from api.board_words import PLAN_INDICATORS, PLAN_PATHS, STATUSES, Words, exact
from api.plan_shapes import Lights
from tricolor.catalogue.plans.model import Plan, Target
from tricolor.catalogue.plans.register import Direction, Indicator, Kind, PlanProject, PlanTask
from tricolor.domain.entities import Registry
from tricolor.domain.lights import Light
from tricolor.ports import StandingVerdict

ILLUSTRATIVE = "illustrative"


@dataclass(frozen=True, slots=True)
class GoalLine:
    """One indicator. area_id: "" when the registry does not know the area: then nothing judges it; light: None while nothing does; now: what the
    verdict in force rests on, as people read it."""

    category: str
    no: str
    name: str
    is_starred: bool
    area: str
    area_id: str
    baseline: str
    target: str
    year: int
    unit: str
    path: str
    who: str
    document: str
    place: str
    status: str
    is_illustrative: bool
    note: str
    light: Light | None = None
    now: str = ""
    reason: str = ""
    is_number: bool = True  # the target; False for words


@dataclass(frozen=True, slots=True)
class ListedProject:
    no: str
    name: str
    areas: str
    due: str
    effect: str
    investment: str
    who: str
    place: str
    status: str
    is_illustrative: bool
    light: Light | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ListedTask:
    name: str
    content: str
    due: str
    who: str
    place: str


@dataclass(frozen=True, slots=True)
class PlanPart:
    """What one plan asks. targets: of a plan beside, which nothing judges; judged: indicators of areas that the registry knows."""

    id: str
    is_beside: bool
    name: str
    document: str
    status: str
    is_illustrative: bool
    targets: tuple[GoalLine, ...]
    indicators: tuple[GoalLine, ...]
    judged: int
    projects: tuple[ListedProject, ...]
    tasks: tuple[ListedTask, ...]

    def tallies(self, lines: Sequence[GoalLine]) -> tuple[tuple[Light, int], ...]:
        """How many of the lines show each light, the worst first."""
        return tuple((x, n) for x in LIGHT_ORDER if (n := sum(line.light is x for line in lines)))

    def is_open(self, lines: Sequence[GoalLine], is_first: bool) -> bool:
        """Whether a heading stands unfolded: where it holds a red light, and the first of a plan without one."""
        if any(line.light in (Light.RED, Light.ORANGE) for line in lines):
            return True
        return is_first and not any(line.light in (Light.RED, Light.ORANGE) for line in self.indicators)

    @property
    def by_category(self) -> dict[str, list[GoalLine]]:
        """The indicators under the document's headings, in its order."""
        found: dict[str, list[GoalLine]] = {}
        for line in self.indicators:
            found.setdefault(line.category, []).append(line)
        return found


def plan_parts(plan: Plan, registry: Registry, t: Words, lights: Lights | None = None) -> tuple[PlanPart, ...]:
    """The plan and those beside it, in their order; one that asks nothing to be shown here is left out."""
    known = lights or {}
    every = [_part(plan, registry, t, known, is_beside=False), *(_part(other, registry, t, known, is_beside=True) for other in plan.beside)]
    return tuple(part for part in every if part.is_beside or part.indicators or part.projects or part.tasks)


def _part(plan: Plan, registry: Registry, t: Words, lights: Lights, *, is_beside: bool) -> PlanPart:
    who = {department.id: t(department.name_cn, department.name_en) for department in plan.departments}
    areas = {target.entity: t(target.name_cn, target.name_en) for target in plan.targets}
    areas |= {entity.id: t(entity.name_cn, entity.name_en) for entity in registry.entities.values()}
    targets = tuple(_target(row, _area(row.entity, areas, registry), t) for row in plan.targets)
    indicators = tuple(_indicator(row, _area(row.entity, areas, registry), who, t, lights) for row in plan.indicators)
    return PlanPart(
        plan.id, is_beside, t(plan.name_cn, plan.name_en), f"{plan.document.number} {plan.document.title}", t.pair(STATUSES, plan.status),
        plan.status == ILLUSTRATIVE, targets if is_beside else (), indicators,
        sum(bool(line.area_id) for line in indicators), tuple(_project(plan, row, areas, who, t, lights) for row in plan.projects),
        tuple(_task(row, who, t) for row in plan.tasks),
    )  # fmt: skip


def _area(entity: str, areas: Mapping[str, str], registry: Registry) -> tuple[str, str]:
    """Its name as the registry or the plan has it, else its id; and its id when the registry knows it."""
    return areas.get(entity, entity), entity if entity in registry.entities else ""


def _named(ids: tuple[str, ...], who: Mapping[str, str], t: Words) -> str:
    return t("、", ", ").join(who[identity] for identity in ids)


def _indicator(row: Indicator, place: tuple[str, str], who: Mapping[str, str], t: Words, lights: Lights) -> GoalLine:
    baseline = row.baseline_text or (exact(row.baseline) if row.baseline is not None else "")
    light, now, reason = _judged(lights.get(("indicator", row.entity, row.id)), row.unit, t)
    category = t("·", ", ").join(part for part in (row.group, row.category) if part)
    path = "" if row.direction is Direction.TEXT else t.pair(PLAN_PATHS, row.path)
    return GoalLine(
        category, row.no, t(row.name_cn, row.name_en), row.is_starred, *place, baseline, _asked(row, t), row.target_year, row.unit, path,
        _named(row.departments, who, t), row.source, row.place, t.pair(STATUSES, row.status), row.status == ILLUSTRATIVE, row.note,
        light, now, reason, row.target is not None,
    )  # fmt: skip


def _judged(standing: StandingVerdict | None, unit: str, t: Words) -> tuple[Light | None, str, str]:
    """Light, value with its period, and reason of a verdict; nothing when none is in force."""
    if standing is None:
        return None, "", ""
    verdict = standing.verdict
    value = f"{exact(verdict.value)} {t.unit(unit)}".strip() if verdict.value is not None else ""
    now = f"{value} ({t.period(verdict.period)})" if value else ""
    return verdict.light, now, t(verdict.reason_zh, verdict.reason_en)


def _asked(row: Indicator, t: Words) -> str:
    if row.target is None or row.direction is Direction.TEXT:
        return row.target_text
    sign = {Direction.UP: ("≥", ">"), Direction.DOWN: ("≤", "<"), Direction.HOLD: ("≤", "<")}[row.direction]
    if row.kind is Kind.CUMULATIVE and row.direction is Direction.UP:
        return f"{t('累计', 'in all')} {'≥' if row.is_inclusive else '>'} {exact(row.target)}"
    if row.kind is not Kind.LEVEL:
        words = {Direction.UP: ("上升", "up"), Direction.DOWN: ("下降", "down"), Direction.HOLD: ("保持", "held")}[row.direction]
        return f"{t(*words)} {'≥' if row.is_inclusive else '>'} {exact(row.target)}"
    return f"{sign[0] if row.is_inclusive else sign[1]} {exact(row.target)}"


def _target(row: Target, place: tuple[str, str], t: Words) -> GoalLine:
    name = t("·", ", ").join((t.pair(PLAN_INDICATORS, row.indicator), t.pair(LEVELS, row.level.value)))
    return GoalLine(
        "", "", name, False, *place, "",
        f"{t('下降', 'down')} ≥ {exact(row.reduction * 100)}", row.target_year, row.unit, "", "", row.source, row.place, t.pair(STATUSES, row.status),
        row.status == ILLUSTRATIVE, "",
    )  # fmt: skip


def _project(plan: Plan, row: PlanProject, names: Mapping[str, str], who: Mapping[str, str], t: Words, lights: Lights) -> ListedProject:
    light, _, reason = _judged(lights.get(("project", "", f"{plan.id}/{row.id}")), "", t)
    areas = t("、", ", ").join(names.get(entity, entity) for entity in row.entities)
    effect = f"{exact(row.expected_tce)} tce/a" if row.expected_tce is not None else row.effect_text
    investment = t.quantity(row.investment_cny_10k, "万元") if row.investment_cny_10k is not None else ""
    return ListedProject(
        row.no, t(row.name_cn, row.name_en), areas, row.due_text or row.due, effect, investment, _named(row.departments, who, t), row.place,
        t.pair(STATUSES, row.status), row.status == ILLUSTRATIVE, light, reason,
    )  # fmt: skip


def _task(row: PlanTask, who: Mapping[str, str], t: Words) -> ListedTask:
    return ListedTask(row.name_cn, row.content, row.due_text or row.due, row.departments_text or _named(row.departments, who, t), row.place)
