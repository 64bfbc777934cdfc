"""Readings of a gateway as the bytes of the push contract v1."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np

from simulators.calendar import ORIGIN_US, texts_of
from simulators.dials import Devices
from simulators.faults import Fault
from simulators.noise import Floats, Ints
from simulators.script import PointRow
from tricolor.domain.intervals import SECOND_US

MAX_READINGS = 2_000

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Readings in time order; columns of equal length. which: index into `names`."""

    names: list[str]
    which: Ints
    at: Ints
    value: Floats

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway and the points behind it."""

    entity: str
    name: str
    points: tuple[PointRow, ...]
    faults: Mapping[str, Fault] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.entity}/{self.name}"

    def topic(self, leaf: str) -> str:
        """leaf: readings | status | rejected."""
        return f"tricolor/v1/{self.entity}/{self.name}/{leaf}"


def gateways(devices: Devices, faults: Mapping[str, Fault] | None = None) -> list[Gateway]:
    """The gateways of the city; faults by point id are put between its meter and the wire."""
    city = devices.city
    return [
        Gateway(entity, name, tuple(city.points[p] for p in points), {p: faults[p] for p in points if faults and p in faults})
        for (entity, name), points in city.gateways().items()
    ]


def due(point: PointRow, after: int, until: int, is_live: bool) -> Ints:
    """Instants [µs] in (after, until] at which the point speaks: its own grid, and when live a register or gauge also at `until`."""
    step = point.interval_s * SECOND_US
    first = -(-(after + 1 - ORIGIN_US) // step) * step + ORIGIN_US
    if point.kind == "delta":
        first = max(first, ORIGIN_US + step)  # the interval that ends at the origin was never metered
    if point.begins > first:
        first += -(-(point.begins - first) // step) * step
    at = np.arange(first, until + 1, step, dtype=np.int64)
    if is_live and until >= point.begins and point.kind != "delta" and until > after and (not len(at) or at[-1] < until):
        at = np.append(at, until)
    return at


def rows_between(devices: Devices, gateway: Gateway, after: int, until: int, is_live: bool) -> Rows:
    """Everything the gateway has to say of (after, until], in time order."""
    devices.reach(until)
    columns: list[tuple[Ints, Floats]] = []
    for point in gateway.points:
        at = due(point, after, until, is_live)
        value = devices.values(point.id, at)
        if point.id in gateway.faults:
            at, value = gateway.faults[point.id](at, value)
        columns.append((at, value))
    which = np.repeat(np.arange(len(columns)), [len(at) for at, _ in columns])
    at = np.concatenate([at for at, _ in columns])
    value = np.concatenate([value for _, value in columns])
    # a faulty meter may send out of order on purpose: then its order is kept
    order = np.argsort(at, kind="stable") if not gateway.faults else np.arange(len(at))
    return Rows([p.id for p in gateway.points], which[order], at[order], value[order])


def encode(rows: Rows, first_seq: int, most: int = MAX_READINGS) -> Iterator[tuple[bytes, int]]:
    """(payload, number of readings) of as many messages as the rows need; seq counts up from first_seq."""
    for number, begin in enumerate(range(0, len(rows), most)):
        part = slice(begin, begin + most)
        at, seq = rows.at[part], first_seq + number
        points = [rows.names[k] for k in rows.which[part].tolist()]
        values = rows.value[part].tolist()
        if at[0] == at[-1] and len(set(points)) == len(points):
            body: dict[str, object] = {"seq": seq, "at": texts_of(at[:1])[0], "values": dict(zip(points, values, strict=True))}
        else:
            distinct, place = np.unique(at, return_inverse=True)
            texts = texts_of(distinct)
            body = {"seq": seq, "at": [texts[k] for k in place.tolist()], "point": points, "value": values}
        yield _encode(body), len(at)
