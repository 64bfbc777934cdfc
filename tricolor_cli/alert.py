"""`tricolor alert route|silence`: who would be told and why; what is held, by whom, until when."""

import json
import re
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from alerting.rules import rule_names, said_rule
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.silences import SilenceDeskSql
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.intervals import DAY_US, HOUR_US, MINUTE_US, iso
from tricolor.domain.lights import Light
from tricolor.domain.roster import moment_of
from tricolor.domain.routing import RouteStep
from tricolor.domain.suppression import Matcher, Silence, SilenceKind, SilenceRow, Subject, wrong_with
from tricolor_cli.alert_desk import router_of
from tricolor_cli.common import AsJson, Data, now_us, open_ledger, settings_at, who
from tricolor_cli.deliveries import deliveries_command
from tricolor_cli.roster import roster_app

alert_app = typer.Typer(help="预警去向 · Where alerts go: preview, silences, roster.", no_args_is_help=True)
silence_app = typer.Typer(help="静默与检修窗口 · Silences and maintenance windows.", no_args_is_help=True)
alert_app.add_typer(silence_app, name="silence")
alert_app.add_typer(roster_app, name="roster")
alert_app.command("deliveries")(deliveries_command)
SHOWN = 200
_LENGTH = re.compile(r"(\d{1,5})(m|h|d)")
_UNIT_US = {"m": MINUTE_US, "h": HOUR_US, "d": DAY_US}
Level = Annotated[str, typer.Option("--level", help="yellow | orange | red")]


