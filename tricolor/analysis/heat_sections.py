"""A heat network as sections of pipe: the trunk from the sources to the branch heads, and each branch from its head to its users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tricolor.domain.entities import Meter, Registry
from tricolor.domain.gauges import amount_unit
from tricolor.domain.meters import Measure, Medium, Point, Role
from tricolor.domain.plug_flow import pipe_volume_m3
from tricolor.domain.units import dimension

TRUNK = ""  # id of the section that no branch names


@dataclass(frozen=True, slots=True)
class Section:
    """One stretch of pipe. heads: heat points at its entry; ends: at its exits."""

    id: str
    heads: tuple[Point, ...]
    ends: tuple[Point, ...]
    medium: Medium
    length_km: float | None
    volume_m3: float | None  # of the supply pipe; the return pipe holds as much


@dataclass(frozen=True, slots=True)
class Layout:
    """Who feeds, who is fed, and the sections between; other: points of the network by what they measure (make-up, pump, fuel)."""

    sources: tuple[Point, ...]
    users: tuple[Point, ...]
    trunk: Section
    branches: tuple[Section, ...]
    other: Mapping[Measure, tuple[Point, ...]] = field(default_factory=dict)

    @property
    def sections(self) -> tuple[Section, ...]:
        """Those that can be balanced by themselves: with a meter at the entry and one at an exit."""
        return tuple(s for s in (self.trunk, *self.branches) if s.heads and s.ends)


def layout(registry: Registry, network_id: str) -> Layout:
    """The network's heat points by role: fed_in a source, delivered a user, consumed with a branch the head of that branch.

    A source that stands in a branch is that branch's head. Users of a branch without a head meter count as exits of the trunk.
    """
    heat = [p for p in registry.points_of(network_id) if is_heat(p)]
    branch_of = {p.id: registry.meters[p.meter_id].branch for p in heat}
    sources, users = (tuple(p for p in heat if p.role is role) for role in (Role.FED_IN, Role.DELIVERED))
    mids = [p for p in heat if p.role is Role.CONSUMED and branch_of[p.id]]
    names = sorted({branch_of[p.id] for p in heat} - {TRUNK})
    branches = []
    for name in names:
        heads = [p for p in (*sources, *mids) if branch_of[p.id] == name]
        branches.append(_section(registry, name, heads, [u for u in users if branch_of[u.id] == name], name))
    headed = {s.id for s in branches if s.heads}
    exits = [*mids, *(u for u in users if branch_of[u.id] not in headed)]
    trunk = _section(registry, TRUNK, [s for s in sources if branch_of[s.id] == TRUNK], exits, TRUNK)
    other: dict[Measure, tuple[Point, ...]] = {}
    for measure in (Measure.MAKE_UP, Measure.PUMP, Measure.FUEL):
        other[measure] = tuple(p for p in registry.points_of(network_id) if p.measure is measure)
    return Layout(sources, users, trunk, tuple(branches), other)


def is_heat(point: Point) -> bool:
    """Whether the point counts heat: energy in a role of the network, not electricity, not fuel."""
    counts = point.role in (Role.FED_IN, Role.DELIVERED, Role.CONSUMED) and point.carrier not in ("", "electricity")
    return counts and point.measure not in (Measure.PUMP, Measure.FUEL) and dimension(amount_unit(point)) == "energy"


def _section(registry: Registry, name: str, heads: Sequence[Point], ends: Sequence[Point], branch: str) -> Section:
    meters = [registry.meters[p.meter_id] for p in ends]
    mediums = {registry.meters[p.meter_id].medium for p in (*heads, *ends)} - {Medium.NONE}
    piped = [m for m in meters if m.pipe_km and branch in (TRUNK, m.branch)]
    length = max((m.pipe_km or 0.0 for m in piped), default=0.0) or None
    return Section(name, tuple(heads), tuple(ends), mediums.pop() if len(mediums) == 1 else Medium.NONE, length, _volume(piped))


def _volume(meters: Sequence[Meter]) -> float | None:
    """Of the largest pipe among those whose diameter is known: users along one pipe share it."""
    return max((pipe_volume_m3(m.pipe_km, m.pipe_mm) for m in meters if m.pipe_km and m.pipe_mm), default=None)
