"""Registers of projects and of cleaner-production audits: what was promised, what state it is in, and what was measured of it."""

from dataclasses import dataclass
from enum import StrEnum


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
    compared with it ("" : nothing is measured); verified_tce: saving confirmed by people."""

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


class AuditState(StrEnum):
    """Steps of a cleaner-production audit (《清洁生产审核办法》, 2016, orders 38)."""

    LISTED = "listed"  # 列入名单、公布
    STARTED = "started"  # 启动审核
    REPORTED = "reported"  # 提交审核报告
    ASSESSED = "assessed"  # 通过评估
    ACCEPTED = "accepted"  # 通过验收
    WITHDRAWN = "withdrawn"  # 移出名单


@dataclass(frozen=True, slots=True)
class CpAudit:
    """One audit of one unit (清洁生产审核). is_mandatory: 强制性审核; dates YYYY-MM-DD, "" where not reached."""

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
