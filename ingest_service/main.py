"""Wiring of the ingest service: sources, spool, pipeline, store, ledger."""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time_ns

import structlog
from fastapi import APIRouter

from ingest_service.checks import Limits, check
from ingest_service.commit import Committer
from ingest_service.index import PointIndex
from ingest_service.listeners.http import MAX_TOLD, HttpLimits, readings_router
from ingest_service.pipeline import Loader, Pipeline
from tricolor.adapters.codecs.csv_v1 import CsvV1
from tricolor.adapters.codecs.json_v1 import JsonV1
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.sources.mqtt import MqttSource
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.config import Settings, host_port
from tricolor.domain.access import Caller
from tricolor.domain.readings import Decoded, Frame, Rejection
from tricolor.ports import Codec, ReadingStore

log = structlog.get_logger()


@dataclass
class IngestService:
    """Everything of one ingest worker, started and stopped together."""

    committer: Committer
    loader: Loader
    source: MqttSource | None
    router: APIRouter
    spool: SqliteSpool
    _started: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.loader.start()
        self.committer.start()
        if self.source is not None:
            self.source.start()

    def stop(self) -> None:
        """Stop reading, commit what was read, load what was committed, close."""
        if self.source is not None:
            self.source.stop()
        self.committer.stop()
        self.loader.stop()
        self.spool.close()

    def trouble(self) -> str:
        """What an operator should know now, "" when all is well."""
        if not self.committer.is_alive or not self.loader.is_alive:
            return "an intake thread has died"
        return self.committer.trouble


def build(
    settings: Settings, store: ReadingStore, ledger: IntakeLedgerSql, book: RegistryBookSql,
    authenticate: Callable[[str | None], Caller], with_mqtt: bool = True,
) -> IngestService:  # fmt: skip
    """One ingest worker by the settings; store and ledger are shared with the other services in embedded mode."""
    spool = SqliteSpool(settings.data / "spool.sqlite", settings.spool_max_bytes)
    limits = Limits(settings.future_limit_s, settings.retention_days)
    worker = f"{socket.gethostname()}:{settings.mqtt_client_id}"

    def clock() -> int:
        return time_ns() // 1000

    source: MqttSource | None = None

    def reply(frame: Frame, received: int, rejections: tuple[Rejection, ...], seq: int | None) -> None:
        if source is None or not frame.source.startswith("mqtt:"):
            return
        listed = [{"index": r.index, "point": r.point, "reason": str(r.reason), "detail": r.detail} for r in rejections[:MAX_TOLD]]
        answer = {"seq": seq, "received": received, "rejected_total": len(rejections), "rejected": listed}
        source.publish(frame.topic.rsplit("/", 1)[0] + "/rejected", json.dumps(answer, ensure_ascii=False).encode())

    pipeline = Pipeline(worker, spool, store, ledger, book, _codecs(settings), limits, clock, reply)
    loader = Loader(pipeline, _pending_teller(worker, spool, ledger))
    committer = Committer(spool, loader.wake)
    if with_mqtt:
        host, port = host_port(settings.mqtt, "TRICOLOR_MQTT")
        source = MqttSource(
            host, port, settings.mqtt_client_id, committer.submit, committer.has_room,
            settings.mqtt_username, settings.mqtt_password.get_secret_value(), settings.mqtt_session_expiry_s,
        )  # fmt: skip
    preview = _previewer(book, limits, clock)
    # codecs keep caches and belong to one thread: the router has its own
    router = readings_router(authenticate, _codecs(settings), committer, HttpLimits(settings.max_body_bytes, settings.max_inflated_bytes), preview)
    return IngestService(committer, loader, source, router, spool)


def _codecs(settings: Settings) -> dict[str, Codec]:
    return {"application/json": JsonV1(settings.max_readings_per_message), "text/csv": CsvV1(settings.max_readings_per_message)}


def _pending_teller(worker: str, spool: SqliteSpool, ledger: IntakeLedgerSql) -> Callable[[], None]:
    """Tell the ledger what the spool still holds, when it changed."""
    last: list[object] = [None]

    def tell() -> None:
        pending, oldest = spool.pending()
        if last[0] != (pending, oldest):
            ledger.put_pending(worker, pending, oldest)
            last[0] = (pending, oldest)

    return tell


def _previewer(book: RegistryBookSql, limits: Limits, clock: Callable[[], int]) -> Callable[[Frame, Decoded], tuple[Rejection, ...]]:
    """The registry's word on a frame for the answer of a push; the loader judges it again when it stores it."""
    held: list[PointIndex] = []

    def preview(frame: Frame, decoded: Decoded) -> tuple[Rejection, ...]:
        if not held or held[0].version != book.version():
            held[:] = [PointIndex(book.load())]
        bare = Decoded(decoded.point, decoded.at, decoded.value, decoded.quality, decoded.index)
        return check([frame], [bare], held[0], limits, clock()).rejections[0]

    return preview
