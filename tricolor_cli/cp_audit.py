"""`tricolor cp-audit`: the register of cleaner-production audits (清洁生产审核): list, set, import a sheet."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.project_forms import put_audit_sheet, wrongs_of
from api.project_shapes import audit_shape
from tricolor.adapters.ledger.cp_audits import CpAuditBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.register_sheets import read_rows
from tricolor.domain.errors import NotFound, Problems
from tricolor.domain.intervals import iso
from tricolor.domain.project_rows import AUDIT_COLUMNS, audit_of, blank_audit
from tricolor_cli.common import AsJson, Data, open_ledger, settings_at
from tricolor_cli.project import cells_in

cp_audit_app = typer.Typer(help="清洁生产审核台账 · Register of cleaner-production audits", no_args_is_help=True)

Who = Annotated[str, typer.Option("--who", help="由谁 · who; kept with the record")]
Why = Annotated[str, typer.Option("--reason", help="理由；退回、移出名单时必填 · why; needed to go back or off the list")]
Fields = Annotated[list[str], typer.Argument(metavar="FIELD=VALUE…", help=f"{', '.join(n for n in AUDIT_COLUMNS if n != 'id')}")]


@cp_audit_app.command("list")
def list_audits(
    entity: Annotated[str, typer.Option("--entity", help="只列这个单位及其辖内 · only of this entity and all inside it")] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """列出审核台账 · The register."""
    with open_ledger(settings_at(data)) as ledger:
        registry = RegistryBookSql(ledger).load()
        if entity and entity not in registry.entities:
            raise NotFound(f"没有单位 {entity} · there is no entity {entity!r}")
        inside = {e.id for e in registry.members(entity)} if entity else set()
        found = [a for a in CpAuditBookSql(ledger).current(None) if not entity or a.entity in inside]
    if as_json:
        typer.echo(json.dumps([audit_shape(a).model_dump(mode="json") for a in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("还没有审核，用 tricolor cp-audit set 或 import 登记 · no audit yet: `tricolor cp-audit set` or `import`", err=True)
        return
    table = Table(
        "编号 id", "单位 entity", "强制 mandatory", "状态 state", "公布 listed", "启动 started", "报告 reported", "评估 assessed", "验收 accepted"
    )
    for a in found:
        days = (a.listed_on, a.started_on, a.reported_on, a.assessed_on, a.accepted_on)
        table.add_row(a.id, a.entity, "是 yes" if a.is_mandatory else "否 no", str(a.state), *days)
    Console().print(table)


@cp_audit_app.command("show")
def show(audit_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = None) -> None:
    """一项审核的全部修订 · Every revision of one audit."""
    with open_ledger(settings_at(data)) as ledger:
        history = CpAuditBookSql(ledger).history(audit_id)
    for a in history:
        days = " ".join(day for day in (a.listed_on, a.started_on, a.reported_on, a.assessed_on, a.accepted_on) if day)
        typer.echo(f"#{a.revision} {iso(a.changed_at)[:19]} {a.entity} {a.state} {days} {a.author} {a.reason}".rstrip())


@cp_audit_app.command("set")
def set_audit(
    audit_id: Annotated[str, typer.Argument(metavar="ID")], changes: Fields,
    who: Who, reason: Why = "", as_json: AsJson = False, data: Data = None,
) -> None:  # fmt: skip
    """登记审核，或改几项；同样的再来一次不变 · Enter an audit, or change fields of it, e.g. state=started
    started_on=2026-04-20; the same twice changes nothing."""
    with open_ledger(settings_at(data)) as ledger:
        book = CpAuditBookSql(ledger)
        held = {a.id: a for a in book.current(None)}
        wanted, wrong = audit_of(cells_in(changes), held.get(audit_id, blank_audit(audit_id)))
        if wrong:
            raise Problems([f"{f.zh} · {f.field}: {f.en}" for f in wrongs_of(wrong)])
        kept = book.put(wanted, who, reason)
    if as_json:
        typer.echo(json.dumps(audit_shape(kept).model_dump(mode="json"), ensure_ascii=False))
        return
    typer.echo(f"台账 register: {kept.id} {kept.entity} {kept.state} #{kept.revision}")


@cp_audit_app.command("import")
def import_audits(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".xlsx / .csv", exists=True, dir_okay=False)],
    who: Who, reason: Why = "", data: Data = None,
) -> None:  # fmt: skip
    """从表格登记；没有的列保持原样，有一处错误就全部不收 · Enter rows of a sheet; columns that are not there stay as they are; all or none."""
    rows = read_rows(file.read_bytes(), AUDIT_COLUMNS)
    with open_ledger(settings_at(data)) as ledger:
        book = CpAuditBookSql(ledger)
        before = {a.id: a.revision for a in book.current(None)}
        kept = put_audit_sheet(book, rows, who, reason)
    changed = sum(before.get(a.id) != a.revision for a in kept)
    typer.echo(f"收下 {len(kept)} 行，其中 {changed} 行有变化 · {len(kept)} rows taken, {changed} of them changed something")
