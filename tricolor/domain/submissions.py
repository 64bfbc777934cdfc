"""What people report: statistics (values of plan indicators, reported energy, waste balances) and energy budgets. Every revision is kept."""

from dataclasses import dataclass
from enum import StrEnum

REPORTED_TCE = "reported_energy_tce"  # 综合能耗 of the period as stated in the energy report, equal value [tce]
REPORTED_PREFIX = "reported_energy."  # + carrier: purchased amount of the period as reported, in the carrier's unit
ANNUAL_TCE = "annual_energy_tce"  # 年综合能源消费量 stated for a year [tce]; decides duties (10,000 tce, 50,000 tce)
ENERGY_TOTAL_TARGET = "energy_total_target_tce"  # 年度能源消费总量目标 of an area for a year [tce]
GDP_GROWTH_TARGET = "gdp_growth_target"  # 地区生产总值增速目标 of a year [%]
CAPACITY_SHARE = "capacity_at_benchmark_share"  # 达到标杆水平的产能比例 of an area [%]
TARGET_PREFIX = "target:"  # + indicator: its target as another level set it (完成上级下达目标), in the indicator's unit
REACHED, NOT_REACHED = ("达到", "reached"), ("未达到", "not reached")
_YES = ("达到", "已达到", "达标", "完成", "已完成", "实现", "已实现", "全覆盖", "已全覆盖", "是", "reached", "met", "done", "yes")
_NO = ("未", "没", "不", "否", "not", "no", "missed")


class PeriodKind(StrEnum):
    MONTH = "month"  # "2026-10"
    QUARTER = "quarter"  # "2026-Q3"
    YEAR = "year"  # "2026"


@dataclass(frozen=True, slots=True)
class Statistic:
    """One reported value. indicator: id of a plan indicator or one of the names above; value: None where only words are reported (text);
    submitted_at [µs]; document: what it rests on."""

    entity: str
    indicator: str
    period: str
    value: float | None
    unit: str
    text: str = ""
    document: str = ""
    note: str = ""
    author: str = ""
    revision: int = 1
    submitted_at: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """Energy budget (用能预算) of an entity for a year [tce, equal value]. profile: twelve shares of the months that add up to 1, empty: its own
    months of the year before, else equal ones by days."""

    entity: str
    year: int
    tce: float
    profile: tuple[float, ...] = ()
    document: str = ""
    author: str = ""
    revision: int = 1
    submitted_at: int = 0


def is_reached(text: str) -> bool | None:
    """What words say of a goal in words: 达到… or 未达到…; None when they say neither. Further words may follow."""
    said = text.strip().lower()
    if any(said.startswith(word) for word in _NO):
        return False
    return True if any(said.startswith(word) for word in _YES) else None
