"""Rows of a roster sheet: dated shifts, weekly patterns and quiet hours in one table, as offices keep them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from tricolor.domain.errors import Problems
from tricolor.domain.lights import Light
from tricolor.domain.roster import On, QuietHours, Shift, Weekly, hours_of, moment_of, weekdays_of

COLUMNS: Final[Mapping[str, str]] = {
    "kind": "类别", "owner": "部门或单位", "contact": "联系人", "start": "开始", "end": "结束", "hours": "时段", "weekdays": "星期",
    "days": "日期类型", "role": "岗位", "spares": "免打扰级别", "note": "备注",
}  # fmt: skip
KINDS: Final = {"班次": "shift", "shift": "shift", "周班": "weekly", "weekly": "weekly", "免打扰": "quiet", "quiet": "quiet"}
DAYS: Final = {"": On.ANY, "每天": On.ANY, "工作日": On.WORKDAY, "休息日": On.REST, "节假日": On.HOLIDAY, "法定节假日": On.HOLIDAY} | {
    o.value: o for o in On
}
SPARES: Final = {"": Light.YELLOW, "黄": Light.YELLOW, "橙": Light.ORANGE, "yellow": Light.YELLOW, "orange": Light.ORANGE}
Entry = Shift | Weekly | QuietHours


def entries_of(rows: Sequence[tuple[int, Mapping[str, object]]], today: date) -> list[Entry]:
    """The entries of a sheet, all or none; Problems names the row of every fault. today: from which a weekly pattern without a beginning counts."""
    found: list[Entry] = []
    faults: list[str] = []
    for number, cells in rows:
        try:
            found.append(entry_of({field: said(cell) for field, cell in cells.items()}, today))
        except ValueError as error:
            faults.append(f"第{number}行 · row {number}: {error}")
    if faults:
        raise Problems(faults)
    return found


def entry_of(row: Mapping[str, str], today: date) -> Entry:
    """One entry; ValueError says what is wrong in both languages."""
    kind = KINDS.get(row.get("kind", "") or ("shift" if row.get("start") and not row.get("hours") else "weekly"))
    if kind is None:
        raise ValueError(f"类别为 班次、周班 或 免打扰 · kind {row['kind']!r} is not shift, weekly or quiet")
    if kind == "shift":
        start, end = (moment_of(_needed(row, name)) for name in ("start", "end"))
        return Shift(_needed(row, "owner"), _needed(row, "contact"), start, end, row.get("role", ""), row.get("note", ""))
    days = DAYS.get(row.get("days", ""))
    if days is None:
        raise ValueError(f"日期类型为 每天、工作日、休息日 或 节假日 · days {row['days']!r} is not any, workday, rest or holiday")
    hours = hours_of(_needed(row, "hours"), weekdays_of(row.get("weekdays", "")), days)
    if kind == "quiet":
        spares = SPARES.get(row.get("spares", ""))
        if spares is None:
            raise ValueError("免打扰级别为 黄 或 橙，红色不受限制 · spares is yellow or orange; red is never held")
        return QuietHours(row.get("contact") or _needed(row, "owner"), hours, spares, row.get("note", ""))
    first, last = (row.get(name, "") for name in ("start", "end"))
    return Weekly(
        _needed(row, "owner"), _needed(row, "contact"), hours, _day(first) if first else today, _day(last) if last else None, row.get("role", ""),
        row.get("note", ""),
    )  # fmt: skip


def said(cell: object) -> str:
    """A cell as text; a workbook's date or time as it is written."""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return "" if cell is None else str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()


def _needed(row: Mapping[str, str], field: str) -> str:
    if not row.get(field):
        raise ValueError(f"缺少{COLUMNS[field]} · {field} is missing")
    return row[field]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError(f"{text!r} 不是日期 · is not a day, e.g. 2026-10-01") from None
