"""A pack with faults is refused, and every fault is named with its file, row and column (row 1 is the header)."""

from pathlib import Path

import pytest

from tricolor.catalogue.plans import check_plan, load_plan
from tricolor.domain.errors import Problems


def spoil(pack: Path, file: str, row: int, column: str, value: str) -> None:
    """Write a value into one cell of a sheet without quotes in that row."""
    lines = (pack / file).read_text(encoding="utf-8").split("\n")
    header = lines[0].split(",")
    cells = lines[row - 1].split(",")
    cells[header.index(column)] = value
    lines[row - 1] = ",".join(cells)
    (pack / file).write_text("\n".join(lines), encoding="utf-8")


def replace(pack: Path, file: str, old: str, new: str) -> None:
    text = (pack / file).read_text(encoding="utf-8")
    assert old in text
    (pack / file).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "says"),
    [
        ("targets.csv", 2, "source", "", "targets.csv row 2 column source: is empty"),
        ("targets.csv", 3, "unit", "", "targets.csv row 3 column unit: is empty"),
        ("targets.csv", 4, "direction", "", "targets.csv row 4 column direction: is empty"),
        ("targets.csv", 4, "direction", "sideways", "targets.csv row 4 column direction: 'sideways' is not one of down"),
        ("targets.csv", 5, "place", "", "targets.csv row 5 column place: is empty"),
        ("targets.csv", 5, "status", "sure", "targets.csv row 5 column status: 'sure' is not one of"),
        ("targets.csv", 6, "reduction", "125", "targets.csv row 6 column reduction: 125 % is out of range"),
        ("targets.csv", 6, "reduction", "0", "targets.csv row 6 column reduction: 0 % is out of range"),
        ("targets.csv", 6, "reduction", "-3", "targets.csv row 6 column reduction: -3 % is out of range"),
        ("targets.csv", 6, "reduction", "eleven", "targets.csv row 6 column reduction: 'eleven' is not a number"),
        ("targets.csv", 6, "reduction", "NaN", "targets.csv row 6 column reduction: 'NaN' is not a number"),
        ("targets.csv", 7, "reduction", "10", "targets.csv row 7 column reduction: incentive 10.00% is weaker than basic 11.00%"),
        ("targets.csv", 8, "base_year", "2019", "targets.csv row 8 column base_year: '2019' is not the plan's 2020"),
        ("targets.csv", 9, "level", "basic", "targets.csv row 9 column level: lingshan energy_intensity basic is already in row 8"),
        ("targets.csv", 10, "entity", "Port Area", "targets.csv row 10 column entity: 'Port Area' is not a lower-case id"),
        ("targets.csv", 11, "indicator", "joy", "targets.csv row 11 column indicator: 'joy' is not one of energy_intensity"),
        ("departments.csv", 3, "id", "development-reform", "departments.csv row 3 column id: 'development-reform' is there twice"),
        ("departments.csv", 4, "name_cn", "", "departments.csv row 4 column name_cn: is empty"),
        ("responsibilities.csv", 2, "department", "magic", "responsibilities.csv row 2 column department: 'magic' is not in departments.csv"),
        ("responsibilities.csv", 2, "rule", "luck", "responsibilities.csv row 2 column rule: 'luck' is not one of pace, total, budget"),
        ("responsibilities.csv", 3, "department", "development-reform", "responsibilities.csv row 3 column department: pace development-reform is there twice"),
        ("responsibilities.csv", 4, "place", "", "responsibilities.csv row 4 column place: is empty"),
        ("responsibilities.csv", 4, "entity", "nanning", "responsibilities.csv row 4 column entity: 'nanning' is not an area of the pack"),
        ("factor_choices.csv", 3, "factor", "grid:atlantis:average:2021", "factor_choices.csv row 3 column factor: 'grid:atlantis:average:2021' is not in the catalogue"),
        ("factor_choices.csv", 3, "factor", "footprint:national:life-cycle:2024", "factor_choices.csv row 3 column factor: 'footprint:national:life-cycle:2024' is a life-cycle factor"),
        ("factor_choices.csv", 3, "factor", "gbt2589-2020:coke:calorific", "factor_choices.csv row 3 column factor: 'gbt2589-2020:coke:calorific' is a factor of kind calorific"),
        ("factor_choices.csv", 4, "valid_from", "2021-06-01", "factor_choices.csv row 4 column valid_from: overlaps an earlier row of electricity co2"),
        ("factor_choices.csv", 5, "valid_from", "soon", "factor_choices.csv row 5 column valid_from: 'soon' is not a date"),
        ("factor_choices.csv", 6, "carrier", "magic", "factor_choices.csv row 6 column carrier: 'magic' is not one of"),
        ("factor_choices.csv", 7, "unit", "kgce/kg", "factor_choices.csv row 7 column unit: 'kgce/kg' is not written kgCO2/<unit>"),
    ],
)  # fmt: skip
def test_a_spoilt_cell_is_named(pack: Path, file: str, row: int, column: str, value: str, says: str) -> None:
    assert check_plan(pack) == []
    spoil(pack, file, row, column, value)
    found = check_plan(pack)
    assert any(fault.startswith(says) for fault in found), found
    with pytest.raises(Problems):
        load_plan(pack)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("rules.toml", "value = 0.15", "value = 1.5", "rules.toml column pace.red_gap.value: 1.5 is out of range 0..1"),
        ("rules.toml", "value = 0.15", 'value = "a tenth"', "rules.toml column pace.red_gap.value: 'a tenth' is not a number"),
        ("rules.toml", "value = false", "value = 1", "rules.toml column pace.red_on_rise.value: 1 is not true or false"),
        ("rules.toml", 'value = "completion"', 'value = "luck"', "rules.toml column pace.scheme.value: 'luck' is not one of gap, completion"),
        ("rules.toml", "value = 43200", "value = 3600", "rules.toml column silent.red_after_s: 3600 is not more than yellow_after_s 3600"),
        ("rules.toml", "value = 43200", "value = 0.5", "rules.toml column silent.red_after_s.value: 0.5 is not a whole number"),
        ("rules.toml", 'unit = "s"', 'unit = "h"', "rules.toml column silent.red_after_s.unit: 'h' is not the rule's unit 's'"),
        ("rules.toml", "[pace.red_gap]", "[pace.red_gapp]", "rules.toml column pace.red_gapp: is not known; known: scheme, red_gap"),
        ("rules.toml", "[pace.red_gap]", "[space.red_gap]", "rules.toml column space: rule is not known; known: "),
        ("rules.toml", 'status = "official"', "", "rules.toml column pace.red_gap.status: is missing"),
        ("rules.toml", 'status = "official"', 'status = "sure"', "rules.toml column pace.red_gap.status: 'sure' is not one of"),
        ("rules.toml", "[pace.red_gap]", "[pace.red_gap", "rules.toml: is not readable TOML"),
        ("plan.toml", "base_year = 2020", 'base_year = "2020"', "plan.toml column base_year: '2020' is not a int"),
        ("plan.toml", "first_year = 2021", "first_year = 2020", "plan.toml column first_year: 2020 is not after the base year 2020"),
        ("plan.toml", "last_year = 2025", "last_year = 2020", "plan.toml column last_year: 2020 is before 2021"),
        ("plan.toml", 'number = "钦政办〔2022〕43号"', 'number = ""', "plan.toml [document] column number: is missing"),
        ("plan.toml", 'name_en = "', 'nom = "', "plan.toml column name_en: is missing"),
        ("targets.csv", "entity,name_cn", "entity,名称", "targets.csv row 1 column name_cn: the column is missing"),
        ("targets.csv", ",carries", ",carried", "targets.csv row 1 column carried: the column is not known"),
        ("targets.csv", "qinnan,钦南区,", "qinnan,钦南区,extra,", "targets.csv row 2: has 15 cells, the header has 14"),
        ("factor_choices.csv", "electricity,equivalent", "heat,equivalent", "factor_choices.csv column kind: electricity equivalent is not chosen"),
    ],
)  # fmt: skip
def test_a_spoilt_file_is_named(pack: Path, file: str, old: str, new: str, says: str) -> None:
    replace(pack, file, old, new)
    found = check_plan(pack)
    assert any(fault.startswith(says) for fault in found), found


