"""Wiring of the API: the one file of it that names adapters. Whoever composes the services brings the ledger and the store."""

import time
from collections.abc import Callable, Sequence
from typing import BinaryIO, Protocol

from api.deps import Dependencies
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.alert_desk import AlertDeskSql
from tricolor.adapters.ledger.alert_pages import AlertPagesSql
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.audit_log import AuditLogSql
from tricolor.adapters.ledger.budgets import BudgetBookSql
from tricolor.adapters.ledger.cp_audits import CpAuditBookSql
from tricolor.adapters.ledger.deliveries import DeliveryBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exchanges import MeterFactsBookSql
from tricolor.adapters.ledger.exclusions import ExclusionBookSql
from tricolor.adapters.ledger.factors import FactorDeskSql
from tricolor.adapters.ledger.forecasts import ForecastBookSql
from tricolor.adapters.ledger.gateways import BrokerStateSql
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.ledger.intake_view import LedgerFiguresSql
from tricolor.adapters.ledger.items import ItemDeskSql, OpenItemsBookSql
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.light_pages import LightPagesSql
from tricolor.adapters.ledger.link_keys import LinkKeysSql
from tricolor.adapters.ledger.offline import OfflineBookSql
from tricolor.adapters.ledger.operator_alarms import OperatorAlarmsSql
from tricolor.adapters.ledger.permits import PermitBookSql
from tricolor.adapters.ledger.phone import LinkedMessagesSql
from tricolor.adapters.ledger.pollutants import EmissionLedgerSql
from tricolor.adapters.ledger.projects import ProjectBookSql
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.ledger.quarantine import QuarantineBookSql, QuarantineDeskSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.restatements import RestatementsSql
from tricolor.adapters.ledger.routing import AddressDeskSql, RosterDeskSql, RoutingBookSql
from tricolor.adapters.ledger.sessions import SessionLossesSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.ledger.silences import SilenceDeskSql
from tricolor.adapters.ledger.statistics import StatisticsBookSql
from tricolor.adapters.ledger.verdicts import VerdictBookSql
from tricolor.adapters.links import SignedLinks
from tricolor.adapters.offline_files import OfflineWorkbook
from tricolor.adapters.register_sheets import read_rows
from tricolor.adapters.report_files import ReportWorkbook
from tricolor.catalogue.factors import factor_book
from tricolor.catalogue.live_factors import LiveFactors
from tricolor.catalogue.plans import Plan
from tricolor.domain.intervals import Interval
from tricolor.ports import EnergyStore, ReadingStore
from tricolor.ports_operations import BackupPart, GatewayDesk, Operations


class Store(ReadingStore, EnergyStore, Protocol):
    """Readings and cells in one place."""


def now_us() -> int:
    return time.time_ns() // 1_000


def wire(
    ledger: LedgerEngine,
    store: Store,
    plan: Plan,
    max_body_bytes: int,
    clock: Callable[[], int] = now_us,
    operations: Operations | None = None,
) -> Dependencies:
    """The ports of the API over one ledger and one store that somebody else may be using as well (embedded mode shares its DuckDB connection)."""
    facts, desk = MeterFactsBookSql(ledger, clock), FactorDeskSql(ledger, clock)
    return Dependencies(
        registry=RegistryBookSql(ledger), readings=store, energy=store, settle=SettleLedgerSql(ledger), figures=LedgerFiguresSql(ledger),
        quarantine=QuarantineBookSql(ledger), activities=ActivityBookSql(ledger, clock), verdicts=VerdictBookSql(ledger),
        lights=LightPagesSql(ledger),
        alerts=AlertBookSql(ledger), inbox=InboxBookSql(ledger), keys=KeyBookSql(ledger), plan=plan, factors=LiveFactors(factor_book(plan), desk),
        clock=clock, max_body_bytes=max_body_bytes, operations=operations, meter_facts=facts, quality=QualityLedgerSql(ledger), facts_desk=facts,
        items=OpenItemsBookSql(ledger), item_desk=ItemDeskSql(ledger), factor_desk=desk, restatements=RestatementsSql(ledger, clock),
        emissions=EmissionLedgerSql(ledger), permits=PermitBookSql(ledger),
        exclusions=ExclusionBookSql(ledger, plan.exclusion_rules, clock), budgets=BudgetBookSql(ledger, clock),
        forecasts=ForecastBookSql(ledger), account_months=AccountMonthsSql(ledger),
        offline=OfflineBookSql(ledger, clock), offline_sheets=OfflineWorkbook(),
        statistics=StatisticsBookSql(ledger, clock), report_sheets=ReportWorkbook(),
        projects=ProjectBookSql(ledger, clock), cp_audits=CpAuditBookSql(ledger, clock), register_rows=read_rows,
        links=SignedLinks(LinkKeysSql(ledger).held), linked=LinkedMessagesSql(ledger), alert_pages=AlertPagesSql(ledger), audit=AuditLogSql(ledger),
        alert_desk=AlertDeskSql(ledger), routing=RoutingBookSql(ledger), silences=SilenceDeskSql(ledger), roster=RosterDeskSql(ledger),
        addresses=AddressDeskSql(ledger), alarms=OperatorAlarmsSql(ledger), deliveries=DeliveryBookSql(ledger),
    )  # fmt: skip


def operations(
    ledger: LedgerEngine, gateways: GatewayDesk, backup: Callable[[str, int], Sequence[BackupPart]] | None = None,
    export: Callable[[str, Interval], tuple[int, BinaryIO]] | None = None,
) -> Operations:  # fmt: skip
    """The ports of those who run Tricolor. backup: where this process holds the stores and a folder is set for it; export: Parquet of a span."""
    return Operations(
        gateways, QuarantineBookSql(ledger), QuarantineDeskSql(ledger), BrokerStateSql(ledger), backup, SessionLossesSql(ledger), export
    )
