"""Tricolor as its users run it: a process of its own, on free ports, in a folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

TRICOLOR = [sys.executable, "-c", "from tricolor_cli.main import main; main()"]
REGISTRY = """
[[entities]]
id = "town"
kind = "city"
name_cn = "试验市"
name_en = "Test town"

[[entities]]
id = "east"
kind = "region"
name_cn = "东区"
name_en = "East"

[[entities]]
id = "steel"
kind = "enterprise"
name_cn = "试验钢厂"
name_en = "Test steel works"
region = "east"

[[meters]]
id = "steel-m1"
entity = "steel"
name_cn = "总表"
name_en = "Main meter"

[[points]]
id = "steel.elec"
meter = "steel-m1"
name_cn = "用电量"
name_en = "Electricity"
carrier = "electricity"
quantity = "energy"
unit = "kWh"
kind = "delta"
role = "purchased"
interval_s = 900

[[points]]
id = "steel.register"
meter = "steel-m1"
name_cn = "正向有功"
name_en = "Active energy"
carrier = "electricity"
quantity = "energy"
unit = "kWh"
kind = "register"
role = "consumed"
interval_s = 900
capacity = 1000000
max_rate = 4000
"""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Tricolor:
    """One embedded Tricolor. start() waits until it is ready; kill() is kill -9."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    http: str = ""
    mqtt: str = ""
    process: "subprocess.Popen[bytes] | None" = None
    keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http, self.mqtt = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"

    @property
    def log(self) -> Path:
        return self.folder / "up.log"

    def run(self, *words: str, is_checked: bool = True) -> "subprocess.CompletedProcess[str]":
        env = {**os.environ, **self.environment, "TRICOLOR_DATA": str(self.folder)}
        return subprocess.run([*TRICOLOR, *words], env=env, capture_output=True, text=True, check=is_checked, timeout=240)

    def start(self) -> None:
        env = {**os.environ, "TRICOLOR_SETTLE_PAUSE_S": "0.2", "TRICOLOR_JUDGE_PAUSE_S": "0.5", **self.environment}
        words = ["up", "--data", str(self.folder), "--http", self.http, "--mqtt", self.mqtt]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen([*TRICOLOR, *words], env=env, stdout=out, stderr=out)
        self.wait_for(lambda: self.get("/readyz", key="").status == 200, 60, "ready")

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def key(self, kind: str, *more: str) -> str:
        name = " ".join((kind, *more))
        if name not in self.keys:
            self.keys[name] = json.loads(self.run("key", "create", "--kind", kind, "--json", *more).stdout)["key"]
        return self.keys[name]

    def ask(self, method: str, path: str, body: bytes | None = None, key: str | None = None, **headers: str) -> Answer:
        token = self.key("admin") if key is None else key
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            names["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(f"http://{self.http}{path}", data=body, method=method, headers=names)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), dict(error.headers))
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            return Answer(0, str(error).encode(), {})

    def get(self, path: str, key: str | None = None) -> Answer:
        return self.ask("GET", path, key=key)

    def push(self, payload: object, key: str | None = None, **headers: str) -> Answer:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.ask("POST", "/v1/readings", raw, self.key("push") if key is None else key, **{"Content_Type": "application/json", **headers})

    def wait_for(self, is_true: Callable[[], bool], limit_s: float, what: str) -> None:
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            if self.process is not None and self.process.poll() is not None:
                pytest.fail(f"tricolor ended with {self.process.returncode}:\n{self.log.read_text()[-4000:]}")
            if is_true():
                return
            time.sleep(0.1)
        pytest.fail(f"not {what} within {limit_s} s:\n{self.log.read_text()[-4000:]}")

    def total(self) -> dict[str, int]:
        total: dict[str, int] = self.get("/v1/ingest/ledger").json()["total"]
        return total

    def wait_settled(self, received: int, limit_s: float = 120) -> dict[str, int]:
        """Until the ledger says that all that was sent is stored and settled."""

        def settled() -> bool:
            total = self.total()
            return total["received"] >= received and total["unwritten"] == 0 and total["unsettled"] == 0

        self.wait_for(settled, limit_s, f"settled at {received}")
        return self.total()


def _maker(tmp_path: Path, is_started: bool) -> Iterator[Callable[..., Tricolor]]:
    made: list[Tricolor] = []

    def make(registry: str = REGISTRY, **environment: str) -> Tricolor:
        folder = tmp_path / f"data{len(made)}"
        folder.mkdir()
        one = Tricolor(folder, environment)
        (folder / "registry.toml").write_text(registry, encoding="utf-8")
        one.run("import", "registry", str(folder / "registry.toml"))
        made.append(one)
        if is_started:
            one.start()
        return one

    yield make
    for one in made:
        if one.process is not None and one.process.poll() is None:
            one.kill()
        subprocess.run(["pkill", "-f", f"{one.folder}/broker/mosquitto.conf"], check=False)


@pytest.fixture
def make_tricolor(tmp_path: Path, require: Callable[[str], str]) -> Iterator[Callable[..., Tricolor]]:
    """`make(registry, **environment)`: one that runs."""
    require("mosquitto")
    yield from _maker(tmp_path, is_started=True)


@pytest.fixture
def make_stopped(tmp_path: Path, require: Callable[[str], str]) -> Iterator[Callable[..., Tricolor]]:
    """`make(registry, **environment)`: one with its registry imported, not started."""
    require("mosquitto")
    yield from _maker(tmp_path, is_started=False)
