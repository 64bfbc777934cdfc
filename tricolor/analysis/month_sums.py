"""Monthly energy and CO2 of entities and of the wholes above them, from the ledger's monthly sums; kept, and made again only where rows changed.

The same meaning as `monthly_energy` over day accounts: members summed, bought minus sold, with the coverage that the registry expects.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tricolor.analysis.indicators import MonthCo2
from tricolor.analysis.monthly import ELECTRICITY, expected_seconds
from tricolor.domain.accounts import TOTAL_SIGN, MonthEnergy
from tricolor.domain.entities import EntityKind, Registry
from tricolor.domain.intervals import DAY_US, month_of
from tricolor.domain.meters import INNER_ROLES, Point, Role
from tricolor.ports_judging import MonthAccount

CALORIFIC, EQUIVALENT, CO2, CALORIFIC_UNKNOWN, EQUIVALENT_UNKNOWN, CO2_UNKNOWN, COVERED, EXPECTED = range(8)
Note = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]  # carriers without a tce factor, without a CO2 factor, factor ids
NO_NOTE: Note = ((), (), ())


class Insides:
    """Who lies in whom, both ways, as `Registry.members` says it."""

    def __init__(self, registry: Registry) -> None:
        cities = [e.id for e in registry.entities.values() if e.kind is EntityKind.CITY]
        self._above = {
            e.id: tuple(dict.fromkeys((*(w for w in (e.park_id, e.region_id) if w in registry.entities and w != e.id), *cities)))
            for e in registry.entities.values()
        }
        inside: dict[str, list[str]] = {}
        for member, wholes in self._above.items():
            for whole in wholes:
                if whole != member:
                    inside.setdefault(whole, []).append(member)
        self._inside = inside
        points: dict[str, list[Point]] = {}
        for point in registry.points.values():
            points.setdefault(point.entity_id, []).append(point)
        self._points = points

    def points(self, entity: str) -> Sequence[Point]:
        """Its own points."""
        return self._points.get(entity, ())

    def members(self, whole: str) -> list[str]:
        """The whole itself and all inside it."""
        return [whole, *self._inside.get(whole, ())]

    def expanded(self, entities: Iterable[str]) -> set[str]:
        """The registered ones of the entities, and every whole that holds one of them."""
        found: set[str] = set()
        for entity in entities:
            if entity in self._above:
                found.add(entity)
                found.update(self._above[entity])
        return found


class MonthSums:
    """Energy, CO2 and flows by entity and month, kept up by rows. months: every month asked for, in order; now [µs]: until when time is expected."""

    def __init__(self, registry: Registry, insides: Insides, months: Sequence[str], now: int) -> None:
        self._insides, self._months, self._now = insides, list(months), now
        self._entities = list(registry.entities)
        self._place = {entity: row for row, entity in enumerate(self._entities)}
        self._month_place = {month: column for column, month in enumerate(self._months)}
        shape = (len(self._entities), len(self._months))
        self._sums = np.zeros((8, *shape))
        self._days = np.zeros(shape, dtype=np.int64)
        self._note = np.zeros(shape, dtype=np.int32)
        self._has_rows = np.zeros(shape, dtype=bool)
        self._notes: list[Note] = [NO_NOTE]
        self._note_place: dict[Note, int] = {NO_NOTE: 0}
        self._wanted = self._expected(registry)
        self._length = [round(month_of(m).length_us / DAY_US) for m in self._months]
        self._is_over = [month_of(m).end <= now for m in self._months]
        self._is_active: NDArray[np.bool_] = np.zeros(shape[1], dtype=bool)
        self.energy: dict[str, Mapping[str, MonthEnergy]] = {}
        self.co2: dict[str, Mapping[str, MonthCo2]] = {}
        self.flows: dict[str, Mapping[tuple[str, Role], Mapping[str, float]]] = {}

    def put(self, entities: Collection[str], rows: Iterable[MonthAccount]) -> set[str]:
        """The rows of these entities become exactly these; whose energy was made again: they, the wholes above them, or all when a month got its
        first accounts or lost its last."""
        known = [e for e in entities if e in self._place]
        places = np.array([self._place[e] for e in known], dtype=np.int64)
        for array in (self._days, self._note, self._has_rows):
            array[places] = 0
        self._sums[:, places] = 0.0
        for e in known:
            self.flows.pop(e, None)
        self._add([r for r in rows if r.entity in self._place and r.month in self._month_place])
        active: NDArray[np.bool_] = np.asarray(self._has_rows.any(axis=0))
        affected = self._insides.expanded(known) if np.array_equal(active, self._is_active) else set(self._entities)
        self._is_active = active
        for entity in affected:
            self._make(entity)
        return affected

    def _add(self, rows: Sequence[MonthAccount]) -> None:
        notes: dict[tuple[int, int], list[Note]] = {}
        values: list[tuple[float, ...]] = []
        places: list[tuple[int, int]] = []
        flows: dict[str, dict[tuple[str, Role], dict[str, float]]] = {}
        for r in rows:
            is_inner = r.role in INNER_ROLES
            if not is_inner:
                flows.setdefault(r.entity, {}).setdefault((r.carrier, Role(r.role)), {})[r.month] = r.amount
            sign = TOTAL_SIGN.get(Role(r.role))
            if sign is None:
                continue
            place = self._place[r.entity], self._month_place[r.month]
            # only electricity has an equal value of its own; every other carrier's is its calorific value
            takes_calorific = r.carrier != ELECTRICITY
            equal = r.tce_equivalent + (r.tce_instead if takes_calorific else 0.0)
            lacking = r.both_unknown if takes_calorific else r.equivalent_unknown
            covered, expected = (0.0, 0.0) if is_inner else (r.covered_s, r.expected_s)
            places.append(place)
            values.append((sign * r.tce_calorific, sign * equal, sign * r.co2_t, r.calorific_unknown, lacking, r.co2_unknown, covered, expected))
            self._days[place] |= r.days
            notes.setdefault(place, []).append(((r.carrier,) if lacking else (), (r.carrier,) if r.co2_unknown else (), r.factor_ids))
        self.flows.update(flows)
        if places:
            at = np.array(places)
            for kind, column in enumerate(np.array(values).T):
                np.add.at(self._sums[kind], (at[:, 0], at[:, 1]), column)
            self._has_rows[at[:, 0], at[:, 1]] = True
        for place, found in notes.items():
            self._note[place] = self._noted(_joined(found))

    def _noted(self, note: Note) -> int:
        if note not in self._note_place:
            self._note_place[note] = len(self._notes)
            self._notes.append(note)
        return self._note_place[note]

    def _make(self, whole: str) -> None:
        """Energy and CO2 of an entity with all inside it."""
        members = [self._place[m] for m in self._insides.members(whole)]
        wanted, has_rows = self._wanted[members], self._has_rows[members]
        sums = self._sums[:, members]
        expected = np.fmax(sums[EXPECTED], wanted).sum(axis=0)
        total = sums.sum(axis=1)
        days = np.bitwise_or.reduce(self._days[members], axis=0)
        is_there = self._is_active & (has_rows | (wanted > 0)).any(axis=0)
        with_rows: list[bool] = np.asarray(has_rows.any(axis=0)).tolist()
        notes = self._note[members]
        energy: dict[str, MonthEnergy] = {}
        co2: dict[str, MonthCo2] = {}
        for m in np.flatnonzero(is_there).tolist():
            calorific, equivalent, co2_t, no_calorific, no_equal, no_co2, covered, _ = total[:, m].tolist()
            month, mask = self._months[m], int(days[m])
            marks = np.unique(notes[:, m]) if len(members) > 1 else notes[:, m]
            unfactored, without_co2, ids = self._notes[marks[0]] if len(marks) == 1 else _joined([self._notes[n] for n in marks])
            missing = self._length[m] - mask.bit_count()
            energy[month] = MonthEnergy(
                month, None if no_equal or not mask else equivalent, None if no_calorific or not mask else calorific, covered, float(expected[m]),
                missing, self._is_over[m] and missing == 0, unfactored, ids,
            )  # fmt: skip
            if with_rows[m]:
                co2[month] = MonthCo2(None if no_co2 else co2_t, without_co2)
        self.energy[whole], self.co2[whole] = energy, co2

    def _expected(self, registry: Registry) -> NDArray[np.float64]:
        found = np.zeros((len(self._entities), len(self._months)))
        for entity, seconds in expected_seconds(registry, self._months, self._now).items():
            if entity in self._place:
                found[self._place[entity]] = seconds
        return found


def _joined(notes: Sequence[Note]) -> Note:
    if len(notes) == 1:
        return notes[0]
    first, second, third = (tuple(sorted({text for note in notes for text in note[kind]})) for kind in range(3))
    return first, second, third
