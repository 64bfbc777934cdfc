"""Monthly energy of entities from day accounts: members summed, bought minus sold, with the coverage that the registry expects.

GB/T 2589-2020 §4. One vectorised pass for all entities asked for.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tricolor.analysis.account_parts import COUNTING, account_parts
from tricolor.domain.accounts import TOTAL_SIGN, DayAccount, MonthEnergy
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import DAY_US, SECOND_US, month_of
from tricolor.domain.meters import INNER_ROLES, Point

ELECTRICITY = "electricity"  # the one carrier whose equal value is never its calorific value


def monthly_energy(registry: Registry, accounts: Sequence[DayAccount], wholes: Sequence[str], now: int) -> dict[str, dict[str, MonthEnergy]]:
    """Whole -> month -> energy, for every month that the accounts touch. wholes: the entities asked for; accounts: of their members, whole months.

    Expected time is the larger of what the accounts state and what the registry's valid points should have given by `now` [µs]: a member without any
    account lowers the coverage instead of vanishing.
    """
    rows = [a for a in accounts if a.role in TOTAL_SIGN]
    if not rows:
        return {whole: {} for whole in wholes}
    frame = _frame(rows)
    months = sorted(frame["month"].unique())
    own = _own_months(frame, _expected(registry, months, now))
    inside = _membership(registry, wholes)
    notes = _notes(frame, inside)
    over = {text: month_of(text).end <= now for text in months}
    days = {text: round(month_of(text).length_us / DAY_US) for text in months}
    joined = inside.merge(own, on="entity").sort_values(["whole", "month"], kind="stable")
    if joined.empty:
        return {whole: {} for whole in wholes}
    columns = ["calorific", "equivalent", "calorific_unknown", "equivalent_unknown", "covered", "expected"]
    sums = joined.groupby(["whole", "month"], sort=True)[columns].sum()
    starts = np.flatnonzero((joined[["whole", "month"]] != joined[["whole", "month"]].shift()).any(axis=1).to_numpy())
    seen = np.bitwise_or.reduceat(joined["days"].to_numpy(dtype=np.int64), starts)
    found: dict[str, dict[str, MonthEnergy]] = {whole: {} for whole in wholes}
    for (whole, text), values, mask in zip(sums.index, sums.to_numpy(), seen, strict=True):
        calorific, equivalent, calorific_unknown, equivalent_unknown, covered, expected = (float(v) for v in values)
        unfactored, factor_ids = notes.get((whole, text), ((), ()))
        missing = days[text] - int(mask).bit_count()
        found[whole][text] = MonthEnergy(
            month=text,
            tce_equivalent=None if equivalent_unknown or not mask else equivalent,
            tce_calorific=None if calorific_unknown or not mask else calorific,
            covered_s=covered,
            expected_s=expected,
            days_missing=missing,
            is_complete=over[text] and missing == 0,
            unfactored=unfactored,
            factor_ids=factor_ids,
        )
    return found


def _frame(rows: Sequence[DayAccount]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "entity": [a.entity for a in rows],
            "month": [a.day[:7] for a in rows],
            "bit": np.left_shift(np.int64(1), np.array([int(a.day[8:10]) for a in rows], dtype=np.int64)),
            "carrier": [a.carrier for a in rows],
            "sign": np.array([TOTAL_SIGN[a.role] for a in rows], dtype=np.float64),
            "calorific": np.array([a.tce_calorific for a in rows], dtype=np.float64),  # None becomes NaN
            "equivalent": np.array([a.tce_equivalent for a in rows], dtype=np.float64),
            # what members pass to each other is covered in their own rows
            "covered": np.array([0.0 if a.role in INNER_ROLES else a.covered_s for a in rows]),
            "expected": np.array([0.0 if a.role in INNER_ROLES else a.expected_s for a in rows]),
            "factor_ids": [a.factor_ids for a in rows],
        }
    )
    # only electricity (and what the catalogue gives one) has an equal value of its own; every other carrier's is its calorific value
    takes_calorific = frame["equivalent"].isna() & (frame["carrier"] != ELECTRICITY)
    frame["equivalent"] = frame["equivalent"].where(~takes_calorific, frame["calorific"])
    for column in ("calorific", "equivalent"):
        frame[f"{column}_unknown"] = frame[column].isna().astype(np.float64)
        frame[column] = frame[column].fillna(0.0) * frame["sign"]  # not a zero: the unknown count says so
    return frame


def _own_months(frame: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """One row an (entity, month): sums, a bit per day that has an account, and the expected time."""
    columns = ["calorific", "equivalent", "calorific_unknown", "equivalent_unknown", "covered", "expected"]
    sums = frame.groupby(["entity", "month"])[columns].sum()
    sums["days"] = frame.drop_duplicates(["entity", "month", "bit"]).groupby(["entity", "month"])["bit"].sum()
    wanted = expected.set_index(["entity", "month"])["expected"].rename("wanted")
    own = sums.join(wanted, how="outer")
    own["days"] = own["days"].fillna(0).astype(np.int64)
    own["expected"] = np.fmax(own["expected"].to_numpy(), own["wanted"].to_numpy())
    return own.drop(columns="wanted").fillna(0.0).reset_index()


def _expected(registry: Registry, months: Sequence[str], now: int) -> pd.DataFrame:
    """One row an (entity, month): seconds that its counted points should have covered in it by `now`."""
    held = expected_seconds(registry, months, now)
    frame = pd.DataFrame(
        {
            "entity": np.repeat(np.array(list(held), dtype=object), len(months)),
            "month": np.tile(np.array(months, dtype=object), len(held)),
            "expected": np.concatenate(list(held.values())) if held else np.zeros(0),
        }
    )
    return frame[frame["expected"] > 0].reset_index(drop=True)


def expected_seconds(registry: Registry, months: Sequence[str], now: int) -> dict[str, NDArray[np.float64]]:
    """Entity -> seconds [per month] that its counted points should have covered by `now`; not those of sub-meters behind a valid main meter."""
    parts = [part for held in account_parts(registry).of.values() for part in held if part.role in COUNTING]
    spans = [month_of(text) for text in months]
    start = np.array([s.start for s in spans], dtype=np.int64)
    end = np.minimum(np.array([s.end for s in spans], dtype=np.int64), now)
    seconds = _valid_us([part.point for part in parts], start, end)
    for row, part in enumerate(parts):
        if part.without:
            mains = [replace(m, valid_from=max(m.valid_from, part.point.valid_from), valid_to=_sooner(m, part.point)) for m in part.without]
            seconds[row] -= _valid_us(mains, start, end).max(axis=0)
    found: dict[str, NDArray[np.float64]] = {}
    for row, part in enumerate(parts):
        found[part.holder] = found.get(part.holder, 0.0) + seconds[row] / SECOND_US
    return found


def _valid_us(points: Sequence[Point], start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    begin = np.array([p.valid_from for p in points], dtype=np.int64)[:, None]
    until = np.array([np.iinfo(np.int64).max if p.valid_to is None else p.valid_to for p in points], dtype=np.int64)[:, None]
    found: NDArray[np.int64] = np.maximum(np.minimum(end, until) - np.maximum(start, begin), 0)
    return found


def _sooner(one: Point, other: Point) -> int | None:
    ends = [p.valid_to for p in (one, other) if p.valid_to is not None]
    return min(ends, default=None)


def _membership(registry: Registry, wholes: Sequence[str]) -> pd.DataFrame:
    pairs = [(whole, member.id) for whole in dict.fromkeys(wholes) for member in registry.members(whole)]
    return pd.DataFrame(pairs, columns=["whole", "entity"], dtype=object)


def _notes(frame: pd.DataFrame, inside: pd.DataFrame) -> dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]]:
    """(whole, month) -> (carriers without a factor, factor ids)."""
    lacking = frame["equivalent_unknown"] > 0
    kinds = frame.assign(lacking=frame["carrier"].where(lacking, "")).drop_duplicates(["entity", "month", "lacking", "factor_ids"])
    joined = inside.merge(kinds[["entity", "month", "lacking", "factor_ids"]], on="entity")
    joined = joined.drop_duplicates(["whole", "month", "lacking", "factor_ids"])
    carriers: dict[tuple[str, str], set[str]] = {}
    factors: dict[tuple[str, str], set[str]] = {}
    for whole, text, carrier, ids in zip(joined["whole"], joined["month"], joined["lacking"], joined["factor_ids"], strict=True):
        carriers.setdefault((whole, text), set()).update({carrier} - {""})
        factors.setdefault((whole, text), set()).update(ids)
    return {key: (tuple(sorted(carriers[key])), tuple(sorted(factors[key]))) for key in factors}
