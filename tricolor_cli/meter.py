"""`tricolor meter`: declared facts of a meter's life, exchanges and CT/PT multipliers, with their history."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.meter_facts import Fact, faults_of
from tricolor.adapters.ledger.exchanges import MeterFactsBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.domain.errors import Problems, Refused
from tricolor.domain.exchanges import Declared, Exchange, MultiplierChange
from tricolor.domain.intervals import iso
from tricolor_cli.common import AsJson, Data, instant_of, now_us, open_ledger, settings_at
from tricolor_cli.items import point_named, when_settled

meter_app = typer.Typer(help="表计申报 · Declared meter exchanges and multipliers: declare, history, revoke.", no_args_is_help=True)

PointId = Annotated[str, typer.Argument(metavar="POINT", help="测点编号 · id of the point, e.g. qz-refinery-01.elec")]
Who = Annotated[str, typer.Option("--who", help="申报人 · who declares; kept with the record")]
Why = Annotated[str, typer.Option("--reason", help="说明 · why; kept with the record")]
INSTANT = "带时区的时间或某日 · a time with its offset (2026-11-20T08:00:00+08:00) or a day (2026-11-20)"


@meter_app.command("exchange")
def exchange(
    point: PointId,
    at: Annotated[str, typer.Option("--at", help=f"换表时间 · when: {INSTANT}")],
    final: Annotated[float, typer.Option("--final", help="旧表止码 · last value of the old meter")],
    start: Annotated[float, typer.Option("--start", help="新表起码 · first value of the new meter")],
    who: Who,
    reason: Why = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """申报换表，可事后申报 · Declare a meter exchange, also after the fact; what it touches is settled again."""
    moment = instant_of(at, "--at")
    _declare(point, lambda key: Exchange(key, moment, final, start), who, reason, as_json, data)


@meter_app.command("multiplier")
def multiplier(
    point: PointId,
    valid_from: Annotated[str, typer.Option("--from", help=f"从何时起 · from when on: {INSTANT}")],
    value: Annotated[float, typer.Option("--value", help="倍率 · CT/PT ratio that readings are multiplied by")],
    who: Who,
    reason: Why = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """申报互感器倍率 · Declare a CT/PT multiplier from a moment on; before the first one the plate's holds."""
    moment = instant_of(valid_from, "--from")
    _declare(point, lambda key: MultiplierChange(key, moment, value), who, reason, as_json, data)


@meter_app.command("history")
def history(point: PointId, as_json: AsJson = False, data: Data = None) -> None:
    """全部申报，撤销的也列 · Everything ever declared of a point, revoked or not."""
    with open_ledger(settings_at(data)) as ledger:
        found = MeterFactsBookSql(ledger).history(point_named(RegistryBookSql(ledger).load(), point).key)
    if as_json:
        typer.echo(json.dumps([_shape(each, point) for each in found], ensure_ascii=False))
        return
    table = Table("编号 id", "类别 kind", "时间 at", "内容 what", "申报 declared", "说明 reason", "撤销 revoked")
    for each in found:
        fact = each.fact
        what = f"{fact.final:g} → {fact.start:g}" if isinstance(fact, Exchange) else f"× {fact.multiplier:g}"
        revoked = f"{iso(each.revoked_at)[:19]} {each.revoked_by}" if each.revoked_at is not None else ""
        shape = _shape(each, point)
        table.add_row(str(each.id), shape["kind"], shape["at"][:19], what, f"{iso(each.declared_at)[:19]} {each.person}", each.reason, revoked)
    Console().print(table)


@meter_app.command("revoke")
def revoke(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="exchange 换表 | multiplier 倍率")],
    declaration: Annotated[int, typer.Argument(metavar="ID", help="申报编号 · number of the declaration, as `tricolor meter history` tells it")],
    who: Who,
    data: Data = None,
) -> None:
    """撤销申报，记录保留 · Take a declaration back as if never made; the record stays."""
    if kind not in ("exchange", "multiplier"):
        raise Refused(f"KIND is {kind!r}: write exchange or multiplier")
    if not who.strip():
        raise Problems(["--who: say who revokes"])
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        book = MeterFactsBookSql(ledger)
        (book.revoke_exchange if kind == "exchange" else book.revoke_multiplier)(declaration, who)
    typer.echo(f"已撤销 revoked: {kind} #{declaration}；{when_settled(settings)}")


def _declare(point_id: str, fact_of: Callable[[int], Fact], who: str, reason: str, as_json: bool, data: Data) -> None:
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        point = point_named(RegistryBookSql(ledger).load(), point_id)
        fact = fact_of(point.key)
        faults = faults_of(point, fact, now_us())
        if faults:
            raise Problems([f"{fault.zh} · {fault.field}: {fault.en}" for fault in faults])
        book = MeterFactsBookSql(ledger)
        made = book.declare(fact, who, reason)
        (kept,) = [each for each in book.history(point.key) if each.id == made and each.fact == fact]
    if as_json:
        typer.echo(json.dumps(_shape(kept, point_id), ensure_ascii=False))
        return
    typer.echo(f"已申报 declared: #{made} {point_id}；{when_settled(settings)}")


def _shape(each: Declared, point: str) -> dict[str, Any]:
    fact = each.fact
    told: dict[str, Any] = {"at": iso(fact.at if isinstance(fact, Exchange) else fact.valid_from)}
    told |= {"final": fact.final, "start": fact.start} if isinstance(fact, Exchange) else {"multiplier": fact.multiplier}
    kind, revoked_at = "exchange" if isinstance(fact, Exchange) else "multiplier", each.revoked_at
    return {
        "id": each.id, "kind": kind, "point": point, **told, "person": each.person, "reason": each.reason, "declared_at": iso(each.declared_at),
        "revoked_at": iso(revoked_at) if revoked_at is not None else None, "revoked_by": each.revoked_by,
    }  # fmt: skip
