"""What the stories say of the plans is what the plans say, and no rule is without a story."""

import ast
import re
from pathlib import Path

import pytest

from alerting.rules import rule_names
from tests.catalogue.conftest import shared

__all__ = ["shared"]
STORIES = sorted(p for p in Path(__file__).parent.glob("test_story_*.py") if p.name != Path(__file__).name)
SYSTEMS = {  # of the seeds' text, as issue 6 names them -> the story that tells of it
    "early warning": "early_warning", "dual targets": "dual_targets", "exclusions": "exclusions", "online monitoring": "online_monitoring",
    "budgets": "budgets", "heat": "heat", "pollutant totals": "pollutants", "carbon": "carbon", "benchmark": "benchmark",
    "public buildings": "public_buildings", "projects": "projects", "park material flow": "park_flow",
    "cleaner-production platform": "cleaner_production", "zero-waste indicators": "zero_waste", "monthly report duty": "report_duty",
}  # fmt: skip


def _tests(story: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.parse(story.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def test_every_system_of_the_seeds_has_a_story() -> None:
    assert {f"test_story_{name}.py" for name in SYSTEMS.values()} <= {story.name for story in STORIES}


@pytest.mark.parametrize("story", STORIES, ids=lambda p: p.stem)
def test_every_quoted_sentence_stands_in_a_plan(story, shared) -> None:
    text = "".join(re.sub(r"\s+", "", seed.read_text(encoding="utf-8")) for seed in sorted((shared / "seeds").glob("*.txt")))
    for test in _tests(story):
        quotes = re.findall(r"「(.+?)」", ast.get_docstring(test) or "")
        assert quotes, f"{story.name}: {test.name} quotes no sentence of a plan"
        for quote in quotes:
            assert re.sub(r"\s+", "", quote) in text, f"{story.name}: {test.name}: {quote}"


def test_every_rule_is_judged_in_a_story_in_every_light_that_it_has() -> None:
    """A rule's name and the lights stand in its story; the story itself proves that they are reached."""
    told = {story: story.read_text(encoding="utf-8") for story in STORIES}
    for rule in rule_names():
        mine = [text for text in told.values() if f'"{rule}"' in text]
        assert mine, f"no story judges the rule {rule}"
        for light in ("green", "yellow", "red", "grey"):
            assert any(f'"{light}"' in text for text in mine), f"no story of {rule} reaches {light}"
