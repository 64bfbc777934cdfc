"""From an unknown point to stored readings: seen in quarantine, registered, replayed, and the ledger of counts still balances."""

import json
from collections.abc import Callable

import pytest

from tests.e2e.conftest import REGISTRY, Tricolor

pytestmark = [pytest.mark.e2e, pytest.mark.servers]
AT = "2026-11-20T{:02d}:00:00+08:00"


def message(hour: int, **values: float) -> dict[str, object]:
    return {"at": AT.format(hour), "values": {name.replace("_", "."): value for name, value in values.items()}}


def balances(total: dict[str, int]) -> bool:
    return total["received"] == total["stored"] + total["duplicate"] + total["quarantined"]


def test_a_point_registered_late_gets_all_its_readings_by_a_replay(make_tricolor: Callable[..., Tricolor]) -> None:
    tricolor = make_tricolor()
    push = tricolor.key("push", "--enterprise", "steel")
    for hour in range(6):  # a known and an unknown point in each message: the good half is stored at once
        answer = tricolor.push(message(hour, steel_elec=10.0, steel_gas=100.0 + hour), push).json()
        assert (answer["accepted"], answer["rejected_total"]) == (1, 1)
    before = tricolor.wait_settled(12)
    assert (before["stored"], before["quarantined"]) == (6, 6)
    (found,) = json.loads(tricolor.run("quarantine", "unknown", "--json").stdout)
    assert (found["enterprise"], found["point"], found["readings"]) == ("steel", "steel.gas", 6)
    assert [sample["value"] for sample in found["samples"]] == [100.0, 101.0, 102.0, 103.0, 104.0, 105.0]

    stub = tricolor.run("quarantine", "unknown", "--toml").stdout
    assert 'kind = "register"' in stub and 'unit = "m3"' in stub and "interval_s = 3600" in stub
    (tricolor.folder / "registry.toml").write_text(REGISTRY + stub, encoding="utf-8")
    tricolor.run("import", "registry", str(tricolor.folder / "registry.toml"))
    said = json.loads(tricolor.run("quarantine", "replay", "--reason", "unknown_point", "--json").stdout)
    assert said == {"messages": 6, "entries": 6}
    after = tricolor.wait_settled(24)  # each message is received anew: 6 readings stored, 6 that are known already
    assert (after["received"], after["stored"], after["duplicate"], after["quarantined"]) == (24, 12, 6, 6)
    assert balances(after)
    readings = tricolor.get("/v1/points/steel.gas/readings?from=2026-11-20&to=2026-11-21").json()["readings"]
    assert [reading["value"] for reading in readings] == [100.0, 101.0, 102.0, 103.0, 104.0, 105.0]
    states = [json.loads(line)["state"] for line in tricolor.run("quarantine", "list", "--json").stdout.splitlines()]
    assert states == ["replayed"] * 6
    assert json.loads(tricolor.run("quarantine", "replay", "--json").stdout) == {"messages": 0, "entries": 0}
    sources = {s["source"]: s for s in tricolor.get("/v1/ingest/ledger").json()["sources"]}
    assert len(sources) == 1, "a replayed message keeps its source"


def test_a_replay_never_overwrites_a_correction_that_came_meanwhile(make_tricolor: Callable[..., Tricolor]) -> None:
    tricolor = make_tricolor()
    push = tricolor.key("push", "--enterprise", "steel")
    tricolor.push(message(1, steel_elec=10.0, steel_gas=5.0), push)
    tricolor.push(message(1, steel_elec=11.0), push)  # the correction
    tricolor.wait_settled(3)
    assert tricolor.ask("POST", "/v1/quarantine/replay", b"{}", Content_Type="application/json").json() == {"messages": 1, "entries": 1}
    tricolor.wait_settled(5)
    readings = tricolor.get("/v1/points/steel.elec/readings?from=2026-11-20&to=2026-11-21").json()["readings"]
    assert [reading["value"] for reading in readings] == [11.0]


def test_what_is_queued_while_stopped_goes_in_at_the_next_start_and_dropping_is_for_good(make_tricolor: Callable[..., Tricolor]) -> None:
    tricolor = make_tricolor()
    tricolor.push(b"nonsense")
    tricolor.push(message(2, steel_gas=1.0))
    tricolor.wait_settled(2)
    summary = tricolor.get("/v1/quarantine/summary").json()
    assert {(c["reason"], c["state"], c["entries"]) for c in summary["counts"]} == {("not_json", "held", 1), ("unknown_point", "held", 1)}
    assert tricolor.stop() == 0
    tricolor.run("quarantine", "replay", "--reason", "unknown_point")
    tricolor.start()
    total = tricolor.wait_settled(3)
    assert total["quarantined"] == 3 and balances(total)
    assert tricolor.ask("DELETE", "/v1/quarantine").status == 422
    assert tricolor.ask("DELETE", "/v1/quarantine?reason=unknown_point").json() == {"entries": 2}
    left = tricolor.get("/v1/quarantine").json()["quarantine"]
    assert [item["reason"] for item in left] == ["not_json"]
    assert "is not one of" not in tricolor.run("quarantine", "drop", is_checked=False).stderr
    assert tricolor.run("quarantine", "drop", is_checked=False).returncode == 1
    assert "dropped 1" in tricolor.run("quarantine", "drop", "--all").stdout
    assert tricolor.get("/v1/quarantine/summary").json()["raw_bytes"] == 0
    assert tricolor.total()["quarantined"] == 3, "the counts of what came stay"
    assert tricolor.get("/v1/quarantine/summary", tricolor.key("read")).status == 403
