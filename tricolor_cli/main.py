"""`tricolor`: the one command that composes the services."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from tricolor import __version__
from tricolor.config import Settings
from tricolor.domain.errors import TricolorError
from tricolor_cli.alert import alert_app
from tricolor_cli.backup import backup_command, restore_command
from tricolor_cli.budget import budget_app
from tricolor_cli.bulletin import bulletin_app
from tricolor_cli.contact import contact_app
from tricolor_cli.cp_audit import cp_audit_app
from tricolor_cli.demo import demo_command
from tricolor_cli.doctor import doctor_command
from tricolor_cli.energy import energy_command
from tricolor_cli.exclusion import exclusion_app
from tricolor_cli.explain import explain_command
from tricolor_cli.factor import factor_app
from tricolor_cli.forecast import forecast_app
from tricolor_cli.gateway import gateway_app
from tricolor_cli.items import items_app
from tricolor_cli.key import key_app
from tricolor_cli.link import link_app
from tricolor_cli.logs import configure
from tricolor_cli.meter import meter_app
from tricolor_cli.notify import notify_app
from tricolor_cli.plan import plan_app
from tricolor_cli.project import project_app
from tricolor_cli.quality import quality_command
from tricolor_cli.quarantine import quarantine_app
from tricolor_cli.registry import import_app
from tricolor_cli.simulate import replay_command, simulate_command
from tricolor_cli.spool import spool_app
from tricolor_cli.station import station_app
from tricolor_cli.statistics import statistics_app
from tricolor_cli.store import export_command, store_app
from tricolor_cli.up import run, run_service

app = typer.Typer(
    help="红黄绿用能预警 · Red, yellow and green lights for the energy of a city or park, from the meters up.",
    no_args_is_help=True, add_completion=False, rich_markup_mode="rich",
)  # fmt: skip
app.add_typer(import_app, name="import")
app.add_typer(plan_app, name="plan")
app.add_typer(key_app, name="key")
app.add_typer(link_app, name="link")
app.add_typer(alert_app, name="alert")
app.add_typer(contact_app, name="contact")
app.add_typer(gateway_app, name="gateway")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(items_app, name="items")
app.add_typer(meter_app, name="meter")
app.add_typer(factor_app, name="factor")
app.add_typer(exclusion_app, name="exclusion")
app.add_typer(forecast_app, name="forecast")
app.add_typer(budget_app, name="budget")
app.add_typer(bulletin_app, name="bulletin")
app.add_typer(project_app, name="project")
app.add_typer(cp_audit_app, name="cp-audit")
app.add_typer(station_app, name="station")
app.add_typer(notify_app, name="notify")
app.add_typer(statistics_app, name="statistics")
app.add_typer(store_app, name="store")
app.add_typer(spool_app, name="spool")
app.command("demo")(demo_command)
app.command("energy")(energy_command)
app.command("explain")(explain_command)
app.command("quality")(quality_command)
app.command("doctor")(doctor_command)
app.command("backup")(backup_command)
app.command("restore")(restore_command)
app.command("export")(export_command)
app.command("simulate")(simulate_command)
app.command("replay")(replay_command)

Data = Annotated[Path | None, typer.Option("--data", help="存储目录 · folder of the embedded stores (TRICOLOR_DATA)")]
Http = Annotated[str | None, typer.Option("--http", help="网页与接口地址 · address of wallboard and API, host:port (TRICOLOR_HTTP)")]
Mqtt = Annotated[str | None, typer.Option("--mqtt", help="MQTT 地址 · broker, host:port; started here when nothing answers (TRICOLOR_MQTT)")]


def settings_of(data: Path | None = None, http: str | None = None, mqtt: str | None = None, plan: str | None = None) -> Settings:
    """The environment's settings, with what the command line names put over them."""
    given = {"data": data, "http": http, "mqtt": mqtt, "plan": plan}
    return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


@app.command("up")
def up(
    data: Data = None, http: Http = None, mqtt: Mqtt = None,
    plan: Annotated[str | None, typer.Option("--plan", help="规划包 · plan pack: name or folder (TRICOLOR_PLAN)")] = None,
) -> None:  # fmt: skip
    """一个进程运行全部服务 · Run every service in one process, with a broker beside it. Ctrl-C stops all."""
    settings = settings_of(data, http, mqtt, plan)
    configure(settings.log_level)
    run(settings)


def _service(name: str, help_text: str) -> None:
    def command(data: Data = None, http: Http = None, mqtt: Mqtt = None) -> None:
        settings = settings_of(data, http, mqtt)
        configure(settings.log_level, is_json=True)
        run_service(settings, name)

    command.__doc__ = help_text
    app.command(name)(command)


_service("ingest", "采集服务 · The intake alone: MQTT and POST /v1/readings (server mode).")
_service("accounting", "核算服务 · Settling and accounts alone (server mode).")
_service("alerting", "预警服务 · Rules, alerts and messages alone (server mode).")
_service("api", "接口与大屏 · The API and the wallboard alone (server mode).")


@app.command("version")
def version() -> None:
    """版本 · The version."""
    typer.echo(__version__)


def main() -> None:
    """Entry of the console script: a known error is one clear line and exit code 1, not a traceback."""
    console = Console(stderr=True, highlight=False)
    try:
        app()
    except TricolorError as error:
        console.print(f"[red]●[/] {escape(str(error))}", soft_wrap=True)
        raise SystemExit(1) from None
    except ValidationError as error:
        for fault in error.errors():
            name = "TRICOLOR_" + "_".join(str(part) for part in fault["loc"]).upper()
            shown = "" if "password" in name.lower() or "token" in name.lower() or "secret" in name.lower() else f" ({fault['input']!r})"
            console.print(f"[red]●[/] 设置有误 · setting {name}{escape(shown)}: {escape(fault['msg'])}", soft_wrap=True)
        raise SystemExit(1) from None
