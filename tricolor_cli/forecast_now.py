"""What `tricolor forecast` does; apart from its options, so that the command line starts without pandas."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from accounting.forecasting import ForecastKeeper
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exclusions import ExclusionBookSql
from tricolor.adapters.ledger.forecasts import ForecastBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.analysis.forecast import without_extra
from tricolor.analysis.forecast_known import Books, KnownMonths
from tricolor.analysis.forecast_report import QUANTITIES, BacktestReport, backtest_of
from tricolor.catalogue.holidays import spring_festivals
from tricolor.catalogue.plans import Plan, load_plan
from tricolor.domain.errors import Misconfigured, NotFound
from tricolor.domain.forecasts import Forecast
from tricolor.domain.intervals import iso
from tricolor.domain.lights import LIGHT_CN, Light
from tricolor_cli.common import now_us, open_ledger, settings_at
from tricolor_cli.pace_lights import pace_light_of

ALL_QUANTITIES = (*QUANTITIES, "intensity", "carbon_intensity")


@dataclass(frozen=True, slots=True)
class _Open:
    ledger: LedgerEngine
    plan: Plan
    books: Books


@contextmanager
def _opened(data: Path | None) -> Iterator[_Open]:
    settings = settings_at(data)
    if not settings.ledger_url and not (settings.data / "ledger.sqlite").exists():
        raise Misconfigured(f"there is no ledger in {settings.data}: name the folder with --data or TRICOLOR_DATA")
    plan = load_plan(settings.plan)
    with open_ledger(settings) as ledger:
        yield _Open(ledger, plan, Books(AccountMonthsSql(ledger), ActivityBookSql(ledger), ExclusionBookSql(ledger, plan.exclusion_rules)))


def run_now(data: Path | None) -> None:
    """Forecast every entity now."""
    with _opened(data) as at:
        keeper = ForecastKeeper(RegistryBookSql(at.ledger), at.books, ForecastBookSql(at.ledger), at.plan, pace_light_of(at.plan), now_us)
        done = 0
        while (found := keeper.run_once()).is_cut:
            done += found.done
    if (why := without_extra()) is not None:
        typer.echo(f"▲ {why[0]} · {why[1]}", err=True)
    typer.echo(f"已预测 {done + found.done} 个单位 · {done + found.done} entities forecast")


def show(entity: str, quantity: str, as_json: bool, data: Path | None) -> None:
    """Print the forecasts in force. NotFound for an entity that is not registered; Misconfigured for a quantity that nothing is."""
    if quantity not in ("", *ALL_QUANTITIES):
        raise Misconfigured(f"--quantity: {quantity!r} is not one of {', '.join(ALL_QUANTITIES)}")
    with _opened(data) as at:
        registry = RegistryBookSql(at.ledger).load()
        if entity and entity not in registry.entities:
            raise NotFound(f"没有单位 {entity!r} · there is no entity {entity!r}")
        found = [f for f in ForecastBookSql(at.ledger).current([entity] if entity else None) if not quantity or f.quantity == quantity]
    if as_json:
        typer.echo(json.dumps([{**asdict(f), "made_at": iso(f.made_at)} for f in found], ensure_ascii=False, indent=2))
        return
    if not found:
        typer.echo("还没有预测：先运行 tricolor forecast run · no forecast yet: run `tricolor forecast run`")
        return
    _show(found)


def backtest(entity: str, quantity: str, as_json: bool, data: Path | None) -> None:
    """Print the backtest of an entity. NotFound; Misconfigured for a quantity that it has none of."""
    with _opened(data) as at:
        registry = RegistryBookSql(at.ledger).load()
        if entity not in registry.entities:
            raise NotFound(f"没有单位 {entity!r} · there is no entity {entity!r}")
        known = KnownMonths(registry, at.books, at.plan, spring_festivals(), now_us(), entity).of(entity)
        try:
            found = backtest_of(known, quantity)
        except ValueError as error:
            raise Misconfigured(f"--quantity: {error}") from error
    if as_json:
        exact = tuple(replace(m, ratio=-1.0) if m.ratio > 1e300 else m for m in found.methods)  # JSON has no infinity
        typer.echo(json.dumps(asdict(replace(found, methods=exact)), ensure_ascii=False, indent=2))
    else:
        _report(found)


def _show(found: list[Forecast]) -> None:
    table = Table("单位 entity", "量 quantity", "目标 target", "截至 up to", "年底 year's end", "80 % 区间 band", "概率 lights", "剩余每月 needed")
    for f in found:
        row = [escape(f.entity), f.quantity, f.indicator, f.last_month]
        if not f.is_known:
            table.add_row(*row, escape(f"{f.why_not_zh} · {f.why_not_en}"))
            continue
        lights = " ".join(f"{LIGHT_CN[Light(name)]}{share:.0%}" for name, share in f.lights.items())
        band = f"{f.year_low:,.4g} – {f.year_high:,.4g}"
        table.add_row(*row, f"{f.year_mean:,.4g} {f.unit}", band, lights, "" if f.needed is None else f"{-f.needed:+.1%}")
    Console().print(table)


def _report(found: BacktestReport) -> None:
    if found.why_not_zh:
        typer.echo(f"{found.entity} {found.quantity}: {found.why_not_zh} · {found.why_not_en}")
        return
    table = Table(Column("方法 method", no_wrap=True), f"误差 MAE [{found.unit}]", "比 ratio", "覆盖 held", "起点 origins")
    for m in found.methods:
        name = f"● {m.method}" if m.method == found.chosen else f"  {m.method}"
        table.add_row(name, f"{m.mae:,.4g}", f"{m.ratio:.3f}", "—" if m.coverage is None else f"{m.coverage:.0%}", str(m.origins))
    Console().print(f"{escape(found.entity)} {found.quantity} {found.first_month}..{found.last_month}，提前 1–{found.horizons} 个月 · months ahead")
    Console().print(table)
