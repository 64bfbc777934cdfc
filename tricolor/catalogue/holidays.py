"""Holidays that move: the first day of the Spring Festival by year."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

from tricolor.catalogue.tables import shipped_rows
from tricolor.domain.errors import Misconfigured


@cache
def spring_festivals() -> Mapping[int, date]:
    """Year -> first day of the first lunar month (正月初一), Asia/Shanghai, 2000-2050."""
    return MappingProxyType({int(row["year"]): date.fromisoformat(row["first_day"]) for row in shipped_rows("spring_festival.csv")})


def spring_festival(year: int) -> date:
    """Misconfigured for a year that the table does not hold."""
    found = spring_festivals().get(year)
    if found is None:
        raise Misconfigured(f"no Spring Festival of {year} in tricolor/catalogue/data/spring_festival.csv: add its row")
    return found
