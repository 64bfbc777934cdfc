"""Activity figures: what energy is divided by (GDP, value added, output, floor area, people)."""

from dataclasses import dataclass
from enum import StrEnum


class ActivityKind(StrEnum):
    GDP = "gdp"  # 地区生产总值, constant prices
    VALUE_ADDED = "value_added"  # 工业增加值, constant prices
    OUTPUT = "output"  # 产品产量
    AREA = "area"  # 建筑面积; holds from its month on until another one is stated
    HEADS = "heads"  # 用能人数; likewise


ACTIVITY_UNITS: dict[ActivityKind, tuple[str, ...]] = {
    ActivityKind.GDP: ("1e4CNY", "1e8CNY"),
    ActivityKind.VALUE_ADDED: ("1e4CNY", "1e8CNY"),
    ActivityKind.OUTPUT: ("t", "kg", "m3", "MWh", "kWh", "m2"),
    ActivityKind.AREA: ("m2",),
    ActivityKind.HEADS: ("head",),
}
STOCK_KINDS = (ActivityKind.AREA, ActivityKind.HEADS)  # how much there is, not how much was made in the month: never added up over months


@dataclass(frozen=True, slots=True)
class Activity:
    """One figure of one entity and month. price_year: base year of constant prices (GDP, value added); product: of an output."""

    entity: str
    kind: ActivityKind
    month: str  # YYYY-MM
    value: float
    unit: str
    price_year: int | None = None
    product: str = ""
    author: str = ""
    revision: int = 1
