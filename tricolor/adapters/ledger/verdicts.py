"""Verdicts in the ledger: the current one per matter, with the time its light began, and the earlier ones as history."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import meta, verdict
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light, Verdict
from tricolor.ports import StandingVerdict

NOW = "now"  # period of a verdict about a state, whose value moves all the time
STAMP_EVERY_US = 60 * SECOND_US  # an unchanged verdict is stamped, and a moving value kept up, no more often: each costs a synced write
CONFIRMED = "verdicts_confirmed"  # in the table meta: rule -> when its verdicts were last said to stand
_CHUNK = 400  # bound values of one statement
_CONTENT = ("light", "period", "value", "limit", "unit", "reason_zh", "reason_en", "coverage", "evidence")
_KEPT_UP = (*_CONTENT, "judged_at", "as_of")


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
            confirmed = confirmed_at(connection)
            return [standing_of(row, confirmed) for row in connection.execute(query).mappings()]

    def history(self, entity: str, limit: int, before_id: int | None = None) -> list[StandingVerdict]:
        """Current and earlier verdicts of an entity, newest first."""
        query = select(verdict).where(verdict.c.entity == entity).order_by(verdict.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(verdict.c.id < before_id)
        with self._ledger.reading() as connection:
            confirmed = confirmed_at(connection)
            return [standing_of(row, confirmed) for row in connection.execute(query).mappings()]


def put_verdicts(
    connection: Connection, verdicts: Sequence[Verdict], judged_at: int, whole_rules: Sequence[str] = (), withdrawn: Collection[str] = (),
    confirmed: Sequence[str] = (), is_confirming: bool = True,
) -> None:  # fmt: skip
    """Inside a transaction. whole_rules: rules of which these are all the verdicts; a current one of them that is not among these is current no more,
    nor is one whose fingerprint is withdrawn. confirmed: rules whose other verdicts still stand: one row says so for all of them (is_confirming: in
    this transaction, else in a later one of the same round).

    A row is added when light, period or limit changed, or the value of a period did; the light's own beginning is carried over. Else the row is kept
    up to date in place.
    """
    standing = _standing_rows(connection, [v.fingerprint for v in verdicts], whole_rules, withdrawn)
    added: list[dict[str, Any]] = []
    replaced: list[int] = []
    refreshed: list[dict[str, Any]] = []
    for each in verdicts:
        row, old = row_of(each, judged_at), standing.get(each.fingerprint)
        if old is None:
            added.append({**row, "since": judged_at})
        elif is_another(old, row):
            replaced.append(old["id"])
            added.append({**row, "since": old["since"] if old["light"] == row["light"] else judged_at})
        elif (not each.is_moving and _says_more(old, row)) or (
            judged_at - old["judged_at"] >= STAMP_EVERY_US and (each.rule not in confirmed or _says_more(old, row))
        ):
            refreshed.append({f"new_{name}": row[name] for name in _KEPT_UP} | {"row_id": old["id"]})
    kept = {each.fingerprint for each in verdicts}
    gone = [row["id"] for name, row in standing.items() if name not in kept and (row["rule"] in whole_rules or name in withdrawn)]
    _retire(connection, replaced, gone)
    if refreshed:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _KEPT_UP}
        connection.execute(update(verdict).where(verdict.c.id == bindparam("row_id")).values(values), refreshed)
    if added:
        unlast(connection, added)
        connection.execute(insert(verdict), added)
    if confirmed and is_confirming:
        _confirm(connection, confirmed, judged_at)


def _standing_rows(
    connection: Connection, names: Sequence[str], whole_rules: Sequence[str], withdrawn: Collection[str]
) -> dict[str, RowMapping]:  # fmt: skip
    """Current rows by fingerprint: of the whole rules, and of the matters named."""
    found: dict[str, RowMapping] = {}
    if whole_rules:
        mine = select(verdict).where(verdict.c.is_current, verdict.c.rule.in_(whole_rules))
        found = {row["fingerprint"]: row for row in connection.execute(mine).mappings()}
    rest = [name for name in dict.fromkeys((*names, *withdrawn)) if name.partition("/")[0] not in whole_rules]
    for begin in range(0, len(rest), _CHUNK):
        mine = select(verdict).where(verdict.c.is_current, verdict.c.fingerprint.in_(rest[begin : begin + _CHUNK]))
        found |= {row["fingerprint"]: row for row in connection.execute(mine).mappings()}
    return found


def _retire(connection: Connection, replaced: Sequence[int], gone: Sequence[int]) -> None:
    """Rows that are in force no more; what was withdrawn is not the last word on its period either."""
    if replaced:
        statement = update(verdict).where(verdict.c.id == bindparam("row_id")).values(is_current=False)
        connection.execute(statement, [{"row_id": each} for each in replaced])
    if gone:
        statement = update(verdict).where(verdict.c.id == bindparam("row_id")).values(is_current=False, is_last=False)
        connection.execute(statement, [{"row_id": each} for each in gone])


def unlast(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """What was the last word on the matter and period of one of these rows is so no more."""
    c = verdict.c
    # by the matter: the index of periods would read every matter of the period for each row
    mine = (c.fingerprint == bindparam("matter"), (c.period + "") == bindparam("of_period"), c.is_last)
    connection.execute(update(verdict).where(*mine).values(is_last=False), [{"matter": r["fingerprint"], "of_period": r["period"]} for r in rows])


def _confirm(connection: Connection, rules: Sequence[str], at: int) -> None:
    held = confirmed_at(connection) | dict.fromkeys(rules, at)
    value = json.dumps(held, sort_keys=True)
    if connection.execute(update(meta).where(meta.c.key == CONFIRMED).values(value=value)).rowcount == 0:
        connection.execute(insert(meta).values(key=CONFIRMED, value=value))


def confirmed_at(connection: Connection) -> dict[str, int]:
    """Rule -> when all its verdicts in force were last said to stand [µs]."""
    held = connection.execute(select(meta.c.value).where(meta.c.key == CONFIRMED)).scalar()
    found: dict[str, int] = json.loads(held) if held is not None else {}
    return found


def is_another(old: RowMapping, new: Mapping[str, Any]) -> bool:
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


def row_of(each: Verdict, judged_at: int) -> dict[str, Any]:
    return {
        "fingerprint": each.fingerprint, "entity": each.entity, "rule": each.rule, "indicator": each.indicator, "period": each.period,
        "light": each.light.value, "value": each.value, "limit": each.limit, "unit": each.unit, "reason_zh": each.reason_zh,
        "reason_en": each.reason_en, "coverage": each.coverage, "evidence": json.loads(json.dumps(dict(each.evidence), allow_nan=False)),
        "judged_at": judged_at, "is_current": True, "as_of": judged_at, "corrects": None, "is_last": True,
    }  # fmt: skip


def verdict_of(row: RowMapping) -> Verdict:
    return Verdict(
        row["entity"], row["rule"], row["indicator"], row["period"], Light(row["light"]), row["value"], row["limit"], row["unit"],
        row["reason_zh"], row["reason_en"], row["coverage"], row["evidence"],
    )  # fmt: skip


def standing_of(row: RowMapping, confirmed: Mapping[str, int]) -> StandingVerdict:
    judged_at = max(row["judged_at"], confirmed.get(row["rule"], 0)) if row["is_current"] else row["judged_at"]
    return StandingVerdict(verdict_of(row), row["since"], judged_at)
