"""How forecasts are said to people."""

from typing import Final

METHODS: Final[dict[str, tuple[str, str]]] = {
    "seasonal_naive": ("季节朴素（上年同月）", "seasonal naive (same month of last year)"),
    "seasonal_drift": ("季节加漂移", "seasonal with drift"),
    "calendar_growth": ("同比增速，计春节与天数", "growth with Spring Festival and days"),
    "ets": ("指数平滑 ETS", "exponential smoothing (ETS)"),
    "arima": ("季节 ARIMA，计春节", "seasonal ARIMA with Spring Festival"),
    "electricity": ("用电量回归", "regression on electricity"),
    "mean": ("各方法平均", "mean of the methods"),
    "known": ("全年已知", "the whole year is known"),
}
QUANTITIES: Final[dict[str, tuple[str, str]]] = {
    "energy": ("能耗", "Energy"),
    "co2": ("二氧化碳", "CO2"),
    "gdp": ("地区生产总值", "GDP"),
    "value_added": ("工业增加值", "Value added"),
    "intensity": ("能耗强度", "Energy intensity"),
    "carbon_intensity": ("碳排放强度", "Carbon intensity"),
}
INDICATORS: Final[dict[str, tuple[str, str]]] = {
    "basic": ("基本目标", "basic target"),
    "incentive": ("激励目标", "incentive target"),
    "carbon:basic": ("碳强度基本目标", "basic carbon target"),
    "carbon:incentive": ("碳强度激励目标", "incentive carbon target"),
}


def needed_words(needed: float | None) -> tuple[str, str]:
    """What each month left must bring; empty where no month is left."""
    if needed is None:
        return "", ""
    if needed >= 1:
        return "剩余月份无论如何已不能达到", "it cannot be met any more, whatever the months left bring"
    if needed > 0:
        return f"剩余每月强度须同比下降 {needed:.2%}", f"each month left must bring the intensity down by {needed:.2%} against last year"
    return f"剩余每月强度同比上升不超过 {-needed:.2%} 即可", f"each month left may rise by up to {-needed:.2%} against last year"
