"""`tricolor exclusion`: what dual control does not count, entered with document and author, revoked with a reason, never removed."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.exclusion_forms import Faulty, Stated, exclusion_of
from api.exclusion_shapes import entry_shape
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exclusions import ExclusionBookSql
from tricolor.adapters.ledger.factors import FactorDeskSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.catalogue.factors import factor_book
from tricolor.catalogue.live_factors import LiveFactors
from tricolor.catalogue.plans import Plan, load_plan
from tricolor.config import Settings
from tricolor.domain.errors import NotFound, Problems
from tricolor.domain.exclusions import ExclusionEntry
from tricolor.domain.intervals import iso
from tricolor_cli.common import AsJson, Data, open_ledger, settings_at

exclusion_app = typer.Typer(help="扣减 · Exclusions of dual control: list, add, revoke.", no_args_is_help=True)
Who = Annotated[str, typer.Option("--who", help="由谁 · who; kept with the record")]
Why = Annotated[str, typer.Option("--reason", help="理由 · why; kept with the record")]


@exclusion_app.command("list")
def list_exclusions(
    entity: Annotated[str, typer.Option("--entity", help="只列这个单位及其辖内 · only of this entity and all inside it")] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """列出扣减，撤销的也列 · Every entry ever made, revoked ones too."""
    with open_ledger(settings_at(data)) as ledger:
        registry = RegistryBookSql(ledger).load()
        if entity and entity not in registry.entities:
            raise NotFound(f"没有单位 {entity} · there is no entity {entity!r}")
        inside = {e.id for e in registry.members(entity)} if entity else set()
        found = [e for e in ExclusionBookSql(ledger, ()).entries() if not entity or e.fact.entity in inside]
    if as_json:
        typer.echo(json.dumps([_shape(each) for each in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("还没有扣减，用 tricolor exclusion add 登记 · no exclusion yet: `tricolor exclusion add`", err=True)
        return
    table = Table("编号 id", "单位 entity", "类别 kind", "月份 months", "tce", "文号 document", "登记 entered", "撤销 revoked")
    for each in found:
        fact = each.fact
        months = fact.first_month if fact.first_month == fact.last_month else f"{fact.first_month}..{fact.last_month}"
        revoked = f"{iso(each.revoked_at)[:10]} {each.revoked_by}: {each.revoked_reason}" if each.revoked_at is not None else ""
        entered = f"{iso(each.entered_at)[:10]} {each.person}" + (" 计量 metered" if fact.is_metered else "")
        table.add_row(str(each.id), fact.entity, str(fact.kind), months, f"{fact.tce_equivalent:,.2f}", fact.document, entered, revoked)
    Console().print(table)


@exclusion_app.command("add")
def add(
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="单位编号 · id of the entity")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="feedstock 原料用能 | new_renewable 新增可再生 | national_project 国家重大项目")],
    document: Annotated[str, typer.Option("--document", help="文号 · the document that it rests on")],
    first: Annotated[str, typer.Option("--from", help="起始月 · first month, e.g. 2026-01")],
    who: Who,
    reason: Why,
    last: Annotated[str, typer.Option("--to", help="截止月，含 · last month, inclusive; default the first")] = "",
    tce: Annotated[float | None, typer.Option("--tce", help="标准煤量，等价值 · of all the months together, tce, equal value")] = None,
    tce_calorific: Annotated[float | None, typer.Option("--tce-calorific", help="当量值 · the same in calorific value, tce")] = None,
    carrier: Annotated[str, typer.Option("--carrier", help="能源品种，与 --amount --unit 同用 · instead of --tce: a carrier")] = "",
    amount: Annotated[float | None, typer.Option("--amount", help="实物量 · its amount")] = None,
    unit: Annotated[str, typer.Option("--unit", help="单位 · the amount's unit, e.g. t, kWh")] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """登记扣减；同样的再登记一次不变 · Enter an exclusion; the same twice changes nothing."""
    settings = settings_at(data)
    plan = load_plan(settings.plan)
    stated = Stated(entity, kind, first, last, document, reason, tce, tce_calorific, carrier, amount, unit)
    with open_ledger(settings) as ledger:
        try:
            fact = exclusion_of(stated, who, plan.exclusion_rules, _factors(ledger, plan).now())
        except Faulty as error:
            raise Problems([f"{fault.zh} · {fault.field}: {fault.en}" for fault in error.faults]) from None
        (kept,) = ExclusionBookSql(ledger, plan.exclusion_rules).add([fact], who)
    if as_json:
        typer.echo(json.dumps(_shape(kept), ensure_ascii=False))
        return
    typer.echo(f"已登记 entered: #{kept.id} {kept.fact.entity} {kept.fact.kind} {kept.fact.tce_equivalent:,.2f} tce；{_when_judged(settings)}")


@exclusion_app.command("revoke")
def revoke(
    entry: Annotated[int, typer.Argument(metavar="ID", help="编号 · number of the entry, as `tricolor exclusion list` tells it")],
    who: Who,
    reason: Why,
    data: Data = None,
) -> None:
    """撤销扣减，记录保留；撤销两次不变 · Take an entry back as if never made; the record stays. Twice changes nothing."""
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        gone = ExclusionBookSql(ledger, ()).revoke(entry, who, reason)
    typer.echo(f"已撤销 revoked: #{gone.id} {iso(gone.revoked_at or 0)[:19]} {gone.revoked_by}；{_when_judged(settings)}")


def _factors(ledger: LedgerEngine, plan: Plan) -> LiveFactors:
    return LiveFactors(factor_book(plan), FactorDeskSql(ledger))


def _when_judged(settings: Settings) -> str:
    pause = settings.judge_pause_s
    return f"预警服务运行时 {pause:g} 秒内按此判定 · a running alerting service judges by it within {pause:g} s"


def _shape(entry: ExclusionEntry) -> dict[str, Any]:
    return entry_shape(entry).model_dump(mode="json")
