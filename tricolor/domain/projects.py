"""Registers of projects and of cleaner-production audits: what was promised, what state it is in, and what was measured of it.

A row says only what can be: its dates fit its state, and a state follows the one before or is taken back by a person with a reason.
"""

import math
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from tricolor.domain.errors import Refused
from tricolor.domain.intervals import month_of

MAX_ID, MAX_NAME, MAX_TEXT, MAX_WHO = 128, 300, 1000, 200
MAX_AMOUNT = 1e9  # tce a year, 10 000 CNY
RESERVED, DOTS = frozenset({"adopt", "sheet"}), frozenset({"", ".", ".."})  # no id; no part of one
EARLIEST_DAY = "1992-01-01"  # as the calendar of intervals

Wrong = tuple[str, str, str]  # field, what is wrong in Chinese, in English


class ProjectState(StrEnum):
    PLANNED = "planned"  # 拟建/前期
    APPROVED = "approved"  # 已立项、已审批
    BUILDING = "building"  # 在建
    COMMISSIONED = "commissioned"  # 建成投产
    VERIFIED = "verified"  # 节能量已核定
    STOPPED = "stopped"  # 停建、取消


@dataclass(frozen=True, slots=True)
class Project:
    """One project in the register. id: of the plan's list ("qinzhou-2021-2025/annex3-01") or of its own; entity: the unit or area that answers;
    due: YYYY-MM; expected_tce: promised standard coal saved a year; commissioned: YYYY-MM-DD, "" before; needs_monitoring: its online monitoring has
    to start with the main works (同步投产); baseline_tce: yearly energy of what is replaced, from the year before; saving_entity: whose energy is
    compared with it ("" : nothing is measured); verified_tce: saving confirmed by people [tce a year]; reason: why this revision was made."""

    id: str
    plan: str
    entity: str
    name_cn: str
    name_en: str = ""
    section: str = ""
    due: str = ""
    expected_tce: float | None = None
    investment_cny_10k: float | None = None
    state: ProjectState = ProjectState.PLANNED
    commissioned: str = ""
    needs_monitoring: bool = False
    saving_entity: str = ""
    baseline_tce: float | None = None
    verified_tce: float | None = None
    document: str = ""
    note: str = ""
    author: str = ""
    revision: int = 1
    changed_at: int = 0
    reason: str = ""


class AuditState(StrEnum):
    """Steps of a cleaner-production audit (《清洁生产审核办法》, 2016, order No. 38)."""

    LISTED = "listed"  # 列入名单、公布
    STARTED = "started"  # 启动审核
    REPORTED = "reported"  # 提交审核报告
    ASSESSED = "assessed"  # 通过评估
    ACCEPTED = "accepted"  # 通过验收
    WITHDRAWN = "withdrawn"  # 移出名单


@dataclass(frozen=True, slots=True)
class CpAudit:
    """One audit of one unit (清洁生产审核). is_mandatory: 强制性审核; dates YYYY-MM-DD, "" where not reached; reason: why this revision was made."""

    id: str
    entity: str
    is_mandatory: bool
    state: AuditState
    listed_on: str
    started_on: str = ""
    reported_on: str = ""
    assessed_on: str = ""
    accepted_on: str = ""
    document: str = ""
    note: str = ""
    author: str = ""
    revision: int = 1
    changed_at: int = 0
    reason: str = ""


PROJECT_ORDER = tuple(state for state in ProjectState if state is not ProjectState.STOPPED)
AUDIT_ORDER = tuple(state for state in AuditState if state is not AuditState.WITHDRAWN)
COMMISSIONED_STATES = frozenset({ProjectState.COMMISSIONED, ProjectState.VERIFIED})
STEP_DATES: dict[AuditState, str] = {
    AuditState.LISTED: "listed_on", AuditState.STARTED: "started_on", AuditState.REPORTED: "reported_on",
    AuditState.ASSESSED: "assessed_on", AuditState.ACCEPTED: "accepted_on",
}  # fmt: skip


@lru_cache(4_096)
def months_apart(first: str, later: str) -> int:
    """Months from YYYY-MM to YYYY-MM (days behind them are not looked at); negative when `later` is the earlier one."""
    return (int(later[:4]) - int(first[:4])) * 12 + int(later[5:7]) - int(first[5:7])


