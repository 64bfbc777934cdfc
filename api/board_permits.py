"""Permits on the page of a unit: every entry ever made, and the forms to enter one and to take one back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.board_emissions import AREAS, outlet_name
from api.board_exclusions import Typed
from api.board_facts import Snapshot
from api.board_words import Words, exact
from api.deps import Dependencies
from api.emission_figures import outlets_inside
from tricolor.analysis.emissions import Outlet
from tricolor.catalogue.pollutants import all_pollutants, emitted
from tricolor.domain.access import KeyKind
from tricolor.domain.emissions import PermitEntry
from tricolor.domain.entities import Entity
from tricolor.domain.intervals import local_day

UNITS = ("mg/m3", "mg/L")


@dataclass(frozen=True, slots=True)
class PermitLine:
    """A permit in words. station: "" for every outlet of the unit; limit, mass: "" where not limited; is_valid: in force today."""

    entry: PermitEntry
    factor: str
    station: str
    limit: str
    mass: str
    is_valid: bool


@dataclass(frozen=True, slots=True)
class PermitsPart:
    """factors, stations: what a new permit can speak of; the factors that the unit's outlets measure come first."""

    lines: tuple[PermitLine, ...]
    factors: tuple[tuple[str, str], ...]
    stations: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]
    can_enter: bool
    may_act: bool
    who: str
    faults: tuple[str, ...] = ()
    action: str = ""
    entered: dict[str, str] = field(default_factory=dict)


def permits_part(
    deps: Dependencies, snapshot: Snapshot, entity: Entity, t: Words, who: str, typed: Typed | None = None
) -> PermitsPart | None:  # fmt: skip
    """None where the permits were left out, and for an area without a permit of its own: permits belong to those who emit."""
    if deps.permits is None:
        return None
    entries, is_area = deps.permits.entries([entity.id]), entity.kind in AREAS
    if is_area and not entries:
        return None
    outlets, today = outlets_inside(snapshot.registry, [entity.id]), local_day(snapshot.now)
    stations = {o.outlet: outlet_name(snapshot.registry, o, t) for o in outlets}
    return PermitsPart(
        lines=tuple(_line(e, stations, t, e.revoked_at is None and e.permit.is_valid_on(today)) for e in reversed(entries)),
        factors=_factors(outlets, t),
        stations=tuple((mn, name if name == mn else f"{name} ({mn})") for mn, name in sorted(stations.items())),
        units=tuple((u, t.unit(u)) for u in UNITS),
        can_enter=not is_area,
        may_act=snapshot.view.caller.kind is KeyKind.ADMIN,
        who=who,
        faults=typed.faults if typed else (),
        action=typed.action if typed else "",
        entered=typed.entered if typed else {"valid_from": str(today.replace(month=1, day=1))},
    )


def _factors(outlets: Sequence[Outlet], t: Words) -> tuple[tuple[str, str], ...]:
    known, measured = all_pollutants(), {o.factor for o in outlets}
    codes = sorted(emitted(), key=lambda code: (code not in measured, code))
    return tuple((code, f"{t(known[code].name_cn, known[code].name_en)} ({code})") for code in codes)


def _line(entry: PermitEntry, stations: dict[str, str], t: Words, is_valid: bool) -> PermitLine:
    p, known = entry.permit, all_pollutants().get(entry.permit.factor)
    limit = "" if p.limit is None else f"{exact(p.limit)} {t.unit(p.unit)}"
    mass = "" if p.mass_t is None else f"{exact(p.mass_t)} t"
    name = p.factor if known is None else t(known.name_cn, known.name_en)
    return PermitLine(entry, name, stations.get(p.outlet, p.outlet), limit, mass, is_valid)
