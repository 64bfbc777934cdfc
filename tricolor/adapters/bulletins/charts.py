"""Charts of the bulletin by matplotlib: the colours and meanings of the board, told apart by hatching and dashes on a black-and-white print too."""

import math
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from tricolor.adapters.bulletins.fonts import BulletinFonts, library
from tricolor.domain.document_print import LIGHT_COLOUR, plain, series_words
from tricolor.domain.documents import ChartKind, ChartSeries, DocumentChart
from tricolor.domain.lights import Light

WIDTH_MM, HEIGHT_MM, MAX_HEIGHT_MM, MM_PER_INCH = 150.0, 64.0, 190.0, 25.4
ROW_MM = 7.0  # of a bar that lies
PNG_DPI = 220
LONG_NAMES, MANY = 55, 9  # more signs below the axis or more bars than these make the bars lie
MAX_TICKS = 16
INK, LINES, ACCENT, GREY = "#1B2420", "#D8DDD9", "#1F6FEB", "#8A938E"
HATCH: Mapping[Light, str] = {Light.RED: "////", Light.ORANGE: "xxx", Light.YELLOW: "---", Light.GREEN: "", Light.GREY: "\\\\\\\\"}
PLAIN_COLOURS = (ACCENT, INK, "#7A4EA3", "#0F766E", "#9A3412")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (7, 2, 1, 2)), (0, (3, 1)))
MARKERS = ("o", "s", "^", "D", "v")
NOT_OF_LOOKS = ("backend", "interactive", "toolbar", "webagg", "tk.", "savefig.directory", "docstring", "figure.max_open", "timezone", "datapath")
_ONE_AT_A_TIME = threading.Lock()  # matplotlib's settings are of the process
_KNOWN_FILES: set[str] = set()


@dataclass(frozen=True, slots=True)
class _Key:
    """What the legend shows of one series."""

    handle: Any
    words: str


def chart_svg(chart: DocumentChart, fonts: BulletinFonts) -> str:
    """The chart for the .pdf; its words stay words, so that they can be searched and copied."""
    return _drawn(chart, fonts, "svg").decode("utf-8")


def chart_png(chart: DocumentChart, fonts: BulletinFonts) -> bytes:
    """The chart for the .docx, 150 mm wide at 220 dots an inch."""
    return _drawn(chart, fonts, "png")


def _drawn(chart: DocumentChart, fonts: BulletinFonts, form: str) -> bytes:
    matplotlib, figures = library("matplotlib"), library("matplotlib.figure")
    with _ONE_AT_A_TIME:
        _know(fonts)
        with matplotlib.rc_context(_settings(matplotlib, fonts)):
            height = _height_mm(chart)
            figure = figures.Figure(figsize=(WIDTH_MM / MM_PER_INCH, height / MM_PER_INCH), layout="constrained")
            axes = figure.subplots()
            _draw(axes, chart)
            written = BytesIO()
            bare: dict[str, None] = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # a sign that no font has is a box, as in the text
                figure.savefig(written, format=form, dpi=PNG_DPI, metadata=bare)
            return written.getvalue()


def _know(fonts: BulletinFonts) -> None:
    manager = library("matplotlib.font_manager").fontManager
    for path in fonts.files:
        if path not in _KNOWN_FILES:
            manager.addfont(path)
            _KNOWN_FILES.add(path)


def _settings(matplotlib: Any, fonts: BulletinFonts) -> dict[str, object]:
    return {
        **{name: value for name, value in dict.items(matplotlib.rcParamsDefault) if not name.startswith(NOT_OF_LOOKS)},
        "svg.hashsalt": "tricolor", "svg.fonttype": "none", "text.parse_math": False, "axes.unicode_minus": True,
        "font.family": [fonts.families["chart"], "DejaVu Sans"], "font.size": 8, "hatch.linewidth": 0.6,
        "axes.edgecolor": GREY, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
        "axes.linewidth": 0.6,
    }  # fmt: skip


