"""What a sound plan pack leaves open, in words for whoever keeps it: no fault, but worth knowing before its lights are trusted."""

from tricolor.catalogue.alert_policies import policies_of
from tricolor.catalogue.alerting_tables import chain_of_plan
from tricolor.catalogue.plans.model import Plan
from tricolor.catalogue.plans.register import Direction, Indicator, Kind, Path
from tricolor.catalogue.thresholds import RULES_OF_LIGHTS


def hints_of(plan: Plan) -> list[str]:
    """One sentence for each thing left open, in the order of importance; empty when nothing is."""
    return [said for said in (_unanswered(plan), _electricity(plan), _escalation(plan), *_indicators(plan)) if said]


def _unanswered(plan: Plan) -> str:
    answered = {row.rule for row in plan.responsibilities if not row.entity}
    missing = [rule for rule in RULES_OF_LIGHTS if rule not in answered]
    if not missing:
        return ""
    return f"responsibilities.csv: nobody answers everywhere for {', '.join(missing)}; alerts of these reach only the contacts of the entity itself"


def _electricity(plan: Plan) -> str:
    if plan.factor_choices:
        return ""
    return "factor_choices.csv: none, so electricity has no equal value and no CO2 under this plan, and energy and carbon lights of it stay grey"


def _escalation(plan: Plan) -> str:
    last = chain_of_plan(plan).last
    short = [rule for rule, policy in policies_of(plan).items() if policy.escalate_s and len(policy.escalate_s) < last]
    if not short:
        return ""
    return f"alerting.toml: the chain has steps up to {last}, but escalate_s of {_few(short)} has fewer times: the last steps are never told of these"


def _indicators(plan: Plan) -> list[str]:
    unset = [i.id for i in plan.indicators if i.target is None and i.direction is not Direction.TEXT and i.path is not Path.YEARLY]
    beyond = [i.id for i in plan.indicators if _is_beyond(i)]
    alone = [i.id for i in plan.indicators if not i.departments]
    return [
        f"indicators.csv: {_some(unset)} no number in the plan ({_few(unset)}): grey until submitted as target:<id>" if unset else "",
        f"indicators.csv: the baseline of {_few(beyond)} already meets the target: check the direction" if beyond else "",
        f"indicators.csv: {_some(alone)} no department ({_few(alone)})" if alone else "",
    ]


def _is_beyond(row: Indicator) -> bool:
    if row.baseline is None or row.target is None or row.kind is not Kind.LEVEL:
        return False
    return row.baseline > row.target if row.direction is Direction.UP else row.direction is Direction.DOWN and row.baseline < row.target


def _some(ids: list[str]) -> str:
    return f"{len(ids)} indicator{'s have' if len(ids) > 1 else ' has'}"


def _few(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
