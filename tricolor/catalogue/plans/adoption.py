"""A plan's list of projects beside the register: who answers for a row, what it says as an entry, and which rows nobody has adopted."""

from collections.abc import Iterable

from tricolor.catalogue.plans.model import Plan
from tricolor.catalogue.plans.register import PlanProject
from tricolor.domain.entities import AREAS, Registry
from tricolor.domain.projects import MAX_NAME, MAX_TEXT, Project

NOT_ADOPTED = 0  # revision of an entry made of a plan's row


def project_id(plan: Plan, row: PlanProject) -> str:
    """Of the plan's row in the register, "qinzhou-2021-2025/annex3-01"."""
    return f"{plan.id}/{row.id}"


def owner_of(row: PlanProject, registry: Registry, *, is_main: bool = True) -> str:
    """The area that answers for a row: the one registered area that it names, else (several, or none is named) the city. Of a further plan, e.g. the
    province's, a row that names none of ours is not ours: ""."""
    known = [i for i in row.entities if i in registry.entities and registry.entities[i].kind in AREAS]
    if len(known) == 1:
        return known[0]
    if not known and not is_main:
        return ""
    city = registry.city()
    return city.id if city is not None else known[0] if known else ""


def as_project(plan: Plan, row: PlanProject, registry: Registry, entity: str = "") -> Project:
    """The row as an entry of the register, planned; entity: who answers, by default `owner_of`."""
    stage = f"规划所列进度：{row.stage}" if row.stage else ""
    note = "；".join(text for text in (stage, row.builder, row.content, row.place_text, row.note) if text)
    return Project(
        id=project_id(plan, row), plan=plan.id, entity=entity or owner_of(row, registry), name_cn=row.name_cn, name_en=row.name_en,
        section=row.section, due=row.due, expected_tce=row.expected_tce, investment_cny_10k=row.investment_cny_10k,
        document=f"{row.source} {row.place}".strip()[:MAX_NAME], note=note[:MAX_TEXT], revision=NOT_ADOPTED,
    )  # fmt: skip


def rows_of(plan: Plan, registry: Registry, entity: str = "") -> list[Project]:
    """Every row of the plan and of those beside it that somebody of the registry answers for, as planned entries; entity: who shall answer."""
    return [
        found
        for each in (plan, *plan.beside)
        for row in each.projects
        if (owner := owner_of(row, registry, is_main=each is plan)) and (found := as_project(each, row, registry, entity or owner))
    ]


def not_adopted(plan: Plan, registry: Registry, adopted: Iterable[Project], entity: str = "") -> list[Project]:
    """The rows that the register does not hold, as planned entries in the plan's order; entity: only those it answers for, none of an id that is
    not known."""
    if entity and (entity not in registry.entities or registry.entities[entity].kind not in AREAS):
        return []
    held = {project.id for project in adopted}
    return [project for project in rows_of(plan, registry) if project.id not in held and entity in ("", project.entity)]
