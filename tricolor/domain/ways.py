"""The way of a plan indicator from its baseline to its target: what is required by a moment, and how far a value stands from it.

Moments are years since the end of the base year: the end of the target year is the whole way, the end of its month 6 half a year less.
"""

import math
from dataclasses import dataclass

LINEAR, COMPOUND, STEPPED = "linear", "compound", "stepped"
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Way:
    """start: at the end of the base year, None where the document gives none; years: from there to the end of the target year, above 0; is_up:
    whether more is better; is_inclusive: whether the target itself is enough; of_base: -1 where value and target are falls in % of the base year's
    value, 1 where they are rises in %, 0 for amounts."""

    start: float | None
    target: float
    years: float
    path: str
    is_up: bool
    is_inclusive: bool = True
    of_base: int = 0

    def is_due(self, elapsed: float) -> bool:
        """Whether anything is asked by then: a stepped way, and one without a start, asks in its last year only."""
        return elapsed > 0 and (not self.is_stepped or elapsed > self.years - 1 + TOLERANCE)

    @property
    def is_stepped(self) -> bool:
        return self.path == STEPPED or self.start is None

    @property
    def is_compound(self) -> bool:
        """Equal ratios exist only between two numbers of one sign that are not zero; else the steps are equal."""
        return self.path == COMPOUND and self.start is not None and self.start * self.target > 0

    @property
    def is_compound_of_base(self) -> bool:
        """Equal ratios of the base year's value, which the percentages are of; a fall of 100 % and more has none."""
        return self.path == COMPOUND and self.of_base != 0 and self.start == 0 and 1 + self.of_base * self.target / 100 > 0

    def required(self, elapsed: float) -> float:
        """What is asked `elapsed` years after the base year; the start where nothing is asked yet, the target from the end on."""
        if elapsed >= self.years - TOLERANCE:
            return self.target
        if self.start is None:
            return self.target
        if self.path == STEPPED:
            return self.target if self.is_due(elapsed) else self.start
        share = max(0.0, elapsed) / self.years
        if self.path == LINEAR:
            return self.start + (self.target - self.start) * share
        if self.is_compound_of_base:  # a fall of R: 1 − (1 − R)^(n/N), as the rule pace asks it
            return self.of_base * 100 * math.expm1(share * math.log1p(self.of_base * self.target / 100))
        if self.is_compound:
            return self.start * math.exp(share * math.log(self.target / self.start))
        return self.start + (self.target - self.start) * share

    def missing(self, value: float, elapsed: float) -> float:
        """By how much the value misses what is required; 0 or below: not at all."""
        required = self.required(elapsed)
        return required - value if self.is_up else value - required

    def is_met(self, value: float, elapsed: float) -> bool:
        """At or beyond what is required; where the target itself is not enough (超过, 低于) it must be passed, once it is what is required."""
        missing, size = self.missing(value, elapsed), TOLERANCE * max(1.0, abs(self.target))
        is_strict = not self.is_inclusive and self.required(elapsed) == self.target and (self.start is None or self.is_due(elapsed))
        return missing < -size if is_strict else missing <= size

    def gap(self, value: float, elapsed: float) -> float:
        """Share of the required change that is missing; where nothing has to change, share of the required value; infinite when that is 0 too."""
        missing, required = max(0.0, self.missing(value, elapsed)), self.required(elapsed)
        due = abs(required - self.start) if self.start is not None else 0.0
        scale = due if due > TOLERANCE * max(1.0, abs(required)) else abs(required)
        if scale <= TOLERANCE:
            return math.inf if missing > TOLERANCE else 0.0
        return missing / scale

    def is_worse_than_start(self, value: float) -> bool:
        if self.start is None:
            return False
        lost = self.start - value if self.is_up else value - self.start
        return lost > TOLERANCE * max(1.0, abs(self.start))
