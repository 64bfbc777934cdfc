"""Embedded mode: every service in one process, a broker beside it, the stores in one folder."""

import fcntl
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from rich.console import Console

from ingest_service import main as ingest_main
from tricolor.adapters.broker_admin.accounts import INGEST
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exchanges import MeterFactsBookSql
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.items import ItemRecordSql
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.offline import OfflineBookSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.pollutants import EmissionLedgerSql
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.ledger.receipts import ReceiptBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.sources.broker import Broker, answers
from tricolor.catalogue.factors import factor_book
from tricolor.catalogue.plans import Plan
from tricolor.catalogue.plans.beside import load_plan_beside, names_in
from tricolor.channel_settings import load_channels
from tricolor.config import Settings, host_port
from tricolor.domain.access import PUSH_KINDS, KeyKind, authenticator
from tricolor.domain.errors import Misconfigured
from tricolor.domain.factors import FactorBook
from tricolor_cli.backup import backup_maker
from tricolor_cli.brokers import gateway_accounts, mend_rights
from tricolor_cli.exports import export_maker
from tricolor_cli.nightly import Nightly
from tricolor_cli.stores import Store, open_store

if TYPE_CHECKING:
    from api.receipt_desk import ReceiptDesk

log = structlog.get_logger()
console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Shared:
    """What the services of one process share."""

    settings: Settings
    ledger: LedgerEngine
    store: Store
    book: RegistryBookSql
    keys: KeyBookSql
    plan: Plan
    factors: FactorBook


@contextmanager
def shared(settings: Settings, is_alone: bool = True) -> Iterator[Shared]:
    """The stores, opened once; Misconfigured when another Tricolor holds the folder and is_alone asks for it alone."""
    host_port(settings.http, "TRICOLOR_HTTP")  # before anything is made or shown
    host_port(settings.mqtt, "TRICOLOR_MQTT")
    with ExitStack() as stack:
        settings.data.mkdir(parents=True, exist_ok=True)
        if is_alone:
            stack.enter_context(_only_one(settings.data))
        ledger = LedgerEngine(settings.ledger)
        stack.callback(ledger.close)
        ledger.migrate()
        book = RegistryBookSql(ledger)
        store = open_store(settings, book)
        stack.callback(store.close)
        plan = load_plan_beside(settings.plan, names_in(settings.plans_beside))
        yield Shared(settings, ledger, store, book, KeyBookSql(ledger), plan, factor_book(plan))


def run(settings: Settings, on_ready: Callable[[Shared, threading.Event, ExitStack], None] | None = None) -> None:
    """Everything in one process until SIGINT or SIGTERM; stops in the order of the data's way, so that what was acknowledged is stored.

    on_ready is called when all runs; what it puts on the stack is stopped before anything else.
    """
    stop = _stop_on_signals()
    with ExitStack() as stack:
        common = stack.enter_context(shared(settings))
        _first_key(common)
        common = replace(common, settings=_broker(settings, stack))
        ingest = _ingest(common)
        app = _app(common)
        app.include_router(ingest.router)
        parts: list[Part] = [*_ingest_helpers(common, ingest), ingest, *_settle(common), *_alerting(common), _bulletins(common), _nightly(common)]
        for part in parts:
            part.start()
        for part in reversed(parts):
            stack.callback(part.stop)  # called in the order ingest, settle, judge, sender
        server = _Server(app, settings)
        server.start()
        stack.callback(server.stop)
        console.print(f"[bold green]■[/] 红黄绿用能预警 Tricolor  [bold]{settings.base_url}/[/]  MQTT {settings.mqtt}  数据 data: {settings.data}")
        if on_ready is not None:
            on_ready(common, stop, stack)
        _wait(stop, server)