def _height_mm(chart: DocumentChart) -> float:
    return min(max(HEIGHT_MM, 20 + ROW_MM * len(chart.categories)), MAX_HEIGHT_MM) if _lies(chart) else HEIGHT_MM


def _lies(chart: DocumentChart) -> bool:
    """Whether bars of lights lie: their names would not fit below standing ones."""
    longest = max((len(name) for name in chart.categories), default=0)
    return chart.kind is ChartKind.LIGHTS and (len(chart.categories) > MANY or len(chart.categories) * longest > LONG_NAMES)


def _draw(axes: Any, chart: DocumentChart) -> None:
    values = [[_value(v) for v in series.values] for series in chart.series]
    if not chart.categories or not any(math.isfinite(v) for row in values for v in row):
        axes.set_axis_off()
        axes.text(0.5, 0.5, "暂无数据", ha="center", va="center", color=GREY, fontsize=11, transform=axes.transAxes)
        return
    keys = _PAINT[chart.kind](axes, chart)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    lies = _lies(chart)
    axes.grid(axis="x" if lies else "y", color=LINES, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(length=2, width=0.6)
    _scale(axes, chart, lies)
    if keys:
        axes.legend(
            [key.handle for key in keys], [_shown(key.words) for key in keys], loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(len(keys), 5),
            frameon=False, fontsize=8, borderaxespad=0.2, handlelength=2.6, columnspacing=1.4,
        )  # fmt: skip


def _scale(axes: Any, chart: DocumentChart, lies: bool) -> None:
    names = [plain(name) for name in chart.categories]
    step = 1 if lies else max(1, math.ceil(len(names) / MAX_TICKS))
    places = list(range(0, len(names), step))
    if lies:
        axes.set_yticks(places, [names[p] for p in places], fontsize=8 if len(names) <= 25 else 5)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlabel(plain(chart.unit), fontsize=8)
    else:
        crowded = sum(len(names[p]) for p in places) > 60
        axes.set_xticks(places, [names[p] for p in places], rotation=30 if crowded else 0, ha="right" if crowded else "center")
        axes.set_xlim(-0.6, len(names) - 0.4)
        if chart.unit:
            axes.set_ylabel(plain(chart.unit), fontsize=8)
    tickers = library("matplotlib.ticker")
    along = axes.xaxis if lies else axes.yaxis
    if chart.kind is ChartKind.LIGHTS:
        along.set_major_locator(tickers.MaxNLocator(integer=True, nbins=6))
    along.set_major_formatter(tickers.FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "−")))


def _value(value: float | None) -> float:
    return math.nan if value is None or not math.isfinite(value) else float(value)


def _shown(words: str) -> str:
    words = plain(words)
    return " " + words if words.startswith("_") else words  # matplotlib hides names that begin with _


def _padded(series: ChartSeries, chart: DocumentChart) -> list[float]:
    known = [_value(v) for v in series.values[: len(chart.categories)]]
    return known + [math.nan] * (len(chart.categories) - len(known))


def _lights(axes: Any, chart: DocumentChart) -> list[_Key]:
    """Counts piled up in the order of the series, each with its number inside."""
    lies, keys = _lies(chart), []
    base = [0.0] * len(chart.categories)
    most = max(sum(v for v in column if math.isfinite(v)) for column in zip(*(_padded(s, chart) for s in chart.series), strict=True)) or 1.0
    for series in chart.series:
        counts = [0.0 if math.isnan(v) else v for v in _padded(series, chart)]
        light = Light(series.role) if series.role in set(Light) else Light.GREY
        look = {"facecolor": LIGHT_COLOUR[light], "hatch": HATCH[light], "edgecolor": "white", "linewidth": 0.6}
        places = range(len(counts))
        bars = axes.barh(places, counts, 0.66, left=base, **look) if lies else axes.bar(places, counts, 0.62, bottom=base, **look)
        for place, count in enumerate(counts):
            if count >= most * 0.03:
                middle = base[place] + count / 2
                x, y = (middle, place) if lies else (place, middle)
                box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
                axes.text(x, y, f"{count:,.10g}", ha="center", va="center", fontsize=7, bbox=box)
        base = [b + c for b, c in zip(base, counts, strict=True)]
        keys.append(_Key(bars, series_words(series)))
    return keys


