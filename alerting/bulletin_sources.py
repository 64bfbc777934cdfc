"""Where a bulletin's facts come from: the books, and everything judged as of a moment that is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from alerting import gather_heat
from alerting.books import Books, MaterialKeeper
from alerting.corrections import until
from alerting.emission_judge import EmissionJudge
from alerting.facts import HeatLossFacts, SupplyTemperatureFacts
from alerting.judging import Engine, quality_days, rules_of
from alerting.material import Material
from alerting.rules import heat_loss, supply_temperature
from tricolor.catalogue.plans import Plan
from tricolor.domain.entities import Registry
from tricolor.domain.errors import TricolorError
from tricolor.domain.intervals import DAY_US, local_midnight
from tricolor.domain.lights import Verdict
from tricolor.domain.periods import Period, period_of
from tricolor.ports import EnergyStore, ReadingStore, RegistryBook
from tricolor.ports_bulletins import PeriodHistory
from tricolor.ports_emissions import EmissionBook, PermitBook
from tricolor.ports_items import OpenItemsBook

LEDGER, REJUDGED = "ledger", "rejudged"
NOW = "now"
DAY_LENGTH = len("2026-10-31")
NO_STORE = "能量库正由运行中的服务使用或未接通，热网平衡从略"


@dataclass(frozen=True, slots=True)
class Sources:
    """What there is to read. energy, readings: None where the store is not at hand (another process holds it): then heat networks are told from
    verdicts of then only. built: the version of Tricolor."""

    registry: RegistryBook
    plan: Plan
    books: Books
    history: PeriodHistory
    emissions: EmissionBook | None = None
    permits: PermitBook | None = None
    items: OpenItemsBook | None = None
    energy: EnergyStore | None = None
    readings: ReadingStore | None = None
    built: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict of a moment. basis: "ledger" where it was said then (or corrected since), "rejudged" where it is judged now as of then."""

    verdict: Verdict
    basis: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything as of an instant that is over [µs], with what became known since. told: by entity; heat: of whole days before it."""

    at: int
    registry: Registry
    material: Material
    told: Mapping[str, Sequence[Told]]
    heat: tuple[HeatLossFacts, ...] = ()
    supply: tuple[SupplyTemperatureFacts, ...] = ()
    faults: tuple[str, ...] = field(default=())


def moment(of: Sources, registry: Registry, at: int) -> Moment:
    """Judged by the rules as they are, as of the instant. What the ledger said of the very same period, or stood as a state of then, comes
    first: it is what people saw, and what the API answers."""
    rules = rules_of(of.plan)
    known, news = MaterialKeeper(of.books, of.plan, quality_days(of.plan, rules)).refresh(registry, at)
    material = until(known, at)  # the books know what came later, too
    engine = Engine(rules)
    engine.judge(material, news)
    judged = list(engine.verdicts)
    if of.emissions is not None and of.permits is not None:
        judged += EmissionJudge(of.emissions, of.permits, of.plan).judge(registry, at)
    heat, supply, faults = _heat(of, registry, at)
    judged += _heat_verdicts(of.plan, heat, supply)
    return Moment(at, registry, material, _told(of, registry, judged, at), heat, supply, faults)


def period_heat(of: Sources, registry: Registry, period: Period) -> tuple[HeatLossFacts, ...]:
    """The balance of every network and branch over the whole period; none where the store is not at hand."""
    if of.energy is None or of.readings is None:
        return ()
    days = round(period.span.length_us / DAY_US)
    rule = of.plan.rules.heat_loss
    whole = type(rule)(rule.yellow_rate, rule.red_rate, rule.coverage_min, days, rule.meter_error)
    return tuple(gather_heat.heat_loss_facts(registry, of.energy, of.readings, whole, period.span.end))


def loss_verdict(plan: Plan, facts: HeatLossFacts) -> Verdict | None:
    rule = plan.rules.heat_loss
    return heat_loss.judge(facts, heat_loss.HeatLossThresholds(rule.yellow_rate, rule.red_rate, rule.coverage_min, rule.meter_error))


def _heat(of: Sources, registry: Registry, at: int) -> tuple[tuple[HeatLossFacts, ...], tuple[SupplyTemperatureFacts, ...], tuple[str, ...]]:
    if not gather_heat.networks(registry):
        return (), (), ()
    if of.energy is None or of.readings is None:
        return (), (), (NO_STORE,)
    rule = of.plan.rules.heat_loss
    try:
        found = tuple(gather_heat.heat_loss_facts(registry, of.energy, of.readings, rule, at))
        supply = tuple(gather_heat.supply_facts(registry, of.energy, of.readings, rule.coverage_min, at))
    except TricolorError:
        return (), (), (NO_STORE,)
    return found, supply, ()


def _heat_verdicts(plan: Plan, heat: Sequence[HeatLossFacts], supply: Sequence[SupplyTemperatureFacts]) -> list[Verdict]:
    rule = plan.rules.supply_temperature
    at = supply_temperature.SupplyTemperatureThresholds(rule.water_min_c, rule.steam_min_c, rule.red_below_k)
    found = [*(loss_verdict(plan, f) for f in heat), *(supply_temperature.judge(f, at) for f in supply)]
    return [verdict for verdict in found if verdict is not None]


def _told(of: Sources, registry: Registry, judged: Sequence[Verdict], at: int) -> dict[str, list[Told]]:
    """By entity: the ledger's last word on the same matter and period, its word on a state of then, else what was judged just now."""
    entities = sorted(registry.entities)
    closed = {p for v in judged if is_closed(p := v.period, at)}
    words = {(w.verdict.fingerprint, w.verdict.period): w.verdict for w in of.history.last_words(closed, entities)}
    states = {w.verdict.fingerprint: w.verdict for w in of.history.words_at(entities, at)}
    found: dict[str, list[Told]] = {}
    for verdict in judged:
        said = states.pop(verdict.fingerprint, None) if verdict.period == NOW else words.get((verdict.fingerprint, verdict.period))
        found.setdefault(verdict.entity, []).append(Told(verdict, REJUDGED) if said is None else Told(said, LEDGER))
    for verdict in states.values():
        found.setdefault(verdict.entity, []).append(Told(verdict, LEDGER))
    return found


def is_closed(period: str, at: int) -> bool:
    """Whether the period was over at the moment and names its year: of one that ran on, the ledger's last word is of later."""
    last = period.rpartition("..")[2]
    try:
        end = local_midnight(date.fromisoformat(last) + timedelta(days=1)) if len(last) == DAY_LENGTH else period_of(last).span.end
    except ValueError:  # "now", hours of a day
        return False
    return end <= at
