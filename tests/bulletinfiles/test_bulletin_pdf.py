"""The bulletin as .pdf: what is read back from it is what the document says, in fonts that travel with it."""

import re
from io import BytesIO
from itertools import count
from pathlib import Path

import pytest
from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFObjRef, PDFStream, resolve1

from tests.bulletinfiles.conftest import columns_of, pages_of
from tests.bulletinfiles.example_bulletin import LIGHTS, UNITS, draft, example
from tests.bulletinfiles.odd_texts import ODD
from tricolor.adapters.bulletins.writers import BulletinPdf
from tricolor.domain.document_print import printed
from tricolor.domain.documents import ChartKind, ChartSeries, ColumnKind, DocumentChart, DocumentColumn, DocumentTable, Heading, Paragraph
from tricolor.domain.errors import Misconfigured

MM = 72 / 25.4


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def opened(data: bytes) -> PDFDocument:
    return PDFDocument(PDFParser(BytesIO(data)))


def test_every_cell_of_every_table_stands_in_the_pdf_as_it_is_printed(example_pdf: bytes) -> None:
    whole = columns_of(example_pdf)
    for table in (LIGHTS, UNITS):
        for row in table.rows:
            for cell, column in zip(row, table.columns, strict=True):
                assert bare(printed(cell, column)) in whole, (cell, column.name)


def test_numbers_are_grouped_rounded_and_signed_by_hand_worked_answers(example_pages: list[str]) -> None:
    whole = "".join(example_pages)
    # 1234567.891 with one decimal; 0.0123 and -0.0281 as per cent with two; 0.9312 with one; 9876.543/2 with two
    for answer in ("1,234,567.9", "1.23%", "−2.81%", "93.1%", "4,938.27"):
        assert answer in whole, answer


def test_all_five_lights_stand_with_shape_and_word(example_pages: list[str]) -> None:
    whole = "".join(example_pages)
    for words in ("●红", "◆橙", "▲黄", "■绿", "◌灰"):
        assert words in whole, words


def test_head_number_addressees_day_sign_offs_and_digest_are_printed_where_a_notice_has_them(example_pages: list[str]) -> None:
    first, last = example_pages[0], example_pages[-1]
    assert first.startswith("示例市发展和改革委员会")  # the red head
    assert "示能预警〔2026〕10号" in first
    assert "各县、区人民政府、各园区管委会、市直有关部门、各重点用能单位：" in first
    assert "附件：1．重点用能单位预警名单（完整）2．数据质量情况表" in "".join(example_pages)
    assert "2026年11月5日" in "".join(example_pages)
    for words in (
        "拟稿：示例甲",
        "审核：示例乙",
        "签发：示例丙",
        "抄送：市人大常委会办公室，市政协办公室。",
        "2026年11月5日印发",
        "数据摘要sha256:4b1f0c9a",
    ):
        assert words in last, words


def test_headings_are_counted_the_chinese_way(example_pages: list[str]) -> None:
    whole = "".join(example_pages)
    places = [
        whole.index(words)
        for words in ("一、总体情况", "二、变化较大的单位及原因", "（一）预警名单", "（二）能耗走势", "三、供热管网与污染物", "四、工作要求")
    ]
    assert places == sorted(places)


def test_every_page_carries_its_number_between_dashes(example_pages: list[str]) -> None:
    for number, page in enumerate(example_pages, 1):
        assert f"—{number}—" in page


def test_every_page_is_a4(example_pdf: bytes) -> None:
    for page in PDFPage.create_pages(opened(example_pdf)):
        assert page.mediabox[2:] == pytest.approx((210 * MM, 297 * MM), abs=0.1)


def fonts_in(data: bytes) -> dict[str, bool]:
    """Name of each font -> whether its outlines are in the file."""
    document, found = opened(data), {}
    for page in PDFPage.create_pages(document):
        for font in resolve1(resolve1(page.resources)["Font"]).values():
            for below in resolve1(resolve1(font).get("DescendantFonts", [])):
                descriptor = resolve1(resolve1(below)["FontDescriptor"])
                outlines = descriptor.get("FontFile3") or descriptor.get("FontFile2")
                name = str(descriptor["FontName"]).strip("/'")
                found[name] = isinstance(outlines, PDFObjRef) and isinstance(outlines.resolve(), PDFStream)
    return found


def test_fonts_are_embedded_and_are_the_simplified_chinese_ones(example_pdf: bytes) -> None:
    found = fonts_in(example_pdf)
    assert found
    assert all(found.values())
    names = " ".join(found)
    for family in ("NotoSerifCJKsc", "NotoSansCJKsc"):
        assert family in names, names
    assert not re.search(r"CJK(jp|kr|tc|hk)", names), "another country's shapes of the same signs"


def test_an_issued_pdf_says_that_it_is_fit_for_the_archive_and_what_fonts_stand_in(example_pdf: bytes) -> None:
    catalogue = opened(example_pdf).catalog
    about = resolve1(catalogue["Metadata"]).get_data().decode()
    assert "<pdfaid:part>2" in about
    assert "代方正小标宋" in about
    assert "2026-11-05" in about
    assert resolve1(catalogue["MarkInfo"])["Marked"] is True  # readable aloud


