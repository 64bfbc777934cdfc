"""`tricolor alert roster`: who is on duty, shifts and quiet hours entered one by one or from a sheet."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.routing import RosterDeskSql, RoutingBookSql
from tricolor.adapters.register_sheets import read_rows
from tricolor.catalogue.alerting_tables import chain_of_plan
from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.workdays import day, kind_of
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.intervals import from_us, iso, local_day
from tricolor.domain.lights import Light
from tricolor.domain.roster import ON_ZH, Hours, QuietHours, Shift, Weekly, moment_of
from tricolor.domain.roster_rows import COLUMNS, entries_of, entry_of
from tricolor.domain.routing import Directory, Watch, Who, directory
from tricolor.ports_routing import RosterEntry, RoutingEntries
from tricolor_cli.common import AsJson, Data, now_us, open_ledger, settings_at, who

roster_app = typer.Typer(help="值班表与免打扰 · The roster on duty, and quiet hours.", no_args_is_help=True)
MAX_FILE_BYTES = 8 * 1024 * 1024
By = Annotated[str, typer.Option("--who", help="由谁 · who; default who gives the command")]
Shown = dict[str, Any]


@roster_app.command("show")
def show(
    owner: Annotated[str, typer.Option("--owner", help="只看该部门或单位 · only this department or entity")] = "",
    at: Annotated[str, typer.Option("--at", help="时刻，默认现在 · when; default now")] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """此刻谁当班、怎么排的，以及班次和免打扰条目 · Who is on duty at a moment and by what, and every entry that counts."""
    now = now_us()
    try:
        when = moment_of(at) if at else now
    except ValueError as error:
        raise Refused(f"--at: {error}") from error
    settings = settings_at(data)
    chain = chain_of_plan(load_plan(settings.plan))
    with open_ledger(settings) as ledger:
        where, entries = _directory(ledger, min(when, now))
    if owner and owner not in where.registry.departments and owner not in where.registry.entities:
        raise NotFound(f"没有部门或单位 {owner} · there is no department or entity {owner!r}")
    owners = [owner] if owner else [*where.registry.departments, *(o for o in where.contacts if o not in where.registry.departments)]
    watch = Watch(where, chain, when)
    duty = [_on_duty(where, watch, each) for each in owners]
    rows = [row for row in _rows(entries) if not owner or owner in (row["owner"], _of(where, row["owner"]))]
    if as_json:
        typer.echo(json.dumps({"at": iso(when), "on_duty": duty, "entries": rows}, ensure_ascii=False))
        return
    today = day(local_day(when))
    said = "" if today.is_known else "（当年放假通知未知，按周末计 · holidays of that year are not known: weekends only）"
    kind = {"workday": "工作日", "rest": "休息日", "holiday": "法定节假日"}[today.kind]
    console = Console()
    console.print(f"{from_us(when):%Y-%m-%d %H:%M} {kind} {today.kind}{said}")
    table = Table("部门或单位 owner", "当班 on duty", "依据 by", "领导 leaders")
    for each in duty:
        table.add_row(each["owner"], "、".join(each["contacts"]) or "[red]无 nobody[/]", each["reason"]["zh"], "、".join(each["leaders"]))
    console.print(table)
    if rows:
        listed = Table("类别 kind", "编号 id", "归属 owner", "联系人 contact", "何时 when", "岗位 role", "备注 note")
        for row in rows:
            listed.add_row(row["kind"], str(row["id"]), row["owner"], row["contact"], row["when"], row["role"], row["note"])
        console.print(listed)
    else:
        typer.echo("还没有排班，用 tricolor alert roster set 或 import 登记 · nothing is rostered yet: `tricolor alert roster set`", err=True)


@roster_app.command("set")
def set_entry(
    owner: Annotated[str, typer.Option("--owner", help="部门或单位 · department or entity")] = "",
    contact: Annotated[str, typer.Option("--contact", help="联系人编号 · id of the contact")] = "",
    start: Annotated[str, typer.Option("--from", help="班次开始，或周班启用日 · begin of the shift, or first day of the pattern")] = "",
    end: Annotated[str, typer.Option("--to", help="班次结束，或周班停用日 · end of the shift, or first day on which it no longer counts")] = "",
    hours: Annotated[str, typer.Option("--hours", help="每日时段，如 18:00-08:00 · by the day: a weekly pattern")] = "",
    weekdays: Annotated[str, typer.Option("--weekdays", help="星期，如 1-5 · 1 is Monday; default every day")] = "",
    days: Annotated[str, typer.Option("--days", help="any | workday | rest | holiday")] = "",
    role: Annotated[str, typer.Option("--role", help="岗位，如 带班领导 · what they do")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="免打扰时段，红色除外 · quiet hours instead of duty; never for red")] = False,
    spares: Annotated[str, typer.Option("--spares", help="免打扰到 yellow 或 orange · quiet hours hold lights up to this one")] = "",
    note: Annotated[str, typer.Option("--note")] = "",
    by: By = "",
    data: Data = None,
) -> None:
    """登记一条班次、周班或免打扰；同样的再登记一次不变 · One shift, weekly pattern or quiet time. The same twice changes nothing."""
    row = {
        "kind": "quiet" if quiet else "weekly" if hours else "shift", "owner": owner, "contact": contact, "start": start, "end": end, "hours": hours,
        "weekdays": weekdays, "days": days, "role": role, "spares": spares, "note": note,
    }  # fmt: skip
    try:
        entry = entry_of(row, local_day(now_us()))
    except ValueError as error:
        raise Refused(str(error)) from error
    with open_ledger(settings_at(data)) as ledger:
        (number,) = RosterDeskSql(ledger).add([entry], by or who(), now_us())
    typer.echo(f"已登记 entered: {row['kind']} {number}")


@roster_app.command("import")
def import_sheet(
    file: Annotated[Path, typer.Argument(help="值班表 · a .xlsx or .csv file", exists=True, dir_okay=False)],
    check: Annotated[bool, typer.Option("--check", help="只检查 · only say what is wrong")] = False,
    by: By = "",
    data: Data = None,
) -> None:
    """导入值班表；有错误则全部列出、什么都不导入；再导入一次不变 · Import a sheet, all or nothing. The same file twice changes nothing."""
    if file.stat().st_size > MAX_FILE_BYTES:
        raise Problems([f"文件超过 8 MiB · {file.name} is over 8 MiB"])
    entries: list[RosterEntry] = list(entries_of(read_rows(file.read_bytes(), COLUMNS, "kind"), local_day(now_us())))
    if check:
        typer.echo(f"可以导入 good: {len(entries)} 条 entries")
        return
    with open_ledger(settings_at(data)) as ledger:
        before = RoutingBookSql(ledger).version()
        RosterDeskSql(ledger).add(entries, by or who(), now_us())
        is_same = RoutingBookSql(ledger).version() == before
    typer.echo(f"已导入 imported: {len(entries)} 条 entries{'（未变 unchanged）' if is_same else ''}")


@roster_app.command("end")
def end_entry(
    kind: Annotated[Literal["shift", "weekly", "quiet"], typer.Argument(help="类别 · kind of the entry")],
    number: Annotated[int, typer.Argument(metavar="ID", help="编号 · number, as `tricolor alert roster show` tells it")],
    by: By = "",
    data: Data = None,
) -> None:
    """停用一条，记录保留；停用两次不变 · End an entry; the record stays. Twice changes nothing."""
    with open_ledger(settings_at(data)) as ledger:
        RosterDeskSql(ledger).remove(kind, number, by or who(), now_us())
    typer.echo(f"已停用 ended: {kind} {number}")


def _directory(ledger: LedgerEngine, now: int) -> tuple[Directory, RoutingEntries]:
    e = RoutingBookSql(ledger).load(now)
    made = directory(
        RegistryBookSql(ledger).load(), kind_of, (k.entry for k in e.addresses), (k.entry for k in e.shifts), (k.entry for k in e.weekly),
        (k.entry for k in e.quiet), e.silences,
    )  # fmt: skip
    return made, e


def _on_duty(where: Directory, watch: Watch, owner: str) -> Shown:
    duty, lead = watch.on_duty(owner, Who.DUTY, Light.RED), watch.on_duty(owner, Who.LEADERS, Light.RED)
    return {
        "owner": owner, "contacts": [where.registry.contacts[c].name for c in duty.contacts], "rank": duty.rank,
        "reason": {"zh": duty.reason_zh, "en": duty.reason_en}, "leaders": [where.registry.contacts[c].name for c in lead.contacts],
    }  # fmt: skip


def _of(where: Directory, name: str) -> str:
    contact = where.registry.contacts.get(name)
    return contact.of if contact else name


def _rows(entries: RoutingEntries) -> list[Shown]:
    found = [_row("shift", k.id, k.entry, f"{iso(k.entry.start)[:16]} → {iso(k.entry.end)[:16]}".replace("T", " ")) for k in entries.shifts]
    for k in entries.weekly:
        until = f" 至 {k.entry.valid_to}" if k.entry.valid_to else ""
        found.append(_row("weekly", k.id, k.entry, f"{_said(k.entry.hours)}，自 {k.entry.valid_from}{until}"))
    found += [_row("quiet", k.id, k.entry, f"{_said(k.entry.hours)}，{k.entry.spares} 及以下") for k in entries.quiet]
    return found


def _row(kind: str, number: int, entry: Shift | Weekly | QuietHours, when: str) -> Shown:
    if isinstance(entry, QuietHours):
        return {"kind": kind, "id": number, "owner": entry.whose, "contact": "", "when": when, "role": "", "note": entry.note}
    return {"kind": kind, "id": number, "owner": entry.owner, "contact": entry.contact, "when": when, "role": entry.role, "note": entry.note}


def _said(hours: Hours) -> str:
    weekdays = f" 周{''.join('一二三四五六日'[d - 1] for d in hours.weekdays)}" if hours.weekdays else ""
    return f"{ON_ZH[hours.on]}{weekdays} {hours.said()}"
