"""Formulas of virtual points: parsed by a small parser of our own (never eval), checked by dimension, worked out on columns of cells.

a + b - 2 * (c - d) / 3        names are points' ids; a minus has a space before and after it, because ids may hold one
max(a - b, 0)                  min, max and abs; a bare 0 goes with every unit
gas * 38.9 [MJ/m3]             a number may carry a unit, or one unit per another
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.units import UNITS

Floats = NDArray[np.float64]
Dimension = tuple[tuple[str, int], ...]  # of base dimensions, sorted: (("energy", 1),)
MAX_CHARS = 1_000
MAX_DEPTH = 40
MAX_PARTS = 300  # names, numbers, operators and brackets
FUNCTIONS = {"min": 2, "max": 2, "abs": 1}  # name -> fewest arguments
NUMBER_ONLY: Dimension = ()
_TOKEN = re.compile(r"\s*(?:([0-9A-Za-z_.][0-9A-Za-z_.]*(?:-+[0-9A-Za-z_.]+)*)|(\[[^\]]*\])|([-+*/(),]))")
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE]-?\d+)?")


class BadFormula(ValueError):
    """What is wrong with a formula, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} · {en}")
        self.zh, self.en = zh, en


class Node(NamedTuple):
    """kind: "number" (value, unit), "name", or an operator or a function over `of`."""

    kind: str
    of: tuple["Node", ...] = ()
    name: str = ""
    value: float = 0.0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Formula:
    text: str
    root: Node
    names: tuple[str, ...]  # ids of the points it reads, each once, in the order of the text


