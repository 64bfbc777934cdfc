"""View-models of a unit's emissions."""

from dataclasses import dataclass

from markupsafe import Markup

from tricolor.domain.lights import Light


@dataclass(frozen=True, slots=True)
class HoursLine:
    """An outlet's factor over the last seven days. outlet: its MN; name: as the registry calls it. peak:
    highest hourly mean [unit]; words: what was seen, with how many hours."""

    outlet: str
    name: str
    factor: str
    unit: str
    limit: float | None
    document: str
    due: int
    valid: int
    over: int
    peak: float | None
    peak_at: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class YearLine:
    """light: over what is permitted red, above the plan's share of it yellow; grey where coverage is under the floor or nothing is permitted."""

    factor: str
    mass_t: float | None
    budget_t: float | None
    share: float | None
    coverage: float
    documents: tuple[str, ...]
    light: Light
    note: str


@dataclass(frozen=True, slots=True)
class TargetLine:
    name: str
    reduction_t: float
    target_year: int
    base: str
    last: str
    fall: str
    place: str


@dataclass(frozen=True, slots=True)
class Drawing:
    title: str
    plot: Markup


@dataclass(frozen=True, slots=True)
class EmissionsPart:
    """hours empty for an area (its enterprises show theirs); missing: what is not there, and what to do about it."""

    year: int
    years: tuple[YearLine, ...]
    hours: tuple[HoursLine, ...]
    charts: tuple[Drawing, ...]
    budgets: tuple[Drawing, ...]
    targets: tuple[TargetLine, ...]
    target_place: str
    missing: str
