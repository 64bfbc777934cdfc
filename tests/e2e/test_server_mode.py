"""Server mode by the compose file's own commands and environments, the programs run natively: four services over mosquitto, InfluxDB and PostgreSQL."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from sqlalchemy import create_engine, make_url, text

from tests.broker.test_dynsec import Device, wait_for
from tests.e2e.conftest import REGISTRY, free_port
from tests.house.compose_broker import ADMIN, ComposeBroker

pytestmark = [pytest.mark.e2e, pytest.mark.servers]
ROOT = Path(__file__).parents[2]
ORDER = ("api", "ingest", "accounting", "alerting")


def environment_of(service: str, values: dict[str, str]) -> dict[str, str]:
    """The service's environment in docker-compose.yml with ${NAME…} filled in from values, or by its default; a secret's path is that of its file."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))

    def fill(found: "re.Match[str]") -> str:
        name, default = found["name"], found["default"]
        return values.get(name, default or "")

    pattern = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}")
    secrets = {f"/run/secrets/{name}": str(ROOT / pattern.sub(fill, held["file"])) for name, held in compose["secrets"].items()}
    mounted = {f"/run/secrets/{name}" for name in compose["services"][service].get("secrets", ())}
    found = {key: pattern.sub(fill, str(value)) for key, value in compose["services"][service]["environment"].items()}
    return {key: secrets[value] if value in mounted else value for key, value in found.items()}


def ask(http: str, path: str, key: str, body: object = None) -> Any:
    raw = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://{http}{path}", data=raw, headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def test_the_services_of_the_compose_file_work_together(
    tmp_path: Path, postgres_url: str, request: pytest.FixtureRequest, require: Callable[[str], str]
) -> None:
    require("mosquitto")
    influx = request.getfixturevalue("influxd").url
    name = f"compose{uuid4().hex[:8]}"
    maintenance = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    maintenance.dispose()
    ledger = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    addresses = {service: f"127.0.0.1:{free_port()}" for service in ORDER}
    values = {
        "TRICOLOR_BROKER_ADMIN_PASSWORD": "a",
        "TRICOLOR_MQTT_PASSWORD": "p",
        "POSTGRES_PASSWORD": "p",
        "TRICOLOR_INFLUX_TOKEN": "t",
        "TRICOLOR_INFLUX_BUCKET": name,
    }
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    broker = ComposeBroker(tmp_path / "broker", environment_of("mosquitto", values))
    mqtt = f"127.0.0.1:{broker.port}"
    processes: list[subprocess.Popen[bytes]] = []
    program = [sys.executable, "-c", "from tricolor_cli.main import main; main()"]
    logs = tmp_path / "services.log"
    try:
        once = {**os.environ, **environment_of("broker-accounts", values), "TRICOLOR_MQTT": mqtt}
        subprocess.run([*program, *compose["services"]["broker-accounts"]["command"][1:]], env=once, check=True, capture_output=True, timeout=60)
        for service in ORDER:
            own = {"TRICOLOR_DATA": str(tmp_path / service), "TRICOLOR_MQTT": mqtt, "TRICOLOR_INFLUX_URL": influx, "TRICOLOR_LEDGER_URL": ledger}
            environment = {**os.environ, **environment_of(service, values), **own, "TRICOLOR_HTTP": addresses[service]}
            command = compose["services"][service]["command"]
            assert command[0] == "tricolor"
            with logs.open("ab") as out:
                processes.append(subprocess.Popen([*program, *command[1:]], env=environment, stdout=out, stderr=out))
            if service == "api":
                (tmp_path / "registry.toml").write_text(REGISTRY, encoding="utf-8")
                wait(lambda: ask_ready(addresses["api"]), 60, logs)
                tool = {**environment, "TRICOLOR_LOG_LEVEL": "ERROR"}
                subprocess.run(
                    [*program, "import", "registry", str(tmp_path / "registry.toml")], env=tool, check=True, capture_output=True, timeout=60
                )
                made = subprocess.run([*program, "key", "create", "--kind", "admin", "--json"], env=tool, check=True, capture_output=True, timeout=60)
                key = json.loads(made.stdout)["key"]
                at_the_broker = {name: value for name, value in tool.items() if not name.startswith("TRICOLOR_BROKER_ADMIN")}
        readings = [
            {"point": "steel.register", "at": f"2026-11-0{d}T{h:02d}:00:00+08:00", "value": 24.0 * d + h} for d in range(1, 6) for h in range(24)
        ]
        just_now = datetime.now(UTC).isoformat()  # heard now: the silent rule says green at once
        readings += [{"point": "steel.register", "at": just_now, "value": 1000.0}, {"point": "steel.elec", "at": just_now, "value": 1.0}]
        wait(lambda: ask(addresses["ingest"], "/healthz", key)["alive"], 60, logs)
        assert ask(addresses["ingest"], "/v1/readings", key, {"readings": readings})["accepted"] == 122

        def settled() -> bool:
            total = ask(addresses["api"], "/v1/ingest/ledger", key)["total"]
            return bool(total["stored"] == 122 and total["unwritten"] == 0 and total["unsettled"] == 0)

        wait(settled, 60, logs)
        cells = ask(addresses["api"], "/v1/points/steel.register/energy?from=2026-11-01&to=2026-11-05&step=day", key)["cells"]
        assert [cell["amount"] for cell in cells] == pytest.approx([24, 24, 24, 24], abs=1e-9)
        wait(
            lambda: any(
                (light["entity"], light["light"]) == ("steel", "green") for light in ask(addresses["api"], "/v1/lights?limit=1000", key)["lights"]
            ),
            90,
            logs,
        )
        (tmp_path / "admin-password").write_text(values["TRICOLOR_BROKER_ADMIN_PASSWORD"] + "\n")
        at_the_broker |= {"TRICOLOR_BROKER_ADMIN_USERNAME": ADMIN, "TRICOLOR_BROKER_ADMIN_PASSWORD_FILE": str(tmp_path / "admin-password")}
        gateways_write_their_own_topics(lambda *words: tricolor([*program, "gateway", *words, "--mqtt", mqtt], at_the_broker), broker.port)
        wait(lambda: ask(addresses["api"], "/v1/ingest/ledger", key)["total"]["stored"] == 123, 30, logs)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(40) for process in processes]
        broker.stop()
    assert codes == [0, 0, 0, 0], logs.read_text()[-3000:]


