"""The workbook of offline figures: a template to fill in, and its rows read back with their numbers."""

from collections.abc import Mapping
from io import BytesIO

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from tricolor.adapters.workbooks import MAX_COLUMNS, opened_workbook
from tricolor.domain.errors import Problems
from tricolor.domain.factors import Carrier
from tricolor.domain.offline import COLUMNS, MAX_ROWS, OFFLINE_ROLES, REQUIRED

SHEET = "offline"
HELP: Mapping[str, tuple[str, str, str]] = {  # column -> Chinese name, what it is, example
    "carrier": ("能源品种", "代码，如 electricity，也可写中文名 · code or Chinese name of the carrier", "electricity"),
    "role": ("用途", "purchased 购入、sold 外供、produced 自产、consumed 内部消耗、feedstock 原料、renewable 可再生；留空为购入", "purchased"),
    "month": ("月份", "如 2026-03，须已结束 · a month that is over", "2026-03"),
    "amount": ("数量", "本月数量，只写数字 · the month's amount, digits only", "125000"),
    "unit": ("单位", "如 kWh、t、m3、GJ", "kWh"),
    "of_which_metered": ("其中已计量", "统计数中已由有账单位计量、不再重复相加的部分，可留空 · part that metered units already count", ""),
    "document": ("凭证", "发票号、统计报表名 · invoice number or name of the statistic", "INV-2026-03-0117"),
    "note": ("备注", "可留空 · may be blank", ""),
}


class OfflineWorkbook:
    """OfflineSheets on openpyxl."""

    def template(self, carriers: Mapping[str, Carrier]) -> bytes:
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.title = SHEET
        for place, column in enumerate(COLUMNS, 1):
            name, words, example = HELP[column]
            head = sheet.cell(1, place, column)
            head.font = Font(bold=True, color="B3261E" if column in REQUIRED else "1B2420")
            head.comment = Comment(f"{name}{'（必填）' if column in REQUIRED else ''}\n{words}", "Tricolor", 140, 320)
            sheet.cell(2, place, f"#{name}" if place == 1 else name)
            sheet.cell(3, place, f"#例 {example}" if place == 1 else example or None).font = Font(italic=True, color="8A938E")
            sheet.column_dimensions[get_column_letter(place)].width = 18
        sheet.freeze_panes = "A4"
        listed = book.create_sheet("#能源品种 carriers")
        listed.append(("代码 code", "中文名称", "English name", "汇总单位 unit"))
        for carrier in carriers.values():
            listed.append((carrier.code, carrier.name_cn, carrier.name_en, carrier.unit))
        codes = DataValidation(type="list", formula1=f"'{listed.title}'!$A$2:$A${len(carriers) + 1}", allow_blank=True, showErrorMessage=False)
        roles = DataValidation(type="list", formula1=f'"{",".join(OFFLINE_ROLES)}"', allow_blank=True)
        codes.add(f"A4:A{MAX_ROWS}")
        roles.add(f"B4:B{MAX_ROWS}")
        sheet.add_data_validation(codes)
        sheet.add_data_validation(roles)
        written = BytesIO()
        book.save(written)
        return written.getvalue()

    def rows(self, data: bytes) -> list[tuple[int, Mapping[str, object]]]:
        """Rows of the sheet `offline` that hold something and whose first cell does not begin with #."""
        book = opened_workbook(data)
        try:
            if SHEET not in book.sheetnames:
                raise Problems([f"没有名为 {SHEET} 的工作表，请用模板 · there is no sheet {SHEET!r}: use the template"])
            return _read(book[SHEET].iter_rows(max_col=MAX_COLUMNS, values_only=True))
        finally:
            book.close()


def _read(rows: object) -> list[tuple[int, Mapping[str, object]]]:
    names = {HELP[column][0]: column for column in COLUMNS} | {column: column for column in COLUMNS}
    header: dict[int, str] = {}
    found: list[tuple[int, Mapping[str, object]]] = []
    for number, values in enumerate(rows, 1):  # type: ignore[arg-type,var-annotated]
        if number == 1:
            header = {i: names[str(v).strip()] for i, v in enumerate(values) if v is not None and str(v).strip() in names}
            unknown = [str(v) for v in values if v is not None and str(v).strip() not in names]
            missing = [column for column in REQUIRED if column not in header.values()]
            faults = [f"{SHEET}!第1行: 不认识的列“{name[:40]}” · column {name[:40]!r} is not known" for name in unknown]
            faults += [f"{SHEET}!第1行: 缺少列 {column} · column {column} is missing" for column in missing]
            if faults:
                raise Problems(faults)
            continue
        cells = {column: values[i] for i, column in header.items() if i < len(values) and values[i] is not None and str(values[i]).strip()}
        if not cells or str(values[0] if values[0] is not None else "").startswith("#"):
            continue
        if len(found) >= MAX_ROWS:
            raise Problems([f"超过 {MAX_ROWS} 行 · more than {MAX_ROWS} rows"])
        found.append((number, cells))
    return found
