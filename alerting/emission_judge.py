"""Judging emissions: again only when a stored day, a permit or the registry changed, or an hour is over."""

from alerting import gather_emissions
from alerting.rules import concentration, mass
from tricolor.catalogue.plans import Plan
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.lights import Verdict
from tricolor.ports_emissions import EmissionBook, PermitBook

RULES = (concentration.RULE, mass.RULE)


class EmissionJudge:
    """Remembers what it last said; one is made per process."""

    def __init__(self, emissions: EmissionBook, permits: PermitBook, plan: Plan) -> None:
        self._emissions, self._permits, self._rules = emissions, permits, plan.rules
        self._basis: tuple[int, ...] = ()
        self._said: tuple[Verdict, ...] = ()

    @property
    def basis(self) -> tuple[int, ...]:
        """What the last verdicts rest on."""
        return self._basis

    def judge(self, registry: Registry, now: int) -> tuple[Verdict, ...]:
        """All verdicts on emissions at `now` [µs]."""
        # versions are read before the data: a change in between is judged twice rather than missed
        basis = (registry.version, self._emissions.version(), self._permits.version(), now // HOUR_US)
        if basis != self._basis:
            self._said = self._judge(registry, now)
            self._basis = basis
        return self._said

    def _judge(self, registry: Registry, now: int) -> tuple[Verdict, ...]:
        of = gather_emissions.limited(registry, self._permits)
        if not of.permits:
            return ()
        high, year = self._rules.concentration, self._rules.mass
        high_at = concentration.ConcentrationThresholds(high.yellow_share, high.red_hours, high.coverage_min)
        year_at = mass.MassThresholds(year.yellow_share, year.projected_share, year.projected_from_days, year.coverage_min)
        hourly = gather_emissions.concentration_facts(of, self._emissions, high.hours, high.valid_minutes, now)
        found = [concentration.judge(f, high_at) for f in hourly]
        found += [mass.judge(f, year_at) for f in gather_emissions.mass_facts(of, self._emissions, now)]
        return tuple(verdict for verdict in found if verdict is not None)
