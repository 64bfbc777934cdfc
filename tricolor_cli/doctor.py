"""`tricolor doctor`: what of the surroundings works, and how to mend what does not."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.catalogue.plans.beside import load_plan_beside, names_in
from tricolor.config import Settings
from tricolor.domain.errors import TricolorError
from tricolor_cli.common import now_us
from tricolor_cli.doctor_broker import Finding, look_at_broker, look_at_quarantine, look_at_sessions
from tricolor_cli.doctor_bulletins import look_at_bulletins
from tricolor_cli.doctor_channels import look_at_channels
from tricolor_cli.doctor_sms import look_at_sms

LOW_DISK_BYTES = 2 * 1024**3
Look = Callable[[], list[Finding]]


def doctor_command(
    data: Annotated[Path | None, typer.Option("--data", help="存储目录 · folder of the embedded stores")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="answer as JSON")] = False,
    broker_config: Annotated[Path | None, typer.Option("--broker-config", help="mosquitto 的配置文件 · the broker's mosquitto.conf")] = None,
) -> None:
    """体检 · Look at the broker, the ledger, the plan pack, the disk and the ways to people. Exit code 1 when something is broken."""
    settings = Settings() if data is None else Settings(data=data)
    looks: dict[str, Look] = {"broker": lambda: look_at_broker(settings, broker_config), **{n: partial(_one, f, settings) for n, f in _LOOKS.items()}}
    looks["quarantine"] = lambda: look_at_quarantine(settings)
    looks["channels"] = lambda: look_at_channels(settings)
    looks["sms"] = lambda: look_at_sms(settings)
    looks["bulletins"] = lambda: look_at_bulletins(settings)
    looks["sessions"] = lambda: look_at_sessions(settings, now_us())
    findings = [finding for name, look in looks.items() for finding in _guarded(name, look)]
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=2))
    else:
        table = Table("项目 what", "状态 state", "说明 detail", "处理 mend")
        for f in findings:
            state = {"ok": "[green]■ ok[/]", "warning": "[yellow]▲ warning[/]", "error": "[red]● error[/]"}[f.state]
            table.add_row(escape(f.what), state, escape(f.detail), escape(f.mend))  # names of tables stand in [brackets]
        Console().print(table)
    if any(f.state == "error" for f in findings):
        raise typer.Exit(1)


def _guarded(name: str, look: Look) -> list[Finding]:
    try:
        return look()
    except TricolorError as error:
        return [Finding(name, "error", str(error), "see the message")]


def _one(look: Callable[[Settings], Finding], settings: Settings) -> list[Finding]:
    return [look(settings)]


def _ledger(settings: Settings) -> Finding:
    ledger = LedgerEngine(settings.ledger)
    try:
        if ledger.is_sqlite and not (settings.data / "ledger.sqlite").exists() and not settings.ledger_url:
            return Finding(
                "ledger", "warning", f"{settings.data}/ledger.sqlite does not exist yet", "run `tricolor up` or `tricolor import registry FILE`"
            )
        ledger.migrate()
        registry = RegistryBookSql(ledger).load()
        if not registry.points:
            return Finding("ledger", "warning", "the registry is empty", "tricolor import registry FILE")
        return Finding("ledger", "ok", f"{len(registry.entities)} entities, {len(registry.points)} points")
    finally:
        ledger.close()


def _plan(settings: Settings) -> Finding:
    plan = load_plan_beside(settings.plan, names_in(settings.plans_beside))
    beside = "".join(f"; beside it {other.id}: {len(other.indicators)} indicators" for other in plan.beside)
    return Finding("plan pack", "ok", f"{plan.id}: {len(plan.targets)} targets, {plan.first_year}-{plan.last_year}, {plan.status}{beside}")


def _disk(settings: Settings) -> Finding:
    folder = settings.data if settings.data.exists() else settings.data.resolve().parent
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK_BYTES:
        return Finding("disk", "warning", f"{free / 1024**3:.1f} GiB free at {folder}", "free some space; intake stops acknowledging when it is full")
    return Finding("disk", "ok", f"{free / 1024**3:.0f} GiB free")


_LOOKS: dict[str, Callable[[Settings], Finding]] = {"ledger": _ledger, "plan pack": _plan, "disk": _disk}