def test_every_fault_is_reported_at_once(pack: Path) -> None:
    spoil(pack, "targets.csv", 2, "source", "")
    spoil(pack, "targets.csv", 6, "reduction", "125")
    spoil(pack, "responsibilities.csv", 2, "department", "magic")
    replace(pack, "rules.toml", "value = 0.15", "value = 1.5")
    with pytest.raises(Problems) as caught:
        load_plan(pack)
    assert len(caught.value.problems) == 4


def test_only_the_head_of_a_pack_must_be_there(pack: Path) -> None:
    (pack / "plan.toml").unlink()
    assert "plan.toml: the file is missing" in check_plan(pack)


def test_a_file_that_no_one_reads_is_named(pack: Path) -> None:
    (pack / "indicator.csv").write_text("id\n", encoding="utf-8")  # indicators.csv, misspelt: its rows would be missing without a word
    assert any(fault.startswith("indicator.csv: is not a file of a plan pack; known: plan.toml") for fault in check_plan(pack))


def test_a_file_in_another_encoding_is_named(pack: Path) -> None:
    path = pack / "targets.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    assert any(fault.startswith("targets.csv: is not UTF-8 text") for fault in check_plan(pack))


def test_an_illustrative_row_must_repeat_the_row_it_names(pack: Path) -> None:
    spoil(pack, "targets.csv", 2, "status", "illustrative")
    assert any(fault.startswith("targets.csv row 2 column carries: is empty") for fault in check_plan(pack))
    spoil(pack, "targets.csv", 2, "carries", "qinzhou-2021-2025:qinbei:energy_intensity:basic")  # 11 %, not 9 %
    assert any("9.00% is not the 11.00%" in fault for fault in check_plan(pack))
    spoil(pack, "targets.csv", 2, "carries", "qinzhou-2021-2025:atlantis:energy_intensity:basic")
    assert any("is not a row of a known pack" in fault for fault in check_plan(pack))


def test_a_row_of_an_illustrative_pack_may_not_call_itself_official(pack: Path) -> None:
    replace(pack, "plan.toml", 'status = "official"', 'status = "illustrative"')
    found = check_plan(pack)
    assert any(fault.startswith("targets.csv row 2 column status: 'official' in an illustrative pack") for fault in found)
    assert any(fault.startswith("rules.toml column pace.red_gap.status") for fault in found)
