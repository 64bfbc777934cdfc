"""Gross, excluded and net side by side, by month and for a run of months [tce, equal value]: of the total and of the intensity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.entities import Registry
from tricolor.domain.exclusions import Excluded, ExclusionEntry, ExclusionRule, Purpose, excluded_by_month, excluded_of


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Month -> what is left out of an entity's total, and of its intensity."""

    of_total: Mapping[str, Excluded]
    of_intensity: Mapping[str, Excluded]


@dataclass(frozen=True, slots=True)
class NetRow:
    """A period [tce]. gross: None where it is not known, then so are the nets; coverage 0..1; is_complete: it is over and no day is missing."""

    period: str
    gross: float | None
    excluded_total: float
    excluded_intensity: float
    coverage: float | None
    is_complete: bool

    @property
    def net_total(self) -> float | None:
        return None if self.gross is None else self.gross - self.excluded_total

    @property
    def net_intensity(self) -> float | None:
        return None if self.gross is None else self.gross - self.excluded_intensity


def left_out(registry: Registry, entity: str, entries: Sequence[ExclusionEntry], rules: Sequence[ExclusionRule]) -> LeftOut:
    """What the entries in force leave out of the entity and all inside it."""
    members = [e.id for e in registry.members(entity)]
    total, intensity = (excluded_of(members, excluded_by_month(entries, rules, purpose)) for purpose in (Purpose.TOTAL, Purpose.INTENSITY))
    return LeftOut(total, intensity)


def net_months(energy: Mapping[str, MonthEnergy], out: LeftOut, months: Sequence[str]) -> list[NetRow]:
    """The months asked for; energy from `monthly_energy` of the entity."""
    return [_row(month, energy.get(month), out) for month in months]


def net_sum(period: str, rows: Sequence[NetRow]) -> NetRow:
    """The months together; not known as soon as one of them is not."""
    known = [r.gross for r in rows if r.gross is not None]
    return NetRow(
        period,
        sum(known) if rows and len(known) == len(rows) else None,
        sum(r.excluded_total for r in rows),
        sum(r.excluded_intensity for r in rows),
        min((r.coverage or 0.0 for r in rows), default=None),
        bool(rows) and all(r.is_complete for r in rows),
    )


def _row(month: str, energy: MonthEnergy | None, out: LeftOut) -> NetRow:
    total, intensity = (side.get(month, Excluded()).tce_equivalent for side in (out.of_total, out.of_intensity))
    if energy is None:
        return NetRow(month, None, total, intensity, None, False)
    return NetRow(month, energy.tce_equivalent, total, intensity, energy.coverage, energy.is_complete)
