"""`tricolor notify`: the ways to people that are set, and a test message that is really sent."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from alerting.messages import render
from tricolor.adapters.ledger.channel_states import ChannelState, ChannelStatesSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.routing import RoutingBookSql
from tricolor.channel_settings import ChannelLine, ChannelSettings, host_of, load_channels, permission_warning
from tricolor.config import Settings
from tricolor.domain.alerts import Why
from tricolor.domain.delivery import Accepted, Answer
from tricolor.domain.errors import Refused
from tricolor.domain.intervals import DAY_US, iso
from tricolor.domain.lights import SEVERITY, Light
from tricolor.domain.notifications import DUTY, Matter, Recipient
from tricolor.domain.roster import Address
from tricolor.domain.routing import EMAIL, PHONE
from tricolor.ports import Outgoing
from tricolor.ports_alerting import Channel
from tricolor_cli.brokers import as_intake
from tricolor_cli.common import AsJson, Data, now_us, open_ledger, settings_at

notify_app = typer.Typer(help="通知渠道 · Ways to people: what is set, and a test message.", no_args_is_help=True)
NAMED: Final = {"webhook": "webhooks", "apprise": "apprise"}  # channels whose addresses are names in the file
DIRECT: Final = ("inbox", "sms", "mail", "voice", "mqtt")
ROBOTS: Final = ("wecom", "dingtalk", "feishu")
WAITING: Final = ("queued", "sending")
ARRIVED: Final = ("accepted", "handed_over", "delivered")
LOST: Final = ("dead", "undelivered")


@notify_app.command("channels")
def channels_command(as_json: AsJson = False, data: Data = None) -> None:
    """已配置的渠道及近 24 小时情况，不显示密钥 · The channels that are set and how they fared in 24 hours; no secret is shown."""
    settings = settings_at(data)
    lines = channel_lines(settings, load_channels(settings.channels))
    with open_ledger(settings) as ledger:
        states = ChannelStatesSql(ledger).states(now_us() - DAY_US)
    warning = permission_warning(settings.channels)
    if as_json:
        shapes = [asdict(line) | {"last_24_h": _shape(states.get(line.channel, ChannelState()))} for line in lines]
        typer.echo(json.dumps({"channels": shapes, "warning": warning}, ensure_ascii=False, indent=2))
        return
    table = Table(
        "渠道", Column("地址 address", overflow="fold"), Column("去向 where", overflow="fold"), "签名", "24 h 成功/等待/失败 ok/waiting/lost",
        "最近成功 last ok", Column("最近问题 last fault", overflow="fold"),
    )  # fmt: skip
    for line in lines:
        state = states.get(line.channel, ChannelState())
        counts = "/".join(str(sum(state.messages.get(name, 0) for name in names)) for names in (ARRIVED, WAITING, LOST))
        fault = f"{iso(state.failed_at)[:16]} {state.fault}" if state.failed_at else ""
        taken = iso(state.accepted_at)[:16] if state.accepted_at else "—"
        table.add_row(line.channel, line.address, escape(line.where), "■" if line.is_signed else "—", counts, taken, escape(fault))
    Console().print(table)
    if settings.channels is None:
        typer.echo("只有内置信箱：用 TRICOLOR_CHANNELS 指定渠道文件 · Only the inbox: name a file with TRICOLOR_CHANNELS (docs/alerts-channels.md)")
    if warning:
        typer.echo(f"▲ {warning}", err=True)


@notify_app.command("test")
def test_command(
    to: Annotated[
        str, typer.Option("--to", help="联系人编号，或 渠道:地址 · a contact's id, or channel:address, e.g. robot:energy-duty, mail:a@b.cn")
    ],
    channel: Annotated[str, typer.Option("--channel", help="只用联系人的这一渠道 · of a contact's channels only this one")] = "",
    light: Annotated[str, typer.Option("--light", help="red, orange, yellow, green")] = "yellow",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """真实发送一条标明“测试”的消息，显示对方答复 · Really send a message marked 测试 and show the answer. Exit code 1 when one failed."""
    if light not in [each.value for each in SEVERITY if each is not Light.GREY]:
        raise Refused(f"--light 为 red、orange、yellow 或 green · {light!r} is none of red, orange, yellow, green")
    from alerting.main import build_channels  # noqa: PLC0415 - it brings pandas, which the intake's command must not hold

    settings = settings_at(data)
    chosen = load_channels(settings.channels)
    with open_ledger(settings) as ledger:
        wanted = addresses(to, channel, settings, chosen, ledger)
        made = {each.channel: each for each in build_channels(as_intake(settings), chosen, ledger)}
        answers = [(each, _send(made, each, Light(light), settings, chosen)) for each in wanted]
    if as_json:
        typer.echo(json.dumps([_told(place, answer) for place, answer in answers], ensure_ascii=False, indent=2))
    else:
        for place, answer in answers:
            typer.echo(_sentence(place, answer))
    if any(not isinstance(answer, Accepted) for _, answer in answers):
        raise typer.Exit(1)


def channel_lines(settings: Settings, chosen: ChannelSettings) -> list[ChannelLine]:
    """What is set, the inbox and the webhook of the environment too."""
    lines = [ChannelLine("inbox", "", f"{settings.base_url}/inbox", True)]
    if settings.webhook_url and "default" not in chosen.webhooks:
        lines.append(ChannelLine("webhook", "webhook:default", host_of(settings.webhook_url), bool(settings.webhook_secret.get_secret_value())))
    return [*lines, *chosen.describe()]


def addresses(to: str, channel: str, settings: Settings, chosen: ChannelSettings, ledger: LedgerEngine) -> list[Recipient]:
    """Where a test goes: channel:address as it is written, else the addresses of a contact. Refused in words when there are none."""
    kind, colon, address = to.partition(":")
    if not colon:
        return _of_contact(to, channel, ledger)
    if kind in ("robot", *ROBOTS):
        robot = chosen.robots.get(address)
        if robot is None or kind not in ("robot", robot.kind):
            raise Refused(f"没有机器人 {address!r} · there is no such robot; there are: {_named(chosen.robots)}")
        return [Recipient(robot.kind, f"robot:{address}", to)]
    names = {"webhook": [*chosen.webhooks, *(["default"] if settings.webhook_url else [])], "apprise": list(chosen.apprise)}
    if kind in NAMED:
        if address not in names[kind]:
            raise Refused(f"[{NAMED[kind]}] 中没有 {address!r} · there is no such name; there are: {_named(names[kind])}")
        return [Recipient(kind, to, to)]
    if kind not in DIRECT:
        raise Refused(f"没有渠道 {kind!r} · there is no such channel; write one of robot, {', '.join((*NAMED, *DIRECT))}, or a contact's id")
    return [Recipient(kind, address, to)]


def _of_contact(contact_id: str, channel: str, ledger: LedgerEngine) -> list[Recipient]:
    if contact_id == DUTY:
        return [Recipient("inbox", DUTY, DUTY)]
    contact = RegistryBookSql(ledger).load().contacts.get(contact_id)
    if contact is None:
        raise Refused(f"没有联系人 {contact_id!r} · there is no such contact in the registry; for an address write channel:address")
    own = {PHONE: contact.phone, EMAIL: contact.email}

    def value(address: Address) -> str:
        return own.get(address.address, address.address)

    entered = [kept.entry for kept in RoutingBookSql(ledger).load(now_us()).addresses if kept.entry.contact == contact_id]
    found = [Recipient(a.channel, value(a), contact_id) for a in sorted(entered, key=lambda a: a.place) if a.is_on and value(a)]
    if not any(a.channel == "inbox" for a in entered):
        found.append(Recipient("inbox", contact_id, contact_id))
    wanted = [each for each in found if channel in ("", each.channel)]
    if not wanted:
        has = "、".join(dict.fromkeys(each.channel for each in found))
        raise Refused(f"{contact_id} 没有渠道 {channel!r} 的地址 · has no address there, only: {has}; `tricolor contact` enters one")
    return wanted


def _send(made: dict[str, Channel], to: Recipient, light: Light, settings: Settings, chosen: ChannelSettings) -> Answer:
    if to.channel not in made:
        raise Refused(f"渠道 {to.channel} 没有配置 · the channel is not set in TRICOLOR_CHANNELS; `tricolor notify channels` lists what is")
    at = now_us()
    matter = Matter(
        0, Why.OPENED, light, "", "渠道测试", "channel test", "test", "测试消息", "test message", "", "这是测试消息，不需要处理",
        "this is a test message, nothing is to be done", at, settings.base_url,
    )  # fmt: skip
    signature = chosen.sms.sign_name if chosen.sms is not None else ""
    draft = render(to.channel, [matter], to, lang=chosen.language, signature=signature, is_test=True)
    payload = {**draft.payload, "test": True}
    # no row of the outbox: the time is its number, which no row has
    return made[to.channel].send(Outgoing(at, to.channel, to.address, draft.title, draft.text, matter.why, light, payload, 1, 0, to.recipient))


def _told(to: Recipient, answer: Answer) -> dict[str, object]:
    is_taken = isinstance(answer, Accepted)
    return {"to": to.recipient, "channel": to.channel, "address": to.address, "answer": "accepted" if is_taken else "failed", **asdict(answer)}


def _sentence(to: Recipient, answer: Answer) -> str:
    place = f"{to.channel} {to.address}"
    if isinstance(answer, Accepted):
        return f"■ {place}: {answer.state} {answer.receipt}".rstrip()
    wait = f"，{answer.wait_s:.0f} s 后再试 again then" if answer.wait_s else ""
    return f"● {place}: {answer.kind} {answer.code}{wait} — {answer.detail}"


def _shape(state: ChannelState) -> dict[str, object]:
    taken, failed = (iso(at) if at else None for at in (state.accepted_at, state.failed_at))
    return {"messages": dict(state.messages), "accepted_at": taken, "failed_at": failed, "fault": state.fault}


def _named(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "无 none"
