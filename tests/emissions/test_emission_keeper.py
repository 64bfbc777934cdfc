"""Days of pollutants kept up over a real store and ledger: late data, restarts, permits, and the facts that rules get of it."""

from dataclasses import replace
from datetime import date

import pytest

from alerting.emission_judge import EmissionJudge
from tests.emissions.conftest import DAY, HOUR, registry
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.permits import PermitBookSql
from tricolor.adapters.ledger.pollutants import EmissionLedgerSql
from tricolor.analysis.emission_sums import mass_cells
from tricolor.analysis.emissions import outlets_of
from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.pollutants import emitted
from tricolor.domain.emissions import HOUR as HOUR_TYPE
from tricolor.domain.emissions import Permit, PollutantDay
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.intervals import Interval, Step
from tricolor.domain.lights import Light
from tricolor.ports_emissions import EmissionWork

COU, AVG = "st.w01018.hour.cou", "st.w01018.hour.avg"
PERMIT = Permit("mill", "", "w01018", 50.0, "mg/L", 1.0, "示例证001", date(2026, 1, 1))
PLAN = load_plan("qinzhou-2021-2025")


def hours(point, first, count, value):
    return [(point, DAY + (first + n + 1) * HOUR, value) for n in range(count)]


def masses(rig):
    return {d.day: d.mass_kg for d in rig.ledger.days(["mill"], "2026-01-01", "2026-12-31") if d.factor == "w01018"}


def test_history_is_worked_out_once_and_a_restart_changes_nothing(rig):
    rig.put(hours(COU, 0, 48, 2.0))
    assert rig.run() > 0
    assert masses(rig) == {"2026-03-10": 48.0, "2026-03-11": 48.0}
    before = rig.ledger.version()
    rig.again()
    assert rig.run() == 0 and rig.ledger.version() == before


def test_late_data_reopens_its_day_and_the_one_it_ends(rig):
    rig.put(hours(COU, 0, 23, 2.0))
    rig.run()
    rig.put([(COU, DAY + 24 * HOUR, 5.0)])  # the last hour of the 10th, stamped 00:00 of the 11th
    rig.keeper.touch([("mill", date(2026, 3, 11)), ("elsewhere", date(2026, 3, 11))])
    assert rig.run() == 2
    assert masses(rig) == {"2026-03-10": 51.0}


def test_a_mark_made_while_a_day_is_worked_out_stays(rig):
    rig.ledger.mark([("mill", "2026-03-10")])
    work = rig.ledger.work(10)
    rig.ledger.mark([("mill", "2026-03-10")])
    rig.ledger.put(work, [])
    assert [w.turn for w in rig.ledger.work(10)] == [2]


def test_a_month_is_the_sum_of_its_days_and_the_time_to_come_is_not_due(rig):
    rig.put(hours(COU, 0, 36, 2.0))
    rig.run()
    outlets = outlets_of(rig.book.load(), ["mill"], emitted())
    rows = rig.ledger.days(["mill"], "2026-03-01", "2026-03-31")
    now, whole = DAY + 48 * HOUR, Interval(DAY - 9 * 24 * HOUR, DAY + 22 * 24 * HOUR)
    month = mass_cells(rows, outlets, whole, Step.MONTH, now)
    days = mass_cells(rows, outlets, whole, Step.DAY, now)
    assert len(month) == 1 and len(days) == 31
    assert month[0].mass_kg == pytest.approx(72.0) == sum(c.mass_kg or 0 for c in days)
    assert month[0].coverage == pytest.approx(36 / 48)  # due since the points are valid, the 10th, until now, the 12th
    assert [(c.mass_kg, c.coverage) for c in days[8:12]] == [(None, 0.0), (48.0, 1.0), (24.0, 0.5), (None, 0.0)]


def test_months_added_up_by_the_ledger_are_their_days_also_of_a_part_of_a_month(ledger: LedgerEngine):
    book = EmissionLedgerSql(ledger)
    held = registry([COU], valid_from=DAY)
    outlets = outlets_of(held, ["mill"], emitted())
    days = [f"2026-03-{n:02d}" for n in range(10, 32)] + [f"2026-04-{n:02d}" for n in range(1, 11)]
    known = [n % 7 != 3 for n in range(len(days))]
    rows = [
        PollutantDay("mill", "st", "w01018", on, 1.5 + n if k else None, 1.0 * k, 0.25 * k, (600 + n) * k)
        for n, (on, k) in enumerate(zip(days, known, strict=True))
    ]
    book.put([EmissionWork("mill", on, 1) for on in days], rows)
    span, now = Interval(DAY + 5 * 24 * HOUR, DAY + 30 * 24 * HOUR), DAY + 40 * 24 * HOUR  # 15 March to 8 April
    for step in (Step.MONTH, Step.YEAR, Step.TOTAL):
        by_day = mass_cells(book.days(["mill"], "2026-03-15", "2026-04-08"), outlets, span, step, now)
        by_month = mass_cells(book.months(["mill"], "2026-03-15", "2026-04-08"), outlets, span, step, now)
        assert [c.mass_kg for c in by_month] == pytest.approx([c.mass_kg for c in by_day]) and len(by_month) == (2 if step is Step.MONTH else 1)
        assert [c.estimated_kg for c in by_month] == pytest.approx([c.estimated_kg for c in by_day])
    assert by_month[0].mass_kg == pytest.approx(sum(1.5 + n for n in range(5, 30) if n % 7 != 3))


