"""How a document's cells are printed, the same words in .pdf, .docx and on the page that shows the bulletin before it is printed."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from tricolor.domain.documents import Block, Cell, ChartSeries, ColumnKind, Document, DocumentChart, DocumentColumn, DocumentTable, Heading, SignOff
from tricolor.domain.lights import LIGHT_CN, Light

LIGHT_SHAPE: dict[Light, str] = {Light.RED: "●", Light.ORANGE: "◆", Light.YELLOW: "▲", Light.GREEN: "■", Light.GREY: "◌"}
LIGHT_COLOUR: dict[Light, str] = {
    Light.RED: "#C8322B", Light.ORANGE: "#D9601A", Light.YELLOW: "#D98E04", Light.GREEN: "#2E8B57", Light.GREY: "#8A938E",
}  # fmt: skip
NOT_KNOWN = "—"
SIZES_PT = (10.5, 10.0, 9.5, 9.0, 8.5, 8.0)  # 五号 down to what can still be read on paper (project default)
PADDING_PT = 7.0  # left and right of a cell's words
# the least size of letters [pt], and then: up to how many signs a text stays in one line, in how many lines a longer one (project default)
TRIES = ((9.5, 11.0, 3.0), (9.0, 8.0, 4.0), (8.5, 6.0, 5.0), (8.0, 5.0, 7.0))
MANY_COLUMNS, LONG_TEXT = 6, 30  # a last column with more signs than this, beside so many, is printed below the others (project default)
PAGE_PT = 442.0  # 156 mm between the margins of GB/T 9704-2012
_NUMBERED = re.compile(r"^(第?[一二三四五六七八九十]+[、章节]|（[一二三四五六七八九十]+）|\d+[.．、])")
_DIGITS = "〇一二三四五六七八九"
# what XML 1.0 cannot hold, halves of surrogates, which no encoder writes, and signs without a shape: controls, turns of direction, marks of order
_NO_SIGN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufe00-\ufe0f\ufeff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")


def plain(text: str) -> str:
    """The text without signs that no file can hold or nobody can see, its line ends as \\n."""
    return _NO_SIGN.sub("", _LINE_ENDS.sub("\n", text))


def light_of(cell: Cell, column: DocumentColumn) -> Light | None:
    """The light that a cell shows: a Light anywhere, or its name ("red") in a column of lights."""
    if isinstance(cell, Light):
        return cell
    if column.kind is ColumnKind.LIGHT and isinstance(cell, str) and cell in set(Light):
        return Light(cell)
    return None


def light_words(light: Light) -> str:
    """Shape and word: a light is never colour alone."""
    return f"{LIGHT_SHAPE[light]} {LIGHT_CN[light]}"


def is_number(cell: Cell) -> bool:
    """Whether the cell is a finite number."""
    return isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell)


def printed(cell: Cell, column: DocumentColumn) -> str:
    """The cell as it prints: thousands separated, the column's decimals, a fraction as per cent; "—" when not known."""
    light = light_of(cell, column)
    if light is not None:
        return light_words(light)
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return NOT_KNOWN
    if isinstance(cell, str):
        return plain(cell)
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if column.kind is ColumnKind.SHARE:
        return _rounded(cell * 100, column.decimals) + "%"
    if column.kind is ColumnKind.NUMBER:
        return _rounded(cell, column.decimals)
    return str(cell)


