"""Judging: facts through the ports, one verdict per matter. What depends on stored results is judged again only when they changed or a day began."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerting import gather, gather_heat
from alerting.emission_judge import RULES as EMISSION_RULES
from alerting.emission_judge import EmissionJudge
from alerting.facts import BenchmarkLimit
from alerting.rules import benchmark, heat_loss, pace, silent, supply_temperature
from tricolor.catalogue import benchmarks
from tricolor.catalogue.plans import Plan
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import SECOND_US, local_day
from tricolor.domain.lights import Light, Verdict
from tricolor.ports import AccountsMark, ActivityBook, EnergyStore, ReadingStore, RegistryBook, SettleLedger
from tricolor.ports_accounts import ExclusionBook

STORED_RULES = (pace.RULE, benchmark.RULE)
HEAT_RULES = (heat_loss.RULE, supply_temperature.RULE)  # where the cells are at hand
TIMED_RULES = (silent.RULE,)  # on time itself: all others are on stored results, and need no word while those stay the same
WATCH_S = 60.0  # how long a point's newest reading may rest before it counts as no longer coming in


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the rules say at a moment. stored: on the stored results of `basis`; timed: on time itself; rules: those whose verdicts are all here."""

    registry: Registry
    stored: tuple[Verdict, ...]
    timed: tuple[Verdict, ...]
    rules: tuple[str, ...]
    basis: tuple[object, ...]


class Evaluator:
    """Judges everything. It remembers what it last saw, so one is made per process; losing it costs one full judging."""

    def __init__(
        self, registry: RegistryBook, settle: SettleLedger, accounts: AccountsMark, activities: ActivityBook, readings: ReadingStore, plan: Plan,
        watch_s: float = WATCH_S, energy: EnergyStore | None = None, exclusions: ExclusionBook | None = None,
        emissions: EmissionJudge | None = None,
    ) -> None:  # fmt: skip
        self._book, self._settle, self._accounts = registry, settle, accounts
        self._activities, self._readings, self._plan, self._energy = activities, readings, plan, energy
        self._emissions = emissions
        self._exclusions = exclusions
        self._registry: Registry | None = None
        self._basis: tuple[object, ...] = ()
        self._stored: tuple[Verdict, ...] = ()
        self._movement = _Movement(round(watch_s * SECOND_US))

    def evaluate(self, now: int) -> Evaluation:
        """All verdicts at `now` [µs]; TryAgain when a store is down."""
        registry = self._current_registry()
        # versions are read before the data: a change in between is judged twice rather than missed
        excluded = self._exclusions.version() if self._exclusions is not None else 0
        basis: tuple[object, ...] = (registry.version, self._activities.version(), self._accounts.mark(), excluded, local_day(now))
        if basis != self._basis:
            self._stored = self._judge_stored(registry, now)
            self._basis = basis
        latest = self._readings.latest()
        self._movement.look(latest, now)
        timed = self._judge_timed(registry, latest, now)
        is_sure = self._movement.is_sure(now)
        rules = STORED_RULES if self._energy is None else (*STORED_RULES, *HEAT_RULES)
        stored, whole_basis = self._stored, self._basis
        if self._emissions is not None:
            rules, stored = (*rules, *EMISSION_RULES), (*stored, *self._emissions.judge(registry, now))
            whole_basis = (*whole_basis, *self._emissions.basis)
        if not is_sure:  # just started: an old reading may be silence, or history coming in; say nothing rather than something wrong
            timed = [v for v in timed if v.light is Light.GREEN]
        return Evaluation(registry, stored, tuple(timed), (*rules, silent.RULE) if is_sure else rules, whole_basis)

    def _current_registry(self) -> Registry:
        version = self._book.version()
        if self._registry is None or self._registry.version != version:
            self._registry = self._book.load()
        return self._registry

    def _judge_stored(self, registry: Registry, now: int) -> tuple[Verdict, ...]:
        rules, plan = self._plan.rules, self._plan
        members = {m.id for whole in gather.judged_entities(registry, plan) for m in registry.members(whole)}
        accounts = self._settle.accounts(sorted(members), gather.first_day(plan, now), local_day(now).isoformat())
        figures = self._activities.current(sorted(registry.entities))
        exclusions = self._exclusions.entries() if self._exclusions is not None else ()
        of = gather.material(registry, plan, accounts, figures, now, exclusions)
        pace_at = pace.PaceThresholds(rules.pace.red_gap, rules.pace.red_on_rise, rules.pace.coverage_min)
        benchmark_at = benchmark.BenchmarkThresholds(rules.benchmark.coverage_min)
        verdicts = [pace.judge(facts, pace_at) for facts in gather.pace_facts(of)]
        verdicts += [benchmark.judge(facts, benchmark_at) for facts in gather.benchmark_facts(of, catalogue_limit)]
        return (*verdicts, *self._judge_heat(registry, now))

    def _judge_heat(self, registry: Registry, now: int) -> list[Verdict]:
        """Lights of the heat networks, where this process has the cells."""
        if self._energy is None or not gather_heat.networks(registry):
            return []
        loss, supply = self._plan.rules.heat_loss, self._plan.rules.supply_temperature
        loss_at = heat_loss.HeatLossThresholds(loss.yellow_rate, loss.red_rate, loss.coverage_min, loss.meter_error)
        supply_at = supply_temperature.SupplyTemperatureThresholds(supply.water_min_c, supply.steam_min_c, supply.red_below_k)
        found = [heat_loss.judge(f, loss_at) for f in gather_heat.heat_loss_facts(registry, self._energy, self._readings, loss, now)]
        found += [
            supply_temperature.judge(f, supply_at) for f in gather_heat.supply_facts(registry, self._energy, self._readings, loss.coverage_min, now)
        ]
        return [verdict for verdict in found if verdict is not None]

    def _judge_timed(self, registry: Registry, latest: Mapping[int, int], now: int) -> list[Verdict]:
        rule = self._plan.rules.silent
        thresholds = silent.SilentThresholds(rule.yellow_after_s, rule.red_after_s)
        moving = self._movement.moving(now)
        old = now - rule.yellow_after_s * SECOND_US
        is_filling = any(latest[key] < old for key in moving if key in latest)
        found = (silent.judge(f, thresholds) for f in gather.silent_facts(registry, latest, moving, is_filling, now))
        return [verdict for verdict in found if verdict is not None]


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


def catalogue_limit(product: str) -> BenchmarkLimit | None:
    """Benchmark and baseline of a product from the shipped catalogue; None where the table has no row or no values for it."""
    row = benchmarks.benchmark(product)
    if row is None or row.benchmark is None or row.baseline is None:
        return None
    return BenchmarkLimit(row.name_cn, row.name_en, row.unit, row.benchmark, row.baseline, f"{row.source} {row.metric_standard}".strip(), row.status)
