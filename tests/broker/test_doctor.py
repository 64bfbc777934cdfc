"""`tricolor doctor` names what would lose data, from the configuration and from what a real broker counts."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.broker.test_queue import away_and_back, broker_of, free_port
from tricolor.adapters.broker_admin.conf import judge, judge_file
from tricolor.adapters.sources.broker import Broker
from tricolor.domain.errors import Misconfigured
from tricolor_cli.main import app

ROOT = Path(__file__).resolve().parents[2]
SAFE = """
listener 1883 127.0.0.1
allow_anonymous true
persistence true
persistence_location /var/lib/mosquitto/
autosave_interval 1
max_queued_messages 200000
max_queued_bytes 1073741824
max_inflight_messages 2000
"""


def losses(text: str) -> set[str]:
    return {fault.option for fault in judge(text) if fault.is_loss}


def hints(text: str) -> set[str]:
    return {fault.option for fault in judge(text) if not fault.is_loss}


def test_a_safe_configuration_has_no_fault() -> None:
    assert judge(SAFE) == []


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("max_queued_messages 0", "max_queued_messages"),
        ("max_queued_messages 1000", "max_queued_messages"),
        ("max_queued_bytes 1000000", "max_queued_bytes"),
        ("persistence false", "persistence"),
        ("autosave_interval 1800", "autosave_interval"),
        ("autosave_interval 0", "autosave_interval"),
        ("autosave_interval 5000\nautosave_on_changes true", "autosave_interval"),
        ("persistent_client_expiration 2h", "persistent_client_expiration"),
        ("listener 1884", "allow_anonymous"),
        ("listener 1884 0.0.0.0", "allow_anonymous"),
        ("listener 1884 10.0.0.7", "allow_anonymous"),
    ],
)
def test_each_setting_that_loses_data_is_named(line: str, option: str) -> None:
    assert losses(f"{SAFE}{line}\n") == {option}


@pytest.mark.parametrize("dropped", ["max_queued_messages", "persistence true", "autosave_interval"])
def test_what_stock_mosquitto_does_without_the_setting_is_named(dropped: str) -> None:
    text = "\n".join(line for line in SAFE.splitlines() if not line.startswith(dropped))
    assert losses(text) == {dropped.split(maxsplit=1)[0]}


def test_a_broker_with_passwords_and_without_topic_rights_is_a_hint_and_an_unencrypted_one_too() -> None:
    text = SAFE.replace("127.0.0.1", "").replace("allow_anonymous true", "allow_anonymous false\npassword_file /x")
    assert (losses(text), hints(text)) == (set(), {"acl_file", "certfile"})
    assert hints(text + "acl_file /x\ncertfile /y\n") == set()
    assert hints(text + "plugin /usr/lib/mosquitto_dynamic_security.so\ncertfile /y\n") == set()


def test_settings_of_a_listener_are_those_under_it() -> None:
    text = "per_listener_settings true\n" + SAFE + "listener 8883\nallow_anonymous false\nacl_file /x\ncertfile /y\n"
    assert judge(text) == []
    assert losses(text.replace("allow_anonymous false", "allow_anonymous true")) == {"allow_anonymous"}


def test_included_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "queue.conf").write_text("max_queued_messages 0\n")
    (tmp_path / "mosquitto.conf").write_text(SAFE + f"include_dir {tmp_path / 'conf.d'}\n")
    assert [fault.option for fault in judge_file(tmp_path / "mosquitto.conf")] == ["max_queued_messages"]
    with pytest.raises(Misconfigured, match="cannot be read"):
        judge_file(tmp_path / "nothing.conf")


def test_the_file_of_the_compose_broker_loses_nothing() -> None:
    assert [fault for fault in judge_file(ROOT / "docker" / "mosquitto.conf") if fault.is_loss] == []


def doctor(monkeypatch: pytest.MonkeyPatch, data: Path, port: int, *words: str) -> tuple[int, dict[str, dict[str, str]]]:
    monkeypatch.setenv("TRICOLOR_MQTT", f"127.0.0.1:{port}")
    done = CliRunner().invoke(app, ["doctor", "--data", str(data), "--json", *words])
    return done.exit_code, {finding["what"]: finding for finding in json.loads(done.stdout)}


@pytest.mark.servers
def test_messages_that_the_broker_dropped_are_an_error_of_the_doctor(
    tmp_path: Path, require: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    conf = f"listener {port} 127.0.0.1\nallow_anonymous true\nsys_interval 1"
    with broker_of(conf, require("mosquitto"), tmp_path, port):
        _, received, dropped = away_and_back(port)
        code, found = doctor(monkeypatch, tmp_path / "data", port, "--broker-config", str(tmp_path / "mosquitto.conf"))
    assert code == 1
    assert found["broker drops"]["state"] == "error" and f"{dropped:,}" in found["broker drops"]["detail"] and received < dropped
    assert "mosquitto version 2." in found["broker"]["detail"]
    assert {what for what, f in found.items() if what.startswith("broker: ") and f["state"] == "error"} == {
        "broker: max_queued_messages", "broker: persistence",
    }  # fmt: skip


@pytest.mark.servers
@pytest.mark.parametrize("is_guarded", [False, True])
def test_our_own_broker_is_found_healthy_with_its_own_file(
    tmp_path: Path, require: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    require("mosquitto")
    port = free_port()
    broker = Broker("127.0.0.1", port, tmp_path / "broker", is_guarded)
    try:
        _, found = doctor(monkeypatch, tmp_path, port)
    finally:
        broker.stop()
    assert [f["state"] for what, f in found.items() if what.startswith("broker")] == ["ok", "ok", "ok"], found
    assert found["broker drops"]["detail"].startswith("none")


def test_an_absent_broker_is_no_error_where_mosquitto_can_be_started(
    tmp_path: Path, require: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    require("mosquitto")
    _, found = doctor(monkeypatch, tmp_path, free_port())
    assert found["broker"]["state"] == "ok"
    assert "broker configuration" not in found
