"""View-models of the registers: the list of projects by section, one project, the list of audits, one audit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from api.board_facts import Snapshot, entity_name
from api.board_words import STATUSES, Words
from api.board_words_projects import NO_SECTION, STATES, STEPS
from api.deps import Dependencies
from api.project_forms import cp_audit_book, offered, project_book
from tricolor.catalogue.plans.adoption import NOT_ADOPTED
from tricolor.domain.access import KeyKind
from tricolor.domain.errors import NotFound
from tricolor.domain.lights import SEVERITY, Light, Verdict
from tricolor.domain.projects import STEP_DATES, AuditState, CpAudit, Project, ProjectState


@dataclass(frozen=True, slots=True)
class Entered:
    """What a form held that was not taken, and why."""

    faults: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    form: str = ""


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """saved_tce: measured or verified, as judged last; light: None while it was not judged."""

    project: Project
    unit: str
    state: str
    light: Light | None
    reason: str
    saved_tce: float | None

    @property
    def is_adopted(self) -> bool:
        return self.project.revision != NOT_ADOPTED


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    lines: tuple[ProjectLine, ...]

    @property
    def expected_tce(self) -> float:
        return sum(line.project.expected_tce or 0.0 for line in self.lines)

    @property
    def saved_tce(self) -> float:
        return sum(line.saved_tce or 0.0 for line in self.lines)


@dataclass(frozen=True, slots=True)
class ProjectsPage:
    sections: tuple[Section, ...]
    units: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str], ...]
    entity: str
    state: str
    count: int
    to_adopt: int
    is_filtered: bool
    may_act: bool
    who: str
    entered: Entered = Entered()


@dataclass(frozen=True, slots=True)
class ProjectPage:
    line: ProjectLine
    verdict: Verdict | None
    plan: str
    history: tuple[tuple[Project, str, str], ...]  # revision, its state and unit in words
    units: tuple[tuple[str, str], ...]
    inside: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str], ...]
    values: Mapping[str, str]
    may_act: bool
    who: str
    entered: Entered = Entered()


@dataclass(frozen=True, slots=True)
class AuditLine:
    audit: CpAudit
    unit: str
    step: str
    light: Light | None
    reason: str


@dataclass(frozen=True, slots=True)
class AuditsPage:
    lines: tuple[AuditLine, ...]
    units: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, str], ...]
    entity: str
    may_act: bool
    who: str
    values: Mapping[str, str]
    entered: Entered = Entered()


@dataclass(frozen=True, slots=True)
class AuditPage:
    line: AuditLine
    history: tuple[tuple[CpAudit, str], ...]
    units: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, str], ...]
    values: Mapping[str, str]
    may_act: bool
    who: str
    entered: Entered = Entered()


def verdicts_in(snapshot: Snapshot, rule: str) -> dict[str, Verdict]:
    """Verdict by id of the project or audit, of what the reader may see."""
    return {s.verdict.indicator: s.verdict for items in snapshot.standing.values() for s in items if s.verdict.rule == rule}


def units_in(snapshot: Snapshot, t: Words, ids: Iterable[str] | None = None) -> tuple[tuple[str, str], ...]:
    wanted = snapshot.registry.entities if ids is None else ids
    known = sorted((snapshot.registry.entities[i] for i in wanted), key=lambda e: (e.order, e.id))
    return tuple((e.id, t(e.name_cn, e.name_en)) for e in known)


def projects_page(
    deps: Dependencies, snapshot: Snapshot, t: Words, who: str, entity: str = "", state: str = "", entered: Entered | None = None
) -> ProjectsPage:  # fmt: skip
    """The register and what the plan offers, by section in the plan's order, the worst light first."""
    inside = _inside(snapshot, entity)
    book, verdicts = project_book(deps), verdicts_in(snapshot, "project")
    new = [p for p in offered(deps.plan, snapshot.registry, book) if p.entity in inside]
    found = [p for p in (*book.current(None), *new) if p.entity in inside and state in ("", p.state)]
    groups: dict[str, list[ProjectLine]] = {}
    for p in sorted(found, key=lambda p: (p.plan == "", p.plan, p.id)):
        groups.setdefault(p.section or t(*NO_SECTION), []).append(_line(p, snapshot, verdicts, t))
    return ProjectsPage(
        sections=tuple(Section(name, tuple(sorted(lines, key=_worst_first))) for name, lines in groups.items()),
        units=units_in(snapshot, t), states=_states(t), entity=entity, state=state, count=len(found), to_adopt=len(new),
        is_filtered=bool(entity or state), may_act=_may_act(snapshot), who=who, entered=entered or Entered(),
    )  # fmt: skip