def months_after(day: str, months: int) -> str:
    """The day so many months after YYYY-MM-DD; the month's last day where it is shorter (31 January and one month: 28 February)."""
    number = int(day[:4]) * 12 + int(day[5:7]) - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(int(day[8:]), monthrange(year, month)[1])).isoformat()


def project_says(project: Project) -> Project:
    """What the project says, without who wrote it when and why: two that say the same are one revision."""
    return replace(project, author="", reason="", revision=1, changed_at=0)


def audit_says(audit: CpAudit) -> CpAudit:
    """What the audit says, without who wrote it when and why."""
    return replace(audit, author="", reason="", revision=1, changed_at=0)


def follow_project(before: Project | None, after: Project, reason: str) -> None:
    """Refused where the state cannot follow the one before. None before: a project may enter the register in any state.

    Forward is free, but a saving is verified only of a project that was commissioned; stopping, taking up again and going back need a reason, and
    going back behind the commissioning needs its date taken out.
    """
    if before is None or before.state is after.state:
        return
    was, now = before.state, after.state
    if now is ProjectState.VERIFIED and was is not ProjectState.COMMISSIONED:
        raise Refused(
            f"{was} 不能直接变为 verified：节能量只核定已投产（commissioned）的项目 · "
            f"a saving is verified after commissioning: set {after.id} to commissioned with its date first"
        )
    is_back = now not in COMMISSIONED_STATES and now is not ProjectState.STOPPED and was in COMMISSIONED_STATES
    if is_back and after.commissioned:
        raise Refused(
            f"{was} 退回 {now} 须先撤回投产日期 {after.commissioned} · to go back from {was} to {now}, take out the commissioning date as well"
        )
    _require_reason(_is_odd(was, now, PROJECT_ORDER), was, now, reason)


def follow_audit(before: CpAudit | None, after: CpAudit, reason: str) -> None:
    """Refused where the step cannot follow the one before. Forward is free (steps may be reported late, together); withdrawing, listing again and
    going back need a reason, and another unit needs another audit."""
    if before is None:
        return
    if before.entity != after.entity:
        raise Refused(
            f"审核 {after.id} 属于 {before.entity}，换单位请另立一条 · audit {after.id} belongs to {before.entity}: another unit needs another audit"
        )
    _require_reason(before.state is not after.state and _is_odd(before.state, after.state, AUDIT_ORDER), before.state, after.state, reason)


def _is_odd(was: StrEnum, now: StrEnum, order: Sequence[StrEnum]) -> bool:
    """Whether a step goes back, or out of the order, or into it again."""
    return was not in order or now not in order or order.index(now) < order.index(was)


def _require_reason(is_needed: bool, was: StrEnum, now: StrEnum, reason: str) -> None:
    if is_needed and not reason.strip():
        raise Refused(f"由 {was} 改为 {now} 须写明理由 · to go from {was} to {now}, say why (reason)")


def wrong_with_project(project: Project, today: str) -> list[Wrong]:
    """Everything by which the row could not be. today: YYYY-MM-DD in Asia/Shanghai."""
    found = [*_wrong_texts(project, ("id", "entity", "name_cn"), MAX_NAME), *_wrong_amounts(project)]
    if project.due and not _is_month(project.due):
        found.append(("due", f'到期月 "{project.due}" 应写成 2025-12', f'"{project.due}" must be a month, YYYY-MM'))
    found += _wrong_day("commissioned", project.commissioned, today)
    state, is_running = project.state, project.state in COMMISSIONED_STATES
    if is_running and not project.commissioned:
        found.append(("commissioned", f"{state} 须写明投产日期", f"a {state} project needs its date of commissioning"))
    if project.commissioned and not is_running and state is not ProjectState.STOPPED:
        found.append(("commissioned", f"{state} 的项目不能有投产日期", f"a {state} project has no date of commissioning yet"))
    if state is ProjectState.VERIFIED and project.verified_tce is None:
        found.append(("verified_tce", "已核定的项目须写明核定节能量", "a verified project needs verified_tce, the saving that was confirmed"))
    if state is not ProjectState.VERIFIED and project.verified_tce is not None:
        found.append(("verified_tce", f"{state} 的项目不能有核定节能量", f"a {state} project has no verified saving"))
    return found


