"""`tricolor doctor`: what of the surroundings works, and how to mend what does not."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.sources.broker import answers, find_mosquitto
from tricolor.catalogue.plans import load_plan
from tricolor.config import Settings, host_port
from tricolor.domain.errors import TricolorError

LOW_DISK_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. state: ok | warning | error; mend: what to do ("" when ok)."""

    what: str
    state: str
    detail: str
    mend: str = ""


def doctor_command(
    data: Annotated[Path | None, typer.Option("--data", help="存储目录 · folder of the embedded stores")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="answer as JSON")] = False,
) -> None:
    """体检 · Look at the broker, the ledger, the plan pack and the disk. Exit code 1 when something is broken."""
    settings = Settings() if data is None else Settings(data=data)
    findings = [_guarded(name, look, settings) for name, look in _LOOKS.items()]
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=2))
    else:
        table = Table("项目 what", "状态 state", "说明 detail", "处理 mend")
        for f in findings:
            table.add_row(f.what, {"ok": "[green]■ ok[/]", "warning": "[yellow]▲ warning[/]", "error": "[red]● error[/]"}[f.state], f.detail, f.mend)
        Console().print(table)
    if any(f.state == "error" for f in findings):
        raise typer.Exit(1)


def _guarded(name: str, look: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return look(settings)
    except TricolorError as error:
        return Finding(name, "error", str(error), "see the message")


def _broker(settings: Settings) -> Finding:
    host, port = host_port(settings.mqtt, "TRICOLOR_MQTT")
    if answers(host, port):
        return Finding("broker", "ok", f"{settings.mqtt} answers")
    if find_mosquitto() is not None:
        return Finding("broker", "ok", f"nothing answers at {settings.mqtt}; `tricolor up` starts {find_mosquitto()}")
    return Finding("broker", "warning", f"nothing answers at {settings.mqtt} and mosquitto is missing", "apt install mosquitto, or set TRICOLOR_MQTT")


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
    plan = load_plan(settings.plan)
    return Finding("plan pack", "ok", f"{plan.id}: {len(plan.targets)} targets, {plan.first_year}-{plan.last_year}, {plan.status}")


def _disk(settings: Settings) -> Finding:
    folder = settings.data if settings.data.exists() else settings.data.resolve().parent
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK_BYTES:
        return Finding("disk", "warning", f"{free / 1024**3:.1f} GiB free at {folder}", "free some space; intake stops acknowledging when it is full")
    return Finding("disk", "ok", f"{free / 1024**3:.0f} GiB free")


_LOOKS: dict[str, Callable[[Settings], Finding]] = {"broker": _broker, "ledger": _ledger, "plan pack": _plan, "disk": _disk}
