"""The bulletin as .xlsx by openpyxl: a cover, its text, one sheet a table with full numbers, one sheet a chart with what it draws."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from tricolor.adapters.bulletins.zips import without_clock
from tricolor.domain.document_print import LIGHT_COLOUR, chinese_day, head_of, is_number, light_of, light_words, numbered, plain, series_words, signed
from tricolor.domain.documents import Cell, ColumnKind, Document, DocumentChart, DocumentColumn, DocumentTable, Heading, Paragraph

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
COVER, TEXT = "封面", "正文"
HEAD_ROW, FIRST_ROW = 2, 3
MAX_NAME, MAX_WIDTH, MIN_WIDTH = 31, 60, 9
MAX_TEXT = 32_767  # signs that a cell can hold
WIDE_SHEET = 7  # columns; wider ones print across
_NOT_IN_NAME = re.compile(r"[\[\]:*?/\\']")
_ACTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # a text that begins so could act as a formula
_WHEN = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")
TITLE, HEAD, SMALL = Font(name="黑体", size=14, bold=True), Font(name="黑体", bold=True), Font(color="6B746F", size=9)
HEAD_FILL = PatternFill("solid", fgColor="E6E8E6")
_THIN = Side(style="thin", color="BFC6C1")
GRID = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
WRAPPED, MIDDLE = Alignment(wrap_text=True, vertical="top"), Alignment(wrap_text=True, horizontal="center", vertical="center")


@dataclass(frozen=True, slots=True)
class _Page:
    """One sheet: its name, and the table on it (a chart's data is a table too)."""

    name: str
    table: DocumentTable


class BulletinXlsx:
    """BulletinWriter of .xlsx."""

    suffix = "xlsx"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def write(self, document: Document) -> bytes:
        made = Workbook()
        pages = _pages(document)
        _cover(made.worksheets[0], document, pages)
        _text(made.create_sheet(TEXT), document)
        for page in pages:
            _sheet(made.create_sheet(page.name), page.table)
        at = _day(document.day)
        about = made.properties
        about.title, about.creator, about.subject = plain(document.title), plain(document.issuer), plain(document.number)
        about.keywords, about.description = plain(document.period), plain(document.digest)
        about.created = at.replace(tzinfo=None)
        written = BytesIO()
        made.save(written)
        stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()

        def mended(name: str, part: bytes) -> bytes:
            return _WHEN.sub(rb"\g<1>" + stamp + rb"\g<2>", part) if name == "docProps/core.xml" else part

        return without_clock(written.getvalue(), mended)


def _day(day: str) -> datetime:
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError:
        return EPOCH


def _pages(document: Document) -> list[_Page]:
    taken = {COVER, TEXT}
    pages = []
    for block in numbered(document.blocks):
        if isinstance(block, DocumentTable):
            pages.append(_Page(_sheet_name(block.name, taken), block))
        elif isinstance(block, DocumentChart):
            pages.append(_Page(_sheet_name(block.name, taken), _chart_table(block)))
    return pages


def _sheet_name(wanted: str, taken: set[str]) -> str:
    """The name without signs that sheets may not have, at most 31 of them, another one when it is taken."""
    clean = _NOT_IN_NAME.sub("_", plain(wanted).replace("\n", " ")).strip()[:MAX_NAME] or "表"
    name, count = clean, 2
    while name.casefold() in {other.casefold() for other in taken} or name.casefold() == "history":
        tail = f" {count}"
        name, count = clean[: MAX_NAME - len(tail)] + tail, count + 1
    taken.add(name)
    return name


def _chart_table(chart: DocumentChart) -> DocumentTable:
    names = [series_words(series) for series in chart.series]
    columns = (DocumentColumn("类别"), *(DocumentColumn(name, ColumnKind.NUMBER, chart.unit, -1) for name in names))
    rows = tuple((name, *(s.values[place] if place < len(s.values) else None for s in chart.series)) for place, name in enumerate(chart.categories))
    return DocumentTable(chart.name, chart.title, columns, rows, "暂无数据", chart.note)


def _put(page: Any, row: int, column: int, value: object, **look: object) -> Any:
    """A cell whose text stays text, whatever it begins with."""
    cell = page.cell(row, column)
    if isinstance(value, str):
        text = plain(value)[:MAX_TEXT]
        cell.value = text
        cell.data_type = "s"
        if text.startswith(_ACTS):
            cell.quotePrefix = True
    else:
        cell.value = value
    for name, wanted in look.items():
        setattr(cell, name, wanted)
    return cell


def _cover(page: Any, document: Document, pages: Sequence[_Page]) -> None:
    page.title = COVER
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 14, 90
    _put(page, 1, 1, document.title, font=Font(name="黑体", size=18, bold=True))
    facts: list[tuple[str, str]] = [
        ("发文字号", document.number), ("期间", document.period), ("发文机关", document.issuer), ("标志", head_of(document) if document.head else ""),
        ("主送", "、".join(document.to)), ("抄送", "、".join(document.copied_to)),
        ("成文日期", chinese_day(document.day) if document.day else ""), ("状态", document.mark or "已签发"),
        ("签批", "；".join(signed(line).replace("\n", " ") for line in document.sign_offs)),
        ("附件", "；".join(document.attachments)), ("数据摘要", document.digest),
    ]  # fmt: skip
    row = 3
    for name, said in facts:
        if said:
            _put(page, row, 1, name, font=HEAD)
            _put(page, row, 2, said, alignment=WRAPPED)
            row += 1
    row += 1
    _put(page, row, 1, "工作表", font=HEAD)
    for name, title in [(TEXT, "通报正文"), *((p.name, p.table.title) for p in pages)]:
        row += 1
        cell = _put(page, row, 1, name, font=Font(color="1F6FEB", underline="single"))
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{name}'!A1")
        _put(page, row, 2, title)
    page.sheet_view.showGridLines = False


def _text(page: Any, document: Document) -> None:
    page.column_dimensions["A"].width = 110
    page.sheet_view.showGridLines = False
    _put(page, 1, 1, document.title, font=TITLE)
    row = 2
    for block in numbered(document.blocks):
        if isinstance(block, Heading | Paragraph):
            _put(page, row, 1, block.text, alignment=WRAPPED, font=HEAD if isinstance(block, Heading) else Font(name="仿宋", size=12))
        else:
            _put(page, row, 1, f"［{block.title}］", font=SMALL)
        row += 1


def _sheet(page: Any, table: DocumentTable) -> None:
    _put(page, 1, 1, table.title or table.name, font=TITLE)
    for place, column in enumerate(table.columns, 1):
        words = f"{column.name}（{column.unit}）" if column.unit else column.name
        _put(page, HEAD_ROW, place, words, font=HEAD, fill=HEAD_FILL, alignment=MIDDLE, border=GRID)
    formats = [_format(column) for column in table.columns]
    for number, row in enumerate(table.rows, FIRST_ROW):
        for place, (cell, column, form) in enumerate(zip(row, table.columns, formats, strict=True), 1):
            _fact(page, number, place, cell, column, form)
    end = FIRST_ROW + len(table.rows)
    if not table.rows:
        _put(page, end, 1, table.empty, font=SMALL)
        end += 1
    if table.note:
        _put(page, end + 1, 1, table.note, font=SMALL)
    for place in range(1, len(table.columns) + 1):
        page.column_dimensions[get_column_letter(place)].width = _wide(table, place - 1)
    if table.columns:
        page.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(table.columns))}{max(HEAD_ROW, FIRST_ROW + len(table.rows) - 1)}"
    page.freeze_panes = f"A{FIRST_ROW}"
    page.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
    page.page_setup.paperSize, page.page_setup.orientation = 9, "landscape" if len(table.columns) >= WIDE_SHEET else "portrait"
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0


