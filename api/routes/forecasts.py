"""Forecasts to the year's end with the probability of each light, and the backtest that their methods were chosen by."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.deps import Deps, Forecasts
from api.forecast_backtests import backtest as made_backtest
from api.forecast_shapes import BacktestAnswer, ForecastsAnswer, backtest_shape, forecast_shape
from api.problems import bad_parameter, documented
from api.security import ReaderView
from tricolor.analysis.intensity import activity_kind

router = APIRouter(tags=["预测 forecasts"], responses=documented(401, 403, 404, 422, 503))
Quantity = Literal["energy", "co2", "gdp", "value_added", "intensity", "carbon_intensity"]
MAX_HISTORY = 400


@router.get("/v1/forecasts", summary="The forecasts in force: months to come, the year's end, the chance of each light")
def forecasts(
    view: ReaderView, book: Forecasts, entity: Annotated[str, Query(max_length=128)] = "", quantity: Quantity | None = None
) -> ForecastsAnswer:
    """By entity, quantity and target. An entity whose history is too short, or has a gap, is listed with the reason."""
    wanted = [view.entity(entity).id] if entity else [e.id for e in view.entities()]
    return ForecastsAnswer(forecasts=[forecast_shape(f) for f in book.current(wanted) if quantity is None or f.quantity == quantity])


@router.get("/v1/forecasts/history", summary="Every forecast of an entity and quantity, the newest first")
def history(
    view: ReaderView, book: Forecasts, entity: Annotated[str, Query(max_length=128)], quantity: Quantity,
    indicator: Annotated[str, Query(max_length=64, description="of the target: basic, incentive, carbon:basic, carbon:incentive")] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_HISTORY)] = 50,
) -> ForecastsAnswer:  # fmt: skip
    """What was expected when: one each time that something else came out."""
    return ForecastsAnswer(forecasts=[forecast_shape(f) for f in book.history(view.entity(entity).id, quantity, indicator, limit)])


@router.get("/v1/forecasts/backtest", summary="How every method would have done on an entity's own history")
def backtest(
    view: ReaderView, deps: Deps, entity: Annotated[str, Query(max_length=128)],
    quantity: Literal["energy", "co2", "gdp", "value_added"] = "energy",
) -> BacktestAnswer:  # fmt: skip
    """Rolling origins: at each past month only what was known then. Takes some seconds the first time."""
    found = view.entity(entity)
    kind = str(activity_kind(found.kind))
    if quantity not in ("energy", "co2", kind):
        raise bad_parameter("quantity", f"该单位按 {kind} 考核，没有 {quantity}", f"this entity is judged by {kind} and has no {quantity}")
    return backtest_shape(made_backtest(deps, view.registry, found.id, quantity))
