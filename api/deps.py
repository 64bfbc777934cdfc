"""What the API stands on: the ports it reads and writes, handed to it ready by a main or by the command line."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from api.receipt_desk import ReceiptDesk
from tricolor.catalogue.plans.model import Plan
from tricolor.domain.channel_ways import Ways
from tricolor.domain.documents import DocumentChart
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
from tricolor.ports_alerting import AlertDesk, AlertPages, AuditLog, LinkedMessages, OperatorAlarms, PhoneLinks
from tricolor.ports_bulletins import BulletinDesk
from tricolor.ports_delivery import DeliveryBook
from tricolor.ports_emissions import EmissionBook, PermitBook
from tricolor.ports_forecasts import ForecastBook
from tricolor.ports_items import ItemDesk, MeterFactsDesk, OpenItemsBook
from tricolor.ports_judging import LightBook, MonthAccounts
from tricolor.ports_operations import Operations
from tricolor.ports_projects import CpAuditBook, ProjectBook
from tricolor.ports_quality import QualityBook
from tricolor.ports_routing import AddressDesk, RosterDesk, RoutePreview, RoutingBook, RoutingDesks, SilenceDesk
from tricolor.ports_submissions import BudgetBook, ReportSheets, StatisticsBook

RegisterRows = Callable[[bytes, Mapping[str, str]], list[tuple[int, Mapping[str, object]]]]  # rows of a sheet by field, with their numbers


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
    lights: LightBook | None = None
    emissions: EmissionBook | None = None
    permits: PermitBook | None = None
    exclusions: ExclusionBook | None = None
    budgets: BudgetBook | None = None
    forecasts: ForecastBook | None = None
    account_months: MonthAccounts | None = None
    factor_desk: FactorDesk | None = None
    restatements: RestatementDesk | None = None
    offline: OfflineBook | None = None
    offline_sheets: OfflineSheets | None = None
    projects: ProjectBook | None = None
    cp_audits: CpAuditBook | None = None
    register_rows: RegisterRows | None = None
    statistics: StatisticsBook | None = None
    report_sheets: ReportSheets | None = None
    bulletins: BulletinDesk | None = None
    chart_picture: Callable[[DocumentChart], bytes] | None = None  # SVG
    receipt_desk: ReceiptDesk | None = None
    links: PhoneLinks | None = None
    linked: LinkedMessages | None = None
    alert_desk: AlertDesk | None = None
    alert_pages: AlertPages | None = None
    audit: AuditLog | None = None
    routing: RoutingBook | None = None
    silences: SilenceDesk | None = None
    roster: RosterDesk | None = None
    addresses: AddressDesk | None = None
    route_preview: RoutePreview | None = None
    deliveries: DeliveryBook | None = None
    alarms: OperatorAlarms | None = None
    ways: Ways | None = None  # None: only the alerting service knows what is configured


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


def lights_of(request: Request) -> LightBook:
    """Refused where whoever composed the services left it out."""
    lights = deps_of(request).lights
    if lights is None:
        raise Refused("this API was composed without the pages of lights")
    return lights


def bulletins_of(request: Request) -> BulletinDesk:
    """Refused where whoever composed the services left them out."""
    desk = deps_of(request).bulletins
    if desk is None:
        raise Refused("this API was composed without the bulletins")
    return desk


Bulletins = Annotated[BulletinDesk, Depends(bulletins_of)]


def facts_desk_of(request: Request) -> MeterFactsDesk:
    """Refused where whoever composed the services left it out."""
    desk = deps_of(request).facts_desk
    if desk is None:
        raise Refused("this API was composed without the desk for declared meter facts")
    return desk


Ops = Annotated[Operations, Depends(operations_of)]


def forecasts_of(request: Request) -> ForecastBook:
    """Refused where whoever composed the services left it out."""
    forecasts = deps_of(request).forecasts
    if forecasts is None:
        raise Refused("this API was composed without the forecasts")
    return forecasts


Forecasts = Annotated[ForecastBook, Depends(forecasts_of)]


def routing_of(request: Request) -> RoutingDesks:
    """Refused where whoever composed the services left them out."""
    deps = deps_of(request)
    if deps.routing is None or deps.addresses is None or deps.roster is None or deps.silences is None:
        raise Refused("this API was composed without the desks of routing")
    return RoutingDesks(deps.routing, deps.addresses, deps.roster, deps.silences, deps.route_preview)


Routing = Annotated[RoutingDesks, Depends(routing_of)]
Lights = Annotated[LightBook, Depends(lights_of)]
Facts = Annotated[MeterFactsDesk, Depends(facts_desk_of)]
Deps = Annotated[Dependencies, Depends(deps_of)]
Known = Annotated[CurrentRegistry, Depends(registry_of)]
