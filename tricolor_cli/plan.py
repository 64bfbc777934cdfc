"""`tricolor plan`: list, show, check and compare plan packs."""

import json
import sys
from dataclasses import asdict
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from tricolor.catalogue.alert_policies import settings_of
from tricolor.catalogue.alerting_tables import rows_of
from tricolor.catalogue.plans import Plan, check_plan, hints_of, list_plans, load_plan
from tricolor.catalogue.plans.differ import Change, compare
from tricolor.domain.errors import Problems
from tricolor_cli.plan_tables import FIELDS, SECTIONS

WIDE = 200  # columns of a table that goes into a file or another command

plan_app = typer.Typer(help="规划包 · Plan packs: what a city has promised, by when, and who answers for it.", no_args_is_help=True)

NameOrFolder = Annotated[str, typer.Argument(help="Name of a pack that comes with Tricolor, or a folder.")]
Only = Annotated[list[str] | None, typer.Option("--only", help=f"Only this part, may be given more than once: {', '.join(SECTIONS)}.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


@plan_app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="Name of a pack that comes with Tricolor, or a folder; all shipped packs when left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Check a pack: every fault with file, row and column (exit 1), or what the pack holds and leaves open (exit 0)."""
    names = [name] if name else list(list_plans())
    faults = {each: check_plan(each) for each in names}
    if as_json:
        answers = [{"plan": each, "faults": found, **({} if found else _held(load_plan(each)))} for each, found in faults.items()]
        typer.echo(json.dumps(answers[0] if name else answers, ensure_ascii=False))
    else:
        for each, found in faults.items():
            _tell(each, found)
    if any(faults.values()):
        raise typer.Exit(1)


def _tell(name: str, found: list[str]) -> None:
    if found:
        for fault in found:
            typer.echo(f"{name}: {fault}", err=True)
        typer.echo(f"{name}: {_faults_said(found)}", err=True)
        return
    plan = load_plan(name)
    typer.echo(f"{name}: {_said(plan)}")
    for hint in hints_of(plan):
        typer.echo(f"{name}: 提示 hint: {hint}")


@plan_app.command("list")
def list_packs(as_json: AsJson = False) -> None:
    """The packs that come with Tricolor."""
    plans = [load_plan(name) for name in list_plans()]
    if as_json:
        typer.echo(json.dumps([_summary(plan) for plan in plans], ensure_ascii=False))
        return
    table = Table("plan", "名称", "years", "base", "指标 indicators", "status", "document")
    for plan in plans:
        years = f"{plan.first_year}-{plan.last_year}"
        table.add_row(plan.id, plan.name_cn, years, str(plan.base_year), str(len(plan.indicators)), plan.status, plan.document.number)
    Console().print(table)


@plan_app.command("show")
def show(name: NameOrFolder, as_json: AsJson = False, only: Only = None) -> None:
    """Everything a pack says, each row with its place, source and status."""
    chosen, plan = _sections(only or []), _load(name)
    if as_json:
        parts = asdict(plan)
        body = {FIELDS.get(key, key): parts[FIELDS.get(key, key)] for key in chosen if FIELDS.get(key, key) in parts}
        body |= {"thresholds": parts["rules"]["thresholds"]} if only and "thresholds" in only else {}
        body |= {"policies": [asdict(row) for row in settings_of(plan)]} if only and "policies" in only else {}
        body |= {"alerting": [asdict(row) for row in rows_of(plan)]} if only and "alerting" in only else {}
        body = body if only else {key: value for key, value in parts.items() if not key.startswith("_")}
        typer.echo(json.dumps(body, ensure_ascii=False, default=lambda value: sorted(value) if isinstance(value, frozenset) else str(value)))
        return
    console = Console() if sys.stdout.isatty() else Console(width=WIDE)
    console.print(f"[bold]{plan.name_cn}[/] {plan.name_en}\n{plan.document.number} {plan.document.title}\n{_said(plan)}")
    for section in chosen:
        console.print(SECTIONS[section](plan))


@plan_app.command("diff")
def diff(
    before: Annotated[str, typer.Argument(help="The pack as it was: a name or a folder.")],
    after: Annotated[str, typer.Argument(help="The pack as it is now: a name or a folder.")],
    as_json: AsJson = False,
    only: Only = None,
) -> None:
    """Rows added, removed and changed, by table: exit 0 when there are none, 1 when there are, 2 when a pack cannot be read."""
    tables = _sections(only) if only else ()
    changes = compare(_load(before, trouble=2), _load(after, trouble=2), tables)
    if as_json:
        typer.echo(json.dumps([asdict(change) for change in changes], ensure_ascii=False))
    else:
        for change in changes:
            _print_change(change)
    if changes:
        raise typer.Exit(1)


def _print_change(change: Change) -> None:
    name = change.row.get("name_cn", "")
    sign = {"added": "+", "removed": "-", "changed": "~"}[change.kind]
    typer.echo(f"{sign} {change.table} {change.key}" + (f" {name}" if name else ""))
    for column, (old, new) in change.changed.items():
        typer.echo(f"    {column}: {old or '(empty)'} -> {new or '(empty)'}")


def _sections(only: list[str]) -> tuple[str, ...]:
    unknown = [word for word in only if word not in SECTIONS]
    if unknown:
        typer.echo(f"--only {unknown[0]!r} is not one of {', '.join(SECTIONS)}", err=True)
        raise typer.Exit(2)
    return tuple(only) or tuple(SECTIONS)


def _load(name: str, trouble: int = 1) -> Plan:
    try:
        return load_plan(name)
    except Problems as error:
        _stop(error, trouble)


def _stop(error: Problems, code: int) -> NoReturn:
    for fault in error.problems:
        typer.echo(fault, err=True)
    raise typer.Exit(code)


def _faults_said(found: list[str]) -> str:
    return f"{len(found)} fault{'s' if len(found) > 1 else ''}"


def _held(plan: Plan) -> dict[str, object]:
    return {**_summary(plan), "hints": hints_of(plan)}


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
        "areas": len(plan.areas),
        "targets": len(plan.targets),
        "indicators": len(plan.indicators),
        "projects": len(plan.projects),
        "tasks": len(plan.tasks),
        "duties": len(plan.report_duties),
        "departments": len(plan.departments),
        "responsibilities": len(plan.responsibilities),
        "thresholds": len(plan.rules.thresholds),
        "factor_choices": len(plan.factor_choices),
    }


def _said(plan: Plan) -> str:
    summary = _summary(plan)
    keys = ("areas", "targets", "indicators", "projects", "tasks", "duties", "departments", "responsibilities", "thresholds")
    counts = ", ".join(f"{summary[key]} {key.replace('_', ' ')}" for key in keys)
    return f"sound; {plan.first_year}-{plan.last_year} on {plan.base_year}, {plan.status}; {counts}"