def project_shown(deps: Dependencies, snapshot: Snapshot, t: Words, who: str, project_id: str, entered: Entered | None = None) -> ProjectPage:
    """One project; NotFound when there is none, or it is not the reader's to see."""
    book = project_book(deps)
    try:
        history: Sequence[Project] = book.history(project_id)
    except NotFound:
        history = []
    rows = history or [p for p in offered(deps.plan, snapshot.registry, book) if p.id == project_id]
    if not rows or rows[-1].entity not in snapshot.view:
        raise NotFound(f"project {project_id}")
    p, verdicts = rows[-1], verdicts_in(snapshot, "project")
    entered = entered or Entered()
    plans = {plan.id: f"{t(plan.name_cn, plan.name_en)} ({t.pair(STATUSES, plan.status)})" for plan in (deps.plan, *deps.plan.beside)}
    return ProjectPage(
        line=_line(p, snapshot, verdicts, t), verdict=verdicts.get(p.id), plan=plans.get(p.plan, p.plan),
        history=tuple((h, t.pair(STATES, h.state), entity_name(snapshot.registry, h.entity, t)) for h in reversed(history)),
        units=units_in(snapshot, t), inside=units_in(snapshot, t, (e.id for e in snapshot.registry.members(p.entity))), states=_states(t),
        values=entered.values or values_of(p), may_act=_may_act(snapshot), who=who, entered=entered,
    )  # fmt: skip


def audits_page(deps: Dependencies, snapshot: Snapshot, t: Words, who: str, entity: str = "", entered: Entered | None = None) -> AuditsPage:
    inside, verdicts, entered = _inside(snapshot, entity), verdicts_in(snapshot, "audit"), entered or Entered()
    lines = [_audit_line(a, snapshot, verdicts, t) for a in cp_audit_book(deps).current(None) if a.entity in inside]
    return AuditsPage(
        tuple(sorted(lines, key=lambda line: (-_weight(line.light), line.audit.listed_on, line.audit.id))), units_in(snapshot, t), _steps(t), entity,
        _may_act(snapshot), who, entered.values, entered,
    )  # fmt: skip


def audit_shown(deps: Dependencies, snapshot: Snapshot, t: Words, who: str, audit_id: str, entered: Entered | None = None) -> AuditPage:
    """One audit; NotFound when there is none, or it is not the reader's to see."""
    history = cp_audit_book(deps).history(audit_id)
    a, entered = history[-1], entered or Entered()
    if a.entity not in snapshot.view:
        raise NotFound(f"cleaner-production audit {audit_id}")
    return AuditPage(
        _audit_line(a, snapshot, verdicts_in(snapshot, "audit"), t), tuple((h, t.pair(STEPS, h.state)) for h in reversed(history)),
        units_in(snapshot, t), _steps(t), entered.values or values_of(a), _may_act(snapshot), who, entered,
    )  # fmt: skip


def values_of(row: Project | CpAudit) -> dict[str, str]:
    """The fields of a form that holds the row as it is."""
    found = {}
    for name in row.__dataclass_fields__:
        value = getattr(row, name)
        found[name] = (
            "" if value is None or value is False else "yes" if value is True else f"{value:.15g}" if isinstance(value, float) else str(value)
        )
    return found | {"reason": ""}


def _inside(snapshot: Snapshot, entity: str) -> frozenset[str]:
    if entity and entity not in snapshot.view:
        raise NotFound(f"entity {entity}")
    return frozenset(e.id for e in snapshot.registry.members(entity)) & snapshot.view.ids if entity else snapshot.view.ids


def _line(p: Project, snapshot: Snapshot, verdicts: Mapping[str, Verdict], t: Words) -> ProjectLine:
    v = verdicts.get(p.id)
    reason = t(v.reason_zh, v.reason_en).removeprefix(f"{p.name_cn}：").removeprefix(f"{p.name_en or p.name_cn}: ") if v is not None else ""
    saved = v.value if v is not None else p.verified_tce
    return ProjectLine(p, entity_name(snapshot.registry, p.entity, t), t.pair(STATES, p.state), v.light if v is not None else None, reason, saved)


def _audit_line(a: CpAudit, snapshot: Snapshot, verdicts: Mapping[str, Verdict], t: Words) -> AuditLine:
    v = verdicts.get(a.id)
    reason = t(v.reason_zh, v.reason_en) if v is not None else ""
    return AuditLine(a, entity_name(snapshot.registry, a.entity, t), t.pair(STEPS, a.state), v.light if v is not None else None, reason)


def _worst_first(line: ProjectLine) -> tuple[int, str, str]:
    return -_weight(line.light), line.project.due or "9999", line.project.id


def _weight(light: Light | None) -> int:
    return -1 if light is None else SEVERITY[light]


def _states(t: Words) -> tuple[tuple[str, str], ...]:
    return tuple((state.value, t.pair(STATES, state)) for state in ProjectState)


def _steps(t: Words) -> tuple[tuple[str, str], ...]:
    return tuple((step.value, t.pair(STEPS, step)) for step in (*STEP_DATES, AuditState.WITHDRAWN))


def _may_act(snapshot: Snapshot) -> bool:
    return snapshot.view.caller.kind is KeyKind.ADMIN
