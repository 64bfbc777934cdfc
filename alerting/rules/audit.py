"""audit: does a unit that has to be audited for cleaner production (清洁生产审核) start, report and pass in time?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from alerting.material import Input, Material
from alerting.rules.words import unknown
from tricolor.domain.entities import Entity
from tricolor.domain.intervals import local_day
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.projects import AuditState, CpAudit, audit_says, months_after

RULE = "audit"
NAME_ZH, NAME_EN = "清洁生产审核", "Cleaner-production audit"
INPUTS = frozenset({Input.AUDITS, Input.DAY})
PERIOD, UNIT = "now", "d"
STEPS = {
    AuditState.LISTED: ("已列入名单", "listed"), AuditState.STARTED: ("已启动", "started"), AuditState.REPORTED: ("已提交报告", "reported"),
    AuditState.ASSESSED: ("已通过评估", "assessed"), AuditState.ACCEPTED: ("已通过验收", "accepted"),
    AuditState.WITHDRAWN: ("已移出名单", "withdrawn"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Terms of a mandatory audit: [months] after the list, after the list, after the report; [days] of yellow before red, and before the report."""

    start_within_months: int
    finish_within_months: int
    accept_within_months: int
    red_start_days: int
    warn_days: int


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """One audit as it stands on a day (YYYY-MM-DD)."""

    audit: CpAudit
    today: str


def facts_of(of: Material, entity: Entity) -> Iterable[AuditFacts]:
    """Of the unit's own audits; those taken off the list are nobody's duty."""
    mine = [a for a in of.audits.get(entity.id, ()) if a.state is not AuditState.WITHDRAWN]
    return [AuditFacts(audit_says(a), local_day(of.now).isoformat()) for a in mine]


def judge(facts: AuditFacts, thresholds: Thresholds) -> Verdict:
    """value: days by which the running term is passed [d], negative before it; limit: 0, None where none runs. A voluntary audit is only watched."""
    a = facts.audit
    step_zh, step_en = STEPS[a.state]
    if not a.is_mandatory:
        return _verdict(facts, Light.GREEN, None, f"自愿性审核，{step_zh}，无时限", f"Voluntary audit, {step_en}; no term runs", "")
    if a.state is AuditState.ACCEPTED:
        return _verdict(facts, Light.GREEN, None, f"强制性审核已于{a.accepted_on}通过验收", f"Mandatory audit accepted on {a.accepted_on}", "")
    if a.state in (AuditState.REPORTED, AuditState.ASSESSED):
        return _waiting(facts, thresholds)
    if not a.listed_on:
        reason = (f"{step_zh}，但未登记名单公布日期，时限无从计算；请补登记", f"{step_en}, but the day of the list is not stated: enter listed_on")
        return unknown(a.entity, RULE, a.id, PERIOD, UNIT, reason, evidence=_evidence(facts, ""))
    return _running(facts, thresholds)


def _running(facts: AuditFacts, thresholds: Thresholds) -> Verdict:
    """Listed or started: the report is due, and before it the start."""
    a = facts.audit
    finish = months_after(a.listed_on, thresholds.finish_within_months)
    late = _days(finish, facts.today)
    if late > 0:
        return _verdict(
            facts, Light.RED, late, f"{a.listed_on}列入名单，应于{finish}前完成并报送审核报告，已逾期{late}天",
            f"Listed on {a.listed_on}; the report was due by {finish}, {late} day(s) ago", finish,
        )  # fmt: skip
    if a.state is AuditState.LISTED:
        return _to_start(facts, thresholds)
    light = Light.YELLOW if -late <= thresholds.warn_days else Light.GREEN
    near_zh, near_en = ("，期限临近", ": soon") if light is Light.YELLOW else ("", "")
    return _verdict(
        facts, light, late, f"已启动审核，应于{finish}前报送审核报告，还有{-late}天{near_zh}",
        f"Started; the report is due by {finish}, in {-late} day(s){near_en}", finish,
    )  # fmt: skip


def _to_start(facts: AuditFacts, thresholds: Thresholds) -> Verdict:
    a = facts.audit
    start = months_after(a.listed_on, thresholds.start_within_months)
    late, allowed = _days(start, facts.today), thresholds.red_start_days
    if late <= 0:
        zh, en = f"{a.listed_on}列入名单，应于{start}前启动审核，还有{-late}天", f"Listed on {a.listed_on}; to start by {start}, in {-late} day(s)"
        return _verdict(facts, Light.GREEN, late, zh, en, start)
    light = Light.RED if late > allowed else Light.YELLOW
    inside_zh, inside_en = (f"超过{allowed}天", f"beyond {allowed} days") if light is Light.RED else (f"{allowed}天以内", f"within {allowed} days")
    return _verdict(
        facts, light, late, f"{a.listed_on}列入名单，应于{start}前启动审核，逾期{late}天未启动（{inside_zh}）",
        f"Listed on {a.listed_on}; it was to start by {start} and is {late} day(s) late ({inside_en})", start,
    )  # fmt: skip


def _waiting(facts: AuditFacts, thresholds: Thresholds) -> Verdict:
    """Reported or assessed: acceptance is due."""
    a = facts.audit
    due = months_after(a.reported_on, thresholds.accept_within_months)
    late = _days(due, facts.today)
    step_zh, step_en = STEPS[a.state]
    if late > 0:
        zh, en = (
            f"{step_zh}（报告{a.reported_on}），应于{due}前通过验收，已过{late}天",
            f"{step_en} (report of {a.reported_on}); acceptance was due by {due}",
        )
        return _verdict(facts, Light.YELLOW, late, zh, f"{en}, {late} day(s) ago", due)
    zh, en = f"{step_zh}（报告{a.reported_on}），应于{due}前通过验收", f"{step_en} (report of {a.reported_on}); acceptance is due by {due}"
    return _verdict(facts, Light.GREEN, late, zh, en, due)


def _verdict(facts: AuditFacts, light: Light, late: int | None, zh: str, en: str, due: str) -> Verdict:
    a = facts.audit
    value, limit = (None, None) if late is None else (float(late), 0.0)
    return Verdict(a.entity, RULE, a.id, PERIOD, light, value, limit, UNIT, zh, en, None, _evidence(facts, due))


def _evidence(facts: AuditFacts, due: str) -> dict[str, object]:
    a = facts.audit
    return {
        "audit": a.id, "state": a.state.value, "is_mandatory": a.is_mandatory, "listed_on": a.listed_on, "started_on": a.started_on,
        "reported_on": a.reported_on, "assessed_on": a.assessed_on, "accepted_on": a.accepted_on, "due": due, "today": facts.today,
        "document": a.document,
    }  # fmt: skip


def _days(due: str, today: str) -> int:
    """Days that `today` is after `due`; 0 on the day itself, negative before."""
    return (date.fromisoformat(today) - date.fromisoformat(due)).days
