"""The broker's own words beside our counts, and the quarantine's fill: shapes and Prometheus metrics."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from pydantic import Field

from api.deps import Dependencies
from api.schemas import Shape
from tricolor.domain.intake import SessionLoss
from tricolor.domain.intervals import iso

MAX_LOSSES = 100


class BrokerShape(Shape):
    broker: str
    version: str
    dropped: int | None = Field(description="messages that it threw away since it was started; more than 0 are lost unless gateways re-send")
    clients: int | None
    retained: int | None
    queued: int | None = Field(description="messages that it holds, those of retained topics among them")
    told_at: str


class SessionLossShape(Shape):
    """A gap: the broker forgot a worker's session. since: when the worker last had it, null when nobody knows; the names are for administrators."""

    worker: str
    broker: str
    since: str | None
    at: str


def session_losses(deps: Dependencies) -> list[SessionLoss]:
    """Those of the ledger, the newest first, at most MAX_LOSSES."""
    sessions = deps.operations.sessions if deps.operations is not None else None
    return list(sessions.list(MAX_LOSSES)) if sessions is not None else []


def loss_shapes(deps: Dependencies, are_names_shown: bool) -> list[SessionLossShape]:
    """For everybody, since gateways must send that time again; who and where only with are_names_shown."""
    return [
        SessionLossShape(
            worker=x.worker if are_names_shown else "", broker=x.broker if are_names_shown else "",
            since=iso(x.since) if x.since is not None else None, at=iso(x.at),
        )
        for x in session_losses(deps)
    ]  # fmt: skip


def broker_shapes(deps: Dependencies) -> list[BrokerShape]:
    """What each broker said last."""
    if deps.operations is None:
        return []
    return [
        BrokerShape(
            broker=b.broker, version=b.version, dropped=b.dropped, clients=b.clients, retained=b.retained, queued=b.queued,
            told_at=iso(b.told_at),
        )
        for b in deps.operations.brokers.list()
    ]  # fmt: skip


def broker_metrics(deps: Dependencies) -> Iterator[Metric]:
    """Dropped messages per broker, and how full the quarantine is."""
    lost = CounterMetricFamily("tricolor_session_losses", "sessions of ours that the broker forgot, each a possible gap", labels=["worker"])
    if deps.operations is None:
        yield lost
        return
    dropped = CounterMetricFamily("tricolor_broker_dropped_messages", "messages that the broker threw away since it was started", labels=["broker"])
    queued = GaugeMetricFamily("tricolor_broker_queued_messages", "messages that the broker holds", labels=["broker"])
    clients = GaugeMetricFamily("tricolor_broker_clients", "connected clients", labels=["broker"])
    silence = GaugeMetricFamily("tricolor_broker_silence_seconds", "since the broker was heard last", labels=["broker"])
    now = deps.clock()
    for b in deps.operations.brokers.list():
        for family, value in ((dropped, b.dropped), (queued, b.queued), (clients, b.clients)):
            if value is not None:
                family.add_metric([b.broker], value)
        silence.add_metric([b.broker], max(0.0, (now - b.told_at) / 1e6))
    yield from (dropped, queued, clients, silence)
    for worker, count in deps.operations.sessions.counts().items() if deps.operations.sessions is not None else ():
        lost.add_metric([worker], count)
    yield lost
    entries, size = deps.operations.counts.size()
    yield GaugeMetricFamily("tricolor_quarantine_entries", "entries in the quarantine", value=entries)
    yield GaugeMetricFamily("tricolor_quarantine_bytes", "bytes of messages in the quarantine", value=size)
    gone = CounterMetricFamily("tricolor_quarantine_dropped_entries", "entries removed from the quarantine", labels=["source", "by"])
    for source, (cap, operator) in deps.operations.counts.dropped().items():
        gone.add_metric([source, "cap"], cap)
        gone.add_metric([source, "operator"], operator)
    yield gone