def wrong_with_audit(audit: CpAudit, today: str) -> list[Wrong]:
    """Everything by which the row could not be: the date of its step is there, none of a later one, and they stand in order."""
    found = _wrong_texts(audit, ("id", "entity"), MAX_NAME)
    days = {step: str(getattr(audit, name)) for step, name in STEP_DATES.items()}
    for step, text in days.items():
        found += _wrong_day(STEP_DATES[step], text, today)
    if found:
        return found
    if audit.state is not AuditState.WITHDRAWN:
        found += _wrong_steps(audit.state, days)
    known = [(step, text) for step, text in days.items() if text]
    for (early, first), (late, second) in pairwise(known):
        if second < first:
            zh, en = f"{second} 早于 {STEP_DATES[early]} {first}", f"{second} is before {STEP_DATES[early]} {first}"
            found.append((STEP_DATES[late], zh, en))
    return found


def _wrong_steps(state: AuditState, days: dict[AuditState, str]) -> list[Wrong]:
    place = AUDIT_ORDER.index(state)
    # a list may be known without its day, and a start may never have been told; a report has to be there to be assessed or accepted
    needed = [s for s in (state, AuditState.REPORTED) if s is not AuditState.LISTED and AUDIT_ORDER.index(s) <= place]
    found = [
        (STEP_DATES[s], f"{state} 须写明 {STEP_DATES[s]}", f"an audit that is {state} needs {STEP_DATES[s]}")
        for s in dict.fromkeys(needed) if not days[s]
    ]  # fmt: skip
    for step in AUDIT_ORDER[place + 1 :]:
        if days[step]:
            found.append((STEP_DATES[step], f"{state} 还不能有 {STEP_DATES[step]}", f"an audit that is {state} has no {STEP_DATES[step]} yet"))
    return found


def _wrong_texts(row: Project | CpAudit, needed: Sequence[str], most: int) -> list[Wrong]:
    found: list[Wrong] = []
    for name in needed:
        if not str(getattr(row, name)).strip():
            found.append((name, "请填写", "is missing"))
    limits = {"id": MAX_ID, "entity": MAX_ID, "name_cn": most, "name_en": most, "section": most, "plan": MAX_ID, "saving_entity": MAX_ID,
              "document": most, "note": MAX_TEXT, "author": MAX_WHO}  # fmt: skip
    for name, limit in limits.items():
        text = str(getattr(row, name, ""))
        if len(text) > limit:
            found.append((name, f"最多 {limit} 字", f"is over {limit} characters"))
        if any(ord(c) < 32 and c not in "\n\t" for c in text):
            found.append((name, "含有控制字符", "holds control characters"))
    if row.id.strip() and not _is_id(row.id):
        zh, en = (
            "编号不能含空格、?、#、%、\\，各段不能为空、. 或 ..，也不能是 adopt、sheet",
            "an id has no space, ?, #, %, \\, no empty or dotted part between /",
        )
        found.append(("id", zh, f"{en}, and is not adopt or sheet"))
    return found


def _is_id(text: str) -> bool:
    """Whether it can stand in an address: /projects/ID, beside /projects/adopt and /projects/sheet."""
    return not any(c in text for c in "?#%\\ \n\t") and text not in RESERVED and not DOTS.intersection(text.split("/"))


def _wrong_amounts(project: Project) -> list[Wrong]:
    found: list[Wrong] = []
    for name, least in (("expected_tce", 0.0), ("investment_cny_10k", 0.0), ("baseline_tce", 0.0), ("verified_tce", -MAX_AMOUNT)):
        value = getattr(project, name)
        if value is not None and not (math.isfinite(value) and least <= value <= MAX_AMOUNT):
            found.append((name, f"须在 {least:g} 至 {MAX_AMOUNT:g} 之间", f"must be between {least:g} and {MAX_AMOUNT:g}"))
    if project.baseline_tce == 0:
        found.append(("baseline_tce", "基准能耗须大于 0；不清楚请留空", "must be above 0; leave it out where it is not known"))
    return found


def _is_month(text: str) -> bool:
    try:
        month_of(text)
    except ValueError:
        return False
    return True


def _wrong_day(field: str, text: str, today: str) -> list[Wrong]:
    if not text:
        return []
    try:
        is_day = date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_day = False
    if not is_day:
        return [(field, f'日期 "{text}" 应写成 2026-11-20', f'"{text}" must be a day, YYYY-MM-DD')]
    if text > today:
        return [(field, f"{text} 晚于今天 {today}", f"{text} is in the future (today is {today})")]
    return [] if text >= EARLIEST_DAY else [(field, f"{text} 早于 {EARLIEST_DAY}", f"{text} is before {EARLIEST_DAY}")]
