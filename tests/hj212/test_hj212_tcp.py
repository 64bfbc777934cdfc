"""The listener: an answer 9014 means stored; who may speak; what a bad or slow station can do."""

import time
from contextlib import suppress

import pytest

from simulators.hj212 import packet, segment
from tests.hj212.conftest import MN, PW, Wire
from tricolor.domain.errors import Misconfigured
from tricolor.domain.intervals import parse_us

HOUR = "DataTime=20261120070000;w01018-Avg=40,w01018-Cou=2.5,w01018-Flag=N"
AT_8 = parse_us("2026-11-20T08:00:00+08:00")


def report(cp: str, qn: str = "20261120080000123", cn: str = "2061", flag: int = 5, pw: str = PW, mn: str = MN, part: str = "") -> bytes:
    return packet(segment(mn, pw, cn, qn, cp, flag=flag, part=part))


def test_a_report_is_answered_9014_and_stored_at_the_end_of_its_hour(rig, wire) -> None:
    wire.send(report(HOUR))
    said = wire.line()
    assert "QN=20261120080000123;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&" in said
    rig.wait(lambda: rig.counts().get(f"hj212:mill/{MN.lower()}") == (2, 2, 0, 0))
    assert rig.values(f"{MN.lower()}.w01018.hour.avg") == [(AT_8, 40.0, 0)]
    wire.send(report(HOUR))  # its answer was lost: it sends again, and nothing changes
    assert "CN=9014" in wire.line()
    rig.wait(lambda: rig.counts()[f"hj212:mill/{MN.lower()}"] == (4, 2, 2, 0))


def test_nothing_is_answered_before_it_is_safe(make_rig, monkeypatch) -> None:
    rig = make_rig()
    is_held = [True]
    append = rig.spool.append

    def slow(frames):
        while is_held[0]:
            time.sleep(0.01)
        return append(frames)

    monkeypatch.setattr(rig.spool, "append", slow)
    wire = Wire(rig)
    wire.send(report(HOUR))
    try:
        assert wire.is_silent()
    finally:
        is_held[0] = False
    assert "CN=9014" in wire.line()


def test_without_the_answer_bit_it_is_stored_and_not_answered(rig, wire) -> None:
    wire.send(report(HOUR, flag=4))
    rig.wait(lambda: rig.values(f"{MN.lower()}.w01018.hour.cou") == [(AT_8, 2.5, 0)])
    assert wire.is_silent(0.2)


@pytest.mark.parametrize(("mn", "pw", "code"), [("88888880000001", PW, "QnRtn=4"), (MN, "654321", "QnRtn=3")])
def test_a_stranger_and_a_wrong_key_are_refused_in_the_standards_words_and_cut_off_at_the_third_time(rig, wire, mn, pw, code) -> None:
    for _ in range(3):
        wire.send(report(HOUR, mn=mn, pw=pw))
        said = wire.line()
        assert "CN=9011" in said and code in said
    assert wire.line() == ""
    assert rig.counts() == {} and rig.values(f"{MN.lower()}.w01018.hour.avg") == []


def test_a_revoked_station_is_refused_and_a_new_key_lets_it_in(rig, wire) -> None:
    rig.stations.revoke(MN, "test", 2)
    rig.door.refresh()
    wire.send(report(HOUR))
    assert "QnRtn=4" in wire.line()
    rig.stations.add(MN, "mill", "ABCDEF", "", "test", 3)
    rig.door.refresh()
    wire.send(report(HOUR))
    assert "QnRtn=3" in wire.line()
    wire.send(report(HOUR, pw="ABCDEF"))
    assert "CN=9014" in wire.line()


def test_garbage_and_a_wrong_check_value_are_kept_and_do_not_cost_the_packets_around_them(rig, wire) -> None:
    bad = report(HOUR.replace("40", "41"))
    wire.send(report(HOUR) + b"\x00\x11noise" + bad[:-6] + b"0000\r\n" + report(HOUR.replace("20261120070000", "20261120060000")))
    assert "CN=9014" in wire.line() and "CN=9014" in wire.line()
    rig.wait(lambda: rig.counts().get(f"hj212:mill/{MN.lower()}") == (6, 4, 0, 2))
    with rig.engine.reading() as connection:
        from tricolor.adapters.ledger.schema import quarantine, quarantine_raw

        reasons = sorted(row.reason for row in connection.execute(quarantine.select()))
        kept = [row.payload for row in connection.execute(quarantine_raw.select())]
    assert reasons == ["bad_crc", "not_hj212"]
    assert sorted(map(len, kept)) == sorted([7, len(bad)])


