"""Wordings that several rules share."""

import math
from collections.abc import Sequence

from tricolor.domain.lights import Light, Verdict

UNKNOWN_ZH, UNKNOWN_EN = "无法判定：", "Not known: "  # how the reason of a grey light begins
_PLACES = (".0f", ".1f", ".2f", ".3f")
REPORTING_LAG_MONTHS = 3  # until the end of March the year before may still be the newest that anything is reported of


def percent(share: float, places: int = 2) -> str:
    """A share as "2.20%"; a value that would round to "-0.00" loses its sign."""
    text = format(share * 100, _PLACES[places])
    return f"{text[1:] if text[0] == '-' and float(text) == 0 else text}%"


def floored(share: float) -> str:
    """A share with one decimal, rounded down: what is below 95 % never reads as 95.0%."""
    return percent(math.floor(share * 1000 + 1e-9) / 1000, 1)


def months_zh(months: Sequence[str]) -> str:
    """E.g. "2026年1—10月", "2026年1月", "2026年"."""
    year, first, last = months[0][:4], int(months[0][5:]), int(months[-1][5:])
    if len(months) == 12:
        return f"{year}年"
    return f"{year}年{first}月" if first == last else f"{year}年{first}—{last}月"


def period_of(months: Sequence[str], year: int) -> str:
    """The verdict's period: "2026-01..2026-10", "2026-01", the year when it is whole or nothing of it is known."""
    if not months or len(months) == 12:
        return str(year)
    return months[0] if len(months) == 1 else f"{months[0]}..{months[-1]}"


def unknown(
    entity: str, rule: str, indicator: str, period: str, unit: str, reason: tuple[str, str],
    limit: float | None = None, coverage: float | None = None, evidence: dict[str, object] | None = None,
) -> Verdict:  # fmt: skip
    """A grey verdict: not known, with the reason in both languages."""
    zh, en = f"{UNKNOWN_ZH}{reason[0]}", f"{UNKNOWN_EN}{reason[1]}"
    return Verdict(entity, rule, indicator, period, Light.GREY, None, limit, unit, zh, en, coverage, evidence or {})
