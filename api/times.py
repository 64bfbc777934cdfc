"""From text of a query to instants: ISO with an offset, a day, a month or a year of Asia/Shanghai."""

import re
from datetime import date, datetime

from api.problems import Problem, bad_parameter
from tricolor.domain.intervals import (
    CELL_US,
    DAY_US,
    EARLIEST_US,
    HOUR_US,
    LATEST_US,
    Interval,
    Step,
    iso,
    local_midnight,
    month_of,
    month_text,
    to_us,
    year,
)

MAX_CELLS = 40_000
MAX_READ = 20_000_000  # about 0.7 GB of columns
SPAN_HELP = (
    "ISO 8601 with an offset (2026-11-20T08:00:00+08:00), or a day (2026-11-20), month (2026-11) or year (2026), "
    "which means its first instant in Asia/Shanghai"
)
_LOST_PLUS = re.compile(r"(T\d{2}:\d{2}\S*) (\d{2}:?\d{2})$")  # a + that was not percent-encoded arrives as a space
_STEP_US = {
    Step.QUARTER: CELL_US,
    Step.HOUR: HOUR_US,
    Step.DAY: DAY_US,
    Step.MONTH: 28 * DAY_US,
    Step.QUARTER_YEAR: 90 * DAY_US,
    Step.YEAR: 365 * DAY_US,
}


def instant(text: str, name: str) -> int:
    """µs UTC of a query parameter; a 422 problem that names it otherwise."""
    text = text.strip()
    try:
        if not text.isascii():
            raise ValueError("write it in ASCII digits")
        at = _instant(_LOST_PLUS.sub(r"\1+\2", text))
    except ValueError as error:
        raise bad_parameter(name, f"时间 {text[:40]!r} 无法读取,请写带时区的 ISO 时间、日期或月份", f"{error}; write {SPAN_HELP}") from error
    if not EARLIEST_US <= at <= LATEST_US:
        raise bad_parameter(name, "时间须在 1992 年至 2099 年之间", "the time must lie in the years 1992 to 2099")
    return at


def _instant(text: str) -> int:
    if re.fullmatch(r"\d{4}", text):
        return year(int(text)).start
    if re.fullmatch(r"\d{4}-\d{2}", text):
        return month_of(text).start
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return local_midnight(date.fromisoformat(text))
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time {text!r} carries no UTC offset")
    return to_us(moment)


def span_of(start: str | None, end: str | None, now: int, default_us: int | None = None) -> Interval:
    """The span asked for. end defaults to now; start to default_us before the end or, when None, to the first of the end's month."""
    last = instant(end, "to") if end else now
    if start:
        first = instant(start, "from")
    elif default_us is not None:
        first = last - default_us
    else:
        first = month_of(month_text(max(EARLIEST_US, last - 1))).start
    if first > last:
        if end:
            raise bad_parameter("from", f"起点 {iso(first)} 晚于终点 {iso(last)}", f"it begins at {iso(first)}, after it ends at {iso(last)}")
        raise bad_parameter("from", f"起点 {iso(first)} 在将来,请同时给出 to", f"it begins at {iso(first)}, in the future: give `to` as well")
    return Interval(first, last)


def within_bounds(span: Interval, step: Step, series: int = 1) -> None:
    """422 when the answer would hold over MAX_CELLS cells; says which step is short enough."""
    if _cells(span, step) * series <= MAX_CELLS:
        return
    longer = next((s for s in Step if s is Step.TOTAL or (s in _STEP_US and _cells(span, s) * series <= MAX_CELLS)), Step.TOTAL)
    raise Problem(
        422, "too-many-cells", "结果过大 / The answer would be too large",
        f"从 {iso(span.start)} 到 {iso(span.end)} 按 {step} 约有 {_cells(span, step) * series} 格,上限 {MAX_CELLS} / "
        f"about {_cells(span, step) * series} cells of {step}, at most {MAX_CELLS} are answered",
        f"请改用 step={longer},或缩短时段 / Use step={longer}, or ask for a shorter span",
        errors=[{"field": "step", "detail": f"请改用 {longer} / use {longer}"}], step=str(longer),
    )  # fmt: skip


def within_reach(span: Interval, points: int) -> None:
    """422 when more than MAX_READ 15-minute cells would have to be read for the answer."""
    need = points * _cells(span, Step.QUARTER)
    if need > MAX_READ:
        raise Problem(
            422, "span-too-long", "时段过长 / The span is too long",
            f"{points} 个测点在这一时段有约 {need} 格 / {points} points have about {need} cells in this span, at most {MAX_READ} are read at a time",
            "请缩短时段,或按下属单位分别查询 / Ask for a shorter span, or for its members one by one",
            errors=[{"field": "from", "detail": "时段过长 / the span is too long"}],
        )  # fmt: skip


def _cells(span: Interval, step: Step) -> int:
    return 1 if step is Step.TOTAL else -(-span.length_us // _STEP_US[step]) + 1
