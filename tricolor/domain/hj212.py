"""HJ 212-2017 on a wire: frames and their check value, the fields of a data segment, the answers a station gets (HJ 212-2017 §6, annex A)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

HEAD, TAIL = b"##", b"\r\n"
BLANK = b"\r\n\t \0"  # between packets: no garbage
MAX_DATA = 4_096  # bytes of a data segment; the standard says 1,024, and 1,045 were seen in the field
MAX_PACKET = MAX_DATA + 12
MAX_PARTS = 64
_BEGINS = re.compile(rb"##(?!#)")  # of a run of # the last two begin the packet
_CRC = re.compile(rb"[0-9A-Fa-f]{4}")
_CP = re.compile(r"CP\s*=\s*&&(.*?)(?:&&|$)", re.DOTALL | re.IGNORECASE)
_STARTS_FIELD = re.compile(r"[A-Za-z0-9_]+(-[A-Za-z]+)?=")
_ENDS_FIELD = re.compile(r"(?:^|[;,])[A-Za-z0-9_-]+=[^;,=]+$")


class Fault(StrEnum):
    """Why bytes are no packet."""

    NONE = ""
    GARBAGE = "garbage"
    LENGTH = "length"
    CRC = "crc"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a stream: a whole packet (its data segment in `data`), or bytes that are none. detail: what is wrong, in words."""

    raw: bytes
    data: bytes = b""
    fault: Fault = Fault.NONE
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Packet:
    """The fields of a data segment; what it does not say is "" or None. flag: bits V5..V0 D A."""

    qn: str
    st: str
    cn: str
    pw: str
    mn: str
    flag: int | None
    pnum: int
    pno: int
    cp: str

    @property
    def wants_answer(self) -> bool:
        return self.flag is not None and self.flag & 1 == 1

    @property
    def is_split(self) -> bool:
        """Whether it is one of several that make one message."""
        return 1 < self.pnum <= MAX_PARTS and 0 < self.pno <= self.pnum and (self.flag is None or self.flag & 2 == 2)

    @property
    def group(self) -> tuple[str, str, str, int]:
        """What the parts of one message have in common."""
        return self.mn, self.cn, self.qn, self.pnum


def crc(data: bytes) -> int:
    """The check value of annex A. Not Modbus: each byte meets the register's high half, so that only 256 values occur; never a key of anything."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            low, register = register & 1, register >> 1
            if low:
                register ^= 0xA001
    return register


def frame(data: bytes) -> bytes:
    """The packet that carries a data segment."""
    return HEAD + b"%04d" % len(data) + data + b"%04X" % crc(data) + TAIL


class Scanner:
    """Cuts a stream into pieces. feed() takes bytes as they come, end() what is left; after a fault it goes on at the next `##`."""

    def __init__(self) -> None:
        self._held = b""

    @property
    def waits(self) -> bool:
        """Whether a packet has begun and not ended."""
        return bool(self._held)

    def feed(self, more: bytes) -> list[Piece]:
        """The pieces that are whole now. It holds at most a packet's length beyond what it is given."""
        held = self._held + more
        found: list[Piece] = []
        at = 0
        while at < len(held) and (piece := _piece(held, at)) is not None:
            at += len(piece.raw)
            if piece.fault is not Fault.GARBAGE or piece.raw.strip(BLANK):
                found.append(piece)
        self._held = held[at:]
        return found

    def end(self) -> list[Piece]:
        """What the stream's end makes of the rest: a last packet may lack its CRLF."""
        found = self.feed(TAIL)
        rest, self._held = self._held.removesuffix(TAIL), b""
        if rest.strip(BLANK):
            found.append(Piece(rest, b"", Fault.LENGTH if rest.startswith(HEAD) else Fault.GARBAGE, "the bytes end within a packet"))
        return found


def _piece(held: bytes, at: int) -> Piece | None:
    """The piece that begins at a place; None while its end has not come."""
    begin = _BEGINS.search(held, at)
    start = begin.start() if begin else -1
    if start < 0:
        end = len(held) - (1 if held.endswith(b"#") else 0)
        is_due = end - at > MAX_DATA or (end > at and not held[at:end].strip(BLANK))
        return Piece(held[at:end], b"", Fault.GARBAGE, "bytes outside any packet") if is_due else None
    if start > at:
        return Piece(held[at:start], b"", Fault.GARBAGE, "bytes outside any packet")
    return _packet_at(held, at)


