"""The book of forecasts on SQLite and on PostgreSQL."""

from dataclasses import replace

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.forecasts import ForecastBookSql
from tricolor.domain.forecasts import Forecast, MonthForecast

MADE = Forecast(
    "r1", "intensity", 2026, "tce/1e4CNY", 1000, "2026-10", "ets / electricity", (MonthForecast("2026-11", 0.5, 0.4, 0.6),), None, 0.5, 0.45, 0.55,
    2025, {"ets": 0.6}, {"green": 0.9, "red": 0.1}, {"green": 1.0}, 0.02, "basic", 0.03, 0.025, 0.51,
)  # fmt: skip


def test_a_forecast_comes_back_as_it_was_put(ledger: LedgerEngine):
    book = ForecastBookSql(ledger)
    refused = Forecast("r2", "energy", 2026, "tce", 1000, "", why_not_zh="历史只有5个月", why_not_en="only 5 months")
    book.put([MADE, refused])
    assert book.current(None) == [MADE, refused]
    assert book.current(["r2"]) == [refused]
    assert book.current([]) == []


def test_the_same_again_only_moves_made_at_and_is_no_change(ledger: LedgerEngine):
    book = ForecastBookSql(ledger)
    book.put([MADE])
    mark, changed = book.changes(0)
    assert changed == {"r1"}
    book.put([replace(MADE, made_at=2000)])
    assert book.changes(0) == (mark, frozenset({"r1"})) and book.changes(mark) == (mark, frozenset())
    assert [f.made_at for f in book.history("r1", "intensity", "basic", 10)] == [2000]


def test_another_forecast_takes_the_place_and_the_earlier_one_stays_in_the_history(ledger: LedgerEngine):
    book = ForecastBookSql(ledger)
    other = replace(MADE, entity="r2")
    book.put([MADE, other, replace(MADE, indicator="incentive")])
    mark, _ = book.changes(0)
    later = replace(MADE, last_month="2026-11", year_mean=0.49, made_at=3000)
    book.put([later])
    assert book.changes(mark) == (mark + 1, frozenset({"r1"}))
    assert [f for f in book.current(["r1"]) if f.indicator == "basic"] == [later]
    assert book.history("r1", "intensity", "basic", 10) == [later, MADE]
    assert book.history("r1", "intensity", "basic", 1) == [later]
    assert len(book.current(None)) == 3
