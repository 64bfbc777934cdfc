"""`tricolor statistics`: values of plan indicators and reported energy: the workbook of a year, its import, and what is there."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.problems import Fault
from api.submissions import Draft, from_workbook, report_book, store
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.statistics import StatisticsBookSql
from tricolor.adapters.report_files import ReportWorkbook
from tricolor.catalogue.plans import Plan
from tricolor.catalogue.plans.beside import load_plan_beside, names_in
from tricolor.config import Settings
from tricolor.domain.entities import Entity, Registry
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.intervals import from_us, iso
from tricolor.domain.submissions import Statistic
from tricolor_cli.common import AsJson, Data, now_us, open_ledger, settings_at, who

statistics_app = typer.Typer(help="填报 · Statistics: template, import, list.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(metavar="FILE", help=".xlsx 文件 · the workbook")]
Who = Annotated[str, typer.Option("--who", help="由谁 · who; kept with the record")]


@dataclass(frozen=True, slots=True)
class _Ports:
    """What submitting stands on, over the ledger alone."""

    statistics: StatisticsBookSql
    report_sheets: ReportWorkbook
    activities: ActivityBookSql
    plan: Plan
    clock: Callable[[], int]


def _ports(ledger: LedgerEngine, settings: Settings) -> _Ports:
    plan = load_plan_beside(settings.plan, names_in(settings.plans_beside))
    return _Ports(StatisticsBookSql(ledger), ReportWorkbook(), ActivityBookSql(ledger), plan, now_us)


def _entity(registry: Registry, identity: str) -> Entity:
    if identity not in registry.entities:
        raise NotFound(f"没有单位 {identity} · there is no entity {identity!r}")
    return registry.entities[identity]


@statistics_app.command("template")
def template(
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="单位编号 · id of the entity")],
    file: File,
    year: Annotated[int | None, typer.Option("--year", help="年度，默认今年 · default this year")] = None,
    force: Annotated[bool, typer.Option("--force", help="覆盖已有文件 · replace an existing file")] = False,
    data: Data = None,
) -> None:
    """写出一个单位一年的填报表，已有数值填入其中 · Write the workbook of an entity and year, with what is known filled in."""
    if file.exists() and not force:
        raise Refused(f"{file} 已存在，加 --force 覆盖 · {file} exists; add --force to replace it")
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        ports = _ports(ledger, settings)
        book = report_book(ports, _entity(RegistryBookSql(ledger).load(), entity), year or from_us(now_us()).year)
        made = ports.report_sheets.template(book)
    try:
        file.write_bytes(made)
    except OSError as error:
        raise Refused(f"写不了 {file} · cannot write {file}: {error.strerror}") from error
    typer.echo(f"已写出 {file}，填好后 tricolor statistics import {file} · written; fill it in and import it")


@statistics_app.command("import")
def import_workbook(
    file: File,
    check: Annotated[bool, typer.Option("--check", help="只检查，不导入 · only say what is wrong and what would change")] = False,
    by: Who = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """导入填好的表；有一处错误或未确认的警告就全部不收 · Import a filled workbook: with a fault or an unconfirmed warning nothing is taken."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Refused(f"读不了 {file} · cannot read {file}: {error.strerror}") from error
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        ports, registry = _ports(ledger, settings), RegistryBookSql(ledger).load()
        person = by or who()
        draft = from_workbook(ports, registry, content, registry.entities.__contains__, person)
        if check:
            _show(draft, as_json)
            raise typer.Exit(1 if draft.faults or draft.open_warnings else 0)
        stuck = [
            *_said(draft.faults, "错误 fault"),
            *_said(draft.open_warnings, "警告，核对后在该行填确认和备注 warning, confirm it in its row"),
        ]
        if stuck:
            raise Problems(stuck)
        accepted, changed = store(ports, draft, person)
    if as_json:
        typer.echo(json.dumps({"accepted": accepted, "changed": changed}))
    else:
        typer.echo(f"收下 {accepted} 个数值，其中 {changed} 个有变化 · {accepted} values taken, {changed} of them changed")


def _said(faults: tuple[Fault, ...], kind: str) -> list[str]:
    return [f"{kind}: {f.field}: {f.zh} · {f.en}" for f in faults]


def _show(draft: Draft, as_json: bool) -> None:
    if as_json:
        told = {
            "faults": [f.body() for f in draft.faults], "warnings": [w.body() for w in draft.warnings],
            "unconfirmed": len(draft.open_warnings), "changes": [asdict(c) for c in draft.changes],
        }  # fmt: skip
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for line in (*_said(draft.faults, "错误 fault"), *_said(draft.warnings, "警告 warning")):
        typer.echo(line)
    table = Table("单元格 cell", "单位 entity", "指标 indicator", "期间 period", "原值 before", "新值 after")
    for c in draft.changes:
        table.add_row(c.place, c.entity, c.name, c.period, "—" if c.before is None else str(c.before), "—" if c.after is None else str(c.after))
    Console().print(table)


@statistics_app.command("list")
def list_statistics(
    entity: Annotated[str, typer.Option("--entity", help="只列这个单位及其辖内 · only of this entity and all inside it")] = "",
    indicator: Annotated[str, typer.Option("--indicator", help="只列这个指标 · only of this indicator")] = "",
    history: Annotated[bool, typer.Option("--history", help="列出各次修订 · every revision")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """列出已填报的数值 · The values in force, or with --history every revision."""
    with open_ledger(settings_at(data)) as ledger:
        registry, book = RegistryBookSql(ledger).load(), StatisticsBookSql(ledger)
        wanted = [e.id for e in registry.members(_entity(registry, entity).id)] if entity else None
        found = [s for s in book.current(wanted) if indicator in ("", s.indicator)]
        if history:
            found = [revision for s in found for revision in book.history(s.entity, s.indicator, s.period)]
    if as_json:
        typer.echo(json.dumps([asdict(s) | {"submitted_at": iso(s.submitted_at)} for s in found], ensure_ascii=False))
        return
    if not found:
        typer.echo(
            "还没有填报，用 tricolor statistics template 与 import · nothing submitted yet: `tricolor statistics template` and `import`", err=True
        )
        return
    table = Table("单位 entity", "指标 indicator", "期间 period", "数值 value", "单位 unit", "依据 document", "修订 revision", "填报 by")
    for s in found:
        table.add_row(s.entity, s.indicator, s.period, _shown(s), s.unit, s.document, str(s.revision), f"{s.author} {iso(s.submitted_at)[:16]}")
    Console().print(table)


def _shown(s: Statistic) -> str:
    return f"{s.value:,.6g}" if s.value is not None else s.text or "撤回 taken back"
