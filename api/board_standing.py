"""The verdicts in force as a page needs them: of single units when asked for, of all only where a page shows all."""

from collections.abc import Collection, Iterator, Mapping

from api.deps import Dependencies
from api.security import View
from tricolor.domain.lights import Light, overall
from tricolor.ports import StandingVerdict
from tricolor.ports_judging import UnitLight


def light_since(items: Collection[StandingVerdict]) -> int | None:
    """When a unit's overall light began: the first of the verdicts that show it now; for green the last one that turned green."""
    light = overall(i.verdict for i in items)
    starts = [i.since for i in items if i.verdict.counts and i.verdict.light is light]
    if not starts:
        return None
    return max(starts) if light is Light.GREEN else min(starts)


class Standing(Mapping[str, tuple[StandingVerdict, ...]]):
    """By entity, as far as the reader may see; read once for a page. TryAgain when the ledger is down."""

    def __init__(self, deps: Dependencies, view: View) -> None:
        self._deps, self._view = deps, view
        self._held: dict[str, tuple[StandingVerdict, ...]] = {}
        self._is_whole = False

    def fetch(self, entities: Collection[str]) -> None:
        """What is asked for next, in one reading."""
        wanted = [each for each in entities if each not in self._held and each in self._view]
        if self._is_whole or not wanted:
            return
        if self._deps.lights is None or len(wanted) > len(self._view.registry.entities) // 2:
            self._read_all()
            return
        self._held |= dict.fromkeys(wanted, ()) | _by_entity(self._deps.lights.of_entities(wanted))

    def lights(self) -> dict[str, UnitLight]:
        """The light of every unit that has one."""
        if self._deps.lights is not None:
            return {entity: light for entity, light in self._deps.lights.units().items() if entity in self._view}
        found = {entity: light_since(items) for entity, items in self.items()}
        return {e: UnitLight(overall(i.verdict for i in self[e]), since) for e, since in found.items() if since is not None}

    def __getitem__(self, entity: str) -> tuple[StandingVerdict, ...]:
        self.fetch([entity])
        found = self._held.get(entity, ())
        if not found:
            raise KeyError(entity)
        return found

    def __iter__(self) -> Iterator[str]:
        self._read_all()
        return (entity for entity, items in self._held.items() if items)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _read_all(self) -> None:
        if not self._is_whole:
            found = _by_entity(self._deps.verdicts.standing())
            self._held, self._is_whole = {entity: items for entity, items in found.items() if entity in self._view}, True


def _by_entity(standing: Collection[StandingVerdict]) -> dict[str, tuple[StandingVerdict, ...]]:
    found: dict[str, list[StandingVerdict]] = {}
    for item in standing:
        found.setdefault(item.verdict.entity, []).append(item)
    return {entity: tuple(items) for entity, items in found.items()}
