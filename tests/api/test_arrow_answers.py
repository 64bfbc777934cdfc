"""Energy as an Arrow stream says what the JSON says."""

import math

import pyarrow as pa
import pytest

from tricolor.domain.energy import CellFlag

SPAN = {"from": "2026-11-20T08:00:00+08:00", "to": "2026-11-20T10:00:00+08:00"}


def asking(world, accept, **params):
    return world.client.get("/v1/points/mill.elec/energy", params=params, headers={**world.headers("read", ""), "Accept": accept})


def test_the_arrow_stream_holds_the_same_steps_as_the_json(lite):
    lite.put_cells("mill.elec", [1.0, 2.0, math.nan, 4.0], flag=CellFlag.ESTIMATED)
    said = lite.get("/v1/points/mill.elec/energy", step="hour", **SPAN).json()
    answer = asking(lite, "application/vnd.apache.arrow.stream", step="hour", **SPAN)
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.schema.metadata == {b"point": b"mill.elec", b"unit": b"kWh", b"step": b"hour"}
    assert table["amount"].to_pylist() == [7.0, None]  # 1 + 2 + 4 in the first hour, nothing known of the second
    for name in ("amount", "coverage", "estimated", "flags"):
        assert table[name].to_pylist() == [cell[name] for cell in said["cells"]], name
    for name in ("start", "end"):
        assert [at.isoformat() for at in table[name].to_pylist()] == [cell[name] for cell in said["cells"]], name


@pytest.mark.parametrize("accept", ["application/json", "*/*"])
def test_who_does_not_ask_for_arrow_gets_json(lite, accept):
    assert asking(lite, accept).json()["point"] == "mill.elec"
