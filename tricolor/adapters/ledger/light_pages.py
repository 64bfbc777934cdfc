"""Verdicts as people look them up: pages filtered by the database, the last word on past periods, and their corrections."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, func, insert, or_, select, tuple_, update

from tricolor.adapters.ledger.alert_corrections import note_correction
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import meta, verdict
from tricolor.adapters.ledger.verdicts import NOW, confirmed_at, is_another, row_of, standing_of, unlast, verdict_of
from tricolor.domain.lights import FORECAST_BINDS, NOT_BINDING, SEVERITY, Light
from tricolor.ports import StandingVerdict
from tricolor.ports_judging import Correction, LightsWanted, UnitLight, Word

MARKS = "closed_periods_judged"  # in the table meta: input -> mark
WORST_FIRST = tuple(sorted(Light, key=lambda light: -SEVERITY[light]))
_PLACE = (verdict.c.entity, verdict.c.rule, verdict.c.indicator, verdict.c.id)
_CHUNK = 400  # bound values of one statement
_COUNTS = and_(  # Verdict.counts as the database asks it; a forecast counts by its evidence
    verdict.c.rule.not_in(["indicator", "forecast"]),
    or_(verdict.c.rule != "project", verdict.c.indicator == "total"),
    or_(verdict.c.rule != "pace", verdict.c.indicator.not_in(sorted(NOT_BINDING))),
)


class LightPagesSql:
    """LightBook and ClosedPeriods over the table verdict."""

    def __init__(self, ledger: LedgerEngine) -> None:
        self._ledger = ledger

    def page(self, wanted: LightsWanted, limit: int, after: int | None) -> list[Word]:
        """One light after the other, each in the order of its index, so that no page sorts what it does not show."""
        found: list[RowMapping] = []
        with self._ledger.reading() as connection:
            last = None if after is None else connection.execute(select(verdict).where(verdict.c.id == after)).mappings().first()
            confirmed = confirmed_at(connection)
            for light in WORST_FIRST:
                if len(found) >= limit or wanted.light not in (None, light):
                    continue
                mine = _wanted(wanted, light)
                if last is not None:
                    if SEVERITY[light] > SEVERITY[Light(last["light"])]:
                        continue
                    if light.value == last["light"]:
                        mine = and_(mine, tuple_(*_PLACE) > tuple_(*(last[c.name] for c in _PLACE)))
                query = select(verdict).where(mine).order_by(*_PLACE).limit(limit - len(found))
                found += connection.execute(query).mappings().all()
            with_corrections = _of_corrected(found)
            earlier: dict[int, Word] = {}
            if with_corrections is not None:
                earlier = {row["id"]: _word(row, {}) for row in connection.execute(select(verdict).where(with_corrections)).mappings()}
        return [_with_earlier(_word(row, confirmed), earlier) for row in found]

    def of_entity(self, entity: str) -> list[StandingVerdict]:
        query = select(verdict).where(verdict.c.is_current, verdict.c.entity == entity).order_by(verdict.c.rule, verdict.c.indicator)
        with self._ledger.reading() as connection:
            confirmed = confirmed_at(connection)
            return [standing_of(row, confirmed) for row in connection.execute(query).mappings()]

    def of_entities(self, entities: Sequence[str]) -> list[StandingVerdict]:
        c, ids, found = verdict.c, sorted(set(entities)), list[StandingVerdict]()
        with self._ledger.reading() as connection:
            confirmed = confirmed_at(connection)
            for begin in range(0, len(ids), _CHUNK):
                mine = select(verdict).where(c.is_current, c.entity.in_(ids[begin : begin + _CHUNK])).order_by(c.entity, c.rule, c.indicator)
                found += [standing_of(row, confirmed) for row in connection.execute(mine).mappings()]
        return found

    def units(self) -> Mapping[str, UnitLight]:
        """Counted in the database, over the index: the words of a city's verdicts are a hundred times as much."""
        c, found = verdict.c, dict[str, UnitLight]()
        columns = select(c.entity, c.light, func.min(c.since), func.max(c.since)).group_by(c.entity, c.light)
        with self._ledger.reading() as connection:
            rows = list(connection.execute(columns.where(c.is_current, _COUNTS)))
            if connection.execute(select(c.id).where(c.is_current, c.rule == "forecast").limit(1)).first() is not None:
                rows += connection.execute(columns.where(c.is_current, c.rule == "forecast", c.evidence[FORECAST_BINDS].as_boolean()))
        for entity, name, first, last in rows:
            light = Light(name)
            found[entity] = _worse(found.get(entity), UnitLight(light, last if light is Light.GREEN else first))
        return found

    def counts(self) -> Mapping[Light, int]:
        query = select(verdict.c.light, func.count()).where(verdict.c.is_current).group_by(verdict.c.light)
        with self._ledger.reading() as connection:
            return {Light(light): number for light, number in connection.execute(query)}

    def marks(self) -> Mapping[str, int] | None:
        with self._ledger.reading() as connection:
            held = connection.execute(select(meta.c.value).where(meta.c.key == MARKS)).scalar()
        if held is None:
            return None
        found: dict[str, int] = json.loads(held)
        return found

    def closed(self, entities: Sequence[str], rules: Sequence[str]) -> list[Word]:
        c, found = verdict.c, list[Word]()
        with self._ledger.reading() as connection:
            for begin in range(0, len(entities), _CHUNK):
                mine = (c.entity.in_(entities[begin : begin + _CHUNK]), c.is_current.is_(False), c.is_last, c.period != NOW, c.rule.in_(rules))
                found += [_word(row, {}) for row in connection.execute(select(verdict).where(*mine).order_by(c.id)).mappings()]
        return found

    def correct(self, corrections: Sequence[Correction], marks: Mapping[str, int] | None, at: int) -> list[Correction]:
        written: list[Correction] = []
        with self._ledger.writing() as connection:
            for each in corrections:
                old = connection.execute(select(verdict).where(verdict.c.id == each.corrects, verdict.c.is_last)).mappings().first()
                if old is None:
                    continue
                row = row_of(each.verdict, at)
                if not is_another(old, row):
                    continue
                unlast(connection, [row])
                is_same = old["light"] == row["light"]
                said = {"is_current": False, "as_of": each.as_of, "corrects": old["id"], "since": old["since"] if is_same else at}
                connection.execute(insert(verdict).values({**row, **said}))
                note_correction(connection, old, each.verdict, at)
                written.append(each)
            if marks is not None:
                value = json.dumps(dict(marks), sort_keys=True)
                if connection.execute(update(meta).where(meta.c.key == MARKS).values(value=value)).rowcount == 0:
                    connection.execute(insert(meta).values(key=MARKS, value=value))
        return written


