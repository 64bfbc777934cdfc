"""The bulletin as .xlsx: full numbers with their formats, lights in words, and no text that acts as a formula."""

import zipfile
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.bulletinfiles.example_bulletin import COUNTS, EMPTY, ENERGY, LIGHTS, UNITS, draft, example
from tests.bulletinfiles.odd_texts import FORMULAS, ODD
from tricolor.adapters.bulletins.writers import BulletinXlsx
from tricolor.domain.document_print import light_of, light_words
from tricolor.domain.documents import ColumnKind, DocumentColumn, DocumentTable


@pytest.fixture(scope="module")
def book(example_xlsx: bytes) -> Any:
    return load_workbook(BytesIO(example_xlsx))


def test_a_cover_the_text_and_a_sheet_for_each_table_and_chart(book: Any) -> None:
    assert book.sheetnames == [
        "封面",
        "正文",
        "各县区用能预警",
        "各县区红黄绿单位数",
        "重点用能单位",
        "全市月度能耗",
        "能耗强度预测",
        "管网热损失率",
        "污染物超标",
    ]


def test_the_cover_says_title_number_period_state_and_digest(book: Any) -> None:
    said = {row[0]: row[1] for row in book["封面"].iter_rows(values_only=True)}
    assert book["封面"]["A1"].value == "示例市2026年10月用能预警通报"
    assert said["发文字号"] == "示能预警〔2026〕10号"
    assert said["期间"] == "2026年10月"
    assert said["状态"] == "已签发"
    assert said["数据摘要"].startswith("sha256:4b1f")
    of_draft = load_workbook(BytesIO(BulletinXlsx().write(draft())))["封面"]
    assert "草稿" in {row[1] for row in of_draft.iter_rows(values_only=True)}


def test_the_cover_leads_to_every_sheet(book: Any) -> None:
    links = [cell.hyperlink.location for row in book["封面"].iter_rows() for cell in row if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[1:]]


@pytest.mark.parametrize("table", [LIGHTS, UNITS], ids=lambda table: table.name)
def test_numbers_are_stored_with_full_precision_and_lights_in_words(book: Any, table: DocumentTable) -> None:
    found = list(book[table.name].iter_rows(min_row=3, max_row=2 + len(table.rows), values_only=True))
    wanted = []
    for row in table.rows:
        lights = [light_of(cell, column) for cell, column in zip(row, table.columns, strict=True)]
        wanted.append(tuple(light_words(light) if light else cell for cell, light in zip(row, lights, strict=True)))
    for row, answer in zip(found, wanted, strict=True):
        assert row == tuple(pytest.approx(a, rel=2e-16) if isinstance(a, float) else a for a in answer)  # a sheet keeps 16 digits


def test_heads_carry_units_and_stay_while_scrolling_and_printing(book: Any) -> None:
    page = book["各县区用能预警"]
    assert page["E2"].value == "综合能源消费量（吨标准煤）"
    assert page.freeze_panes == "A3"
    assert page.print_title_rows == "$2:$2"
    assert page.auto_filter.ref == "A2:H7"


def test_formats_show_the_decimals_of_the_column(book: Any) -> None:
    page = book["各县区用能预警"]
    assert page["C3"].number_format == "0.00%"
    assert page["E3"].number_format == "#,##0.0"
    assert page["F3"].number_format == "0.0%"
    assert page["G3"].number_format == "#,##0"


def test_not_known_is_blank_so_that_no_sum_counts_it(book: Any) -> None:
    assert book["各县区用能预警"]["E7"].value is None


def test_what_charts_draw_stands_in_sheets_of_their_own(book: Any) -> None:
    months = list(book["全市月度能耗"].iter_rows(min_row=2, values_only=True))
    assert months[0] == ("类别", "2026年（万吨标准煤）", "2025年（万吨标准煤）", "月度预算（万吨标准煤）")
    assert months[3] == ("3月", *(series.values[2] for series in ENERGY.series))
    counts = list(book["各县区红黄绿单位数"].iter_rows(min_row=2, values_only=True))
    assert counts[0][1:] == ("● 红（家）", "◆ 橙（家）", "▲ 黄（家）", "■ 绿（家）", "◌ 灰（家）")
    assert counts[1] == ("甲县", *(series.values[0] for series in COUNTS.series))


def test_an_empty_table_says_its_sentence(book: Any) -> None:
    assert book["污染物超标"]["A3"].value == EMPTY.empty


@pytest.mark.parametrize("text", [*FORMULAS, *ODD])
def test_a_text_stays_text_whatever_it_begins_with(text: str) -> None:
    table = DocumentTable("表", text, (DocumentColumn(text),), ((text,),), note=text)
    data = BulletinXlsx().write(example(title=text, number=text, issuer=text, digest=text, to=(text,), blocks=(table,)))
    book = load_workbook(BytesIO(data))
    page = book["表"]
    assert page["A3"].value == text
    assert all(cell.data_type in ("s", "n") for sheet in book for row in sheet.iter_rows() for cell in row), "a formula or an error value"
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "worksheets" in name)
    if text[0] in "=+-@":
        assert page["A3"].quotePrefix, "typed again by hand it would turn into a formula"


def test_sheets_get_names_that_excel_takes_and_no_two_the_same() -> None:
    names = ("甲:乙/丙[丁]*?\\'", "长" * 40, "长" * 40, "封面", "History", "", "长" * 31)
    tables = tuple(DocumentTable(name, name, (DocumentColumn("甲"),), (("1",),)) for name in names)
    found = load_workbook(BytesIO(BulletinXlsx().write(example(blocks=tables)))).sheetnames
    assert len(found) == len(names) + 2
    assert len({name.casefold() for name in found}) == len(found)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in found)


def test_numbers_that_are_none_are_blank_and_signs_that_no_file_holds_are_left_out() -> None:
    table = DocumentTable(
        "表", "表", (DocumentColumn("甲", ColumnKind.NUMBER), DocumentColumn("乙")), ((float("nan"), "甲\x00\x1b乙"), (float("inf"), "丙"))
    )
    page = load_workbook(BytesIO(BulletinXlsx().write(example(blocks=(table,)))))["表"]
    assert (page["A3"].value, page["B3"].value, page["A4"].value) == (None, "甲乙", None)
