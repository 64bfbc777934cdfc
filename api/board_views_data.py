"""View-models of the pages about data and what the judging rests on, and of the pages for what is not there."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.board_plan_parts import PlanPart
from api.board_views import Health
from tricolor.domain.intake import SessionLoss
from tricolor.domain.lights import Light


@dataclass(frozen=True, slots=True)
class SourceLine:
    source: str
    received: int
    stored: int
    duplicate: int
    quarantined: int
    unwritten: int
    unsettled: int
    name: str = ""  # of the unit that sends

    @property
    def adds_up(self) -> bool:
        return self.received == self.stored + self.duplicate + self.quarantined


@dataclass(frozen=True, slots=True)
class QuarantineLine:
    id: int
    received_at: int
    source: str
    point: str
    reason: str
    reason_code: str
    detail: str
    raw_bytes: int


@dataclass(frozen=True, slots=True)
class DataPage:
    health: Health
    sources: tuple[SourceLine, ...]
    quarantine: tuple[QuarantineLine, ...]
    next_before: int | None
    losses: tuple[SessionLoss, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetLine:
    area: str
    area_id: str
    indicator: str
    level: str
    value: float
    unit: str
    span: str
    document: str
    place: str
    status: str
    is_illustrative: bool
    light: Light | None = None


@dataclass(frozen=True, slots=True)
class PackLine:
    """One plan pack. role: what it is to the lights, "" when it is only at hand."""

    id: str
    name: str
    document: str
    years: str
    status: str
    role: str
    targets: int
    indicators: int
    projects: int
    tasks: int


@dataclass(frozen=True, slots=True)
class PlanPage:
    name: str
    status: str
    document: str
    years: str
    is_illustrative: bool
    targets: tuple[TargetLine, ...]
    departments: tuple[tuple[str, str], ...] = ()
    parts: tuple[PlanPart, ...] = ()  # indicators, projects and tasks, of the plan and of those beside it
    packs: tuple[PackLine, ...] = ()


@dataclass(frozen=True, slots=True)
class FactorLine:
    id: str
    carrier: str
    kind: str
    value: float
    unit: str
    bounds: str
    valid: str
    source: str
    status: str
    note: str
    why: str = ""
    whom: str = ""
    formula: str = ""
    purposes: str = ""


@dataclass(frozen=True, slots=True)
class FactorsPage:
    factors: Sequence[FactorLine]


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """Something is not there or went wrong, and the one thing to do next."""

    title: str
    text: str
    next_href: str
    next_label: str


@dataclass(frozen=True, slots=True)
class EnterPage:
    error: str
    next: str
