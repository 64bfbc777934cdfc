"""Messages of {"at", "values"} whose points were seen before: a decoder made for just these points reads the numbers alone.

A gateway sends the same points in the same order, hour after hour. Reading their names anew and looking each up costs more than all else in the
intake, so the second message of the same points teaches a typed decoder of msgspec, whose fields are the points; one that does not fit says so.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tricolor.domain.readings import Decoded, Layout

MAX_FIELDS = 150_000  # points of all known layouts together: some 0.5 kB each
MAX_OF_ONE = 2_000
MISSES = 8  # in a row, before a layout is given up
_HEAD = 400  # bytes at the front of a message in which its values begin


class _Known:
    __slots__ = ("decode", "layout", "misses")

    def __init__(self, layout: Layout) -> None:
        fields = [(f"f{i}", float) for i in range(len(layout.names))]
        values = msgspec.defstruct(
            "Values", fields, rename=dict(zip((f for f, _ in fields), layout.names, strict=True)), forbid_unknown_fields=True, gc=False
        )
        shape: list[str | tuple[str, Any] | tuple[str, Any, Any]] = [("at", str), ("values", values), ("seq", int | None, None)]
        self.layout = layout
        self.decode: Callable[[bytes], Any] = msgspec.json.Decoder(msgspec.defstruct("Message", shape, forbid_unknown_fields=True, gc=False)).decode
        self.misses = 0


class Layouts:
    """decode() answers None for what no known layout fits; learn() is told the values of such a message. Belongs to one thread."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}  # by the name of the first point
        self._once: dict[str, int] = {}  # hash of the names of a message seen once
        self._fields = 0

    def decode(self, payload: bytes, times: Callable[[object], int]) -> Decoded | None:
        place = payload.find(b'"values"', 0, _HEAD)
        begin = payload.find(b'"', place + 8) + 1 if place >= 0 else 0
        known = self._known.get(payload[begin : payload.find(b'"', begin)].decode("utf-8", "replace")) if begin else None
        if known is None:
            return None
        try:
            message = known.decode(payload)
        except msgspec.MsgspecError:
            known.misses += 1
            if known.misses >= MISSES:
                self._forget(known)
            return None
        known.misses = 0
        names = known.layout.names
        return Decoded(
            names, (times(message.at),) * len(names), msgspec.structs.astuple(message.values), gateway_seq=message.seq, layout=known.layout
        )

    def learn(self, values: Mapping[str, float]) -> None:
        """A message of these points came: the second time in this order, they are known from then on."""
        names = tuple(values)
        if not 1 < len(names) <= MAX_OF_ONE or names[0] in self._known:
            return
        seen = hash(names)
        if self._once.get(names[0]) != seen:
            if len(self._once) > MAX_FIELDS:
                self._once.clear()
            self._once[names[0]] = seen
            return
        if self._fields + len(names) > MAX_FIELDS:
            self._known.clear()
            self._fields = 0
        try:
            self._known[names[0]] = _Known(Layout(names))
        except (ValueError, TypeError):  # a name that JSON has to escape
            return
        self._fields += len(names)

    def _forget(self, known: _Known) -> None:
        names = known.layout.names
        self._fields -= len(names)
        del self._known[names[0]]
