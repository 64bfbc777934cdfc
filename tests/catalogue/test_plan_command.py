"""`tricolor plan`: exit 1 with every fault, 0 with what the pack holds."""

import json
from pathlib import Path

from typer.testing import CliRunner

from tricolor_cli.plan import plan_app

run = CliRunner()


def test_check_of_a_sound_pack_says_what_it_holds() -> None:
    result = run.invoke(plan_app, ["check", "qinzhou-2021-2025"])
    assert result.exit_code == 0
    assert "6 areas, 12 targets" in result.output


def test_check_without_a_name_checks_every_shipped_pack() -> None:
    result = run.invoke(plan_app, ["check"])
    assert result.exit_code == 0
    assert "illustrative-2026-2030: sound" in result.output and "qinzhou-2021-2025: sound" in result.output


def test_check_of_a_faulty_folder_exits_1_with_all_faults(pack: Path) -> None:
    text = (pack / "targets.csv").read_text(encoding="utf-8")
    (pack / "targets.csv").write_text(text.replace(",9,%,", ",900,,", 1), encoding="utf-8")
    result = run.invoke(plan_app, ["check", str(pack)])
    assert result.exit_code == 1
    assert "targets.csv row 2 column reduction" in result.output and "targets.csv row 2 column unit" in result.output
    as_json = run.invoke(plan_app, ["check", str(pack), "--json"])
    assert as_json.exit_code == 1
    assert len(json.loads(as_json.stdout)["faults"]) == 2


def test_check_of_nothing_exits_1() -> None:
    assert run.invoke(plan_app, ["check", "nanning"]).exit_code == 1


def test_list_and_show_as_json() -> None:
    listed = json.loads(run.invoke(plan_app, ["list", "--json"]).stdout)
    targets = {plan["id"]: plan["targets"] for plan in listed}
    assert (targets["illustrative-2026-2030"], targets["qinzhou-2021-2025"]) == (24, 12)
    shown = json.loads(run.invoke(plan_app, ["show", "qinzhou-2021-2025", "--json"]).stdout)
    assert shown["targets"][0]["reduction"] == 0.09
    assert run.invoke(plan_app, ["show", "qinzhou-2021-2025"]).exit_code == 0
    assert run.invoke(plan_app, ["list"]).exit_code == 0
    assert run.invoke(plan_app, ["show", "nanning"]).exit_code == 1


def test_check_counts_what_the_pack_holds_and_hints_at_what_it_leaves_open() -> None:
    result = run.invoke(plan_app, ["check", "qinzhou-2021-2025"])
    assert "91 indicators, 89 projects, 0 tasks" in result.output
    hinted = run.invoke(plan_app, ["check", "guangdong-circular-2022-2025"])
    assert hinted.exit_code == 0 and "提示 hint: responsibilities.csv: nobody answers everywhere for pace" in hinted.output
    body = json.loads(run.invoke(plan_app, ["check", "guangdong-circular-2022-2025", "--json"]).stdout)
    assert body["faults"] == [] and len(body["hints"]) >= 2 and body["indicators"] == 15


def test_show_of_one_part_shows_that_part_only() -> None:
    shown = run.invoke(plan_app, ["show", "qinzhou-2021-2025", "--only", "projects"])
    assert shown.exit_code == 0 and "annex3-17" in shown.output and "113500" in shown.output and "red_gap" not in shown.output
    both = json.loads(run.invoke(plan_app, ["show", "qinzhou-2021-2025", "--only", "thresholds", "--only", "pollutants", "--json"]).stdout)
    assert set(both) == {"thresholds", "pollutant_targets"} and both["thresholds"][0]["is_default"] is True
    wrong = run.invoke(plan_app, ["show", "qinzhou-2021-2025", "--only", "luck"])
    assert wrong.exit_code == 2 and "'luck' is not one of targets, indicators" in wrong.output


def test_a_pack_does_not_differ_from_its_copy(pack: Path) -> None:
    (pack / "rules.toml").write_text("", encoding="utf-8")
    result = run.invoke(plan_app, ["diff", "qinzhou-2021-2025", str(pack)])
    assert (result.exit_code, result.output) == (0, "")


def test_diff_names_rows_added_removed_and_changed_with_both_values(pack: Path) -> None:
    lines = (pack / "indicators.csv").read_text(encoding="utf-8").split("\n")
    straw = next(n for n, line in enumerate(lines) if line.startswith("straw-use,"))
    lines[straw] = lines[straw].replace(",86,达到86%以上,", ",88,达到88%以上,")
    added = lines[straw].replace("straw-use,", "straw-more,", 1)
    lines = [line for line in lines if not line.startswith("no-own-coal-power,")]
    (pack / "indicators.csv").write_text("\n".join([*lines[:-1], added, ""]), encoding="utf-8")
    result = run.invoke(plan_app, ["diff", "qinzhou-2021-2025", str(pack), "--json"])
    assert result.exit_code == 1
    changes = {(c["table"], c["key"]): c for c in json.loads(result.stdout)}
    straw_use = changes["indicators", "straw-use"]
    assert straw_use["kind"] == "changed" and straw_use["changed"] == {"target": ["86.0", "88.0"], "target_text": ["达到86%以上", "达到88%以上"]}
    assert changes["indicators", "straw-more"]["kind"] == "added" and changes["indicators", "no-own-coal-power"]["kind"] == "removed"
    assert changes["thresholds", "pace.red_gap"]["changed"]["value"] == ["0.1", "0.15"]
    assert {table for table, _ in changes} == {"indicators", "thresholds"}
    said = run.invoke(plan_app, ["diff", "qinzhou-2021-2025", str(pack), "--only", "indicators"])
    assert "~ indicators straw-use 农作物秸秆综合利用率" in said.output and "    target: 86.0 -> 88.0" in said.output
    assert "- indicators no-own-coal-power" in said.output and "+ indicators straw-more" in said.output and "thresholds" not in said.output


def test_diff_with_a_pack_that_cannot_be_read_exits_2() -> None:
    assert run.invoke(plan_app, ["diff", "qinzhou-2021-2025", "nanning"]).exit_code == 2
