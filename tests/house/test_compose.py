"""The compose file and what it mounts, read as text; the broker's configuration and the reader's role also on the real programs."""

import json
import os
import re
import socket
import stat
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import paho.mqtt.client as mqtt
import pytest
import yaml
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from tests.house.compose_broker import ADMIN, ComposeBroker
from tricolor.adapters.broker_admin.conf import judge_file
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.channel_settings import load_channels
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor_cli.brokers import own_accounts

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"broker-accounts"}  # ends when it is done
OURS = {"api", "ingest", "accounting", "alerting", "simulators"} | ONCE
NOT_SETTINGS = {"TRICOLOR_ADMIN_KEY"}  # of the simulators, which read it themselves
SECRET = re.compile(r"PASSWORD|TOKEN|SECRET|ADMIN_KEY")
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")

STRINGS = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
SERVICE_SCHEMA = {  # the part of the compose specification that we use
    "type": "object",
    "additionalProperties": False,
    "required": ["image", "healthcheck", "restart", "logging"],
    "properties": {
        "build": {"type": "object", "additionalProperties": False, "properties": {"context": {"type": "string"}, "dockerfile": {"type": "string"}}},
        "image": {"type": "string", "pattern": r"^[a-z0-9./-]+:[a-z0-9.-]*[0-9]+\.[0-9]+[a-z0-9.-]*$"},
        "command": STRINGS | {"uniqueItems": False},
        "environment": {"type": "object", "patternProperties": {"^[A-Z0-9_]+$": {"type": "string"}}, "additionalProperties": False},
        "ports": STRINGS,
        "volumes": STRINGS,
        "secrets": STRINGS,
        "profiles": STRINGS,
        "tmpfs": STRINGS,
        "cap_drop": STRINGS,
        "security_opt": STRINGS,
        "init": {"type": "boolean"},
        "read_only": {"type": "boolean"},
        "restart": {"const": "unless-stopped"},
        "stop_grace_period": {"type": "string", "pattern": r"^\d+s$"},
        "logging": {
            "type": "object", "additionalProperties": False,
            "properties": {"driver": {"type": "string"}, "options": {"type": "object", "additionalProperties": {"type": "string"}}},
        },
        "depends_on": {
            "type": "object",
            "additionalProperties": {"type": "object", "required": ["condition"], "properties": {"condition": {"type": "string"}}},
        },
        "healthcheck": {
            "type": "object", "additionalProperties": False, "required": ["test", "interval", "timeout", "retries"],
            "properties": {
                "test": {"type": "array", "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}], "items": {"type": "string"}, "minItems": 2},
                "retries": {"type": "integer"},
            } | {name: {"type": "string", "pattern": r"^\d+s$"} for name in ("interval", "timeout", "start_period")},
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_pinned_checked_and_written_as_the_specification_says(name: str) -> None:
    properties: dict[str, Any] = SERVICE_SCHEMA["properties"]  # type: ignore[assignment]
    once = {"required": ["image", "restart", "logging", "command"], "properties": {**properties, "restart": {"const": "no"}}}
    jsonschema.validate(SERVICES[name], SERVICE_SCHEMA | (once if name in ONCE else {}))
    assert "latest" not in SERVICES[name]["image"]


def test_the_services_of_the_design_are_there_and_the_simulators_only_on_demand() -> None:
    assert set(SERVICES) == OURS | {"mosquitto", "influxdb", "postgres", "grafana"}
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["simulators"]


def test_a_service_waits_only_for_services_that_exist_and_in_no_circle() -> None:
    waits = {name: set(service.get("depends_on", {})) for name, service in SERVICES.items()}
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] == ("service_completed_successfully" if other in ONCE else "service_healthy")
    assert waits["ingest"] >= ONCE, "the intake would be turned away until its account is made"
    ready: set[str] = set()
    while waits:
        now = {name for name, others in waits.items() if others <= ready}
        assert now, f"these wait for each other or for nobody: {waits}"
        ready |= now
        waits = {name: others for name, others in waits.items() if name not in now}


def test_every_setting_named_exists() -> None:
    known = {f"TRICOLOR_{field.upper()}" for field in Settings.model_fields}
    for name in OURS:
        named = {variable for variable in SERVICES[name]["environment"] if variable.startswith("TRICOLOR_")}
        assert named <= known | NOT_SETTINGS, name
        checked = {word for word in SERVICES[name].get("healthcheck", {"test": []})["test"] if word.startswith("TRICOLOR_")}
        assert checked <= set(SERVICES[name]["environment"]), name


def test_the_values_are_ones_that_the_settings_take(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        for variable, value in SERVICES[name]["environment"].items():
            monkeypatch.setenv(variable, VARIABLE.sub(lambda m: m[3] if m[2] == "-" else "x1", value))
        settings = Settings()
        assert (settings.store, settings.influx_url) == (
            ("influxdb", "http://influxdb:8086") if name not in {"simulators", *ONCE} else ("duckdb", settings.influx_url)
        )
        for variable in SERVICES[name]["environment"]:
            monkeypatch.delenv(variable)


def test_no_secret_has_a_default_and_each_is_in_the_example() -> None:
    source = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    example = (ROOT / "docker" / "env.example").read_text(encoding="utf-8")
    used = {(m[1], m[2], m[3]) for m in VARIABLE.finditer(source)}
    for variable, sort, default in used:
        assert sort in {"-", "?"}, f"{variable} has neither a default nor a message"
        assert not (SECRET.search(variable) and sort == "-" and default), f"{variable} has a default"
        line = f"{variable}=" if sort == "?" else f"#{variable}="
        assert line in example.splitlines() if sort == "?" else line in example, variable
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            assert not SECRET.search(variable) or "${" in value, f"{name}: {variable} is written out"
    for line in example.splitlines():
        assert line.startswith("#") or not line or line.endswith("="), f"the example holds a value: {line}"


def test_everything_mounted_is_there_and_every_volume_is_declared() -> None:
    for name, service in SERVICES.items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"], f"{name}: {source}"
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, flags=re.MULTILINE):
        assert all((ROOT / path).exists() for path in copied.split()), copied


def test_who_tells_people_and_who_takes_their_addresses_read_the_same_channels() -> None:
    assert {name for name, service in SERVICES.items() if service.get("secrets")} == {"api", "alerting"}
    for name in ("api", "alerting"):
        (secret,) = SERVICES[name]["secrets"]
        assert SERVICES[name]["environment"]["TRICOLOR_CHANNELS"] == f"/run/secrets/{secret}"
        file = VARIABLE.sub(lambda m: m[3], COMPOSE["secrets"][secret]["file"])
        assert load_channels(ROOT / file) == load_channels(None), "what is shipped leaves the inbox alone"
    both = [{k: v for k, v in SERVICES[n]["environment"].items() if k.startswith("TRICOLOR_WEBHOOK")} for n in ("api", "alerting")]
    assert both[0] == both[1] != {}


def test_the_image_is_pinned_built_in_stages_and_not_run_as_root() -> None:
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^FROM (\S+)", dockerfile, flags=re.MULTILINE)
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base) for base in bases)
    assert re.search(r"^USER [1-9]\d*:\d+$", dockerfile, flags=re.MULTILINE)
    assert "--require-hashes" in dockerfile


def test_the_locks_of_the_image_hold_the_drivers_of_server_mode() -> None:
    locked = (ROOT / "requirements" / "server.lock").read_text(encoding="utf-8")
    for driver in ("influxdb-client==", "psycopg==", "psycopg-binary=="):
        assert re.search(rf"^{re.escape(driver)}", locked, flags=re.MULTILINE), driver
    pins = re.findall(r"^([a-z0-9-]+)==", locked, flags=re.MULTILINE)
    assert len(pins) == len(set(pins)), "a package is pinned twice"


@pytest.mark.parametrize("lock", ["server.lock", "run.lock"])
def test_what_the_extras_of_forecasts_and_heat_need_is_in_the_image_and_in_the_demonstration(lock: str) -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / lock).read_text(encoding="utf-8"), flags=re.MULTILINE))
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for extra in ("forecast", "heat"):
        assert {re.split(r"[<>=\[; ]", wanted)[0] for wanted in extras[extra]} <= locked, extra


