"""Projects and cleaner-production audits as the API takes and answers them."""

from pydantic import ConfigDict, Field

from api.schemas import Shape
from tricolor.catalogue.plans.adoption import NOT_ADOPTED
from tricolor.domain.intervals import iso
from tricolor.domain.lights import Light
from tricolor.domain.projects import MAX_ID, MAX_NAME, MAX_TEXT, AuditState, CpAudit, Project, ProjectState

DAY_HELP = "YYYY-MM-DD, empty where it is not reached"


class _Order(Shape):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    entity: str = Field(max_length=MAX_ID, examples=["qzg-paper"])
    document: str = Field("", max_length=MAX_NAME)
    note: str = Field("", max_length=MAX_TEXT)
    by: str = Field("", max_length=64, description="the person; the key is kept beside the name")
    reason: str = Field("", max_length=MAX_TEXT, description="needed to go back, to stop and to take up again")


class ProjectOrder(_Order):
    """The whole entry as it shall stand."""

    plan: str = Field("", max_length=MAX_ID, description="the plan that lists it; cannot be changed afterwards")
    name_cn: str = Field(max_length=MAX_NAME, examples=["电炉煤气回收综合利用"])
    name_en: str = Field("", max_length=MAX_NAME)
    section: str = Field("", max_length=MAX_NAME, examples=["节能"])
    due: str = Field("", max_length=7, description="month in which it shall run, YYYY-MM", examples=["2025-12"])
    expected_tce: float | None = Field(None, description="saving promised [tce a year]")
    investment_cny_10k: float | None = Field(None, description="[10 000 CNY]")
    state: ProjectState = ProjectState.PLANNED
    commissioned: str = Field("", max_length=10, description=DAY_HELP)
    needs_monitoring: bool = Field(False, description="its online monitoring starts with the main works (同步投产)")
    saving_entity: str = Field("", max_length=MAX_ID, description="whose energy is compared: the entity itself or one inside it")
    baseline_tce: float | None = Field(None, description="yearly energy of what is replaced, in the year before [tce, equal value]")
    verified_tce: float | None = Field(None, description="saving confirmed by people [tce a year]; of a verified project only")


class ProjectShape(Shape):
    """light: by the rule project, null while it was not judged; is_adopted: false for a plan's row that the register does not hold."""

    id: str
    plan: str
    entity: str
    name_cn: str
    name_en: str
    section: str
    due: str
    expected_tce: float | None
    investment_cny_10k: float | None
    state: ProjectState
    commissioned: str
    needs_monitoring: bool
    saving_entity: str
    baseline_tce: float | None
    verified_tce: float | None
    document: str
    note: str
    author: str
    reason: str
    revision: int
    changed_at: str | None
    is_adopted: bool
    light: Light | None = None
    saved_tce: float | None = Field(None, description="measured or verified [tce a year], as judged last")


class ProjectsAnswer(Shape):
    projects: list[ProjectShape] = Field(description="of the register, by entity and id")
    offered: list[ProjectShape] = Field(description="rows of the plan that nobody has adopted; they are judged as planned")


class ProjectAnswer(Shape):
    project: ProjectShape
    history: list[ProjectShape] = Field(description="every revision, the oldest first; empty for a row that was not adopted")


class AdoptOrder(Shape):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    ids: list[str] = Field(default_factory=list, max_length=1000, description="rows of the plan; empty: all that are not in the register")
    entity: str = Field("", max_length=MAX_ID, description="who answers for them; empty: the area that the row names")
    by: str = Field("", max_length=64)


class AuditOrder(_Order):
    """The whole entry as it shall stand."""

    is_mandatory: bool = True
    state: AuditState = AuditState.LISTED
    listed_on: str = Field("", max_length=10, description=DAY_HELP)
    started_on: str = Field("", max_length=10, description=DAY_HELP)
    reported_on: str = Field("", max_length=10, description=DAY_HELP)
    assessed_on: str = Field("", max_length=10, description=DAY_HELP)
    accepted_on: str = Field("", max_length=10, description=DAY_HELP)


class AuditShape(Shape):
    id: str
    entity: str
    is_mandatory: bool
    state: AuditState
    listed_on: str
    started_on: str
    reported_on: str
    assessed_on: str
    accepted_on: str
    document: str
    note: str
    author: str
    reason: str
    revision: int
    changed_at: str | None
    light: Light | None = None


class AuditsAnswer(Shape):
    audits: list[AuditShape]


class AuditAnswer(Shape):
    audit: AuditShape
    history: list[AuditShape] = Field(description="every revision, the oldest first")


def project_shape(p: Project, light: Light | None = None, saved_tce: float | None = None) -> ProjectShape:
    is_adopted = p.revision != NOT_ADOPTED
    said = {name: getattr(p, name) for name in ProjectShape.model_fields if hasattr(p, name)}
    return ProjectShape(**said | {"changed_at": iso(p.changed_at) if is_adopted else None}, is_adopted=is_adopted, light=light, saved_tce=saved_tce)


def audit_shape(a: CpAudit, light: Light | None = None) -> AuditShape:
    said = {name: getattr(a, name) for name in AuditShape.model_fields if hasattr(a, name)}
    return AuditShape(**said | {"changed_at": iso(a.changed_at)}, light=light)
