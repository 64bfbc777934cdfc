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
    "co2": ("二氧化碳", "CO₂"),
    "gdp": ("地区生产总值", "GDP"),
    "value_added": ("工业增加值", "Value added"),
    "intensity": ("能耗强度", "Energy intensity"),
    "carbon_intensity": ("碳排放强度", "Carbon intensity"),
}
INDICATORS: Final[dict[str, tuple[str, str]]] = {
    "basic": ("基本目标", "basic target"),
    "incentive": ("激励目标", "incentive target"),
    "carbon:basic": ("碳排放强度基本目标", "basic carbon target"),
    "carbon:incentive": ("碳排放强度激励目标", "incentive carbon target"),
}
