"""The pace rule's light for the forecast: alerting judges, accounting forecasts, and neither imports the other."""

from tricolor.analysis.forecast_lights import LightOf
from tricolor.catalogue.plans import Plan
from tricolor.domain.lights import Light


def pace_light_of(plan: Plan) -> LightOf:
    """The light of a reduction against the required one (shares), by the plan's own thresholds."""
    from alerting.rules import pace  # noqa: PLC0415 - brings pandas, which the intake alone has no use for

    thresholds = pace.Thresholds(**plan.thresholds_of(pace.RULE))  # type: ignore[arg-type]

    def light_of(achieved: float, required: float) -> Light:
        return pace.light_of(achieved, required, thresholds)

    return light_of
