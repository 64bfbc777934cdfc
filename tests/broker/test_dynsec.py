"""Per-gateway accounts on a real mosquitto with its dynamic-security plugin: a gateway writes its own topics and no other's."""

import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from pydantic import SecretStr

from alerting.main import alert_broker
from tricolor.adapters.broker_admin.accounts import ADMIN, DEVICES, INGEST
from tricolor.adapters.broker_admin.address import BrokerAddress
from tricolor.adapters.broker_admin.dynsec import DynSec
from tricolor.adapters.broker_admin.sys_topics import ask
from tricolor.adapters.notifiers.mqtt import MqttChannel
from tricolor.adapters.sources.broker import Broker
from tricolor.catalogue.channels import channel_facts
from tricolor.channel_settings import ChannelSettings, MqttNotify
from tricolor.config import Settings
from tricolor.domain.alerts import Why
from tricolor.domain.delivery import Accepted, Answer, Failed
from tricolor.domain.errors import Misconfigured, NotFound, Refused
from tricolor.domain.gateways import ALERTS, ALERTS_READER, INGEST_RIGHTS, TopicRight
from tricolor.domain.lights import Light
from tricolor.ports import Outgoing
from tricolor_cli.brokers import mend_rights

pytestmark = pytest.mark.servers


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Device:
    """A client that notes what the broker says to it."""

    def __init__(self, port: int, username: str, password: str) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.granted: list[Any] = []
        self.acknowledged: list[Any] = []
        self.connected: Any = None
        self.is_cut = False
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self.client.username_pw_set(username, password)
        self.client.on_connect = lambda _c, _u, _f, reason, _p: setattr(self, "connected", reason)
        self.client.on_disconnect = lambda *_: setattr(self, "is_cut", True)
        self.client.on_message = lambda _c, _u, m: self.heard.append((m.topic, m.payload))
        self.client.on_subscribe = lambda _c, _u, _m, reasons, _p: self.granted.extend(reasons)
        self.client.on_publish = lambda _c, _u, _m, reason, _p: self.acknowledged.append(reason)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        wait_for(lambda: self.connected is not None)

    def publish(self, topic: str) -> str:
        before = len(self.acknowledged)
        self.client.publish(topic, b"{}", qos=1)
        wait_for(lambda: len(self.acknowledged) > before)
        return "Success" if self.acknowledged[-1].value in (0, 16) else str(self.acknowledged[-1])  # 16: nobody listens

    def subscribe(self, topic: str) -> str:
        before = len(self.granted)
        self.client.subscribe(topic, qos=1)
        wait_for(lambda: len(self.granted) > before)
        return str(self.granted[-1])

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def wait_for(is_true: Callable[[], object], limit_s: float = 10) -> None:
    until = time.monotonic() + limit_s
    while not is_true():
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.02)


@pytest.fixture
def guarded(tmp_path: Path, require: Callable[[str], str]) -> Iterator[tuple[Broker, int]]:
    require("mosquitto")
    port = free_port()
    broker = Broker("127.0.0.1", port, tmp_path / "broker", is_guarded=True)
    yield broker, port
    broker.stop()


@pytest.fixture
def admin(guarded: tuple[Broker, int]) -> DynSec:
    broker, port = guarded
    assert broker.accounts is not None
    return DynSec(BrokerAddress("127.0.0.1", port, ADMIN, broker.accounts.admin))


@pytest.fixture
def devices() -> Iterator[list[Device]]:
    made: list[Device] = []
    yield made
    for device in made:
        device.close()


def test_a_gateway_writes_its_own_readings_and_status_and_nothing_else(guarded: Any, admin: DynSec, devices: list[Device]) -> None:
    broker, port = guarded
    ingest = Device(port, INGEST, broker.accounts.ingest)
    gateway = Device(port, "steel/gw1", admin.add("steel", "gw1"))
    devices += [ingest, gateway]
    assert ingest.subscribe("tricolor/v1/+/+/readings") == "Granted QoS 1"
    assert gateway.publish("tricolor/v1/steel/gw1/readings") == "Success"
    assert gateway.publish("tricolor/v1/steel/gw1/status") == "Success"
    for other in ("steel/gw2/readings", "paper/gw1/readings", "steel/gw1/rejected", "steel/gw1/readings/x"):
        assert gateway.publish(f"tricolor/v1/{other}") == "Not authorized", other
    assert gateway.publish("$CONTROL/dynamic-security/v1") == "Not authorized"
    wait_for(lambda: ingest.heard)
    assert [topic for topic, _ in ingest.heard] == ["tricolor/v1/steel/gw1/readings"]