@alert_app.command("route")
def route(
    rule: Annotated[str, typer.Option("--rule", help="规则 · the rule, e.g. pace")],
    entity: Annotated[str, typer.Option("--entity", help="单位编号 · id of the unit or area")],
    level: Level = "red",
    indicator: Annotated[str, typer.Option("--indicator", help="指标 · the indicator, where the rule has several")] = "",
    at: Annotated[str, typer.Option("--at", help="时刻，默认现在 · when, e.g. 2026-10-01T09:00; default now")] = "",
    step: Annotated[int | None, typer.Option("--step", min=0, help="只看到第几级 · only up to this step of the escalation")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """谁会收到通知、经由什么渠道、为什么，以及逐级上报 · Who would be told, by which channel and why; what is held; who comes at each step."""
    settings = settings_at(data)
    when = now_us() if not at else _moment(at, "--at")
    with open_ledger(settings) as ledger:
        registry = RegistryBookSql(ledger).load()
        if entity not in registry.entities:
            raise NotFound(f"没有单位 {entity} · there is no entity {entity!r}")
        subject = Subject(0, _rule(rule), entity, indicator, _light(level))
        steps = router_of(settings, ledger).preview(registry, subject, when, step)
    if as_json:
        typer.echo(json.dumps({"at": iso(when), "steps": [step_shape(s) for s in steps]}, ensure_ascii=False))
        return
    zh, en = said_rule(rule, indicator)
    Console().print(f"{registry.entities[entity].name_cn} · {zh} {en} · {level} · {iso(when)[:16]}", soft_wrap=True)
    for each in steps:
        _show(each)


def step_shape(each: RouteStep) -> dict[str, Any]:
    """A step of the preview, for machines."""
    told = [
        {
            "recipient": t.to.recipient, "channel": t.to.channel, "address": t.to.address, "owner": t.owner, "due_at": iso(t.due_at),
            "muted": t.muted, "reason": {"zh": t.reason_zh, "en": t.reason_en},
        }
        for t in each.route.told
    ]  # fmt: skip
    gaps = [{"zh": zh, "en": en} for zh, en in each.route.gaps]
    nobody = {"zh": each.route.text_zh, "en": each.route.text_en} if each.route.is_nobody else None
    return {"step": each.step, "name": {"zh": each.name_zh, "en": each.name_en}, "told": told, "gaps": gaps, "nobody": nobody}


def _show(each: RouteStep) -> None:
    title = (
        f"第 {each.step} 级 {each.name_zh} · step {each.step}, {each.name_en}" if each.step else f"发生时 {each.name_zh} · at once, {each.name_en}"
    )
    table = Table("收件人 who", "渠道 channel", "地址 address", "何时 when", "为什么 why", title=title, title_justify="left")
    for t in each.route.told:
        when = iso(t.due_at)[:16].replace("T", " ")
        table.add_row(t.to.recipient, t.to.channel, t.to.address, f"暂不通知 muted: {t.muted} → {when}" if t.muted else when, t.reason_zh)
    console = Console()
    console.print(table)
    for zh, en in each.route.gaps:
        console.print(f"  [yellow]●[/] {zh} · {en}", soft_wrap=True)
    if each.route.is_nobody:
        console.print(f"  [red]●[/] {each.route.text_zh} · {each.route.text_en}", soft_wrap=True)


@silence_app.command("add")
def add(
    reason: Annotated[str, typer.Option("--reason", help="理由 · why; kept with the record")],
    rule: Annotated[list[str] | None, typer.Option("--rule", help="规则，可重复 · a rule; may be repeated")] = None,
    entity: Annotated[str, typer.Option("--entity", help="单位或区域，含其辖内 · unit or area with everything inside")] = "",
    department: Annotated[str, typer.Option("--department", help="只静默发给该部门的 · only what goes to this department")] = "",
    indicator: Annotated[str, typer.Option("--indicator", help="指标 · only this indicator")] = "",
    up_to: Annotated[str, typer.Option("--up-to", help="静默到哪一级（含） · lights above it go out all the same")] = "yellow",
    start: Annotated[str, typer.Option("--from", help="开始，默认现在 · default now")] = "",
    until: Annotated[str, typer.Option("--to", help="结束 · the end, e.g. 2026-11-21T18:00")] = "",
    length: Annotated[str, typer.Option("--for", help="时长，代替 --to · instead of --to: 30m, 8h, 3d")] = "",
    maintenance: Annotated[bool, typer.Option("--maintenance", help="登记为检修窗口 · a maintenance window")] = False,
    by: Annotated[str, typer.Option("--who", help="由谁 · who; default who gives the command")] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """登记静默：消息暂存并注明原因，预警照常判定；再登记一次不变 · Messages are held with the reason, alerts go on. Twice changes nothing."""
    now = now_us()
    first = _moment(start, "--from") if start else now - now % MINUTE_US
    end = _moment(until, "--to") if until else first + _length(length)
    kind = SilenceKind.MAINTENANCE if maintenance else SilenceKind.SILENCE
    wanted = Silence(kind, Matcher(tuple(rule or ()), entity, department, indicator, _light(up_to)), first, end, by or who(), reason)
    with open_ledger(settings_at(data)) as ledger:
        registry = RegistryBookSql(ledger).load()
        if faults := wrong_with(wanted, registry, list(rule_names()), list(registry.departments)):
            raise Problems([f"{zh} · {field}: {en}" for field, zh, en in faults])
        kept = SilenceDeskSql(ledger).add(wanted, now)
    if as_json:
        typer.echo(json.dumps(silence_shape(kept), ensure_ascii=False))
        return
    typer.echo(f"已登记 entered: {kept.why} {said_matcher(kept)} {iso(kept.silence.start)[:16]} → {iso(kept.until)[:16]}")


@silence_app.command("list")
def list_silences(
    every: Annotated[bool, typer.Option("--all", help="结束的也列 · also those that are over")] = False, as_json: AsJson = False, data: Data = None
) -> None:
    """列出静默与检修窗口 · What is held, by whom, until when."""
    with open_ledger(settings_at(data)) as ledger:
        found = SilenceDeskSql(ledger).page("all" if every else "standing", now_us(), SHOWN, None)
    if as_json:
        typer.echo(json.dumps([silence_shape(s) for s in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("没有静默或检修窗口 · nothing is silenced: `tricolor alert silence add`", err=True)
        return
    table = Table("编号 id", "类别 kind", "范围 matcher", "级别 up to", "起止 from, to", "登记 by", "理由 reason", "提前结束 ended")
    for s in found:
        span = f"{iso(s.silence.start)[:16]}\n{iso(s.silence.end)[:16]}".replace("T", " ")
        ended = f"{iso(s.ended_at)[:16]} {s.ended_by} {s.ended_reason}" if s.ended_at is not None else ""
        table.add_row(
            str(s.id), "检修 maintenance" if s.silence.kind is SilenceKind.MAINTENANCE else "静默 silence", said_matcher(s),
            s.silence.matcher.up_to.value, span, s.silence.author, s.silence.reason, ended,
        )  # fmt: skip
    Console().print(table)


@silence_app.command("end")
def end(
    number: Annotated[int, typer.Argument(metavar="ID", help="编号 · number, as `tricolor alert silence list` tells it")],
    reason: Annotated[str, typer.Option("--reason", help="理由 · why; kept with the record")] = "",
    by: Annotated[str, typer.Option("--who", help="由谁 · who; default who gives the command")] = "",
    data: Data = None,
) -> None:
    """提前结束；仍在预警的随即通知；结束两次不变 · End it now: who was not told of what still fires is told. Twice changes nothing."""
    with open_ledger(settings_at(data)) as ledger:
        gone = SilenceDeskSql(ledger).end(number, by or who(), reason, now_us())
    typer.echo(f"已结束 ended: {gone.why} {iso(gone.until)[:19]} {gone.ended_by}")


def said_matcher(row: SilenceRow) -> str:
    """E.g. "pace, total @ qinzhougang → statistics"."""
    m = row.silence.matcher
    parts = [", ".join(m.rules) or "全部规则", f"@ {m.entity}" if m.entity else "", f"→ {m.department}" if m.department else "", m.indicator]
    return " ".join(part for part in parts if part)


def silence_shape(row: SilenceRow) -> dict[str, Any]:
    """A silence, for machines."""
    s, m = row.silence, row.silence.matcher
    return {
        "id": row.id, "kind": s.kind, "rules": list(m.rules), "entity": m.entity, "department": m.department, "indicator": m.indicator,
        "up_to": m.up_to, "start": iso(s.start), "end": iso(s.end), "by": s.author, "reason": s.reason, "created_at": iso(row.created_at),
        "ended_at": None if row.ended_at is None else iso(row.ended_at), "ended_by": row.ended_by, "ended_reason": row.ended_reason,
    }  # fmt: skip


def _rule(name: str) -> str:
    if name not in rule_names():
        raise NotFound(f"没有规则 {name} · there is no rule {name!r}; one of {', '.join(sorted(rule_names()))}")
    return name


def _light(text: str) -> Light:
    if text not in ("yellow", "orange", "red"):
        raise Refused(f"级别为 yellow、orange 或 red · {text!r} is not yellow, orange or red")
    return Light(text)


def _moment(text: str, option: str) -> int:
    try:
        return moment_of(text)
    except ValueError as error:
        raise Refused(f"{option}: {error}") from error


def _length(text: str) -> int:
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise Refused("请给出 --to 或 --for · say how long: --to 2026-11-21T18:00, or --for 30m, 8h, 3d")
    return int(found[1]) * _UNIT_US[found[2]]
