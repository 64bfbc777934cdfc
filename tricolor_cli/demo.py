"""`tricolor demo`: the whole system with a simulated city, in one command."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from simulators.script import CITY, load_city
from tricolor.adapters.broker_admin.accounts import DEVICES, read
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.stations import StationBookSql
from tricolor.adapters.ledger.verdicts import VerdictBookSql
from tricolor.config import Settings
from tricolor.domain.access import KeyKind
from tricolor.domain.lights import Light, Verdict, overall
from tricolor_cli.brokers import ACCOUNTS
from tricolor_cli.city_routing import put_city_routing
from tricolor_cli.logs import configure
from tricolor_cli.registry import import_registry_file
from tricolor_cli.up import Shared, run

console = Console(stderr=True, highlight=False)
KEY_FILE = "demo-key"
STATION_FILE = "demo-stations.json"
HJ212_PORT = 9212
QUALITY_PAUSE_S = 15.0
FORECAST_PAUSE_S = 15.0


def demo_command(
    data: Annotated[Path, typer.Option("--data", help="存储目录 · folder of the demonstration's stores")] = Path("demo-data"),
    http: Annotated[str, typer.Option("--http", help="网页地址 · address of the page, host:port")] = "127.0.0.1:8000",
    mqtt: Annotated[str, typer.Option("--mqtt", help="MQTT 地址 · broker, host:port; started here when nothing answers")] = "127.0.0.1:1883",
    months: Annotated[int | None, typer.Option("--months", help="历史月数 · months of history; default: since January 2025")] = None,
) -> None:
    """演示 · A simulated city of invented enterprises: history through MQTT, then live. A second run goes on. Ctrl-C stops all."""
    log_level = os.environ.get("TRICOLOR_LOG_LEVEL", "WARNING")
    # who watches for five minutes should see today's data quality as it is by then
    settings = Settings(
        data=data,
        http=http,
        mqtt=mqtt,
        hj212=_free_address(),
        quality_pause_s=QUALITY_PAUSE_S,
        forecast_pause_s=FORECAST_PAUSE_S,
        log_level=log_level,
    )
    configure(settings.log_level)

    def ready(common: Shared, stop: threading.Event, stack: ExitStack) -> None:
        report = import_registry_file(common.ledger, CITY / "registry.toml", "demo", time.time_ns() // 1000)
        put_city_routing(common.ledger, CITY, "demo", time.time_ns() // 1000)
        console.print(f"登记表 registry: {len(common.book.load().points)} 个测点 points{'' if report.has_changes else '（未变 unchanged）'}")
        console.print(f"监测站 emission stations: HJ 212, TCP {settings.hj212}")
        city = _start_city(common, months)
        stack.callback(_end, city)
        threading.Thread(target=_watch, args=(common, city, stop), daemon=True).start()

    run(settings, ready)


def _end(city: "subprocess.Popen[bytes]") -> None:
    city.terminate()
    try:
        city.wait(10)
    except subprocess.TimeoutExpired:
        city.kill()


def _start_city(common: Shared, months: int | None) -> "subprocess.Popen[bytes]":
    """The simulated devices as a process of their own; its key travels in the environment, not on the command line."""
    settings = common.settings
    command = [sys.executable, "-m", "simulators.main", "--mqtt", settings.mqtt, "--http", settings.http, "--data", str(settings.data)]
    if months is not None:
        command += ["--months", str(months)]
    environment = {**os.environ, "TRICOLOR_ADMIN_KEY": _demo_key(common), "TRICOLOR_HJ212": settings.hj212}
    environment["TRICOLOR_STATION_KEYS"] = ",".join(f"{mn}={pw}" for mn, pw in _station_keys(common).items())
    if settings.broker_auth == "dynsec" and (accounts := settings.data / ACCOUNTS).exists():
        environment |= {"TRICOLOR_MQTT_USERNAME": DEVICES, "TRICOLOR_MQTT_PASSWORD": read(accounts).devices}
    return subprocess.Popen(command, env=environment, start_new_session=True)


def _demo_key(common: Shared) -> str:
    """The simulator's key, kept in the demonstration's folder (mode 0600) for the next run."""
    path = common.settings.data / KEY_FILE
    if path.exists():
        token = path.read_text(encoding="utf-8").strip()
        if common.keys.find(token) is not None:
            return token
    _, token = common.keys.create(KeyKind.ADMIN, "", "demo simulator", time.time_ns() // 1000)
    _keep(path, token)
    return token


def _station_keys(common: Shared) -> dict[str, str]:
    """PW by MN of the city's emission stations, made at the first run and kept like the simulator's key."""
    path, book, now = common.settings.data / STATION_FILE, StationBookSql(common.ledger), time.time_ns() // 1000
    held: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known = {station.mn: station for station in book.list() if station.revoked_at is None}
    keys: dict[str, str] = {}
    for row in load_city().script.stations:
        pw, mine = held.get(row.mn, ""), known.get(row.mn)
        if mine is not None and not (pw and mine.knows(pw)):
            book.revoke(row.mn, "demo", now)
            mine = None
        keys[row.mn] = pw if mine is not None else book.add(row.mn, row.entity, pw, "demo", "demo", now)[1]
    _keep(path, json.dumps(keys))
    return keys


def _keep(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _free_address() -> str:
    """Where the demonstration's stations send: the usual port, one after it where that is taken. Only this machine is served."""
    for port in (*range(HJ212_PORT, HJ212_PORT + 20), 0):
        with socket.socket() as found:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                found.bind(("127.0.0.1", port))
            except OSError:
                continue
            return f"127.0.0.1:{found.getsockname()[1]}"
    return ""


def _watch(common: Shared, city: "subprocess.Popen[bytes]", stop: threading.Event) -> None:
    """Say when the lights are on, and when the city dies."""
    began, told = time.monotonic(), False
    verdicts, alerts = VerdictBookSql(common.ledger), AlertBookSql(common.ledger)
    while not stop.wait(1.0):
        code = city.poll()
        if code not in (None, 0):
            console.print(f"[red]● 模拟城市已退出 · the simulated city ended with code {code}, see above; the page stays up[/]")
            return
        if told:
            continue
        by_unit: dict[str, list[Verdict]] = {}
        for verdict in verdicts.current():
            by_unit.setdefault(verdict.entity, []).append(verdict)
        lights = [overall(mine).value for mine in by_unit.values()]
        # before the bureau's figures are in, no area has a light of its own
        is_judged = any(v.rule == "pace" and v.light is not Light.GREY for mine in by_unit.values() for v in mine)
        if is_judged and {"red", "yellow", "green"} <= set(lights):
            told = True
            shown = {name: lights.count(name) for name in ("red", "orange", "yellow", "green", "grey")}
            open_alerts = len(alerts.page("open", (), 200, None))
            oranges = f"[dark_orange]◆ {shown['orange']} 橙[/] " if shown["orange"] else ""
            console.print(
                f"[bold]灯已亮 · the lights are on[/] after {time.monotonic() - began:.0f} s: [red]● {shown['red']} 红[/] "
                f"{oranges}[yellow]▲ {shown['yellow']} 黄[/] [green]■ {shown['green']} 绿[/] ◌ {shown['grey']} 灰; "
                f"{open_alerts} 条未恢复告警 open alerts · [bold]{common.settings.base_url}/[/]"
            )
