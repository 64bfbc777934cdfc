"""`tricolor budget`: energy budgets of enterprises and areas, set by year, every revision kept."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.budget_shapes import budget_shape
from tricolor.adapters.budget_files import read_budgets, template
from tricolor.adapters.ledger.budgets import BudgetBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.config import Settings
from tricolor.domain.errors import NotFound, Problems
from tricolor.domain.submissions import Budget
from tricolor_cli.common import AsJson, Data, open_ledger, settings_at, who

budget_app = typer.Typer(help="用能预算 · Energy budgets: list, set, import.", no_args_is_help=True)
Who = Annotated[str, typer.Option("--who", help="由谁 · who; kept with the record")]
Entity = Annotated[str, typer.Argument(metavar="ENTITY", help="单位编号 · id of the entity")]
Year = Annotated[int, typer.Argument(metavar="YEAR", help="年度 · e.g. 2026")]


@budget_app.command("list")
def list_budgets(
    entity: Annotated[str, typer.Option("--entity", help="只列这个单位及其辖内 · only of this entity and all inside it")] = "",
    year: Annotated[int | None, typer.Option("--year", help="只列这一年 · only of this year")] = None,
    history: Annotated[bool, typer.Option("--history", help="列出各次修订 · every revision")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """列出用能预算 · The budgets in force, or with --history every revision."""
    with open_ledger(settings_at(data)) as ledger:
        registry, book = RegistryBookSql(ledger).load(), BudgetBookSql(ledger)
        if entity and entity not in registry.entities:
            raise NotFound(f"没有单位 {entity} · there is no entity {entity!r}")
        found = [b for b in book.current([e.id for e in registry.members(entity)] if entity else None) if year is None or b.year == year]
        if history:
            found = [revision for b in found for revision in book.history(b.entity, b.year)]
    if as_json:
        typer.echo(json.dumps([_shape(b) for b in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("还没有用能预算，用 tricolor budget set 或 import · no budget yet: `tricolor budget set` or `import`", err=True)
        return
    table = Table("单位 entity", "年度 year", "tce", "月度分解 profile", "文号 document", "修订 revision", "填报 set by")
    table.columns[0].overflow = "fold"  # an id cut off is of no use
    table.columns[2].no_wrap = True
    for b in found:
        spread = "自定 own" if b.profile else "按上年 as last year"
        table.add_row(b.entity, str(b.year), f"{b.tce:,.2f}" if b.tce else "撤销 taken back", spread, b.document, str(b.revision), b.author)
    Console().print(table)


@budget_app.command("set")
def set_budget(
    entity: Entity,
    year: Year,
    tce: Annotated[float, typer.Argument(metavar="TCE", help="吨标准煤，等价值；0 为撤销 · tce, equal value; 0 takes it back")],
    profile: Annotated[str, typer.Option("--profile", help="12 个月的比例，逗号分隔，合计 1 · twelve shares, by commas, that add up to 1")] = "",
    document: Annotated[str, typer.Option("--document", help="文号 · the document that it rests on")] = "",
    by: Who = "",
    data: Data = None,
) -> None:
    """设定一个单位一年的预算；同样的再设一次不变 · Set a budget; the same twice changes nothing."""
    settings = settings_at(data)
    try:
        shares = tuple(float(part) for part in profile.replace("，", ",").split(",")) if profile else ()
    except ValueError:
        raise Problems(["--profile: 请写 12 个数，逗号分隔 · write twelve numbers, by commas"]) from None
    with open_ledger(settings) as ledger:
        (kept,) = BudgetBookSql(ledger).set([Budget(entity, year, tce, shares, document)], by or who())
    typer.echo(f"{entity} {year}: {kept.tce:,.2f} tce，第 {kept.revision} 次 revision {kept.revision}；{_when_judged(settings)}")


@budget_app.command("import")
def import_budgets(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".csv 或 .xlsx · one row a budget")],
    by: Who = "",
    is_template: Annotated[bool, typer.Option("--template", help="不导入，写一个空模板到 FILE · write an empty template to FILE instead")] = False,
    check: Annotated[bool, typer.Option("--check", help="只检查文件，不写入 · only check the file")] = False,
    data: Data = None,
) -> None:
    """从表格导入预算，有一处错误就全不写入 · Import a sheet, all or none; the same twice changes nothing."""
    if is_template:
        if file.exists():
            raise Problems([f"{file} 已存在，请换个文件名 · exists: choose another name"])
        template(file)
        typer.echo(f"模板 template: {file}")
        return
    if not file.is_file():
        raise NotFound(f"没有文件 {file} · there is no file {file}")
    found = read_budgets(file)
    if check:
        typer.echo(f"可读 {len(found)} 行 · {len(found)} rows are readable")
        return
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        book = BudgetBookSql(ledger)
        before = book.changes(0)[0]
        kept = book.set(found, by or who())
        is_new = book.changes(0)[0] != before
    said = ("", "") if is_new else ("，没有变化", ", nothing changed")
    typer.echo(f"已读 {len(kept)} 行{said[0]} · {len(kept)} budgets{said[1]}；{_when_judged(settings)}")


def _when_judged(settings: Settings) -> str:
    pause = settings.judge_pause_s
    return f"预警服务运行时 {pause:g} 秒内按此判定 · a running alerting service judges by it within {pause:g} s"


def _shape(budget: Budget) -> dict[str, Any]:
    return budget_shape(budget).model_dump(mode="json")
