"""The judge reads the exclusions: a new entry, or one taken back, is judged in the next round."""

import pytest

from alerting.material import Material
from alerting.rules import pace
from tricolor.analysis.intensity import complete_months
from tricolor.analysis.monthly import monthly_energy
from tricolor.catalogue.plans import load_plan
from tricolor.domain.accounts import DayAccount
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.exclusions import ExclusionEntry, Purpose, excluded_by_month
from tricolor.domain.intervals import DAY_US, from_us, month_of, parse_us
from tricolor.domain.meters import Role

NOW = parse_us("2026-03-10T08:00:00+08:00")


def test_the_facts_of_a_region_hold_what_is_left_out_inside_it(entry):
    plan = load_plan("illustrative-2026-2030")
    inside = (Entity("qinnan", EntityKind.REGION, "钦南区", ""), Entity("mill", EntityKind.ENTERPRISE, "造纸厂", "", region_id="qinnan"))
    registry = Registry(1, {e.id: e for e in inside}, {}, {}, {}, {})
    months = [m for year in (2025, 2026) for m in complete_months(year, NOW)]
    days = [from_us(at).date().isoformat() for m in months for at in range(month_of(m).start, month_of(m).end, DAY_US)]
    accounts = [DayAccount("mill", d, "raw_coal", Role.PURCHASED, 1.0, "t", 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, ()) for d in days]
    figures = [Activity("qinnan", ActivityKind.GDP, m, 100.0, "1e4CNY", 2020) for m in months]
    entries: list[ExclusionEntry] = [entry(1, tce_equivalent=6.0), entry(2, tce_equivalent=9.0, revoked_at=3)]
    energy = monthly_energy(registry, accounts, list(registry.entities), NOW)
    excluded = excluded_by_month(entries, plan.exclusion_rules, Purpose.INTENSITY)
    of = Material(registry, plan, NOW, energy, figures={"qinnan": figures}, excluded=excluded)
    basic = next(f for f in pace.facts_of(of, inside[0]) if f.indicator == "basic")
    # January and February: 59 tce gross in both years, 6 of them left out of this one
    assert (basic.current.energy_now_tce, basic.current.excluded_now_tce, basic.current.excluded_base_tce) == (59.0, 6.0, 0.0)
    assert basic.current.reduction == pytest.approx(6 / 59) and basic.current.reduction_gross == pytest.approx(0.0)
