"""Thresholds: one file of defaults a rule, each with unit, source and status; a pack overrides what it chooses itself."""

import math
from pathlib import Path

import pytest

from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.plans.sheets import STATUSES
from tricolor.catalogue.thresholds import RULES_OF_LIGHTS, defaults, read_defaults, rule_names
from tricolor.domain.errors import Problems


def test_every_rule_of_the_lights_has_its_defaults() -> None:
    assert set(RULES_OF_LIGHTS) <= set(rule_names())


@pytest.mark.parametrize("rule", rule_names())
def test_every_default_is_sound_and_says_who_says_so(rule: str) -> None:
    rows = defaults(rule)
    assert rows
    for row in rows.values():
        assert row.source and row.unit and row.status in STATUSES, row.name
        assert row.trouble(row.value) == ""
        if row.type in ("share", "number", "whole"):
            assert math.isfinite(row.least) and math.isfinite(row.most) and row.least < row.most, f"{row.name} has no bounds"
            assert row.trouble(row.most + 1) and row.trouble(row.least - 1) and row.trouble(True)


def test_a_plan_covers_all_rules_and_says_what_it_chose_itself(pack: Path) -> None:
    plan = load_plan(pack)
    assert {t.rule for t in plan.rules.thresholds} == set(rule_names())
    chosen = {(t.rule, t.name): t for t in plan.rules.thresholds if not t.is_default}
    assert set(chosen) == {("pace", "red_gap"), ("pace", "red_on_rise"), ("pace", "scheme"), ("silent", "red_after_s")}
    assert all(t.source == "notice of the city, 2023" and t.status == "official" for t in chosen.values())
    assert all(t.source and t.status for t in plan.rules.thresholds)


def test_the_plans_own_value_goes_before_the_default(pack: Path) -> None:
    own, official = load_plan(pack), load_plan("qinzhou-2021-2025")
    assert official.thresholds_of("silent") == {"yellow_after_s": 3600, "red_after_s": 86_400}
    assert own.thresholds_of("silent") == {"yellow_after_s": 3600, "red_after_s": 43_200}
    assert (own.thresholds_of("pace")["scheme"], own.rules.pace.red_gap, own.rules.pace.red_on_rise) == ("completion", 0.15, False)
    assert own.thresholds_of("no-such-rule") == {}


def test_a_pack_without_the_file_chooses_none(pack: Path) -> None:
    (pack / "rules.toml").unlink()
    assert load_plan(pack).rules.thresholds == load_plan("qinzhou-2021-2025").rules.thresholds


def test_the_document_of_qinzhou_sets_no_number_of_the_lights() -> None:
    assert all(t.is_default for t in load_plan("qinzhou-2021-2025").rules.thresholds)


GOOD = '[days]\ntype = "whole"\nleast = 1\nmost = 31\nvalue = 7\nunit = "d"\nsource = "s"\nstatus = "memory"\n'


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("value = 7", "value = 70", "rules/luck.toml column days.value: 70 is out of range 1..31"),
        ("value = 7", "value = 7.5", "rules/luck.toml column days.value: 7.5 is not a whole number"),
        ("value = 7", "value = true", "rules/luck.toml column days.value: True is not a whole number"),
        ('"whole"', '"wholly"', "rules/luck.toml column days.type: 'wholly' is not one of share, number, whole, switch, choice"),
        ('"whole"', '"choice"', "rules/luck.toml column days.choices: is missing"),
        ('source = "s"', "", "rules/luck.toml column days.source: is missing"),
        ('unit = "d"', 'units = "d"', "rules/luck.toml column days.units: is not known"),
        ("[days]", "[days", "rules/luck.toml: is not readable TOML"),
        ("[days]\n", "days = 7\n[more]\n", "rules/luck.toml column days: is not a table"),
    ],
)
def test_a_fault_of_a_default_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "luck.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert read_defaults(path)["days"].value == 7
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Problems) as caught:
        read_defaults(path)
    assert any(problem.startswith(says) for problem in caught.value.problems), caught.value.problems
