"""Plan packs: one folder of data per plan; a city elsewhere brings its own."""

from tricolor.catalogue.plans.load import PACKS, check_plan, list_plans, load_plan
from tricolor.catalogue.plans.model import (
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

__all__ = [
    "ENERGY_INTENSITY",
    "PACKS",
    "BenchmarkRule",
    "Document",
    "FactorChoice",
    "Level",
    "PaceRule",
    "Plan",
    "PlanDepartment",
    "Responsibility",
    "Rules",
    "SilentRule",
    "Target",
    "Threshold",
    "check_plan",
    "list_plans",
    "load_plan",
]
