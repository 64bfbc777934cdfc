"""Messages of points seen before take a shorter way; whatever they hold, they say the same as on the long one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricolor.adapters.codecs.json_v1 import JsonV1
from tricolor.domain.errors import Unreadable
from tricolor.domain.readings import Frame

AT = "2026-11-20T08:00:00+08:00"
names = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6), min_size=1, max_size=5, unique=True)
numbers = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**70), 2**70), st.just("7"), st.just(None), st.just(True))


def sent(message: object) -> bytes:
    """The message, long enough to be worth a layout."""
    return json.dumps(message).encode() + b" " * 200


def said(codec: JsonV1, message: object) -> object:
    body = message if isinstance(message, bytes) else sent(message)
    try:
        found = codec.decode(Frame("t", body, 0, "s", 1, "application/json", ""))
    except Unreadable as error:
        return error.reason, error.detail
    return list(found.point), list(found.at), list(found.value), found.quality, found.rejections, found.gateway_seq


def taught(points: list[str]) -> JsonV1:
    codec = JsonV1()
    for _ in range(2):
        codec.decode(Frame("t", sent({"at": AT, "values": dict.fromkeys(points, 1.5)}), 0, "s", 1, "application/json", ""))
    return codec


def test_the_third_message_of_the_same_points_needs_no_names():
    codec = taught(["p1", "p2"])
    found = [codec.decode(Frame("t", sent({"at": AT, "values": {"p1": v, "p2": 7}}), 0, "s", 1, "application/json", "")) for v in (2, 3)]
    assert found[0].layout is not None
    assert found[0].layout is found[1].layout
    assert [list(f.value) for f in found] == [[2.0, 7.0], [3.0, 7.0]]


@pytest.mark.parametrize(
    "message",
    [
        {"at": AT, "values": {"p1": 1, "p2": 2, "p3": 3}},
        {"at": AT, "values": {"p1": 1}},
        {"at": AT, "values": {"p2": 1, "p1": 2}},
        {"at": AT, "values": {"p1": "1", "p2": 2}},
        {"at": AT, "values": {"p1": None, "p2": 2}},
        {"at": AT, "values": {"p1": 1, "p2": 2}, "quality": "bad"},
        {"at": AT, "values": {"p1": 1, "p2": 2}, "seq": 9},
        {"at": "2026-11-20T08:00:00", "values": {"p1": 1, "p2": 2}},
        {"values": {"p1": 1, "p2": 2}},
        {"values": {"p1": 1, "p2": 2}, "at": AT},
        b'{"at":"2026-11-20T08:00:00+08:00","values":{"p1":1,"p2":2,"p1":3}}' + b" " * 200,
        b'{"at":"2026-11-20T08:00:00+08:00","values":{"p1":1,"p2":NaN}}' + b" " * 200,
        b'{"at":"2026-11-20T08:00:00+08:00","values":{"p1":1,"p2":1e999}}' + b" " * 200,
        b'{"at":"2026-11-20T08:00:00+08:00","values":{"p1":1,"p2":2}' + b" " * 200,
        b'{"values' + b" " * 200,
        b'{"values"' + b" " * 200,
        b'{"values":"' + b" " * 200,
    ],
)
def test_a_known_layout_changes_nothing_of_what_a_message_says(message):
    known = said(taught(["p1", "p2"]), message)
    unknown = said(JsonV1(), message)
    if (
        isinstance(known, tuple) and len(known) == 6 and len(unknown) == 6 and set(known[0]) == set(unknown[0])
    ):  # the order within a message says nothing
        known = (*(list(c) for c in zip(*sorted(zip(*known[:3], strict=True)), strict=True)), *known[3:])
        unknown = (*(list(c) for c in zip(*sorted(zip(*unknown[:3], strict=True)), strict=True)), *unknown[3:])
    assert known == unknown


@given(names, st.data())
def test_any_values_of_known_points_read_as_by_a_codec_that_never_saw_them(points, data):
    codec = taught(points)
    message = {"at": AT, "values": {p: data.draw(numbers) for p in points}}
    assert said(codec, message) == said(JsonV1(), message)


def test_a_layout_that_no_longer_fits_is_given_up_and_learned_anew():
    codec = taught(["p1", "p2"])
    message = {"at": AT, "values": {"p1": 1, "p2": 2, "p3": 3}}
    for _ in range(12):
        assert said(codec, message)[0] == ["p1", "p2", "p3"]
    assert codec.decode(Frame("t", sent(message), 0, "s", 1, "application/json", "")).layout is not None
