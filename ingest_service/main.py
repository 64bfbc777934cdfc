"""Wiring of the ingest service: sources, spool, pipeline, store, ledger."""

import ctypes
import gc
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import time_ns

import numpy as np
import structlog
from fastapi import APIRouter

from ingest_service.broker_watch import BrokerWatch
from ingest_service.checks import Limits, check
from ingest_service.claims import Claims
from ingest_service.commit import Committer
from ingest_service.fresh import Fresh
from ingest_service.index import PointIndex
from ingest_service.keeper import Keeper
from ingest_service.listeners.hj212_door import Door
from ingest_service.listeners.hj212_session import CONTENT_TYPE
from ingest_service.listeners.hj212_tcp import Hj212Listener
from ingest_service.listeners.http import MAX_TOLD, HttpLimits, readings_router
from ingest_service.pipeline import Loader, Pipeline
from ingest_service.quarantine_keeper import QuarantineKeeper
from ingest_service.session_gaps import SessionGaps
from tricolor.adapters.broker_admin.address import BrokerAddress
from tricolor.adapters.broker_admin.sys_topics import SysListener
from tricolor.adapters.codecs.csv_v1 import CsvV1
from tricolor.adapters.codecs.hj212 import Hj212
from tricolor.adapters.codecs.json_v1 import JsonV1
from tricolor.adapters.ledger.claims import ClaimBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.gateways import BrokerStateSql
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.point_columns import PointColumnsSql
from tricolor.adapters.ledger.quarantine import QuarantineDeskSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.sessions import SessionLossesSql
from tricolor.adapters.ledger.stations import StationBookSql
from tricolor.adapters.sources.mqtt import NOBODY, MqttSource
from tricolor.adapters.sources.mqtt_settings import MqttSettings
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.catalogue.pollutants import current_codes
from tricolor.config import Settings, host_port
from tricolor.domain.access import Caller
from tricolor.domain.gateways import BrokerState
from tricolor.domain.readings import Decoded, Frame, Rejection
from tricolor.ports import Codec, ReadingStore

log = structlog.get_logger()
M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -8, -3, -1  # malloc.h
GC_THRESHOLDS = (50_000, 20, 50)  # a batch makes 100,000 objects and no cycle; Python's own 700 would look for cycles 100 times a batch


@dataclass
class IngestService:
    """Everything of one ingest worker, started and stopped together."""

    committer: Committer
    loader: Loader
    source: MqttSource | None
    router: APIRouter
    spool: SqliteSpool
    keeper: Keeper
    stations: Hj212Listener | None = None
    _started: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.loader.start()
        self.committer.start()
        self.keeper.start(self.committer)
        if self.source is not None:
            self.source.start()
        if self.stations is not None:
            self.stations.start()

    def stop(self) -> None:
        """Stop reading, commit what was read, end the batch under way, close. What is not loaded yet waits in the spool for the next start."""
        if self.stations is not None:
            self.stations.stop()
        if self.source is not None:
            self.source.stop()
        self.keeper.stop()
        self.committer.stop()
        self.loader.stop()
        self.spool.close()

    def trouble(self) -> str:
        """What an operator should know now, "" when all is well."""
        if not self.committer.is_alive or not self.loader.is_alive or not (self.stations is None or self.stations.is_alive):
            return "an intake thread has died"
        return self.committer.trouble or self.keeper.alarm or (self.source.trouble if self.source is not None else "")


def build(
    settings: Settings, store: ReadingStore, ledger: IntakeLedgerSql, book: RegistryBookSql,
    authenticate: Callable[[str | None], Caller], with_mqtt: bool = True,
) -> IngestService:  # fmt: skip
    """One ingest worker by the settings; store and ledger are shared with the other services in embedded mode."""
    _share_malloc_arenas()
    gc.set_threshold(*GC_THRESHOLDS)
    spool = SqliteSpool(settings.spool_file, settings.spool_max_bytes, settings.spool_keep_s, settings.spool_keep_bytes)
    limits = Limits(settings.future_limit_s, settings.retention_days)
    worker = f"{settings.mqtt_client_id}#{spool.identity:x}"
    ledger.forget_workers_before(worker)

    def clock() -> int:
        return time_ns() // 1000

    source: MqttSource | None = None

    def reply(frame: Frame, received: int, rejections: tuple[Rejection, ...], seq: int | None) -> None:
        if source is None or frame.enterprise in ("", NOBODY) or not frame.source.startswith("mqtt:"):
            return
        listed = [{"index": r.index, "point": r.point, "reason": str(r.reason), "detail": r.detail} for r in rejections[:MAX_TOLD]]
        answer = {"seq": seq, "received": received, "rejected_total": len(rejections), "rejected": listed}
        source.publish(frame.topic.rsplit("/", 1)[0] + "/rejected", json.dumps(answer, ensure_ascii=False).encode())

    fresh, points = Fresh(), book.points
    claims = Claims(worker, ClaimBookSql(ledger.engine), clock) if settings.mqtt_share else None
    pipeline = Pipeline(worker, spool, store, ledger, points, _codecs(settings), limits, clock, reply, fresh, claims)
    gaps = SessionGaps(settings.mqtt_client_id, settings.mqtt, SessionLossesSql(ledger.engine), settings.data / "mqtt_session_losses.json", clock)
    keeper = Keeper(worker, settings.store, spool, ledger, settings.spool_alarm_age_s, clock, (gaps.tell,))
    loader = Loader(pipeline, keeper.tell)
    committer = Committer(spool, loader.wake, fresh.put)
    if with_mqtt:
        source = MqttSource(mqtt_settings(settings), committer.submit_many, committer.has_room, lambda: gaps.lost(source.gone_at if source else None))
    preview = _previewer(points, pipeline, limits, clock)
    # codecs keep caches and belong to one thread: the router has its own
    router = readings_router(authenticate, _codecs(settings), committer, HttpLimits(settings.max_body_bytes, settings.max_inflated_bytes), preview)
    stations = None
    if settings.hj212:
        host, port = host_port(settings.hj212, "TRICOLOR_HJ212")
        stations = Hj212Listener(host, port, Door(StationBookSql(ledger.engine)), committer.submit_many, committer.has_room, clock)
    return IngestService(committer, loader, source, router, spool, keeper, stations)


