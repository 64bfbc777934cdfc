"""`tricolor forecast`: make, show and test the forecasts to the year's end."""

from typing import Annotated

import typer

from tricolor_cli.common import AsJson, Data

forecast_app = typer.Typer(help="预测：年底的能耗、强度与红黄绿概率 · Energy, intensity and lights at the year's end.", no_args_is_help=True)
Entity = Annotated[str, typer.Option("--entity", help="单位编号 · id of the entity")]
Quantity = Annotated[str, typer.Option("--quantity", help="energy, co2, gdp, value_added, intensity, carbon_intensity")]
Series = Annotated[str, typer.Option("--quantity", help="energy, co2, gdp, value_added")]


@forecast_app.command("run")
def run_command(data: Data = None) -> None:
    """现在就预测所有单位 · Forecast every entity now. Works while Tricolor runs; the same data gives the same forecasts."""
    from tricolor_cli import forecast_now  # noqa: PLC0415 - pandas, which other commands have no use for

    forecast_now.run_now(data)


@forecast_app.command("show")
def show_command(entity: Entity = "", quantity: Quantity = "", as_json: AsJson = False, data: Data = None) -> None:
    """看预测 · Show the forecasts in force."""
    from tricolor_cli import forecast_now  # noqa: PLC0415 - as above

    forecast_now.show(entity, quantity, as_json, data)


@forecast_app.command("backtest")
def backtest_command(entity: Entity, quantity: Series = "energy", as_json: AsJson = False, data: Data = None) -> None:
    """回测：各方法在本单位历史上的误差 · How every method would have done on the entity's own history."""
    from tricolor_cli import forecast_now  # noqa: PLC0415 - as above

    forecast_now.backtest(entity, quantity, as_json, data)
