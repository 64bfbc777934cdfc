"""View-models of data quality: the page by enterprise, and the part on the pages of a unit and of a point."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QualityLine:
    """One unit or point. completeness, estimated_share 0..1, None: not known; reasons: what is wrong, the gravest first; is_bad: something is."""

    id: str
    name: str
    completeness: float | None
    estimated_share: float | None
    heard: int
    points: int
    unknown: int
    since: int | None
    reasons: tuple[str, ...]
    faults: tuple[str, ...]
    is_bad: bool


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A comparison with other meters on a day."""

    day: str
    name: str
    value: float | None
    against: float | None
    unit: str
    cells: int
    verdict: str


@dataclass(frozen=True, slots=True)
class QualityPage:
    """state: no_registry, no_points, not_yet or ready; units: the worst first; spans: (key, wording) of the filter."""

    state: str
    span: str
    spans: Sequence[tuple[str, str]]
    label: str
    areas: Sequence[QualityLine]
    units: Sequence[QualityLine]


@dataclass(frozen=True, slots=True)
class QualityPart:
    """On the page of a unit or a point: the last seven days. whole: None where nothing was looked at yet."""

    label: str
    whole: QualityLine | None
    lines: Sequence[QualityLine]
    checks: Sequence[CheckLine] = ()
