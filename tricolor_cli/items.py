"""`tricolor items`: the work list of parked jumps, what people decide about them, and taking a decision back."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.items import ItemDeskSql, OpenItemsBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.config import Settings
from tricolor.domain.entities import Registry
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.gauges import amount_unit, is_integrated
from tricolor.domain.intervals import iso
from tricolor.domain.items import Decision, DecisionKind, ItemFilter, ItemState, OpenItem
from tricolor.domain.meters import Point, PointKind
from tricolor_cli.common import AsJson, Data, instant_of, is_running, now_us, open_ledger, settings_at

items_app = typer.Typer(
    help="待核实项 · Open items: parked jumps that a person confirms, dismisses, explains by an exchange or substitutes.",
    no_args_is_help=True,
)

Item = Annotated[int, typer.Argument(metavar="ITEM", help="待核实项编号 · number of the open item")]
Who = Annotated[str, typer.Option("--who", help="决定人 · who decides; kept with the decision")]
Why = Annotated[str, typer.Option("--reason", help="理由 · why; kept with the decision")]
Amount = Annotated[float | None, typer.Option("--amount", help="实际用量 · amount used, with the multiplier, in the unit shown; a drop needs it")]
MAX_SHOWN = 1000


@items_app.command("list")
def list_items(
    state: Annotated[str, typer.Option("--state", help="状态 · open, settled, gone or all")] = "open",
    point: Annotated[list[str] | None, typer.Option("--point", help="只看这个测点 · only of this point; may be repeated")] = None,
    entity: Annotated[str, typer.Option("--entity", help="只看这个单位及其所辖 · only of this entity and those inside it")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=MAX_SHOWN, help="最多条数 · at most so many, newest first")] = 200,
    before: Annotated[int | None, typer.Option("--before", help="此编号之前的 · only items with a smaller number: the next page")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """待核实的突跳与跌落，最新在前 · The work list, newest first: what was parked, where, how much, and who decided."""
    wanted = None if state == "all" else _state(state)
    with open_ledger(settings_at(data)) as ledger:
        registry = RegistryBookSql(ledger).load()
        book, points = OpenItemsBookSql(ledger), _keys(registry, point or [], entity)
        found, counts = book.page(ItemFilter(wanted, points), limit, before), book.counts(points)
    if as_json:
        typer.echo(json.dumps([item_shape(item, registry) for item in found], ensure_ascii=False))
        return
    table = Table("编号 id")
    for heading in ("测点 point", "类别 kind", "读数 readings", "状态 state"):
        table.add_column(heading, overflow="fold")
    for item in found:
        shape = item_shape(item, registry)
        decided = "" if item.decision is None else f"\n#{item.decision.id} {item.decision.kind} {item.decision.person}"
        table.add_row(
            str(item.id), f"{shape['point']}\n{_short(shape['start'])} … {_short(shape['end'])}", shape["kind"],
            f"{'' if shape['before'] is None else format(shape['before'], '.10g')} → {shape['after']:.10g}\n{shape['amount']:.6g} {shape['unit']}",
            f"{item.state}{decided}",
        )  # fmt: skip
    console = Console()
    console.print(table)
    console.print(" · ".join(f"{name} {count}" for name, count in counts.items()) or "", highlight=False)
    if not found:
        console.print("没有符合条件的待核实项 · nothing to decide here", highlight=False)


@items_app.command("show")
def show(item: Item, as_json: AsJson = False, data: Data = None) -> None:
    """一项及其全部经过 · One item with every decision and everything that happened to it."""
    with open_ledger(settings_at(data)) as ledger:
        registry, history = RegistryBookSql(ledger).load(), OpenItemsBookSql(ledger).get(item)
    shape = item_shape(history.item, registry)
    shape["decisions"] = [decision_shape(d, registry) for d in history.decisions]
    shape["events"] = [{"at": iso(e.at), "what": e.what, "who": e.who, "reason": e.reason, "decision": e.decision} for e in history.events]
    if as_json:
        typer.echo(json.dumps(shape, ensure_ascii=False))
        return
    for name, value in shape.items():
        if name not in ("decisions", "events", "decision"):
            typer.echo(f"{name:12} {'' if value is None else value}")
    said = {d["id"]: f"#{d['id']} {_said(d, shape['unit'])}".strip() for d in shape["decisions"]}
    table = Table("时间 at", "经过 what", "谁 who", "理由 reason", "决定 decision")
    for e in shape["events"]:
        table.add_row(e["at"][:19].replace("T", " "), e["what"], e["who"], e["reason"], said.get(e["decision"], ""))
    Console().print(table)


@items_app.command("confirm")
def confirm(item: Item, who: Who, reason: Why, amount: Amount = None, as_json: AsJson = False, data: Data = None) -> None:
    """确认确有用量，计入并标记 · The jump was really used: it counts, spread over its time and flagged."""
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        _tell(settings, ledger, ItemDeskSql(ledger).confirm(item, amount, who, reason, now_us()), as_json)


@items_app.command("dismiss")
def dismiss(item: Item, who: Who, reason: Why, as_json: AsJson = False, data: Data = None) -> None:
    """误读，不计入 · A misread: it counts nothing and the item is closed; the time stays not known until a substitute is given."""
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        _tell(settings, ledger, ItemDeskSql(ledger).dismiss(item, who, reason, now_us()), as_json)


@items_app.command("exchange")
def exchange(
    item: Item,
    at: Annotated[str, typer.Option("--at", help="换表时间，带时区 · when, with its offset: 2026-11-20T08:00:00+08:00")],
    final: Annotated[float, typer.Option("--final", help="旧表止码 · last value of the old meter")],
    start: Annotated[float, typer.Option("--start", help="新表起码 · first value of the new meter")],
    who: Who,
    reason: Why,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """其间换了表 · The meter was exchanged in between: declares the exchange, which explains the item."""
    settings, moment = settings_at(data), instant_of(at, "--at")
    with open_ledger(settings) as ledger:
        _tell(settings, ledger, ItemDeskSql(ledger).exchange(item, moment, final, start, who, reason, now_us()), as_json)


@items_app.command("substitute")
def substitute(
    point: Annotated[str, typer.Argument(metavar="POINT", help="测点编号 · id of the point")],
    start: Annotated[str, typer.Argument(metavar="FROM", help="起，整刻钟 · begin on a quarter of an hour, with its offset, or a day")],
    end: Annotated[str, typer.Argument(metavar="TO", help="止，不含 · end, not included")],
    amount: Annotated[float, typer.Argument(metavar="AMOUNT", help="整段的量 · amount of the whole span, in the unit of the cells")],
    who: Who,
    reason: Why,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """人工替代值，均分到各刻钟 · A person's amount stands for whole 15-minute cells, split evenly, whatever the meter gave."""
    settings, begin, until = settings_at(data), instant_of(start, "FROM"), instant_of(end, "TO")
    with open_ledger(settings) as ledger:
        known = point_named(RegistryBookSql(ledger).load(), point)
        if known.plate.kind is PointKind.GAUGE and not is_integrated(known):
            raise Refused(f"{point} 是状态量，没有用量可替代 · {point} is a state ({known.unit}); it has no amount to substitute")
        _tell(settings, ledger, ItemDeskSql(ledger).substitute(known.key, begin, until, amount, who, reason, now_us()), as_json)


