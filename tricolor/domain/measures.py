"""Formulas of plan indicators over metered flows: 100 * utilised(industrial_solid_waste) / (generated(industrial_solid_waste) + utilised_stock(…)).

role(carrier) is the amount of the year to date, of the entity and all inside it. Operators, brackets, min, max and abs are those of
`tricolor.domain.formulas`. A result in % or 1 is a plain number as the formula gives it (write the 100 yourself).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tricolor.domain.factors import Carrier
from tricolor.domain.formulas import BadFormula, Formula, check, evaluate, parse
from tricolor.domain.meters import INNER_ROLES, Role
from tricolor.domain.units import UNITS

Flow = tuple[str, Role]  # (carrier, role)
Flows = Mapping[Flow, Mapping[str, float]]  # flow -> month YYYY-MM -> amount in the carrier's unit
ROLES = tuple(role for role in Role if role is not Role.NONE and role not in INNER_ROLES)
_CALL = re.compile(r"\b([a-z_]+)\s*\(\s*([0-9a-z_]+)\s*\)")
_FUNCTIONS = ("min", "max", "abs")


@dataclass(frozen=True, slots=True)
class Measure:
    """A formula that was checked. flows: what it needs, each once; unit: of its result."""

    text: str
    formula: Formula
    flows: tuple[Flow, ...]
    units: Mapping[str, str]
    unit: str

    @property
    def names(self) -> Mapping[Flow, str]:
        return {flow: _name(flow) for flow in self.flows}


@dataclass(frozen=True, slots=True)
class Measured:
    """Worked out over months of one year. amounts: of each flow; lacking: flows without any amount, and those that lack some of the months."""

    months: tuple[str, ...]
    value: float | None
    amounts: Mapping[Flow, float]
    lacking: tuple[tuple[Flow, tuple[str, ...]], ...]


def measure_of(text: str, unit: str, carriers: Mapping[str, Carrier]) -> Measure:
    """The checked formula of an indicator in this unit; BadFormula says what is wrong and how to mend it. carriers: energy carriers and materials."""
    flows: dict[str, Flow] = {}

    def named(found: re.Match[str]) -> str:
        role, carrier = found[1], found[2]
        if role in _FUNCTIONS:
            return found[0]
        flow = _flow(role, carrier, carriers)
        flows[_name(flow)] = flow
        return f" {_name(flow)} "

    formula = parse(_CALL.sub(named, text))
    for name in formula.names:
        if name not in flows:
            raise BadFormula(
                f"“{name}”不是流量，请写成 用途(品种)，如 utilised(industrial_solid_waste)",
                f"{name!r} is no flow: write role(carrier), e.g. utilised(industrial_solid_waste)",
            )
    if "[" in text:
        raise BadFormula("公式里的数字不能带单位", "numbers of this formula carry no unit")
    units = {name: carriers[flow[0]].unit for name, flow in flows.items()}
    counted = "1" if unit == "%" else unit
    if counted in UNITS:
        check(formula, units, counted)
    else:  # a unit of the plan's own, e.g. 万吨: the formula brings the amounts into it itself
        units, counted = dict.fromkeys(units, "1"), "1"
    return Measure(text, formula, tuple(flows[name] for name in formula.names), units, counted)


def _name(flow: Flow) -> str:
    return f"{flow[1]}.{flow[0]}"


def _flow(role: str, carrier: str, carriers: Mapping[str, Carrier]) -> Flow:
    if role not in ROLES:
        known = ", ".join(ROLES)
        raise BadFormula(f"不认识用途“{role}”，可用：{known}", f"role {role!r} is not known; known: {known}")
    if carrier not in carriers:
        raise BadFormula(f"不认识品种“{carrier}”，见 carriers.csv 与 materials.csv", f"carrier {carrier!r} is not in carriers.csv or materials.csv")
    return carrier, Role(role)


def worked_out(measure: Measure, members: Iterable[Flows], months: Sequence[str]) -> Measured:
    """The measure over the months [of one year, in order] summed over the members; no value while a flow it needs lacks a month that another has."""
    sums: dict[Flow, dict[str, float]] = {flow: {} for flow in measure.flows}
    for flows in members:
        for flow, held in sums.items():
            for month, amount in flows.get(flow, {}).items():
                if month in months:
                    held[month] = held.get(month, 0.0) + amount
    begun = min((m for held in sums.values() for m in held), default="")
    asked = tuple(m for m in months if begun and m >= begun)
    gaps = ((flow, tuple(m for m in asked if m not in held)) for flow, held in sums.items())
    lacking = tuple((flow, missing) for flow, missing in gaps if missing or not asked)
    amounts = {flow: sum(held.values()) for flow, held in sums.items()}
    if lacking:
        return Measured(asked, None, amounts, lacking)
    columns = {_name(flow): np.array([amount]) for flow, amount in amounts.items()}
    value = float(evaluate(measure.formula, columns, measure.units, measure.unit)[0])
    return Measured(asked, value if np.isfinite(value) else None, amounts, ())
