"""Packs of documents that are not in force yet: status draft, and no date where the draft bears none."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from api.board_plan_parts import plan_parts
from api.board_words import Words
from tricolor.catalogue.plans import check_plan, load_plan
from tricolor.catalogue.plans.differ import compare
from tricolor.catalogue.plans.files import PACKS
from tricolor.domain.entities import Registry

DRAFT, IN_FORCE = "guangxi-cleaner-2021-2025", "guangdong-circular-2022-2025"


def changed(pack: str, folder: Path, old: str, new: str) -> Path:
    shutil.copytree(PACKS / pack, folder / pack)
    head = folder / pack / "plan.toml"
    text = head.read_text(encoding="utf-8")
    assert text.count(old) == 1
    head.write_text(text.replace(old, new), encoding="utf-8")
    return folder / pack


def test_a_draft_need_not_bear_a_date() -> None:
    plan = load_plan(DRAFT)
    assert (plan.status, plan.document.number, plan.document.date) == ("draft", "送审稿", None)
    assert load_plan(IN_FORCE).document.date is not None


def test_a_document_in_force_has_its_date(tmp_path: Path) -> None:
    folder = changed(IN_FORCE, tmp_path, "date = 2022-10-21\n", "")
    assert check_plan(folder) == ["plan.toml [document] column date: is missing"]


@pytest.mark.parametrize(("date", "fault"), [("2023-01-05", []), ('"soon"', ["plan.toml [document] column date: 'soon' is not a date"])])
def test_the_date_of_a_draft_is_read_where_it_has_one(tmp_path: Path, date: str, fault: list[str]) -> None:
    folder = changed(DRAFT, tmp_path, 'number = "送审稿"', f'number = "送审稿"\ndate = {date}')
    assert check_plan(folder) == fault


def test_a_draft_that_comes_into_force_differs_in_its_head_only(tmp_path: Path) -> None:
    """The numbers stayed: what changed is the document, and one sees that it has a date now."""
    folder = changed(DRAFT, tmp_path, 'number = "送审稿"', 'number = "桂发改〔2023〕1号"\ndate = 2023-01-05')
    found: list[Any] = compare(load_plan(DRAFT), load_plan(folder), ())
    assert [(change.table, change.kind) for change in found] == [("plan", "changed")]
    assert dict(found[0].changed) == {"document.number": ("送审稿", "桂发改〔2023〕1号"), "document.date": ("", "2023-01-05")}


def test_a_draft_is_shown_as_one() -> None:
    (part,) = plan_parts(load_plan(DRAFT), Registry(1, {}, {}, {}, {}, {}), Words("zh"))
    assert part.status == "征求意见"
    assert {line.status for line in part.indicators} == {"征求意见", "文义解读"}
