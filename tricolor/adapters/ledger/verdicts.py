"""Verdicts in the ledger: the current one per matter, with the time its light began, and the earlier ones as history."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import verdict
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light, Verdict
from tricolor.ports import StandingVerdict

NOW = "now"  # period of a verdict about a state, whose value moves all the time
STAMP_EVERY_US = 60 * SECOND_US  # an unchanged verdict is stamped, and a moving value kept up, no more often: each costs a synced write
_CONTENT = ("light", "period", "value", "limit", "unit", "reason_zh", "reason_en", "coverage", "evidence")


class VerdictBookSql:
    """VerdictBook over the table verdict."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def put(self, verdicts: Sequence[Verdict], judged_at: int) -> None:
        """These become current beside those of other matters."""
        with self._ledger.writing() as connection:
            put_verdicts(connection, verdicts, judged_at)

    def current(self) -> list[Verdict]:
        return [s.verdict for s in self.standing()]

    def standing(self) -> list[StandingVerdict]:
        query = select(verdict).where(verdict.c.is_current).order_by(verdict.c.entity, verdict.c.rule, verdict.c.indicator)
        with self._ledger.reading() as connection:
            return [_standing(row) for row in connection.execute(query).mappings()]

    def history(self, entity: str, limit: int, before_id: int | None = None) -> list[StandingVerdict]:
        """Current and earlier verdicts of an entity, newest first."""
        query = select(verdict).where(verdict.c.entity == entity).order_by(verdict.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(verdict.c.id < before_id)
        with self._ledger.reading() as connection:
            return [_standing(row) for row in connection.execute(query).mappings()]


def put_verdicts(connection: Connection, verdicts: Sequence[Verdict], judged_at: int, whole_rules: Sequence[str] = ()) -> None:
    """Inside a transaction. whole_rules: rules of which these are all the verdicts; a current one of them that is not among these is current no more.

    A row is added when light, period or limit changed, or the value of a period did; the light's own beginning is carried over. Else the row is kept
    up to date in place.
    """
    standing = {row["fingerprint"]: row for row in connection.execute(select(verdict).where(verdict.c.is_current)).mappings()}
    added: list[dict[str, Any]] = []
    replaced: list[int] = []
    refreshed: list[dict[str, Any]] = []
    for each in verdicts:
        row, old = _row(each, judged_at), standing.get(each.fingerprint)
        if old is None:
            added.append({**row, "since": judged_at})
        elif _is_another(old, row):
            replaced.append(old["id"])
            added.append({**row, "since": old["since"] if old["light"] == row["light"] else judged_at})
        elif (row["period"] != NOW and _says_more(old, row)) or judged_at - old["judged_at"] >= STAMP_EVERY_US:
            refreshed.append({f"new_{name}": row[name] for name in (*_CONTENT, "judged_at")} | {"row_id": old["id"]})
    kept = {each.fingerprint for each in verdicts}
    replaced += [row["id"] for name, row in standing.items() if row["rule"] in whole_rules and name not in kept]
    if replaced:
        statement = update(verdict).where(verdict.c.id == bindparam("row_id")).values(is_current=False)
        connection.execute(statement, [{"row_id": each} for each in replaced])
    if refreshed:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in (*_CONTENT, "judged_at")}
        connection.execute(update(verdict).where(verdict.c.id == bindparam("row_id")).values(values), refreshed)
    if added:
        connection.execute(insert(verdict), added)


def _is_another(old: RowMapping, new: Mapping[str, Any]) -> bool:
    """Whether the new verdict says something else, not the same a moment later."""
    if old["light"] != new["light"] or old["unit"] != new["unit"] or old["period"] != new["period"]:
        return True
    if new["period"] == NOW:
        return False
    return _differs(old["limit"], new["limit"]) or _differs(old["value"], new["value"])


def _says_more(old: RowMapping, new: Mapping[str, Any]) -> bool:
    return any(old[name] != new[name] for name in _CONTENT)


def _differs(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(old - new) > 1e-9 * max(1.0, abs(old), abs(new))


def _row(each: Verdict, judged_at: int) -> dict[str, Any]:
    return {
        "fingerprint": each.fingerprint, "entity": each.entity, "rule": each.rule, "indicator": each.indicator, "period": each.period,
        "light": each.light.value, "value": each.value, "limit": each.limit, "unit": each.unit, "reason_zh": each.reason_zh,
        "reason_en": each.reason_en, "coverage": each.coverage, "evidence": json.loads(json.dumps(dict(each.evidence), allow_nan=False)),
        "judged_at": judged_at, "is_current": True,
    }  # fmt: skip


def _standing(row: RowMapping) -> StandingVerdict:
    found = Verdict(
        row["entity"], row["rule"], row["indicator"], row["period"], Light(row["light"]), row["value"], row["limit"], row["unit"],
        row["reason_zh"], row["reason_en"], row["coverage"], row["evidence"],
    )  # fmt: skip
    return StandingVerdict(found, row["since"], row["judged_at"])
