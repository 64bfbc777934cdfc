"""Wiring of the accounting service."""

from accounting.settling import SettleLoop, Settler
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.catalogue.factor_tables import carriers
from tricolor.config import Settings
from tricolor.domain.factors import FactorBook
from tricolor.ports import EnergyStore, MeterFactsBook, ReadingStore


def build(
    settings: Settings, readings: ReadingStore, energy: EnergyStore, ledger: SettleLedgerSql, book: RegistryBookSql, factors: FactorBook,
    facts: MeterFactsBook | None = None,
) -> SettleLoop:  # fmt: skip
    """The settle loop by the settings; the stores are shared with the other services in embedded mode."""
    return SettleLoop(Settler(readings, energy, ledger, book, factors, carriers(), facts), settings.settle_pause_s)
