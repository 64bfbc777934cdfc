"""Deciding about open items, for the API and the wallboard alike: what cannot be is told by its field in both languages before anything is done."""

import math
from dataclasses import dataclass

from api.deps import Dependencies
from api.meter_facts import faults_of
from api.problems import Fault
from api.security import View
from tricolor.domain.cells import MAX_CELLS_PER_STEP
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.exchanges import Exchange
from tricolor.domain.gauges import is_integrated
from tricolor.domain.intervals import CELL_US, DAY_US, ceil_cell, floor_cell, iso
from tricolor.domain.items import Decision, ItemHistory, ItemState, Parked
from tricolor.domain.meters import Point, PointKind
from tricolor.domain.steps import StepKind
from tricolor.ports_items import ItemDesk, OpenItemsBook

MAX_AMOUNT = 1e15


@dataclass(frozen=True, slots=True)
class Author:
    """Who decides, why, and when [µs]."""

    who: str
    reason: str
    at: int


class Faulty(Exception):
    """What was sent cannot be; nothing was changed."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{f.field}: {f.en}" for f in faults))
        self.faults = faults


def book_of(deps: Dependencies) -> OpenItemsBook:
    if deps.items is None:
        raise Refused("this API was composed without the open items")
    return deps.items


def desk_of(deps: Dependencies) -> ItemDesk:
    if deps.item_desk is None:
        raise Refused("this API was composed without the desk for open items")
    return deps.item_desk


def seen(deps: Dependencies, view: View, item: int) -> tuple[ItemHistory, Point]:
    """An item of a point that the reader may see; NotFound otherwise, the same as for a number that is not there, so that none can be probed."""
    hidden = NotFound(f"there is no open item {item}")
    try:
        found = book_of(deps).get(item)
    except NotFound:
        raise hidden from None
    point = view.registry.by_key.get(found.item.parked.point)
    if point is None or point.entity_id not in view:
        raise hidden
    return found, point


def whole_cells(parked: Parked) -> tuple[int, int]:
    """The span of whole 15-minute cells [µs] that holds the parked step: what a substitute stands for unless another is named."""
    start = floor_cell(parked.start)
    return start, max(ceil_cell(parked.end), start + CELL_US)


def confirm(deps: Dependencies, history: ItemHistory, amount: float | None, by: Author) -> Decision:
    parked = history.item.parked
    faults = author_faults(by)
    if amount is None and not (parked.kind is StepKind.LEAP and parked.jump > 0):
        faults.append(Fault("amount", "读数下跌看不出用量，请填写用量", "a drop does not tell what was used: state the amount"))
    _refuse([*faults, *([] if amount is None else _amount_faults(amount))])
    return desk_of(deps).confirm(history.item.id, amount, by.who, by.reason, by.at)


def dismiss(deps: Dependencies, history: ItemHistory, by: Author) -> Decision:
    _refuse(author_faults(by))
    return desk_of(deps).dismiss(history.item.id, by.who, by.reason, by.at)


def exchange(deps: Dependencies, history: ItemHistory, point: Point, fact: Exchange, by: Author) -> Decision:
    parked = history.item.parked
    faults = [*author_faults(by), *faults_of(point, fact, by.at)]
    if not parked.start <= fact.at <= parked.end:
        low, high = iso(parked.start), iso(parked.end)
        faults.append(Fault("at", f"换表时间须在前后两个读数之间：{low} 至 {high}", f"must lie between the two readings, {low} and {high}"))
    _refuse(faults)
    return desk_of(deps).exchange(history.item.id, fact.at, fact.final, fact.start, by.who, by.reason, by.at)


def substitute(deps: Dependencies, point: Point, span: tuple[int, int], amount: float, by: Author) -> Decision:
    start, end = span
    faults = [*author_faults(by), *_amount_faults(amount), *_span_faults(start, end, by.at)]
    if point.plate.kind is PointKind.GAUGE and not is_integrated(point):
        faults.append(Fault("point", "该测点是状态量，没有用量可替代", "this point is a state, not an amount: there is nothing to substitute"))
    _refuse(faults)
    return desk_of(deps).substitute(point.key, start, end, amount, by.who, by.reason, by.at)


def undo(deps: Dependencies, history: ItemHistory, decision: int | None, by: Author) -> Decision:
    """Of the decision named, else of the one in force. Refused when there is none."""
    _refuse(author_faults(by))
    held = history.item.decision
    number = decision if decision is not None else held.id if held is not None else None
    if number is None:
        raise Refused("no decision about this item is in force")
    known = {d.id for d in history.decisions} | ({held.id} if held is not None else set())
    if number not in known:
        raise NotFound(f"open item {history.item.id} has no decision {number}")
    return desk_of(deps).undo(number, by.who, by.reason, by.at)


def can_decide(history: ItemHistory) -> bool:
    return history.item.state is ItemState.OPEN


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise Faulty(faults)


def author_faults(by: Author) -> list[Fault]:
    faults = [] if by.who.strip() else [Fault("by", "请写明由谁决定", "say who decides")]
    return faults if by.reason.strip() else [*faults, Fault("reason", "请写明理由", "say why")]


def _amount_faults(amount: float) -> list[Fault]:
    if math.isfinite(amount) and 0 <= amount <= MAX_AMOUNT:
        return []
    return [Fault("amount", "用量须为不小于 0 的数", "must be a number of 0 or more")]


def _span_faults(start: int, end: int, now: int) -> list[Fault]:
    faults = [
        Fault(name, f"{iso(at)} 不在整刻钟上", f"{iso(at)} is not on a quarter of an hour")
        for name, at in (("start", start), ("end", end))
        if at % CELL_US
    ]
    if end <= start:
        faults.append(Fault("end", "结束须晚于开始", "must be later than the start"))
    elif end - start > MAX_CELLS_PER_STEP * CELL_US:
        days = MAX_CELLS_PER_STEP * CELL_US // DAY_US
        faults.append(Fault("end", f"时段超过 {days} 天，请分段填写", f"the span is longer than {days} days: give it in parts"))
    if end > now:
        faults.append(Fault("end", "时段尚未结束，只能替代已过去的时间", "is still to come: a substitute is for time that is over"))
    return faults
