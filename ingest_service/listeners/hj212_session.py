"""One conversation with a station of HJ 212: from bytes to frames for the spool, and what is answered once they are safe. No sockets, no clock."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from ingest_service.listeners.hj212_door import Door
from tricolor.domain.hj212 import DATA_CN, MAX_PACKET, SILENT_CN, Fault, Packet, Piece, Scanner, answer, command, parse
from tricolor.domain.intervals import SECOND_US, from_us
from tricolor.domain.readings import Frame
from tricolor.domain.stations import Station

log = structlog.get_logger()
CONTENT_TYPE = "application/x-hj212"
NOBODY = "?"  # enterprise of bytes that no station stands for: it owns no point
MAX_FAULTS = 20  # pieces in a row that are no packet
MAX_REFUSALS = 3
MAX_GROUPS = 8  # split messages under way
MAX_GROUP_BYTES = 32 * MAX_PACKET
PART_WAIT_US = 2 * SECOND_US  # below a station's usual 5 s, so that one that sends the next part only after an answer goes on
GROUP_US = 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class Deed:
    """A step: the frame to make safe first (None: nothing to keep), then what is said to the station."""

    frame: Frame | None
    says: bytes = b""


@dataclass(slots=True)
class _Group:
    """The parts of a split message. since, due [µs]; owed: answers for parts that are not safe yet."""

    since: int
    due: int
    parts: dict[int, bytes] = field(default_factory=dict)
    owed: bytes = b""
    is_waiting: bool = True


class Session:
    """take() bytes as they come, look() now and then, end() when the other side has finished. may_keep: whether bytes of a stranger are kept."""

    def __init__(self, door: Door, clock: Callable[[], int], may_keep: Callable[[], bool], peer: str = "") -> None:
        self._door, self._clock, self._may_keep, self._peer = door, clock, may_keep, peer
        self._scanner = Scanner()
        self._groups: dict[tuple[str, str, str, int], _Group] = {}
        self._faults = self._refusals = 0
        self.station: Station | None = None
        self.is_over = False
        self.seen = 0  # pieces that came to their end

    @property
    def waits(self) -> bool:
        """Whether a packet or a split message is under way."""
        return self._scanner.waits or any(group.is_waiting for group in self._groups.values())

    @property
    def is_mid_packet(self) -> bool:
        return self._scanner.waits

    def take(self, data: bytes) -> list[Deed]:
        return self._pieces(self._scanner.feed(data))

    def look(self) -> list[Deed]:
        """Split messages that have waited long enough go on with the parts that came; old ones are forgotten."""
        now = self._clock()
        deeds = [self._whole(key) for key, group in self._groups.items() if group.is_waiting and now >= group.due]
        self._groups = {key: group for key, group in self._groups.items() if now - group.since < GROUP_US}
        return deeds

    def end(self) -> list[Deed]:
        deeds = self._pieces(self._scanner.end())
        return deeds + [self._whole(key) for key, group in self._groups.items() if group.is_waiting]

    def _pieces(self, pieces: list[Piece]) -> list[Deed]:
        deeds: list[Deed] = []
        for piece in pieces:
            if self.is_over:
                break
            self.seen += 1
            deeds += self._fault(piece) if piece.fault is not Fault.NONE else self._packet(piece)
        return deeds

    def _fault(self, piece: Piece) -> list[Deed]:
        """Bytes that are no packet: kept for a person to look at, not answered (their QN cannot be trusted); the station sends again."""
        self._faults += 1
        if self._faults == 1:
            log.warning("not a packet of HJ 212", station=self._name, peer=self._peer, fault=str(piece.fault), detail=piece.detail)
        if self._faults > MAX_FAULTS:
            log.error("a connection brings no packets and is closed", station=self._name, peer=self._peer, pieces=self._faults)
            self.is_over = True
        return [Deed(self._frame(piece.raw))] if self.station is not None or self._may_keep() else []

    def _packet(self, piece: Piece) -> list[Deed]:
        packet = parse(piece.data)
        found = self._door.admit(packet.mn, packet.pw)
        if isinstance(found, str):
            return self._refuse(packet, found)
        self._faults, self.station = 0, found
        if packet.cn in ("9011", "9012", "9013", "9014"):
            log.info("a station answers", station=found.mn, cn=packet.cn, says=packet.cp[:80])
            return []
        if packet.cn == "1013":
            return [Deed(None, self._time(packet))]
        if packet.cn not in DATA_CN | SILENT_CN:  # kept, and the station hears that we do not know it
            return [Deed(self._frame(piece.raw), answer(packet, "9011", "QnRtn=8") if packet.wants_answer else b"")]
        says = answer(packet, "9014") if packet.wants_answer else b""
        return self._part(packet, piece.raw, says) if packet.is_split else [Deed(self._frame(piece.raw), says)]

    def _refuse(self, packet: Packet, code: str) -> list[Deed]:
        self._refusals += 1
        if self._refusals == 1:
            mend = "`tricolor station add MN --entity ID`" if code == "4" else "set the station's PW to the key that `tricolor station add` showed"
            log.warning("a station is refused", mn=packet.mn[:40], peer=self._peer, why="MN not known" if code == "4" else "wrong PW", mend=mend)
        self.is_over = self._refusals >= MAX_REFUSALS
        return [Deed(None, answer(packet, "9011", f"QnRtn={code}"))] if packet.wants_answer else []

    def _time(self, packet: Packet) -> bytes:
        """1013, the station asks for the time: 1012 sets it, after 9013 where an answer is wanted (HJ 212-2017 §6.6.5)."""
        now = from_us(self._clock())
        which = next((f"{item.strip()}," for item in packet.cp.replace(";", ",").split(",") if item.strip().startswith("PolId=")), "")
        order = command(now.strftime("%Y%m%d%H%M%S") + f"{now.microsecond // 1000:03d}", packet, "1012",
                        f"{which}SystemTime={now:%Y%m%d%H%M%S}")  # fmt: skip
        return (answer(packet, "9013") if packet.wants_answer else b"") + order

    def _part(self, packet: Packet, raw: bytes, says: bytes) -> list[Deed]:
        """A part is answered once it is safe together with the others; when they do not come, with those that did."""
        now, key, deeds = self._clock(), packet.group, []
        group = self._groups.get(key)
        is_full = group is not None and sum(map(len, group.parts.values())) + len(raw) > MAX_GROUP_BYTES
        if group is not None and (is_full or group.parts.get(packet.pno, raw) != raw):  # another message of a station that gives no QN
            deeds = [self._whole(key)] if group.is_waiting else []
            group = None
        if group is None:
            if len(self._groups) >= MAX_GROUPS:
                oldest = min(self._groups, key=lambda each: self._groups[each].since)
                deeds += [self._whole(oldest)] if self._groups[oldest].is_waiting else []
                del self._groups[oldest]
            group = self._groups[key] = _Group(now, now)
        group.parts[packet.pno] = raw
        group.owed += says
        group.due, group.is_waiting = now + PART_WAIT_US, True
        return [*deeds, self._whole(key)] if len(group.parts) == packet.pnum else deeds

    def _whole(self, key: tuple[str, str, str, int]) -> Deed:
        group = self._groups[key]
        says, group.owed, group.is_waiting = group.owed, b"", False
        return Deed(self._frame(b"".join(group.parts[pno] for pno in sorted(group.parts))), says)

    @property
    def _name(self) -> str:
        return self.station.mn if self.station is not None else ""

    def _frame(self, raw: bytes) -> Frame:
        station = self.station
        owner, name = (station.enterprise, f"{station.enterprise}/{station.mn}") if station is not None else (NOBODY, "other")
        return Frame(f"hj212/{name}", raw, self._clock(), f"hj212:{name}", 0, CONTENT_TYPE, owner)
