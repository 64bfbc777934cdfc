"""The bulletin as .docx: Word's own styles, heads that repeat, charts with words, and the numbers of the document."""

import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import pytest
from docx.shared import Mm, Pt

from tests.bulletinfiles.example_bulletin import EMPTY, LIGHTS, UNITS, draft, example
from tests.bulletinfiles.odd_texts import ODD
from tricolor.adapters.bulletins.writers import BulletinDocx
from tricolor.domain.document_print import chinese_number, printed
from tricolor.domain.documents import Block, DocumentColumn, DocumentTable, Heading, Paragraph
from tricolor.domain.errors import Misconfigured

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# ISO/IEC 29500-1 §17.3.1.26, §17.3.2.28: the order in which Word wants them
PARAGRAPH_ORDER = """
    pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs suppressAutoHyphens kinsoku wordWrap
    overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc
    textDirection textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange
"""
RUN_ORDER = """
    rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid vanish webHidden color spacing w kern
    position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs em lang eastAsianLayout specVanish oMath
"""


@pytest.fixture(scope="module")
def word(example_docx: bytes) -> Any:
    return docx.Document(BytesIO(example_docx))


def text_of(word: Any) -> list[str]:
    return [line.text for line in word.paragraphs]


def grids(word: Any) -> list[Any]:
    return [table for table in word.tables if table.style.name == "Table Grid"]