def run_service(settings: Settings, name: str) -> None:
    """One service of server mode until SIGINT or SIGTERM: ingest, accounting, alerting or api."""
    stop = _stop_on_signals()
    if settings.store == "duckdb" and name != "ingest":
        raise Misconfigured("DuckDB belongs to one process: run `tricolor up`, or set TRICOLOR_STORE=influxdb for separate services")
    with ExitStack() as stack:
        common = stack.enter_context(shared(settings, is_alone=name == "ingest"))
        server: _Server | None = None
        parts: list[Part] = []
        if name == "ingest":
            ingest = _ingest(common)
            parts = [*_ingest_helpers(common, ingest), ingest, _nightly(common)]
            app = FastAPI(title="Tricolor ingest", docs_url=None, redoc_url=None)
            app.include_router(ingest.router)
            app.add_api_route("/healthz", lambda: {"alive": True, "trouble": ingest.trouble()})
            server = _Server(app, settings)
        elif name == "accounting":
            parts = list(_settle(common))
        elif name == "alerting":
            parts = [*_alerting(common), _bulletins(common)]
        else:
            _first_key(common)
            server = _Server(_app(common), settings)
        for part in parts:
            part.start()
        for part in reversed(parts):
            stack.callback(part.stop)
        if server is not None:
            server.start()
            stack.callback(server.stop)
        log.info("service runs", service=name, store=settings.store, http=settings.http if server else "")
        _wait(stop, server)


