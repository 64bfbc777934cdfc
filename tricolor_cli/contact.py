"""`tricolor contact address`: where contacts are told, by which channel, from which light on."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tricolor.adapters.ledger.routing import AddressDeskSql
from tricolor.domain.errors import Refused
from tricolor.domain.intervals import iso
from tricolor.domain.lights import Light
from tricolor.domain.roster import Address
from tricolor_cli.alert_desk import configured
from tricolor_cli.common import AsJson, Data, now_us, open_ledger, settings_at, who

contact_app = typer.Typer(help="联系人 · Contacts.", no_args_is_help=True)
address_app = typer.Typer(help="联系人的通知地址 · Addresses of contacts.", no_args_is_help=True)
contact_app.add_typer(address_app, name="address")
By = Annotated[str, typer.Option("--who", help="由谁 · who; default who gives the command")]


@address_app.command("add")
def add(
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="联系人编号 · id of the contact")],
    channel: Annotated[str, typer.Option("--channel", help="渠道 · inbox, sms, mail, wecom, …; `tricolor notify channels` lists them")],
    address: Annotated[str, typer.Option("--address", help="号码、邮箱或引用 · a number, a mail address, @phone or @email for the registry's")] = "",
    least_light: Annotated[str, typer.Option("--from-light", help="从哪一级起 · from which light on: yellow, orange, red")] = "yellow",
    place: Annotated[int, typer.Option("--order", help="顺序 · its place among the contact's addresses")] = 0,
    off: Annotated[bool, typer.Option("--off", help="停用该地址 · keep it, but tell nothing there")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="渠道尚未配置也登记 · also where the channel is not configured yet")] = False,
    by: By = "",
    data: Data = None,
) -> None:
    """登记或修改一个地址；同样的再登记一次不变 · Enter or change an address. The same twice changes nothing."""
    if least_light not in ("yellow", "orange", "red"):
        raise Refused(f"--from-light 为 yellow、orange 或 red · {least_light!r} is not yellow, orange or red")
    value = address or {"inbox": contact, "sms": "@phone", "voice": "@phone", "mail": "@email"}.get(channel, "")
    if not value:
        raise Refused(f"请给出 --address · channel {channel!r} needs --address")
    settings = settings_at(data)
    ways = configured(settings)
    wrong = ("", "") if ways is None or off else ways.fault(channel, value)
    if wrong[0] and not anyway:
        raise Refused(f"{wrong[0]}；仍要登记请加 --anyway · {wrong[1]}; --anyway enters it all the same")
    with open_ledger(settings) as ledger:
        kept = AddressDeskSql(ledger).put(Address(contact, channel, value, Light(least_light), not off, place), by or who(), now_us())
    typer.echo(f"已登记 entered: {kept.id} {contact} {channel} {kept.entry.address}{' （停用 off）' if off else ''}")
    if wrong[0]:
        typer.echo(f"▲ {wrong[0]} · {wrong[1]}；配好之前改发信箱 · until then the inbox is told", err=True)


@address_app.command("list")
def list_addresses(
    contact: Annotated[str, typer.Argument(metavar="[CONTACT]", help="联系人编号 · id of the contact; default all")] = "",
    every: Annotated[bool, typer.Option("--all", help="停用的历史也列 · also what no longer counts")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """列出地址；没有登记地址的联系人只收到网页上的信箱 · Addresses. Who has none is told in the inbox of the page."""
    with open_ledger(settings_at(data)) as ledger:
        found = [k for k in AddressDeskSql(ledger).history(contact) if every or k.ended_at is None]
    if as_json:
        shapes = [
            {
                "id": k.id, "contact": k.entry.contact, "channel": k.entry.channel, "address": k.entry.address, "from_light": k.entry.least_light,
                "is_on": k.entry.is_on, "order": k.entry.place, "by": k.by, "at": iso(k.at),
                "ended_at": None if k.ended_at is None else iso(k.ended_at), "ended_by": k.ended_by,
            }
            for k in found
        ]  # fmt: skip
        typer.echo(json.dumps(shapes, ensure_ascii=False))
        return
    if not found:
        typer.echo("还没有登记地址，通知只到网页信箱 · no address yet: everybody is told in the inbox of the page only", err=True)
        return
    table = Table("编号 id", "联系人 contact", "渠道 channel", "地址 address", "自何级 from", "顺序 order", "启用 on", "登记 by", "停用 ended")
    for k in found:
        ended = f"{iso(k.ended_at)[:16]} {k.ended_by}" if k.ended_at is not None else ""
        e, is_on = k.entry, "是" if k.entry.is_on else "否"
        table.add_row(str(k.id), e.contact, e.channel, e.address, e.least_light.value, str(e.place), is_on, f"{iso(k.at)[:16]} {k.by}", ended)
    Console().print(table)


@address_app.command("remove")
def remove(
    number: Annotated[int, typer.Argument(metavar="ID", help="编号 · number, as `tricolor contact address list` tells it")],
    by: By = "",
    data: Data = None,
) -> None:
    """移除一个地址，记录保留；移除两次不变 · Remove an address; the record stays. Twice changes nothing."""
    with open_ledger(settings_at(data)) as ledger:
        gone = AddressDeskSql(ledger).remove(number, by or who(), now_us())
    typer.echo(f"已移除 removed: {gone.id} {gone.entry.contact} {gone.entry.channel} {gone.entry.address}")
