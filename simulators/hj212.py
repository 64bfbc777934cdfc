"""A station that speaks HJ 212-2017 over TCP, written from the standard alone: it sends, waits for 9014 as a station does, and sends again.

`python -m simulators.hj212 --to 127.0.0.1:9212 --mn 010000A8900016F000169DC0 --pw 123456`
"""

import argparse
import asyncio
import math
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from tricolor.domain.intervals import SHANGHAI

ANSWER_S = 5.0  # the standard's timeout
TRIES = 3
TABLE: list[int] = []  # annex A's arithmetic as a table: only 256 values occur
for _entry in range(256):
    _value = _entry
    for _ in range(8):
        _value = (_value >> 1) ^ 0xA001 if _value & 1 else _value >> 1
    TABLE.append(_value)


def checksum(data: bytes) -> str:
    """Four hexadecimal digits of annex A. The register's low half is thrown away at each byte, which is where it leaves Modbus."""
    value, high = 0xFFFF, 0xFF
    for byte in data:
        value = TABLE[high ^ byte]
        high = value >> 8
    return f"{value:04X}"


def packet(segment: str) -> bytes:
    data = segment.encode()
    return f"##{len(data):04d}".encode() + data + checksum(data).encode() + b"\r\n"


def stamp(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")


def segment(mn: str, pw: str, cn: str, qn: str, cp: str, st: str = "32", flag: int = 5, part: str = "") -> str:
    return f"QN={qn};ST={st};CN={cn};PW={pw};MN={mn};Flag={flag};{part}CP=&&{cp}&&"


def real_time(at: datetime, values: Mapping[str, float], flag: str = "N") -> str:
    """Parameters of a 2011 report."""
    return ";".join([f"DataTime={stamp(at)}", *(f"{code}-Rtd={value:.3f},{code}-Flag={flag}" for code, value in values.items())])


@dataclass
class Station:
    """One connection. send() counts what was answered; reports that were not answered stay in `owed` and are sent again after a reconnect."""

    host: str
    port: int
    mn: str
    pw: str
    answered: list[str] = field(default_factory=list)  # QN of reports that 9014 confirmed
    owed: dict[str, bytes] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)  # what else was said, newest last
    clock_set: str = ""
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        self._writer.close()
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def send(self, qn: str, raw: bytes, wait_s: float = ANSWER_S) -> bool:
        """Whether the report was confirmed; it goes on being owed until it is."""
        self.owed[qn] = raw
        self._writer.write(raw)
        await self._writer.drain()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while qn in self.owed and not self._listening.done():
                    self._told.clear()
                    await self._told.wait()
        return qn not in self.owed

    async def repeat(self) -> None:
        """Send all that is owed, in its order."""
        for qn, raw in list(self.owed.items()):
            for _ in range(TRIES):
                if await self.send(qn, raw):
                    break

    async def ask_time(self, qn: str) -> None:
        self._writer.write(packet(segment(self.mn, self.pw, "1013", qn, "PolId=w01018")))
        await self._writer.drain()

    async def _listen(self) -> None:
        try:
            await self._hear()
        except ConnectionError:
            return
        finally:
            self._told.set()

    async def _hear(self) -> None:
        while line := await self._reader.readline():
            text = line.decode(errors="replace").strip()
            if len(text) < 10 or checksum(text[6:-4].encode()) != text[-4:].upper():
                continue
            said = dict(item.partition("=")[::2] for item in text[6:-4].split("CP=")[0].strip(";").split(";"))
            if said.get("CN") == "9014":
                if self.owed.pop(said.get("QN", ""), None) is not None:
                    self.answered.append(said["QN"])
                    self._told.set()
                continue
            self.heard.append(text)
            if said.get("CN") == "1012":
                self.clock_set = text.partition("SystemTime=")[2][:14]
                for cn, result in (("9011", "QnRtn=1"), ("9012", "ExeRtn=1")):
                    self._writer.write(packet(f"QN={said['QN']};ST=91;CN={cn};PW={self.pw};MN={self.mn};Flag=4;CP=&&{result}&&"))


def qn_of(at: datetime) -> str:
    return stamp(at) + f"{at.microsecond // 1000:03d}"


async def run(station: Station, seconds: float, every_s: float) -> None:
    """Waste water of a works: flow, COD, ammonia nitrogen, with the day's rhythm."""
    await station.open()
    until = time.monotonic() + seconds
    await station.ask_time(qn_of(datetime.now(SHANGHAI)))
    while time.monotonic() < until:
        now = datetime.now(SHANGHAI)
        swing = math.sin(now.hour / 24 * 2 * math.pi)
        values = {"w00000": 12 + 3 * swing, "w01018": 38 + 9 * swing, "w21003": 1.9 + 0.4 * swing}
        qn = qn_of(now)
        is_safe = await station.send(qn, packet(segment(station.mn, station.pw, "2011", qn, real_time(now, values))))
        sys.stdout.write(f"{qn} {'9014' if is_safe else 'no answer'}\n")
        await asyncio.sleep(every_s)
    await station.close()


def main() -> None:
    options = argparse.ArgumentParser(description="a station of HJ 212")
    options.add_argument("--to", default="127.0.0.1:9212")
    options.add_argument("--mn", required=True)
    options.add_argument("--pw", required=True)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--every", type=float, default=5)
    given = options.parse_args()
    host, _, port = given.to.rpartition(":")
    asyncio.run(run(Station(host, int(port), given.mn, given.pw), given.seconds, given.every))


if __name__ == "__main__":
    main()
