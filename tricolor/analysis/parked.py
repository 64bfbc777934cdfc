"""Which steps of a point are parked, as the questions that a person answers."""

from dataclasses import replace

import numpy as np

from tricolor.analysis.settle import steps_of, usable
from tricolor.domain.exchanges import MeterFacts, multiply
from tricolor.domain.intervals import Interval
from tricolor.domain.items import Parked
from tricolor.domain.meters import Point, PointKind
from tricolor.domain.readings import ReadingBatch
from tricolor.domain.steps import PARKED, StepKind, Steps


def bare_steps(point: Point, mine: ReadingBatch, facts: MeterFacts) -> Steps:
    """The point's steps in the meter's own unit, without what people decided about amounts. mine: readings of the point, sorted by time."""
    own = replace(point, plate=replace(point.plate, multiplier=1.0))
    return steps_of({point.key: own}, mine, MeterFacts(exchanges=facts.exchanges))


def parked_of(point: Point, mine: ReadingBatch, facts: MeterFacts, steps: Steps, span: Interval) -> list[Parked]:
    """The parked ones among the point's bare steps that reach into the span, whether a person decided about them or not, by time."""
    steps = steps.take(np.isin(steps.kind, sorted(PARKED)) & (steps.start < span.end) & (steps.end > span.start))
    if not len(steps):
        return []
    good = mine.take(usable(mine))
    exchanges = facts.exchanges.get(point.key, ())
    found = []
    for row in range(len(steps)):
        start, end, jump = int(steps.start[row]), int(steps.end[row]), float(steps.amount[row])
        amount = _counted(point, steps.take(slice(row, row + 1)), facts)
        if point.plate.kind is PointKind.REGISTER:
            before = _shown(good, start, {e.at: e.start for e in exchanges})
            after = _shown(good, end, {e.at: e.final for e in exchanges}, default=before + jump)
            found.append(Parked(point.key, start, end, StepKind(int(steps.kind[row])), before, after, jump, amount))
        else:
            after = _shown(good, end if point.plate.kind is PointKind.DELTA else start, {}, default=jump)
            found.append(Parked(point.key, start, end, StepKind(int(steps.kind[row])), None, after, jump, amount))
    return found


def kind_now(steps: Steps, start: int, end: int) -> str:
    """Kind, lower case, of the oddest step that now lies where one was parked; "" where there is none."""
    kinds = steps.kind[(steps.start < end) & (steps.end > start)]
    return StepKind(int(kinds.max())).name.lower() if len(kinds) else ""


def _counted(point: Point, step: Steps, facts: MeterFacts) -> float:
    """The jump in the unit of the cells, by the multipliers in force over its time."""
    changes = facts.multipliers.get(point.key)
    if not changes:
        return float(step.amount[0]) * point.plate.multiplier
    return float(multiply(step, {point.key: point.plate.multiplier}, {point.key: changes}).amount.sum())


def _shown(good: ReadingBatch, at: int, declared: dict[int, float], default: float = float("nan")) -> float:
    """What the register showed at the instant: as declared, else as it was read."""
    if at in declared:
        return declared[at]
    row = int(np.searchsorted(good.at, at))
    return float(good.value[row]) if row < len(good) and good.at[row] == at else default