def test_every_cell_of_every_table_is_what_the_pdf_prints(word: Any) -> None:
    for table, grid in zip((LIGHTS, UNITS), grids(word), strict=True):
        assert [[cell.text for cell in row.cells] for row in grid.rows[1:]] == [
            [printed(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows
        ]


def test_heads_name_the_column_and_its_unit(word: Any) -> None:
    heads = [re.sub(r"\s", "", cell.text) for cell in grids(word)[0].rows[0].cells]
    assert heads[4] == "综合能源消费量（吨标准煤）"
    assert heads[0] == "地区"


def test_the_head_row_repeats_over_pages_and_no_row_is_torn(word: Any) -> None:
    for grid in grids(word):
        rows = grid._tbl.tr_lst
        assert rows[0].trPr.find(f"{W}tblHeader") is not None
        assert all(row.trPr.find(f"{W}cantSplit") is not None for row in rows)
        assert all(row.trPr.find(f"{W}tblHeader") is None for row in rows[1:])


def test_a_light_has_its_shape_in_its_colour_and_its_word_in_ink(word: Any) -> None:
    shown = []
    for row in grids(word)[0].rows[1:]:
        sign, rest = row.cells[1].paragraphs[0].runs
        shown.append((sign.text, str(sign.font.color.rgb), rest.text, rest.font.color.rgb))
    assert shown == [
        ("●", "C8322B", " 红", None), ("◆", "D9601A", " 橙", None), ("▲", "D98E04", " 黄", None), ("■", "2E8B57", " 绿", None), ("◌", "8A938E", " 灰", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("style", "east", "size"),
    [
        ("Title", "方正小标宋简体", 22),
        ("正文缩进", "仿宋_GB2312", 16),
        ("Heading 1", "黑体", 16),
        ("Heading 2", "楷体_GB2312", 16),
        ("发文机关标志", "方正小标宋简体", 44),
    ],
)
def test_styles_name_the_faces_and_sizes_of_the_standard(word: Any, style: str, east: str, size: int) -> None:
    found = word.styles[style]
    fonts = found.element.rPr.find(f"{W}rFonts")
    assert fonts.get(f"{W}eastAsia") == east
    assert not [name for name in fonts.keys() if "Theme" in name], "a theme wins over the named face"  # noqa: SIM118
    assert found.font.size == Pt(size)


def test_text_is_set_in_styles_so_that_one_change_changes_all(word: Any) -> None:
    styles = {line.text[:8]: line.style.name for line in word.paragraphs if line.text}
    assert styles["一、总体情况"] == "Heading 1"
    assert styles["（一）预警名单"] == "Heading 2"
    assert styles["示例市2026年"] == "Title" or styles["示例市2026年1"] == "Title"
    assert styles["根据《示例市“十"] == "正文缩进"
    assert styles["表1　各县区、园"] == "Caption"


def test_the_page_is_that_of_the_standard(word: Any) -> None:
    section = word.sections[0]
    sizes = (section.page_width, section.page_height, section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [size.mm for size in sizes] == pytest.approx([210, 297, 37, 35, 28, 26], abs=0.02)  # Word counts in twentieths of a point


def test_page_numbers_are_fields_between_dashes_right_on_odd_and_left_on_even_pages(word: Any) -> None:
    section = word.sections[0]
    assert word.settings.odd_and_even_pages_header_footer
    for footer, align in ((section.footer, "right"), (section.even_page_footer, "left")):
        line = footer.paragraphs[0]._p
        assert "".join(e.text for e in line.iter(f"{W}t", f"{W}instrText")) == "—  PAGE 1 —"
        assert [c.get(f"{W}fldCharType") for c in line.iter(f"{W}fldChar")] == ["begin", "separate", "end"]
        assert line.pPr.jc.get(f"{W}val") == align


def test_charts_are_pictures_with_words_of_their_numbers(word: Any) -> None:
    pictures = word.inline_shapes
    assert len(pictures) == 4
    about = pictures[1]._inline.docPr
    assert about.get("descr").startswith("图：图2　全市月度综合能源消费量（万吨标准煤）。2026年：1月 182.5，")
    assert all(shape._inline.docPr.get("descr") for shape in pictures)
    assert pictures[0].width == Mm(150)
    assert len({shape._inline.docPr.get("id") for shape in pictures}) == 4


def test_head_number_addressees_day_sign_offs_and_digest_are_there(word: Any) -> None:
    lines = text_of(word)
    assert lines[0] == "示例市发展和改革委员会"
    assert lines[1] == "示能预警〔2026〕10号"
    assert "各县、区人民政府、各园区管委会、市直有关部门、各重点用能单位：" in lines
    assert "2026年11月5日" in lines
    assert "抄送：市人大常委会办公室，市政协办公室。" in lines
    assert "示例市发展和改革委员会\t2026年11月5日印发" in lines
    assert lines[-1].startswith("数据摘要 sha256:4b1f")
    assert [cell.text for cell in word.tables[-1].rows[0].cells] == [
        "拟稿：示例甲\n2026年11月2日",
        "审核：示例乙\n2026年11月3日",
        "签发：示例丙\n2026年11月5日",
    ]


def test_an_empty_table_is_a_sentence(word: Any) -> None:
    lines = text_of(word)
    assert lines[lines.index("表3　污染物排放超标情况") + 1] == EMPTY.empty
    assert len(grids(word)) == 2


def test_a_draft_has_its_mark_in_both_headers_and_no_red_head() -> None:
    data = BulletinDocx().write(draft(blocks=()))
    word = docx.Document(BytesIO(data))
    section = word.sections[0]
    for header in (section.header, section.even_page_header):
        (mark,) = [e for e in header._element.iter() if str(e.tag).endswith("}textpath") and e.get("string")]
        assert mark.get("string") == "草稿"
    assert text_of(word)[0] == "示例市2026年10月用能预警通报"


def test_an_issued_one_has_no_mark(word: Any) -> None:
    assert not [e for e in word.sections[0].header._element.iter() if str(e.tag).endswith("}textpath")]


def test_signs_that_are_markup_elsewhere_stay_as_they_are() -> None:
    blocks: list[Block] = []
    for odd in ODD:
        blocks += [Heading(odd), Paragraph(odd), DocumentTable("表", odd, (DocumentColumn(odd), DocumentColumn("乙")), ((odd, "1"),), note=odd)]
    word = docx.Document(BytesIO(BulletinDocx().write(example(title="".join(ODD), mark="".join(ODD), blocks=tuple(blocks)))))
    lines = text_of(word)
    assert lines[0] == "".join(ODD)
    for place, (odd, grid) in enumerate(zip(ODD, grids(word), strict=True), 1):
        assert lines.count(odd) == 2  # the paragraph and the note
        assert f"{chinese_number(place)}、{odd}" in lines
        assert f"表{place}　{odd}" in lines
        assert grid.rows[1].cells[0].text == odd


def test_signs_that_xml_cannot_hold_are_left_out_of_all_texts() -> None:
    word = docx.Document(BytesIO(BulletinDocx().write(example(blocks=(Paragraph("甲\x00乙\x1b\ud800丙\ufffe"),)))))
    assert "甲乙丙" in text_of(word)


def test_properties_stand_in_the_order_that_word_wants(example_docx: bytes) -> None:
    with zipfile.ZipFile(BytesIO(example_docx)) as archive:
        for name in archive.namelist():
            if not re.fullmatch(r"word/(document|styles|header\d|footer\d)\.xml", name):
                continue
            for holder, order in (("pPr", PARAGRAPH_ORDER.split()), ("rPr", RUN_ORDER.split())):
                for element in ElementTree.fromstring(archive.read(name)).iter(f"{W}{holder}"):
                    names = [child.tag.removeprefix(W) for child in element]
                    assert names == sorted(names, key=order.index), (name, names)


def test_300_rows_are_written_in_seconds_and_all_there() -> None:
    rows = tuple((f"第{n}单位", n * 0.5) for n in range(300))
    columns = (DocumentColumn("单位"), DocumentColumn("值"))
    (grid,) = grids(docx.Document(BytesIO(BulletinDocx().write(example(blocks=(DocumentTable("长表", "长表", columns, rows),))))))
    assert len(grid._tbl.tr_lst) == 301
    assert "".join(e.text for e in grid._tbl.tr_lst[-1].iter(f"{W}t")) == "第299单位149.5"


def test_charts_without_fonts_say_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="fonts-noto-cjk"):
        BulletinDocx(tmp_path).write(example())


def test_long_reasons_beside_many_columns_go_below_their_row_in_cells_that_are_merged() -> None:
    names = ("单位", "所在地", "预警", "上期", "能耗", "同比", "理由")
    rows = tuple((f"第{n}家", "甲县", "乙", "丙", "1", "2", "很长的理由" * 8) for n in range(3))
    table = DocumentTable("表", "表", tuple(DocumentColumn(name) for name in names), rows)
    (grid,) = grids(docx.Document(BytesIO(BulletinDocx().write(example(blocks=(table,))))))
    assert len(grid._tbl.tr_lst) == 8  # two lines for the head and for each unit
    heads = [row.trPr.find(f"{W}tblHeader") is not None for row in grid._tbl.tr_lst]
    assert heads == [True, True, *[False] * 6]
    upper, lower = grid.rows[2].cells, grid.rows[3].cells
    assert [cell.text for cell in upper] == ["第0家", "甲县", "乙", "丙", "1", "2"]
    assert lower[0]._tc is upper[0]._tc  # one cell over both lines
    assert {cell.text for cell in lower[1:]} == {"很长的理由" * 8}
    assert len(grid._tbl.tr_lst[3].tc_lst) == 2