def _rounded(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        return "−" + text[1:] if text.strip("-0.,") else text[1:]  # −0.00 is 0.00
    return text


@dataclass(frozen=True, slots=True)
class TableShape:
    """size: of the letters [pt]; heads: the names broken into lines that fit; has_below: the last column holds long texts, printed below the others
    of its row over the width of all but the first; widths: of the columns side by side, shares of the page's width, they sum to 1."""

    size: float
    widths: tuple[float, ...]
    heads: tuple[str, ...]
    has_below: bool = False


def shape(table: DocumentTable, page_pt: float = PAGE_PT) -> TableShape:
    """How the table stands on the page: no number broken, texts in few lines, then the largest letters; the rest of the width to the longest."""
    measured = [_measured(table, place) for place in range(len(table.columns))]
    has_below = len(measured) >= MANY_COLUMNS and measured[-1][2] and measured[-1][1] > LONG_TEXT
    if has_below:
        measured.pop()
    size, need = SIZES_PT[-1], [_needed(m, *TRIES[-1][1:]) for m in measured]
    for least, unbroken, lines in TRIES:
        wanted = [_needed(m, unbroken, lines) for m in measured]
        fitting = next((pt for pt in SIZES_PT if pt >= least and sum(wanted) * pt + PADDING_PT * len(wanted) <= page_pt), None)
        if fitting is not None:
            size, need = fitting, wanted
            break
    like = [max(head, min(longest, 30.0)) if is_text else n for (head, longest, is_text), n in zip(measured, need, strict=True)]
    room = max(page_pt / size - PADDING_PT / size * len(need), 1.0)
    spare, wish = max(room - sum(need), 0.0), sum(like) - sum(need)
    given = [n + (wanted - n) * min(1.0, spare / wish if wish > 0 else 0.0) for n, wanted in zip(need, like, strict=True)]
    left = max(room - sum(given), 0.0) / max(len(given), 1)
    wide = [g + left + PADDING_PT / size for g in given]
    heads = [_in_lines(plain(column.name), w - PADDING_PT / size) for column, w in zip(table.columns, wide, strict=False)]
    heads += [plain(column.name) for column in table.columns[len(wide) :]]
    return TableShape(size, tuple(w / sum(wide) for w in wide), tuple(heads), has_below)


def _measured(table: DocumentTable, place: int) -> tuple[float, float, bool]:
    """Of a column: what its head needs, its longest line, whether it is of texts [signs of Chinese]."""
    column = table.columns[place]
    longest = max((_width(line) for row in table.rows for line in printed(row[place], column).split("\n")), default=0.0)
    name = max(_width(line) for line in _in_lines(plain(column.name), 4).split("\n")) + 0.2
    unit = _width(column.unit) * 0.86 + 2 if column.unit else 0.0
    return max(min(name, 12.0), min(unit, 12.0), 2.0), longest, column.kind is ColumnKind.TEXT


def _needed(measured: tuple[float, float, bool], unbroken: float, lines: float) -> float:
    head, longest, is_text = measured
    return max(head, min(longest, max(unbroken, longest / lines)) if is_text else longest)


def _in_lines(name: str, wide: float) -> str:
    """A name too wide for one line in two, if it is all Chinese."""
    if _width(name) <= wide + 0.05 or not name.isalpha() or name.isascii():
        return name
    half = (len(name) + 1) // 2
    half += len(name) > 5 and half % 2  # words are mostly of two signs
    return f"{name[:half]}\n{name[half:]}"


def _width(text: str) -> float:
    """Of the text in characters of Chinese: a Latin letter or a digit takes about half of one."""
    return sum(0.55 if ord(sign) < 0x2000 else 1.0 for sign in text)


def chinese_day(day: str) -> str:
    """2026-11-05 as 2026年11月5日, as GB/T 9704 writes it: no nought before a digit; a text that is no date comes back as it is."""
    try:
        at = date.fromisoformat(day)
    except ValueError:
        return plain(day)
    return f"{at.year}年{at.month}月{at.day}日"


def addressees(to: Sequence[str]) -> str:
    """主送机关 with the full colon that the standard asks for; "" when nobody is named."""
    return "、".join(plain(name) for name in to) + "：" if to else ""


def open_day() -> str:
    """Room to write the day in, while it is not issued."""
    return "　　　　年　　月　　日"


def signed(line: SignOff) -> str:
    """拟稿：示例甲 and the day below it, or a line to sign on while it is open."""
    who = plain(line.who) or "＿＿＿＿＿＿"
    return f"{plain(line.role)}：{who}\n{chinese_day(line.day)}".rstrip()


def head_of(document: Document) -> str:
    """发文机关标志: the red head of an issued document."""
    return plain(document.head or document.issuer)


def series_words(series: ChartSeries) -> str:
    """A series as the legend names it: a light with its shape, whether the series has a name of its own or the light's."""
    light = Light(series.role) if series.role in set(Light) else None
    if light is not None and series.name in ("", light.value, LIGHT_CN[light]):
        return light_words(light)
    return plain(series.name)


def described(chart: DocumentChart, most: int = 600) -> str:
    """The chart in words, for those who cannot see it: its title, and the numbers of each series [at most `most` signs]."""
    unit = f"（{plain(chart.unit)}）" if chart.unit else ""
    rows = []
    for series in chart.series:
        pairs = zip(chart.categories, series.values, strict=False)
        known = "，".join(f"{plain(name)} {value:,.6g}" for name, value in pairs if value is not None and math.isfinite(value))
        rows.append(f"{series_words(series)}：{known or '暂无数据'}")
    words = f"图：{plain(chart.title)}{unit}。" + "；".join(rows)
    return words if len(words) <= most else words[: most - 1] + "…"


def chinese_number(number: int) -> str:
    """1 to 99 as headings count: 一, 十, 十二, 二十一."""
    tens, ones = divmod(number, 10)
    if tens > 9:
        return str(number)
    return ("" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十") + (_DIGITS[ones] if ones else "")


def numbered(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with headings counted 一、 and （一）, tables 表1, charts 图1, but for those whose words carry a number already."""
    counts = {"一": 0, "（": 0, "表": 0, "图": 0}
    done: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading):
            done.append(_counted_heading(block, counts))
        elif isinstance(block, DocumentTable | DocumentChart):
            sign = "表" if isinstance(block, DocumentTable) else "图"
            counts[sign] += 1
            has_own = not block.title or re.match(rf"^{sign}\s*[\d一二三四五六七八九十]", block.title)
            done.append(block if has_own else replace(block, title=f"{sign}{counts[sign]}　{block.title}"))
        else:
            done.append(block)
    return tuple(done)


def _counted_heading(heading: Heading, counts: dict[str, int]) -> Heading:
    sign = "一" if heading.level <= 1 else "（"
    counts[sign] += 1
    if sign == "一":
        counts["（"] = 0
    if _NUMBERED.match(heading.text):
        return heading
    count = chinese_number(counts[sign])
    return replace(heading, text=f"{count}、{heading.text}" if sign == "一" else f"（{count}）{heading.text}")