@pytest.mark.parametrize("script", ["mosquitto-start.sh", "influxdb-init.sh", "postgres-init.sh"])
def test_every_script_can_be_parsed_and_stops_at_an_error(script: str) -> None:
    path = ROOT / "docker" / script
    subprocess.run(["bash", "-n", path], check=True)
    assert re.search(r"^set -eu", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.servers
def test_the_health_check_tells_a_server_that_listens_from_one_that_does_not(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        here = f"127.0.0.1:{server.getsockname()[1]}"
        env = {**os.environ, "TRICOLOR_MQTT": here, "TRICOLOR_LEDGER_URL": f"postgresql+psycopg://tricolor:pw@{here}/tricolor"}
        assert _health(env, "TRICOLOR_MQTT", "TRICOLOR_LEDGER_URL") == 0
    assert _health(env, "TRICOLOR_MQTT") == 1
    assert _health(env, "TRICOLOR_INFLUX_URL_NOT_SET") == 1


def _health(env: dict[str, str], *arguments: str) -> int:
    return subprocess.run(["python3", ROOT / "docker" / "health.py", *arguments], env=env, capture_output=True, check=False).returncode


def test_the_broker_has_large_bounds_and_none_is_zero() -> None:
    lines = dict(line.split(" ", 1) for line in _broker_lines() if not line.startswith("log_type"))
    bounds = ("max_queued_messages", "max_queued_bytes", "max_inflight_messages", "max_inflight_bytes", "message_size_limit", "max_connections")
    for bound in bounds:
        assert int(lines[bound]) > 0, bound
    assert int(lines["max_queued_messages"]) >= 100_000
    assert int(lines["max_inflight_messages"]) <= 65_535
    assert (lines["allow_anonymous"], lines["persistence"], lines["autosave_interval"]) == ("false", "true", "1")


def _broker_lines() -> list[str]:
    written = (ROOT / "docker" / "mosquitto.conf").read_text(encoding="utf-8").splitlines()
    return [line for line in written if line and not line.startswith("#")]


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[Callable[..., ComposeBroker]]:
    made: list[ComposeBroker] = []

    def make(password: str = "s3cret") -> ComposeBroker:
        environment = {"TRICOLOR_BROKER_ADMIN_USERNAME": ADMIN, "TRICOLOR_BROKER_ADMIN_PASSWORD": password}
        made.append(ComposeBroker(tmp_path / "broker", environment))
        return made[-1]

    yield make
    for broker in made:
        broker.stop()


def test_the_broker_asks_everybody_for_an_account() -> None:
    lines = dict(line.split(" ", 1) for line in _broker_lines() if not line.startswith("log_type"))
    assert lines["plugin"].endswith("/mosquitto_dynamic_security.so")
    assert lines["plugin_opt_config_file"].startswith(lines["persistence_location"]), "the accounts must outlive the container"
    assert "password_file" not in lines
    assert [fault.option for fault in judge_file(ROOT / "docker" / "mosquitto.conf")] == ["certfile"]  # TLS is the proxy's


@pytest.mark.servers
def test_the_broker_starts_with_its_administrator_alone_and_keeps_its_accounts_over_a_restart(make_broker: Callable[..., ComposeBroker]) -> None:
    broker = make_broker()
    who = ((ADMIN, "s3cret"), (ADMIN, "wrong"), ("tricolor-ingest", "s3cret"), ("", ""))
    assert [_connect(broker.port, *each) for each in who] == ["Success", "Not authorized", "Not authorized", "Not authorized"]
    assert stat.S_IMODE(broker.accounts.stat().st_mode) == 0o600
    made = broker.accounts.read_bytes()
    broker.stop()
    broker.start()
    assert broker.accounts.read_bytes() == made
    assert _connect(broker.port, ADMIN, "s3cret") == "Success"
    said = broker.log.read_text()
    assert "Error" not in said and "Unknown" not in said, said


@pytest.mark.servers
def test_without_a_password_of_its_administrator_the_broker_does_not_start_and_says_why(make_broker: Callable[..., ComposeBroker]) -> None:
    broker = make_broker("")
    assert not broker.is_running
    assert "TRICOLOR_BROKER_ADMIN_PASSWORD: is empty: set it in .env" in broker.log.read_text()
    assert not broker.accounts.exists()


@pytest.mark.servers
def test_the_accounts_of_our_own_are_made_once_and_mended_when_a_password_changes(make_broker: Callable[..., ComposeBroker]) -> None:
    broker = make_broker()

    def init(ingest: str, devices: str = "", admin: str = "s3cret") -> list[str]:
        return own_accounts(
            Settings(
                mqtt=f"127.0.0.1:{broker.port}", mqtt_username="tricolor-ingest", mqtt_password=SecretStr(ingest),
                broker_admin_username=ADMIN, broker_admin_password=SecretStr(admin),
            ),
            devices,
        )  # fmt: skip

    with pytest.raises(Misconfigured, match="TRICOLOR_MQTT_PASSWORD is empty"):
        init("")
    with pytest.raises(Misconfigured, match="TRICOLOR_BROKER_ADMIN_PASSWORD"):
        init("first", admin="wrong")
    assert init("first") == init("first") == ["tricolor-ingest"]
    assert _connect(broker.port, "tricolor-ingest", "first") == "Success"
    assert init("second", "toys") == ["tricolor-ingest", "tricolor-devices"]
    who = (("tricolor-ingest", "first"), ("tricolor-ingest", "second"), ("tricolor-devices", "toys"))
    assert [_connect(broker.port, *each) for each in who] == ["Not authorized", "Success", "Success"]
    defaults = json.loads(broker.accounts.read_text())["defaultACLAccess"]
    assert not any(defaults[kind] for kind in ("publishClientSend", "publishClientReceive", "subscribe")), "what nobody allows is denied"


def _connect(port: int, username: str, password: str) -> str:
    """What the broker answers to a connection."""
    answers: list[str] = []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(str(reason))
    if username:
        client.username_pw_set(username, password)
    deadline = time.monotonic() + 20
    while True:
        try:
            client.connect("127.0.0.1", port)
            break
        except OSError:
            assert time.monotonic() < deadline, "the broker does not start"
            time.sleep(0.05)
    while not answers and time.monotonic() < deadline:
        client.loop(0.1)
    client.disconnect()
    return answers[0]


@pytest.mark.servers
@pytest.mark.parametrize("empty_ledger_url", ["postgresql"], indirect=True)
def test_grafanas_role_reads_the_lights_and_neither_keys_nor_people(require: Callable[[str], str], empty_ledger_url: str) -> None:
    require("psql")
    url = make_url(empty_ledger_url)
    env = {
        **os.environ,
        "PGHOST": str(url.query["host"]),
        "POSTGRES_USER": "tricolor",
        "POSTGRES_DB": str(url.database),
        "GRAFANA_LEDGER_PASSWORD": "it's",
    }
    subprocess.run(["bash", ROOT / "docker" / "postgres-init.sh"], env=env, check=True, capture_output=True)
    ledger = LedgerEngine(empty_ledger_url)
    ledger.migrate()
    ledger.close()
    reader = create_engine(url.set(username="grafana_reader"))
    try:
        for table in ("entity", "verdict", "alert", "alert_event"):
            with reader.connect() as connection:
                assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
        for table in ("api_key", "contact", "audit"):
            with reader.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
                connection.execute(text(f"SELECT count(*) FROM {table}"))
    finally:
        reader.dispose()
        owner = create_engine(url, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.execute(text("DROP OWNED BY grafana_reader"))
            connection.execute(text("DROP ROLE grafana_reader"))
        owner.dispose()
