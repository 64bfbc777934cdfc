"""Backtests for the API and the wallboard: worked out when asked for, kept while nothing changes."""

import threading
from collections import OrderedDict

from api.deps import Dependencies
from tricolor.analysis.forecast_entity import Known, digest_of
from tricolor.analysis.forecast_known import Books, KnownMonths
from tricolor.analysis.forecast_report import BacktestReport, backtest_of
from tricolor.catalogue.holidays import spring_festivals
from tricolor.domain.entities import Registry
from tricolor.domain.errors import Refused, TryAgain
from tricolor.domain.intervals import month_text

KEPT = 200  # backtests
WAIT_S = 60.0  # for the one that is being worked out
_lock = threading.Lock()  # one at a time: each takes seconds of a core
_held: OrderedDict[tuple[str, str, str], BacktestReport] = OrderedDict()


def known_of(deps: Dependencies, registry: Registry, entity: str) -> Known:
    """What is known of one entity; Refused where whoever composed the services left the books out."""
    if deps.account_months is None or deps.exclusions is None:
        raise Refused("this API was composed without the books that forecasts are made of")
    books = Books(deps.account_months, deps.activities, deps.exclusions)
    return KnownMonths(registry, books, deps.plan, spring_festivals(), deps.clock(), entity).of(entity)


def backtest(deps: Dependencies, registry: Registry, entity: str, quantity: str) -> BacktestReport:
    """ValueError for a quantity that the entity has none of; TryAgain while others are being worked out for long."""
    known = known_of(deps, registry, entity)
    key = entity, quantity, digest_of(known, month_text(deps.clock()))
    if (kept := _held.get(key)) is not None:
        return kept
    if not _lock.acquire(timeout=WAIT_S):
        raise TryAgain("other backtests are being worked out: ask again in a minute")
    try:
        if key not in _held:
            _held[key] = backtest_of(known, quantity)
            while len(_held) > KEPT:
                _held.popitem(last=False)
        return _held[key]
    finally:
        _lock.release()
