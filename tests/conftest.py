"""Fixtures that every test folder may use: `require` (a server program), `postgres_url` (a real PostgreSQL), `ledger` (on SQLite and on PostgreSQL)."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tricolor.adapters.ledger.engine import LedgerEngine

START_LIMIT_S = 60
PROGRAM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True))
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)]
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def require_program(program: str) -> str:
    """Path of a server program. Missing: the test is skipped, or fails where TRICOLOR_REQUIRE=all says that nothing may be."""
    found = shutil.which(program) or shutil.which(program, path=os.pathsep.join(PROGRAM_FOLDERS))
    if found is None:
        reason = f"{program} is not installed"
        if os.environ.get("TRICOLOR_REQUIRE") == "all":
            pytest.fail(f"{reason}, and TRICOLOR_REQUIRE=all", pytrace=False)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def require() -> Callable[[str], str]:
    """`require("mosquitto")` gives its path, or skips (fails under TRICOLOR_REQUIRE=all)."""
    return require_program


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG: a killed test run leaves no server behind


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of the maintenance database of a PostgreSQL server of our own, on a unix socket in a temp folder (no port to collide on)."""
    initdb, postgres = require_program("initdb"), require_program("postgres")
    folder = Path(tempfile.mkdtemp(prefix="tricolor-pg-"))
    owner: dict[str, object] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
    data, log = folder / "data", folder / "log"
    subprocess.run(
        [initdb, "-D", data, "-U", "tricolor", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=START_LIMIT_S, **owner,
    )  # fmt: skip
    options = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off", "max_connections": "200"}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [postgres, "-D", data, *(word for name, value in options.items() for word in ("-c", f"{name}={value}"))],
            cwd=folder, stdout=output, stderr=subprocess.STDOUT, preexec_fn=_end_with_parent, **owner,  # noqa: PLW1509
        )  # fmt: skip
    url = f"postgresql+psycopg://tricolor@/postgres?host={folder}"
    try:
        _wait_until_it_answers(url, server, log)
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # "fast" shutdown
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        try:
            _administer(url, "SELECT 1")
            return
        except Exception as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}") from error
            time.sleep(0.05)


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


def _in(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def _migrated_postgres(postgres_url: str) -> str:
    """Name of a database at head that the tests' databases are copied from."""
    _administer(postgres_url, "CREATE DATABASE at_head")
    engine = LedgerEngine(_in(postgres_url, "at_head"))
    engine.migrate()
    engine.close()
    return "at_head"


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("at-head") / "ledger.sqlite"
    engine = LedgerEngine(f"sqlite:///{path}")
    engine.migrate()
    engine.close()
    return path


@pytest.fixture(params=ENGINES)
def empty_ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without any table, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server, name = request.getfixturevalue("postgres_url"), f"empty_{uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name}")
    yield _in(server, name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=ENGINES)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty ledger at head, fresh for the test, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.sqlite"
        shutil.copyfile(request.getfixturevalue("_migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server, head, name = request.getfixturevalue("postgres_url"), request.getfixturevalue("_migrated_postgres"), f"test_{uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {head}")
    yield _in(server, name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[LedgerEngine]:
    """A migrated, empty LedgerEngine of the test's own; runs the test on SQLite and on PostgreSQL."""
    engine = LedgerEngine(ledger_url)
    yield engine
    engine.close()


@pytest.fixture
def sqlite_ledger(tmp_path: Path, _migrated_sqlite: Path) -> Iterator[LedgerEngine]:
    """A migrated, empty LedgerEngine on SQLite, for tests where the database does not matter."""
    path = tmp_path / "sqlite-only.sqlite"
    shutil.copyfile(_migrated_sqlite, path)
    engine = LedgerEngine(f"sqlite:///{path}")
    yield engine
    engine.close()


class Influxd:
    """A real InfluxDB 1.x of our own in a folder, which a test may stop and start again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.program = folder, require_program("influxd")
        self.port, inner = _free_port(), _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: subprocess.Popen[bytes] | None = None
        (folder / "influxd.toml").write_text(
            f"""reporting-disabled = true
bind-address = "127.0.0.1:{inner}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{self.port}"
log-enabled = false
max-body-size = 2000000
[logging]
level = "error"
[continuous_queries]
enabled = false
"""
        )

    def start(self) -> None:
        with (self.folder / "log").open("ab") as output:
            self._server = subprocess.Popen(
                [self.program, "-config", self.folder / "influxd.toml"], stdout=output, stderr=subprocess.STDOUT,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - the child only calls prctl
            )  # fmt: skip
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/ping", timeout=2).close()
                return
            except OSError as error:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"influxd did not start:\n{(self.folder / 'log').read_text(errors='replace')}") from error
                time.sleep(0.05)

    def stop(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait(20)
            self._server = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A running InfluxDB 1.x shared by the session: use a database of your own (a fresh bucket name) and do not stop it."""
    server = Influxd(tmp_path_factory.mktemp("influxd"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_influxd(tmp_path: Path) -> Iterator[Influxd]:
    """A running InfluxDB 1.x of the test's own, to stop and start."""
    server = Influxd(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium for one module: two of playwright cannot run beside each other, nor one beside another event loop. Without one the tests
    skip, or fail where TRICOLOR_REQUIRE=all."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("TRICOLOR_REQUIRE") == "all":
            pytest.fail(f"{CHROMIUM} is not installed, and TRICOLOR_REQUIRE=all", pytrace=False)
        pytest.skip(f"{CHROMIUM} is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield browser
        browser.close()