def tricolor(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout


def gateways_write_their_own_topics(gateway: Callable[..., str], port: int) -> None:
    """One is added by the command, is heard on its own topic and on no other's; a revoked one is cut off and stays out."""
    made = json.loads(gateway("add", "steel", "gw1", "--json"))
    device = Device(port, made["username"], made["password"])
    device.client.reconnect_delay_set(30, 30)
    try:
        body = {"at": datetime.now(UTC).isoformat(), "values": {"steel.elec": 2.0}}
        device.client.publish("tricolor/v1/steel/gw1/readings", json.dumps(body), qos=1).wait_for_publish(20)
        assert device.acknowledged[-1].value == 0, "the intake listens"
        assert [device.publish(f"tricolor/v1/{other}/readings") for other in ("steel/gw2", "town/gw1")] == ["Not authorized"] * 2
        assert device.subscribe("tricolor/v1/#") == "Not authorized"
        assert [g["username"] for g in json.loads(gateway("list", "--json"))] == ["steel/gw1"]
        gateway("revoke", "steel", "gw1")
        wait_for(lambda: device.is_cut)
    finally:
        device.close()
    again = Device(port, made["username"], made["password"])
    again.close()
    assert str(again.connected) == "Not authorized"


def ask_ready(http: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{http}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def wait(is_true: Callable[[], bool], limit_s: float, logs: Path) -> None:
    until = time.monotonic() + limit_s
    while True:
        try:
            if is_true():
                return
        except OSError:
            pass
        assert time.monotonic() < until, logs.read_text()[-3000:]
        time.sleep(0.3)
