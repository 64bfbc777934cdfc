"""One raw cell to one typed value, or a fault in words. Raw values are what TOML, openpyxl or a CSV reader give: text, numbers, booleans, dates."""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from difflib import get_close_matches

from tricolor.adapters.registry_files.columns import CellType, Column
from tricolor.domain.intervals import EARLIEST_US, LATEST_US, local_midnight, to_us

MAX_TEXT = 200
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,95}")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_PHONE = re.compile(r"\+?\d[\d -]{4,20}\d((转|x| ext\.? ?)\d{1,6})?")
_MAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[^\s@,;.]+")
EXCEL_ERRORS = frozenset({"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!"})
_FLAGS = {"true": True, "yes": True, "y": True, "1": True, "是": True, "false": False, "no": False, "n": False, "0": False, "否": False}
BLANKS = " \t\r\n\u3000\u00a0\ufeff\u200b"


class CellFault(ValueError):
    """What is wrong with a cell, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} · {en}")
        self.zh = zh
        self.en = en


def is_blank(raw: object) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip(BLANKS))


def text_of(raw: object) -> str:
    """The text a person sees in the cell; a whole number that Excel holds as 2511.0 is 2511."""
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw).strip(BLANKS)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name that looks most like the word, whatever its case; "" when none does."""
    names = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), names, n=1, cutoff=0.5)
    return names[found[0]] if found else ""


def suggestion(word: str, known: Iterable[str]) -> tuple[str, str]:
    """Did-you-mean in both languages: the nearest name and, of short lists, all of them."""
    names = list(known)
    near = nearest(word, names)
    zh, en = (f"，是否应为 {near}", f"; did you mean {near}") if near else ("", "")
    if 0 < len(names) <= 80:
        listed = ", ".join(names)
        return f"{zh}；可用：{listed}", f"{en}; use one of {listed}"
    return zh, en


def parse(column: Column, raw: object) -> object:
    """The typed value of a cell that is not blank; CellFault says what is wrong and how to mend it."""
    if isinstance(raw, list | dict):
        raise CellFault("应为单个值，不是列表或表", "must be one value, not a list or a table")
    shown = text_of(raw)
    if shown in EXCEL_ERRORS:
        raise CellFault(f"单元格是 Excel 错误 {shown}，请改为数值或文字", f"the cell is the Excel error {shown}: write the value itself")
    if isinstance(raw, str) and shown.startswith("="):
        raise CellFault("公式没有存下结果，请粘贴为数值", "the formula has no stored result: paste it as a value")
    return _PARSERS[column.type](column, raw)


def _text(column: Column, raw: object) -> str:
    if isinstance(raw, bool | date | time):
        raise CellFault(f"应为文字，不是 {raw!s}", f"must be text, not {raw!s}; format the cell as text")
    shown = text_of(raw)
    if len(shown) > MAX_TEXT:
        raise CellFault(f"共 {len(shown)} 字，超过 {MAX_TEXT}", f"has {len(shown)} characters, the limit is {MAX_TEXT}")
    if any(unicodedata.category(character) == "Cc" for character in shown):
        raise CellFault("含有控制字符或换行", "holds a control character or a line break")
    return shown


def _formula(_column: Column, raw: object) -> str:
    if not isinstance(raw, str):
        raise CellFault(f"应为公式文字，不是 {raw!s}", f"must be a formula as text, not {raw!s}; format the cell as text")
    return " ".join(unicodedata.normalize("NFKC", text_of(raw)).replace("−", "-").replace("×", "*").replace("÷", "/").split())


def _slug(column: Column, raw: object) -> str:
    shown = _text(column, raw)
    if not _SLUG.fullmatch(shown):
        mended = re.sub(r"[^a-z0-9._-]+", "-", unicodedata.normalize("NFKC", shown).lower()).strip("-._")
        zh, en = (f"，例如 {mended}", f", e.g. {mended}") if mended and _SLUG.fullmatch(mended) else ("", "")
        raise CellFault(
            f'编号 "{shown}" 只能用小写字母、数字和 - . _，以字母或数字开头，最多 96 字{zh}',
            f'id "{shown}" must be lower-case letters, digits, - . _, begin with a letter or digit, at most 96 long{en}',
        )
    return shown


def _choice(column: Column, raw: object) -> str:
    shown = _text(column, raw)
    if shown not in column.choices:
        zh, en = suggestion(shown, column.choices)
        raise CellFault(f'{column.name_cn} "{shown}" 未知{zh}', f'{column.key} "{shown}" is not known{en}')
    return shown


def _flag(_column: Column, raw: object) -> bool:
    answer = raw if isinstance(raw, bool) else _FLAGS.get(text_of(raw).lower())
    if answer is None:
        raise CellFault(f'"{text_of(raw)}" 应为 是 或 否', f'"{text_of(raw)}" must be true or false')
    return answer


