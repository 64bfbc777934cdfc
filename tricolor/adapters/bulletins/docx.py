"""The bulletin as .docx by python-docx: the same structure with Word's own styles, so that an office can go on writing in it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from tricolor.adapters.bulletins.charts import WIDTH_MM, chart_png
from tricolor.adapters.bulletins.docx_styles import BODY_FONT, RED, make_page, make_styles, mark_pages, number_pages, part, set_font, tag
from tricolor.adapters.bulletins.fonts import BulletinFonts, bulletin_fonts, library
from tricolor.adapters.bulletins.zips import without_clock
from tricolor.domain.document_print import (
    LIGHT_COLOUR,
    addressees,
    chinese_day,
    described,
    head_of,
    light_of,
    numbered,
    open_day,
    plain,
    printed,
    shape,
    signed,
)
from tricolor.domain.documents import Block, Cell, ColumnKind, Document, DocumentChart, DocumentColumn, DocumentTable, Heading, Paragraph

PAGE_MM = 156.0
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class BulletinDocx:
    """BulletinWriter of .docx. fonts: folder of the fonts for charts, the system's when None."""

    suffix = "docx"
    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    def __init__(self, fonts: Path | None = None) -> None:
        self._folder = fonts

    def write(self, document: Document) -> bytes:
        """Misconfigured: python-docx, matplotlib or a font with Chinese for the charts is missing."""
        made = library("docx").Document()
        make_styles(made)
        section = make_page(made)
        number_pages(made, section)
        if document.mark:
            mark_pages(section, plain(document.mark))
        _head(made, document)
        fonts: BulletinFonts | None = None
        for block in numbered(document.blocks):
            if isinstance(block, DocumentChart):
                fonts = fonts or bulletin_fonts(self._folder)
                _chart(made, block, fonts)
            else:
                _block(made, block)
        _foot(made, document)
        _properties(made, document)
        written = BytesIO()
        made.save(written)
        return without_clock(written.getvalue())


def _properties(made: Any, document: Document) -> None:
    about = made.core_properties
    about.title, about.author, about.last_modified_by = plain(document.title)[:255], plain(document.issuer)[:255], ""
    about.subject, about.keywords = plain(document.number)[:255], plain(document.period)[:255]
    about.comments, about.language, about.revision = f"数据摘要 {plain(document.digest)}"[:255] if document.digest else "", "zh-CN", 1
    try:
        at = datetime.fromisoformat(document.day).replace(tzinfo=UTC)
    except ValueError:
        at = EPOCH
    about.created = about.modified = at


def _head(made: Any, document: Document) -> None:
    shared = library("docx.shared")
    red_head = not document.mark and bool(document.number)
    if red_head:
        words = head_of(document)
        line = made.add_paragraph(style="发文机关标志")
        line.paragraph_format.space_before = shared.Mm(27)  # 35 mm from the edge of the text to that of the letters
        run = line.add_run(words)
        run.font.size = shared.Pt(min(44, int(430 / max(1, len(words)))))
        number = made.add_paragraph(plain(document.number), style="发文字号")
        number.paragraph_format.space_before = shared.Pt(28.95)
        _rule(number, RED, 12)
        made.add_paragraph(style="发文字号")
    title = made.add_paragraph(plain(document.title), style="Title")
    title.paragraph_format.space_after = shared.Pt(28.95)
    if not red_head and document.number:
        title.paragraph_format.space_after = shared.Pt(6)
        made.add_paragraph(plain(document.number), style="发文字号").paragraph_format.space_after = shared.Pt(20)
    if document.to:
        made.add_paragraph(addressees(document.to), style="主送机关")


