"""The plan packs there are: the one lights follow, those beside it, and what else comes with Tricolor."""

from functools import cache

from tricolor.catalogue.plans import list_plans, load_plan
from tricolor.catalogue.plans.model import Plan
from tricolor.domain.errors import Problems


def packs(active: Plan) -> list[Plan]:
    """The plan in use, those beside it, then what else comes with Tricolor; a shipped pack that cannot be read is left out."""
    known = {plan.id: plan for plan in (active, *active.beside)}
    return [*known.values(), *(pack for pack in _shipped() if pack.id not in known)]


@cache
def _shipped() -> tuple[Plan, ...]:
    found = []
    for name in list_plans():
        try:
            found.append(load_plan(name))
        except Problems:  # `tricolor plan check` names its faults
            continue
    return tuple(found)