def _packet_at(held: bytes, at: int) -> Piece | None:
    """The packet that begins with the `##` here, or what stands in its place."""
    digits = held[at + 2 : at + 6]
    if digits and not digits.isdigit():
        return _bad(held, at, Fault.LENGTH, f"the length is {digits!r}, not four digits")
    if len(digits) < 4:
        return None
    length, first = int(digits), at + 6
    if length > MAX_DATA:
        return _bad(held, at, Fault.LENGTH, f"the length is {length}, at most {MAX_DATA} are taken")
    end = first + length
    early = held.find(TAIL, first, end + 4)
    if early >= 0:
        return _bad(held, at, Fault.LENGTH, f"the length says {length} bytes, the packet ends after {max(0, early - 4 - first)}")
    if len(held) < end + 6:
        return None
    text = held[end : end + 4]
    if held[end + 4 : end + 6] != TAIL or not _CRC.fullmatch(text):
        return _bad(held, at, Fault.LENGTH, f"the length says {length} bytes, but no check value and line end follow them")
    data = held[first:end]
    if int(text, 16) != crc(data):
        return _bad(held, at, Fault.CRC, f"the check value is {text.decode()}, annex A gives {crc(data):04X}")
    return Piece(held[at : end + 6], data)


def _bad(held: bytes, at: int, fault: Fault, detail: str) -> Piece | None:
    """From this `##` to the line's end or the next `##`; None while neither has come."""
    limit = at + MAX_PACKET
    tail, begin = held.find(TAIL, at + 2, limit), _BEGINS.search(held, at + 2, limit)
    ends = [*([tail + 2] if tail >= 0 else []), *([begin.start()] if begin else [])]
    if not ends and len(held) < limit:
        return None
    return Piece(held[at : min(ends, default=limit)], b"", fault, detail)


def parse(data: bytes) -> Packet:
    """The fields of a data segment; odd ones are left out, as stations write them in many ways."""
    text = data.decode("utf-8", "replace")
    found = _CP.search(text)
    head = text[: found.start()] if found else text
    fields: dict[str, str] = {}
    for item in re.split("[;,]", head):
        name, _, value = item.partition("=")
        fields.setdefault(name.strip().upper(), value.strip())
    number = {name: int(fields[name]) if fields.get(name, "").isascii() and fields.get(name, "").isdigit() and len(fields[name]) <= 4 else -1
              for name in ("FLAG", "PNUM", "PNO")}  # fmt: skip
    return Packet(
        fields.get("QN", ""), fields.get("ST", ""), fields.get("CN", ""), fields.get("PW", ""), fields.get("MN", ""),
        number["FLAG"] if number["FLAG"] >= 0 else None, max(0, number["PNUM"]), max(0, number["PNO"]), found.group(1) if found else "",
    )  # fmt: skip


def joined(parts: Sequence[str]) -> str:
    """The parameters of split packets in order, whether they were cut between two fields or within one."""
    whole = ""
    for part in parts:
        is_between = whole and whole[-1] not in ";," and _ENDS_FIELD.search(whole[-200:]) and _STARTS_FIELD.match(part)
        whole += (";" if is_between else "") + part
    return whole


def answer(packet: Packet, cn: str, cp: str = "") -> bytes:
    """What is said back to a packet: its own QN, PW and MN (HJ 212-2017 table 9)."""
    qn = f"QN={packet.qn};" if packet.qn else ""
    return frame(f"{qn}ST=91;CN={cn};PW={packet.pw};MN={packet.mn};Flag=4;CP=&&{cp}&&".encode())


def command(qn: str, packet: Packet, cn: str, cp: str) -> bytes:
    """An order to the station that sent the packet; it answers with 9011 and 9012."""
    return frame(f"QN={qn};ST={packet.st};CN={cn};PW={packet.pw};MN={packet.mn};Flag=5;CP=&&{cp}&&".encode())


DATA_CN = frozenset({"2011", "2021", "2031", "2041", "2051", "2061"})
SILENT_CN = frozenset({"1013", "2012", "2022", "2081", "3019", "3020", "9011", "9012", "9013", "9014", "9021"})  # understood, hold no readings
