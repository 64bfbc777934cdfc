"""The workbook in which an entity reports a year: a sheet a table, a row an indicator, a column a period; written, and read back with places."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from tricolor.adapters.workbooks import opened_workbook
from tricolor.domain.errors import Problems
from tricolor.domain.report_sheets import FilledCell, ReportBook, Sheet, SheetRow

MARK = "tricolor-statistics-1"
MAX_CELLS = 20_000
HEAD_ROW, FIRST_ROW = 3, 4
MAX_ROW, MAX_COLUMN = 5_000, 60
FIXED = ("name", "label", "unit")
CLOSING = ("document", "note", "confirmed")
LABELS: Mapping[str, str] = {
    "name": "代码 name", "label": "名称 label", "unit": "单位 unit", "product": "产品 product", "price_year": "价格基年 price_year",
    "document": "依据 document", "note": "备注 note", "confirmed": "确认 confirmed",
}  # fmt: skip
HELP = (
    "只填白色格；灰色格已锁定。空格不报送。文字目标填 达到 或 未达到。有警告的行核对后在“确认”填 是 并写备注。 · "
    "Fill the white cells only; a blank cell reports nothing. Goals in words: 达到 or 未达到. "
    "A row with a warning: check it, write 是 under confirmed, add a note."
)
GREY, HEAD = PatternFill("solid", fgColor="E6E8E6"), Font(bold=True)
FREE = Protection(locked=False)


class ReportWorkbook:
    """ReportSheets on openpyxl."""

    def template(self, book: ReportBook) -> bytes:
        made = Workbook()
        made.remove(made.worksheets[0])
        for sheet in book.sheets:
            _write(made.create_sheet(sheet.name), sheet, book)
        written = BytesIO()
        made.save(written)
        return written.getvalue()

    def cells(self, data: bytes) -> list[FilledCell]:
        """Filled cells of every sheet that carries our mark."""
        book = opened_workbook(data)
        try:
            marked = [name for name in book.sheetnames if _first_row(book[name])[0] == MARK]
            if not marked:
                raise Problems(["没有可识别的工作表，请用 GET /v1/statistics/template 的模板 · no sheet of ours: use the template"])
            found: list[FilledCell] = []
            faults: list[str] = []
            for name in marked:
                _read(name, book[name], found, faults)
            if len(found) > MAX_CELLS:
                faults.append(f"超过 {MAX_CELLS} 格，请分开报送 · more than {MAX_CELLS} cells: send them in parts")
            if faults:
                raise Problems(faults)
            return found
        finally:
            book.close()


def _write(page: Any, sheet: Sheet, book: ReportBook) -> None:
    names = (*FIXED, *sheet.columns, *sheet.periods, *CLOSING)
    page.append((MARK, book.entity, book.year, f"{book.entity_cn} {book.year} 年 {sheet.title_cn}"))
    page.append((HELP,))
    page.append([LABELS.get(name, name) for name in names])
    for cell in page[HEAD_ROW]:
        cell.font, cell.fill = HEAD, GREY
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    page["A1"].font = Font(color="8A938E")
    for number, row in enumerate(sheet.rows, FIRST_ROW):
        _write_row(page, number, row, names, sheet.periods)
    last = max(FIRST_ROW, FIRST_ROW + len(sheet.rows) - 1)
    yes = DataValidation(type="list", formula1='"是"', allow_blank=True)
    yes.add(f"{get_column_letter(len(names))}{FIRST_ROW}:{get_column_letter(len(names))}{last}")
    page.add_data_validation(yes)
    widths = {"name": 24, "label": 42, "unit": 10, "document": 24, "note": 24}
    for place, name in enumerate(names, 1):
        page.column_dimensions[get_column_letter(place)].width = widths.get(name, 11)
    page.freeze_panes = page.cell(FIRST_ROW, len(FIXED) + len(sheet.columns) + 1)
    page.protection.sheet = True  # without a password: it keeps from slips, not from intent
    page.protection.formatColumns = False


def _write_row(page: Any, number: int, row: SheetRow, names: Sequence[str], periods: Sequence[str]) -> None:
    said = {"name": row.name, "label": " ".join(p for p in (row.name_cn, row.name_en, row.hint) if p), "unit": row.unit, **row.fixed}
    for place, name in enumerate(names, 1):
        cell = page.cell(number, place, row.values.get(name) if name in periods else said.get(name))
        if name in row.open or name in CLOSING or (name not in FIXED and name not in periods and name not in row.fixed):
            cell.protection = FREE
        else:
            cell.fill = GREY
    if row.is_words:
        words = DataValidation(type="list", formula1='"达到,未达到"', allow_blank=True, showErrorMessage=False)
        for place, name in enumerate(names, 1):
            if name in row.open:
                words.add(page.cell(number, place).coordinate)
        if words.sqref:
            page.add_data_validation(words)


def _first_row(page: Any) -> tuple[object, ...]:
    return (*next(page.iter_rows(max_row=1, max_col=3, values_only=True), ()), None, None, None)


def _read(name: str, page: Any, found: list[FilledCell], faults: list[str]) -> None:
    entity = str(_first_row(page)[1] or "").strip()
    if not entity:
        faults.append(f"{name}!B1: 缺少单位编号，请用模板 · the id of the entity is missing: use the template")
    titles = {label: column for column, label in LABELS.items()} | {column: column for column in LABELS}
    header: list[str] = []
    for number, values in enumerate(page.iter_rows(min_row=HEAD_ROW, max_row=MAX_ROW, max_col=MAX_COLUMN, values_only=True), HEAD_ROW):
        if number == HEAD_ROW:
            header = [titles.get(str(v).strip(), str(v).strip()) if v is not None else "" for v in values]
            missing = [column for column in FIXED if column not in header]
            if missing:
                faults.append(
                    f"{name}!第{HEAD_ROW}行: 缺少列 {'、'.join(missing)}，请用模板 · row {HEAD_ROW} lacks {', '.join(missing)}: use the template"
                )
                return
            continue
        row = {column: value for column, value in zip(header, values, strict=False) if column and not _is_blank(value)}
        if row:
            found += _cells_of(name, number, header, row, entity)


def _cells_of(sheet: str, number: int, header: Sequence[str], row: Mapping[str, object], entity: str) -> Iterator[FilledCell]:
    kept = {column: row[column] for column in LABELS if column in row}
    for place, column in enumerate(header, 1):
        if column and column not in LABELS and column in row:
            where = f"{sheet}!{get_column_letter(place)}{number}"
            yield FilledCell(sheet, where, entity, str(row.get("name", "")), str(row.get("unit", "")), column, row[column], kept)


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