class Part(Protocol):
    """A service's thread or threads."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


def _ingest(common: Shared) -> ingest_main.IngestService:
    authenticate = authenticator(common.keys.find, PUSH_KINDS)
    return ingest_main.build(common.settings, common.store, IntakeLedgerSql(common.ledger), common.book, authenticate)


def _ingest_helpers(common: Shared, ingest: ingest_main.IngestService) -> tuple[Part, ...]:
    return ingest_main.build_helpers(common.settings, ingest, common.ledger)


def _nightly(common: Shared) -> Part:
    return Nightly(common.store, common.settings.retention_days)


def _settle(common: Shared) -> tuple[Part, ...]:
    from accounting import main as accounting_main  # noqa: PLC0415 - pandas is 60 MB, which the intake alone has no use for
    from tricolor_cli.pace_lights import pace_light_of  # noqa: PLC0415 - likewise

    facts = MeterFactsBookSql(common.ledger)
    ledger, items = SettleLedgerSql(common.ledger), ItemRecordSql(common.ledger)
    keeper = accounting_main.build_quality(common.store, common.store, QualityLedgerSql(common.ledger), common.book)
    emissions = accounting_main.build_emissions(common.store, EmissionLedgerSql(common.ledger), common.book)

    def touched(pairs: Iterable[tuple[str, date]]) -> None:
        held = list(pairs)
        keeper.touch(held)
        emissions.touch(held)

    shelf, restating = accounting_main.build_restating(common.ledger, common.store, common.book, common.factors, common.plan.id)
    settle = accounting_main.build(
        common.settings,
        common.store,
        common.store,
        ledger,
        common.book,
        shelf,
        facts,
        items,
        on_touched=touched,
        restating=restating,
        offline=OfflineBookSql(common.ledger),
    )
    forecasts = accounting_main.build_forecasts(common.ledger, common.book, common.plan, pace_light_of(common.plan))
    return (
        accounting_main.quality_loop(common.settings, keeper),
        accounting_main.emission_loop(emissions),
        accounting_main.forecast_loop(common.settings, forecasts),
        settle,
    )


def _alerting(common: Shared) -> list[Part]:
    from alerting import main as alerting_main  # noqa: PLC0415 - as above

    return list(alerting_main.build_parts(common.settings, common.ledger, common.store, common.plan))


def _bulletins(common: Shared) -> Part:
    from tricolor_cli.bulletin_desk import bulletin_loop  # noqa: PLC0415 - as above

    return bulletin_loop(common.ledger, common.plan, common.store, common.settings.fonts)


def _app(common: Shared) -> FastAPI:
    """The API with the wallboard."""
    from api import main as api_main  # noqa: PLC0415 - as above
    from api.app import create_app  # noqa: PLC0415
    from api.board import mount_board  # noqa: PLC0415
    from tricolor_cli.alert_desk import configured, router_of  # noqa: PLC0415
    from tricolor_cli.bulletin_desk import with_bulletins  # noqa: PLC0415

    settings, ledger = common.settings, common.ledger
    exports = export_maker(settings, common.book, common.store)
    operations = api_main.operations(ledger, gateway_accounts(settings, ledger), backup_maker(settings, ledger, common.store), exports)
    deps = api_main.wire(ledger, common.store, common.plan, settings.max_body_bytes, operations=operations)
    deps = replace(deps, route_preview=router_of(settings, ledger, common.plan), receipt_desk=_receipt_desk(common), ways=configured(settings))
    deps = with_bulletins(deps, ledger, common.plan, common.store, settings.fonts)
    app = create_app(deps)
    mount_board(app, deps, OutboxSql(common.ledger))
    return app


def _receipt_desk(common: Shared) -> "ReceiptDesk | None":
    """Where SMS providers post receipts; None without a provider or a secret for the path."""
    from alerting.main import sms_receipts  # noqa: PLC0415 - as above
    from api.receipt_desk import ReceiptDesk  # noqa: PLC0415

    chosen = load_channels(common.settings.channels)
    if chosen.sms is None or chosen.receipts is None:
        return None
    channel = sms_receipts(chosen.sms)
    return ReceiptDesk(chosen.receipts.secret.get_secret_value(), {channel.channel: channel}, ReceiptBookSql(common.ledger))


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _wait(stop: threading.Event, server: "_Server | None") -> None:
    while not stop.wait(0.5):
        if server is not None and not server.is_alive:
            raise Misconfigured("the web server has stopped, see the log above")
    console.print("正在停止 · stopping …")


class _Server:
    """uvicorn in a thread; we keep the signals to ourselves."""

    def __init__(self, app: object, settings: Settings) -> None:
        host, port = host_port(settings.http, "TRICOLOR_HTTP")
        # asyncio sets TCP_NODELAY only where the protocol is named; without it a kept-alive request waits 40 ms
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            raise Misconfigured(f"cannot listen at {settings.http}: {error.strerror}; choose another address with --http or TRICOLOR_HTTP") from error
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5)  # type: ignore[arg-type]
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, name="http", daemon=True)

    def start(self) -> None:
        self._thread.start()
        for _ in range(200):
            if self._server.started or not self._thread.is_alive():
                return
            time.sleep(0.05)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=15)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the folder: two processes over one spool would acknowledge what the other loses."""
    with (folder / "tricolor.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Misconfigured(f"another Tricolor runs on the folder {folder}; stop it, or choose another with --data or TRICOLOR_DATA") from error
        file.write(str(os.getpid()))
        file.flush()
        yield


def _broker(settings: Settings, stack: ExitStack) -> Settings:
    """Use the broker that answers at the address, else start one as a child; the settings with the account that the intake has there."""
    host, port = host_port(settings.mqtt, "TRICOLOR_MQTT")
    if answers(host, port):
        console.print(f"使用已有的 MQTT 服务 · using the broker that answers at {settings.mqtt}")
        return settings
    broker = Broker(host, port, settings.data / "broker", settings.broker_auth == "dynsec", _certificate(settings))
    stack.callback(broker.stop)
    if broker.notice:
        console.print(f"[yellow]▲ {broker.notice}[/]")
    if broker.accounts is None:
        return settings
    mend_rights(settings, broker.accounts)
    if settings.mqtt_username:
        return settings
    return settings.model_copy(update={"mqtt_username": INGEST, "mqtt_password": SecretStr(broker.accounts.ingest)})


def _certificate(settings: Settings) -> tuple[Path, Path] | None:
    """Of the broker that we start, when TRICOLOR_MQTT_TLS asks for TLS: never a plain one instead."""
    if not settings.mqtt_tls:
        return None
    if settings.broker_cert_file is None or settings.broker_key_file is None:
        raise Misconfigured(
            f"TRICOLOR_MQTT_TLS is set and nothing answers at TRICOLOR_MQTT={settings.mqtt}: to have a broker with TLS started here, name its"
            " certificate and key in TRICOLOR_BROKER_CERT_FILE and TRICOLOR_BROKER_KEY_FILE (and its authority in TRICOLOR_MQTT_CA_FILE), or start"
            " a broker of yours, or unset it"
        )
    return settings.broker_cert_file, settings.broker_key_file


def _first_key(common: Shared) -> None:
    """No admin key in force, as on the first start: make one and show it this once."""
    if any(key.kind is KeyKind.ADMIN and key.revoked_at is None for key in common.keys.list()):
        return
    _, token = common.keys.create(KeyKind.ADMIN, "", "first start", time.time_ns() // 1000)
    console.print(f"首次启动，管理密钥（只显示这一次） · first start, the admin key, shown this once:\n  [bold]{token}[/]")


def exit_with(error: Exception) -> None:
    console.print(f"[red]● {error}[/]")
    sys.exit(1)
