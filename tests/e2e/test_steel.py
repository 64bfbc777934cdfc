"""The real steel works: half a year of 15-minute kWh, replayed over a real broker, gives the six month totals that an independent sum gives."""

import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.conftest import Tricolor

MONTHS = {"2018-01": 126_238.29, "2018-02": 91_497.34, "2018-03": 80_230.41, "2018-04": 78_769.80, "2018-05": 79_059.28, "2018-06": 65_404.64}  # kWh
READINGS = 181 * 96  # January to June 2018


def months_of(tricolor: Tricolor) -> dict[str, float]:
    answer = tricolor.get("/v1/points/steel.elec/energy?from=2018-01-01&to=2018-07-01&step=month").json()
    assert (answer["point"], answer["unit"], answer["step"]) == ("steel.elec", "kWh", "month")
    assert all(cell["coverage"] == 1.0 and not cell["estimated"] for cell in answer["cells"])
    return {cell["start"][:7]: cell["amount"] for cell in answer["cells"]}


@pytest.fixture
def steel_file() -> Path:
    shared = Path(os.environ.get("TRICOLOR_SHARED", Path(__file__).parents[3] / "shared"))
    file = shared / "data" / "steel_daewoo" / "steel_2018_h1.csv.gz"
    if not file.exists():
        (pytest.fail if os.environ.get("TRICOLOR_REQUIRE") == "all" else pytest.skip)(f"{file} is not there")
    return file


@pytest.mark.e2e
@pytest.mark.servers
@pytest.mark.parametrize("store", ["duckdb", "influxdb"])
def test_the_six_months_of_the_steel_works(
    store: str, steel_file: Path, make_tricolor: Callable[..., Tricolor], request: pytest.FixtureRequest
) -> None:
    environment = {}
    if store == "influxdb":
        environment = {
            "TRICOLOR_STORE": "influxdb",
            "TRICOLOR_INFLUX_URL": request.getfixturevalue("influxd").url,
            "TRICOLOR_INFLUX_BUCKET": f"t{uuid4().hex}",
        }
    tricolor = make_tricolor(**environment)
    words = [
        "replay",
        str(steel_file),
        "--profile",
        "steel",
        "--mqtt",
        tricolor.mqtt,
        "--enterprise",
        "steel",
        "--gateway",
        "g1",
        "--point",
        "steel.elec",
    ]
    tricolor.run(*words)
    total = tricolor.wait_settled(READINGS)
    assert total.items() >= {"received": READINGS, "stored": READINGS, "duplicate": 0, "quarantined": 0, "unwritten": 0, "unsettled": 0}.items()
    first = months_of(tricolor)
    assert first == pytest.approx(MONTHS, abs=0.01)

    tricolor.run(*words, "--shuffle", "7")
    total = tricolor.wait_settled(2 * READINGS)
    assert (
        total.items()
        >= {"received": 2 * READINGS, "stored": READINGS, "duplicate": READINGS, "quarantined": 0, "unwritten": 0, "unsettled": 0}.items()
    )
    assert months_of(tricolor) == first

    assert tricolor.stop() == 0
    tricolor.start()  # a restart keeps everything
    assert months_of(tricolor) == first


@pytest.mark.e2e
@pytest.mark.servers
def test_a_shuffled_first_replay_gives_the_same_months(steel_file: Path, make_tricolor: Callable[..., Tricolor]) -> None:
    tricolor = make_tricolor()
    tricolor.run(
        "replay", str(steel_file), "--profile", "steel", "--mqtt", tricolor.mqtt, "--enterprise", "steel", "--gateway", "g1",
        "--point", "steel.elec", "--shuffle", "3", "--batch", "50",
    )  # fmt: skip
    tricolor.wait_settled(READINGS)
    assert months_of(tricolor) == pytest.approx(MONTHS, abs=0.01)
