"""`tricolor plan`: list, show and check plan packs."""

import json
from dataclasses import asdict
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from tricolor.catalogue.grid_purposes import PLAN_ACCOUNTS
from tricolor.catalogue.plans import Level, Plan, check_plan, list_plans, load_plan
from tricolor.domain.errors import Problems

plan_app = typer.Typer(help="规划包 · Plan packs: what a city has promised, by when, and who answers for it.", no_args_is_help=True)

NameOrFolder = Annotated[str, typer.Argument(help="Name of a pack that comes with Tricolor, or a folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


@plan_app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="Name of a pack that comes with Tricolor, or a folder; all shipped packs when left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Check a pack: every fault with file, row and column (exit 1), or what the pack holds (exit 0)."""
    names = [name] if name else list(list_plans())
    faults = {each: check_plan(each) for each in names}
    if as_json:
        answers = [{"plan": each, "faults": found, **({} if found else _summary(load_plan(each)))} for each, found in faults.items()]
        typer.echo(json.dumps(answers[0] if name else answers, ensure_ascii=False))
    else:
        for each, found in faults.items():
            for fault in found:
                typer.echo(f"{each}: {fault}", err=True)
            typer.echo(f"{each}: {_faults_said(found)}" if found else f"{each}: {_said(load_plan(each))}", err=bool(found))
    if any(faults.values()):
        raise typer.Exit(1)


@plan_app.command("list")
def list_packs(as_json: AsJson = False) -> None:
    """The packs that come with Tricolor."""
    plans = [load_plan(name) for name in list_plans()]
    if as_json:
        typer.echo(json.dumps([_summary(plan) for plan in plans], ensure_ascii=False))
        return
    table = Table("plan", "名称", "years", "base", "status", "document")
    for plan in plans:
        table.add_row(plan.id, plan.name_cn, f"{plan.first_year}-{plan.last_year}", str(plan.base_year), plan.status, plan.document.number)
    Console().print(table)


@plan_app.command("show")
def show(name: NameOrFolder, as_json: AsJson = False) -> None:
    """Targets, responsibilities, thresholds, factor choices and exclusion rules of a pack, each with its source and status."""
    try:
        plan = load_plan(name)
    except Problems as error:
        _stop(error)
    if as_json:
        body = {key: value for key, value in asdict(plan).items() if not key.startswith("_")}
        typer.echo(json.dumps(body, ensure_ascii=False, default=lambda value: sorted(value) if isinstance(value, frozenset) else str(value)))
        return
    console = Console()
    console.print(f"[bold]{plan.name_cn}[/] {plan.name_en}\n{plan.document.number} {plan.document.title}\n{_said(plan)}")
    for table in (_targets(plan), _responsible(plan), _thresholds(plan), _choices(plan), _exclusions(plan)):
        console.print(table)


def _stop(error: Problems) -> NoReturn:
    for fault in error.problems:
        typer.echo(fault, err=True)
    raise typer.Exit(1)


def _faults_said(found: list[str]) -> str:
    return f"{len(found)} fault{'s' if len(found) > 1 else ''}"


def _summary(plan: Plan) -> dict[str, object]:
    return {
        "id": plan.id,
        "name_cn": plan.name_cn,
        "name_en": plan.name_en,
        "base_year": plan.base_year,
        "first_year": plan.first_year,
        "last_year": plan.last_year,
        "status": plan.status,
        "document": plan.document.number,
        "areas": len({target.entity for target in plan.targets}),
        "targets": len(plan.targets),
        "departments": len(plan.departments),
        "responsibilities": len(plan.responsibilities),
        "thresholds": len(plan.rules.thresholds),
        "factor_choices": len(plan.factor_choices),
    }


def _said(plan: Plan) -> str:
    summary = _summary(plan)
    counts = ", ".join(f"{summary[key]} {key.replace('_', ' ')}" for key in ("areas", "targets", "departments", "responsibilities", "thresholds"))
    return f"sound; {plan.first_year}-{plan.last_year} on {plan.base_year}, {plan.status}; {counts}"


def _targets(plan: Plan) -> Table:
    table = Table("id", "地区", "基本目标 basic", "激励目标 incentive", "place", "status", title="能耗强度降低 energy intensity, reduction")
    for entity in dict.fromkeys(target.entity for target in plan.targets):
        basic, incentive = plan.target(entity, Level.BASIC), plan.target(entity, Level.INCENTIVE)
        one = basic or incentive
        if one is not None:
            table.add_row(entity, one.name_cn, *(f"{t.reduction * 100:g} %" if t else "-" for t in (basic, incentive)), one.place, one.status)
    return table


def _responsible(plan: Plan) -> Table:
    names = {department.id: department.name_cn for department in plan.departments}
    table = Table("rule", "entity", "department", "place", "status", title="责任分工 who answers")
    for row in plan.responsibilities:
        table.add_row(row.rule, row.entity or "all", f"{names[row.department]} {row.department}", row.place, row.status)
    return table


def _thresholds(plan: Plan) -> Table:
    table = Table("threshold", "value", "unit", "status", "source", title="阈值 thresholds")
    for row in plan.rules.thresholds:
        table.add_row(f"{row.rule}.{row.name}", str(row.value), row.unit, row.status, row.source)
    return table


def _choices(plan: Plan) -> Table:
    table = Table("carrier", "kind", "factor", "from", "to", "status", title="系数选择 factors chosen")
    for row in plan.factor_choices:
        said = row.factor_id or f"{row.value:g} {row.unit}"
        said += "" if row.purpose == PLAN_ACCOUNTS else f" ({row.purpose})"
        table.add_row(row.carrier, row.kind, said, str(row.valid_from), str(row.valid_to or ""), row.status)
    return table


def _exclusions(plan: Plan) -> Table:
    table = Table("kind", "off", "from", "to", "in use", "status", "source", title="扣减规则 exclusions")
    for row in plan.exclusion_rules:
        used = "yes" if row.is_accepted else "no"
        table.add_row(str(row.kind), " ".join(sorted(row.applies_to)), row.first_month, row.last_month or "", used, row.status, row.source)
    return table
