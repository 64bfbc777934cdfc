"""Wiring of the accounting service."""

import time
from collections.abc import Callable, Iterable
from datetime import date

from accounting.open_items import OpenItems
from accounting.quality import QualityKeeper, QualityLoop
from accounting.settling import SettleLoop, Settler
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.catalogue.factor_tables import carriers
from tricolor.config import Settings
from tricolor.domain.factors import FactorBook
from tricolor.ports import EnergyStore, MeterFactsBook, ReadingStore
from tricolor.ports_items import ItemRecord
from tricolor.ports_quality import QualityLedger


def build(
    settings: Settings, readings: ReadingStore, energy: EnergyStore, ledger: SettleLedgerSql, book: RegistryBookSql, factors: FactorBook,
    facts: MeterFactsBook | None = None, items: ItemRecord | None = None, on_touched: Callable[[Iterable[tuple[str, date]]], None] | None = None,
) -> SettleLoop:  # fmt: skip
    """The settle loop by the settings; the stores are shared with the other services in embedded mode."""
    kept = OpenItems(items) if items is not None else None
    settler = Settler(readings, energy, ledger, book, factors, carriers(), facts, kept)
    settler.on_touched = on_touched
    return SettleLoop(settler, settings.settle_pause_s)


def build_quality(readings: ReadingStore, energy: EnergyStore, ledger: QualityLedger, book: RegistryBookSql) -> QualityKeeper:
    """What looks at the data's quality; its touch() is for the settle loop."""
    return QualityKeeper(readings, energy, ledger, book, lambda: time.time_ns() // 1_000)


def quality_loop(settings: Settings, keeper: QualityKeeper) -> QualityLoop:
    return QualityLoop(keeper, settings.quality_pause_s)
