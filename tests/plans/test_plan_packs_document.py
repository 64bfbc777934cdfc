"""docs/plan-packs.md: its example is a sound pack, its commands run, and what it says of packs, columns and lights is so."""

import re
import shlex
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from alerting.rules.indicator import Thresholds, light_of, way_of
from tricolor.catalogue.plans import check_plan, list_plans, load_plan
from tricolor.catalogue.plans.files import PACKS
from tricolor.catalogue.plans.register import Direction, Indicator, Kind
from tricolor.catalogue.plans.register import Path as Way
from tricolor.domain.lights import Light
from tricolor_cli.main import app

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "plan-packs.md").read_text(encoding="utf-8")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The files under the headings of the document, in a folder."""
    folder = tmp_path / "mycity-2026-2030"
    folder.mkdir()
    for part in re.findall(r"^### (.*?)(?=^##|\Z)", TEXT, re.M | re.S):
        names = re.findall(r"`(\w+\.(?:csv|toml))`", part.split("\n")[0])
        blocks = re.findall(r"^```(?:csv|toml)\n(.*?)^```", part, re.M | re.S)
        assert len(names) == len(blocks), names
        for name, block in zip(names, blocks, strict=True):
            (folder / name).write_text(block, encoding="utf-8")
    return folder


def test_the_example_is_a_sound_pack(example: Path) -> None:
    assert check_plan(example) == []
    plan = load_plan(example)
    assert (len(plan.targets), len(plan.indicators), len(plan.projects), len(plan.tasks)) == (2, 3, 1, 1)
    assert plan.rules.pace.red_gap == 0.05  # its own threshold
    assert plan.rules.silent == load_plan("qinzhou-2021-2025").rules.silent  # and the default of every other


def test_every_column_of_an_indicator_is_explained() -> None:
    table = TEXT[TEXT.index("### `indicators.csv`") : TEXT.index("### `projects.csv`")]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert named == {field.name for field in fields(Indicator)}
    for words in (Direction, Way, Kind):
        assert all(f"`{word}`" in table for word in words)


def test_every_shipped_pack_is_listed() -> None:
    table = TEXT[: TEXT.index("```")]
    assert set(re.findall(r"^\| `([a-z0-9-]+)`", table, re.M)) == set(list_plans())


def test_the_light_of_the_example_is_as_said(example: Path) -> None:
    """70 in 2025 to 80 in 2030: 74 at the end of 2027, two of five years; a tenth of the four points is 0.4."""
    row = next(row for row in load_plan(example).indicators if row.id == "my-solid-waste")
    way = way_of(row, 80.0)
    assert way.required(2.0) == pytest.approx(74.0)
    gap = load_plan(example).thresholds_of("indicator")["yellow_gap"]
    assert gap == 0.10 and isinstance(gap, float)
    lights = [light_of(way, value, 2.0, Thresholds(gap, 2, 3)) for value in (74.0, 73.6, 73.5)]
    assert lights == [Light.GREEN, Light.YELLOW, Light.RED]


def test_the_commands_run_and_say_what_the_document_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = re.search(r"^```sh\n(.*?)^```", TEXT, re.M | re.S)
    assert commands is not None
    shutil.copytree(PACKS, tmp_path / "tricolor" / "catalogue" / "plans", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    shown: list[Result] = []
    for line in commands[1].splitlines():
        if line.startswith("tricolor "):
            command, _, otherwise = line.removeprefix("tricolor ").partition(" || echo ")
            shown.append(CliRunner().invoke(app, shlex.split(command)))
            assert shown[-1].exit_code == (1 if otherwise else 0), (line, shown[-1].output)
        else:
            subprocess.run(["bash", "-c", line], check=True, timeout=30)
    refused, sound, differs, table = shown
    assert (
        "1 fault" in refused.output and "column reduction" in refused.output and "qinzhou-2021-2025:qinnan:energy_intensity:basic" in refused.output
    )
    assert sound.output.startswith("mycity-2027-revision: sound; 2026-2030 on 2025, official")
    said = re.search(r"`(reduction: [^`]*)`", TEXT)
    assert said is not None and said[1] in differs.output and "status: illustrative -> official" in differs.output
    assert re.findall(r"^~ targets (\S+) (\S+)", differs.output, re.M) == [("qinnan:energy_intensity:basic", "钦南区")]  # that row and no other
    assert "10 %" in table.output
