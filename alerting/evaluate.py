"""Judging: the engine over kept material, and the rules that gather their facts from stores; again only what something new concerns."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerting import gather, gather_heat
from alerting.books import Books, MaterialKeeper
from alerting.emission_judge import RULES as EMISSION_RULES
from alerting.emission_judge import EmissionJudge
from alerting.judging import Engine, quality_days, rules_of
from alerting.material import Input, Material
from alerting.rules import heat_loss, silent, supply_temperature
from tricolor.catalogue.plans import Plan
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import HOUR_US, MINUTE_US, SECOND_US
from tricolor.domain.lights import Light, Verdict
from tricolor.ports import EnergyStore, ReadingStore, RegistryBook

HEAT_RULES = (heat_loss.RULE, supply_temperature.RULE)  # where the cells are at hand
TIMED_RULES = (silent.RULE,)  # on time itself: all others are on stored results, and need no word while those stay the same
WATCH_S = 60.0  # how long a point's newest reading may rest before it counts as no longer coming in
FILLING_MAX_US = 30 * MINUTE_US  # how long lights on data quality wait for history


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the rules say at a moment. stored: on stored results, the same as long as `basis` is; timed: on time itself; rules: those whose verdicts
    are all here."""

    registry: Registry
    stored: tuple[Verdict, ...]
    timed: tuple[Verdict, ...]
    rules: tuple[str, ...]
    basis: tuple[object, ...]


