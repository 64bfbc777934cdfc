"""Replay profiles: labels are interval ends, and midnight belongs to the day it closes."""

import gzip
import io
import os
from pathlib import Path

import numpy as np
import pytest

from simulators.profiles import profile, profiles
from simulators.replay import load, shuffled
from tricolor.domain.intervals import iso, month

# computed independently of this project from the same file
STEEL_KWH = {1: 126_238.29, 2: 91_497.34, 3: 80_230.41, 4: 78_769.80, 5: 79_059.28, 6: 65_404.64}
STEEL = Path(os.environ.get("TRICOLOR_DATA_SETS", Path(__file__).parents[3] / "shared" / "data")) / "steel_daewoo" / "steel_2018_h1.csv.gz"
HEAD = "date,Usage_kWh,CO2(tCO2)\n"


def test_the_midnight_row_of_the_steel_works_is_the_end_of_the_day_it_is_written_on() -> None:
    rows = "1/1/2018 23:45,3,0\n1/1/2018 0:00,4.5,0\n2/1/2018 0:15,5,0\n"
    series = profile("steel")(io.StringIO(HEAD + rows))
    assert [iso(at) for at in series.at] == ["2018-01-01T23:45:00+08:00", "2018-01-02T00:00:00+08:00", "2018-01-02T00:15:00+08:00"]
    assert series.value.tolist() == [3, 4.5, 5]


def test_the_day_comes_before_the_month() -> None:
    assert iso(profile("steel")(io.StringIO(HEAD + "2/3/2018 0:15,1,0\n")).at[0]) == "2018-03-02T00:15:00+08:00"


def test_the_real_steel_works_adds_up_to_its_known_months() -> None:
    if not STEEL.exists():
        if os.environ.get("TRICOLOR_REQUIRE") == "all":
            pytest.fail(f"{STEEL} is missing, and TRICOLOR_REQUIRE=all")
        pytest.skip(f"{STEEL} is missing")
    series = load(STEEL, "steel")
    assert set(np.diff(series.at).tolist()) == {900_000_000}  # every quarter of the half year, once
    for number, kwh in STEEL_KWH.items():
        span = month(2018, number)
        inside = (series.at > span.start) & (series.at <= span.end)  # the END of an interval that ends with the month is in it
        assert series.value[inside].sum() == pytest.approx(kwh, abs=0.005)


def test_the_delta_profile_reads_iso_times(tmp_path: Path) -> None:
    text = "at,value\n2026-11-20T08:00:00+08:00,1.5\n2026-11-20T00:15:00Z,2\n"
    plain, zipped = tmp_path / "a.csv", tmp_path / "b.csv"  # gzip is known by its bytes, not its name
    plain.write_text(text, encoding="utf-8-sig")
    zipped.write_bytes(gzip.compress(text.encode()))
    for file in (plain, zipped):
        series = load(file, "delta")
        assert np.diff(series.at).tolist() == [900_000_000] and series.value.tolist() == [1.5, 2]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("delta", "at,value\n2026-11-20T08:00:00,1\n", "line 2: time carries no UTC offset"),
        ("delta", "time,value\n2026-11-20T08:00:00+08:00,1\n", "line 2: 'at'"),
        ("delta", "at,value\n2026-11-20T08:00:00+08:00,\n", "line 2"),
        ("steel", HEAD + "1/1/2018 0:15,1,0\n13/13/2018 0:30,1,0\n", "line 3"),
    ],
)
def test_an_unreadable_row_is_named(name: str, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        profile(name)(io.StringIO(text))


def test_an_unknown_profile_is_told_the_known_ones() -> None:
    assert profiles() == ["delta", "steel"]
    with pytest.raises(ValueError, match="known: delta, steel"):
        profile("aluminium")


def test_shuffling_changes_the_order_and_nothing_else() -> None:
    series = profile("steel")(io.StringIO(HEAD + "".join(f"1/1/2018 {h}:15,{h},0\n" for h in range(24))))
    mixed = shuffled(series, 1)
    assert mixed.at.tolist() != series.at.tolist() == sorted(mixed.at)
    assert dict(zip(mixed.at.tolist(), mixed.value.tolist(), strict=True)) == dict(zip(series.at.tolist(), series.value.tolist(), strict=True))
    assert shuffled(series, 1).at.tolist() == mixed.at.tolist()
