"""Charts as server-side SVG: they print, need no script, weigh little, and take their colours from the page's theme (classes, never inline colours).

The same meaning has the same look everywhere: measured filled, estimated hatched, unknown an empty banded slot (never zero), last year a thin line,
a basic target solid, an incentive target dashed.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from markupsafe import Markup

from api.board_words import number

WIDTH, HEIGHT = 760, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 28, 28
_BULLET = '<svg class="bullet" viewBox="0 0 120 10" preserveAspectRatio="none" aria-hidden="true">'


@dataclass(frozen=True, slots=True)
class Slot:
    """One step of a chart. label: on the axis ("" for none); value: None where nothing is known; tip: everything known about it, in words."""

    label: str
    value: float | None
    estimated: bool = False
    tip: str = ""
    future: bool = False  # not due yet: left blank, no gap
    running: bool = False  # not over yet: drawn lighter


@dataclass(frozen=True, slots=True)
class Line:
    """A line over the slots of a chart. style: "data" | "basic" | "incentive" | "last-year"; name: written at its right end."""

    name: str
    values: Sequence[float | None]
    style: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows: title and description for screen readers, unit above the axis, slots, lines laid over them."""

    title: str
    desc: str
    unit: str
    slots: Sequence[Slot]
    lines: Sequence[Line] = field(default_factory=tuple)
    note: str = ""
    today: tuple[float, str] | None = None  # where the present stands, in slots from the left, and its word


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round axis marks (1, 2, 2.5, 5 × 10ⁿ apart) that enclose low..high."""
    if not high > low:
        high = low + (abs(low) or 1.0)
    raw = (high - low) / wanted
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next(m * scale for m in (1, 2, 2.5, 5, 10) if m * scale >= raw - 1e-12)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def bars(chart: Chart, *, room: int = 0) -> Markup:
    """Months or days as bars from zero, with thin lines over them; room [px] at the right for the names of the lines."""
    y, grid = axis(chart, from_zero=True)
    slots = chart.slots
    wide = _slot_width(len(slots), room)
    body = []
    for i, slot in enumerate(slots):
        x, thick = LEFT + i * wide, wide * 0.62
        if slot.future:
            continue
        if slot.value is None:
            body.append(_gap(x + wide * 0.19, thick, slot.tip))
        else:
            top, zero = y(slot.value), y(0.0)
            kind = "bar estimated" if slot.estimated else "bar running" if slot.running else "bar"
            body.append(
                f'<rect class="{kind}" x="{x + wide * 0.19:.1f}" y="{min(top, zero):.1f}" width="{thick:.1f}" '
                f'height="{max(abs(zero - top), 0.8):.1f}">{tip_of(slot.tip)}</rect>'
            )
    centres = [LEFT + (i + 0.5) * wide for i in range(len(slots))]
    over = _lines(chart.lines, centres, y, named=room > 0) + _today(chart, wide)
    return drawing(chart, grid, "".join(body) + over, _labels(slots, wide))


def _today(chart: Chart, wide: float) -> str:
    if chart.today is None:
        return ""
    x = LEFT + chart.today[0] * wide
    return (
        f'<line class="today" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text class="label" x="{x:.1f}" y="{TOP - 10}" text-anchor="middle">{escape(chart.today[1])}</text>'
    )


def area_steps(chart: Chart) -> Markup:
    """Quarter hours or hours as area steps from zero; a stretch that is not known stays open."""
    y, grid = axis(chart, from_zero=True)
    slots = chart.slots
    wide = _slot_width(len(slots))
    zero = y(0.0)
    body = []
    for first, last, kind in _runs(slots):
        x0, x1 = LEFT + first * wide, LEFT + (last + 1) * wide
        if kind == "gap":
            body.append(_gap(x0, x1 - x0, slots[first].tip))
            continue
        steps = "".join(f"V{y(slots[i].value or 0.0):.1f}H{LEFT + (i + 1) * wide:.1f}" for i in range(first, last + 1))
        body.append(f'<path class="{"area estimated" if kind == "estimated" else "area"}" d="M{x0:.1f},{zero:.1f}{steps}V{zero:.1f}Z"/>')
        edge = steps.replace("V", "M" + f"{x0:.1f},", 1)
        body.append(f'<path class="edge" d="{edge}"/>')
    hits = "".join(
        f'<rect class="hit" x="{LEFT + i * wide:.1f}" y="{TOP}" width="{wide:.1f}" height="{HEIGHT - TOP - BOTTOM}">{tip_of(slot.tip)}</rect>'
        for i, slot in enumerate(slots)
        if slot.tip
    )
    centres = [LEFT + (i + 0.5) * wide for i in range(len(slots))]
    return drawing(chart, grid, "".join(body) + _lines(chart.lines, centres, y) + hits, _labels(slots, wide))


def lines(chart: Chart) -> Markup:
    """Intensity over the months: lines with both targets, the axis not from zero; the slots only name the months."""
    y, grid = axis(chart, from_zero=False)
    wide = _slot_width(len(chart.slots), room=96)
    centres = [LEFT + (i + 0.5) * wide for i in range(len(chart.slots))]
    return drawing(chart, grid, _lines(chart.lines, centres, y, named=True), _labels(chart.slots, wide))


@dataclass(frozen=True, slots=True)
class Band:
    """Where a forecast's values lie with 80 %, by slot; None where nothing is forecast."""

    low: Sequence[float | None]
    high: Sequence[float | None]
    name: str = ""