def test_a_gateway_hears_only_what_was_rejected_of_its_own(guarded: Any, admin: DynSec, devices: list[Device]) -> None:
    broker, port = guarded
    ingest = Device(port, INGEST, broker.accounts.ingest)
    gateway = Device(port, "steel/gw1", admin.add("steel", "gw1"))
    devices += [ingest, gateway]
    assert gateway.subscribe("tricolor/v1/steel/gw1/rejected") == "Granted QoS 1"
    for other in ("#", "tricolor/v1/#", "tricolor/v1/steel/+/rejected", "tricolor/v1/paper/gw1/rejected", "tricolor/v1/steel/gw1/readings", "$SYS/#"):
        assert gateway.subscribe(other) == "Not authorized", other
    assert ingest.publish("tricolor/v1/paper/gw1/rejected") == "Success"
    assert ingest.publish("tricolor/v1/steel/gw1/rejected") == "Success"
    wait_for(lambda: gateway.heard)
    assert [topic for topic, _ in gateway.heard] == ["tricolor/v1/steel/gw1/rejected"]


def test_the_intake_may_share_a_subscription_and_read_sys(guarded: Any, devices: list[Device]) -> None:
    broker, port = guarded
    ingest = Device(port, INGEST, broker.accounts.ingest)
    devices.append(ingest)
    assert ingest.subscribe("$share/ingest/tricolor/v1/+/+/readings") == "Granted QoS 1"
    assert ingest.publish("tricolor/v1/steel/gw1/readings") == "Not authorized"
    says, refusal = ask(BrokerAddress("127.0.0.1", port, INGEST, broker.accounts.ingest))
    assert refusal == ""
    assert says.version.startswith("mosquitto version 2.")
    assert says.dropped == 0
    assert ask(BrokerAddress("127.0.0.1", port, "steel/gw1", "wrong"), 2.0)[1] == "Not authorized"


def test_alerts_are_published_with_the_intakes_account_and_read_by_the_role_for_it(
    guarded: Any, admin: DynSec, devices: list[Device], tmp_path: Path
) -> None:
    broker, port = guarded
    older = tuple(right for right in INGEST_RIGHTS if ALERTS not in right.topic)
    admin.keep(INGEST, broker.accounts.ingest, older)  # a broker that was made before there were alerts on it
    settings = Settings(mqtt=f"127.0.0.1:{port}", data=tmp_path, mqtt_username=INGEST, mqtt_password=SecretStr(broker.accounts.ingest))
    chosen = ChannelSettings(mqtt_notify=MqttNotify())
    message = Outgoing(7, "mqtt", "heat", "t", "w", Why.OPENED, Light.RED, {}, 1, 0, "heat")

    def publish(how: ChannelSettings) -> Answer:
        channel = MqttChannel(alert_broker(settings, how), how.mqtt_notify.topic, channel_facts("mqtt").errors)
        try:
            return channel.send(message)
        finally:
            channel.close()

    assert isinstance(publish(chosen), Failed)
    mend_rights(settings, broker.accounts)
    password = "r3ader-of-the-city"
    admin._ask({"command": "createClient", "username": "city", "password": password, "roles": [{"rolename": ALERTS_READER}]})
    city = Device(port, "city", password)
    devices.append(city)
    assert city.subscribe("tricolor/v1/alerts/#") == "Granted QoS 1"
    assert (city.subscribe("tricolor/v1/+/+/readings"), city.publish("tricolor/v1/alerts/heat")) == ("Not authorized", "Not authorized")
    assert isinstance(publish(chosen), Accepted)
    wait_for(lambda: city.heard)
    assert [topic for topic, _ in city.heard] == ["tricolor/v1/alerts/heat"]
    gateway = Device(port, "steel/gw1", admin.add("steel", "gw1"))
    devices.append(gateway)
    assert (gateway.subscribe("tricolor/v1/alerts/#"), gateway.publish("tricolor/v1/alerts/heat")) == ("Not authorized", "Not authorized")
    own = ChannelSettings(mqtt_notify=MqttNotify(user="alerts", password=SecretStr("wr1te-alerts")))
    assert isinstance(publish(own), Failed)
    admin.keep("alerts", "wr1te-alerts", (TopicRight("publish", f"{ALERTS}/#"),))
    assert isinstance(publish(own), Accepted)


