"""Ports of forecasting."""

from collections.abc import Sequence
from typing import Protocol

from tricolor.domain.forecasts import Forecast
from tricolor.ports_judging import Changes


class ForecastBook(Changes, Protocol):
    """The forecast in force of every (entity, quantity, indicator), and every earlier one."""

    def put(self, forecasts: Sequence[Forecast]) -> None:
        """These become current; the same content again only moves made_at."""
        ...

    def current(self, entities: Sequence[str] | None) -> list[Forecast]: ...
    def history(self, entity: str, quantity: str, indicator: str, limit: int) -> list[Forecast]:
        """The newest first."""
        ...
