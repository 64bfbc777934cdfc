"""A CSV of interval energy published over MQTT, at any speed and in any order."""

import gzip
import io
import math
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from simulators.messages import Rows, encode
from simulators.profiles import Series, profile
from simulators.publish import Broker, BrokerSilent, Publisher
from tricolor.domain.intervals import SECOND_US, iso

DEFAULT_BATCH = 96
MAX_BATCH = 100_000


@dataclass(frozen=True, slots=True)
class Target:
    """Who the file speaks for."""

    enterprise: str
    gateway: str
    point: str

    @property
    def topic(self) -> str:
        return f"tricolor/v1/{self.enterprise}/{self.gateway}/readings"


@dataclass(frozen=True, slots=True)
class Summary:
    """intervals: in the file; published, acknowledged: readings; first, last: earliest and latest end of an interval."""

    intervals: int
    published: int
    acknowledged: int
    messages: int
    first: str | None
    last: str | None

    @property
    def is_complete(self) -> bool:
        return self.intervals == self.published == self.acknowledged

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def load(file: Path, profile_name: str) -> Series:
    """The file's intervals; gzip is recognised by its first bytes.

    ValueError when it is not what the profile says, OSError when it cannot be read.
    """
    reader = profile(profile_name)
    with _text(file) as text:
        return reader(text)


def _text(file: Path) -> TextIO:
    with file.open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
    return io.TextIOWrapper(gzip.open(file, "rb") if is_gzip else file.open("rb"), encoding="utf-8-sig", newline="")


def shuffled(series: Series, seed: int) -> Series:
    """The same intervals in an order drawn from the seed."""
    order = np.random.default_rng(seed).permutation(len(series.at))
    return Series(series.at[order], series.value[order])


def replay(
    series: Series,
    target: Target,
    broker: Broker,
    *,
    batch: int = DEFAULT_BATCH,
    speed: float = math.inf,
    stop: threading.Event | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Publish the intervals, `batch` a message; speed: seconds of the file per second (inf: as fast as the broker takes them).

    BrokerSilent when no broker answers; what it did not acknowledge shows in the summary.
    """
    if not 1 <= batch <= MAX_BATCH:
        raise ValueError(f"batch is {batch}: 1 to {MAX_BATCH}")
    if not speed > 0:
        raise ValueError(f"speed is {speed}: a number above 0, or max")
    halt = stop or threading.Event()
    publisher = Publisher(broker, f"replay-{target.enterprise}-{target.gateway}-{target.point}"[:200])
    publisher.open()
    messages = 0
    try:
        for begin in range(0, len(series.at), batch):
            part = slice(begin, begin + batch)
            at = series.at[part]
            if begin and math.isfinite(speed) and halt.wait(max(0.0, float(at[0] - series.at[begin - 1]) / SECOND_US / speed)):
                break
            if halt.is_set():
                break
            rows = Rows([target.point], np.zeros(len(at), dtype=np.int64), at, series.value[part])
            for payload, count in encode(rows, messages + 1, MAX_BATCH):
                messages += 1
                publisher.publish(target.topic, payload, count)
            if progress is not None:
                progress(min(begin + batch, len(series.at)), len(series.at))
        publisher.drain()
    except BrokerSilent:
        pass  # the summary tells how much is missing
    finally:
        publisher.close()
    span = (iso(int(series.at.min())), iso(int(series.at.max()))) if len(series.at) else (None, None)
    return Summary(len(series.at), publisher.published, publisher.acknowledged, messages, *span)