def test_charts_carry_words_for_those_who_cannot_see_them(example_pdf: bytes) -> None:
    document = opened(example_pdf)
    said = []
    for xref in document.xrefs:
        for number in xref.get_objids():
            element = document.getobj(number)
            if isinstance(element, dict) and "Alt" in element:
                said.append(element["Alt"].decode("utf-16-be").lstrip("\ufeff"))
    assert any("图2　全市月度综合能源消费量（万吨标准煤）" in words and "1月 182.5" in words for words in said)
    assert len(said) >= 4


def test_words_inside_charts_can_be_searched(example_pages: list[str]) -> None:
    whole = "".join(example_pages)
    assert "东片管网" in whole
    assert "激励目标" in whole


def test_a_draft_has_its_mark_on_every_page_no_red_head_and_open_lines() -> None:
    pages = pages_of(BulletinPdf().write(draft(blocks=(Paragraph("甲"), LIGHTS, UNITS))))
    assert len(pages) > 1
    assert all(set("草稿") <= set(page) for page in pages)
    whole = "".join(pages)
    assert pages[0].find("示例市2026年10月用能预警通报") < pages[0].find("各县、区人民政府")
    assert not pages[0].startswith("示例市发展和改革委员会")
    assert "签发：＿＿＿＿＿＿" in whole
    assert "2026年11月5日" not in whole


def test_an_issued_one_has_no_mark(example_pages: list[str]) -> None:
    assert not any("草" in page for page in example_pages)


@pytest.mark.parametrize("odd", ODD)
def test_signs_that_are_markup_elsewhere_print_as_they_are(odd: str) -> None:
    columns = (DocumentColumn(odd, unit=odd), DocumentColumn("乙"))
    table = DocumentTable("表", odd, columns, ((odd, "1"),), note=odd)
    made = BulletinPdf().write(
        example(title=odd, issuer=odd, number=odd, to=(odd,), blocks=(Heading(odd), Paragraph(odd), table), attachments=(odd,))
    )
    whole = "".join(pages_of(made))
    # head, number, title, addressee, heading, paragraph, title, name and unit of a column, cell, note, attachment, issuer twice
    assert whole.count(bare(odd)) >= 13, whole


def test_an_empty_table_is_a_sentence(example_pages: list[str]) -> None:
    assert "表3　污染物排放超标情况".replace("　", "") + "本月无污染物排放超标。" in "".join(example_pages)


def test_a_table_of_300_rows_repeats_its_head_on_each_page_and_loses_no_row() -> None:
    serial = count(1)
    columns = (
        DocumentColumn("序号", ColumnKind.NUMBER, "", 0),
        DocumentColumn("重点用能单位名称"),
        DocumentColumn("能耗", ColumnKind.NUMBER, "tce", 3),
    )
    rows = tuple((n, f"第{n:03d}单位", n * 1000.5) for n in (next(serial) for _ in range(300)))
    pages = pages_of(BulletinPdf().write(example(blocks=(DocumentTable("长表", "长表", columns, rows),))))
    holding = [page for page in pages if re.search(r"第\d{3}单位", page)]
    assert len(holding) >= 5
    assert all("重点用能单位名称" in page and "（tce）" in page for page in holding)
    assert re.findall(r"第(\d{3})单位", "".join(pages)) == [f"{n:03d}" for n in range(1, 301)]
    assert "300,150.000" in holding[-1]


def test_a_folder_without_fonts_is_named_with_the_package_to_install(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="fonts-noto-cjk") as said:
        BulletinPdf(tmp_path).write(example(blocks=()))
    assert str(tmp_path) in str(said.value)
    with pytest.raises(Misconfigured, match="TRICOLOR_FONTS"):
        BulletinPdf(tmp_path / "no-such-folder").write(example(blocks=()))


LONG = "截至2026-10-31已用504,860吨标准煤，占2026年预算585,820吨的86.2%，已过80%；按上年各月用能同期应不超过83.2%"
COLUMNS = ("单位", "所在地", "预警", "上期", "能耗", "同比", "理由")


def test_long_reasons_beside_many_columns_go_below_their_row_and_no_pair_is_torn() -> None:
    rows = tuple((f"第{n:02d}家", "甲县", "乙", "丙", "1", "2", f"〔{n:02d}〕{LONG}") for n in range(60))
    table = DocumentTable("表", "表", tuple(DocumentColumn(name) for name in COLUMNS), rows)
    pages = pages_of(BulletinPdf().write(example(blocks=(table,))))
    whole = "".join(pages)
    assert sorted(re.findall(r"〔(\d\d)〕", whole)) == [f"{n:02d}" for n in range(60)]
    for page in pages:
        assert sorted(re.findall(r"第(\d\d)家", page)) == sorted(re.findall(r"〔(\d\d)〕", page)), "a unit on one page, its reason on another"
        assert ("理由" in page) == ("第" in page and "家" in page), "the second line of the head repeats too"


@pytest.mark.parametrize("sign", ["😀", "𪚥", "\ue000", "é́", "\u0378", "\u200b", "\ufeff", "\u2028", "\x85", "\u202e"])
def test_one_odd_sign_in_a_name_does_not_keep_a_bulletin_from_being_issued(sign: str) -> None:
    table = DocumentTable("表", "表", (DocumentColumn("单位"),), ((f"甲{sign}乙",),))
    chart = DocumentChart("图", "图", ChartKind.BARS, (f"甲{sign}",), (ChartSeries(f"_{sign}", "bar", (1.0,)),))
    whole = "".join(pages_of(BulletinPdf().write(example(title=f"通报{sign}", blocks=(table, chart)))))
    assert "示能预警〔2026〕10号" in whole
    assert "甲" in whole
