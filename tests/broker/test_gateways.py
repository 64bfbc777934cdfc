"""Gateways' accounts from end to end: `tricolor up` with dynamic security, `tricolor gateway`, /v1/gateways, the audit, the broker in the ledger."""

import json
import sqlite3
from collections.abc import Callable

import pytest

from tests.broker.test_dynsec import Device, wait_for
from tests.e2e.conftest import Tricolor

pytestmark = [pytest.mark.e2e, pytest.mark.servers]
BODY = json.dumps({"at": "2026-11-20T08:00:00+08:00", "values": {"steel.elec": 1.0}}).encode()


def test_a_gateway_is_given_an_account_sends_and_is_cut_off(make_tricolor: Callable[..., Tricolor]) -> None:
    tricolor = make_tricolor(TRICOLOR_BROKER_AUTH="dynsec")
    tricolor.environment["TRICOLOR_MQTT"] = tricolor.mqtt
    port = int(tricolor.mqtt.split(":")[1])
    made = json.loads(tricolor.run("gateway", "add", "steel", "g1", "--json").stdout)
    assert made["username"] == "steel/g1"
    gateway = Device(port, made["username"], made["password"])
    gateway.client.reconnect_delay_set(30, 30)
    try:
        gateway.client.publish("tricolor/v1/steel/g1/readings", BODY, qos=1)
        tricolor.wait_settled(1)  # the intake is in with its own account
        over_http = tricolor.ask("POST", "/v1/gateways", b'{"enterprise": "steel", "gateway": "g2"}', Content_Type="application/json")
        assert over_http.status == 201 and len(over_http.json()["password"]) > 40
        listed = tricolor.get("/v1/gateways?enterprise=steel").json()["gateways"]
        assert [g["username"] for g in listed] == ["steel/g1", "steel/g2"]
        assert "password" not in json.dumps(listed) + tricolor.run("gateway", "list", "--json").stdout
        assert tricolor.ask("DELETE", "/v1/gateways/steel/g1").json()["revoked_at"] is not None
        wait_for(lambda: gateway.is_cut)
    finally:
        gateway.close()
    again = tricolor.ask("POST", "/v1/gateways", b'{"enterprise": "steel", "gateway": "g2"}', Content_Type="application/json")
    assert again.status == 409
    assert tricolor.ask("POST", "/v1/gateways/steel/g2/rotate").status == 200
    assert tricolor.ask("POST", "/v1/gateways/steel/g1/rotate").status == 409
    assert tricolor.ask("POST", "/v1/gateways/steel/g9/rotate").status == 404
    for body, status in ((b'{"enterprise": "nobody", "gateway": "g1"}', 404), (b'{"enterprise": "steel", "gateway": "+"}', 409), (b"{}", 422)):
        assert tricolor.ask("POST", "/v1/gateways", body, Content_Type="application/json").status == status
    assert tricolor.ask("POST", "/v1/gateways", b"{}", tricolor.key("push"), Content_Type="application/json").status == 403
    tricolor.run("gateway", "revoke", "steel", "g2")
    assert json.loads(tricolor.run("gateway", "add", "steel", "g2", "--json").stdout)["revoked_at"] is None, "a revoked one may begin anew"
    audit = (
        sqlite3.connect(tricolor.folder / "ledger.sqlite").execute("SELECT action, target, detail FROM audit WHERE action LIKE 'gateway%'").fetchall()
    )
    assert [(a, t) for a, t, _ in audit] == [
        ("gateway.add", "steel/g1"), ("gateway.add", "steel/g2"), ("gateway.revoke", "steel/g1"), ("gateway.rotate", "steel/g2"),
        ("gateway.revoke", "steel/g2"), ("gateway.add", "steel/g2"),
    ]  # fmt: skip
    everything = b"".join(path.read_bytes() for path in tricolor.folder.rglob("*") if path.is_file())
    assert made["password"].encode() not in everything, "a gateway's password is kept nowhere"
    tricolor.wait_for(lambda: bool(tricolor.get("/v1/ingest/ledger").json()["brokers"]), 20, "the broker heard")
    (broker,) = tricolor.get("/v1/ingest/ledger").json()["brokers"]
    assert broker["version"].startswith("mosquitto version") and broker["dropped"] == 0
    assert f'tricolor_broker_dropped_messages_total{{broker="{tricolor.mqtt}"}} 0.0' in tricolor.get("/metrics").body.decode()
    assert tricolor.stop() == 0
    tricolor.start()  # the accounts are still there
    tricolor.wait_settled(1)


def test_without_accounts_the_refusal_says_how_to_get_them(make_tricolor: Callable[..., Tricolor]) -> None:
    tricolor = make_tricolor()
    done = tricolor.run("gateway", "add", "steel", "g1", is_checked=False)
    assert done.returncode == 1 and "TRICOLOR_BROKER_AUTH=dynsec" in done.stderr
    answer = tricolor.ask("POST", "/v1/gateways", b'{"enterprise": "steel", "gateway": "g1"}', Content_Type="application/json")
    assert answer.status == 409 and "TRICOLOR_BROKER_AUTH=dynsec" in answer.json()["detail"]
