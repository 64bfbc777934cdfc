"""The documents say what the code does: reasons, limits, kinds, roles and the shapes of docs/protocol.md."""

import json
import re
from pathlib import Path

import pytest

from tricolor.adapters.codecs.csv_v1 import CsvV1
from tricolor.adapters.codecs.json_v1 import JsonV1
from tricolor.config import Settings
from tricolor.domain.meters import PointKind, Role
from tricolor.domain.readings import QUALITY_NAMES, Frame, Reject

DOCS = Path(__file__).resolve().parents[2] / "docs"
PROTOCOL = (DOCS / "protocol.md").read_text(encoding="utf-8")
TERMS = (DOCS / "NOMENCLATURE.md").read_text(encoding="utf-8")


def section(number: int) -> str:
    return re.split(r"^## \d+\. ", PROTOCOL, flags=re.MULTILINE)[number]


def test_every_reason_is_explained_and_no_other() -> None:
    assert re.findall(r"^\| `(\w+)` \|", section(5), flags=re.MULTILINE) == [str(reason) for reason in Reject]


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("max_body_bytes", lambda n: f"{n // 2**20} MiB"),
        ("max_inflated_bytes", lambda n: f"{n // 2**20} MiB"),
        ("max_readings_per_message", lambda n: f"{n:,}"),
        ("future_limit_s", lambda n: f"{n} s"),
        ("retention_days", lambda n: f"{n:,} days"),
    ],
)
def test_limits_are_the_defaults_of_the_settings(setting: str, shown: object) -> None:
    row = next(line for line in section(6).splitlines() if f"`TRICOLOR_{setting.upper()}`" in line)
    assert shown(Settings.model_fields[setting].default) in row  # type: ignore[operator]


def test_every_quality_and_kind_is_named() -> None:
    assert all(f"`{name}`" in section(1) for name in (*QUALITY_NAMES, *PointKind))


def test_every_role_of_an_amount_is_a_term() -> None:
    named = {line.split("|")[2].strip() for line in TERMS.splitlines() if line.startswith("|") and line.count("|") == 5}
    assert {str(role) for role in Role if role is not Role.NONE} <= named


def test_the_messages_shown_are_read_as_shown() -> None:
    shown = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", section(2), flags=re.DOTALL)]
    assert len(shown) == 3
    for message in shown:
        decoded = JsonV1().decode(Frame("", json.dumps(message).encode(), 0, "test"))
        assert (len(decoded.at), decoded.rejections) == (2, ())


def test_the_csv_shown_is_read_as_shown() -> None:
    text = re.search(r"```csv\n(.*?)```", section(2), flags=re.DOTALL)
    assert text is not None
    decoded = CsvV1().decode(Frame("", text.group(1).encode(), 0, "test", content_type="text/csv"))
    assert (len(decoded.at), decoded.rejections) == (2, ())
