"""How cells print, worked by hand, and the laws of rounding and of widths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bulletinfiles.example_bulletin import ENERGY, LIGHTS, UNITS
from tricolor.domain.document_print import (
    PAGE_PT,
    SIZES_PT,
    addressees,
    chinese_day,
    chinese_number,
    described,
    light_of,
    numbered,
    plain,
    printed,
    shape,
    signed,
)
from tricolor.domain.documents import Block, Cell, ColumnKind, DocumentColumn, DocumentTable, Heading, Paragraph, SignOff
from tricolor.domain.lights import Light

NUMBER, SHARE = ColumnKind.NUMBER, ColumnKind.SHARE


@pytest.mark.parametrize(
    ("cell", "column", "answer"),
    [
        (1234567.891, DocumentColumn("甲", NUMBER), "1,234,567.89"),
        (-1234.5, DocumentColumn("甲", NUMBER, decimals=0), "−1,234"),  # halves go to the even number
        (-0.001, DocumentColumn("甲", NUMBER), "0.00"),  # not a minus before nothing
        (7, DocumentColumn("甲", NUMBER, decimals=0), "7"),
        (0.125, DocumentColumn("甲", SHARE), "12.50%"),
        (-0.0004, DocumentColumn("甲", SHARE, decimals=1), "0.0%"),
        (None, DocumentColumn("甲", NUMBER), "—"),
        (float("nan"), DocumentColumn("甲", NUMBER), "—"),
        (float("-inf"), DocumentColumn("甲", SHARE), "—"),
        (None, DocumentColumn("甲"), "—"),
        ("未报送", DocumentColumn("甲", NUMBER), "未报送"),
        (2026, DocumentColumn("年份"), "2026"),  # a year is no amount
        (Light.RED, DocumentColumn("甲"), "● 红"),
        ("orange", DocumentColumn("甲", ColumnKind.LIGHT), "◆ 橙"),
        ("orange", DocumentColumn("甲"), "orange"),
    ],
)
def test_a_cell_prints_as_worked_by_hand(cell: Cell, column: DocumentColumn, answer: str) -> None:
    assert printed(cell, column) == answer


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_what_is_printed_differs_from_the_number_by_half_of_its_last_digit_at_most(value: float, decimals: int) -> None:
    text = printed(value, DocumentColumn("甲", NUMBER, decimals=decimals))
    read = float(text.replace(",", "").replace("−", "-"))
    assert abs(read - value) <= 0.5 * 10**-decimals * (1 + 1e-9) + abs(value) * 1e-15
    assert not text.startswith("−0") or set(text) - set("−0.,")


@given(st.text())
def test_no_text_keeps_a_sign_that_xml_cannot_hold(text: str) -> None:
    plain(text).encode("utf-8")
    assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in plain(text))


@given(
    st.lists(st.tuples(st.text(max_size=40), st.floats(-1e9, 1e9) | st.none()), max_size=8),
    st.lists(st.text(max_size=20), min_size=2, max_size=2),
)
def test_widths_of_columns_fill_the_page_and_letters_stay_readable(rows: list[tuple[str, float | None]], names: list[str]) -> None:
    stands = shape(DocumentTable("表", "表", (DocumentColumn(names[0]), DocumentColumn(names[1], NUMBER)), tuple(rows)))
    assert sum(stands.widths) == pytest.approx(1)
    assert min(stands.widths) > 0
    assert stands.size in SIZES_PT
    assert [head.replace("\n", "") for head in stands.heads] == [plain(name).replace("\n", "") for name in names]


@pytest.mark.parametrize("table", [LIGHTS, UNITS], ids=lambda table: table.name)
def test_no_number_needs_two_lines_in_a_table_of_eight_columns(table: DocumentTable) -> None:
    stands = shape(table)
    for place, column in enumerate(table.columns):
        if column.kind is not ColumnKind.TEXT:
            for row in table.rows:
                # a digit is 0.55 of a letter's size wide
                assert len(printed(row[place], column)) * 0.55 * stands.size <= stands.widths[place] * PAGE_PT


def test_headings_tables_and_charts_are_counted_and_those_with_a_number_keep_it() -> None:
    table = DocumentTable("甲", "甲表", (), ())
    blocks: tuple[Block, ...] = (
        Heading("甲"),
        Heading("乙", 2),
        Heading("（二）丙", 2),
        Heading("二、丁"),
        Heading("戊", 2),
        Heading("己"),
        table,
        LIGHTS,
        ENERGY,
    )
    done = numbered((*blocks, Paragraph("文")))
    assert [b.text for b in done if isinstance(b, Heading)] == ["一、甲", "（一）乙", "（二）丙", "二、丁", "（一）戊", "三、己"]
    assert done[6].title == "表1　甲表"  # type: ignore[union-attr]
    assert done[7].title == LIGHTS.title  # type: ignore[union-attr]
    assert done[9] == Paragraph("文")


@pytest.mark.parametrize(("number", "words"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (99, "九十九"), (100, "100")])
def test_chinese_numbers(number: int, words: str) -> None:
    assert chinese_number(number) == words


def test_days_addressees_and_lines_to_sign() -> None:
    assert chinese_day("2026-01-05") == "2026年1月5日"
    assert chinese_day("待定") == "待定"
    assert addressees(("甲县", "乙县")) == "甲县、乙县："
    assert addressees(()) == ""
    assert signed(SignOff("签发")) == "签发：＿＿＿＿＿＿"
    assert signed(SignOff("签发", "示例甲", "2026-11-05")) == "签发：示例甲\n2026年11月5日"


def test_a_light_is_found_by_its_name_in_a_column_of_lights_only() -> None:
    assert light_of("red", DocumentColumn("甲", ColumnKind.LIGHT)) is Light.RED
    assert light_of("red", DocumentColumn("甲")) is None
    assert light_of("紫", DocumentColumn("甲", ColumnKind.LIGHT)) is None


def test_a_chart_in_words_names_what_is_known_and_ends_at_its_limit() -> None:
    assert described(ENERGY).startswith("图：图2　全市月度综合能源消费量（万吨标准煤）。2026年：1月 182.5，2月 150.25")
    assert "11月" not in described(ENERGY).split("；")[0]
    assert len(described(ENERGY, 50)) == 50