def test_a_permit_needs_its_document_and_one_matter_has_one_at_a_time(rig):
    with pytest.raises(Problems, match="document"):
        rig.permits.add(replace(PERMIT, document=" "), "li", 1)
    with pytest.raises(Problems, match="unit"):
        rig.permits.add(replace(PERMIT, unit="kg"), "li", 1)
    with pytest.raises(NotFound):
        rig.permits.add(replace(PERMIT, entity="nobody"), "li", 1)
    first = rig.permits.add(PERMIT, "li", 1)
    assert rig.permits.add(PERMIT, "li", 2) == first
    with pytest.raises(Refused, match="示例证001"):
        rig.permits.add(replace(PERMIT, limit=40.0, document="示例证002"), "li", 3)
    revoked = rig.permits.revoke(first.id, "wang", 4)
    assert (revoked.revoked_by, revoked.revoked_at) == ("wang", 4) and rig.permits.revoke(first.id, "else", 9) == revoked
    assert rig.permits.add(replace(PERMIT, limit=40.0, document="示例证002"), "li", 5).id != first.id
    with pytest.raises(NotFound):
        rig.permits.revoke(99, "li", 6)


def test_lights_follow_the_stored_hours_and_the_permit(rig):
    """24 hours, one at 60 mg/L; 2 kg an hour since the 10th of March are 48 kg of 1 t, 4.8 %; due are the days since then that are over."""
    rig.now = DAY + 24 * HOUR + 1
    rig.put([*hours(COU, 0, 24, 2.0), *hours(AVG, 0, 23, 30.0), *hours(AVG, 23, 1, 60.0)])
    rig.run()
    judge = EmissionJudge(rig.ledger, rig.permits, PLAN)
    held = rig.book.load()
    assert judge.judge(held, rig.now) == ()  # no permit, no light
    rig.permits.add(PERMIT, "li", 1)
    found = {v.rule: v for v in judge.judge(held, rig.now)}
    assert (found["concentration"].light, found["concentration"].value, found["concentration"].limit) == (Light.RED, 60.0, 50.0)
    assert found["concentration"].evidence["hours_over"] == ["03-10 23:00"]
    assert (found["mass"].light, found["mass"].value, found["mass"].coverage) == (Light.GREEN, pytest.approx(0.048), 1.0)
    basis = judge.basis
    assert judge.judge(held, rig.now) and judge.basis == basis
    later = {v.rule: v for v in judge.judge(held, rig.now + 24 * HOUR)}  # a silent day: nothing of it is known, nothing of it is green
    assert later["concentration"].light is Light.GREY and later["mass"].light is Light.GREY and later["mass"].coverage == 0.5


def test_a_permitted_mass_that_nobody_measures_is_grey(rig):
    rig.book.held = registry(["st.w21003.hour.cou"])
    rig.permits.add(PERMIT, "li", 1)
    verdicts = EmissionJudge(rig.ledger, rig.permits, PLAN).judge(rig.book.load(), rig.now)
    assert [(v.rule, v.light) for v in verdicts] == [("mass", Light.GREY)]


def test_rows_and_permits_are_the_same_on_both_databases(ledger: LedgerEngine):
    import numpy as np

    book = EmissionLedgerSql(ledger)
    cells = np.zeros(24, dtype=HOUR_TYPE)
    cells["mean"][:] = np.nan
    cells[3] = (12.5, 0.25, 0.0, 60, 60, 16)
    row = PollutantDay("mill", "st", "w01018", "2026-03-10", 0.25, 0.0, 0.0, 60, cells)
    book.mark([("mill", "2026-03-10")])
    book.put(book.work(5), [row, replace(row, factor="w21003", mass_kg=None)])
    read = book.hours(["mill"], "2026-03-10", "2026-03-10")
    assert read[0].hours.tobytes() == cells.tobytes() and [r.mass_kg for r in read] == [0.25, None]
    assert book.work(5) == [] and book.days(["mill"], "2026-03-10", "2026-03-10")[0].hours is None
    assert PermitBookSql(ledger).entries(["mill"]) == []
