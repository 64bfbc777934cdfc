"""Plan packs: one folder of data per plan; a city elsewhere brings its own."""

from tricolor.catalogue.plans.files import PACKS
from tricolor.catalogue.plans.hints import hints_of
from tricolor.catalogue.plans.load import check_plan, list_plans, load_plan
from tricolor.catalogue.plans.model import (
    CARBON_INTENSITY,
    ENERGY_INTENSITY,
    BenchmarkRule,
    Document,
    FactorChoice,
    Level,
    PaceRule,
    Plan,
    PlanDepartment,
    Responsibility,
    Rules,
    SilentRule,
    Target,
    Threshold,
)
from tricolor.catalogue.plans.register import Direction, Indicator, Kind, PlanProject, PlanTask

__all__ = [
    "CARBON_INTENSITY",
    "ENERGY_INTENSITY",
    "PACKS",
    "BenchmarkRule",
    "Direction",
    "Document",
    "FactorChoice",
    "Indicator",
    "Kind",
    "Level",
    "PaceRule",
    "Plan",
    "PlanDepartment",
    "PlanProject",
    "PlanTask",
    "Responsibility",
    "Rules",
    "SilentRule",
    "Target",
    "Threshold",
    "check_plan",
    "hints_of",
    "list_plans",
    "load_plan",
]
