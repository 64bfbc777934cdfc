"""HJ 212 by MQTT, at the command line, and from quarantine into the registry."""

import json

import pytest
from typer.testing import CliRunner

from simulators.hj212 import packet, segment
from tests.hj212.conftest import MN, PW
from tricolor.adapters.sources.mqtt import MqttSource
from tricolor.adapters.sources.mqtt_settings import MqttSettings
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.quarantine import UnknownPoint
from tricolor_cli.adoption import stub_of
from tricolor_cli.main import app

NAME = f"{MN.lower()}.w01018.rtd"


def test_a_payload_of_packets_on_its_topic_is_decoded_as_hj212_and_belongs_to_its_gateway(rig) -> None:
    settings = MqttSettings("127.0.0.1", 1, "test", "5", ("tricolor/v1/+/+/readings", "tricolor/v1/+/+/hj212"), "", "", "")
    frames = []
    source = MqttSource(settings, lambda some, sender, token: frames.extend(some), lambda timeout_s: True)
    raw = packet(segment(MN, PW, "2011", "1", "DataTime=20261120080000;w01018-Rtd=7,w01018-Flag=N"))
    client = source._client  # the connection's own callback, without a broker
    source._on_published(client, [(b"tricolor/v1/mill/gw1/hj212", raw, 1), (b"tricolor/v1/other/gw1/hj212", raw, 2)])
    rig.committer.submit_many(frames, _Sender(), None)
    rig.wait(lambda: len(rig.counts()) == 2)
    assert rig.counts() == {"mqtt:mill/gw1": (1, 1, 0, 0), "mqtt:other/gw1": (1, 0, 0, 1)}  # the points are the mill's
    assert [value for _, value, _ in rig.values(NAME)] == [7.0]


class _Sender:
    def safe(self, tokens) -> None:
        pass


def test_a_station_is_added_once_shown_and_revoked(rig) -> None:
    run = CliRunner()
    env = {"TRICOLOR_DATA": str(rig.folder)}
    made = run.invoke(app, ["station", "add", "88888880000001", "--entity", "mill", "--json"], env=env)
    key = json.loads(made.stdout)["pw"]
    assert len(key) == 6 and rig.stations.list()[-1].knows(key) and not rig.stations.list()[-1].knows("000000")
    with pytest.raises(Refused, match="station revoke"):
        rig.stations.add("88888880000001", "mill", "", "", "test", 2)
    with pytest.raises(NotFound, match="import registry"):
        rig.stations.add("88888880000002", "nowhere", "", "", "test", 2)
    listed = json.loads(run.invoke(app, ["station", "list", "--json"], env=env).stdout)
    assert {row["mn"] for row in listed} == {"88888880000001", MN.lower()} and key not in str(listed)
    assert run.invoke(app, ["station", "revoke", "88888880000001"], env=env).exit_code == 0
    assert rig.stations.list()[-1].revoked_at is not None


def test_an_unknown_factor_comes_with_the_standards_name_and_unit_as_a_stub() -> None:
    point = UnknownPoint("mill", f"{MN.lower()}.w01018.hour.cou", 3, 0, 0, ())
    stub = stub_of([(point, [(0, 2.0), (3_600_000_000, 3.0)])])
    assert 'name_cn = "化学需氧量"' in stub and 'unit = "kg"' in stub and 'kind = "delta"' in stub and "interval_s = 3600" in stub
