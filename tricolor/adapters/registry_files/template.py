"""The empty workbook that people fill in: every column explained where it stands, choices as drop-down lists, one example row."""

from collections.abc import Mapping
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tricolor.adapters.registry_files.columns import SHEETS, CellType, Column, Sheet
from tricolor.domain.factors import Carrier

EXAMPLE_MARK = "#例 "
LABEL_MARK = "#"
FILLED_ROWS = 5_000  # rows that get lists and text format
_LISTS = "#lists"
_GUIDE = "#说明 guide"
_GUIDE_CN = (
    "怎样填写",
    "第 1 行是列名，不要改；带 * 的列必填。鼠标停在列名上有说明。",
    "编号以 # 开头的行（中文列名行和示例行）不会导入，可以留着。",
    "名称以 # 开头的工作表不会导入。空行会跳过。",
    "单位 entities：城市一行，地区、园区、企业、供热管网各一行。",
    "表计 meters 属于单位；测点 points 属于表计；联系人 contacts 属于部门或单位。",
    "先检查：tricolor import registry 文件 --check",
    "再导入：tricolor import registry 文件（有任何错误则什么都不导入）",
)
_GUIDE_EN = (
    "How to fill in",
    "Row 1 names the columns, keep it; * is required. Rest the pointer on a name to read about it.",
    "Rows whose id begins with # (Chinese names, example) are not imported and may stay.",
    "Worksheets whose name begins with # are not imported. Blank rows are skipped.",
    "entities: one row for the city, and one for each region, park, enterprise, heat network.",
    "meters belong to units, points to meters, contacts to departments or units.",
    "Check first: tricolor import registry FILE --check",
    "Then import: tricolor import registry FILE (one fault and nothing is imported)",
)


def write_template(path: Path, carriers: Mapping[str, Carrier]) -> None:
    """Write the template workbook, replacing what stands at the path. carriers: by code, offered as a list."""
    book = Workbook()
    guide = book.worksheets[0]
    guide.title = _GUIDE
    for row in zip(_GUIDE_CN, _GUIDE_EN, strict=True):
        guide.append(row)
    guide["A1"].font = guide["B1"].font = Font(bold=True)
    guide.column_dimensions["A"].width, guide.column_dimensions["B"].width = 70, 90
    lists = book.create_sheet(_LISTS)
    places: dict[tuple[str, ...], str] = {}
    for sheet in SHEETS.values():
        worksheet = book.create_sheet(sheet.name)
        _write_sheet(worksheet, sheet)
        for place, column in enumerate(sheet.columns, 1):
            _write_list(worksheet, place, _choices(column, carriers), lists, places)
    _write_carriers(book.create_sheet("#能源品种 carriers"), carriers)
    lists.sheet_state = "hidden"
    book.active = book.worksheets.index(book["entities"])
    book.save(path)


def _write_sheet(worksheet: Worksheet, sheet: Sheet) -> None:
    worksheet.freeze_panes = "B3"
    for place, column in enumerate(sheet.columns, 1):
        head = worksheet.cell(1, place, column.key)
        head.font = Font(bold=True, color="B3261E" if column.is_required else "1B2420")
        head.comment = Comment(
            f"{column.name_cn}{'（必填）' if column.is_required else ''}\n{column.help_cn}\n\n{column.help_en}", "Tricolor", 160, 320
        )
        label = worksheet.cell(2, place, f"{LABEL_MARK if place == 1 else ''}{column.name_cn}{'*' if column.is_required else ''}")
        label.fill = PatternFill("solid", fgColor="E8ECE9")
        example = worksheet.cell(3, place, f"{EXAMPLE_MARK}{column.example}" if place == 1 else column.example or None)
        example.font = Font(italic=True, color="8A938E")
        letter = get_column_letter(place)
        worksheet.column_dimensions[letter].width = max(12, min(34, 2 * len(column.example) + 2))
        worksheet.column_dimensions[letter].number_format = "@"
        for cell in (head, label, example):
            cell.alignment = Alignment(vertical="center")
            cell.number_format = "@"  # text: codes keep their zeros, ids stay ids
        if column.type not in (CellType.WHOLE, CellType.NUMBER):
            for row in range(4, 104):
                worksheet.cell(row, place).number_format = "@"


def _choices(column: Column, carriers: Mapping[str, Carrier]) -> tuple[str, ...]:
    if column.key == "carrier":
        return tuple(carriers)
    return ("是", "否") if column.type is CellType.FLAG else tuple(str(choice) for choice in column.choices)


def _write_list(worksheet: Worksheet, place: int, choices: tuple[str, ...], lists: Worksheet, places: dict[tuple[str, ...], str]) -> None:
    """A drop-down from row 4 on; the choices stand once on the hidden sheet, because a list written into the rule ends at 255 characters."""
    if not choices:
        return
    if choices not in places:
        letter = get_column_letter(len(places) + 1)
        for row, choice in enumerate(choices, 1):
            lists[f"{letter}{row}"] = choice
        places[choices] = f"'{_LISTS}'!${letter}$1:${letter}${len(choices)}"
    rule = DataValidation(type="list", formula1=places[choices], allow_blank=True, showErrorMessage=True)
    rule.errorTitle, rule.error = "不在列表中 not in the list", "请从下拉列表中选择 · choose from the list"
    letter = get_column_letter(place)
    rule.add(f"{letter}4:{letter}{FILLED_ROWS}")
    worksheet.add_data_validation(rule)


def _write_carriers(worksheet: Worksheet, carriers: Mapping[str, Carrier]) -> None:
    worksheet.append(("代码 code", "中文名称", "English name", "汇总单位 unit"))
    for carrier in carriers.values():
        worksheet.append((carrier.code, carrier.name_cn, carrier.name_en, carrier.unit))
    for letter, width in zip("ABCD", (30, 30, 40, 14), strict=True):
        worksheet.column_dimensions[letter].width = width