def _worse(one: UnitLight | None, other: UnitLight) -> UnitLight:
    if one is None or SEVERITY[other.light] > SEVERITY[one.light]:
        return other
    if one.light is not other.light:
        return one
    return max(one, other, key=_since) if one.light is Light.GREEN else min(one, other, key=_since)


def _since(unit: UnitLight) -> int:
    return unit.since


def _wanted(wanted: LightsWanted, light: Light) -> ColumnElement[bool]:
    c = verdict.c
    # a state of now has no past: what was withdrawn of it is no word any more
    where = [c.light == light.value, c.is_current.is_(True)] if wanted.period in ("", NOW) else [c.light == light.value, c.is_last.is_(True)]
    if wanted.period:
        where.append(c.period == wanted.period)
    if wanted.rule:
        where.append(c.rule == wanted.rule)
    if wanted.entities is not None:
        where.append(c.entity.in_(sorted(wanted.entities)))
    return and_(*where)


def _of_corrected(rows: Iterable[RowMapping]) -> ColumnElement[bool] | None:
    """Every word on the matters and periods of the rows that correct one."""
    pairs = {(r["fingerprint"], r["period"]) for r in rows if r["corrects"] is not None}
    return or_(*(and_(verdict.c.fingerprint == name, verdict.c.period == period) for name, period in sorted(pairs))) if pairs else None


def _with_earlier(word: Word, earlier: Mapping[int, Word]) -> Word:
    chain: list[Word] = []
    number = word.corrects
    while number is not None and number in earlier:
        chain.append(earlier[number])
        number = earlier[number].corrects
    return replace(word, corrected=tuple(chain)) if chain else word


def _word(row: Any, confirmed: Mapping[str, int]) -> Word:
    standing = standing_of(row, confirmed)
    return Word(row["id"], verdict_of(row), standing.since, standing.judged_at, row["as_of"], row["is_current"], row["corrects"])
