"""Fixtures of the phone: a town, the link of a message in it, a real server in front of an app."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.phone.phone_town import NOW, Town, benchmark, build
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.lights import Light


@pytest.fixture(scope="session")
def _city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = build(tmp_path_factory.mktemp("town"))
    yield made
    made.store.close()
    made.ledger.close()


@pytest.fixture
def town(_city: Town) -> Town:
    """A city in which nothing has happened yet."""
    _city.fresh()
    return _city


@pytest.fixture
def own_town(tmp_path: Path) -> Iterator[Town]:
    """One whose registry a test may change."""
    made = build(tmp_path)
    yield made
    made.store.close()
    made.ledger.close()


@pytest.fixture
def told(town: Town) -> str:
    """The link of a message about one red alert, an hour old."""
    return town.judge(benchmark("qn-manganese", Light.RED), at=NOW - HOUR_US)


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """`serve(app)`: the address of a real server in front of it."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(app: Any) -> str:
        taken = socket.socket()
        taken.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        running.append((server, thread))
        limit = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < limit, "uvicorn did not start"
            time.sleep(0.02)
        return f"http://127.0.0.1:{taken.getsockname()[1]}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(20)
