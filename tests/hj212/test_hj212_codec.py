"""HJ 212 from bytes to readings: golden folders, the check value of annex A, and laws that any bytes must hold."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.hj212 import checksum, packet
from tricolor.adapters.codecs.hj212 import Hj212
from tricolor.catalogue.pollutants import all_pollutants, current_codes
from tricolor.domain.errors import Unreadable
from tricolor.domain.hj212 import Scanner, crc, joined, parse
from tricolor.domain.readings import Frame, Reject
from tricolor.domain.units import UNITS

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "hj212"
CASES = sorted(path.parent for path in GOLDEN.glob("*/expected.json"))
ANNEX_A = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_packets_mean_what_their_golden_folder_says(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    frame, codec = Frame("", (case / "input.bin").read_bytes(), 0, "golden"), Hj212(1000, current_codes())
    if "unreadable" in expected:
        with pytest.raises(Unreadable) as caught:
            codec.decode(frame)
        assert caught.value.reason == expected["unreadable"]
        return
    decoded = codec.decode(frame)
    rows = zip(decoded.index, decoded.point, decoded.at, decoded.value, decoded.quality, strict=True)
    assert [{"index": i, "point": p, "at_us": t, "value": v, "quality": q} for i, p, t, v, q in rows] == expected["readings"]
    assert [{"index": r.index, "point": r.point, "reason": str(r.reason)} for r in decoded.rejections] == expected["rejections"]


def test_there_is_a_golden_folder_for_every_odd_thing_that_the_issue_names() -> None:
    named = {"valid", "split", "lower_case_crc", "missing_qn", "style_2005", "wrong_length", "wrong_crc", "modbus_crc", "body_of_1045_bytes"}
    assert named | {"garbage_between", "every_flag", "annex_a_command"} <= {case.name for case in CASES}


def test_the_packet_of_annex_a_has_its_check_value() -> None:
    assert crc(ANNEX_A) == 0x1C80


@given(st.binary(max_size=200))
def test_the_stations_table_and_our_arithmetic_agree(data: bytes) -> None:
    assert f"{crc(data):04X}" == checksum(data)


@given(st.lists(st.one_of(st.text("ABCw018-=;,&\r\n#", max_size=60).map(packet), st.binary(max_size=30)), max_size=5), st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_however_a_stream_is_cut_its_packets_are_the_same(parts: list[bytes], step: int) -> None:
    raw, whole, cut = b"".join(parts), Scanner(), Scanner()
    at_once = [p.data for p in [*whole.feed(raw), *whole.end()] if not p.fault]
    pieces = [piece for at in range(0, len(raw), step) for piece in cut.feed(raw[at : at + step])] + cut.end()
    assert [p.data for p in pieces if not p.fault] == at_once


FIELD = st.tuples(st.sampled_from(["w01018", "a21002", "011"]), st.sampled_from(["Rtd", "Avg", "Cou", "Flag"]), st.integers(-9, 99).map(str))


@given(st.lists(FIELD, min_size=1, max_size=6), st.integers(0, 120))
@settings(max_examples=60, deadline=None)
def test_parts_joined_are_what_was_cut(fields: list[tuple[str, str, str]], cut: int) -> None:
    text = "DataTime=20261120080000;" + ";".join(f"{code}-{kind}={value}" for code, kind, value in fields)
    cut = max(1, min(cut, len(text) - 1))
    if text[cut - 1].isdigit() and text[:cut].rpartition(";")[2].count("=") and text[cut] != ";":
        return  # within a number: whether it ends there cannot be seen, and a number goes on with digits only
    assert [p for p in joined([text[:cut], text[cut:]]).split(";") if p] == text.split(";")


@given(st.one_of(st.binary(max_size=300), st.text(max_size=120).map(packet), st.text("DataTime=2061;w-RdFlgN.,&", max_size=150).map(
    lambda cp: packet(f"QN=1;ST=32;CN=2011;PW=1;MN=A;Flag=7;PNUM=2;PNO=1;CP=&&{cp}&&"))))  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_no_bytes_break_the_codec_and_each_reading_has_a_place(raw: bytes) -> None:
    for piece in Scanner().feed(raw):
        parse(piece.data)
    try:
        decoded = Hj212().decode(Frame("", raw, 0, "any"))
    except Unreadable as error:
        assert error.reason in set(Reject)
        return
    assert sorted([*(decoded.index or []), *(r.index for r in decoded.rejections)]) == list(range(decoded.received))


def test_every_factor_has_a_unit_we_can_count_in_and_says_where_it_is_from() -> None:
    for factor in all_pollutants().values():
        assert factor.unit in UNITS and (not factor.cou_unit or factor.cou_unit in UNITS), factor
        assert factor.name_cn and factor.source and factor.status, factor
    assert (current_codes()["011"], current_codes()["060"], current_codes()["S01"]) == ("w01018", "w21003", "a19001")


def test_a_flood_within_one_message_is_refused_by_its_size() -> None:
    with pytest.raises(Unreadable, match="too_large"):
        Hj212().decode(Frame("", b"##" * 200_000, 0, "any"))
