"""What a plan asks beside its intensity targets, as values: indicators, projects, tasks. One row of a sheet each."""

from dataclasses import dataclass
from enum import StrEnum

from tricolor.domain.entities import Entity


class Direction(StrEnum):
    """Which way an indicator has to go."""

    UP = "up"
    DOWN = "down"
    HOLD = "hold"  # to be kept as it is, e.g. 零增长: not above the baseline
    TEXT = "text"  # a state in words, e.g. 全覆盖: reached or not


class Path(StrEnum):
    """How the way from baseline to target is cut into years."""

    LINEAR = "linear"  # equal steps
    COMPOUND = "compound"  # equal ratios
    STEPPED = "stepped"  # nothing is asked before the target year
    YEARLY = "yearly"  # each year beyond the year before (逐年提高), without a number


class Kind(StrEnum):
    """What the reported number is."""

    LEVEL = "level"  # of the period, e.g. a rate, an amount of the year
    CUMULATIVE = "cumulative"  # added up since the base year, e.g. tonnes brought down
    CHANGE = "change"  # against the base year, e.g. 比2020年提高 22 % (a positive number in the direction asked)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One goal of a plan. id: unique in the pack; no: its number in the document's table ("" where it has none); category, group: the document's
    headings; baseline: of baseline_year, None where the document gives none; target: None for words and for numbers that another level sets
    (target_text says); is_starred: ★ of the document; measure: formula over metered flows ("" : submitted); every: how often it is reported
    (month, quarter, year); carries: the official row an illustrative one repeats, "plan:indicator"."""

    id: str
    entity: str
    no: str
    name_cn: str
    name_en: str
    category: str
    group: str
    unit: str
    direction: Direction
    path: Path
    kind: Kind
    baseline_year: int
    baseline: float | None
    baseline_text: str  # as printed, e.g. "——", "72.3*"
    target_year: int
    target: float | None
    target_text: str  # as printed, e.g. "98%以上", "完成自治区下达目标"
    is_starred: bool
    is_inclusive: bool  # 以上, 不低于, 达到: the target itself is enough; False for 超过
    every: str
    measure: str
    departments: tuple[str, ...]
    source: str
    place: str
    status: str
    carries: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanProject:
    """One row of a plan's list of projects. due: YYYY-MM, "" where the document names none; expected_tce: standard coal saved a year, None where it
    is not given; entities: areas it lies in; investment_cny_10k; stage: progress as printed."""

    id: str
    no: str
    section: str
    name_cn: str
    name_en: str
    builder: str
    content: str
    place_text: str
    entities: tuple[str, ...]
    due: str
    due_text: str
    expected_tce: float | None
    effect_text: str
    investment_cny_10k: float | None
    stage: str
    note: str
    departments: tuple[str, ...]
    source: str
    place: str
    status: str
    carries: str = ""


@dataclass(frozen=True, slots=True)
class PlanTask:
    """One row of a plan's list of tasks. due: YYYY-MM or YYYY; due_text: as printed, e.g. 长期坚持."""

    id: str
    name_cn: str
    content: str
    due: str
    due_text: str
    departments: tuple[str, ...]
    departments_text: str
    source: str
    place: str
    status: str
    carries: str = ""


@dataclass(frozen=True, slots=True)
class ReportDuty:
    """A statistic that units have to submit. indicator: its name; every: month, quarter, year; whom: kinds of entities, key_user, two_high; entities:
    of them only these (empty: all); due_months, due_day: so many months after the period's last one, on that day (the month's last where it is
    shorter); first: the first period asked for."""

    id: str
    name_cn: str
    name_en: str
    indicator: str
    every: str
    whom: tuple[str, ...]
    entities: tuple[str, ...]
    due_months: int
    due_day: int
    first: str
    source: str
    place: str
    status: str
    carries: str = ""
    note: str = ""

    def binds(self, entity: Entity) -> bool:
        """Whether the duty is the entity's."""
        if self.entities and entity.id not in self.entities:
            return False
        is_named = ("key_user" in self.whom and entity.is_key_user) or ("two_high" in self.whom and entity.is_two_high)
        return is_named or str(entity.kind) in self.whom