@items_app.command("undo")
def undo(
    decision: Annotated[int, typer.Argument(metavar="DECISION", help="决定编号 · number of the decision, as `tricolor items show` tells it")],
    who: Who,
    reason: Why,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """撤回一个决定，记录保留 · Take a decision back, an exchange with it; the record stays."""
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        _tell(settings, ledger, ItemDeskSql(ledger).undo(decision, who, reason, now_us()), as_json)


def when_settled(settings: Settings) -> str:
    is_soon = is_running(settings) or settings.store != "duckdb"
    return "几秒内重新核算 settled again within seconds" if is_soon else "下次启动时重新核算 settled again at the next start"


def point_named(registry: Registry, point: str) -> Point:
    if point not in registry.points:
        raise NotFound(f"没有测点 {point!r} · there is no point {point!r}: see `tricolor export` or the registry for the ids")
    return registry.points[point]


def item_shape(item: OpenItem, registry: Registry) -> dict[str, Any]:
    """An item for JSON; times with +08:00."""
    p = item.parked
    point = registry.by_key.get(p.point)
    return {
        "id": item.id, "point": _id(registry, p.point), "state": str(item.state), "kind": p.kind.name.lower(),
        "start": iso(p.start), "end": iso(p.end),
        "before": p.before, "after": p.after, "jump": p.jump, "amount": p.amount, "unit": "" if point is None else amount_unit(point),
        "first_seen": iso(item.first_seen), "gone_at": iso(item.gone_at) if item.gone_at is not None else None, "gone_because": item.gone_because,
        "decision": None if item.decision is None else decision_shape(item.decision, registry),
    }  # fmt: skip


def decision_shape(made: Decision, registry: Registry) -> dict[str, Any]:
    """A decision for JSON; times with +08:00."""
    x = made.exchange
    return {
        "id": made.id, "kind": str(made.kind), "point": _id(registry, made.point), "item": made.item, "start": iso(made.start), "end": iso(made.end),
        "amount": made.amount, "exchange": None if x is None else {"at": iso(x.at), "final": x.final, "start": x.start},
        "person": made.person, "reason": made.reason, "decided_at": iso(made.decided_at),
        "undone_at": iso(made.undone_at) if made.undone_at is not None else None, "undone_by": made.undone_by, "undone_reason": made.undone_reason,
    }  # fmt: skip


def _id(registry: Registry, key: int) -> str:
    return registry.by_key[key].id if key in registry.by_key else f"({key})"


def _tell(settings: Settings, ledger: LedgerEngine, made: Decision, as_json: bool) -> None:
    registry = RegistryBookSql(ledger).load()
    if as_json:
        typer.echo(json.dumps(decision_shape(made, registry), ensure_ascii=False))
        return
    what = "已撤回 undone" if made.undone_at is not None else "已记录 kept"
    typer.echo(f"{what}: #{made.id} {made.kind} {_id(registry, made.point)} {iso(made.start)[:19]} … {iso(made.end)[:19]}；{when_settled(settings)}")


def _short(at: str) -> str:
    """A time without its seconds, as people write it."""
    return at[:16].replace("T", " ")


def _said(made: dict[str, Any], unit: str) -> str:
    """What a decision comes to."""
    if made["exchange"] is not None:
        return f"{made['exchange']['final']:.10g} → {made['exchange']['start']:.10g}"
    if made["amount"] is not None:
        return f"{made['amount']:.6g} {unit}"
    return "原值 as it is" if made["kind"] == DecisionKind.CONFIRM else ""


def _state(text: str) -> ItemState:
    if text not in set(ItemState):
        raise Refused(f"--state {text!r} is none of {', '.join(ItemState)}, all")
    return ItemState(text)


def _keys(registry: Registry, points: list[str], entity: str) -> frozenset[int] | None:
    if entity and entity not in registry.entities:
        raise NotFound(f"没有单位 {entity!r} · there is no entity {entity!r}")
    if not points and not entity:
        return None
    inside = {member.id for member in registry.members(entity)} if entity else set()
    keys = {point_named(registry, point).key for point in points}
    return frozenset(keys | {p.key for p in registry.points.values() if p.entity_id in inside})
