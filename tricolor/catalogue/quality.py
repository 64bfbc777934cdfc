"""The limits of data quality, one place for pages and rules: those that a light is judged by are thresholds of their rule (catalogue/rules, or a
plan's rules.toml), the others rows of data/quality.csv."""

from collections.abc import Iterable, Mapping
from functools import cache

from tricolor.catalogue.plans.model import Threshold
from tricolor.catalogue.tables import shipped_rows
from tricolor.catalogue.thresholds import defaults
from tricolor.domain.quality import QualityLimits

# limit -> the rule whose threshold it is
OF_RULE: Mapping[str, str] = {
    "completeness_min": "completeness",
    "equal_share_max": "too_smooth", "variation_min": "too_smooth", "smooth_deltas_min": "too_smooth", "smooth_digits_min": "too_smooth",
    "balance_loss_max": "implausible", "balance_excess_max": "implausible", "power_difference_max": "implausible", "check_cells_min": "implausible",
}  # fmt: skip


def quality_limits(chosen: Iterable[Threshold] = ()) -> QualityLimits:
    """The limits in force. chosen: the thresholds of a plan (`plan.rules.thresholds`); KeyError or TypeError when the catalogue lacks one."""
    named = {t.name: float(t.value) for t in chosen if OF_RULE.get(t.name) == t.rule}
    return QualityLimits(**{**_shipped(), **named})


@cache
def _shipped() -> Mapping[str, float]:
    rows = {row["limit"]: float(row["value"]) for row in shipped_rows("quality.csv")}
    return {**rows, **{name: float(defaults(rule)[name].value) for name, rule in OF_RULE.items()}}
