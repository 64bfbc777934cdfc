"""Restating: what a changed factor moves is what was previewed, equals accounting from scratch, goes back again, and survives being killed."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factors.conftest import City, assert_same_accounts, measured
from tricolor.analysis.restate import Restater
from tricolor.catalogue.live_factors import LiveFactors
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.factor_digests import digests
from tricolor.domain.factors import FactorBook, FactorKind
from tricolor.domain.intervals import day
from tricolor.domain.own_factors import Proposal, SettingKind
from tricolor.domain.restatements import Cause, total_of

PLAN = "illustrative-2026-2030"


@st.composite
def proposals(draw) -> Proposal:
    """Anything that may be set in this city."""
    entity = draw(st.sampled_from(["", "mill", "kiln"]))
    carrier = draw(st.sampled_from(["raw_coal", "electricity", "natural_gas"]))
    point = draw(st.sampled_from(["", "mill.raw_coal2", "mill.raw_coal3"])) if (entity, carrier) == ("mill", "raw_coal") else ""
    start = draw(st.sampled_from([date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1)]))
    end = draw(st.sampled_from([None, date(2026, 2, 2), date(2026, 12, 1)]))
    usual = {
        "raw_coal": ("kgce/kg", 0.7143, "kgCO2/kg", 2.0),
        "electricity": ("kgce/kWh", 0.2, "kgCO2/kWh", 0.45),
        "natural_gas": ("kgce/m3", 1.3, "kgCO2/m3", 2.1),
    }
    coal_unit, coal, co2_unit, co2 = usual[carrier]
    kind = draw(st.sampled_from([SettingKind.CO2, SettingKind.CALORIFIC] if carrier == "electricity" else list(SettingKind)))
    value, unit = {
        SettingKind.MEASURED: (coal * 29.3076, coal_unit.replace("kgce", "MJ")), SettingKind.CO2: (co2, co2_unit),
    }.get(kind, (coal, coal_unit))  # fmt: skip
    near = draw(st.floats(0.8, 1.2))
    return measured(value * near, unit, entity, carrier, point, kind=kind, valid_from=start, valid_to=end)


SLOW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(st.lists(proposals(), min_size=1, max_size=3))
def test_restated_is_from_scratch_and_there_and_back_is_as_before(city: City, wanted: list[Proposal]) -> None:
    before = city.stored()
    made = []
    for what in wanted:
        if any(s.is_in_force and s.what.overlaps(what) for s in city.desk.settings()):
            continue
        setting, seen = city.apply(what)
        assert_same_accounts(city.stored(), city.from_scratch())
        job = city.restatements.page([], 1, None)[0]
        assert list(seen.effects) == list(city.restatements.effects([job.id], [])[job.id]) or not seen.effects
        assert job.rows == sum(e.rows for e in seen.effects)
        made.append(setting)
    for setting in reversed(made):
        city.apply(setting.id, "taken back")
        assert_same_accounts(city.stored(), city.from_scratch())
    assert_same_accounts(city.stored(), before)


def test_restating_with_the_same_factor_changes_nothing(city: City) -> None:
    city.apply(measured(kind=SettingKind.CALORIFIC, value=0.75, unit="kgce/kg"))
    before, mark = city.stored(), city.restatements.page([], 9, None)
    job = replace(mark[0], cursor="", finished_at=None)
    assert city.restating.run_once() == 0  # nothing is due
    restater_rows = city.restatements.rows(job.scope)
    assert Restater(city.shelf.now(), frozenset(), city.recount).changes(restater_rows) == []
    assert city.stored() == before


def test_a_heating_value_moves_the_unit_it_is_of_by_its_share_and_nobody_else(city_anywhere: City) -> None:
    city = city_anywhere
    before = {(a.entity, a.day, a.carrier): a for a in city.stored()}
    _, seen = city.apply(measured(6_000, "kcal/kg"))  # 6 000 instead of 5 000 kcal (GB/T 2589): a fifth more coal equivalent
    assert {e.entity for e in seen.effects} == {"mill"}
    assert [e.month for e in seen.effects] == ["2026-01", "2026-02"]
    for a in city.stored():
        was = before[a.entity, a.day, a.carrier]
        if (a.entity, a.carrier) == ("mill", "raw_coal"):
            assert a.tce_calorific == pytest.approx(was.tce_calorific * (6_000 / 7_000) / 0.7143, rel=1e-6)
            assert a.factor_ids[0] == "own:1:calorific"
        else:
            assert a == was


def test_the_accounts_as_they_were_stay_readable_with_author_reason_and_time(city_anywhere: City) -> None:
    city = city_anywhere
    before = [a for a in city.stored() if (a.entity, a.carrier) == ("mill", "raw_coal")]
    city.apply(measured(), "laboratory report 118")
    (job,) = city.restatements.page(["mill"], 10, None)
    assert (job.cause, job.author, job.reason, job.setting, job.rows) == (Cause.SETTING, "王工", "laboratory report 118", 1, 4)
    assert job.made_at < job.finished_at
    earlier = city.restatements.earlier(job.id, ["mill"], 100, 0)
    assert sorted((e.account for e in earlier), key=lambda a: a.day) == before
    assert city.restatements.page(["kiln"], 10, None) == []
    assert city.restatements.earlier(job.id, ["kiln"], 100, 0) == []


def test_a_point_of_its_own_heating_value_moves_the_total_by_that_points_share(city: City) -> None:
    coal = dict(zip("23", _coal_of_first_day(city), strict=True))
    city.apply(measured(7_000, "kcal/kg", point="mill.raw_coal2"))  # 1 kgce/kg
    (account,) = [a for a in city.stored() if (a.entity, a.carrier, a.day) == ("mill", "raw_coal", "2026-01-30")]
    assert account.tce_calorific == pytest.approx(coal["2"] * 1.0 + coal["3"] * 0.7143)  # 7 000 kcal/kg, and the table's 0.7143
    assert {"own:1:calorific", "gbt2589-2020:raw_coal:calorific"} <= set(account.factor_ids)


def _coal_of_first_day(city: City) -> list[float]:
    return [float(city.store.cells([key], day(date(2026, 1, 30))).amount.sum()) for key in (2, 3)]


def test_killed_between_two_parts_it_goes_on_behind_the_last_one_and_does_nothing_twice(city: City) -> None:
    seen = city.changes.preview(measured(entity=""))
    city.changes.apply(measured(entity=""), "王工", "report", seen.token)
    assert city.restating.run_once(limit_s=-1) == 4  # January of both units, then the time is over: as if killed there
    job = city.restatements.due()
    assert job is not None and job.cursor == "2026-01/mill"
    assert city.new_restating().run_once(60) == 4
    assert city.restatements.due() is None
    assert_same_accounts(city.stored(), city.from_scratch())
    assert len(city.restatements.earlier(job.id, [], 100, 0)) == 8


def test_a_plan_pack_with_another_factor_restates_the_old_accounts_at_the_next_start(city_anywhere: City) -> None:
    city = city_anywhere
    city.restating.start(digests(city.base), PLAN)  # the first start after an update looks at everything once
    city.restating.run_once(60)
    assert sum(job.rows for job in city.restatements.page([], 9, None)) == 0
    assert city.restatements.order_where_changed(digests(city.base), PLAN) is None
    other = FactorBook.of(
        replace(f, value=0.5) if f.carrier == "electricity" and f.kind is FactorKind.CO2 else f for f in city.base.factors
    )  # the same ids: a file whose content was changed
    city.shelf = LiveFactors(other, city.desk)
    restating = city.new_restating()
    restating.start(digests(other), PLAN)
    assert restating.run_once(60) == 8  # electricity of both units on four days
    assert_same_accounts(city.stored(), city.from_scratch())
    job = city.restatements.page([], 1, None)[0]
    assert (job.cause, job.scope.carriers) == (Cause.PLAN, ("electricity",))
    assert PLAN in job.reason
    rows, before, after = total_of(city.restatements.effects([job.id], [])[job.id])
    assert rows == 8 and after.co2_t == pytest.approx(before.co2_t * 0.5 / 0.4476)
    restating.start(digests(other), PLAN)
    assert city.restatements.due() is None


def test_what_was_not_previewed_as_things_stand_is_not_applied(city: City) -> None:
    seen = city.changes.preview(measured())
    with pytest.raises(Refused, match="preview it"):
        city.changes.apply(measured(5_800), "王工", "r", seen.token)  # another value than the one seen
    city.apply(measured(entity="kiln"))
    with pytest.raises(Refused, match="have changed since"):
        city.changes.apply(measured(), "王工", "r", seen.token)
    with pytest.raises(Problems, match="reason: say it"):
        city.changes.apply(measured(), "王工", " ", city.changes.preview(measured()).token)
    assert [s.what.entity for s in city.desk.settings()] == ["kiln"]


def test_what_was_previewed_with_another_plan_is_neither_set_nor_taken_back(city: City) -> None:
    held, _ = city.apply(measured(entity="kiln"))
    seen, back = city.changes.preview(measured()), city.changes.preview(held.id)
    coal = [f for f in city.base.factors if f.carrier == "raw_coal" and f.kind is FactorKind.CO2]
    assert coal
    other = FactorBook.of(replace(f, value=f.value * 1.1) if f in coal else f for f in city.base.factors)
    after_update = replace(city.changes, base=other)  # Tricolor was started again with another pack
    for what, token in ((measured(), seen.token), (held.id, back.token)):
        with pytest.raises(Refused, match="plan pack or the tables have changed since this was previewed: preview it again"):
            after_update.apply(what, "王工", "r", token)
    assert city.desk.settings() == [held]
    same = replace(city.changes, base=FactorBook.of(replace(f, note="other words") for f in city.base.factors))
    assert same.apply(measured(), "王工", "r", seen.token).what == measured()  # other words about a factor move nothing


def test_applying_or_revoking_twice_changes_nothing(city: City) -> None:
    seen = city.changes.preview(measured())
    first = city.changes.apply(measured(), "王工", "r", seen.token)
    assert city.changes.apply(measured(), "王工", "r", seen.token) == first
    back = city.changes.preview(first.id)
    gone = city.changes.apply(first.id, "李工", "wrong sample", back.token)
    assert city.changes.apply(first.id, "李工", "wrong sample", back.token) == gone
    assert len(city.desk.settings()) == 1 and len(city.restatements.page([], 9, None)) == 2


def test_two_settings_of_one_thing_may_not_hold_for_the_same_day(city: City) -> None:
    city.apply(measured(valid_to=date(2026, 2, 1)))
    city.changes.preview(measured(5_800, valid_from=date(2026, 2, 1)))
    with pytest.raises(Refused, match=r"setting 1 .* covers these days: revoke it first"):
        city.changes.preview(measured(5_800))


def test_what_is_not_there_is_said_to_be_not_there(city: City) -> None:
    with pytest.raises(NotFound, match="no entity 'foundry'"):
        city.changes.preview(measured(entity="foundry"))
    with pytest.raises(NotFound, match="has no point"):
        city.changes.preview(measured(entity="kiln", point="mill.raw_coal2"))
    with pytest.raises(Problems, match="meters electricity, not raw_coal"):
        city.changes.preview(measured(point="mill.electricity1"))
    with pytest.raises(NotFound, match="no factor setting 7"):
        city.changes.preview(7)
