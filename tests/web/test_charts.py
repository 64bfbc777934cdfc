"""What a drawing may never do: show missing energy as zero, hide an estimate, or let a name break out of it."""

import re
from xml.etree import ElementTree

import pytest

from api.board_charts import Chart, Line, Slot, area_steps, bars, bullet, lines, ticks


def parsed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [e for e in root.iter() if name in (e.get("class") or "").split()]


def chart(*slots: Slot, drawn: tuple[Line, ...] = ()) -> Chart:
    return Chart("t", "d", "tce", slots, drawn)


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [(0, 100, [0, 25, 50, 75, 100]), (0, 9, [0, 2.5, 5, 7.5, 10]), (0.89, 0.93, [0.89, 0.9, 0.91, 0.92, 0.93]), (-4, 4, [-4, -2, 0, 2, 4])],
)
def test_ticks_are_round_and_enclose_the_range(low: float, high: float, marks: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(marks)


def test_ticks_of_a_flat_or_empty_range_still_make_an_axis() -> None:
    assert len(ticks(0, 0)) >= 2 and len(ticks(5, 5)) >= 2


def test_a_month_that_is_not_known_is_a_gap_and_not_a_bar_of_zero() -> None:
    root = parsed(bars(chart(Slot("1", 10.0), Slot("2", None), Slot("3", 0.0), Slot("4", None, future=True))))
    assert len(of_class(root, "bar")) == 2  # January and the true zero of March
    assert len(of_class(root, "gap")) == 1  # February; April is not due yet


def test_bars_stand_on_zero_in_proportion() -> None:
    tall, half = of_class(parsed(bars(chart(Slot("1", 100.0), Slot("2", 50.0)))), "bar")
    assert float(tall.get("height", 0)) == pytest.approx(2 * float(half.get("height", 0)), rel=0.01)
    assert float(tall.get("y", 0)) + float(tall.get("height", 0)) == pytest.approx(float(half.get("y", 0)) + float(half.get("height", 0)), abs=0.2)


def test_estimated_energy_is_hatched_in_bars_and_areas() -> None:
    slots = (Slot("1", 1.0), Slot("2", 2.0, estimated=True), Slot("3", None))
    assert len(of_class(parsed(bars(chart(*slots))), "estimated")) == 1
    root = parsed(area_steps(chart(*slots)))
    assert [len(of_class(root, name)) for name in ("area", "estimated", "gap")] == [2, 1, 1]


def test_a_line_breaks_where_a_month_is_not_known() -> None:
    root = parsed(lines(chart(Slot("1", None), Slot("2", None), Slot("3", None), drawn=(Line("x", [1.0, None, 2.0], "data"),))))
    path = of_class(root, "line")[0].get("d", "")
    assert path.count("M") == 2 and "L" not in path


def test_two_targets_close_together_keep_their_names_apart_with_the_higher_above() -> None:
    drawn = (Line("basic", [3.08] * 2, "basic"), Line("incentive", [3.20] * 2, "incentive"))
    labels = of_class(parsed(lines(chart(Slot("1", None), Slot("2", None), drawn=drawn))), "label")
    names = {(e.text or "").split()[0]: float(e.get("y", 0)) for e in labels}
    assert names["basic"] - names["incentive"] >= 14


def test_names_cannot_break_out_of_the_drawing() -> None:
    evil = '"><script>x</script>'
    drawing = bars(Chart(evil, evil, evil, [Slot(evil, 1.0, tip=evil)], [Line(evil, [1.0], "last-year")]))
    assert "<script" not in drawing
    parsed(drawing)


def test_no_drawing_carries_colours_or_styles_of_its_own() -> None:
    drawing = bars(chart(Slot("1", 1.0))) + area_steps(chart(Slot("1", 1.0))) + bullet(1.0, 2.0)
    assert not re.search(r'style=|fill="|stroke="|#[0-9a-f]{6}', drawing)


def test_a_bullet_reaches_its_mark_exactly_when_the_requirement_is_met_and_shows_no_length_for_a_rise() -> None:
    def length(value: float) -> float:
        return float(of_class(parsed(bullet(value, 2.0)), "fill")[0].get("width", -1))

    assert length(2.0) == 84.0 and length(1.0) == 42.0 and length(-1.0) == 0.0 and length(100.0) == 120.0
    assert not of_class(parsed(bullet(None, 2.0)), "fill")
