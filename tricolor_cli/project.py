"""`tricolor project`: the register of projects: list, show, set, adopt from the plan, import a sheet."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.project_forms import adopt, offered, put_sheet, wrongs_of
from api.project_shapes import project_shape
from tricolor.adapters.ledger.projects import ProjectBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.register_sheets import read_rows
from tricolor.catalogue.plans import Plan, load_plan
from tricolor.catalogue.plans.beside import load_plan_beside, names_in
from tricolor.config import Settings
from tricolor.domain.errors import NotFound, Problems
from tricolor.domain.intervals import iso
from tricolor.domain.project_rows import PROJECT_COLUMNS, blank_project, project_of
from tricolor.domain.projects import Project
from tricolor_cli.common import AsJson, Data, open_ledger, settings_at

project_app = typer.Typer(help="重点项目台账 · Register of projects: what a plan promised, its state, its saving", no_args_is_help=True)

Who = Annotated[str, typer.Option("--who", help="由谁 · who; kept with the record")]
Why = Annotated[str, typer.Option("--reason", help="理由；退回、停建、复工时必填 · why; needed to go back, to stop, to take up again")]
PlanName = Annotated[str, typer.Option("--plan", help="规划包 · plan pack: name or folder; default the plan in force (TRICOLOR_PLAN)")]
Fields = Annotated[list[str], typer.Argument(metavar="FIELD=VALUE…", help=f"{', '.join(n for n in PROJECT_COLUMNS if n != 'id')}")]


@project_app.command("list")
def list_projects(
    entity: Annotated[str, typer.Option("--entity", help="只列这个单位及其辖内 · only of this entity and all inside it")] = "",
    plan: PlanName = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """列出台账，规划所列未纳入的也列 · The register, and the plan's rows that nobody has adopted."""
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        registry, book = RegistryBookSql(ledger).load(), ProjectBookSql(ledger)
        if entity and entity not in registry.entities:
            raise NotFound(f"没有单位 {entity} · there is no entity {entity!r}")
        inside = {e.id for e in registry.members(entity)} if entity else set()
        found = [*book.current(None), *offered(_plan(settings, plan), registry, book)]
    found = [p for p in found if not entity or p.entity in inside]
    if as_json:
        typer.echo(json.dumps([project_shape(p).model_dump(mode="json") for p in found], ensure_ascii=False))
        return
    if not found:
        typer.echo(
            "台账为空，规划也没有列项目；用 tricolor project set 或 import 登记 · no project yet: `tricolor project set` or `import`", err=True
        )
        return
    table = Table("编号 id", "单位 entity", "项目 project", "到期 due", "状态 state", "投产 running", "预计 tce/a", "核定 tce/a")
    for p in found:
        state = str(p.state) if p.revision else f"{p.state} 未纳入 not adopted"
        table.add_row(p.id, p.entity, p.name_cn, p.due, state, p.commissioned, _tce(p.expected_tce), _tce(p.verified_tce))
    Console().print(table)


@project_app.command("show")
def show(project_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False, data: Data = None) -> None:
    """一个项目和它的全部修订 · One project with every revision."""
    with open_ledger(settings_at(data)) as ledger:
        history = ProjectBookSql(ledger).history(project_id)
    if as_json:
        typer.echo(json.dumps([project_shape(p).model_dump(mode="json") for p in history], ensure_ascii=False))
        return
    shown = project_shape(history[-1]).model_dump(mode="json", exclude={"light", "saved_tce", "is_adopted"})
    table = Table("项 field", "值 value", show_header=False)
    for name, value in shown.items():
        table.add_row(f"{PROJECT_COLUMNS.get(name, '')} {name}".strip(), "" if value is None else str(value))
    Console().print(table)
    for p in history:
        typer.echo(f"#{p.revision} {iso(p.changed_at)[:19]} {p.state} {p.commissioned} {p.author} {p.reason}".rstrip())


