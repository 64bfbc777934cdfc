"""Many simulated stations against a Tricolor process, for the test of scale and the benchmark."""

import asyncio
import time
from pathlib import Path

from simulators.hj212 import Station, packet, qn_of, real_time, segment
from tests.e2e.conftest import Tricolor, free_port
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.stations import StationBookSql
from tricolor.domain.intervals import from_us

PW = "123456"
HEAD = """
[[entities]]
id = "town"
kind = "city"
name_cn = "试验市"

[[entities]]
id = "mill"
kind = "enterprise"
name_cn = "试验厂"

[[meters]]
id = "mill-outlet"
entity = "mill"
name_cn = "排口"
"""


def mns(count: int) -> list[str]:
    return [f"SIM{number:021d}" for number in range(count)]


def registry(names: list[str]) -> str:
    return HEAD + "".join(
        f'\n[[points]]\nid = "{mn.lower()}.{code}.rtd"\nmeter = "mill-outlet"\nunit = "{unit}"\nkind = "gauge"\nrole = "none"\ninterval_s = 60\n'
        for mn in names
        for code, unit in (("w01018", "mg/L"), ("w00000", "L/s"))
    )


def prepared(folder: Path, count: int) -> tuple[Tricolor, int]:
    """A Tricolor that knows the stations and their points; not started."""
    port, names = free_port(), mns(count)
    made = Tricolor(folder, {"TRICOLOR_HJ212": f"127.0.0.1:{port}"})
    (folder / "registry.toml").write_text(registry(names), encoding="utf-8")
    made.run("import", "registry", str(folder / "registry.toml"))
    ledger = LedgerEngine(f"sqlite:///{(folder / 'ledger.sqlite').resolve()}")
    book = StationBookSql(ledger)
    for mn in names:
        book.add(mn, "mill", PW, "", "bench", 1)
    ledger.close()
    return made, port


async def talk(station: Station, count: int, every_s: float, late: list[float]) -> None:
    """`count` reports, one each `every_s`; what is not answered is sent again over a new connection until it is."""
    first = time.time() - 3_600
    began = time.monotonic()
    is_open = False
    for n in range(count):
        await asyncio.sleep(max(0.0, began + n * every_s - time.monotonic()))
        at = from_us(int((int(first) + n) * 1e6))
        qn = qn_of(at)
        station.owed[qn] = packet(segment(station.mn, station.pw, "2011", qn, real_time(at, {"w01018": n, "w00000": n})))
        sent = time.monotonic()
        until = sent + 120
        while station.owed and time.monotonic() < until:
            try:
                if not is_open:
                    await station.open()
                    is_open = True
                for owed, raw in list(station.owed.items()):
                    if not await station.send(owed, raw, 3.0):
                        raise ConnectionError
            except OSError:
                if is_open:
                    await station.close()
                is_open = False
                await asyncio.sleep(0.1)
        late.append(time.monotonic() - sent)
    if is_open:
        await station.close()


async def load(port: int, count: int, reports: int, every_s: float = 1.0) -> tuple[list[Station], list[float]]:
    stations = [Station("127.0.0.1", port, mn, PW) for mn in mns(count)]
    late: list[float] = []
    await asyncio.gather(*(talk(station, reports, every_s, late) for station in stations))
    return stations, late


def stored(folder: Path) -> dict[str, set[float]]:
    """Point -> distinct values in the DuckDB of a stopped Tricolor."""
    import duckdb

    with duckdb.connect(str(folder / "readings.duckdb"), read_only=True) as connection:
        keys = LedgerEngine(f"sqlite:///{(folder / 'ledger.sqlite').resolve()}")
        with keys.reading() as rows:
            names = {row[0]: row[1] for row in rows.exec_driver_sql("SELECT key, id FROM point")}
        keys.close()
        found: dict[str, set[float]] = {}
        for point, value in connection.execute("SELECT DISTINCT point, value FROM readings").fetchall():
            found.setdefault(names[int(point)], set()).add(float(value))
    return found
