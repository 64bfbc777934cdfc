"""`tricolor energy POINT`: what a point used, by the clock and by its readings."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from tricolor.analysis.read_difference import ReadDifference, Seen, read_differences_of
from tricolor.analysis.rollup import StepCell, roll_up
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor.domain.gauges import amount_unit
from tricolor.domain.intervals import (
    DAY_US,
    EARLIEST_US,
    LATEST_US,
    Interval,
    Step,
    ceil_cell,
    floor_cell,
    instant_of,
    iso,
    month_of,
    month_text,
    to_us,
)
from tricolor_cli.point_source import PointSource, from_api, from_store

MAX_LINES = 40_000
WHEN = "a day (2026-11-20), month (2026-11), year (2026), or a time with its offset"


def energy_command(
    point: Annotated[str, typer.Argument(metavar="POINT", help="Id of the point, e.g. qz-refinery-01.elec.")],
    step: Annotated[Step, typer.Option("--step", help="Length of a line, by the calendar of Asia/Shanghai.")] = Step.MONTH,
    start: Annotated[str, typer.Option("--from", help=f"{WHEN}; default the first of January of the year of --to.")] = "",
    end: Annotated[str, typer.Option("--to", help=f"Exclusive: {WHEN}; default now.")] = "",
    key: Annotated[str, typer.Option("--key", envvar="TRICOLOR_KEY", help="Key for the API, where Tricolor is running.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of the embedded stores; default TRICOLOR_DATA or ./data.")] = None,
) -> None:
    """测点用量：时钟差与读数差 · What a point used by step: clock difference, and a register's read difference. Asks a running Tricolor, if any."""
    settings = Settings() if data is None else Settings(data=data)
    span = _span(start, end)
    found = from_store(settings, point, lambda known: _worked_out(known, span, step))
    if found is None:
        found = from_api(settings, f"/v1/points/{point}/energy", {"step": step.value, "from": iso(span.start), "to": iso(span.end)}, key)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(found)


def _span(start: str, end: str) -> Interval:
    last = _instant(end, "--to") if end else to_us(datetime.now(UTC))
    first = _instant(start, "--from") if start else month_of(month_text(max(EARLIEST_US, last - 1))[:4] + "-01").start
    if first >= last:
        raise Misconfigured(f"--from {iso(first)} does not lie before --to {iso(last)}")
    return Interval(floor_cell(first), ceil_cell(last))


def _instant(text: str, name: str) -> int:
    try:
        at = instant_of(text)
    except ValueError as error:
        raise Misconfigured(f"{name} is {text!r}: write {WHEN} ({error})") from error
    if not EARLIEST_US + DAY_US <= at <= LATEST_US - DAY_US:
        raise Misconfigured(f"{name} is {text!r}: it must lie in the years 1992 to 2099")
    return at


def _worked_out(known: PointSource, span: Interval, step: Step) -> dict[str, Any]:
    if step is Step.QUARTER and span.length_us // (900 * 1_000_000) > MAX_LINES:
        raise Misconfigured(f"that would be over {MAX_LINES} lines: ask for --step day, or for a shorter span")
    point = known.point
    cells = roll_up(known.energy.cells([point.key], span), span, step)
    reads = read_differences_of(point, np.array([span.start, *(c.end for c in cells)], dtype=np.int64), known.store, known.facts)
    lines = [_line(cell, reads[row] if reads else None) for row, cell in enumerate(cells)]
    return {"point": point.id, "unit": amount_unit(point), "step": step.value, "cells": lines}


def _line(cell: StepCell, read: ReadDifference | None) -> dict[str, Any]:
    return {
        "start": iso(cell.start), "end": iso(cell.end), "clock_difference": cell.amount, "coverage": cell.coverage, "flags": cell.flags,
        "read_difference": read.amount if read else None, "base": _seen(read.base if read else None), "last": _seen(read.last if read else None),
        "has_parked": bool(read and read.has_parked),
    }  # fmt: skip


def _seen(seen: Seen | None) -> dict[str, Any] | None:
    return {"at": iso(seen.at), "value": seen.value} if seen else None


def _show(found: dict[str, Any]) -> None:
    console = Console(highlight=False)
    console.print(f"[bold]{found['point']}[/]  {found['unit']}  {found['step']}")
    known = [c for c in found["cells"] if c["clock_difference"] is not None or c["read_difference"] is not None]
    if not known:
        console.print("这一时段没有用量 · nothing is known of this span: has it readings, and have they been settled?")
        return
    table = Table("从 from", "到 to", "时钟差 clock", "读数差 read", "起始读数 base", "末次读数 last", "覆盖 coverage", "标记 flags")
    for c in known:
        seen = ["" if s is None else f"{s['value']:.10g}  {s['at'][:16]}" for s in (c["base"], c["last"])]
        flags = ", ".join([*c["flags"], *(["有待核实 open item"] if c["has_parked"] else [])])
        clock, read = ("?" if v is None else f"{v:.10g}" for v in (c["clock_difference"], c["read_difference"]))
        table.add_row(c["start"][:16], c["end"][:16], clock, read, *seen, f"{c['coverage']:.0%}", flags)
    console.print(table)
