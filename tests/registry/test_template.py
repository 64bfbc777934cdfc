"""The template: nothing of it is imported as it is, what people fill in is, and its columns are those of the documentation."""

from pathlib import Path

from openpyxl import load_workbook

from tricolor.adapters.registry_files import read
from tricolor.adapters.registry_files.columns import SHEETS
from tricolor.adapters.registry_files.template import EXAMPLE_MARK, write_template
from tricolor.catalogue.factors import carriers

DOCUMENT = Path(__file__).parents[2] / "docs" / "registry.md"


def test_the_template_as_it_is_holds_no_row_and_no_fault(tmp_path) -> None:
    write_template(tmp_path / "t.xlsx", carriers())
    raw = read(tmp_path / "t.xlsx")
    assert raw.faults == ()
    assert set(raw.tables) == set(SHEETS)
    for name, table in raw.tables.items():
        assert table.rows == ()
        assert table.columns == {column.key for column in SHEETS[name].columns}


def test_what_is_filled_in_below_the_example_is_imported(tmp_path, rows, writers, load) -> None:
    path = tmp_path / "t.xlsx"
    write_template(path, carriers())
    book = load_workbook(path)
    for name, items in rows.items():
        keys = [cell.value for cell in book[name][1]]
        for number, item in enumerate(items, 4):
            for key, value in item.items():
                book[name].cell(number, keys.index(key) + 1, value)
    book.save(path)
    assert load(path) == load(writers["toml"](rows, tmp_path))


def test_the_example_rows_are_sound_once_their_mark_is_taken_away(tmp_path, load) -> None:
    path = tmp_path / "t.xlsx"
    write_template(path, carriers())
    book = load_workbook(path)
    for name in SHEETS:
        cell = book[name]["A3"]
        cell.value = cell.value.removeprefix(EXAMPLE_MARK)
    places = [("city", "city", "钦州市"), ("qz-port", "region", "港区"), ("qz-petro-park", "park", "石化园区")]
    for number, (identity, kind, name_cn) in enumerate(places, 4):
        for column, value in zip("ABC", (identity, kind, name_cn), strict=True):
            book["entities"][f"{column}{number}"] = value
    book.save(path)
    file = load(path)
    assert [point.id for point in file.points] == ["qz-refinery-01.elec"]
    assert file.contacts[0].of == file.departments[0].id


def test_choices_are_offered_as_lists_and_columns_are_explained(tmp_path) -> None:
    write_template(tmp_path / "t.xlsx", carriers())
    book = load_workbook(tmp_path / "t.xlsx")
    points = book["points"]
    listed = {str(rule.sqref).split(":")[0].rstrip("0123456789") for rule in points.data_validations.dataValidation}
    keys = {points.cell(1, place).column_letter: points.cell(1, place).value for place in range(1, points.max_column + 1)}
    assert {keys[letter] for letter in listed} == {"carrier", "quantity", "unit", "kind", "role", "measure", "is_net"}
    offered = {cell.value for column in book["#lists"].columns for cell in column}
    assert {"electricity", "kWh", "register", "purchased", "enterprise", "是"} <= offered
    for sheet in SHEETS.values():
        for place, column in enumerate(sheet.columns, 1):
            assert column.help_cn in book[sheet.name].cell(1, place).comment.text


def test_every_column_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for sheet in SHEETS.values():
        section = text.split(f"## {sheet.name} ")[1].split("\n## ")[0]
        for column in sheet.columns:
            star = " \\*" if column.is_required else ""
            assert f"| `{column.key}`{star} | {column.name_cn} | {column.help_cn} | {column.help_en} |" in section


def test_the_documented_example_is_sound(tmp_path, load) -> None:
    example = DOCUMENT.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    (tmp_path / "example.toml").write_text(example, encoding="utf-8")
    assert [point.id for point in load(tmp_path / "example.toml").points] == ["refinery.elec"]
