"""How long the links in messages live, and how often one may try them: rows of data/phone_links.csv."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tricolor.catalogue.tables import shipped_rows
from tricolor.domain.intervals import DAY_US
from tricolor.domain.lights import Light


@dataclass(frozen=True, slots=True)
class LinkLimits:
    """life_us: by the light of the message [µs]; wrong_per_min: of one address; acts_per_min: of one link."""

    life_us: Mapping[Light, int]
    wrong_per_min: int
    acts_per_min: int

    def ends_at(self, light: str, created_at: int) -> int:
        """The first instant [µs] at which the link of a message opens nothing any more; a light nobody knows lives as short as any."""
        known = {each.value: life for each, life in self.life_us.items()}
        return created_at + known.get(light, min(known.values()))


@cache
def link_limits() -> LinkLimits:
    """KeyError when the catalogue lacks a row."""
    rows = {row["limit"]: float(row["value"]) for row in shipped_rows("phone_links.csv")}
    life = {light: round(rows[f"life_{light.value}_d"] * DAY_US) for light in (Light.RED, Light.ORANGE, Light.YELLOW, Light.GREEN)}
    return LinkLimits(life, round(rows["wrong_per_min"]), round(rows["acts_per_min"]))
