"""Messages to people for Prometheus, and whether the outbox is stuck."""

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from api.deps import Dependencies
from tricolor.domain.intervals import MINUTE_US
from tricolor.ports_delivery import QueueFigures

STUCK_US: Final = 15 * MINUTE_US  # a message may wait so long before those who run Tricolor hear of it


def delivery_metrics(deps: Dependencies) -> Iterator[Metric]:
    """Nothing where whoever composed the services left the deliveries out."""
    if deps.deliveries is None:
        return
    figures, now = deps.deliveries.figures(), deps.clock()
    queue = GaugeMetricFamily("tricolor_outbox_channel_messages", "messages to people by channel and state", labels=["channel", "state"])
    for (channel, state), n in sorted(figures.by_state.items()):
        queue.add_metric([channel, state], n)
    age = GaugeMetricFamily("tricolor_outbox_oldest_queued_seconds", "age of the oldest message that waits", labels=["channel"])
    for channel, at in sorted(figures.oldest_queued_at.items()):
        age.add_metric([channel], max(0.0, (now - at) / 1e6))
    waiting = GaugeMetricFamily("tricolor_outbox_waiting_messages", "queued messages that a limit or a provider holds up", labels=["channel", "for"])
    for (channel, what), n in sorted(figures.waiting.items()):
        waiting.add_metric([channel, what], n)
    attempts = CounterMetricFamily("tricolor_outbox_attempts", "attempts to send: accepted, or the class of the failure", labels=["channel", "class"])
    for (channel, kind), n in sorted(figures.attempts.items()):
        attempts.add_metric([channel, kind], n)
    notices = GaugeMetricFamily("tricolor_notices", "who was to be told, by what became of it", labels=["state"])
    for state, n in {"waiting": 0, "muted": 0, "superseded": 0, "dropped": 0, "grouped": 0, **figures.notices}.items():
        notices.add_metric([state], n)
    alarms = GaugeMetricFamily("tricolor_operator_alarms", "standing alarms to those who run Tricolor", labels=["kind"])
    for kind, n in {"red_failed": 0, **figures.alarms}.items():
        alarms.add_metric([kind], n)
    yield from (queue, age, waiting, attempts, notices, alarms)


def delivery_alarms(deps: Dependencies) -> list[str]:
    """What stands for /readyz: channels whose messages wait too long, and reds that reached nobody."""
    if deps.deliveries is None:
        return []
    figures, now = deps.deliveries.figures(), deps.clock()
    return [*_stuck(figures, now), *(f"{kind}: {n} operator alarm(s), see /v1/operator-alarms" for kind, n in sorted(figures.alarms.items()))]


def _stuck(figures: QueueFigures, now: int) -> Iterator[str]:
    for channel, at in sorted(figures.oldest_queued_at.items()):
        held = sum(n for (of, _), n in figures.waiting.items() if of == channel)
        if now - at > STUCK_US and held < figures.by_state.get((channel, "queued"), 0):
            yield f"outbox: messages of {channel} have waited for {(now - at) // MINUTE_US} min, is the alerting service running?"