def _fact(page: Any, row: int, place: int, cell: Cell, column: DocumentColumn, form: str) -> None:
    light = light_of(cell, column)
    if light is not None:
        _put(page, row, place, light_words(light), font=Font(color=LIGHT_COLOUR[light].lstrip("#"), bold=True), border=GRID, alignment=MIDDLE)
    elif is_number(cell):
        _put(page, row, place, cell, number_format=form, border=GRID)
    elif isinstance(cell, str):
        _put(page, row, place, cell, border=GRID, alignment=WRAPPED)
    elif isinstance(cell, bool):
        _put(page, row, place, "是" if cell else "否", border=GRID)
    else:  # not known: blank, so that no sum counts it
        page.cell(row, place).border = GRID


def _format(column: DocumentColumn) -> str:
    """Of its numbers; what is stored keeps full precision. decimals -1: as many as there are."""
    if column.kind is ColumnKind.TEXT or column.kind is ColumnKind.LIGHT or column.decimals < 0:
        return "General"
    places = "." + "0" * column.decimals if column.decimals else ""
    return f"0{places}%" if column.kind is ColumnKind.SHARE else f"#,##0{places}"


def _wide(table: DocumentTable, place: int) -> float:
    column = table.columns[place]
    words = [column.name, f"（{column.unit}）" if column.unit else "", *(str(row[place]) for row in table.rows[:500] if isinstance(row[place], str))]
    longest = max(sum(1.1 if ord(sign) < 0x2000 else 2.1 for sign in word) for word in words)
    return min(MAX_WIDTH, max(MIN_WIDTH + 3 * (column.kind is ColumnKind.NUMBER), longest + 2))
