"""For those who run it: is it alive, is it ready, and what it counts."""

from collections.abc import Callable, Iterator

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import REGISTRY, CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.datastructures import State

from api.broker_shapes import broker_metrics
from api.delivery_metrics import delivery_alarms, delivery_metrics
from api.deps import Dependencies, Deps, Known
from api.problems import MEDIA_TYPE, Problem, documented
from api.quality_metrics import quality_metrics
from api.security import is_loopback
from tricolor.domain.access import READ_KINDS, identify
from tricolor.domain.errors import Misconfigured
from tricolor.domain.intervals import MINUTE_US, Interval
from tricolor.domain.lights import Light

log = structlog.get_logger("api")
router = APIRouter(tags=["运行 operations"])
NOBODY = -1  # a point key that no registry gives out


@router.get("/healthz", summary="200 whenever the process answers")
def healthz() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/readyz", summary="200 when the ledger and the stores answer, else 503 naming what does not", responses=documented(503))
def readyz(deps: Deps, known: Known, request: Request) -> Response:
    now = deps.clock()
    span = Interval(now - MINUTE_US, now)
    parts: dict[str, tuple[str, Callable[[], object]]] = {
        "ledger": ("台账", known.get),
        "readings": ("读数库", lambda: deps.readings.read([NOBODY], span)),
        "energy": ("能耗库", lambda: deps.energy.cells([NOBODY], span)),
    }
    missing = {name: why for name, (_, probe) in parts.items() if (why := _fails(probe))}
    alarms = [] if "ledger" in missing else _alarms(deps)
    if not missing:
        return JSONResponse({"status": "ready", "entities": len(known.get().entities), **({"alarms": alarms} if alarms else {})})
    zh = "、".join(parts[name][0] for name in missing)
    en = "; ".join(f"{name}: {why}" for name, why in missing.items())
    problem = Problem(
        503, "not-ready", "尚未就绪 / Not ready", f"{zh}没有应答 / {en}",
        "请查看日志,并运行 tricolor doctor 检查 / See the log, and run `tricolor doctor`",
        {"Retry-After": "5"}, missing=sorted(missing), **({"alarms": alarms} if alarms else {}),
    )  # fmt: skip
    return JSONResponse(problem.body(request.url.path), 503, headers=problem.headers, media_type=MEDIA_TYPE)


def _fails(probe: Callable[[], object]) -> str:
    try:
        probe()
    except Exception as error:  # any failure is an answer here; its words may name hosts and folders, so they go to the log
        log.warning("not ready", error=repr(error))
        return "settings must be mended" if isinstance(error, Misconfigured) else "does not answer"
    return ""


def _alarms(deps: Dependencies) -> list[str]:
    """What the ingest workers and the outbox want somebody to look at; they go on all the same."""
    try:
        return [*(f"{lag.worker}: {lag.alarm}" for lag in deps.figures.workers() if lag.alarm), *delivery_alarms(deps)]
    except Exception as error:  # as in _fails: an answer all the same
        log.warning("the alarms cannot be read", error=repr(error))
        return []


@router.get("/metrics", summary="Prometheus text; without a key on this machine only", response_class=Response)
def metrics(request: Request, deps: Deps) -> Response:
    if not is_loopback(request):
        identify(request.headers.get("authorization"), deps.keys.find, READ_KINDS)
    own = CollectorRegistry()
    own.register(_LedgerMetrics(deps, request.app.state))
    return Response(generate_latest(own) + generate_latest(REGISTRY), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _LedgerMetrics:
    """The ledger's counts, read at the moment they are asked for."""

    def __init__(self, deps: Dependencies, state: State) -> None:
        self._deps, self._state = deps, state

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        readings = CounterMetricFamily(
            "tricolor_intake_readings", "readings by source and outcome; received = the others' sum", labels=["source", "outcome"]
        )
        unwritten = GaugeMetricFamily("tricolor_intake_unwritten_messages", "messages that wait in a spool", labels=["source"])
        unsettled = GaugeMetricFamily("tricolor_unsettled_readings", "readings stored and not yet settled into energy", labels=["source"])
        missing = GaugeMetricFamily("tricolor_intake_missing_messages", "messages that a gateway numbered and that never came", labels=["source"])
        filled = CounterMetricFamily("tricolor_intake_filled_messages", "messages that were missing and came later", labels=["source"])
        for f in self._deps.figures.sources():
            counts = f.counts
            for outcome in ("received", "stored", "duplicate", "quarantined"):
                readings.add_metric([counts.source, outcome], getattr(counts, outcome))
            unwritten.add_metric([counts.source], f.unwritten)
            unsettled.add_metric([counts.source], f.unsettled)
            missing.add_metric([counts.source], f.missing)
            filled.add_metric([counts.source], f.filled)
        yield from (readings, unwritten, unsettled, missing, filled)
        yield from self._workers()
        yield from broker_metrics(self._deps)
        yield from quality_metrics(self._deps, self._state)
        alerts = GaugeMetricFamily("tricolor_open_alerts", "alerts that fire", labels=["level"])
        for level, n in {"red": 0, "orange": 0, "yellow": 0, **self._deps.figures.open_alerts()}.items():
            alerts.add_metric([level], n)
        yield alerts
        outbox = GaugeMetricFamily("tricolor_outbox_messages", "messages to people", labels=["state"])
        for state, n in {"queued": 0, "sending": 0, "accepted": 0, "dead": 0, **self._deps.figures.outbox()}.items():
            outbox.add_metric([state], n)
        yield outbox
        yield from delivery_metrics(self._deps)
        lights = GaugeMetricFamily("tricolor_lights", "current verdicts", labels=["light"])
        seen = {} if self._deps.lights is None else self._deps.lights.counts()
        for light in ("red", "orange", "yellow", "green", "grey"):
            lights.add_metric([light], seen.get(Light(light), 0))
        yield lights

    def _workers(self) -> Iterator[Metric]:
        """How far each ingest worker's store is behind its spool, as the worker said last."""
        now = self._deps.clock()
        labels = ["worker", "store"]
        age = GaugeMetricFamily("tricolor_intake_oldest_unwritten_seconds", "age of the oldest message that waits for the store", labels=labels)
        waiting = GaugeMetricFamily("tricolor_intake_lag_messages", "messages that wait for the store", labels=labels)
        size = GaugeMetricFamily("tricolor_spool_bytes", "payload in the spool", labels=[*labels, "what"])
        alarm = GaugeMetricFamily("tricolor_spool_alarm", "1 when messages wait too long or cannot be made safe", labels=labels)
        silence = GaugeMetricFamily("tricolor_intake_worker_silence_seconds", "since the worker told its figures last", labels=labels)
        for lag in self._deps.figures.workers():
            where = [lag.worker, lag.store]
            age.add_metric(where, 0.0 if lag.oldest_at is None else max(0.0, (now - lag.oldest_at) / 1e6))
            waiting.add_metric(where, lag.unwritten)
            size.add_metric([*where, "waiting"], lag.spool_bytes)
            size.add_metric([*where, "kept"], lag.kept_bytes)
            alarm.add_metric(where, 1.0 if lag.alarm else 0.0)
            silence.add_metric(where, max(0.0, (now - lag.told_at) / 1e6))
        yield from (age, waiting, size, alarm, silence)
