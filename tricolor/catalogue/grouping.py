"""When messages wait for each other and when many become one: tricolor/catalogue/alerting/grouping.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from tricolor.catalogue.tables import Faults
from tricolor.domain.errors import Problems
from tricolor.domain.grouping import GroupingPolicy, Waiting

SHIPPED: Final = Path(__file__).parent / "alerting" / "grouping.toml"
RANKS: Final[Mapping[str, int]] = {"red": 0, "orange": 1, "yellow": 2, "rest": 3}
MAX: Final = 7 * 86_400.0  # of any value; a message that waits longer is none
KEYS: Final = ("value", "unit", "source", "status")


@cache
def grouping_policy() -> GroupingPolicy:
    """The policy that Tricolor ships."""
    return read_grouping(SHIPPED)


@cache
def red_unsent_s() -> float:
    """How long a red may be with nobody before those who run Tricolor are told [s]."""
    faults = Faults()
    seconds = _number(tomllib.loads(SHIPPED.read_text(encoding="utf-8")), ("red_reach", "unsent_s"), "s", faults)
    if faults.found:
        raise Problems(faults.found)
    return seconds


def read_grouping(path: Path) -> GroupingPolicy:
    """The policy of one file; Problems lists every fault with file and place."""
    faults = Faults()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Problems([f"{path.name}: cannot be read as TOML: {error}"]) from error
    policy = grouping_of(tables, f"alerting/{path.name}", faults)
    if policy is None:
        raise Problems(faults.found)
    return policy


def grouping_of(tables: Mapping[str, Any], file: str, faults: Faults) -> GroupingPolicy | None:
    """The policy that the tables say; None with a fault for each value that cannot stand."""
    before = len(faults.found)
    waits = {
        rank: Waiting(*(_number(tables, ("waits", name, value), "s", faults, file) for value in ("wait_s", "interval_s")))
        for name, rank in RANKS.items()
    }
    policy = GroupingPolicy(
        waits,
        round(_number(tables, ("storm", "count"), "messages", faults, file)),
        _number(tables, ("storm", "per_s"), "s", faults, file),
        _number(tables, ("storm", "interval_s"), "s", faults, file),
        round(_number(tables, ("storm", "burst"), "messages", faults, file)),
        _number(tables, ("storm", "scarce_share"), "share", faults, file),
    )
    if len(faults.found) > before:
        return None
    if min(policy.storm_count, policy.burst) < 1:
        faults.say(file, "[storm] count and burst: at least 1 message must be left for the summary")
    if min(policy.storm_per_s, policy.storm_interval_s) <= 0:
        faults.say(file, "[storm] per_s and interval_s: a span lasts longer than 0 s")
    if policy.scarce_share > 1:
        faults.say(file, f"[storm] scarce_share: {policy.scarce_share:g} is more than 1, the whole")
    if not waits[0].wait_s <= waits[1].wait_s <= waits[2].wait_s:
        faults.say(file, "[waits]: red waits no longer than orange, orange no longer than yellow")
    return policy if len(faults.found) == before else None


def _number(tables: Mapping[str, Any], place: tuple[str, ...], unit: str, faults: Faults, file: str = "alerting/grouping.toml") -> float:
    row: Any = tables
    for name in place:
        row = row.get(name, {}) if isinstance(row, dict) else {}
    where = f"{file} [{'.'.join(place[:-1])}] {place[-1]}"
    if not isinstance(row, dict) or set(row) != set(KEYS):
        faults.say(where, f"write {{ {', '.join(f'{key} = …' for key in KEYS)} }}")
        return 0.0
    value = row["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX:
        faults.say(where, f"{value!r} is no number of 0..{MAX:g}")
        return 0.0
    if row["unit"] != unit:
        faults.say(where, f"is in {unit}, not {row['unit']!r}")
    return float(value)
