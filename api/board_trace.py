"""A register's readings against true time, with the stretch that is asked about marked: server-side SVG like the other charts."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from markupsafe import Markup

from api.board_charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, Slot, axis, drawing, tip_of
from api.board_words import Words, exact, moment_s
from api.item_evidence import ReadingAround
from tricolor.domain.intervals import CELL_US, DAY_US, HOUR_US, from_us

MAX_LABELS = 7
_APART_US = (CELL_US, HOUR_US, 2 * HOUR_US, 3 * HOUR_US, 6 * HOUR_US, 12 * HOUR_US, *(n * DAY_US for n in (1, 2, 5, 10, 20, 60, 180, 365)))
_LARGE = (1e10, 1e8, "1e8"), (1e6, 1e4, "1e4")


def trace(readings: Sequence[ReadingAround], jump: tuple[int, int], unit: str, title: str, t: Words) -> Markup | None:
    """The readings as dots in the order of time, the jump [µs, µs] banded and its line dashed; None when there are fewer than two."""
    if len(readings) < 2:
        return None
    scale, shown_unit = _scaled(max(abs(r.value) for r in readings), unit, t)
    first, last = min(readings[0].at, jump[0]), max(readings[-1].at, jump[1])
    y, grid = axis(Chart(title, "", "", [Slot("", r.value / scale) for r in readings]), from_zero=_near_zero(readings))

    def x(at: int) -> float:
        return LEFT + (at - first) / max(1, last - first) * (WIDTH - LEFT - RIGHT)

    wide = max(2.0, x(jump[1]) - x(jump[0]))
    body = [f'<rect class="asked" x="{x(jump[0]):.1f}" y="{TOP}" width="{wide:.1f}" height="{HEIGHT - TOP - BOTTOM}"/>']
    kept = [r for r in readings if r.place != "within"]
    for one, two in pairwise(kept):
        style = "jump" if one.place == "before" and two.place == "after" else "data"
        d = f"M{x(one.at):.1f},{y(one.value / scale):.1f}L{x(two.at):.1f},{y(two.value / scale):.1f}"
        body.append(f'<path class="line {style}" d="{d}"/>')
    for r in readings:
        tip = f"{moment_s(r.at)}  {exact(r.value, 6)} {t.unit(unit)}"
        style = "dot aside" if r.place == "within" else "dot"
        body.append(f'<circle class="{style}" cx="{x(r.at):.1f}" cy="{y(r.value / scale):.1f}" r="3">{tip_of(tip)}</circle>')
    desc = t(f"{len(readings)} 个读数，{moment_s(first)} 至 {moment_s(last)}", f"{len(readings)} readings, {moment_s(first)} to {moment_s(last)}")
    labels = "".join(
        f'<text class="tick" x="{x(at):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(text)}</text>' for at, text in _marks(first, last)
    )
    return drawing(Chart(title, desc, shown_unit, []), grid, "".join(body), labels)


def _near_zero(readings: Sequence[ReadingAround]) -> bool:
    """Whether a margin below the lowest value would reach under zero, where no register goes."""
    low, high = min(r.value for r in readings), max(r.value for r in readings)
    return 0 <= low <= 0.25 * high


def _scaled(largest: float, unit: str, t: Words) -> tuple[float, str]:
    """What values are divided by so that the marks of the axis stay short, and the unit they then have."""
    for limit, scale, power in _LARGE:
        if largest >= limit:
            zh, en = {"1e8": ("亿", "10⁸ "), "1e4": ("万", "10⁴ ")}[power]
            return scale, t(zh, en) + t.unit(unit)
    return 1.0, t.unit(unit)


def _marks(first: int, last: int) -> list[tuple[int, str]]:
    """Round moments of Asia/Shanghai between the ends, at most MAX_LABELS."""
    apart = next((a for a in _APART_US if (last - first) / a <= MAX_LABELS), 365 * DAY_US)
    offset = 8 * HOUR_US
    at = -(-(first + offset) // apart) * apart - offset
    found = []
    while at <= last:
        when = from_us(at)
        found.append((at, when.strftime("%H:%M" if apart < DAY_US and when.hour + when.minute else "%m-%d")))
        at += apart
    return found
