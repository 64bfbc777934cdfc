"""Which point counts in whose account in which role: sub-meters behind a main meter, and what members of a whole sell to each other.

GB/T 2589-2020 §4: purchased minus sold; what is passed on inside the boundary is not counted twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tricolor.domain.entities import EntityKind, Registry
from tricolor.domain.gauges import is_integrated
from tricolor.domain.meters import Point, PointKind, Role

COUNTING = (Role.PURCHASED, Role.SOLD)
MAX_ABOVE = 50  # meters on the way up; the registry refuses circles


@dataclass(frozen=True, slots=True)
class Part:
    """A point's part in the account of `holder`. It holds on days when one of `within` is valid (none named: always) and none of `without` is."""

    point: Point
    holder: str
    role: Role
    within: tuple[Point, ...] = ()
    without: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts of one registry. of: by holder; holders: entity -> those in whose accounts its points stand, itself among them."""

    of: Mapping[str, tuple[Part, ...]]
    holders: Mapping[str, tuple[str, ...]]

    def inside(self, members: Iterable[str]) -> list[Part]:
        return [part for member in members for part in self.of.get(member, ())]

    def points(self, holders: Iterable[str]) -> list[Point]:
        """Points behind the accounts of these, each once."""
        return list({part.point.key: part.point for holder in holders for part in self.of.get(holder, ())}.values())


def is_energy(point: Point) -> bool:
    """Whether the point's cells may belong into accounts; `counted` says of several which do."""
    return bool(point.carrier) and point.role is not Role.NONE and (point.plate.kind is not PointKind.GAUGE or is_integrated(point))


def counted(points: Iterable[Point]) -> list[Point]:
    """Those that accounts add up: a gauge's integral only where its meter has no register or delta of the same carrier, never both."""
    asked = [p for p in points if is_energy(p)]
    metered = {(p.meter_id, p.carrier) for p in asked if p.plate.kind is not PointKind.GAUGE}
    return [p for p in asked if p.plate.kind is not PointKind.GAUGE or (p.meter_id, p.carrier) not in metered]


def account_parts(registry: Registry) -> Parts:
    """The parts of every point that counts.

    A sub-meter of the same entity, carrier and role adds nothing: of what is bought or sold it is listed as consumed, once. A purchase metered behind
    another member's purchase, or behind its sale, is taken out of the account of the smallest whole that holds both.
    """
    points = counted(registry.points.values())
    by_meter: dict[str, list[Point]] = {}
    for point in points:
        by_meter.setdefault(point.meter_id, []).append(point)
    parts = [Part(p, p.entity_id, p.role) for p in points if not _has_parent(registry, p)]
    below = [p for p in points if _has_parent(registry, p)]
    above = {p.key: _above(registry, by_meter, p) for p in below}
    for point in below:
        parts += _own(point, above)
    parts += _passed_on(registry, below, above)
    of: dict[str, list[Part]] = {}
    holders: dict[str, set[str]] = {}
    for part in parts:
        of.setdefault(part.holder, []).append(part)
        holders.setdefault(part.point.entity_id, {part.point.entity_id}).add(part.holder)
    return Parts({h: tuple(found) for h, found in of.items()}, {e: tuple(sorted(found)) for e, found in holders.items()})


def _has_parent(registry: Registry, point: Point) -> bool:
    meter = registry.meters.get(point.meter_id)
    return meter is not None and meter.parent_id in registry.meters


def _above(registry: Registry, by_meter: Mapping[str, Sequence[Point]], point: Point) -> list[list[Point]]:
    """Points of the same carrier at the meters before it, the nearest meter first; each list of one meter."""
    found: list[list[Point]] = []
    meter_id = registry.meters[point.meter_id].parent_id
    for _ in range(MAX_ABOVE):
        if meter_id not in registry.meters or meter_id == point.meter_id:
            break
        here = [p for p in by_meter.get(meter_id, ()) if p.carrier == point.carrier]
        if here:
            found.append(here)
        meter_id = registry.meters[meter_id].parent_id
    return found


def _mine(point: Point, above: Mapping[int, list[list[Point]]], role: Role) -> tuple[Point, ...]:
    return tuple(p for meter in above.get(point.key, ()) for p in meter if p.entity_id == point.entity_id and p.role is role)


def _own(point: Point, above: Mapping[int, list[list[Point]]]) -> list[Part]:
    """Parts of a point at a sub-meter in its own entity's account."""
    mains = _mine(point, above, point.role)
    listed = _mine(point, above, Role.CONSUMED)
    listed += tuple(p for role in COUNTING for p in _mine(point, above, role) if _mine(p, above, role))
    if point.role not in COUNTING:
        return [Part(point, point.entity_id, point.role, without=mains + (listed if point.role is Role.CONSUMED else ()))]
    if not mains:
        return [Part(point, point.entity_id, point.role)]
    return [
        Part(point, point.entity_id, point.role, without=mains),
        Part(point, point.entity_id, Role.CONSUMED, within=mains, without=listed),
    ]


def _passed_on(registry: Registry, below: Sequence[Point], above: Mapping[int, list[list[Point]]]) -> list[Part]:
    """What is bought behind another entity's meter, in the account of the whole that holds both."""
    found: list[Part] = []
    sales: dict[int, list[Point]] = {}
    sellers: dict[int, Point] = {}
    for point in below:
        if point.role is not Role.PURCHASED:
            continue
        supplier = next((s for meter in above[point.key] if (s := _supplier(point, meter)) is not None), None)
        if supplier is None:
            continue
        mains = _mine(point, above, Role.PURCHASED)
        if supplier.role is Role.SOLD:
            sales.setdefault(supplier.key, []).append(point)
            sellers[supplier.key] = supplier
        elif whole := smallest_whole(registry, (supplier.entity_id, point.entity_id)):
            found.append(Part(point, whole, Role.INNER_PURCHASED, within=(supplier,), without=mains))
    for key, buyers in sales.items():
        seller = sellers[key]
        whole = smallest_whole(registry, (seller.entity_id, *(b.entity_id for b in buyers)))
        if whole:
            found += [Part(b, whole, Role.INNER_PURCHASED, within=(seller,), without=_mine(b, above, Role.PURCHASED)) for b in buyers]
            found.append(Part(seller, whole, Role.INNER_SOLD, within=tuple(buyers)))
    return found


def _supplier(point: Point, meter: Sequence[Point]) -> Point | None:
    """The point of another entity's meter that what `point` measures has passed; a purchase before a sale."""
    theirs = [p for p in meter if p.entity_id != point.entity_id and p.role in COUNTING]
    return min(theirs, key=lambda p: (p.role is Role.SOLD, p.key), default=None)


def wholes_of(registry: Registry, entity_id: str) -> list[str]:
    """The park, the region and the city around an entity, the smallest first; a park or region stands in itself."""
    entity = registry.entities[entity_id]
    region = entity.region_id or (registry.entities[entity.park_id].region_id if entity.park_id in registry.entities else "")
    own = entity_id if entity.kind in (EntityKind.PARK, EntityKind.REGION) else ""
    city = registry.city()
    return [w for w in dict.fromkeys((own, entity.park_id, region, city.id if city is not None else "")) if w in registry.entities]


def smallest_whole(registry: Registry, entities: Sequence[str]) -> str:
    """The park, else the region, else the city that holds all of them; "" when there is none."""
    chains = [wholes_of(registry, entity_id) for entity_id in entities]
    return next((whole for whole in chains[0] if all(whole in chain for chain in chains)), "")