class Evaluator:
    """Judges everything. It remembers what it last saw, so one is made per process; losing it costs one full judging."""

    def __init__(
        self, registry: RegistryBook, books: Books, readings: ReadingStore, plan: Plan, watch_s: float = WATCH_S,
        energy: EnergyStore | None = None, emissions: EmissionJudge | None = None, quality_lag_s: float = 0.0,
    ) -> None:  # fmt: skip
        self._book, self._readings, self._plan = registry, readings, plan
        self._energy, self._emissions = energy, emissions
        rules = rules_of(plan)
        self.engine = Engine(rules)
        self._keeper = MaterialKeeper(books, plan, quality_days(plan, rules))
        self._registry: Registry | None = None
        self._material: Material | None = None
        self._heat_basis: tuple[object, ...] = ()
        self._heat: tuple[Verdict, ...] = ()
        self._movement = _Movement(round(watch_s * SECOND_US))
        self._on_quality = frozenset(rule.name for rule in rules if Input.QUALITY in rule.inputs)
        self._quality_lag_us = round(quality_lag_s * SECOND_US)
        self._filling: tuple[int, int] | None = None  # since when history has been coming in, and when it last did

    @property
    def registry(self) -> Registry | None:
        """As it was read last, before anything was judged."""
        return self._registry

    @property
    def material(self) -> Material | None:
        """What was judged last."""
        return self._material

    @property
    def marks(self) -> Mapping[Input, int]:
        """Up to where that material has the changes of each book."""
        return self._keeper.marks

    def evaluate(self, now: int) -> Evaluation:
        """All verdicts at `now` [µs]; TryAgain when a store is down."""
        registry = self._current_registry()
        self._material, news = self._keeper.refresh(registry, now)
        self.engine.judge(self._material, news)
        self._keeper.told()
        rules, stored = self.engine.names, self.engine.verdicts
        basis: tuple[object, ...] = (registry.version, self.engine.serial)
        if self._energy is not None:
            heat = self._judge_heat(registry, self._energy, now)
            rules, stored, basis = (*rules, *HEAT_RULES), (*stored, *heat), (*basis, *self._heat_basis)
        if self._emissions is not None:
            rules, stored = (*rules, *EMISSION_RULES), (*stored, *self._emissions.judge(registry, now))
            basis = (*basis, *self._emissions.basis)
        latest = self._readings.latest()
        self._movement.look(latest, now)
        is_filling = self._is_filling(latest, now)
        timed = self._judge_timed(registry, latest, is_filling, now)
        is_sure = self._movement.is_sure(now)
        if not is_sure or self._is_quality_behind(is_filling, now):  # what stands of these rules stays
            rules = tuple(name for name in rules if name not in self._on_quality)
            stored = tuple(v for v in stored if v.rule not in self._on_quality)
        if not is_sure:  # just started: an old reading may be silence, or history coming in; say nothing rather than something wrong
            timed = [v for v in timed if v.light is Light.GREEN]
        return Evaluation(registry, stored, tuple(timed), (*rules, silent.RULE) if is_sure else rules, basis)

    def _current_registry(self) -> Registry:
        version = self._book.version()
        if self._registry is None or self._registry.version != version:
            self._registry = self._book.load()
        return self._registry

    def _judge_heat(self, registry: Registry, energy: EnergyStore, now: int) -> tuple[Verdict, ...]:
        """Lights of the heat networks, again when the accounts changed or an hour began: the newest temperature is of the last hours."""
        basis = (registry.version, self._keeper.marks[Input.ENERGY], now // HOUR_US)
        if basis != self._heat_basis:
            self._heat = self._heat_verdicts(registry, energy, now) if gather_heat.networks(registry) else ()
            self._heat_basis = basis
        return self._heat

    def _heat_verdicts(self, registry: Registry, energy: EnergyStore, now: int) -> tuple[Verdict, ...]:
        loss, supply = self._plan.rules.heat_loss, self._plan.rules.supply_temperature
        loss_at = heat_loss.HeatLossThresholds(loss.yellow_rate, loss.red_rate, loss.coverage_min, loss.meter_error)
        supply_at = supply_temperature.SupplyTemperatureThresholds(supply.water_min_c, supply.steam_min_c, supply.red_below_k)
        found = [heat_loss.judge(f, loss_at) for f in gather_heat.heat_loss_facts(registry, energy, self._readings, loss, now)]
        found += [supply_temperature.judge(f, supply_at) for f in gather_heat.supply_facts(registry, energy, self._readings, loss.coverage_min, now)]
        return tuple(verdict for verdict in found if verdict is not None)

    def _is_filling(self, latest: Mapping[int, int], now: int) -> bool:
        """Whether history is coming in somewhere."""
        old = now - self._plan.rules.silent.yellow_after_s * SECOND_US
        return any(latest[key] < old for key in self._movement.moving(now) if key in latest)

    def _is_quality_behind(self, is_filling: bool, now: int) -> bool:
        """Whether days that are just being filled may still be told as days without data: so long as history comes in and a little longer, but not
        for ever, for a gateway may be late all its life."""
        if is_filling:
            self._filling = (now if self._filling is None else self._filling[0], now)
        if self._filling is None:
            return False
        began, last = self._filling
        if not is_filling and now - last >= self._quality_lag_us:
            self._filling = None
            return False
        return now - began < FILLING_MAX_US

    def _judge_timed(self, registry: Registry, latest: Mapping[int, int], is_filling: bool, now: int) -> list[Verdict]:
        rule = self._plan.rules.silent
        thresholds = silent.SilentThresholds(rule.yellow_after_s, rule.red_after_s)
        moving = self._movement.moving(now)
        return [v for f in gather.silent_facts(registry, latest, moving, is_filling, now) for v in silent.judge_all(f, thresholds)]


class _Movement:
    """Which points' newest reading moved within the last while."""

    def __init__(self, watch_us: int) -> None:
        self._watch_us = watch_us
        self._since: int | None = None
        self._seen: dict[int, int] = {}
        self._moved: dict[int, int] = {}

    def look(self, latest: Mapping[int, int], now: int) -> None:
        if self._since is None:
            self._since = now
            self._seen = dict(latest)
            return
        self._moved |= {key: now for key, at in latest.items() if self._seen.get(key) != at}
        self._seen = dict(latest)

    def moving(self, now: int) -> frozenset[int]:
        return frozenset(key for key, at in self._moved.items() if now - at < self._watch_us)

    def is_sure(self, now: int) -> bool:
        """Whether we have watched long enough to tell rest from movement."""
        return self._since is not None and now - self._since >= self._watch_us
