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
    assert [(plan["id"], plan["targets"]) for plan in listed] == [("illustrative-2026-2030", 12), ("qinzhou-2021-2025", 12)]
    shown = json.loads(run.invoke(plan_app, ["show", "qinzhou-2021-2025", "--json"]).stdout)
    assert shown["targets"][0]["reduction"] == 0.09
    assert run.invoke(plan_app, ["show", "qinzhou-2021-2025"]).exit_code == 0
    assert run.invoke(plan_app, ["list"]).exit_code == 0
    assert run.invoke(plan_app, ["show", "nanning"]).exit_code == 1
