"""Why a cell holds what it holds: the readings, the steps between them, the kind of each, the rule and the plate value that decided."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tricolor.analysis.read_difference import around
from tricolor.analysis.settle import is_ahead, steps_of, usable
from tricolor.analysis.virtual import virtual_cells
from tricolor.domain.cells import spread
from tricolor.domain.decided import Confirmed, Substitute, substituted
from tricolor.domain.energy import CellFlag, EnergyCells, flag_names
from tricolor.domain.entities import Registry
from tricolor.domain.errors import NotFound
from tricolor.domain.exchanges import Exchange, MeterFacts, MultiplierChange
from tricolor.domain.formulas import parse
from tricolor.domain.gauges import amount_unit
from tricolor.domain.intervals import CELL_US, DAY_US, HOUR_US, SECOND_US, Interval, floor_cell
from tricolor.domain.meters import Point, PointKind
from tricolor.domain.readings import Quality, ReadingBatch
from tricolor.domain.registers import StepKind, Steps
from tricolor.domain.steps import PARKED
from tricolor.domain.stuck import stuck_cells
from tricolor.ports import EnergyStore, ReadingStore

MAX_READINGS = 500  # shown of one explanation
RULES: dict[StepKind, tuple[str, str]] = {
    StepKind.FORWARD: ("读数前进，且在铭牌允许之内", "the register went forward, within what the plate allows"),
    StepKind.STILL: ("读数未变，或只在末位之内跳动", "the same value, or a fall within the least digit"),
    StepKind.ROLLED_OVER: ("越过满量程归零，路程在铭牌允许之内", "through the capacity to zero; the distance is within what the plate allows"),
    StepKind.DIP: (
        "中间读数跌落或突跳后又返回，视为误读，不计也不丢",
        "readings between fell or leapt and came back: misread, nothing counted and nothing lost",
    ),
    StepKind.LEAP: ("突跳超出铭牌且未返回，挂起待人核实，不计入", "a jump beyond the plate that stayed: parked for a person, not counted"),
    StepKind.EXCHANGED: ("按申报的换表底数计算", "counted by the values of a declared meter exchange"),
    StepKind.OPEN: (
        "读数下跌且未返回、未申报换表，挂起待人核实，不计入",
        "a drop that stayed and was not declared: parked for a person, not counted",
    ),
    StepKind.STUCK: ("读数停住，而同一仪表的其他测点显示有用量", "the register stood still while another point of its meter saw something pass"),
    StepKind.BACKWARD: ("可倒走的净计量表后退，且在铭牌允许之内，计为负值", "a net register ran backwards, within what the plate allows: negative"),
    StepKind.CLOCK: ("时间戳早于到达时间一天以上，时钟有误，不采用", "stamped more than a day after it arrived: a wrong clock, left out"),
}

CONFIRMED_RULE = (
    "突跳或跌落，经人工核实确有用量，按时间分摊计入",
    "a jump or a drop that a person confirmed: counted, spread over its time",
)


@dataclass(frozen=True, slots=True)
class ReadingUsed:
    """A reading behind the cell. use: "counted", "skipped" (misread between two good ones), "clock", "bad" (by its quality) or "undecided"."""

    at: int
    value: float
    quality: int
    use: str


@dataclass(frozen=True, slots=True)
class StepUsed:
    """A step that reaches into the cell. amount: of the whole step; share: part of its time inside the cell; limit: what the plate allows in its time
    (None: it does not say). start, end [µs]; amounts in the unit of the cells."""

    start: int
    end: int
    amount: float | None
    share: float
    kind: StepKind
    flags: tuple[str, ...]
    rule_zh: str
    rule_en: str
    limit: float | None


@dataclass(frozen=True, slots=True)
class InputUsed:
    """A point that a formula read. amount [unit] of the same cell; None: nothing is known, and so nothing of the result."""

    point: str
    unit: str
    amount: float | None
    coverage: float
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The cell that holds the instant asked for. amount None: nothing is known; exchanges, multipliers: those declared that touch the steps;
    confirmed: jumps that people confirmed and that count here; substitute: the amount that a person gave instead of all this."""

    point: Point
    unit: str
    start: int
    end: int
    amount: float | None
    coverage: float
    flags: tuple[str, ...]
    steps: tuple[StepUsed, ...]
    readings: tuple[ReadingUsed, ...]
    exchanges: tuple[Exchange, ...]
    multipliers: tuple[MultiplierChange, ...]
    confirmed: tuple[Confirmed, ...] = ()
    substitute: Substitute | None = None
    formula: str = ""  # of a virtual point, which has inputs instead of readings and steps
    inputs: tuple[InputUsed, ...] = ()


def explain_virtual(registry: Registry, point: Point, at: int, energy: EnergyStore) -> Explanation:
    """The formula of a virtual point and what its points gave in the cell that holds the instant [µs]; NotFound when it names a point no more."""
    cell = Interval(floor_cell(at), floor_cell(at) + CELL_US)
    formula = parse(point.formula)
    missing = [name for name in formula.names if name not in registry.points]
    if missing:
        raise NotFound(f"the formula of {point.id} names {missing[0]}, which is not registered")
    cells = energy.cells(sorted(registry.points[name].key for name in formula.names), cell)
    inputs = []
    for name in formula.names:
        read = registry.points[name]
        here = cells.take((cells.point == read.key) & (cells.start == cell.start))
        known = len(here) and not np.isnan(here.amount[0])
        flags = tuple(flag_names(int(here.flag[0]))) if len(here) else ()
        inputs.append(
            InputUsed(
                name, amount_unit(read), float(here.amount[0]) if known else None, float(here.covered_us[0] / CELL_US) if len(here) else 0.0, flags
            )
        )
    found = virtual_cells(registry, {point.key: formula}, cells, {point.key: cell})
    return Explanation(
        point, point.unit, cell.start, cell.end, float(found.amount[0]) if len(found) else None,
        float(found.covered_us[0] / CELL_US) if len(found) else 0.0, tuple(flag_names(int(found.flag[0]))) if len(found) else (),
        (), (), (), (), formula=point.formula, inputs=tuple(inputs),
    )  # fmt: skip


