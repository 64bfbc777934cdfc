"""`tricolor station`: the stations that may send HJ 212, and their keys."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from tricolor.adapters.ledger.stations import StationBookSql
from tricolor.domain.intervals import iso
from tricolor.domain.stations import Station
from tricolor_cli.common import AsJson, Data, now_us, open_ledger, settings_at, who

station_app = typer.Typer(help="监测站 · Stations that send HJ 212: add, list, revoke.", no_args_is_help=True)
Mn = Annotated[str, typer.Argument(metavar="MN", help="设备唯一标识 · device id (MN) as the station shows it")]


@station_app.command("add")
def add(
    mn: Mn,
    entity: Annotated[str, typer.Option("--entity", help="单位编号 · id of the entity whose points it measures")],
    pw: Annotated[
        str, typer.Option("--pw", help="站上已设的密码；不给则生成 · the key (PW) that the station has; without it a new one is made")
    ] = "",
    label: Annotated[str, typer.Option("--label", help="名称 · what it is called, for the list")] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """登记一个监测站，密码只显示这一次 · Let a station in. Its key is shown this once; set it at the station as PW."""
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        made, key = StationBookSql(ledger).add(mn, entity, pw, label, who(), now_us())
    if as_json:
        typer.echo(json.dumps({**_shape(made), "pw": key}, ensure_ascii=False))
        return
    typer.echo(key)
    where = settings.hj212 or "TRICOLOR_HJ212 未设置，监听未开 is not set, so nothing listens"
    typer.echo(f"MN {made.mn} · {made.enterprise} · TCP {where} · 密码 PW 只显示这一次 is shown this once", err=True)


@station_app.command("list")
def list_stations(
    entity: Annotated[str, typer.Option("--entity", help="只列这个单位 · only of this entity")] = "", as_json: AsJson = False, data: Data = None
) -> None:
    """列出监测站，吊销的也列 · All stations, revoked ones too; never their keys."""
    with open_ledger(settings_at(data)) as ledger:
        found = StationBookSql(ledger).list(entity)
    if as_json:
        typer.echo(json.dumps([_shape(station) for station in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("还没有监测站，用 tricolor station add MN --entity 单位 登记 · no station yet: `tricolor station add MN --entity ID`", err=True)
        return
    table = Table(Column("MN", overflow="fold", no_wrap=True), "单位 entity", "名称 label", "登记 added", "吊销 revoked")
    for station in found:
        times = (iso(at)[:19] if at else "" for at in (station.created_at, station.revoked_at))
        table.add_row(station.mn, station.enterprise, station.label, *times)
    Console().print(table)


@station_app.command("revoke")
def revoke(mn: Mn, data: Data = None) -> None:
    """吊销，十秒内断开 · Take a station's key back; within ten seconds nothing more is taken from it."""
    with open_ledger(settings_at(data)) as ledger:
        gone = StationBookSql(ledger).revoke(mn, who(), now_us())
    typer.echo(f"已吊销 revoked {gone.mn}")


def _shape(station: Station) -> dict[str, object]:
    return {
        "mn": station.mn, "enterprise": station.enterprise, "label": station.label, "created_at": iso(station.created_at),
        "revoked_at": iso(station.revoked_at) if station.revoked_at else None,
    }  # fmt: skip
