"""The stores that the contract suite runs over: each with a way to open it anew on the same data."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.adapters.stores.influxdb import InfluxStore
from tricolor.adapters.stores.memory import MemoryStore

NAMES = {key: f"qz-works-{key:04d}.elec" for key in range(1, 1301)} | {1301: "odd, =name 'quoted' 一号"}


@dataclass
class Opened:
    """A store of one kind. reopen: the same data through a new object; orders_by_seq: the highest seq wins even when it was put first."""

    kind: str
    store: Any
    reopen: Callable[[], Any]
    orders_by_seq: bool


def influx_store(url: str, bucket: str, **more: Any) -> InfluxStore:
    return InfluxStore(url, "", bucket, "", "", "", lambda: NAMES, **more)


@pytest.fixture(params=["memory", "duckdb", pytest.param("influxdb", marks=pytest.mark.servers)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    if request.param == "memory":
        store = MemoryStore()
        yield Opened("memory", store, lambda: store, orders_by_seq=True)
        return
    made: list[Any] = []

    def reopen() -> Any:
        if made:
            made[-1].close()
        made.append(DuckStore(tmp_path / "readings.duckdb") if request.param == "duckdb" else influx_store(url, bucket))
        return made[-1]

    if request.param == "influxdb":
        url, bucket = request.getfixturevalue("influxd").url, f"t{uuid4().hex}"
    yield Opened(request.param, reopen(), reopen, orders_by_seq=request.param == "duckdb")
    made[-1].close()


@pytest.fixture
def store(opened: Opened) -> Any:
    return opened.store