def explain(point: Point, at: int, readings: ReadingStore, facts: MeterFacts, siblings: Sequence[Point] = ()) -> Explanation:
    """How the cell at the instant [µs] comes about, worked out anew from the readings. siblings: other points of the same meter, asked whether a
    register that stands still is stuck."""
    cell = Interval(floor_cell(at), floor_cell(at) + CELL_US)
    batch = around(point, cell, readings, facts)
    steps = steps_of({point.key: point}, batch, facts)
    mine = steps.take((steps.start < cell.end) & (steps.end > cell.start))
    cells = spread(mine, np.full(len(mine), _longest_us(point)))
    given = [s for s in facts.substitutes.get(point.key, ()) if s.start <= cell.start < s.end]
    if given:
        cells = substituted(cells, {point.key: given})
    here = cells.take(cells.start == cell.start)
    is_stuck = _is_stuck(point, cell, steps, readings, facts, siblings)
    last = int(steps.end[-1]) if len(steps) else None
    low = min([cell.start, *mine.start.tolist()])
    high = max([cell.end, *mine.end.tolist()])
    known = len(here) and not np.isnan(here.amount[0])
    return Explanation(
        point, amount_unit(point), cell.start, cell.end, float(here.amount[0]) if known else None,
        float(here.covered_us[0] / CELL_US) if len(here) else 0.0, tuple(flag_names(int(here.flag[0]))) if len(here) else (),
        tuple(_step(point, cell, mine, row, is_stuck) for row in range(len(mine))),
        _readings(batch, low, high, mine, last),
        tuple(e for e in facts.exchanges.get(point.key, ()) if low <= e.at <= high),
        tuple(m for m in facts.multipliers.get(point.key, ()) if m.valid_from < cell.end),
        _confirmed(mine, facts.confirmed.get(point.key, ())), given[-1] if given else None,
    )  # fmt: skip


def _longest_us(point: Point) -> int:
    interval = point.plate.interval_s * SECOND_US
    return max(interval + interval // 2, CELL_US + CELL_US // 2)


def _step(point: Point, cell: Interval, steps: Steps, row: int, is_stuck: bool) -> StepUsed:
    start, end = int(steps.start[row]), int(steps.end[row])
    kind = StepKind(int(steps.kind[row]))
    if is_stuck and kind is StepKind.STILL:
        kind = StepKind.STUCK
    is_confirmed = _is_confirmed(steps, row)
    zh, en = CONFIRMED_RULE if is_confirmed else RULES[kind]
    rate = point.plate.max_rate
    return StepUsed(
        start, end, None if steps.flag[row] & CellFlag.OPEN else float(steps.amount[row]),
        (min(end, cell.end) - max(start, cell.start)) / (end - start), kind, tuple(flag_names(int(steps.flag[row]))), zh, en,
        None if rate is None else rate * (end - start) / HOUR_US * point.plate.multiplier,
    )  # fmt: skip


def _is_confirmed(steps: Steps, row: int) -> bool:
    return steps.kind[row] in PARKED and not steps.flag[row] & CellFlag.OPEN


def _confirmed(steps: Steps, confirmed: Sequence[Confirmed]) -> tuple[Confirmed, ...]:
    """Those that made one of the steps, or a part of it where a multiplier changed in between."""
    counted = [(int(steps.start[row]), int(steps.end[row])) for row in range(len(steps)) if _is_confirmed(steps, row)]
    return tuple(c for c in confirmed if any(c.start <= start and end <= c.end for start, end in counted))


def _readings(batch: ReadingBatch, low: int, high: int, steps: Steps, last: int | None) -> tuple[ReadingUsed, ...]:
    is_good, ahead = usable(batch), is_ahead(batch)
    edges = set(steps.start.tolist()) | set(steps.end.tolist())
    found: list[ReadingUsed] = []
    for row in np.flatnonzero((batch.at >= low) & (batch.at <= high))[:MAX_READINGS].tolist():
        at = int(batch.at[row])
        if ahead[row]:
            use = "clock"
        elif not is_good[row]:
            use = "bad"
        elif at in edges:
            use = "counted"
        else:
            use = "undecided" if last is None or at > last else "skipped"
        found.append(ReadingUsed(at, float(batch.value[row]), int(batch.quality[row]), use))
    return tuple(found)


def _is_stuck(point: Point, cell: Interval, steps: Steps, readings: ReadingStore, facts: MeterFacts, siblings: Sequence[Point]) -> bool:
    """Whether a sibling that measures the same quantity saw something pass while the register stood still around the cell."""
    if point.plate.kind is not PointKind.REGISTER:
        return False
    span = Interval(cell.start - DAY_US, cell.end + DAY_US)
    own = spread(steps, np.full(len(steps), _longest_us(point)))
    for other in siblings:
        if other.key == point.key or other.carrier != point.carrier or amount_unit(other) != amount_unit(point):
            continue
        batch = readings.around([other.key], span)
        seen = steps_of({other.key: other}, batch, facts)
        theirs: EnergyCells = spread(seen, np.full(len(seen), CELL_US))
        if cell.start in stuck_cells(own, theirs, max(point.plate.resolution, 1e-9) * point.plate.multiplier):
            return True
    return False


def quality_name(code: int) -> str:
    return Quality(code).name.lower() if code in {int(q) for q in Quality} else str(code)
