"""Offline points: monthly amounts of invoices and statistics, beside what meters say."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tricolor.domain.factors import Carrier
from tricolor.domain.intervals import month_of
from tricolor.domain.meters import Role
from tricolor.domain.units import UNITS, dimension

OFFLINE_ROLES = (Role.PURCHASED, Role.SOLD, Role.PRODUCED, Role.CONSUMED, Role.FEEDSTOCK, Role.RENEWABLE)
COLUMNS = ("carrier", "role", "month", "amount", "unit", "of_which_metered", "document", "note")
REQUIRED = ("carrier", "month", "amount", "unit", "document")
MAX_AMOUNT = 1e15
MAX_TEXT = 200
MAX_ROWS = 10_000
FIRST_YEAR = 1992
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")


@dataclass(frozen=True, slots=True)
class OfflineFigure:
    """Amount [unit] of one (entity, carrier, role, month), by a document. amount None: taken back; of_which_metered [unit]: the part of a statistic
    that units with accounts of their own have metered, and that is not added again."""

    entity: str
    carrier: str
    role: Role
    month: str  # YYYY-MM
    amount: float | None
    unit: str
    of_which_metered: float = 0.0
    document: str = ""
    note: str = ""
    author: str = ""
    revision: int = 0
    submitted_at: int = 0  # µs

    @property
    def identity(self) -> tuple[str, str, str, str]:
        return self.entity, self.carrier, str(self.role), self.month

    @property
    def added(self) -> float | None:
        """What the account may take of it."""
        return None if self.amount is None else self.amount - self.of_which_metered


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in a row (by its place in the list) and column."""

    row: int
    column: str
    zh: str
    en: str


def read_figures(
    rows: Sequence[Mapping[str, Any]], entity: str, carriers: Mapping[str, Carrier], author: str, now: int
) -> tuple[list[OfflineFigure], list[RowFault]]:  # fmt: skip
    """The figures of the rows and every fault; with one fault none of them may be used. Rows hold raw cells by the keys of COLUMNS; now [µs]."""
    figures: list[OfflineFigure] = []
    faults: list[RowFault] = []
    places: dict[tuple[str, str, str, str], int] = {}
    for number, row in enumerate(rows):
        form = _Row(row, number, carriers, now)
        figure = form.read(entity, author)
        faults += form.faults
        if figure is None:
            continue
        if figure.identity in places:
            first = places[figure.identity] + 1
            faults.append(RowFault(number, "month", f"与第 {first} 条重复", f"is the same figure as item {first}: give it once"))
        places.setdefault(figure.identity, number)
        figures.append(figure)
    return figures, faults


class _Row:
    """One row being read; each reader notes what is wrong and gives None."""

    def __init__(self, row: Mapping[str, Any], number: int, carriers: Mapping[str, Carrier], now: int) -> None:
        self._row, self._number, self._carriers, self._now = row, number, carriers, now
        self.faults: list[RowFault] = []

    def _wrong(self, column: str, zh: str, en: str) -> None:
        self.faults.append(RowFault(self._number, column, zh, en))

    def read(self, entity: str, author: str) -> OfflineFigure | None:
        for name in self._row:
            if name not in COLUMNS:
                self._wrong(str(name)[:64], f"没有这一项，可用：{', '.join(COLUMNS)}", f"no such member; known: {', '.join(COLUMNS)}")
        for name in REQUIRED:
            if self._is_blank(name):
                self._wrong(name, "必填", "is required")
        carrier, role, month = self._carrier(), self._role(), self._month()
        amount, metered = self._amount("amount", None), self._amount("of_which_metered", 0.0)
        unit = self._unit(carrier)
        document, note = self._text("document"), self._text("note")
        if amount is not None and metered is not None and metered > amount:
            self._wrong("of_which_metered", f"{metered:g} 大于总量 {amount:g}", f"{metered:g} is more than the whole, {amount:g}")
        if self.faults or carrier is None or role is None or month is None or amount is None or unit is None:
            return None
        return OfflineFigure(entity, carrier.code, role, month, amount, unit, metered or 0.0, document, note, author)

    def _is_blank(self, name: str) -> bool:
        value = self._row.get(name)
        return value is None or (isinstance(value, str) and not value.strip())

    def _text(self, name: str) -> str:
        value = self._row.get(name)
        if value is None:
            return ""
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
        if len(text) > MAX_TEXT or any(ord(c) < 32 for c in text):
            self._wrong(name, f"须为 {MAX_TEXT} 字以内的一行文字", f"must be one line of at most {MAX_TEXT} characters")
        return text

    def _carrier(self) -> Carrier | None:
        if self._is_blank("carrier"):
            return None
        text = str(self._row["carrier"]).strip()
        found = self._carriers.get(text) or next((c for c in self._carriers.values() if c.name_cn == text), None)
        if found is None:
            self._wrong("carrier", f"能源品种“{text[:40]}”未知，见模板中的列表", f"carrier {text[:40]!r} is not known; the template lists them")
        return found

    def _role(self) -> Role | None:
        text = Role.PURCHASED.value if self._is_blank("role") else str(self._row["role"]).strip()
        if text not in OFFLINE_ROLES:
            known = ", ".join(OFFLINE_ROLES)
            self._wrong("role", f"用途“{text[:40]}”只能是 {known}", f"role {text[:40]!r} must be one of {known}")
            return None
        return Role(text)

    def _month(self) -> str | None:
        if self._is_blank("month"):
            return None
        value = self._row["month"]
        shown = value.strftime("%Y-%m") if hasattr(value, "strftime") else str(value).strip()
        found = _MONTH.fullmatch(shown)
        text = f"{found[1]}-{int(found[2]):02d}" if found and shown.isascii() | ("年" in shown) else ""
        try:
            end = month_of(text).end
        except ValueError:
            self._wrong("month", f"月份“{shown[:40]}”应写成 2026-03", f"month {shown[:40]!r} must be written 2026-03")
            return None
        if int(text[:4]) < FIRST_YEAR:
            self._wrong("month", f"早于 {FIRST_YEAR} 年", f"is before {FIRST_YEAR}")
            return None
        if end > self._now:
            self._wrong("month", f"{text} 尚未结束，月度数请在月末之后填报", f"{text} is not over: a month's amount is given after its end")
            return None
        return text

    def _amount(self, name: str, default: float | None) -> float | None:
        if self._is_blank(name):
            return default
        value = self._row[name]
        if isinstance(value, str):
            try:
                value = float(value.strip().replace(",", ""))
            except ValueError:
                self._wrong(name, f"“{value[:40]}”不是数字，只写数字，不带单位", f"{value[:40]!r} is not a number: digits only, without a unit")
                return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(name, "应为数字", "must be a number")
            return None
        if not math.isfinite(value) or not 0 <= value <= MAX_AMOUNT:
            self._wrong(name, "须为 0 至 1e15 之间的数", "must lie between 0 and 1e15")
            return None
        return float(value)

    def _unit(self, carrier: Carrier | None) -> str | None:
        if self._is_blank("unit"):
            return None
        text = str(self._row["unit"]).strip()
        if carrier is None:
            return text
        usable = [unit for unit, (of, _) in UNITS.items() if of == dimension(carrier.unit)]
        if text not in usable:
            known = ", ".join(usable)
            en = f"{carrier.name_en} is counted in one of {known}, not {text[:20]!r}"
            self._wrong("unit", f"{carrier.name_cn}的单位“{text[:20]}”只能是 {known}", en)
            return None
        return text
