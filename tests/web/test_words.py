"""How the board writes numbers, times and lights; answers worked by hand."""

import pytest

from api.board_words import Words, exact, fixed, number, share, short_moment, start_moment
from tricolor.domain.intervals import DAY_US, HOUR_US, MINUTE_US, parse_us
from tricolor.domain.lights import Light

ZH, EN = Words("zh"), Words("en")
NOON = parse_us("2026-11-20T12:00:00+08:00")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1234567.0, "1,235,000"),
        (12345.6, "12,350"),
        (978.4, "978.4"),
        (3.14159, "3.142"),
        (-1.1, "−1.100"),
        (0.05, "0.05"),
        (999.96, "1,000"),
        (None, "—"),
        (float("nan"), "—"),
    ],
)
def test_a_board_number_has_four_significant_digits_thousands_and_a_true_minus(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_percentage_has_three_digits_and_seconds_are_said_as_hours() -> None:
    assert ZH.quantity(-1.1, "%") == "−1.10 %"
    assert ZH.quantity(978.4, "kgce/t") == "978.4 kgce/t"
    assert (ZH.quantity(3600, "s"), EN.quantity(90_000, "s"), ZH.quantity(0, "s")) == ("1 小时", "1 d", "0 秒")
    assert (ZH.quantity(0.147, "h"), ZH.quantity(4.0, "h"), ZH.quantity(0.005, "h")) == ("8 分钟", "4 小时", "18 秒")
    assert ZH.quantity(None, "%") == "—"


def test_table_numbers_keep_their_decimals_and_a_tiny_one_is_not_rounded_to_zero() -> None:
    assert exact(12_345.6789) == "12,345.679"
    assert exact(0.00004) == "4e−05"
    assert (fixed(7.0), fixed(-1234.567), fixed(None)) == ("7.00", "−1,234.57", "—")


def test_a_share_is_never_rounded_up_to_a_limit_it_does_not_reach() -> None:
    assert (share(0.9499), share(0.95), share(1.0), share(None)) == ("94.9 %", "95 %", "100 %", "—")


def test_times_are_of_asia_shanghai_and_as_long_as_they_need_to_be() -> None:
    assert short_moment(NOON, NOON) == "12:00"
    assert short_moment(NOON - 20 * HOUR_US, NOON) == "11-19 16:00"
    assert short_moment(parse_us("2025-12-31T23:00:00+08:00"), NOON) == "2025-12-31"
    assert start_moment(NOON - 47 * HOUR_US, NOON) == "11-18 13:00"
    assert start_moment(NOON - 3 * DAY_US, NOON) == "11-17"


def test_an_age_is_its_largest_whole_unit() -> None:
    assert ZH.age(NOON - 17 * DAY_US - 5 * HOUR_US, NOON) == "17 天"
    assert EN.age(NOON - 59 * MINUTE_US, NOON) == "59 min"
    assert ZH.age(NOON + HOUR_US, NOON) == "不到 1 分钟"
    assert ZH.age(None, NOON) == "未知"


def test_a_light_is_a_shape_and_a_word_in_both_languages() -> None:
    assert [ZH.light(x) for x in (Light.RED, Light.YELLOW, Light.GREEN, Light.GREY)] == ["● 红 超标", "▲ 黄 滞后", "■ 绿 正常", "◌ 灰 未知"]
    assert EN.light(Light.RED) == "● red off track"


def test_units_are_written_as_people_read_them() -> None:
    assert (ZH.unit("tce/1e4CNY"), EN.unit("tce/1e4CNY"), ZH.unit("m3"), ZH.unit("degC"), ZH.unit("kgCO2/kWh")) == (
        "tce/万元",
        "tce/10⁴ CNY",
        "m³",
        "℃",
        "kgCO₂/kWh",
    )


def test_periods_are_words() -> None:
    assert (ZH.period("now"), ZH.period("2026-01..2026-10"), EN.period("2026")) == ("当前", "2026-01 至 2026-10", "2026")