def banded(chart: Chart, band: Band, *, from_zero: bool) -> Markup:
    """Lines with a forecast's band under them; a band of one month is as wide as its slot."""
    known = (Line("", band.low, ""), Line("", band.high, ""))
    y, grid = axis(replace(chart, lines=(*chart.lines, *known)), from_zero=from_zero)
    wide = _slot_width(len(chart.slots), room=110)
    centres = [LEFT + (i + 0.5) * wide for i in range(len(chart.slots))]
    drawn = "".join(
        f'<rect class="band" x="{x - wide * 0.4:.1f}" y="{y(high):.1f}" width="{wide * 0.8:.1f}" height="{max(y(low) - y(high), 1.0):.1f}">'
        f"{tip_of(slot.tip)}</rect>"
        for x, low, high, slot in zip(centres, band.low, band.high, chart.slots, strict=True)
        if low is not None and high is not None
    )
    return drawing(chart, grid, drawn + _lines(chart.lines, centres, y, named=True), _labels(chart.slots, wide))


def bullet(value: float | None, required: float | None) -> Markup:
    """A tile's progress: how far the cumulative fall reaches on a scale whose mark is what is required. Decorative: the numbers stand beside it."""
    if value is None or required is None or required <= 0:
        return Markup(f'{_BULLET}<rect class="track" y="3" width="120" height="4"/></svg>')  # noqa: S704
    mark = 84.0
    reach = max(0.0, min(120.0, mark * value / required))
    return Markup(  # noqa: S704
        f'{_BULLET}<rect class="track" y="3" width="120" height="4"/><rect class="fill" y="3" width="{reach:.1f}" height="4"/>'
        f'<rect class="mark" x="{mark}" y="0" width="1.5" height="10"/></svg>'
    )


def axis(chart: Chart, *, from_zero: bool) -> tuple[Callable[[float], float], str]:
    """Where a value stands [px], and the grid with its marks."""
    known = [s.value for s in chart.slots if s.value is not None] + [v for line in chart.lines for v in line.values if v is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    else:
        pad = (high - low) * 0.08 or abs(high) * 0.05
        low, high = low - pad, high + pad
    marks = ticks(low, high)
    base, span = marks[0], marks[-1] - marks[0]
    inner = HEIGHT - TOP - BOTTOM

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - base) / span * inner

    grid = "".join(
        f'<line class="{"zero" if mark == 0 else "grid"}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(mark):.1f}" y2="{y(mark):.1f}"/>'
        f'<text class="tick" x="{LEFT - 8}" y="{y(mark) + 4:.1f}" text-anchor="end">{_mark_text(mark)}</text>'
        for mark in marks
    )
    return y, grid


def _mark_text(mark: float) -> str:
    return f"{mark:,.10g}".replace("-", "−")


def _slot_width(count: int, room: int = 0) -> float:
    return (WIDTH - LEFT - RIGHT - room) / max(count, 1)


def _runs(slots: Sequence[Slot]) -> list[tuple[int, int, str]]:
    """Stretches of one kind: (first, last, "gap" | "estimated" | "measured")."""
    kinds = ["gap" if s.value is None else "estimated" if s.estimated else "measured" for s in slots]
    runs: list[tuple[int, int, str]] = []
    for i, kind in enumerate(kinds):
        if runs and runs[-1][2] == kind:
            runs[-1] = (runs[-1][0], i, kind)
        else:
            runs.append((i, i, kind))
    return runs


def _gap(x: float, wide: float, tip: str) -> str:
    return f'<rect class="gap" x="{x:.1f}" y="{TOP}" width="{wide:.1f}" height="{HEIGHT - TOP - BOTTOM}">{tip_of(tip)}</rect>'


def tip_of(tip: str) -> str:
    return f"<title>{escape(tip)}</title>" if tip else ""


def _labels(slots: Sequence[Slot], wide: float) -> str:
    return "".join(
        f'<text class="tick" x="{LEFT + (i + 0.5) * wide:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(slot.label)}</text>'
        for i, slot in enumerate(slots)
        if slot.label
    )


def _lines(drawn: Sequence[Line], centres: Sequence[float], y: Callable[[float], float], *, named: bool = False) -> str:
    parts, labels = [], list[tuple[float, float, str, str]]()
    for line in drawn:
        pieces, pen = [], "M"
        for x, value in zip(centres, line.values, strict=False):
            if value is None:
                pen = "M"
                continue
            pieces.append(f"{pen}{x:.1f},{y(value):.1f}")
            pen = "L"
        if not pieces:
            continue
        parts.append(f'<path class="line {line.style}" d="{"".join(pieces)}"/>')
        known = [(x, v) for x, v in zip(centres, line.values, strict=False) if v is not None]
        if line.style == "data":
            parts += [f'<circle class="dot" cx="{x:.1f}" cy="{y(v):.1f}" r="3">{tip_of(f"{line.name} {number(v)}")}</circle>' for x, v in known]
        labels.append((y(known[-1][1]), known[-1][0], line.style, f"{line.name} {number(known[-1][1], 3)}"))
    return "".join(parts) + ("".join(_line_labels(labels)) if named else "")


def _line_labels(labels: list[tuple[float, float, str, str]]) -> Iterator[str]:
    """Names at the right ends of lines, the upper line's above, none over another."""
    lowest = -math.inf
    for end, x, style, text in sorted(labels):
        at = lowest = max(end, lowest + 14)
        yield f'<text class="label {style}" x="{x + 10:.1f}" y="{at + 4:.1f}">{escape(text)}</text>'


def drawing(chart: Chart, grid: str, body: str, labels: str) -> Markup:
    """One drawing; every text that comes from outside was escaped on its way in."""
    return Markup(  # noqa: S704
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(chart.title)}: {escape(chart.desc)}">'
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="hatch-ground" width="6" height="6"/><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>'
        f'<text class="unit" x="0" y="14">{escape(chart.unit)}</text>'
        f"{grid}{body}{labels}</svg>"
    )
