"""Who is supervised and who supervises: city, regions, parks, enterprises, heat networks; departments and contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tricolor.domain.meters import Medium, Point


class EntityKind(StrEnum):
    CITY = "city"
    REGION = "region"
    PARK = "park"
    ENTERPRISE = "enterprise"
    NETWORK = "network"
    BUILDING = "building"  # public building (公共建筑)


AREAS = (EntityKind.CITY, EntityKind.REGION, EntityKind.PARK)  # that hold other units


@dataclass(frozen=True, slots=True)
class Entity:
    """One supervised unit. region_id/park_id place it; product names a row of the benchmark catalogue ("" when none)."""

    id: str
    kind: EntityKind
    name_cn: str
    name_en: str
    region_id: str = ""  # region of a park, enterprise or network
    park_id: str = ""
    industry_code: str = ""  # GB/T 4754-2017
    industry_cn: str = ""
    is_key_user: bool = False  # 重点用能单位
    product: str = ""
    order: int = 0  # place on the board (plan order)
    is_two_high: bool = False  # 两高一低: on the list of units and projects with high energy use, high emissions, low standard


@dataclass(frozen=True, slots=True)
class Meter:
    """medium, branch: of a heat meter; pipe_km, pipe_mm: length and inner diameter of the supply pipe that leads to it from the head of its branch,
    or, for a branch's own head meter, from the source (None: not known)."""

    id: str
    entity_id: str
    name_cn: str
    name_en: str
    gateway: str = ""
    parent_id: str = ""  # the meter before it, whose flow passes through here in part
    medium: Medium = Medium.NONE
    branch: str = ""
    pipe_km: float | None = None
    pipe_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Department:
    id: str
    name_cn: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A person (or duty desk) who can be told. of: id of a department or an entity."""

    id: str
    of: str
    name: str
    role: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """The whole registry at one version: everything by id, points by key as well."""

    version: int
    entities: Mapping[str, Entity]
    meters: Mapping[str, Meter]
    points: Mapping[str, Point]
    departments: Mapping[str, Department]
    contacts: Mapping[str, Contact]
    by_key: Mapping[int, Point] = field(default_factory=dict)

    def city(self) -> Entity | None:
        return next((e for e in self.entities.values() if e.kind is EntityKind.CITY), None)

    def members(self, entity_id: str) -> list[Entity]:
        """The entity itself and everything inside its boundary: a city holds all, a region and a park what they name."""
        whole = self.entities[entity_id]
        if whole.kind is EntityKind.CITY:
            return list(self.entities.values())
        inside = [e for e in self.entities.values() if entity_id in (e.region_id, e.park_id)]
        return [whole, *(e for e in inside if e.id != entity_id)]

    def points_of(self, entity_id: str) -> list[Point]:
        return [p for p in self.points.values() if p.entity_id == entity_id]


@dataclass(frozen=True, slots=True)
class PointColumns:
    """The points as columns of equal length. owner: place in entities; is_register: a register that never reads below zero; capacity: where it
    wraps, infinity when the plate does not say."""

    version: int
    key: Sequence[int]
    id: Sequence[str]
    owner: Sequence[int]
    is_register: Sequence[bool]
    capacity: Sequence[float]
    entities: Sequence[str]
