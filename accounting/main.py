"""Wiring of the accounting service."""

import time
from collections.abc import Callable, Iterable
from datetime import date

from accounting.emissions import EmissionKeeper, EmissionLoop
from accounting.forecasting import ForecastKeeper, ForecastLoop
from accounting.open_items import OpenItems
from accounting.quality import QualityKeeper, QualityLoop
from accounting.restating import Restating
from accounting.settling import SettleLoop, Settler
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exclusions import ExclusionBookSql
from tricolor.adapters.ledger.factors import FactorDeskSql
from tricolor.adapters.ledger.forecasts import ForecastBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.restatements import RestatementsSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.analysis.forecast_known import Books
from tricolor.analysis.forecast_lights import LightOf
from tricolor.catalogue.live_factors import LiveFactors
from tricolor.catalogue.materials import flow_carriers
from tricolor.catalogue.plans import Plan
from tricolor.config import Settings
from tricolor.domain.factor_digests import digests
from tricolor.domain.factors import FactorBook, FactorShelf
from tricolor.ports import EnergyStore, MeterFactsBook, ReadingStore
from tricolor.ports_accounts import OfflineBook
from tricolor.ports_emissions import EmissionLedger
from tricolor.ports_items import ItemRecord
from tricolor.ports_quality import QualityLedger


def build(
    settings: Settings, readings: ReadingStore, energy: EnergyStore, ledger: SettleLedgerSql, book: RegistryBookSql, factors: FactorShelf,
    facts: MeterFactsBook | None = None, items: ItemRecord | None = None, on_touched: Callable[[Iterable[tuple[str, date]]], None] | None = None,
    restating: Restating | None = None, offline: OfflineBook | None = None,
) -> SettleLoop:  # fmt: skip
    """The settle loop by the settings; the stores are shared with the other services in embedded mode."""
    kept = OpenItems(items) if items is not None else None
    settler = Settler(readings, energy, ledger, book, factors, flow_carriers(), facts, kept, offline)
    settler.on_touched = on_touched
    return SettleLoop(settler, settings.settle_pause_s, restating=restating)


def build_restating(ledger: LedgerEngine, energy: EnergyStore, book: RegistryBookSql, base: FactorBook, plan: str) -> tuple[LiveFactors, Restating]:
    """The factors in force and what carries their changes through the accounts; orders at once what a changed plan pack or table asks for."""
    desk = FactorDeskSql(ledger)
    shelf = LiveFactors(base, desk)
    restating = Restating(RestatementsSql(ledger), desk, shelf, energy, book, flow_carriers())
    restating.start(digests(base), plan)
    return shelf, restating


def build_quality(readings: ReadingStore, energy: EnergyStore, ledger: QualityLedger, book: RegistryBookSql) -> QualityKeeper:
    """What looks at the data's quality; its touch() is for the settle loop."""
    return QualityKeeper(readings, energy, ledger, book, lambda: time.time_ns() // 1_000)


def quality_loop(settings: Settings, keeper: QualityKeeper) -> QualityLoop:
    return QualityLoop(keeper, settings.quality_pause_s)


def build_emissions(readings: ReadingStore, ledger: EmissionLedger, book: RegistryBookSql) -> EmissionKeeper:
    """What works out the days of pollutants; its touch() is for the settle loop."""
    return EmissionKeeper(readings, ledger, book, lambda: time.time_ns() // 1_000)


def emission_loop(keeper: EmissionKeeper) -> EmissionLoop:
    return EmissionLoop(keeper)


def build_forecasts(ledger: LedgerEngine, book: RegistryBookSql, plan: Plan, light_of: LightOf) -> ForecastKeeper:
    """What forecasts to the year's end. light_of: the pace rule's own, with the plan's thresholds; whoever composes the services hands it in."""
    books = Books(AccountMonthsSql(ledger), ActivityBookSql(ledger), ExclusionBookSql(ledger, plan.exclusion_rules))
    return ForecastKeeper(book, books, ForecastBookSql(ledger), plan, light_of, lambda: time.time_ns() // 1_000)


def forecast_loop(settings: Settings, keeper: ForecastKeeper) -> ForecastLoop:
    return ForecastLoop(keeper, settings.forecast_pause_s)
