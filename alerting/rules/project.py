"""project: are a plan's projects commissioned in time, and do they save what they promised? One verdict each, and one of the whole that binds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alerting.material import Input, Material
from alerting.rules.project_parts import STATES, Finding, ProjectFacts, Thresholds, judge_one, light_of
from alerting.rules.words import percent
from tricolor.analysis.savings import saving_after
from tricolor.catalogue.plans.adoption import NOT_ADOPTED, not_adopted
from tricolor.domain.entities import AREAS, Entity, EntityKind
from tricolor.domain.intervals import month_text
from tricolor.domain.lights import SEVERITY, Light, Verdict
from tricolor.domain.projects import Project, ProjectState

RULE = "project"
NAME_ZH, NAME_EN = "重点项目", "Projects"
INPUTS = frozenset({Input.PROJECTS, Input.ENERGY, Input.DAY})
PERIOD, TOTAL = "now", "total"
STOPPED, ORDER = ProjectState.STOPPED, tuple(ProjectState)
MAX_NAMED = 5

__all__ = ["INPUTS", "NAME_EN", "NAME_ZH", "RULE", "ProjectFacts", "Thresholds", "TotalFacts", "facts_of", "judge"]


@dataclass(frozen=True, slots=True)
class TotalFacts:
    """All projects of an entity and of everything inside it, each once."""

    entity: str
    projects: tuple[ProjectFacts, ...]


def facts_of(of: Material, entity: Entity) -> Iterable[ProjectFacts | TotalFacts]:
    """Each project that the entity itself answers for, and the whole of those inside it. Plan rows that nobody adopted count as planned."""
    own: Sequence[Project] = of.projects.get(entity.id, ())
    inside: Sequence[Project] = ()
    if entity.kind in AREAS:
        own, inside = [*own, *(p for p in _rows(of) if p.entity == entity.id)], _inside(of, entity)
    if not own and not inside:
        return []
    limits = _limits(of)
    facts = [_facts(of, each, limits) for each in own]
    whole = {f.project.id: f for f in facts} | {each.id: _facts(of, each, limits) for each in inside}
    return [*facts, TotalFacts(entity.id, tuple([whole[i] for i in sorted(whole)]))]


def _rows(of: Material) -> Sequence[Project]:
    """The plan's rows that nobody adopted."""
    return of.once("project rows", "", lambda: not_adopted(of.plan, of.registry, _all(of)))


def _limits(of: Material) -> tuple[float, int]:
    """What the measuring of savings needs of the thresholds: coverage, most months."""
    known = of.thresholds_of(RULE)
    return float(known["coverage_min"]), int(known["months_max"])


def _all(of: Material) -> Iterable[Project]:
    return (each for mine in of.projects.values() for each in mine)


def _inside(of: Material, area: Entity) -> Sequence[Project]:
    """Projects of what lies inside the area, with the plan's rows of those."""
    if area.kind is EntityKind.CITY:
        return [*_all(of), *_rows(of)]
    members = set(of.members(area.id)) - {area.id}
    return [*(p for m in members for p in of.projects.get(m, ())), *(p for p in _rows(of) if p.entity in members)]


def _facts(of: Material, project: Project, limits: tuple[float, int]) -> ProjectFacts:
    month, (coverage_min, months_max) = month_text(of.now), limits
    saving = None
    if project.saving_entity and project.baseline_tce is not None and project.commissioned:
        energy = of.energy.get(project.saving_entity, {})
        saving = saving_after(energy, project.commissioned, month, project.baseline_tce, coverage_min, months_max)
    return ProjectFacts(project, saving, month)


def judge(facts: ProjectFacts | TotalFacts, thresholds: Thresholds) -> Verdict:
    """Of one project: value the saving a year, measured or verified, limit the one expected [tce/a]. Of the whole (indicator total): value the share
    of the projects due so far that run, limit the one that is green. Only the whole binds (docs/decisions/0011)."""
    if isinstance(facts, TotalFacts):
        return _judge_total(facts, thresholds)
    project, found = facts.project, judge_one(facts, thresholds)
    name_zh, name_en = project.name_cn, project.name_en or project.name_cn
    return Verdict(
        project.entity, RULE, project.id, PERIOD, found.light, found.saved_tce_a, project.expected_tce, "tce/a", f"{name_zh}：{found.zh}",
        f"{name_en}: {found.en}", facts.saving.coverage if facts.saving is not None else None, _evidence(facts, found),
    )  # fmt: skip


