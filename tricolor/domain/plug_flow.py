"""Water as a plug through a pipe: how long it is under way, and what heat the pipe holds meanwhile, so that a cold front is not taken for a loss."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pipe_volume_m3(length_km: float, inner_mm: float) -> float:
    """Water [m3] in one pipe (supply or return)."""
    return length_km * 1000.0 * np.pi / 4.0 * (inner_mm / 1000.0) ** 2


def entered_before(volume_m3: Floats, held_m3: float) -> Floats:
    """For each row: the (fractional) row at which the water that now leaves the pipe entered it. volume_m3: cumulated inflow, never falling.

    NaN while the water that was in the pipe at the start has not left it.
    """
    rows = np.arange(len(volume_m3), dtype=np.float64)
    rising = volume_m3 + rows * 1e-9  # standing water keeps its order
    wanted = volume_m3 - held_m3
    found: Floats = np.interp(wanted, rising, rows)
    return np.where(wanted >= volume_m3[0], found, np.nan)


def delay_h(hours: Floats, flow_m3_h: Floats, held_m3: float) -> Floats:
    """Time [h] that the water leaving the pipe at each row was under way, by volume over flow; NaN where it entered before the first row."""
    entered = entered_before(_cumulated(hours, flow_m3_h), held_m3)
    return hours - np.interp(entered, np.arange(len(hours), dtype=np.float64), hours)


def held_heat_gj(hours: Floats, flow_m3_h: Floats, heat_in_gj_h: Floats, heat_out_gj_h: Floats, held_m3: float) -> Floats:
    """Heat [GJ] in the pipe at each row, above its reference temperature, but for a part that does not change while the drop along it does not.

    heat_in, heat_out: what flows through the entry and the exit. Of the water that is now inside, each part has by now lost of the difference
    between entry and exit in proportion to the way it has come. NaN where part of it entered before the first row.
    """
    volume = _cumulated(hours, flow_m3_h)
    entered = entered_before(volume, held_m3)
    rows = np.arange(len(hours), dtype=np.float64)
    content = _cumulated(hours, heat_in_gj_h)
    inside: Floats = content - np.interp(entered, rows, content)
    with np.errstate(divide="ignore", invalid="ignore"):
        lost_gj_m3 = np.where(flow_m3_h > 0, (np.interp(entered, rows, heat_in_gj_h / flow_m3_h) - heat_out_gj_h / flow_m3_h), 0.0)
    result: Floats = inside - np.nan_to_num(lost_gj_m3) * held_m3 / 2.0
    return np.where(np.isnan(entered), np.nan, result)


def delay_by_correlation(head_c: Floats, end_c: Floats, longest: int) -> int | None:
    """Rows by which the end's temperature follows the head's best, at most `longest`; None where the head hardly moves or neither shift fits."""
    best: tuple[float, int] | None = None
    for shift in range(min(longest, len(head_c) - 8) + 1):
        head, end = head_c[: len(head_c) - shift], end_c[shift:]
        known = np.isfinite(head) & np.isfinite(end)
        if known.sum() < 8 or np.std(head[known]) < 0.2 or np.std(end[known]) < 0.05:
            continue
        fit = float(np.corrcoef(head[known], end[known])[0, 1])
        if best is None or fit > best[0] + 1e-9:
            best = (fit, shift)
    return best[1] if best is not None and best[0] >= 0.6 else None


def _cumulated(hours: Floats, rate: Floats) -> Floats:
    """Integral of a rate [1/h] from the first row on, straight between rows."""
    pieces = (rate[1:] + rate[:-1]) / 2 * np.diff(hours)
    return np.concatenate(([0.0], np.cumsum(pieces)))
