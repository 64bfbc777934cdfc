"""Wiring of the alerting service: the only file of it that names adapters."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from alerting.books import Books
from alerting.corrections import Corrector
from alerting.emission_judge import EmissionJudge
from alerting.evaluate import Evaluator
from alerting.follow import Judge, Router
from alerting.sender import Sender
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.budgets import BudgetBookSql
from tricolor.adapters.ledger.cp_audits import CpAuditBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exclusions import ExclusionBookSql
from tricolor.adapters.ledger.forecasts import ForecastBookSql
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.ledger.light_pages import LightPagesSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.permits import PermitBookSql
from tricolor.adapters.ledger.pollutants import EmissionLedgerSql
from tricolor.adapters.ledger.projects import ProjectBookSql
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.statistics import StatisticsBookSql
from tricolor.adapters.notifiers.inbox import InboxNotifier
from tricolor.adapters.notifiers.webhook import WebhookNotifier
from tricolor.catalogue.plans import Plan
from tricolor.catalogue.plans.beside import load_plan_beside, names_in
from tricolor.config import Settings
from tricolor.domain.errors import TryAgain
from tricolor.ports import EnergyStore, Notifier, ReadingStore

SEND_PAUSE_S = 1.0
STOP_WAIT_S = 20.0
log = structlog.get_logger("alerting")


class Store(ReadingStore, EnergyStore, Protocol):
    """Readings and cells in one place."""


def now_us() -> int:
    return time.time_ns() // 1000


def build_judge(settings: Settings, ledger: LedgerEngine, readings: Store, plan: Plan | None = None) -> Judge:
    """The judge of this process. plan: already loaded, else the one that the settings name (Misconfigured or Problems when it cannot be read)."""
    the_plan = plan or load_plan_beside(settings.plan, names_in(settings.plans_beside))
    emissions = EmissionJudge(EmissionLedgerSql(ledger), PermitBookSql(ledger), the_plan)
    books = build_books(ledger, the_plan)
    evaluator = Evaluator(
        RegistryBookSql(ledger), books, readings, the_plan, energy=readings, emissions=emissions, quality_lag_s=1.5 * settings.quality_pause_s
    )
    router = Router(the_plan, settings.base_url, settings.webhook_url)
    return Judge(evaluator, AlertBookSql(ledger), router, Corrector(books, LightPagesSql(ledger)))


def build_books(ledger: LedgerEngine, plan: Plan) -> Books:
    """Everything in the ledger that rules make their facts of."""
    return Books(
        AccountMonthsSql(ledger), ActivityBookSql(ledger), ExclusionBookSql(ledger, plan.exclusion_rules), StatisticsBookSql(ledger),
        BudgetBookSql(ledger), ProjectBookSql(ledger), CpAuditBookSql(ledger), QualityLedgerSql(ledger), ForecastBookSql(ledger),
    )  # fmt: skip


def build_senders(settings: Settings, ledger: LedgerEngine, clock: Callable[[], int] = now_us) -> list[Sender]:
    """One sender a channel."""
    outbox, draw = OutboxSql(ledger), random.SystemRandom().random
    notifiers: list[Notifier] = [
        InboxNotifier(InboxBookSql(ledger), clock),
        WebhookNotifier(settings.webhook_secret.get_secret_value(), clock),
    ]
    return [Sender(outbox, notifier, draw) for notifier in notifiers]


class Loop:
    """Runs a round again and again in a thread of its own. A round that fails is logged and repeated after the pause."""

    def __init__(self, name: str, round_of: Callable[[int], object], pause_s: float, clock: Callable[[], int] = now_us) -> None:
        self._name, self._round, self._pause_s, self._clock = name, round_of, pause_s, clock
        self._is_stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._is_stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the round under way."""
        self._is_stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_WAIT_S)

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            try:
                self._round(self._clock())
            except TryAgain as error:
                log.warning("will try again", loop=self._name, reason=str(error))
            except Exception:  # the outer loop: the service goes on, the log has it all
                log.exception("round failed", loop=self._name)
            self._is_stopping.wait(self._pause_s)


class JudgeLoop:
    """Judges every `pause_s` seconds (Settings.judge_pause_s)."""

    def __init__(self, judge: Judge, pause_s: float, clock: Callable[[], int] = now_us) -> None:
        self._loop = Loop("judge", judge.run_once, pause_s, clock)

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        self._loop.stop()

    @property
    def is_alive(self) -> bool:
        return self._loop.is_alive


class SenderLoop:
    """One thread a channel, so that a slow webhook does not hold up the phone inbox."""

    def __init__(self, senders: Sequence[Sender], pause_s: float = SEND_PAUSE_S, clock: Callable[[], int] = now_us) -> None:
        self._loops = [Loop(f"send-{sender.channel}", sender.run_once, pause_s, clock) for sender in senders]

    def start(self) -> None:
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        for loop in self._loops:
            loop.stop()

    @property
    def is_alive(self) -> bool:
        return all(loop.is_alive for loop in self._loops)