@project_app.command("set")
def set_project(
    project_id: Annotated[str, typer.Argument(metavar="ID")], changes: Fields,
    who: Who, reason: Why = "", plan: PlanName = "", as_json: AsJson = False,
    data: Data = None,
) -> None:  # fmt: skip
    """登记项目，或改几项；同样的再来一次不变 · Enter a project, or change fields of it; the same twice changes nothing. E.g. state=commissioned
    commissioned=2026-03-01; an empty value empties the field."""
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        registry, book = RegistryBookSql(ledger).load(), ProjectBookSql(ledger)
        held = {p.id: p for p in (*offered(_plan(settings, plan), registry, book), *book.current(None))}
        wanted, wrong = project_of(cells_in(changes), held.get(project_id, blank_project(project_id)))
        if wrong:
            raise Problems([f"{f.zh} · {f.field}: {f.en}" for f in wrongs_of(wrong)])
        kept = book.put(wanted, who, reason)
    _tell(kept, as_json=as_json)


@project_app.command("adopt")
def adopt_projects(
    who: Who,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="规划项目编号；不写则全部 · rows of the plan; none: all")] = None,
    entity: Annotated[str, typer.Option("--entity", help="责任单位；不写则取规划所列地区 · who answers; default the area that the row names")] = "",
    plan: PlanName = "",
    data: Data = None,
) -> None:
    """把规划所列项目纳入台账；再来一次不变 · Take the plan's rows into the register as planned; twice changes nothing."""
    settings = settings_at(data)
    chosen = _plan(settings, plan)
    with open_ledger(settings) as ledger:
        registry, book = RegistryBookSql(ledger).load(), ProjectBookSql(ledger)
        before = {p.id for p in book.current(None)}
        made = adopt(book, chosen, registry, who, ids or (), entity)
    new = [p for p in made if p.id not in before]
    typer.echo(f"纳入 {len(new)} 个，已在台账 {len(made) - len(new)} 个 · {len(new)} adopted, {len(made) - len(new)} were there ({chosen.id})")
    for p in new:
        typer.echo(f"  {p.id} {p.entity} {p.name_cn} {p.due}")


@project_app.command("import")
def import_projects(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".xlsx / .csv", exists=True, dir_okay=False)],
    who: Who, reason: Why = "", plan: PlanName = "",
    data: Data = None,
) -> None:  # fmt: skip
    """从表格登记；没有的列保持原样，有一处错误就全部不收 · Enter rows of a sheet; columns that are not there stay as they are; all or none."""
    settings = settings_at(data)
    rows = read_rows(file.read_bytes(), PROJECT_COLUMNS)
    with open_ledger(settings) as ledger:
        registry, book = RegistryBookSql(ledger).load(), ProjectBookSql(ledger)
        before = {p.id: p.revision for p in book.current(None)}
        kept = put_sheet(book, _plan(settings, plan), registry, rows, who, reason)
    changed = sum(before.get(p.id) != p.revision for p in kept)
    typer.echo(f"收下 {len(kept)} 行，其中 {changed} 行有变化 · {len(kept)} rows taken, {changed} of them changed something")


def _plan(settings: Settings, name: str) -> Plan:
    """The one that is named, else the plan in force with those beside it."""
    return load_plan(name) if name else load_plan_beside(settings.plan, names_in(settings.plans_beside))


def cells_in(changes: list[str]) -> dict[str, object]:
    bad = [text for text in changes if "=" not in text]
    if bad:
        raise Problems([f"“{text}”应写成 项=值 · {text!r} must be FIELD=VALUE, e.g. state=building" for text in bad])
    return dict(text.partition("=")[::2] for text in changes)


def _tell(kept: Project, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(project_shape(kept).model_dump(mode="json"), ensure_ascii=False))
        return
    typer.echo(f"台账 register: {kept.id} {kept.entity} {kept.state} #{kept.revision} {kept.name_cn}")


def _tce(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
