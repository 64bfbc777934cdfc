"""Further plans beside the main one: a city stands under its own plan and its province's (TRICOLOR_PLANS_BESIDE).

Their indicators are judged by the rule `indicator`, and their targets, tasks and projects are shown. Thresholds, pace, factors, exclusions and
departments of alerts come from the main plan alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tricolor.catalogue.plans.load import load_plan
from tricolor.catalogue.plans.model import Plan
from tricolor.domain.errors import Problems


def names_in(text: str) -> tuple[str, ...]:
    """Names or folders with commas between them; empty parts are left out."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def load_plan_beside(name_or_folder: str | Path, beside: Sequence[str | Path]) -> Plan:
    """The plan with further ones beside it. Problems: every fault of every pack, each beginning with the pack it stands in."""
    main = load_plan(name_or_folder)
    plans: list[Plan] = []
    faults: list[str] = []
    for name in beside:
        try:
            plan = load_plan(name)
        except Problems as error:
            faults += [f"TRICOLOR_PLANS_BESIDE {name}: {fault}" for fault in error.problems]
            continue
        if plan.id in (main.id, *(p.id for p in plans)):
            faults.append(f"TRICOLOR_PLANS_BESIDE {name}: the plan {plan.id} is already there: name it once, and not the main one")
        plans.append(plan)
    if faults:
        raise Problems(faults)
    return replace(main, beside=tuple(plans))