class _Parser:
    """Pratt parser over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        if len(self._tokens) > MAX_PARTS:
            raise BadFormula(f"公式超过 {MAX_PARTS} 个部分，请拆成几个虚拟测点", f"more than {MAX_PARTS} parts: split it into several virtual points")

    def whole(self) -> Node:
        node = self._sum(0)
        if self._peek():
            raise BadFormula(f"“{self._peek()}”处多余或缺少运算符", f"an operator is missing before {self._peek()!r}")
        return node

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _sum(self, depth: int) -> Node:
        left = self._product(depth)
        while self._peek() in ("+", "-"):
            left = Node(self._take(), (left, self._product(depth)))
        return left

    def _product(self, depth: int) -> Node:
        left = self._factor(depth)
        while self._peek() in ("*", "/"):
            left = Node(self._take(), (left, self._factor(depth)))
        return left

    def _factor(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise BadFormula(f"括号超过 {MAX_DEPTH} 层", f"more than {MAX_DEPTH} brackets inside each other")
        part = self._take()
        if not part:
            raise BadFormula("公式没有写完", "the formula ends too early")
        if part in ("-", "+"):
            inner = self._factor(depth + 1)
            return inner if part == "+" else Node("neg", (inner,))
        if part == "(":
            inner = self._sum(depth + 1)
            self._close()
            return inner
        if _NUMBER.fullmatch(part):
            return Node("number", value=_value(part), unit=self._take()[1:-1].strip() if self._peek().startswith("[") else "")
        if part in FUNCTIONS and self._peek() == "(":
            return self._call(part, depth)
        if not (part[0].isalnum() or part[0] == "_"):
            raise BadFormula(f"“{part}”不该在此处", f"{part!r} cannot stand here")
        return Node("name", name=part)

    def _call(self, function: str, depth: int) -> Node:
        self._take()
        given = [self._sum(depth + 1)]
        while self._peek() == ",":
            self._take()
            given.append(self._sum(depth + 1))
        self._close()
        if len(given) < FUNCTIONS[function] or (function == "abs" and len(given) > 1):
            raise BadFormula(f"{function} 的参数个数不对", f"{function} has the wrong number of arguments")
        return Node(function, tuple(given))

    def _close(self) -> None:
        if self._take() != ")":
            raise BadFormula("缺少右括号 )", "a closing bracket ) is missing")


def _value(text: str) -> float:
    value = float(text)
    if not np.isfinite(value):
        raise BadFormula(f"数字 {text} 过大", f"the number {text} is too large")
    return value


def _tokens(text: str) -> Iterator[str]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            bad = text[place:].lstrip()[:1]
            raise BadFormula(f"不能用字符“{bad}”", f"the character {bad!r} cannot be used; use ids of points, numbers, + - * / ( ) min max abs")
        yield found[1] or found[2] or found[3]
        place = found.end()


def parse(text: str) -> Formula:
    """The formula; BadFormula says what is wrong and how to mend it."""
    if len(text) > MAX_CHARS:
        raise BadFormula(f"公式超过 {MAX_CHARS} 字", f"the formula is longer than {MAX_CHARS} characters")
    if not text.strip():
        raise BadFormula("公式为空", "the formula is empty")
    root = _Parser(text).whole()
    names = tuple(dict.fromkeys(_names(root)))
    if not names:
        raise BadFormula("公式里没有测点", "the formula names no point")
    return Formula(text, root, names)


def _names(node: Node) -> Iterator[str]:
    if node.kind == "name":
        yield node.name
    for each in node.of:
        yield from _names(each)


def dimension_of(unit: str) -> Dimension:
    """Of a unit of the table; a ratio is a plain number."""
    name = UNITS[unit][0]
    return NUMBER_ONLY if name == "ratio" else ((name, 1),)


def _unit(text: str) -> tuple[Dimension, float]:
    """Dimension and size of "GJ" or "MJ/m3"."""
    if text in UNITS:
        return dimension_of(text), UNITS[text][1]
    above, slash, below = text.partition("/")
    for unit in (above, below) if slash else (text,):
        if unit not in UNITS:
            raise BadFormula(f"不认识单位“{unit}”", f"unit {unit!r} is not known; known: {', '.join(sorted(UNITS))}")
    return _joined(dimension_of(above), dimension_of(below), -1), UNITS[above][1] / UNITS[below][1]


def _joined(a: Dimension, b: Dimension, sign: int) -> Dimension:
    powers = dict(a)
    for name, power in b:
        powers[name] = powers.get(name, 0) + sign * power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def _is_zero(node: Node) -> bool:
    return node.kind == "number" and node.value == 0 and not node.unit


def said(dimension: Dimension) -> str:
    """A dimension in words: energy, energy/volume, a plain number."""
    above = "·".join(name if power == 1 else f"{name}^{power}" for name, power in dimension if power > 0)
    below = "·".join(name if power == -1 else f"{name}^{-power}" for name, power in dimension if power < 0)
    return (above or "1") + (f"/{below}" if below else "") if dimension else "number"


def check(formula: Formula, units: Mapping[str, str], unit: str) -> None:
    """BadFormula unless the formula gives the dimension of `unit`. units: of the amounts of its points, by id."""
    found = _dimension(formula.root, units)
    wanted = dimension_of(unit)
    if found != wanted:
        raise BadFormula(
            f"公式得出 {said(found)}，而单位 {unit} 是 {said(wanted)}；可给数字写单位，如 38.9 [MJ/m3]",
            f"the formula gives {said(found)}, and {unit} is {said(wanted)}; a number may carry a unit, e.g. 38.9 [MJ/m3]",
        )


def _dimension(node: Node, units: Mapping[str, str]) -> Dimension:
    if node.kind == "number":
        return _unit(node.unit)[0] if node.unit else NUMBER_ONLY
    if node.kind == "name":
        return dimension_of(units[node.name])
    if node.kind in ("*", "/"):
        left, right = (_dimension(each, units) for each in node.of)
        return _joined(left, right, 1 if node.kind == "*" else -1)
    asked = [each for each in node.of if not _is_zero(each)]
    kinds = [_dimension(each, units) for each in asked]
    for each in kinds[1:]:
        if each != kinds[0]:
            words = said(kinds[0]), said(each)
            raise BadFormula(f"{words[0]} 与 {words[1]} 不能相加减或比较", f"{words[0]} and {words[1]} cannot be added or compared")
    return kinds[0] if kinds else NUMBER_ONLY


def evaluate(formula: Formula, amounts: Mapping[str, Floats], units: Mapping[str, str], unit: str) -> Floats:
    """The amounts [unit], NaN where an input is NaN or the result is no finite number. amounts, units: of its points, by id; equally long."""
    # amounts of one dimension stay in the unit of the result, so that 10 kWh - 3 kWh is 7 kWh to the last digit
    is_plain = all(dimension_of(units[name]) == dimension_of(unit) for name in formula.names) and not _has_units(formula.root)
    size = UNITS[unit][1] if is_plain else 1.0
    columns = {name: amounts[name] * (UNITS[units[name]][1] / size) for name in formula.names}
    with np.errstate(all="ignore"):
        found = np.asarray(_worked_out(formula.root, columns) / (UNITS[unit][1] / size), dtype=np.float64)
        unknown = np.zeros(found.shape, dtype=bool)
        for column in columns.values():  # also where min or max would not have looked
            unknown |= np.isnan(column)
    return np.where(unknown | ~np.isfinite(found), np.nan, found)


def _has_units(node: Node) -> bool:
    return bool(node.unit) or any(_has_units(each) for each in node.of)


_OPERATORS: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "min": np.minimum, "max": np.maximum,
}  # fmt: skip


def _worked_out(node: Node, columns: Mapping[str, Floats]) -> Floats:
    if node.kind == "number":
        return np.asarray(node.value * (_unit(node.unit)[1] if node.unit else 1.0))
    if node.kind == "name":
        return columns[node.name]
    given = [_worked_out(each, columns) for each in node.of]
    if node.kind == "neg":
        return -given[0]
    if node.kind == "abs":
        return np.abs(given[0])
    whole = given[0]
    for each in given[1:]:
        whole = _OPERATORS[node.kind](whole, each)
    return whole


def order(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Virtual points so that each comes after those it reads; BadFormula names the circle. needs: virtual point -> names in its formula."""
    done: dict[str, None] = {}
    for first in sorted(needs):
        stack: list[tuple[str, Iterator[str]]] = [(first, iter(needs[first]))] if first not in done else []
        path = {first: None}
        while stack:
            name, rest = stack[-1]
            following = next((n for n in rest if n in needs and n not in done), None)
            if following is None:
                done[name] = None
                stack.pop()
                path.pop(name, None)
            elif following in path:
                circle = [*list(path)[list(path).index(following) :], following]
                words = " -> ".join(circle)
                raise BadFormula(f"公式循环引用：{words}", f"the formulas go round in a circle: {words}")
            else:
                path[following] = None
                stack.append((following, iter(needs[following])))
    return list(done)
