"""A city whose meters jumped and fell, really settled: for the pages of open items."""

from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from accounting.open_items import OpenItems
from accounting.settling import Settler
from tests.web.conftest import NOW, Board, build
from tricolor.adapters.ledger.items import ItemRecordSql
from tricolor.adapters.ledger.schema import dirty_span
from tricolor.catalogue.factors import carriers
from tricolor.domain.intervals import DAY_US, MINUTE_US, SECOND_US
from tricolor.domain.readings import ReadingBatch

LEAPT, FELL, LARGE, OTHER = "qn-manganese.elec-1", "qn-manganese.elec-2", "qzg-paper.heat", "qb-carbide.elec"


def settler_of(board: Board) -> Settler:
    d = board.deps
    items = OpenItems(ItemRecordSql(board.ledger), lambda: NOW - 90 * MINUTE_US)
    return Settler(board.store, board.store, d.settle, d.registry, d.factors, carriers(), d.meter_facts, items)


def push(board: Board, point_id: str, first: float, step: float, jumps: dict[int, float]) -> None:
    """Two days of readings as often as the plate says; jumps: place from the end -> how much more or less from there on."""
    point = board.deps.registry.load().points[point_id]
    interval = point.plate.interval_s * SECOND_US
    last = NOW // interval * interval
    count = 2 * DAY_US // interval
    at = last - np.arange(count, dtype=np.int64)[::-1] * interval
    value = first + np.arange(count) * step
    for place, jump in jumps.items():
        value[count - place :] += jump
    zeros = np.zeros(count, dtype=np.uint8)
    board.store.put(ReadingBatch(np.full(count, point.key), at, value, zeros, np.arange(1, count + 1), at + 20 * SECOND_US))
    columns = {"points": point.key, "starts": int(at[0]), "ends": int(at[-1])}
    with board.ledger.writing() as connection:
        packed = {name: int(value).to_bytes(8, "little") for name, value in columns.items()}
        connection.execute(insert(dirty_span).values(**packed, readings=count, source="test"))


def build_jumps(folder: Path) -> tuple[Board, dict[str, Any]]:
    """The board, and the number of the item of each point that has one."""
    board = build(folder)
    push(board, LEAPT, 48_210.6, 5.2, {40: 58_000.0})
    push(board, FELL, 61_480.0, 4.7, {70: -61_100.0})
    push(board, LARGE, 112_400.0, 21.0, {20: 5_842_157.0})
    settler_of(board).run_once()
    found = board.deps.items.page(_all(), 10) if board.deps.items else []
    names = {p.key: p.id for p in board.deps.registry.load().points.values()}
    return board, {names[i.parked.point]: i.id for i in found}


def _all() -> Any:
    from tricolor.domain.items import ItemFilter

    return ItemFilter()
