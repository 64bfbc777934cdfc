"""What the API stands on: the ports it reads and writes, handed to it ready by a main or by the command line."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from tricolor.catalogue.plans.model import Plan
from tricolor.domain.entities import Registry
from tricolor.domain.errors import Refused
from tricolor.domain.factors import FactorShelf
from tricolor.ports import (
    ActivityBook,
    AlertBook,
    EnergyStore,
    InboxBook,
    KeyBook,
    LedgerFigures,
    MeterFactsBook,
    QuarantineBook,
    ReadingStore,
    RegistryBook,
    SettleLedger,
    VerdictBook,
)
from tricolor.ports_accounts import ExclusionBook, FactorDesk, OfflineBook, OfflineSheets, RestatementDesk
from tricolor.ports_emissions import EmissionBook, PermitBook
from tricolor.ports_items import ItemDesk, MeterFactsDesk, OpenItemsBook
from tricolor.ports_operations import Operations
from tricolor.ports_quality import QualityBook


class CurrentRegistry:
    """The registry at its newest version; loaded again only when the version in the ledger has changed."""

    def __init__(self, book: RegistryBook) -> None:
        self._book = book
        self._lock = threading.Lock()
        self._held: Registry | None = None

    def get(self) -> Registry:
        version = self._book.version()
        held = self._held
        if held is not None and held.version == version:
            return held
        with self._lock:  # one load, however many requests see the change
            if self._held is None or self._held.version != version:
                self._held = self._book.load()
            return self._held


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The ports of the API. clock: now [µs UTC]; limits come from Settings."""

    registry: RegistryBook
    readings: ReadingStore
    energy: EnergyStore
    settle: SettleLedger
    figures: LedgerFigures
    quarantine: QuarantineBook
    activities: ActivityBook
    verdicts: VerdictBook
    alerts: AlertBook
    inbox: InboxBook
    keys: KeyBook
    plan: Plan
    factors: FactorShelf
    clock: Callable[[], int]
    max_body_bytes: int = 4 * 1024 * 1024
    operations: Operations | None = None
    meter_facts: MeterFactsBook | None = None
    quality: QualityBook | None = None
    facts_desk: MeterFactsDesk | None = None
    items: OpenItemsBook | None = None
    item_desk: ItemDesk | None = None
    emissions: EmissionBook | None = None
    permits: PermitBook | None = None
    exclusions: ExclusionBook | None = None
    factor_desk: FactorDesk | None = None
    restatements: RestatementDesk | None = None
    offline: OfflineBook | None = None
    offline_sheets: OfflineSheets | None = None


def deps_of(request: Request) -> Dependencies:
    """The ports that the app of this request was made with."""
    return cast(Dependencies, request.app.state.deps)


def registry_of(request: Request) -> CurrentRegistry:
    return cast(CurrentRegistry, request.app.state.registry)


def operations_of(request: Request) -> Operations:
    """Refused where whoever composed the services left them out."""
    operations = deps_of(request).operations
    if operations is None:
        raise Refused("this API was composed without the operations")
    return operations


def facts_desk_of(request: Request) -> MeterFactsDesk:
    """Refused where whoever composed the services left it out."""
    desk = deps_of(request).facts_desk
    if desk is None:
        raise Refused("this API was composed without the desk for declared meter facts")
    return desk


Ops = Annotated[Operations, Depends(operations_of)]
Facts = Annotated[MeterFactsDesk, Depends(facts_desk_of)]
Deps = Annotated[Dependencies, Depends(deps_of)]
Known = Annotated[CurrentRegistry, Depends(registry_of)]
