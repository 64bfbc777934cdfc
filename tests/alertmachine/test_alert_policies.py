"""How alerts behave is data: Tricolor's own, a plan pack's over it, and every fault of either named with its place."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tricolor.catalogue.alert_policies import NAMES, PACK_FILE, STATUSES, UNITS, policies_of, settings_of, shipped_settings
from tricolor.catalogue.plans import check_plan, load_plan
from tricolor.catalogue.plans.files import PACKS
from tricolor.catalogue.thresholds import known_rules
from tricolor.domain.alert_policy import Policy
from tricolor.domain.errors import Problems
from tricolor_cli.main import app

PACK = "qinzhou-2021-2025"
SAID = 'unit = "s", source = "市发改委值班制度", status = "official"'


@pytest.fixture
def pack(tmp_path):
    """A copy of a pack with an alerting.toml of the text given."""
    folder = tmp_path / PACK
    shutil.copytree(PACKS / PACK, folder)

    def with_text(text: str) -> Path:
        (folder / PACK_FILE).write_text(text, encoding="utf-8")
        return folder

    return with_text


def test_every_shipped_value_has_unit_source_and_status_and_every_rule_a_policy():
    for row in shipped_settings():
        assert row.unit == UNITS.get(row.name, "s") and row.source and row.status in STATUSES, row
    policies = policies_of(load_plan(PACK))
    assert set(policies) == set(known_rules())
    for rule, policy in policies.items():
        assert policy.red_hold_s <= policy.hold_s and policy.red_hold_count <= policy.hold_count, rule


def test_real_time_rules_escalate_within_the_hour_and_period_rules_within_days():
    policies = policies_of(load_plan(PACK))
    assert [policies[rule].escalate_s for rule in ("instant", "silent", "supply_temperature", "concentration")] == [(900, 3600)] * 4
    assert policies["pace"].escalate_s == (86_400, 259_200) and policies["pace"].hold_s == 0
    assert policies["pace"].tells_no_data


def test_a_pack_overrides_single_values_and_says_so(pack):
    folder = pack(
        f"[policy.silent]\nescalate_s = {{ value = [600, 1200, 2400], {SAID} }}\nack_timeout_s = {{ value = \"never\", {SAID} }}\n"
        f"[policy.default]\nrepeat_s = {{ value = 3600, {SAID} }}\n"
    )  # fmt: skip
    plan = load_plan(folder)
    policies, shipped = policies_of(plan), policies_of(load_plan(PACK))
    assert (policies["silent"].escalate_s, policies["silent"].ack_timeout_s) == ((600, 1200, 2400), None)
    assert policies["silent"].repeat_s == shipped["silent"].repeat_s  # Tricolor's of the rule before the pack's of every rule
    assert policies["pace"].repeat_s == 3600 and policies["pace"].escalate_s == shipped["pace"].escalate_s
    own = [(row.rule, row.name, row.source) for row in settings_of(plan) if not row.is_default]
    assert sorted(own) == [
        ("default", "repeat_s", "市发改委值班制度"), ("silent", "ack_timeout_s", "市发改委值班制度"), ("silent", "escalate_s", "市发改委值班制度"),
    ]  # fmt: skip
    shown = CliRunner().invoke(app, ["plan", "show", str(folder), "--only", "policies"])
    assert shown.exit_code == 0 and "silent.escalate_s" in shown.output and "600 1200 2400" in shown.output and "规划 plan" in shown.output


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"[policy.nonsense]\nhold_s = {{ value = 1, {SAID} }}", "alerting.toml column nonsense: rule is not known"),
        (f"[policy.silent]\nholds = {{ value = 1, {SAID} }}", "alerting.toml column silent.holds: is not known; known: hold_s"),
        ("[policy.silent]\nhold_s = 5", "alerting.toml column silent.hold_s: is not a table with value, unit, source, status"),
        (f"[policy.silent]\nhold_s = {{ value = -1, {SAID} }}", "alerting.toml column silent.hold_s.value: -1 is out of range 0.."),
        (f"[policy.silent]\nhold_s = {{ value = \"5 min\", {SAID} }}", "alerting.toml column silent.hold_s.value: '5 min' is not a number"),
        (f"[policy.silent]\nrepeat_s = {{ value = \"no\", {SAID} }}", "silent.repeat_s.value: 'no' is not a number [s], nor 'never'"),
        (f"[policy.silent]\nescalate_s = {{ value = [60, 30], {SAID} }}", "silent.escalate_s.value: [60, 30] does not rise from step to step"),
        (f"[policy.silent]\nhold_count = {{ value = 0, {SAID} }}", "alerting.toml column silent.hold_count.unit: 's' is not 'facts'"),
        ("[policy.silent]\nhold_s = { value = 9, unit = \"s\", source = \"\", status = \"official\" }", "silent.hold_s.source: is missing"),
        (f"[policy.silent]\nred_hold_s = {{ value = 60, {SAID} }}", "silent.red_hold_s: 60 is more than hold_s 5: red would wait longer"),
        ("[policy.silent]\nhold_s = { value = 9, unit = \"s\", source = \"x\", status = \"sure\" }", "silent.hold_s.status: 'sure' is not one of"),
        ("[stepz]\na = 1", "alerting.toml column stepz: is not known; known: policy, roles, bureau, names, steps"),
        ("[policy", "alerting.toml: is not readable TOML"),
    ],
)  # fmt: skip
def test_every_fault_of_a_pack_is_named_with_its_place(pack, text, fault):
    folder = pack(text)
    assert any(fault in each for each in check_plan(folder)), check_plan(folder)
    with pytest.raises(Problems):
        load_plan(folder)
    answer = CliRunner().invoke(app, ["plan", "check", str(folder)])
    assert answer.exit_code == 1


def test_every_setting_is_one_of_the_machine():
    assert set(NAMES) == set(Policy.__dataclass_fields__)