def _rule(paragraph: Any, colour: str, eighths: int, above: bool = False) -> None:
    """A line over the page's width above or below a paragraph [eighths of a point]."""
    border = part("pBdr")
    border.append(part("top" if above else "bottom", val="single", sz=str(eighths), space="8", color=colour))
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(border, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr")


def _block(made: Any, block: Block) -> None:
    if isinstance(block, Heading):
        made.add_paragraph(plain(block.text), style="Heading 1" if block.level <= 1 else "Heading 2")
    elif isinstance(block, Paragraph):
        for line in plain(block.text).split("\n"):
            if line.strip():
                made.add_paragraph(line, style="正文缩进")
    elif isinstance(block, DocumentTable):
        _table(made, block)


def _caption(made: Any, words: str, keep: bool) -> None:
    shared = library("docx.shared")
    line = made.add_paragraph(plain(words), style="Caption")
    line.paragraph_format.space_before, line.paragraph_format.space_after = shared.Pt(8 if keep else 3), shared.Pt(4 if keep else 8)
    line.paragraph_format.keep_with_next = keep


def _table(made: Any, table: DocumentTable) -> None:
    shared = library("docx.shared")
    _caption(made, table.title, keep=True)
    if not table.rows:
        line = made.add_paragraph(plain(table.empty), style="表注")
        line.alignment = library("docx.enum.text").WD_ALIGN_PARAGRAPH.CENTER
    else:
        _grid(made, table)
    if table.note:
        made.add_paragraph(plain(table.note), style="表注").paragraph_format.space_before = shared.Pt(3)
    made.add_paragraph(style="表注")


def _grid(made: Any, table: DocumentTable) -> None:
    shared = library("docx.shared")
    stands = shape(table)
    per_row, count = (2 if stands.has_below else 1), len(stands.widths)
    grid = made.add_table(rows=(len(table.rows) + 1) * per_row, cols=count, style="Table Grid")
    grid.autofit = False
    grid.alignment = library("docx.enum.table").WD_TABLE_ALIGNMENT.CENTER
    wide = [shared.Mm(PAGE_MM * share) for share in stands.widths]
    for column, width in zip(grid.columns, wide, strict=True):
        column.width = width
    elements = grid._tbl.tr_lst
    for element in elements:
        element.get_or_add_trPr().append(part("cantSplit"))
    for element in elements[:per_row]:
        element.get_or_add_trPr().append(part("tblHeader"))
    heads = [_head_cell(name, c) for name, c in zip(stands.heads, table.columns, strict=True)]
    rows = [heads, *([_cell(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows)]
    for place, shown in enumerate(rows):
        _row(grid, elements[place * per_row].tc_lst, wide, shown[:count], stands.size)
        if stands.has_below:
            _below(grid, elements[place * 2], elements[place * 2 + 1], shown[-1], sum(wide[1:]), stands.size)


def _below(grid: Any, row: Any, below: Any, shown: "_Shown", width: int, size: float) -> None:
    """The last text over the width of all columns but the first, which spans both rows; the two stay on one page."""
    first, second, *rest = below.tc_lst
    row.tc_lst[0].vMerge, first.vMerge = "restart", "continue"
    for box in rest:
        below.remove(box)
    second.grid_span = len(rest) + 1
    _row(grid, [second], [width], [shown], size)
    for line in row.iter(tag("p")):
        line.get_or_add_pPr().get_or_add_keepNext()


# words, colour of the first sign or "", alignment, style
_Shown = tuple[str, str, str, str]


def _head_cell(name: str, column: DocumentColumn) -> _Shown:
    return (f"{name}\n（{plain(column.unit)}）" if column.unit else name, "", "CENTER", "表头")


def _cell(cell: Cell, column: DocumentColumn) -> _Shown:
    light = light_of(cell, column)
    if light is not None:
        return printed(cell, column), LIGHT_COLOUR[light], "CENTER", "表内文字"
    side = "RIGHT" if column.kind in (ColumnKind.NUMBER, ColumnKind.SHARE) else "LEFT"
    return printed(cell, column), "", side, "表内文字"


def _row(grid: Any, boxes: Sequence[Any], wide: Sequence[Any], cells: Sequence[_Shown], size: float) -> None:
    shared, text = library("docx.shared"), library("docx.enum.text")
    make = library("docx.table")._Cell
    middle = library("docx.enum.table").WD_CELL_VERTICAL_ALIGNMENT.CENTER
    styles = {name: grid.part.document.styles[name].style_id for name in {style for *_, style in cells}}  # a look-up by name is slow
    for box, width, (words, colour, side, style) in zip(boxes, wide, cells, strict=True):
        cell = make(box, grid)
        cell.width, cell.vertical_alignment = width, middle
        line = cell.paragraphs[0]
        line._p.style, line.alignment = styles[style], getattr(text.WD_ALIGN_PARAGRAPH, side)
        if colour:
            sign = line.add_run(words[0])
            sign.font.color.rgb = shared.RGBColor.from_string(colour.lstrip("#"))
            sign.font.size, sign.font.bold = shared.Pt(size), True
        line.add_run(words[1:] if colour else words).font.size = shared.Pt(size)


def _chart(made: Any, chart: DocumentChart, fonts: BulletinFonts) -> None:
    line = made.add_paragraph(style="图")
    line.paragraph_format.keep_with_next = True
    picture = line.add_run().add_picture(BytesIO(chart_png(chart, fonts)), width=library("docx.shared").Mm(WIDTH_MM))
    about = picture._inline.docPr
    about.set("descr", described(chart))  # read aloud to those who cannot see it
    about.set("title", plain(chart.title))
    about.set("name", plain(chart.name) or "图")
    picture._inline.graphic.graphicData.pic.nvPicPr.cNvPr.set("name", f"chart{about.id}.png")
    _caption(made, chart.title, keep=False)
    if chart.note:
        made.add_paragraph(plain(chart.note), style="表注")


def _foot(made: Any, document: Document) -> None:
    shared = library("docx.shared")
    for place, name in enumerate(document.attachments, 1):
        line = made.add_paragraph(f"{'　　附件：' if place == 1 else '　　　　　'}{place}．{plain(name)}", style="附件说明")
        if place == 1:
            line.paragraph_format.space_before = shared.Pt(28.95)
    issuer = made.add_paragraph(plain(document.issuer), style="落款")
    issuer.paragraph_format.space_before = shared.Pt(2 * 28.95)
    issuer.paragraph_format.right_indent = shared.Pt(2 * 16)
    issuer.paragraph_format.keep_with_next = True
    day = made.add_paragraph(chinese_day(document.day) if document.day else open_day(), style="落款")
    day.paragraph_format.right_indent = shared.Pt(4 * 16)
    day.paragraph_format.space_after = shared.Pt(2 * 28.95)
    if document.copied_to:
        _imprint(made, f"抄送：{'，'.join(plain(name) for name in document.copied_to)}。")
    if document.sign_offs:
        _sign_offs(made, document)
    last = _imprint(made, f"{plain(document.issuer)}\t{chinese_day(document.day) + '印发' if document.day else ''}")
    last.paragraph_format.tab_stops.add_tab_stop(shared.Mm(PAGE_MM), library("docx.enum.text").WD_TAB_ALIGNMENT.RIGHT)
    _rule(last, "000000", 8)
    if document.digest:
        small = made.add_paragraph(style="表注").add_run(f"数据摘要 {plain(document.digest)}")
        small.font.size = shared.Pt(7.5)


def _imprint(made: Any, words: str) -> Any:
    line = made.add_paragraph(words, style="版记")
    _rule(line, "000000", 8, above=True)
    line.paragraph_format.space_before = line.paragraph_format.space_after = library("docx.shared").Pt(4)
    return line


def _sign_offs(made: Any, document: Document) -> None:
    """A row of 拟稿, 审核, 签发, each with its day below."""
    _imprint(made, "")
    grid = made.add_table(rows=1, cols=len(document.sign_offs))
    for box, line in zip(grid._tbl.tr_lst[0].tc_lst, document.sign_offs, strict=True):
        words = library("docx.table")._Cell(box, grid).paragraphs[0]
        words.style = "版记"
        run = words.add_run(signed(line))
        set_font(run, BODY_FONT)
        run.font.size = library("docx.shared").Pt(12)