def _number(column: Column, raw: object) -> float:
    if isinstance(raw, bool | date | time):
        raise CellFault(f"应为数字，不是 {raw!s}；请检查单元格格式", f"must be a number, not {raw!s}; check the format of the cell")
    if isinstance(raw, int | float):
        value = float(raw)
    else:
        shown = unicodedata.normalize("NFKC", text_of(raw))
        if _THOUSANDS.fullmatch(shown):
            shown = shown.replace(",", "")
        if not _NUMBER.fullmatch(shown):
            raise CellFault(f'"{text_of(raw)}" 不是数字，只写数字，不带单位', f'"{text_of(raw)}" is not a number: write digits only, without a unit')
        value = float(shown)
    if not math.isfinite(value):
        raise CellFault(f"{value} 不是有限的数", f"{value} is not a finite number")
    _check_bounds(column, value)
    return value


def _check_bounds(column: Column, value: float) -> None:
    if column.above is not None and value <= column.above:
        raise CellFault(f"{value:g} 必须大于 {column.above:g}", f"{value:g} must be above {column.above:g}")
    if column.least is not None and value < column.least:
        raise CellFault(f"{value:g} 不能小于 {column.least:g}", f"{value:g} must not be below {column.least:g}")
    if column.most is not None and value > column.most:
        raise CellFault(f"{value:g} 不能大于 {column.most:g}", f"{value:g} must not be above {column.most:g}")


def _whole(column: Column, raw: object) -> int:
    value = _number(column, raw)
    if not value.is_integer():
        raise CellFault(f"{value:g} 应为整数", f"{value:g} must be a whole number")
    return int(value)


def _instant(_column: Column, raw: object) -> int:
    at = _instant_us(raw)
    if not EARLIEST_US <= at <= LATEST_US:
        raise CellFault(f"{text_of(raw)} 不在 1992 至 2100 年之间", f"{text_of(raw)} is not between 1992 and 2100")
    return at


def _instant_us(raw: object) -> int:
    if isinstance(raw, datetime):
        return _datetime_us(raw, text_of(raw))
    if isinstance(raw, date):
        return local_midnight(raw)
    shown = unicodedata.normalize("NFKC", text_of(raw))
    unreadable = CellFault(
        f'"{shown}" 不是日期；写成 2026-01-01，或带时区的 2026-01-01T08:00:00+08:00',
        f'"{shown}" is no date: write 2026-01-01, or with an offset 2026-01-01T08:00:00+08:00',
    )
    if isinstance(raw, bool | int | float | time):
        raise unreadable
    try:
        if found := _DATE.fullmatch(shown):
            return local_midnight(date(int(found[1]), int(found[2]), int(found[3])))
        if not shown[:4].isdigit() or len(shown) < 10:
            raise unreadable
        return _datetime_us(datetime.fromisoformat(shown), shown)
    except CellFault:
        raise
    except (ValueError, OverflowError) as error:
        raise unreadable from error


def _datetime_us(moment: datetime, shown: str) -> int:
    if moment.tzinfo is None:
        if moment.time() == time():  # how Excel holds a date
            return local_midnight(moment.date())
        raise CellFault(
            f"{shown} 没有时区；写成文字 {moment.isoformat()}+08:00", f"{shown} carries no UTC offset: write it as text {moment.isoformat()}+08:00"
        )
    return to_us(moment)


def _phone(column: Column, raw: object) -> str:
    shown = unicodedata.normalize("NFKC", _text(column, raw))
    digits = sum(character.isdigit() for character in re.split("[转xe]", shown)[0])
    if not _PHONE.fullmatch(shown) or not 7 <= digits <= 15:
        raise CellFault(
            f'电话 "{shown}" 不成形；手机写 11 位数字，座机写 0777-0000000，国外以 + 开头',
            f'phone "{shown}" has no known shape: a mobile has 11 digits, a landline is 0777-0000000, abroad begins with +',
        )
    return shown


def _mail(column: Column, raw: object) -> str:
    shown = unicodedata.normalize("NFKC", _text(column, raw))
    if not _MAIL.fullmatch(shown):
        raise CellFault(f'邮箱 "{shown}" 不成形', f'mail address "{shown}" has no known shape: name@domain.example')
    return shown


_PARSERS: Mapping[CellType, Callable[[Column, object], object]] = {
    CellType.ID: _slug, CellType.TEXT: _text, CellType.CHOICE: _choice, CellType.FLAG: _flag, CellType.WHOLE: _whole,
    CellType.NUMBER: _number, CellType.INSTANT: _instant, CellType.PHONE: _phone, CellType.MAIL: _mail,
    CellType.FORMULA: _formula,
}  # fmt: skip
