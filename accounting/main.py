"""Wiring of the accounting service."""

from accounting.settling import SettleLoop, Settler
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.catalogue.factor_tables import carriers
from tricolor.config import Settings
from tricolor.domain.factors import FactorBook
from tricolor.ports import EnergyStore, ReadingStore


def build(
    settings: Settings, readings: ReadingStore, energy: EnergyStore, ledger: SettleLedgerSql, book: RegistryBookSql, factors: FactorBook
) -> SettleLoop:
    """The settle loop by the settings; the stores are shared with the other services in embedded mode."""
    return SettleLoop(Settler(readings, energy, ledger, book, factors, carriers()), settings.settle_pause_s)