def _share_malloc_arenas() -> None:
    """Have glibc keep two heaps and not eight a core: a batch is made in one thread and freed in another, and each heap keeps what it once had.

    Columns from 1 MB on get pages of their own, given back when freed: glibc would else raise that bound to 32 MB by itself, and the heaps fill with
    holes that large columns leave (30 MB after four minutes, measured by bench/soak.py).
    """
    with suppress(OSError, AttributeError):  # another C library
        libc = ctypes.CDLL(None)
        libc.mallopt(M_ARENA_MAX, 2)
        libc.mallopt(M_MMAP_THRESHOLD, 1 << 20)
        libc.mallopt(M_TRIM_THRESHOLD, 4 << 20)


def mqtt_settings(settings: Settings) -> MqttSettings:
    """The connection that the settings describe; Misconfigured names the setting that is wrong."""
    host, port = host_port(settings.mqtt, "TRICOLOR_MQTT")
    topics = tuple(dict.fromkeys(topic.strip() for topic in settings.mqtt_topics.split(",") if topic.strip()))
    return MqttSettings(
        host, port, settings.mqtt_client_id, settings.mqtt_protocol, topics, settings.mqtt_share,
        settings.mqtt_username, settings.mqtt_password.get_secret_value(), settings.mqtt_session_expiry_s,
        has_tls=settings.mqtt_tls, ca_file=settings.mqtt_ca_file, cert_file=settings.mqtt_cert_file, key_file=settings.mqtt_key_file,
        remember=settings.data / "mqtt_session.json",
    )  # fmt: skip


def broker_address(settings: Settings, username: str = "", password: str = "") -> BrokerAddress:
    """Where TRICOLOR_MQTT is; without a name as the intake."""
    host, port = host_port(settings.mqtt, "TRICOLOR_MQTT")
    if not username:
        username, password = settings.mqtt_username, settings.mqtt_password.get_secret_value()
    tls = settings.mqtt_tls, settings.mqtt_ca_file, settings.mqtt_cert_file, settings.mqtt_key_file
    return BrokerAddress(host, port, username, password, *tls)


def build_helpers(settings: Settings, service: IngestService, ledger: LedgerEngine) -> tuple[BrokerWatch, QuarantineKeeper]:
    """What runs beside an ingest worker: watching the broker, and keeping the quarantine."""
    address, states = broker_address(settings), BrokerStateSql(ledger)
    listener = SysListener(address)

    def says() -> BrokerState:
        heard = listener.says()
        return BrokerState(str(address), heard.version, heard.dropped, heard.clients, heard.retained, heard.queued, time_ns() // 1000)

    keeper = QuarantineKeeper(
        QuarantineDeskSql(ledger), service.committer.submit_many, settings.quarantine_max_rows, settings.quarantine_max_bytes,
        lambda: time_ns() // 1000,
    )  # fmt: skip
    return BrokerWatch(listener, says, states.put), keeper


def _codecs(settings: Settings) -> dict[str, Codec]:
    limit = settings.max_readings_per_message
    return {"application/json": JsonV1(limit), "text/csv": CsvV1(limit), CONTENT_TYPE: Hj212(limit, current_codes())}


def _previewer(
    book: PointColumnsSql, pipeline: Pipeline, limits: Limits, clock: Callable[[], int]
) -> Callable[[Frame, Decoded], tuple[Rejection, ...]]:
    """The registry's word on a frame for the answer of a push; the loader judges it again when it stores it."""
    held: list[PointIndex] = []

    def preview(frame: Frame, decoded: Decoded) -> tuple[Rejection, ...]:
        version = book.version()
        index = pipeline.index_of(version)
        if index is not None:
            held[:] = [index]
        elif not held or held[0].version != version:
            held[:] = [PointIndex(book.load())]
        bare = Decoded(decoded.point, decoded.at, decoded.value, decoded.quality, decoded.index)
        return check([frame], np.zeros(1, dtype=np.int64), [bare], held[0], limits, clock()).rejections[0]

    return preview
