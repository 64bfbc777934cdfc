"""Reading submitted statistics: every fault of every item is found, and every warning, before anything is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.problems import Fault
from tricolor.domain.submissions import Statistic

FIELDS = frozenset({"entity", "indicator", "period", "value", "unit", "text", "document", "note", "confirmed", "take_back"})
TEXTS = ("text", "document", "note")


@dataclass(frozen=True, slots=True)
class Item:
    """One value with its place in what was sent. is_confirmed: the sender stands by it though it looks odd."""

    value: Statistic
    index: int
    is_confirmed: bool


def read_items(items: Sequence[object], may_write: Callable[[str], bool]) -> tuple[list[Item], list[Fault]]:
    """The values and all faults of form; may_write: whether an entity exists and is the caller's to write."""
    found: list[Item] = []
    faults: list[Fault] = []
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            faults.append(Fault("", "应为一个对象", "must be an object", index))
            continue
        form = _Form(item, index)
        value = form.read(may_write)
        faults += form.faults
        if value is not None:
            found.append(value)
    return found, faults


class _Form:
    """One item being read; each reader notes what is wrong."""

    def __init__(self, item: Mapping[str, Any], index: int) -> None:
        self._item, self._index = item, index
        self.faults: list[Fault] = []

    def _wrong(self, field: str, zh: str, en: str) -> None:
        self.faults.append(Fault(field, zh, en, self._index))

    def read(self, may_write: Callable[[str], bool]) -> Item | None:
        for name in self._item:
            if name not in FIELDS:
                known = ", ".join(sorted(FIELDS))
                self._wrong(str(name)[:64], f"没有这个字段，可用：{known}", f"no such member; known: {known}")
        entity, indicator, period = self._text("entity"), self._text("indicator"), self._text("period")
        if entity and not may_write(entity):
            self._wrong(
                "entity", f"没有单位 {entity[:64]!r}，或本密钥不能为它填报", f"there is no entity {entity[:64]!r}, or this key may not report for it"
            )
        unit = self._text("unit", is_needed=False)
        text, document, note = (self._text(name, is_needed=False) for name in TEXTS)
        value, is_confirmed, is_back = self._number(), self._yes("confirmed"), self._yes("take_back")
        if is_back and (value is not None or text):
            self._wrong("take_back", "撤回时不写 value 和 text", "a value that is taken back has neither value nor text")
        elif not is_back and value is None and not text and not any(f.field == "value" for f in self.faults):
            self._wrong("value", "缺少数值；要撤回已报的值请写 take_back: true", "is missing; to take a value back write take_back: true")
        if self.faults:
            return None
        return Item(Statistic(entity, indicator, period, value, unit, text, document, note), self._index, is_confirmed)

    def _text(self, field: str, *, is_needed: bool = True) -> str:
        value = self._item.get(field)
        if isinstance(value, str):
            if is_needed and not value.strip():
                self._wrong(field, "缺少", "is missing")
            return value.strip()
        if value is None:
            if is_needed:
                self._wrong(field, "缺少", "is missing")
            return ""
        self._wrong(field, "应为文本", "must be a text")
        return ""

    def _number(self) -> float | None:
        value = self._item.get("value")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(
                "value", f"“{str(value)[:40]}”不是数字，只写数字，不带单位和 %", f"{str(value)[:40]!r} is no number: digits only, no unit, no %"
            )
            return None
        try:
            return float(value)
        except OverflowError:
            self._wrong("value", "应为有限数且不超过 1e15", "must be finite and at most 1e15")
            return None

    def _yes(self, field: str) -> bool:
        value = self._item.get(field, False)
        if not isinstance(value, bool):
            self._wrong(field, "只能是 true 或 false", "must be true or false")
            return False
        return value
