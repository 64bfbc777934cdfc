"""`tricolor import`: the registry from a file, checked as a whole, and the template to fill in."""

import getpass
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import ImportReport, RegistryBookSql
from tricolor.adapters.registry_files import RegistryFaults, load_registry_file
from tricolor.adapters.registry_files.columns import SHEETS
from tricolor.adapters.registry_files.template import write_template
from tricolor.catalogue.benchmarks import all_benchmarks
from tricolor.catalogue.materials import flow_carriers
from tricolor.config import Settings
from tricolor.domain.errors import Problems, TricolorError

import_app = typer.Typer(help="导入登记表 · Import the registry", no_args_is_help=True)
SHOWN_CHANGES = 50
_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


def import_registry_file(ledger: LedgerEngine, path: Path, who: str, at_us: int, *, is_check: bool = False) -> ImportReport:
    """Validate a file against the ledger and import it, or with is_check only say what would change. RegistryFaults: every fault, nothing done."""
    book = RegistryBookSql(ledger)
    products = {row.product for row in all_benchmarks()}
    file = load_registry_file(path, flow_carriers(), book.load(), products)
    return book.preview(file) if is_check else book.replace_from(file, who, at_us)


@import_app.command("registry")
def registry(
    file: Annotated[Path, typer.Argument(help="a .toml or .xlsx file, or a folder of .csv sheets")],
    check: Annotated[bool, typer.Option("--check", help="只检查，不导入 · only say what is wrong and what would change")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="answer as JSON")] = False,
    data: Annotated[Path | None, typer.Option("--data", help="folder of the embedded stores")] = None,
) -> None:
    """导入单位、表计、测点、部门和联系人；有错误则全部列出、什么都不导入 · Import units, meters, points, departments, contacts; all or nothing."""
    if not file.exists():
        raise typer.BadParameter(f"找不到 {file} · {file} does not exist", param_hint="FILE")
    settings = Settings() if data is None else Settings(data=data)
    try:
        ledger = LedgerEngine(settings.ledger)
        ledger.migrate()
        try:
            report = import_registry_file(ledger, file, _who(), time.time_ns() // 1_000, is_check=check)
        finally:
            ledger.close()
    except RegistryFaults as error:
        _show_faults(error, file, as_json)
        raise typer.Exit(1) from None
    except TricolorError as error:
        _say_problem(error, as_json)
        raise typer.Exit(1) from None
    _show_report(report, check, as_json)


@import_app.command("template")
def template(
    file: Annotated[Path, typer.Argument(help="the .xlsx file to write")],
    force: Annotated[bool, typer.Option("--force", help="覆盖已有文件 · replace an existing file")] = False,
) -> None:
    """写出带说明、下拉列表和示例行的 Excel 模板 · Write the workbook to fill in."""
    if file.suffix.lower() != ".xlsx":
        raise typer.BadParameter(f"文件名应以 .xlsx 结尾 · {file.name} must end in .xlsx", param_hint="FILE")
    if file.exists() and not force:
        raise typer.BadParameter(f"{file} 已存在，加 --force 覆盖 · {file} exists; add --force to replace it", param_hint="FILE")
    try:
        write_template(file, flow_carriers())
    except OSError as error:
        raise typer.BadParameter(f"写不了 {file} · cannot write {file}: {error.strerror}", param_hint="FILE") from error
    _out.print(f"已写出模板 {file} · template written", markup=False)


def _who() -> str:
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "cli"


def _say_problem(error: TricolorError, as_json: bool) -> None:
    texts = error.problems if isinstance(error, Problems) else [str(error)]
    if as_json:
        _out.print_json(json.dumps({"imported": False, "error": texts}, ensure_ascii=False))
        return
    for text in texts:
        _err.print(text, markup=False, soft_wrap=True)


def _show_faults(error: RegistryFaults, file: Path, as_json: bool) -> None:
    if as_json:
        faults = [{"sheet": f.sheet, "row": f.row, "column": f.column, "zh": f.zh, "en": f.en} for f in error.faults]
        _out.print_json(json.dumps({"imported": False, "faults": faults}, ensure_ascii=False))
        return
    _err.print(
        f"{file}: {len(error.faults)} 处错误，什么都没有导入 · {len(error.faults)} faults, nothing was imported", style="bold red", markup=False
    )
    for fault in error.faults:
        _err.print(str(fault), markup=False, soft_wrap=True)


def _show_report(report: ImportReport, is_check: bool, as_json: bool) -> None:
    if as_json:
        answer = {"imported": report.has_changes and not is_check, "check": is_check, "has_changes": report.has_changes, **asdict(report)}
        _out.print_json(json.dumps(answer, ensure_ascii=False))
        return
    table = Table("表 sheet", "新增 added", "更改 changed", "未变 unchanged", "登记总数 in the registry")
    for name, sheet in SHEETS.items():
        counts = (report.added[name], report.changed[name], report.unchanged[name], report.after[name])
        table.add_row(f"{sheet.name_cn} {name}", *map(str, counts))
    _out.print(table)
    for change in report.changes[:SHOWN_CHANGES]:
        _out.print(f"{change.sheet} {change.id} {change.field}: {change.before!r} → {change.after!r}", markup=False, soft_wrap=True)
    if len(report.changes) > SHOWN_CHANGES:
        _out.print(f"… 另有 {len(report.changes) - SHOWN_CHANGES} 处更改，见 --json · and more, see --json", markup=False)
    if not report.has_changes:
        _out.print(f"没有变化，登记版本 {report.version} · nothing changed, registry version {report.version}", markup=False)
    elif is_check:
        _out.print("检查通过，未导入 · the file is sound; nothing was imported", markup=False)
    else:
        _out.print(f"已导入，登记版本 {report.version} · imported, registry version {report.version}", markup=False)