def test_parts_are_stored_together_and_each_is_answered(rig, wire) -> None:
    first, second = HOUR[:47], HOUR[47:]  # cut within a field
    wire.send(report(second, flag=7, part="PNUM=2;PNO=2;"))  # the later part first
    assert wire.is_silent(0.3)
    wire.send(report(first, flag=7, part="PNUM=2;PNO=1;"))
    assert "CN=9014" in wire.line() and "CN=9014" in wire.line()
    rig.wait(lambda: rig.counts().get(f"hj212:mill/{MN.lower()}") == (2, 2, 0, 0))
    assert rig.values(f"{MN.lower()}.w01018.hour.cou") == [(AT_8, 2.5, 0)]


def test_a_station_that_waits_for_an_answer_between_parts_gets_it(rig, wire) -> None:
    wire.send(report(HOUR, flag=7, part="PNUM=2;PNO=1;"))
    assert wire.is_silent(0.3)
    rig.now += 2_000_000
    assert "CN=9014" in wire.line()
    wire.send(report("w21003-Avg=1,w21003-Flag=N", flag=7, part="PNUM=2;PNO=2;"))
    assert "CN=9014" in wire.line()
    # the second frame carries the first part again: 2 readings twice, and w21003's hourly average, which no registry names
    rig.wait(lambda: rig.counts().get(f"hj212:mill/{MN.lower()}") == (5, 2, 2, 1))


def test_a_station_that_asks_for_the_time_is_set_to_ours(rig, wire) -> None:
    wire.send(report("PolId=w01018", cn="1013"))
    assert "CN=9013" in wire.line()
    order = wire.line()
    assert "CN=1012" in order and "PolId=w01018,SystemTime=20261120080010" in order


def test_a_command_we_do_not_know_is_said_so(rig, wire) -> None:
    wire.send(report(HOUR, cn="7777"))
    assert "CN=9011" in (said := wire.line()) and "QnRtn=8" in said
    rig.wait(lambda: rig.counts().get(f"hj212:mill/{MN.lower()}") == (1, 0, 0, 1))


def test_whoever_says_nothing_useful_is_cut_off(make_rig) -> None:
    rig = make_rig(hello_s=0.3, packet_s=0.3)
    silent = Wire(rig)
    assert silent.line() == ""
    slow = Wire(rig)
    slow.send(report(HOUR))
    assert "CN=9014" in slow.line()
    slow.send(b"##0123QN=2026")  # a packet that never ends
    assert slow.line() == ""
    rig.wait(lambda: rig.counts()[f"hj212:mill/{MN.lower()}"] == (3, 2, 0, 1))


def test_a_flood_of_noise_is_cut_off_and_kept_within_a_bound(make_rig) -> None:
    rig = make_rig(stranger_frames_a_minute=5)
    wire = Wire(rig)
    wire.send(b"##ABCD\r\n" * 100)
    with suppress(ConnectionError):
        assert wire.line() == ""
    rig.wait(lambda: rig.counts().get("hj212:other") == (5, 0, 0, 5))


def test_of_too_many_connections_of_one_station_the_oldest_goes(make_rig) -> None:
    rig = make_rig(of_one_station=2)
    wires = [Wire(rig) for _ in range(3)]
    for wire in wires:
        wire.send(report(HOUR))
        assert "CN=9014" in wire.line()
    with suppress(ConnectionError):
        assert wires[0].line() == ""
    wires[1].send(report(HOUR))
    assert "CN=9014" in wires[1].line()


def test_a_port_that_is_taken_is_named_with_its_setting(rig) -> None:
    from ingest_service.listeners.hj212_tcp import Hj212Listener

    second = Hj212Listener("127.0.0.1", rig.port, rig.door, rig.committer.submit_many, rig.committer.has_room, lambda: 0)
    with pytest.raises(Misconfigured, match="TRICOLOR_HJ212"):
        second.start()