def _judge_total(facts: TotalFacts, thresholds: Thresholds) -> Verdict:
    """The worse of the share on time and of the savings together, yet never worse than the worst project: one late project of one is no 0 %."""
    found = [(each, judge_one(each, thresholds)) for each in facts.projects]
    due = [(f, v) for f, v in found if f.project.state is not STOPPED and (f.months_late or 0) > 0]
    running = [f for f, _ in due if f.is_running]
    share = len(running) / len(due) if due else None
    known = [(f.project.expected_tce or 0.0, v.saved_tce_a) for f, v in found if v.share is not None and v.saved_tce_a is not None]
    expected, saved = sum([e for e, _ in known]), sum([s for _, s in known])
    parts = []
    if share is not None:
        parts.append(light_of(share, thresholds.on_time_green, thresholds.on_time_yellow))
    if expected > 0:
        parts.append(light_of(saved / expected, thresholds.green_share, thresholds.yellow_share))
    lights = {v.light for _, v in found}
    light = _whole(parts, max(lights, key=SEVERITY.__getitem__), lights)
    zh, en = _total_words(found, due, running, expected, saved, light)
    return Verdict(
        facts.entity,
        RULE,
        TOTAL,
        PERIOD,
        light,
        share,
        thresholds.on_time_green,
        "1",
        zh,
        en,
        None,
        _total_evidence(found, due, running, saved, expected),
    )


def _whole(parts: Sequence[Light], worst: Light, each: Iterable[Light]) -> Light:
    """Grey only where nothing at all is known."""
    if parts:
        return min(max(parts, key=SEVERITY.__getitem__), worst, key=SEVERITY.__getitem__)
    return Light.GREEN if any(light is not Light.GREY for light in each) else Light.GREY


Found = tuple[ProjectFacts, Finding]


def _total_words(
    found: Sequence[Found], due: Sequence[Found], running: Sequence[ProjectFacts], expected: float, saved: float, light: Light
) -> tuple[str, str]:  # fmt: skip
    if light is Light.GREY:
        zh, en = "没有一个项目能判定；请登记投产时间、状态或节能量", "none can be judged: enter due months, states or savings"
        return f"无法判定：共{len(found)}个项目，{zh}", f"Not known: {len(found)} project(s), {en}"
    zh, en = f"共{len(found)}个项目", f"{len(found)} project(s)"
    if due:
        rate = percent(len(running) / len(due), 1)
        zh, en = (
            f"{zh}，已到期{len(due)}个，其中投产{len(running)}个（{rate}）",
            f"{en}, {len(due)} due so far, {len(running)} of them running ({rate})",
        )
    else:
        zh, en = f"{zh}，均未到期", f"{en}, none due yet"
    late = [f.project for f, _ in due if not f.is_running]
    if late:
        named_zh, named_en = ("、".join(p.name_cn for p in late[:MAX_NAMED]), ", ".join(p.name_en or p.name_cn for p in late[:MAX_NAMED]))
        more_zh, more_en = (f"等{len(late)}个", f" and {len(late) - MAX_NAMED} more") if len(late) > MAX_NAMED else ("", "")
        zh, en = f"{zh}；逾期：{named_zh}{more_zh}", f"{en}; late: {named_en}{more_en}"
    if expected > 0:
        rate = percent(saved / expected, 1)
        zh = f"{zh}；已计量或核定的节能量{saved:,.0f} tce/年，为其预期{expected:,.0f}的{rate}"
        en = f"{en}; measured or verified saving {saved:,.0f} tce/a, {rate} of the {expected:,.0f} expected of them"
    return zh, en


def _total_evidence(
    found: Sequence[Found], due: Sequence[Found], running: Sequence[ProjectFacts], saved: float, expected: float
) -> dict[str, object]:  # fmt: skip
    projects = [f.project for f, _ in found]
    states = [p.state for p in projects]
    return {
        "projects": len(projects), "due": len(due), "running_of_due": len(running),
        "by_state": {state.value: states.count(state) for state in ORDER if state in states},
        "not_adopted": len([p for p in projects if p.revision == NOT_ADOPTED]),
        "expected_tce": sum([p.expected_tce or 0.0 for p in projects]),
        "stopped_tce": sum([p.expected_tce or 0.0 for p in projects if p.state is STOPPED]),
        "verified_tce": sum([v.saved_tce_a or 0.0 for _, v in found if v.is_verified]),
        "measured_tce": sum([v.saved_tce_a or 0.0 for _, v in found if v.share is not None and not v.is_verified]),
        "saved_tce": saved, "expected_of_these_tce": expected,
        "late": [f.project.id for f, _ in due if not f.is_running],
    }  # fmt: skip


def _evidence(facts: ProjectFacts, found: Finding) -> dict[str, object]:
    p, saving = facts.project, facts.saving
    return {
        "project": p.id, "plan": p.plan, "state": p.state.value, "state_cn": STATES[p.state][0], "is_adopted": p.revision != NOT_ADOPTED,
        "due": p.due, "commissioned": p.commissioned, "month": facts.month, "months_late": None if facts.is_running else facts.months_late,
        "expected_tce": p.expected_tce, "verified_tce": p.verified_tce, "baseline_tce": p.baseline_tce, "saving_entity": p.saving_entity,
        "months": list(saving.months) if saving else [], "months_lacking": list(saving.lacking) if saving else [],
        "energy_after_tce": saving.energy_tce if saving else None, "baseline_part_tce": saving.baseline_tce if saving else None,
        "share": found.share, "basis": "equivalent", "document": p.document,
    }  # fmt: skip
