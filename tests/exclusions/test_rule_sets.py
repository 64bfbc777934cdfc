"""The rule set is data with source and status: shipped, or a plan pack's own, with every fault told by row and column."""

import shutil
from pathlib import Path

import pytest

from tricolor.catalogue.plans import PACKS, check_plan, load_plan
from tricolor.domain.exclusions import ExclusionKind, Purpose, rule_of

HEAD = "kind,applies_to,first_month,last_month,accepted,source,status\n"


@pytest.fixture
def pack(tmp_path: Path):
    def make(*rows: str) -> Path:
        folder = tmp_path / "qinzhou-2021-2025"
        shutil.copytree(PACKS / "qinzhou-2021-2025", folder, dirs_exist_ok=True)
        (folder / "exclusions.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
        return folder

    return make


def test_the_shipped_rules_say_who_says_so_and_from_when(rules):
    assert all(rule.source and rule.status and rule.note_zh and rule.note_en for rule in rules)
    assert rule_of(rules, ExclusionKind.FEEDSTOCK, "2019-12") is None
    assert rule_of(rules, ExclusionKind.FEEDSTOCK, "2020-01").applies_to == {Purpose.TOTAL, Purpose.INTENSITY}
    assert rule_of(rules, ExclusionKind.NEW_RENEWABLE, "2021-01").applies_to == {Purpose.TOTAL}
    assert rule_of(rules, ExclusionKind.NON_FOSSIL, "2026-01") is None  # from memory only: listed, not in use


def test_a_pack_without_a_sheet_has_the_shipped_rules(rules):
    assert load_plan("qinzhou-2021-2025").exclusion_rules == rules


def test_a_pack_may_change_a_rule_from_a_date_on(pack):
    folder = pack("feedstock,total intensity,2020-01,2025-12,yes,文1,official", "feedstock,total,2026-01,,yes,文2,official")
    changed = load_plan(folder).exclusion_rules
    assert rule_of(changed, ExclusionKind.FEEDSTOCK, "2025-12").source == "文1"
    assert rule_of(changed, ExclusionKind.FEEDSTOCK, "2026-01").applies_to == {Purpose.TOTAL}
    assert rule_of(changed, ExclusionKind.NEW_RENEWABLE, "2025-01") is None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("coal,total,2020-01,,yes,文,official", "column kind"),
        ("feedstock,all,2020-01,,yes,文,official", "column applies_to"),
        ("feedstock,total,2020,,yes,文,official", "column first_month"),
        ("feedstock,total,2020-01,2019-12,yes,文,official", "column last_month"),
        ("feedstock,total,2020-01,,maybe,文,official", "column accepted"),
        ("feedstock,total,2020-01,,yes,,official", "column source: is empty"),
        ("feedstock,total,2020-01,,yes,文,hearsay", "column status"),
        ("new_renewable,total,2022-01,,yes,文,official", "another rule of new_renewable"),
    ],
)
def test_a_faulty_row_is_told_by_its_place(pack, row, told):
    (fault,) = check_plan(pack("new_renewable,total,2021-01,,yes,文,official", row))
    assert fault.startswith("exclusions.csv row 3") and told in fault
