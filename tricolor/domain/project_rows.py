"""Entries of the registers as people give them (JSON, a form, a sheet), read over what the register says already: every fault by its field."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from tricolor.domain.projects import AuditState, CpAudit, Project, ProjectState, Wrong

PROJECT_COLUMNS: dict[str, str] = {  # field -> its name in Chinese, as in the annexes where they name it
    "id": "编号", "plan": "规划", "entity": "责任单位", "name_cn": "项目名称", "name_en": "英文名称", "section": "类别", "due": "拟建成投产时间",
    "expected_tce": "预计节能量", "investment_cny_10k": "总投资", "state": "状态", "commissioned": "投产日期", "needs_monitoring": "同步在线监测",
    "saving_entity": "计量单位", "baseline_tce": "基准能耗", "verified_tce": "核定节能量", "document": "文号", "note": "备注",
}  # fmt: skip
AUDIT_COLUMNS: dict[str, str] = {
    "id": "编号", "entity": "单位", "is_mandatory": "强制性", "state": "状态", "listed_on": "名单公布日期", "started_on": "启动日期",
    "reported_on": "报告日期", "assessed_on": "评估日期", "accepted_on": "验收日期", "document": "文号", "note": "备注",
}  # fmt: skip
PROJECT_WORDS = {
    "拟建": ProjectState.PLANNED, "前期": ProjectState.PLANNED, "已立项": ProjectState.APPROVED, "已审批": ProjectState.APPROVED,
    "在建": ProjectState.BUILDING, "已投产": ProjectState.COMMISSIONED, "建成投产": ProjectState.COMMISSIONED, "已核定": ProjectState.VERIFIED,
    "停建": ProjectState.STOPPED, "取消": ProjectState.STOPPED, "已停止": ProjectState.STOPPED,
}  # fmt: skip
AUDIT_WORDS = {
    "已列入": AuditState.LISTED, "已公布": AuditState.LISTED, "已启动": AuditState.STARTED, "已报告": AuditState.REPORTED,
    "已评估": AuditState.ASSESSED, "已验收": AuditState.ACCEPTED, "已移出": AuditState.WITHDRAWN,
}  # fmt: skip
NUMBERS = frozenset({"expected_tce", "investment_cny_10k", "baseline_tce", "verified_tce"})
FLAGS = frozenset({"needs_monitoring", "is_mandatory"})
YES = frozenset({"true", "yes", "1", "是", "on", "y"})
NO = frozenset({"false", "no", "0", "否", "off", "n", ""})
MAX_SHOWN = 40


def project_of(cells: Mapping[str, object], base: Project) -> tuple[Project, list[Wrong]]:
    """The base with the cells put over it; a cell that is empty empties its field. Faults: cells that are not of their kind, fields not known."""
    values, faults = _read(cells, PROJECT_COLUMNS, ProjectState, PROJECT_WORDS)
    return replace(base, **values), faults


def audit_of(cells: Mapping[str, object], base: CpAudit) -> tuple[CpAudit, list[Wrong]]:
    """As project_of, of an audit."""
    values, faults = _read(cells, AUDIT_COLUMNS, AuditState, AUDIT_WORDS)
    return replace(base, **values), faults


def blank_project(identity: str = "") -> Project:
    return Project(identity, "", "", "")


def blank_audit(identity: str = "") -> CpAudit:
    return CpAudit(identity, "", True, AuditState.LISTED, "")


def _read(
    cells: Mapping[str, object], columns: Mapping[str, str], states: type[StrEnum], words: Mapping[str, StrEnum]
) -> tuple[dict[str, Any], list[Wrong]]:  # fmt: skip
    values: dict[str, Any] = {}
    faults: list[Wrong] = []
    for name, cell in cells.items():
        if name not in columns:
            faults.append((name[:MAX_SHOWN], "没有这一项", f"is not known; known: {', '.join(columns)}"))
            continue
        text = _text(name, cell)
        if name in NUMBERS:
            _number(name, text, values, faults)
        elif name in FLAGS:
            _flag(name, text, values, faults)
        elif name == "state":
            _state(text, states, words, values, faults)
        else:
            values[name] = text
    return values, faults


def _text(name: str, cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, (datetime, date)):  # as spreadsheets keep them
        return cell.strftime("%Y-%m" if name == "due" else "%Y-%m-%d")
    if isinstance(cell, float) and cell.is_integer() and name not in NUMBERS:
        return str(int(cell))  # an id typed as a number
    return str(cell).strip()


def _number(name: str, text: str, values: dict[str, Any], faults: list[Wrong]) -> None:
    if not text:
        values[name] = None
        return
    try:
        values[name] = float(text.replace(",", "").replace("，", "").replace("−", "-"))
    except ValueError:
        faults.append((name, f"“{text[:MAX_SHOWN]}”不是数字", f"{text[:MAX_SHOWN]!r} is not a number"))
        return
    if not math.isfinite(values[name]):
        faults.append((name, "不是有限的数", "is not a finite number"))
        values.pop(name)


def _flag(name: str, text: str, values: dict[str, Any], faults: list[Wrong]) -> None:
    if text.lower() in YES | NO:
        values[name] = text.lower() in YES
    else:
        faults.append((name, f"“{text[:MAX_SHOWN]}”请写 是 或 否", f"{text[:MAX_SHOWN]!r}: write yes or no"))


def _state(text: str, states: type[StrEnum], words: Mapping[str, StrEnum], values: dict[str, Any], faults: list[Wrong]) -> None:
    known = [str(state) for state in states]
    if text in known:
        values["state"] = states(text)
    elif text in words:
        values["state"] = words[text]
    elif text:
        zh = f"“{text[:MAX_SHOWN]}”不是状态，可用：{'、'.join(dict.fromkeys(words))}"
        faults.append(("state", zh, f"{text[:MAX_SHOWN]!r} is not one of {', '.join(known)}"))