def _bars(axes: Any, chart: DocumentChart) -> list[_Key]:
    """Bars side by side; further series are lines over them."""
    bars = [series for series in chart.series if series.role == "bar" or series.role in set(Light)]
    keys, wide = [], 0.72 / max(1, len(bars))
    for place, series in enumerate(bars):
        at = [x - 0.36 + wide * (place + 0.5) for x in range(len(chart.categories))]
        light = Light(series.role) if series.role in set(Light) else None
        face = LIGHT_COLOUR[light] if light else ("#5B7FA6", "#C9D6E5", "#8FB3A3", "#D9C9A8")[place % 4]
        hatch = HATCH[light] if light else ("", "////", "....", "xxx")[place % 4]
        drawn = axes.bar(at, _padded(series, chart), wide * 0.94, facecolor=face, hatch=hatch, edgecolor=INK if not light else "white", linewidth=0.4)
        keys.append(_Key(drawn, series_words(series)))
    axes.axhline(0, color=INK, linewidth=0.6)
    return keys + _paths(axes, chart, [series for series in chart.series if series not in bars])


def _lines(axes: Any, chart: DocumentChart) -> list[_Key]:
    return _paths(axes, chart, chart.series)


def _band(axes: Any, chart: DocumentChart) -> list[_Key]:
    """Lines over the band between the series low and high."""
    low, high = (next((s for s in chart.series if s.role == role), None) for role in ("low", "high"))
    if low is None or high is None:
        return _lines(axes, chart)
    drawn = axes.fill_between(
        range(len(chart.categories)),
        _padded(low, chart),
        _padded(high, chart),
        facecolor="#1F6FEB2E",
        hatch="\\\\\\",
        edgecolor="#1F6FEB80",
        linewidth=0.3,
    )
    lines = _paths(axes, chart, [series for series in chart.series if series.role not in ("low", "high")])
    return [*lines, _Key(drawn, f"{low.name}—{high.name}")]


def _paths(axes: Any, chart: DocumentChart, rows: Sequence[ChartSeries]) -> list[_Key]:
    """A target is a line without marks (the first solid, the next dashed), last year a thin one, others carry marks."""
    keys, targets, others = [], 0, 0
    for series in rows:
        if series.role == "target":
            look: dict[str, Any] = {"color": INK, "linestyle": DASHES[min(targets, 4)], "linewidth": 1.4}
            targets += 1
        elif series.role == "last_year":
            look = {"color": GREY, "linewidth": 0.8, "linestyle": "-", "marker": ".", "markersize": 3}
        elif series.role in set(Light):
            look = {"color": LIGHT_COLOUR[Light(series.role)], "linewidth": 1.4, "marker": MARKERS[others % 5], "markersize": 3.5}
            others += 1
        else:
            look = {"color": PLAIN_COLOURS[others % 5], "linestyle": DASHES[others % 5], "linewidth": 1.4}
            look |= {"marker": MARKERS[others % 5], "markersize": 3.5}
            others += 1
        (drawn,) = axes.plot(range(len(chart.categories)), _padded(series, chart), **look)
        keys.append(_Key(drawn, series_words(series)))
    return keys


_PAINT: Mapping[ChartKind, Callable[[Any, DocumentChart], list[_Key]]] = {
    ChartKind.LIGHTS: _lights, ChartKind.BARS: _bars, ChartKind.LINES: _lines, ChartKind.BAND: _band,
}  # fmt: skip
