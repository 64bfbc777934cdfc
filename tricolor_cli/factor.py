"""`tricolor factor`: which factors are in force and why, measured heating values and overrides set, previewed and taken back."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.factor_shapes import factor_shape, preview_shape, setting_shape
from tricolor.adapters.ledger.factors import FactorDeskSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.restatements import RestatementsSql
from tricolor.analysis.factor_changes import Change, FactorChanges, Preview
from tricolor.analysis.rates import KINDS
from tricolor.analysis.restate import recount_from
from tricolor.catalogue.factors import carriers, factor_book
from tricolor.catalogue.live_factors import LiveFactors
from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.priority import LEVELS, formula_of, level_of
from tricolor.config import Settings
from tricolor.domain.energy import EnergyCells
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.factors import Factor
from tricolor.domain.intervals import Interval, iso, local_day
from tricolor.domain.own_factors import Proposal, SettingKind
from tricolor.domain.restatements import total_of
from tricolor_cli.common import AsJson, Data, is_running, now_us, open_ledger, settings_at
from tricolor_cli.items import point_named
from tricolor_cli.stores import Store, open_store

factor_app = typer.Typer(help="系数 · Factors: which are in force and why; measured heating values and overrides.", no_args_is_help=True)

Entity = Annotated[str, typer.Option("--entity", help="单位编号，空为全市 · unit it holds for; left out: everyone")]
PointId = Annotated[str, typer.Option("--point", help="只用于该测点 · only for this point of the unit")]
CarrierCode = Annotated[str, typer.Option("--carrier", help="能源品种 · code of the carrier, e.g. raw_coal")]
Kind = Annotated[SettingKind, typer.Option("--kind", help="measured 实测热值 | calorific 当量 | equivalent 等价 | co2")]
Value = Annotated[float, typer.Option("--value", help="数值 · in the unit of --unit")]
Unit = Annotated[str, typer.Option("--unit", help="单位 · MJ/kg, kcal/kg, GJ/t, MJ/m3; kgce/kWh, tce/t; kgCO2/kWh, tCO2/t")]
From = Annotated[str, typer.Option("--from", help="自某日起 · first day it holds, e.g. 2026-01-01")]
To = Annotated[str, typer.Option("--to", help="至某日止（不含）· first day it holds no more; left out: until further notice")]
Document = Annotated[str, typer.Option("--document", help="依据文件 · what it rests on, e.g. the number of the laboratory's report")]
Who = Annotated[str, typer.Option("--who", help="设定人 · who sets or revokes; kept with the record")]
Why = Annotated[str, typer.Option("--reason", help="说明 · why; kept with the record")]
Yes = Annotated[bool, typer.Option("--yes", help="不再询问 · apply what the preview shows without asking")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="设定编号 · number of the setting, as `tricolor factor list --set` tells it")]


@factor_app.command("list")
def list_factors(
    entity: Entity = "",
    point: PointId = "",
    carrier: Annotated[str, typer.Option("--carrier", help="只看该品种 · only this carrier")] = "",
    on: Annotated[str, typer.Option("--on", help="按某日 · in force on this day; default: today")] = "",
    is_set: Annotated[bool, typer.Option("--set", help="人工设定及撤销 · what people set instead, revoked ones too")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """在用系数及缘由 · The factor in force of every carrier and kind, for everyone or one unit, and why; or what people set."""
    with _changes(settings_at(data)) as changes:
        if is_set:
            _say_settings(changes, entity, as_json)
            return
        if point:
            entity = point_named(changes.registry(), point).entity_id
        if entity and entity not in changes.registry().entities:
            raise NotFound(f"there is no entity {entity!r}")
        book, day = LiveFactors(changes.base, changes.desk).now(), _day(on, "--on") if on else local_day(now_us())
    codes = [carrier] if carrier else sorted({f.carrier for f in book.factors})
    found = [f for code in codes for kind in KINDS if (f := book.pick(code, kind, day, entity, point)) is not None]
    if as_json:
        typer.echo(json.dumps([factor_shape(f).model_dump(mode="json") | {"carrier": f.carrier} for f in found], ensure_ascii=False))
        return
    table = Table("品种 carrier", "种类 kind", "数值 value", "单位 unit", "缘由 why", "状态 status", "编号 id")
    for f in found:
        table.add_row(f.carrier, f.kind.value, f"{f.value:.6g}", f.unit, " · ".join(LEVELS[level_of(f)]), f.status, f.id)
    Console().print(table)


@factor_app.command("show")
def show(
    identity: Annotated[str, typer.Argument(metavar="ID", help="系数编号 · id of a factor, as accounts keep it")],
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """一个系数的来源与算式 · One factor: value, validity, source, status, and for fuels the formula with its numbers."""
    with _changes(settings_at(data)) as changes:
        found = [f for f in LiveFactors(changes.base, changes.desk).now().factors if f.id == identity]
    if not found:
        raise NotFound(f"there is no factor {identity!r} in force; `tricolor factor list` and `tricolor factor list --set` list them")
    if as_json:
        typer.echo(json.dumps([factor_shape(f).model_dump(mode="json") for f in found], ensure_ascii=False))
        return
    for f in found:
        _say_factor(f)


@factor_app.command("preview")
def preview(
    carrier: CarrierCode, kind: Kind, value: Value, unit: Unit, valid_from: From, document: Document,
    entity: Entity = "", point: PointId = "", valid_to: To = "", as_json: AsJson = False, data: Data = None,
) -> None:  # fmt: skip
    """先看会动什么 · What setting a factor would move: units, months, tce and tCO2 before and after. Nothing is written."""
    what = _proposal(entity, point, carrier, kind, value, unit, valid_from, valid_to, document)
    with _changes(settings_at(data)) as changes:
        seen = changes.preview(what)
    _say_preview(seen, as_json)


@factor_app.command("set")
def set_factor(
    carrier: CarrierCode, kind: Kind, value: Value, unit: Unit, valid_from: From, document: Document, who: Who, reason: Why,
    entity: Entity = "", point: PointId = "", valid_to: To = "", yes: Yes = False, as_json: AsJson = False, data: Data = None,
) -> None:  # fmt: skip
    """设定实测热值或系数 · Set a measured heating value or a factor: shows what moves, asks, and orders the restatement."""
    what = _proposal(entity, point, carrier, kind, value, unit, valid_from, valid_to, document)
    _apply(what, who, reason, yes, as_json, settings_at(data))


@factor_app.command("revoke")
def revoke(number: Number, who: Who, reason: Why, yes: Yes = False, as_json: AsJson = False, data: Data = None) -> None:
    """撤销设定，记录保留 · Take a setting back: shows what moves, asks, and orders the restatement; the record stays."""
    _apply(number, who, reason, yes, as_json, settings_at(data))


def _apply(change: Change, who: str, reason: str, yes: bool, as_json: bool, settings: Settings) -> None:
    with _changes(settings) as changes:
        seen = changes.preview(change)
        if not as_json:
            _say_preview(seen, False)
        if not yes and not typer.confirm("按此执行？ · Apply this?", err=True):
            raise Refused("nothing was changed")
        done = changes.apply(change, who, reason, seen.token)
    if as_json:
        typer.echo(json.dumps(setting_shape(done).model_dump(mode="json") | {"moved": _moved(seen)}, ensure_ascii=False))
        return
    word = "已设定 set" if done.is_in_force else "已撤销 revoked"
    when = "核算将在片刻后重述 · accounts are restated within moments" if is_running(settings) else "下次启动时重述 · restated at the next start"
    typer.echo(f"{word}: #{done.id}；{when}")


@contextmanager
def _changes(settings: Settings) -> Iterator[FactorChanges]:
    """Over the ledger and, where it comes to that, the cells."""
    plan = load_plan(settings.plan)
    with open_ledger(settings) as ledger:
        book, desk = RegistryBookSql(ledger), FactorDeskSql(ledger)
        energy = _CellsWhenAsked(settings, book)
        try:
            recount = recount_from(book.load, energy, carriers())
            yield FactorChanges(factor_book(plan), carriers(), desk, RestatementsSql(ledger), recount, book.load)
        finally:
            energy.close()


class _CellsWhenAsked:
    """The store of cells, opened by the first question: most changes are worked out from the accounts alone."""

    def __init__(self, settings: Settings, book: RegistryBookSql) -> None:
        self._settings, self._book = settings, book
        self._store: Store | None = None

    def replace(self, spans: Sequence[tuple[int, Interval]], cells: EnergyCells) -> None:
        raise Refused("a preview writes no cells")

    def cells(self, points: Sequence[int], span: Interval) -> EnergyCells:
        if self._store is None:
            if self._settings.store == "duckdb" and is_running(self._settings):
                raise Refused(
                    "this needs the 15-minute cells (a point has a factor of its own, or units pass energy on to each other inside a park, region or"
                    " city), which the Tricolor running on this folder holds: use POST /v1/factors/preview, the page, or stop it"
                )
            self._store = open_store(self._settings, self._book)
        return self._store.cells(points, span)

    def close(self) -> None:
        if self._store is not None:
            self._store.close()


def _proposal(
    entity: str, point: str, carrier: str, kind: SettingKind, value: float, unit: str, valid_from: str, valid_to: str, document: str
) -> Proposal:
    until = _day(valid_to, "--to") if valid_to else None
    return Proposal(entity, point, carrier, kind, value, unit.strip(), _day(valid_from, "--from"), until, document.strip())


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{option} is {text!r}: write a day like 2026-01-01") from error


def _moved(seen: Preview) -> dict[str, Any]:
    return preview_shape(seen).model_dump(mode="json")


def _say_preview(seen: Preview, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_moved(seen), ensure_ascii=False))
        return
    for f in seen.factors:
        _say_factor(f)
    rows, before, after = total_of(seen.effects)
    table = Table("单位 unit", "月份 month", "日账 accounts", "tce 当量 calorific", "tce 等价 equal-value", "tCO2", title="将变动 would move")
    for e in seen.effects[:60]:
        table.add_row(e.entity, e.month, str(e.rows), *_moves(e.before, e.after))
    Console().print(table)
    if len(seen.effects) > 60:
        typer.echo(f"另有 {len(seen.effects) - 60} 行，--json 全部列出 · and {len(seen.effects) - 60} more lines, all with --json")
    typer.echo(f"合计 total: {rows} 条日账 day accounts; " + "; ".join(_moves(before, after)))


def _moves(before: Any, after: Any) -> Sequence[str]:
    return [f"{getattr(before, name):,.3f} → {getattr(after, name):,.3f}" for name in ("tce_calorific", "tce_equivalent", "co2_t")]


def _say_factor(f: Factor) -> None:
    typer.echo(f"{f.id}: {f.carrier} {f.kind.value} {f.value:.6g} {f.unit}, {f.valid_from} → {f.valid_to or ''} [{f.status}]")
    typer.echo(f"  {' · '.join(LEVELS[level_of(f)])}; {f.source}")
    for text in (formula_of(f), f.note):
        if text:
            typer.echo(f"  {text}")


def _say_settings(changes: FactorChanges, entity: str, as_json: bool) -> None:
    found = [s for s in changes.desk.settings() if not entity or s.what.entity in ("", entity)]
    if as_json:
        typer.echo(json.dumps([setting_shape(s).model_dump(mode="json") for s in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("尚无人工设定的系数 · nobody has set a factor yet; `tricolor factor set --help` says how")
        return
    table = Table("编号 #", "对象 whom", "品种 carrier", "种类 kind", "数值 value", "自 from", "至 to", "依据 document", "设定 set", "撤销 revoked")
    for s in found:
        w = s.what
        revoked = f"{iso(s.revoked_at)[:16]} {s.revoked_by} {s.revoke_reason}" if s.revoked_at is not None else ""
        made = f"{iso(s.set_at)[:16]} {s.author} {s.reason}"
        whom = w.point or w.entity or "全市 everyone"
        table.add_row(
            str(s.id), whom, w.carrier, w.kind.value, f"{w.value:g} {w.unit}", str(w.valid_from), str(w.valid_to or ""), w.document, made, revoked
        )
    Console().print(table)