def test_simulated_devices_may_write_readings_of_any_gateway_and_read_none(guarded: Any, devices: list[Device]) -> None:
    broker, port = guarded
    simulator = Device(port, DEVICES, broker.accounts.devices)
    devices.append(simulator)
    assert simulator.publish("tricolor/v1/steel/gw9/readings") == "Success"
    assert simulator.subscribe("tricolor/v1/+/+/readings") == "Not authorized"


def test_nobody_enters_without_an_account(guarded: Any, devices: list[Device]) -> None:
    _, port = guarded
    devices.append(Device(port, "", ""))
    assert str(devices[-1].connected) == "Not authorized"


def test_revoking_disconnects_at_once_and_the_password_is_dead(guarded: Any, admin: DynSec, devices: list[Device]) -> None:
    _, port = guarded
    password = admin.add("steel", "gw1")
    gateway, other = Device(port, "steel/gw1", password), Device(port, "steel/gw2", admin.add("steel", "gw2"))
    devices += [gateway, other]
    gateway.client.reconnect_delay_set(30, 30)
    admin.revoke("steel", "gw1")
    wait_for(lambda: gateway.is_cut)
    gateway.close()
    devices.append(Device(port, "steel/gw1", password))
    assert str(devices[-1].connected) == "Not authorized"
    assert not other.is_cut
    assert set(admin.usernames()) == {ADMIN, INGEST, DEVICES, "steel/gw2"}
    admin.revoke("steel", "gw1")  # twice changes nothing


def test_rotating_gives_a_new_password_and_cuts_who_has_the_old_one(guarded: Any, admin: DynSec, devices: list[Device]) -> None:
    _, port = guarded
    old = admin.add("steel", "gw1")
    gateway = Device(port, "steel/gw1", old)
    devices.append(gateway)
    gateway.client.reconnect_delay_set(30, 30)
    new = admin.rotate("steel", "gw1")
    assert new != old
    wait_for(lambda: gateway.is_cut)
    devices += [Device(port, "steel/gw1", old), Device(port, "steel/gw1", new)]
    assert [str(d.connected) for d in devices[-2:]] == ["Not authorized", "Success"]
    assert devices[-1].publish("tricolor/v1/steel/gw1/readings") == "Success"
    with pytest.raises(NotFound):
        admin.rotate("steel", "gw9")


def test_adding_twice_is_refused_and_changes_nothing(guarded: Any, admin: DynSec, devices: list[Device]) -> None:
    _, port = guarded
    password = admin.add("steel", "gw1")
    with pytest.raises(Refused, match="rotate"):
        admin.add("steel", "gw1")
    devices.append(Device(port, "steel/gw1", password))
    assert devices[-1].publish("tricolor/v1/steel/gw1/readings") == "Success"
    with pytest.raises(Refused, match="topic"):
        admin.add("steel", "+")


def test_accounts_outlive_a_restart_and_their_passwords_are_private(guarded: Any, admin: DynSec, tmp_path: Path, devices: list[Device]) -> None:
    broker, port = guarded
    password = admin.add("steel", "gw1")
    broker.stop()
    folder = tmp_path / "broker"
    for name in ("accounts.json", "dynamic-security.json"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    again = Broker("127.0.0.1", port, folder, is_guarded=True)
    try:
        assert again.accounts == broker.accounts
        devices.append(Device(port, "steel/gw1", password))
        assert devices[-1].publish("tricolor/v1/steel/gw1/readings") == "Success"
    finally:
        again.stop()
    (folder / "dynamic-security.json").unlink()
    with pytest.raises(Misconfigured, match="only one"):
        Broker("127.0.0.1", port, folder, is_guarded=True)


def test_a_broker_without_the_plugin_is_named(tmp_path: Path, require: Callable[[str], str]) -> None:
    require("mosquitto")
    port = free_port()
    broker = Broker("127.0.0.1", port, tmp_path)
    try:
        with pytest.raises(Misconfigured, match="dynamic-security plugin"):
            DynSec(BrokerAddress("127.0.0.1", port, "x", "y")).usernames()
    finally:
        broker.stop()
