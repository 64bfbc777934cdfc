"""Charts of the bulletin: the board's colours, told apart without colour too, and gaps where nothing is known."""

import re
from dataclasses import replace
from functools import cache
from io import BytesIO

import pytest
from PIL import Image

from tests.bulletinfiles.example_bulletin import COUNTS, ENERGY, FORECAST, LOSSES
from tests.bulletinfiles.odd_texts import ODD
from tricolor.adapters.bulletins.charts import chart_png, chart_svg
from tricolor.adapters.bulletins.fonts import bulletin_fonts
from tricolor.domain.documents import ChartKind, ChartSeries, DocumentChart


@cache
def svg(chart: DocumentChart) -> str:
    return chart_svg(chart, bulletin_fonts())


def words_in(drawn: str) -> list[str]:
    return [re.sub(r"<[^>]*>", "", words) for words in re.findall(r"<text[^>]*>(.*?)</text>", drawn, flags=re.DOTALL)]


def test_lights_have_the_colours_of_the_board_and_hatching_of_their_own() -> None:
    drawn = svg(COUNTS)
    for colour in ("#c8322b", "#d9601a", "#d98e04", "#2e8b57", "#8a938e"):
        assert f'fill="{colour}"' in drawn or f"fill: {colour}" in drawn, colour
    patterns = re.findall(r"<pattern.*?</pattern>", drawn, flags=re.DOTALL)
    # four of five are hatched, green is plain; no two alike, so a black-and-white print still reads
    assert len(patterns) == 4
    assert len({re.search(r' d="([^"]*)"', pattern)[1] for pattern in patterns}) == 4  # type: ignore[index]


def test_the_legend_of_lights_names_shape_and_word() -> None:
    assert {"● 红", "◆ 橙", "▲ 黄", "■ 绿", "◌ 灰"} <= set(words_in(svg(COUNTS)))


def test_counts_stand_in_their_bars_and_names_below() -> None:
    words = words_in(svg(COUNTS))
    assert {"21", "18", "25"} <= set(words)
    assert set(COUNTS.categories) <= set(words)


def test_names_too_long_to_stand_make_the_bars_lie() -> None:
    names = tuple(f"名称很长的第{n}个工业园区" for n in range(5))
    upright, lying = (
        Image.open(BytesIO(chart_png(COUNTS, bulletin_fonts()))),
        Image.open(BytesIO(chart_png(replace(COUNTS, categories=names * 4), bulletin_fonts()))),
    )
    assert lying.width == upright.width
    assert lying.height > upright.height * 1.8  # 20 bars of 7 mm and 20 mm more, against 64 mm
    assert set(names) <= set(words_in(svg(replace(COUNTS, categories=names))))


@pytest.mark.parametrize("chart", [ENERGY, FORECAST, LOSSES], ids=lambda chart: chart.kind.value)
def test_every_series_is_named_and_words_stay_words(chart: DocumentChart) -> None:
    whole = " ".join(words_in(svg(chart)))
    for series in chart.series:
        assert series.name in whole, series.name
    assert chart.unit in whole


def test_a_gap_is_left_where_nothing_is_known() -> None:
    one = replace(LOSSES, series=(ChartSeries("甲", "line", (1.0, 2.0, None, None, 5.0, 6.0)),), categories=tuple("一二三四五六"))
    whole = replace(one, series=(ChartSeries("甲", "line", (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),))

    def strokes(chart: DocumentChart) -> int:
        """How often the pen of the series is put down."""
        (path,) = re.findall(r'<path d="([^"]*)"[^>]*style="fill: none; stroke: #1f6feb', svg(chart))[:1]
        return path.count("M ")

    assert (strokes(one), strokes(whole)) == (2, 1)


def test_zero_is_the_foot_of_bars_and_not_of_lines() -> None:
    assert "0" in words_in(svg(ENERGY))
    assert "0" not in words_in(svg(LOSSES))


@pytest.mark.parametrize("kind", list(ChartKind))
@pytest.mark.parametrize(
    ("categories", "values"),
    [((), ()), (("1月", "2月"), (None, None)), (("1月",), (float("nan"),)), (("1月", "2月", "3月"), ())],
    ids=["no months", "all unknown", "not a number", "no values"],
)
def test_a_chart_without_a_number_says_so(kind: ChartKind, categories: tuple[str, ...], values: tuple[float | None, ...]) -> None:
    assert words_in(svg(DocumentChart("图", "图", kind, categories, (ChartSeries("甲", "bar", values),)))) == ["暂无数据"]


@pytest.mark.parametrize("kind", list(ChartKind))
def test_a_chart_of_one_point_is_drawn(kind: ChartKind) -> None:
    series = (ChartSeries("甲", "red", (3.0,)), ChartSeries("下限", "low", (2.0,)), ChartSeries("上限", "high", (4.0,)))
    assert "1月" in words_in(svg(DocumentChart("图", "图", kind, ("1月",), series)))


def test_odd_names_stand_as_they_are_and_a_name_with_an_underscore_is_not_hidden() -> None:
    series = tuple(ChartSeries(odd, "line", (1.0, 2.0)) for odd in (*ODD[:5], "_甲"))
    words = " ".join(words_in(svg(DocumentChart("图", "图", ChartKind.LINES, ("$1$", "<2>"), series))))
    for name in ("#set page(width: 1pt)", "$x^2$", "&lt;br&gt;&amp;amp;", "\\n\\u{41}", "_甲", "$1$", "&lt;2&gt;"):
        assert name in words, name


def test_the_picture_has_enough_dots_for_print_and_no_date() -> None:
    picture = Image.open(BytesIO(chart_png(ENERGY, bulletin_fonts())))
    assert picture.width == pytest.approx(150 / 25.4 * 220, abs=1)
    assert set(picture.info) <= {"dpi"}
