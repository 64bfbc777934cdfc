"""`tricolor simulate` and `tricolor replay`: devices for those who have none at hand."""

import json
import math
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from simulators.answers import Answers
from simulators.faults import KINDS, fault_of
from simulators.main import admin_key, serve
from simulators.profiles import profiles
from simulators.publish import Broker, BrokerSilent
from simulators.replay import DEFAULT_BATCH, Summary, Target, load, replay, shuffled
from simulators.script import CITY, load_city
from simulators.town import HEARTBEAT_S, Options
from tricolor.config import Settings

_error = Console(stderr=True)


def simulate_command(
    mqtt: Annotated[str, typer.Option(help="MQTT 服务器 broker, host:port; default TRICOLOR_MQTT")] = "",
    http: Annotated[str, typer.Option(help="接口地址 the API, host:port; default TRICOLOR_HTTP")] = "",
    key_file: Annotated[Path | None, typer.Option(help="管理密钥文件 file with an admin key; default: the variable TRICOLOR_ADMIN_KEY")] = None,
    data: Annotated[Path | None, typer.Option(help="状态文件夹 folder of simulator-state.json; default TRICOLOR_DATA")] = None,
    city: Annotated[Path, typer.Option(help="城市文件夹 folder with registry.toml and script.toml")] = CITY,
    months: Annotated[int | None, typer.Option(min=1, help="历史月数 months of history; default: all since 2025-01")] = None,
    live: Annotated[bool, typer.Option(help="历史之后转实时 go on live after the history")] = True,
    figures: Annotated[bool, typer.Option(help="报送 GDP、产量等 submit GDP, value added and output; needs an admin key")] = True,
    seed: Annotated[int | None, typer.Option(help="随机种子 other numbers than the script's")] = None,
    heartbeat: Annotated[float, typer.Option(min=1.0, help="实时读数间隔秒 seconds between live readings")] = HEARTBEAT_S,
    speed: Annotated[float, typer.Option(min=1.0, help="加速倍数 play the last --rewind hours this many times faster")] = 1.0,
    rewind: Annotated[float, typer.Option(min=0.0, help="加速播放的小时数 hours of history to play instead of back-filling them")] = 0.0,
    fault: Annotated[list[str] | None, typer.Option(help=f"故障注入 KIND:POINT, KIND one of {', '.join(KINDS)}; may be repeated")] = None,
) -> None:
    """模拟一座城市：先回放历史，再实时上报 · Simulate a city of meters: publish its history over MQTT, then stay live."""
    settings = Settings()
    key = admin_key(key_file, os.environ) if figures else ""
    if figures and not key:
        _error.print("没有管理密钥：设置 TRICOLOR_ADMIN_KEY 或 --key-file，或用 --no-figures")
        _error.print("no admin key: set TRICOLOR_ADMIN_KEY, give --key-file, or use --no-figures")
        raise typer.Exit(2)
    try:
        whole = load_city(city, seed)
        faults = dict(fault_of(text, whole.script.seed) for text in fault or [])
        if unknown := set(faults) - set(whole.points):
            raise ValueError(f"no such point: {', '.join(sorted(unknown))}")
    except (OSError, ValueError) as error:
        _error.print(str(error), markup=False)
        raise typer.Exit(2) from error
    secret = settings.mqtt_password.get_secret_value()
    options = Options(months, live, heartbeat, speed, rewind * 3600.0, settings.mqtt_username, secret, faults)
    raise typer.Exit(serve(mqtt or settings.mqtt, (http or settings.http) if figures else "", key, data or settings.data, options, whole))


def replay_command(
    file: Annotated[Path, typer.Argument(help="CSV 文件，可为 gzip · CSV file, may be gzipped")],
    enterprise: Annotated[str, typer.Option(help="企业编号 id of the enterprise")],
    gateway: Annotated[str, typer.Option(help="网关 gateway")],
    point: Annotated[str, typer.Option(help="测点编号 id of the point, of kind delta")],
    profile: Annotated[str, typer.Option(help=f"列的含义 what the columns mean: {', '.join(profiles())}")] = "delta",
    mqtt: Annotated[str, typer.Option(help="MQTT 服务器 broker, host:port; default TRICOLOR_MQTT")] = "",
    speed: Annotated[str, typer.Option(help="速度 seconds of the file per second, or max")] = "max",
    shuffle: Annotated[int | None, typer.Option(help="打乱顺序的种子 send in an order drawn from this seed")] = None,
    batch: Annotated[int, typer.Option(min=1, help="每条消息的读数 readings a message")] = DEFAULT_BATCH,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON 摘要 print the summary as JSON")] = False,
) -> None:
    """经 MQTT 回放区间电量 CSV · Publish a CSV of interval energy over MQTT. Exit code 1 when the broker did not confirm all of it."""
    settings = Settings()
    try:
        pace = math.inf if speed == "max" else float(speed)
        broker = Broker.of(mqtt or settings.mqtt, settings.mqtt_username, settings.mqtt_password.get_secret_value())
        series = load(file, profile)
        if shuffle is not None:
            series = shuffled(series, shuffle)
        with Answers(broker, enterprise, gateway) as answers:
            done = replay(series, Target(enterprise, gateway, point), broker, batch=batch, speed=pace)
            answers.wait_until_quiet()
    except BrokerSilent as error:
        _error.print(str(error), markup=False)
        raise typer.Exit(1) from error
    except (OSError, ValueError) as error:
        _error.print(f"{file}: {error}", markup=False)
        raise typer.Exit(2) from error
    _tell(done, answers, as_json)
    raise typer.Exit(0 if done.is_complete and not answers.rejected else 1)


def _tell(done: Summary, answers: Answers, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**done.as_json(), "rejected": answers.rejected, "reasons": dict(answers.reasons)}, ensure_ascii=False))
        return
    typer.echo(f"已发布 {done.published} 条，代理确认 {done.acknowledged} 条；published {done.published}, acknowledged {done.acknowledged}")
    typer.echo(f"{done.first} … {done.last}")
    if answers.rejected:
        typer.echo(f"● 后端拒收 {answers.rejected} 条，已存入隔离区；rejected by the backend and kept in quarantine: {answers.rejected}", err=True)
        for reason, detail in answers.details.items():
            typer.echo(f"  {reason}: {detail}", err=True)
