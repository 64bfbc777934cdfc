"""The bulletins' office composed of its parts: the ledger, the store where it is at hand, the writers of the files."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from alerting.books import Books
from alerting.bulletin_keeper import BulletinKeeper
from alerting.bulletin_office import BulletinOffice
from alerting.bulletin_sources import Sources
from alerting.loops import Loop
from api.deps import Dependencies
from tricolor import __version__
from tricolor.adapters.bulletins.charts import chart_svg
from tricolor.adapters.bulletins.fonts import bulletin_fonts
from tricolor.adapters.bulletins.writers import bulletin_writers
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.budgets import BudgetBookSql
from tricolor.adapters.ledger.bulletin_history import PeriodHistorySql
from tricolor.adapters.ledger.bulletins import BulletinBookSql
from tricolor.adapters.ledger.cp_audits import CpAuditBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exclusions import ExclusionBookSql
from tricolor.adapters.ledger.forecasts import ForecastBookSql
from tricolor.adapters.ledger.items import OpenItemsBookSql
from tricolor.adapters.ledger.operator_alarms import OperatorAlarmsSql
from tricolor.adapters.ledger.permits import PermitBookSql
from tricolor.adapters.ledger.pollutants import EmissionLedgerSql
from tricolor.adapters.ledger.projects import ProjectBookSql
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.statistics import StatisticsBookSql
from tricolor.catalogue import workdays
from tricolor.catalogue.plans import Plan
from tricolor.domain.documents import DocumentChart
from tricolor.domain.roster import DayKind
from tricolor_cli.stores import Store

PAUSE_S = 60.0  # between looks for drafts that are due


def bulletin_office(ledger: LedgerEngine, plan: Plan, store: Store | None, fonts: Path | None = None) -> BulletinOffice:
    """store: None where another process holds it; heat networks are then told from verdicts of then. fonts: TRICOLOR_FONTS."""

    def sources() -> Sources:
        books = Books(
            AccountMonthsSql(ledger), ActivityBookSql(ledger), ExclusionBookSql(ledger, plan.exclusion_rules), StatisticsBookSql(ledger),
            BudgetBookSql(ledger), ProjectBookSql(ledger), CpAuditBookSql(ledger), QualityLedgerSql(ledger), ForecastBookSql(ledger),
        )  # fmt: skip
        return Sources(
            RegistryBookSql(ledger), plan, books, PeriodHistorySql(ledger), EmissionLedgerSql(ledger), PermitBookSql(ledger),
            OpenItemsBookSql(ledger), store, store, __version__,
        )  # fmt: skip

    return BulletinOffice(BulletinBookSql(ledger), sources, bulletin_writers(fonts))


def bulletin_loop(ledger: LedgerEngine, plan: Plan, store: Store | None, fonts: Path | None = None) -> Loop:
    """Drafts what is due, in a thread of its own."""
    office = bulletin_office(ledger, plan, store, fonts)
    keeper = BulletinKeeper(office, RegistryBookSql(ledger), plan, is_workday, OperatorAlarmsSql(ledger))
    return Loop("bulletins", keeper.run_once, PAUSE_S)


def with_bulletins(
    deps: Dependencies, ledger: LedgerEngine, plan: Plan, store: Store | None, fonts: Path | None = None
) -> Dependencies:  # fmt: skip
    """The API's ports with the bulletins' office and the pictures of their charts."""
    return replace(deps, bulletins=bulletin_office(ledger, plan, store, fonts), chart_picture=chart_pictures(fonts))


def chart_pictures(fonts: Path | None = None) -> Callable[[DocumentChart], bytes]:
    """Charts as SVG."""

    def picture(chart: DocumentChart) -> bytes:
        return chart_svg(chart, bulletin_fonts(fonts)).encode()

    return picture


def is_workday(on: date) -> bool:
    """By the State Council's notice of the year."""
    return workdays.kind_of(on) is DayKind.WORKDAY
