"""A broker of our own with TLS: a TLS listener or a clear refusal, never silently a plain one; and accounts at any mosquitto by --mqtt."""

import json
import socket
import ssl
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.broker.test_dynsec import Device, free_port
from tests.e2e.conftest import REGISTRY
from tricolor.adapters.broker_admin.accounts import ADMIN
from tricolor.adapters.sources.broker import Broker
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor_cli.main import app
from tricolor_cli.up import _broker, _certificate


@pytest.fixture
def pair(tmp_path: Path, require: Callable[[str], str]) -> tuple[Path, Path]:
    """A self-signed certificate of 127.0.0.1 and its key."""
    cert, key = tmp_path / "broker.pem", tmp_path / "broker.key"
    words = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        key,
        "-out",
        cert,
        "-subj",
        "/CN=b",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
    ]
    subprocess.run([require("openssl"), *words, "-days", "2"], check=True, capture_output=True)
    key.chmod(0o644)
    return cert, key


@pytest.mark.servers
def test_the_broker_of_our_own_speaks_tls_when_the_settings_say_so(tmp_path: Path, pair: tuple[Path, Path], require: Callable[[str], str]) -> None:
    require("mosquitto")
    port = free_port()
    settings = Settings(data=tmp_path, mqtt=f"127.0.0.1:{port}", mqtt_tls=True, broker_cert_file=pair[0], broker_key_file=pair[1])
    with ExitStack() as stack:
        _broker(settings, stack)
        context = ssl.create_default_context(cafile=pair[0])
        with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as sock:
            assert sock.version() in ("TLSv1.2", "TLSv1.3")
        with socket.create_connection(("127.0.0.1", port), 5) as plain:
            plain.settimeout(5)
            plain.sendall(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x")  # CONNECT in the clear
            try:
                answer = plain.recv(4)
            except ConnectionResetError:
                answer = b""
            assert answer[:1] != b"\x20"  # no CONNACK


def test_tls_without_a_certificate_is_refused_and_says_which_settings() -> None:
    with pytest.raises(Misconfigured, match="TRICOLOR_BROKER_CERT_FILE"):
        _certificate(Settings(mqtt_tls=True))
    assert _certificate(Settings()) is None


def test_a_certificate_that_does_not_fit_its_key_is_refused_by_name(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    for cert, key in ((pair[1], pair[1]), (tmp_path / "none", pair[1])):
        with pytest.raises(Misconfigured, match="TRICOLOR_BROKER_KEY_FILE"):
            Broker("127.0.0.1", free_port(), tmp_path / "b", certificate=(cert, key))


@pytest.mark.servers
def test_gateways_get_accounts_at_any_mosquitto_with_dynamic_security(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, require: Callable[[str], str]
) -> None:
    require("mosquitto")
    port = free_port()
    broker = Broker("127.0.0.1", port, tmp_path / "elsewhere", is_guarded=True)
    assert broker.accounts is not None
    secret = tmp_path / "secret"
    secret.write_text(broker.accounts.admin + "\n")
    for name, value in {"TRICOLOR_DATA": tmp_path / "data", "TRICOLOR_BROKER_ADMIN_USERNAME": ADMIN,
                        "TRICOLOR_BROKER_ADMIN_PASSWORD_FILE": secret}.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    (tmp_path / "registry.toml").write_text(REGISTRY, encoding="utf-8")
    run = CliRunner().invoke
    try:
        assert run(app, ["import", "registry", str(tmp_path / "registry.toml")]).exit_code == 0
        where = ["--mqtt", f"127.0.0.1:{port}"]
        done = run(app, ["gateway", "add", "steel", "g1", "--json", *where])
        made = json.loads(done.stdout)
        device = Device(port, made["username"], made["password"])
        assert device.publish("tricolor/v1/steel/g1/readings") == "Success"
        assert device.publish("tricolor/v1/steel/g2/readings") == "Not authorized"
        device.close()
        rotated = json.loads(run(app, ["gateway", "rotate", "steel", "g1", "--json", *where]).stdout)
        assert rotated["password"] != made["password"]
        listed = run(app, ["gateway", "list", *where])
        assert "steel/g1" in listed.stdout
        assert run(app, ["gateway", "revoke", "steel", "g1", *where]).exit_code == 0
        refused = run(app, ["gateway", "list", "--mqtt", "nowhere"])
        assert isinstance(refused.exception, Misconfigured) and "--mqtt" in str(refused.exception)
        assert broker.accounts.admin not in done.output + listed.output
        secret.write_text("wrong")
        wrong = run(app, ["gateway", "add", "steel", "g2", *where])
        assert isinstance(wrong.exception, Misconfigured) and "TRICOLOR_BROKER_ADMIN_PASSWORD" in str(wrong.exception)
        assert "wrong" not in str(wrong.exception).replace("wrong setting", "")
    finally:
        broker.stop()
