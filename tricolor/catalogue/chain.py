"""The chain of escalation and what mutes what, as tricolor/catalogue/alerting/chain.toml holds them; a plan pack may bring its own alerting.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from tricolor.domain.errors import Misconfigured
from tricolor.domain.lights import Light
from tricolor.domain.routing import Chain, ChainStep, Who, Whom
from tricolor.domain.suppression import Inhibition

SHIPPED: Final = Path(__file__).parent / "alerting" / "chain.toml"
STATUSES: Final = frozenset({"official", "secondary", "interpreted", "memory", "project default", "illustrative"})


@cache
def load_chain(path: Path = SHIPPED) -> Chain:
    """Misconfigured names the file and every fault in it."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"{path.name}: {error}") from error
    return chain_of(table, path.name)


def chain_of(table: Mapping[str, Any], name: str) -> Chain:
    """The chain that a table says; Misconfigured lists every fault."""
    found, faults = chain_faults(table)
    if found is None or faults:
        raise Misconfigured(f"{name}: " + "; ".join(faults))
    return found


def chain_faults(table: Mapping[str, Any]) -> tuple[Chain | None, list[str]]:
    """The chain that a table says, None when it cannot be read; and every fault."""
    faults: list[str] = []
    try:
        roles, bureau = table["roles"], table.get("bureau", {})
        _sourced([("roles", roles), *((("bureau", bureau),) if bureau else ())], faults)
        steps = tuple(_step(row, index, faults) for index, row in enumerate(table["steps"]))
        families = _families(table.get("families", ()), faults)
        inhibitions = tuple(_inhibition(row, faults) for row in table.get("inhibitions", ()))
        names = {int(step): (words["zh"], words["en"]) for step, words in table.get("names", {}).items()}
        found = Chain(
            steps, frozenset(roles["duty"]), frozenset(roles["leader"]), names, bureau.get("department", ""), inhibitions, families
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return None, [*faults, f"{type(error).__name__}: {error}"]
    if not any(step.step == 0 for step in steps):
        faults.append("steps: nobody is told at step 0, when an alert opens")
    if both := found.duty_roles & found.leader_roles:
        faults.append(f"roles: {', '.join(sorted(both))} cannot be duty and leader at once")
    if sorted({s.step for s in steps}) != list(range(found.last + 1)):
        faults.append("steps: they are numbered 0, 1, 2 … without a gap")
    if len({i.id for i in inhibitions}) < len(inhibitions):
        faults.append("inhibitions: an id stands twice")
    return found, faults


def _sourced(rows: Sequence[tuple[str, Mapping[str, Any]]], faults: list[str]) -> None:
    for place, row in rows:
        if not str(row.get("source", "")).strip():
            faults.append(f"{place}: source: who says so is missing")
        if row.get("status") not in STATUSES:
            faults.append(f"{place}: status: {row.get('status')!r} is not one of {', '.join(sorted(STATUSES))}")


def _step(row: Mapping[str, Any], index: int, faults: list[str]) -> ChainStep:
    _sourced([(f"steps[{index}]", row)], faults)
    return ChainStep(int(row["step"]), Whom(row["whom"]), Who(row["who"]), row["source"], row["status"])


def _families(rows: Sequence[Mapping[str, Any]], faults: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows:
        _sourced([(f"family {row['id']}", row)], faults)
        for rule in row["rules"]:
            if rule in found:
                faults.append(f"family {row['id']}: rule {rule!r} stands in {found[rule]} already")
            found[rule] = row["id"]
    return found


def _inhibition(row: Mapping[str, Any], faults: list[str]) -> Inhibition:
    _sourced([(f"inhibition {row['id']}", row)], faults)
    return Inhibition(
        row["id"], frozenset(row.get("by", ())), Light(row["least_light"]), frozenset(row.get("mutes", ())), Light(row["up_to"]),
        bool(row.get("names_indicator", False)), bool(row.get("same_family", False)), row["source"], row["status"],
    )  # fmt: skip
