"""Bad input against the running system, over HTTP and over MQTT: each gets a clear answer, its good neighbours are kept, the service stays up."""

import gzip
import json
import queue
from collections.abc import Callable

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.e2e.conftest import Tricolor

pytestmark = [pytest.mark.e2e, pytest.mark.servers]
AT = "2026-11-01T08:00:00+08:00"


def good(n: int) -> dict[str, object]:
    return {"point": "steel.register", "at": f"2026-11-01T{n:02d}:00:00+08:00", "value": 100.0 + n}


BAD = [
    ({"point": "steel.register", "at": AT, "value": "twelve"}, "value_not_a_number"),
    ({"point": "steel.register", "at": AT, "value": float("nan")}, "value_not_finite"),
    ({"point": "steel.register", "at": AT, "value": float("inf")}, "value_not_finite"),
    ({"point": "steel.register", "at": "2026-11-01T08:00:00", "value": 1}, "time_without_offset"),
    ({"point": "steel.register", "at": "1970-01-01T00:00:00Z", "value": 1}, "time_too_old"),
    ({"point": "steel.register", "at": "2099-01-01T00:00:00Z", "value": 1}, "time_in_future"),
    ({"point": "nobody", "at": AT, "value": 1}, "unknown_point"),
    ({"point": "steel.register", "at": AT, "value": -1}, "negative_register"),
]


def test_bad_input_over_http(make_tricolor: Callable[..., Tricolor]) -> None:
    tricolor = make_tricolor()
    answer = tricolor.push({"readings": [good(0), *(bad for bad, _ in BAD), good(1)]})
    assert answer.status == 200
    told = answer.json()
    assert (told["received"], told["accepted"], told["rejected_total"]) == (10, 2, 8)
    assert sorted((r["index"], r["reason"]) for r in told["rejected"]) == [(i + 1, reason) for i, (_, reason) in enumerate(BAD)]

    unreadable = tricolor.push(b"this is not JSON")
    assert (unreadable.status, unreadable.headers["content-type"]) == (400, "application/problem+json")
    assert "JSON" in unreadable.json()["detail"]
    assert tricolor.push([1, 2, 3]).status == 400

    for key, status in (("", 401), ("tc_push_" + "A" * 43, 401), ("nonsense", 401), (tricolor.key("read"), 403)):
        refused = tricolor.push({"readings": [good(2)]}, key=key)
        assert (refused.status, refused.headers["content-type"]) == (status, "application/problem+json"), key
    foreign = tricolor.push({"readings": [good(2)]}, key=tricolor.key("push", "--enterprise", "east"))
    assert foreign.json()["rejected"][0]["reason"] == "foreign_point"

    raw = json.dumps({"readings": [good(3)]}).encode()
    assert tricolor.push(gzip.compress(raw), Content_Encoding="gzip").json()["accepted"] == 1
    assert tricolor.push(gzip.compress(raw)[:-4], Content_Encoding="gzip").status == 400
    assert tricolor.push(raw, Content_Encoding="gzip").status == 400
    assert tricolor.push(gzip.compress(b"0" * 80_000_000), Content_Encoding="gzip").status == 413
    assert tricolor.push(raw, Content_Type="application/xml").status == 415
    assert tricolor.push(b'{"readings":[' + b" " * 5_000_000 + json.dumps(good(4)).encode() + b"]}").json()["accepted"] == 1  # 5 MB
    assert tricolor.push(b" " * 17_000_000).status == 413

    many = {"at": [f"2025-{m:02d}-{d:02d}T{h:02d}:{s // 60 % 60:02d}:{s % 60:02d}+08:00" for m in (1, 2) for d in range(1, 26) for h in range(20) for s in range(100)],
            "point": ["steel.register"] * 100_000, "value": [float(i) for i in range(100_000)]}  # fmt: skip
    assert tricolor.push(many).json()["accepted"] == 100_000

    csv = f"point,at,value\nsteel.register,{AT[:-6]}+08:00,108\nsteel.register,not a time,1\n"
    told = tricolor.push(csv.encode(), Content_Type="text/csv; charset=utf-8").json()
    assert (told["accepted"], told["rejected"][0]["reason"]) == (1, "bad_time")

    total = tricolor.wait_settled(100_000 + 10 + 1 + 1 + 1 + 1 + 1 + 2)
    assert total["received"] == total["stored"] + total["duplicate"] + total["quarantined"] == 100_017
    assert total["quarantined"] == 8 + 1 + 1 + 1 + 1
    listed = tricolor.get("/v1/quarantine?limit=50").json()
    assert len(listed["quarantine"] if "quarantine" in listed else listed["items"]) == total["quarantined"]
    readings = tricolor.get(f"/v1/points/steel.register/readings?from={AT[:10]}&to=2026-11-02").json()["readings"]
    assert [r["value"] for r in readings] == [100.0, 101.0, 103.0, 104.0, 108.0]
    assert tricolor.get("/healthz").status == 200


def test_bad_input_over_mqtt(make_tricolor: Callable[..., Tricolor]) -> None:
    tricolor = make_tricolor()
    host, port = tricolor.mqtt.split(":")
    heard: queue.Queue[dict[str, object]] = queue.Queue()
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _u, message: heard.put(json.loads(message.payload))
    client.connect(host, int(port))
    client.loop_start()
    client.subscribe("tricolor/v1/steel/g1/rejected", 1)

    def send(payload: bytes | str) -> None:
        client.publish("tricolor/v1/steel/g1/readings", payload, qos=1).wait_for_publish(10)

    send(json.dumps({"seq": 41, "readings": [good(0), *(bad for bad, _ in BAD), good(1)]}))
    answer = heard.get(timeout=15)
    assert (answer["seq"], answer["received"], answer["rejected_total"]) == (41, 10, 8)
    assert sorted((r["index"], r["reason"]) for r in answer["rejected"]) == [(i + 1, reason) for i, (_, reason) in enumerate(BAD)]  # type: ignore[attr-defined, index]
    for payload in (b"\xff\xfe not text", b"not JSON", b"[]", b"", b"x" * 5_000_000):
        send(payload)
        told = heard.get(timeout=15)
        assert (told["received"], told["rejected_total"]) == (1, 1), payload[:20]
    send(json.dumps({"at": "2026-11-01T05:00:00+08:00", "values": {"steel.register": 105.0}}))
    total = tricolor.wait_settled(10 + 5 + 1)
    assert total.items() >= {"received": 16, "stored": 3, "duplicate": 0, "quarantined": 13, "unwritten": 0, "unsettled": 0}.items()
    client.loop_stop()
