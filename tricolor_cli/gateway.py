"""`tricolor gateway`: accounts of gateways at the broker."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tricolor.config import Settings, host_port
from tricolor.domain.gateways import Gateway
from tricolor.domain.intervals import iso
from tricolor_cli.brokers import gateway_accounts, own_accounts
from tricolor_cli.common import AsJson, Data, now_us, open_ledger, settings_at, who

gateway_app = typer.Typer(help="网关 · Accounts of gateways at the broker: init, add, rotate, revoke, list.", no_args_is_help=True)

Enterprise = Annotated[str, typer.Argument(help="单位编号 · id of the entity in the registry")]
Mqtt = Annotated[str | None, typer.Option("--mqtt", help="MQTT 地址 · any mosquitto with dynamic security, host:port (TRICOLOR_MQTT)")]
Name = Annotated[str, typer.Argument(metavar="GATEWAY", help="网关名 · name of the gateway, as in its topic")]


@gateway_app.command("init")
def init(mqtt: Mqtt = None, data: Data = None) -> None:
    """建立采集服务自己的账号，可重复执行 · Give the intake (TRICOLOR_MQTT_USERNAME and _PASSWORD) its account and rights at a mosquitto with dynamic
    security, and simulated devices theirs when SIMULATORS_MQTT_PASSWORD is set. Safe to repeat: it sets passwords and rights to what they are now."""
    settings = _settings(data, mqtt)
    for account in own_accounts(settings, os.environ.get("SIMULATORS_MQTT_PASSWORD", "")):
        typer.echo(f"账号 account {account}")


@gateway_app.command("add")
def add(enterprise: Enterprise, gateway: Name, mqtt: Mqtt = None, as_json: AsJson = False, data: Data = None) -> None:
    """为网关建账号，密码只显示这一次 · Give a gateway an account. It may write its own topics only; the password is shown this once."""
    settings = _settings(data, mqtt)
    with open_ledger(settings) as ledger:
        made, password = gateway_accounts(settings, ledger).add(enterprise, gateway, who(), now_us())
    _show_secret(made, password, settings.mqtt, as_json)


@gateway_app.command("rotate")
def rotate(enterprise: Enterprise, gateway: Name, mqtt: Mqtt = None, as_json: AsJson = False, data: Data = None) -> None:
    """换密码，旧密码立即失效 · A new password; whoever is connected with the old one is cut off."""
    settings = _settings(data, mqtt)
    with open_ledger(settings) as ledger:
        changed, password = gateway_accounts(settings, ledger).rotate(enterprise, gateway, who(), now_us())
    _show_secret(changed, password, settings.mqtt, as_json)


@gateway_app.command("revoke")
def revoke(enterprise: Enterprise, gateway: Name, mqtt: Mqtt = None, data: Data = None) -> None:
    """吊销账号并断开连接 · Take the account back; the gateway is disconnected at once."""
    settings = _settings(data, mqtt)
    with open_ledger(settings) as ledger:
        gone = gateway_accounts(settings, ledger).revoke(enterprise, gateway, who(), now_us())
    typer.echo(f"已吊销 revoked {gone.username}")


@gateway_app.command("list")
def list_gateways(
    enterprise: Annotated[str, typer.Option("--enterprise", help="只列这个单位 · only of this entity")] = "",
    mqtt: Mqtt = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """列出账号，吊销的也列 · All accounts, revoked ones too; never their passwords."""
    settings = _settings(data, mqtt)
    with open_ledger(settings) as ledger:
        found = gateway_accounts(settings, ledger).list(enterprise)
    if as_json:
        typer.echo(json.dumps([_shape(g) for g in found], ensure_ascii=False))
        return
    table = Table("单位 entity", "网关 gateway", "用户名 username", "创建 created", "换密 rotated", "吊销 revoked")
    for g in found:
        times = (iso(at)[:19] if at else "" for at in (g.created_at, g.rotated_at, g.revoked_at))
        table.add_row(g.enterprise, g.name, g.username, *times)
    Console().print(table)


def _settings(data: Path | None, mqtt: str | None) -> Settings:
    """With --mqtt over TRICOLOR_MQTT; Misconfigured when it is no address."""
    settings = settings_at(data)
    if mqtt is None:
        return settings
    host_port(mqtt, "--mqtt")
    return settings.model_copy(update={"mqtt": mqtt})


def _show_secret(gateway: Gateway, password: str, mqtt: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**_shape(gateway), "password": password}, ensure_ascii=False))
        return
    typer.echo(password)
    typer.echo(f"用户名 username {gateway.username} · MQTT {mqtt} · 密码只显示这一次 the password is shown this once", err=True)
    typer.echo(f"主题 topic tricolor/v1/{gateway.username}/readings", err=True)


def _shape(gateway: Gateway) -> dict[str, object]:
    return {
        "enterprise": gateway.enterprise, "gateway": gateway.name, "username": gateway.username, "created_at": iso(gateway.created_at),
        "rotated_at": iso(gateway.rotated_at) if gateway.rotated_at else None,
        "revoked_at": iso(gateway.revoked_at) if gateway.revoked_at else None,
    }  # fmt: skip
