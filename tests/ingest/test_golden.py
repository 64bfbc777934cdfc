"""Golden folders: tests/golden/<codec>/<case>/ holds a message as it comes and what it means."""

import json
from pathlib import Path

import pytest

from tricolor.adapters.codecs.csv_v1 import CsvV1
from tricolor.adapters.codecs.json_v1 import JsonV1
from tricolor.domain.errors import Unreadable
from tricolor.domain.readings import Frame

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
CODECS = {"json_v1": JsonV1, "csv_v1": CsvV1}
CASES = sorted(path.parent for name in CODECS for path in (GOLDEN / name).glob("*/expected.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_message_means_what_its_golden_folder_says(case: Path) -> None:
    (source,) = case.glob("input.*")
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    frame = Frame("", source.read_bytes(), 0, "golden")
    codec = CODECS[case.parent.name]()
    if "unreadable" in expected:
        with pytest.raises(Unreadable) as caught:
            codec.decode(frame)
        assert caught.value.reason == expected["unreadable"]
        return
    decoded = codec.decode(frame)
    places = range(len(decoded.at)) if decoded.index is None else decoded.index
    quality = [0] * len(decoded.at) if decoded.quality is None else decoded.quality
    rows = zip(places, decoded.point, decoded.at, decoded.value, quality, strict=True)
    assert decoded.gateway_seq == expected.get("seq")
    assert [{"index": i, "point": p, "at_us": t, "value": v, "quality": q} for i, p, t, v, q in rows] == expected["readings"]
    assert [{"index": r.index, "point": r.point, "reason": str(r.reason)} for r in decoded.rejections] == expected["rejections"]


def test_every_codec_has_golden_cases() -> None:
    assert {case.parent.name for case in CASES} == set(CODECS)
