"""Which alerts somebody asks for, by page or by API, as far as they may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.security import View
from tricolor.ports_alerting import AlertFilter

STATES: Final = ("open", "resolved", "all")
LEVELS: Final = ("red", "orange", "yellow")
HANDLINGS: Final = ("unacked", "acked")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked; "" is everything. area: a city, region, park or unit with everything inside; entity: that one only."""

    state: str = "open"
    level: str = ""
    rule: str = ""
    area: str = ""
    entity: str = ""
    department: str = ""
    handling: str = ""
    is_muted: bool = False
    is_stale: bool = False

    @property
    def is_plain(self) -> bool:
        return self == Asked()


def wanted_by(view: View, asked: Asked) -> AlertFilter:
    """404 for an entity or area that is not the reader's to see."""
    entities: tuple[str, ...] | None = None if not view.is_bound else tuple(sorted(view.ids))
    if asked.entity:
        entities = (view.entity(asked.entity).id,)
    elif asked.area:
        inside = view.registry.members(view.entity(asked.area).id)
        entities = tuple(e.id for e in inside if e.id in view)
    return AlertFilter(
        asked.state, (asked.level,) if asked.level else (), (asked.rule,) if asked.rule else (), entities, asked.handling, asked.department,
        asked.is_stale, asked.is_muted,
    )  # fmt: skip


def chosen(value: str, allowed: Sequence[str], default: str = "") -> str:
    """The value where it is one of those allowed."""
    return value if value in allowed else default
