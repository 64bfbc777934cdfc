"""One chart for a phone: 340 px wide, few words, names under it; the same meanings and classes as the wallboard's charts."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

from markupsafe import Markup

from api.board_charts import Chart, Line, ticks
from api.board_words import number

WIDTH: Final = 340
HEIGHT: Final = 168
LEFT, RIGHT, TOP, BOTTOM = 44, 6, 18, 20
LABELS_MAX: Final = 7
Kind = Literal["bars", "steps", "lines"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawing with its title and the names of its lines, each with its style and last value."""

    title: str
    unit: str
    svg: Markup
    names: tuple[tuple[str, str, str], ...]
    note: str = ""


def draw(chart: Chart, kind: Kind, note: str = "") -> Drawn:
    """kind: amounts from zero as bars or as steps; lines only, the axis not from zero."""
    y, grid = _axis(chart, from_zero=kind != "lines")
    wide = (WIDTH - LEFT - RIGHT) / max(len(chart.slots), 1)
    body = "" if kind == "lines" else _columns(chart, y, wide, share=0.66 if kind == "bars" else 1.0)
    body += "".join(_path(line, y, wide) for line in chart.lines)
    if chart.today is not None:
        x = LEFT + chart.today[0] * wide
        body += f'<line class="today" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
    svg = Markup(  # noqa: S704 every text that comes from outside is escaped on its way in
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(chart.title)}: {escape(chart.desc)}">'
        f"{grid}{body}{_labels(chart, wide)}</svg>"
    )
    names = tuple((line.style, line.name, _last(line)) for line in chart.lines if any(v is not None for v in line.values))
    return Drawn(chart.title, chart.unit, svg, names, note or chart.note)


def against(value: float, limit: float, words: tuple[str, str, str], unit: str) -> Drawn:
    """A value beside its limit, where nothing better can be drawn. words: title, name of the value, name of the limit."""
    if unit == "1":  # a share is printed as a percentage, here as everywhere
        value, limit, unit = value * 100, limit * 100, "%"
    top = max(abs(value), abs(limit)) or 1.0
    rows = []
    for i, (name, amount, style) in enumerate(((words[1], value, "bar"), (words[2], limit, "bar limit"))):
        at, long = 8 + i * 40, max(abs(amount) / top * 224, 1.0)
        inside = number(amount)
        rows.append(
            f'<text class="name" x="0" y="{at + 17}">{escape(name)}</text><rect class="{style}" x="44" y="{at}" width="{long:.1f}" height="24"/>'
            f'<text class="tick" x="{44 + long + 6:.1f}" y="{at + 16}">{escape(inside)}</text>'
        )
    said = f"{escape(words[0])}: {escape(words[1])} {number(value)}, {escape(words[2])} {number(limit)} {escape(unit)}"
    svg = Markup(f'<svg class="chart" viewBox="0 0 {WIDTH} 80" role="img" aria-label="{said}">{"".join(rows)}</svg>')  # noqa: S704
    return Drawn(words[0], unit, svg, ())


def _axis(chart: Chart, *, from_zero: bool) -> tuple[Callable[[float], float], str]:
    known = [s.value for s in chart.slots if s.value is not None] + [v for line in chart.lines for v in line.values if v is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    marks = ticks(low, high, 3)
    base, span = marks[0], marks[-1] - marks[0]

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - base) / span * (HEIGHT - TOP - BOTTOM)

    grid = "".join(
        f'<line class="{"zero" if mark == 0 else "grid"}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(mark):.1f}" y2="{y(mark):.1f}"/>'
        f'<text class="tick" x="{LEFT - 5}" y="{y(mark) + 4:.1f}" text-anchor="end">{_mark(mark)}</text>'
        for mark in marks
    )
    return y, grid


def _mark(mark: float) -> str:
    short = f"{mark / 1e6:,.10g}M" if abs(mark) >= 1e6 else f"{mark:,.10g}"
    return short.replace("-", "−")


def _columns(chart: Chart, y: Callable[[float], float], wide: float, share: float) -> str:
    found, zero, aside = [], y(0.0), wide * (1 - share) / 2
    for i, slot in enumerate(chart.slots):
        x, thick = LEFT + i * wide + aside, wide * share
        if slot.future:
            continue
        if slot.value is None:
            found.append(f'<rect class="gap" x="{x:.1f}" y="{TOP}" width="{thick:.1f}" height="{HEIGHT - TOP - BOTTOM}"/>')
            continue
        kind = "bar estimated" if slot.estimated else "bar"
        top = y(slot.value)
        found.append(f'<rect class="{kind}" x="{x:.1f}" y="{min(top, zero):.1f}" width="{thick:.2f}" height="{max(abs(zero - top), 0.8):.1f}"/>')
    return "".join(found)


def _path(line: Line, y: Callable[[float], float], wide: float) -> str:
    pieces, dots, pen = [], [], "M"
    for i, value in enumerate(line.values):
        if value is None:
            pen = "M"
            continue
        x = LEFT + (i + 0.5) * wide
        pieces.append(f"{pen}{x:.1f},{y(value):.1f}")
        dots.append((x, y(value)))
        pen = "L"
    if not pieces:
        return ""
    dot = ""
    if line.style == "data" and len(dots) <= 24:
        dot = "".join(f'<circle class="dot" cx="{x:.1f}" cy="{at:.1f}" r="2.5"/>' for x, at in dots)
    return f'<path class="line {line.style}" d="{"".join(pieces)}"/>{dot}'


def _labels(chart: Chart, wide: float) -> str:
    """At most LABELS_MAX, evenly chosen."""
    named = [(i, slot.label) for i, slot in enumerate(chart.slots) if slot.label]
    every = -(-len(named) // LABELS_MAX) or 1
    return "".join(
        f'<text class="tick" x="{min(LEFT + (i + 0.5) * wide, WIDTH - 16):.1f}" y="{HEIGHT - 5}" text-anchor="middle">{escape(label)}</text>'
        for i, label in named[::every]
    )


def _last(line: Line) -> str:
    return number(next(v for v in reversed(line.values) if v is not None), 3)
