"""Reading submitted activity figures: every fault of every item is found before anything is written."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from api.problems import Fault
from tricolor.domain.activities import ACTIVITY_UNITS, Activity, ActivityKind
from tricolor.domain.intervals import from_us, month_of, month_text

MAX_ITEMS = 10_000
MAX_VALUE = 1e15
FIRST_YEAR = 1992
FIELDS = frozenset({"entity", "kind", "month", "value", "unit", "price_year", "product"})
_PRODUCT = re.compile(r"\S(.{0,62}\S)?")


def read_figures(body: object, may_write: Callable[[str], bool], author: str, now: int) -> tuple[list[Activity], list[Fault]]:
    """The figures of `{"activities": […]}` and all faults; may_write: whether an entity exists and is the caller's to write; now [µs]."""
    if not isinstance(body, dict) or not isinstance(items := body.get("activities"), list):
        return [], [Fault("activities", '请写 {"activities": […]}', 'write {"activities": […]}')]
    faults = [Fault(str(name)[:64], "没有这个字段", "there is no such member") for name in body if name != "activities"]
    if not items:
        faults.append(Fault("activities", "没有任何数据", "there is nothing in it"))
    if len(items) > MAX_ITEMS:
        return [], [*faults, Fault("activities", f"一次最多 {MAX_ITEMS} 条", f"at most {MAX_ITEMS} at a time")]
    figures: list[Activity] = []
    places: dict[tuple[str, str, str, str], int] = {}
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            faults.append(Fault("", "应为一个对象", "must be an object", index))
            continue
        form = _Form(item, index, now)
        figure = form.read(may_write, author)
        faults.extend(form.faults)
        if figure is None:
            continue
        key = (figure.entity, figure.kind, figure.product, figure.month)
        if key in places:
            zh, en = f"与第 {places[key]} 条重复", f"is the same figure as item {places[key]}: send it once"
            faults.append(Fault("month", zh, en, index))
        places.setdefault(key, index)
        figures.append(figure)
    return figures, faults


class _Form:
    """One item being read; each reader notes what is wrong and gives None."""

    def __init__(self, item: Mapping[str, Any], index: int, now: int) -> None:
        self._item = item
        self._index = index
        self._now = now
        self.faults: list[Fault] = []

    def wrong(self, field: str, zh: str, en: str) -> None:
        self.faults.append(Fault(field, zh, en, self._index))

    def read(self, may_write: Callable[[str], bool], author: str) -> Activity | None:
        for name in self._item:
            if name not in FIELDS:
                self.wrong(str(name)[:64], f"没有这个字段,可用:{', '.join(sorted(FIELDS))}", f"no such member; known: {', '.join(sorted(FIELDS))}")
        entity = self._text("entity")
        if entity is not None and not may_write(entity):
            self.wrong(
                "entity", f"没有单位 {entity[:64]!r},或本密钥不能为它填报", f"there is no entity {entity[:64]!r}, or this key may not report for it"
            )
        kind = self._kind()
        month, value = self._month(), self._value(kind)
        unit, product, price_year = self._unit(kind), self._product(kind), self._price_year(kind)
        if self.faults or entity is None or kind is None or month is None or value is None or unit is None:
            return None
        return Activity(entity, kind, month, value, unit, price_year, product, author)

    def _text(self, field: str) -> str | None:
        value = self._item.get(field)
        if isinstance(value, str) and value:
            return value
        if value is None:
            self.wrong(field, "缺少", "is missing")
        else:
            self.wrong(field, "应为非空文本", "must be a text that is not empty")
        return None

    def _kind(self) -> ActivityKind | None:
        text = self._text("kind")
        if text is None:
            return None
        if text not in set(ActivityKind):
            known = ", ".join(ActivityKind)
            self.wrong("kind", f"只能是 {known}", f"must be one of {known}")
            return None
        return ActivityKind(text)

    def _month(self) -> str | None:
        text = self._text("month")
        if text is None:
            return None
        try:
            if not text.isascii():
                raise ValueError(text)
            month_of(text)
        except ValueError:
            self.wrong("month", "月份请写 YYYY-MM", "write the month YYYY-MM")
            return None
        if int(text[:4]) < FIRST_YEAR:
            self.wrong("month", f"早于 {FIRST_YEAR} 年", f"is before {FIRST_YEAR}")
            return None
        if text > month_text(self._now):
            self.wrong("month", f"{text} 是将来的月份", f"{text} lies in the future")
            return None
        return text

    def _value(self, kind: ActivityKind | None) -> float | None:
        value = self._item.get("value")
        if value is None:
            self.wrong("value", "缺少", "is missing")
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong("value", "应为数字", "must be a number")
            return None
        if not math.isfinite(value) or abs(value) > MAX_VALUE:
            self.wrong("value", "应为有限数且不超过 1e15", "must be finite and at most 1e15")
            return None
        if value < 0 or (value == 0 and kind is not ActivityKind.OUTPUT):
            self.wrong("value", "须大于 0(产量可为 0)", "must be above 0 (output may be 0)")
            return None
        return float(value)

    def _unit(self, kind: ActivityKind | None) -> str | None:
        text = self._text("unit")
        if text is None or kind is None:
            return None
        if text not in ACTIVITY_UNITS[kind]:
            known = ", ".join(ACTIVITY_UNITS[kind])
            self.wrong("unit", f"{kind} 的单位只能是 {known}", f"the unit of {kind} must be one of {known}")
            return None
        return text

    def _product(self, kind: ActivityKind | None) -> str:
        value = self._item.get("product", "")
        if kind is ActivityKind.OUTPUT:
            if not isinstance(value, str) or not _PRODUCT.fullmatch(value):
                self.wrong("product", "产量须写明产品(1 至 64 个字符)", "an output must name its product (1 to 64 characters)")
                return ""
            return value
        if value not in ("", None):
            self.wrong("product", "只有产量可写产品", "only an output has a product")
        return ""

    def _price_year(self, kind: ActivityKind | None) -> int | None:
        value = self._item.get("price_year")
        if kind is not None and kind not in (ActivityKind.GDP, ActivityKind.VALUE_ADDED):
            if value is not None:
                self.wrong("price_year", "只有生产总值和增加值有价格基年", "only GDP and value added have a price year")
            return None
        last = from_us(self._now).year
        if isinstance(value, bool) or not isinstance(value, int) or not FIRST_YEAR <= value <= last:
            zh = f"须写不变价的基年({FIRST_YEAR} 至 {last})"
            self.wrong("price_year", zh, f"give the base year of the constant prices ({FIRST_YEAR} to {last})")
            return None
        return value
