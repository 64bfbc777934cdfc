"""Monthly sums: in the ledger they are always the sums of the day accounts, and energy made of them is the energy of the day accounts."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.judging.month_oracle import sum_of
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import account_day
from tricolor.adapters.ledger.schema_judging import account_month
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.analysis.indicators import monthly_co2
from tricolor.analysis.month_sums import Insides, MonthSums
from tricolor.analysis.monthly import monthly_energy
from tricolor.domain.accounts import DayAccount
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.ports_judging import MonthAccount

NOW = parse_us("2026-03-10T08:00:00+08:00")
ENTITIES = {
    "city": Entity("city", EntityKind.CITY, "市", ""),
    "north": Entity("north", EntityKind.REGION, "北", ""),
    "park": Entity("park", EntityKind.PARK, "园", "", region_id="north"),
    "mill": Entity("mill", EntityKind.ENTERPRISE, "厂", "", region_id="north", park_id="park"),
    "works": Entity("works", EntityKind.ENTERPRISE, "坊", "", park_id="park"),
}
MONTHS = ["2025-12", "2026-01", "2026-02", "2026-03"]
ANY = st.one_of(st.none(), st.sampled_from([0.5, 1.25, 3.0]))
ROWS = st.builds(
    DayAccount, entity=st.sampled_from(["north", "mill", "works", "park"]), day=st.sampled_from(["2025-12-31", "2026-01-01", "2026-01-31", "2026-02-28"]),
    carrier=st.sampled_from(["electricity", "raw_coal"]), role=st.sampled_from([Role.PURCHASED, Role.SOLD, Role.CONSUMED, Role.INNER_PURCHASED]),
    amount=st.sampled_from([2.0, 7.5]), unit=st.just("t"), tce_calorific=ANY, tce_equivalent=ANY, co2_t=ANY, covered_s=st.sampled_from([0.0, 43_200.0]),
    expected_s=st.just(86_400.0), estimated_share=st.sampled_from([0.0, 0.5]),
    factor_ids=st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True).map(lambda ids: tuple(sorted(ids))),
)  # fmt: skip
ACCOUNTS = st.lists(ROWS, max_size=14, unique_by=lambda r: (r.entity, r.day, r.carrier, r.role))


def registry() -> Registry:
    points = [
        Point(key, f"p{key}", f"m{key}", entity, "", "", "electricity", "energy", "kWh", Plate(PointKind.REGISTER), Role.PURCHASED,
              parse_us("2026-01-15T00:00:00+08:00"), None)
        for key, entity in enumerate(("mill", "works"))
    ]  # fmt: skip
    return Registry(1, ENTITIES, {}, {p.id: p for p in points}, {}, {}, {p.key: p for p in points})


def summed(rows) -> list[MonthAccount]:
    groups: dict[tuple[str, ...], list[DayAccount]] = {}
    for r in rows:
        groups.setdefault((r.entity, r.day[:7], r.carrier, str(r.role)), []).append(r)
    return [sum_of(*key, found) for key, found in sorted(groups.items())]


def replaced(ledger: LedgerEngine, rows) -> None:
    """The ledger's accounts become exactly these."""
    with ledger.reading() as connection:
        held = {(r.entity, r.day) for r in connection.execute(select(account_day.c.entity, account_day.c.day))}
    SettleLedgerSql(ledger).put_accounts(sorted(held | {(r.entity, r.day) for r in rows}), rows)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(ACCOUNTS, min_size=1, max_size=3))
def test_the_months_of_the_ledger_are_always_the_sums_of_its_days(sqlite_ledger, story) -> None:
    book = AccountMonthsSql(sqlite_ledger)
    for rows in story:
        replaced(sqlite_ledger, rows)
        found, wanted = book.months(None, "2000-01", "2099-12"), summed(rows)
        assert [replace(f, amount=0.0) for f in found] == [replace(w, amount=0.0) for w in wanted]
        assert [f.amount for f in found] == pytest.approx([w.amount for w in wanted])
        assert book.months(["mill"], "2026-01", "2026-01") == [f for f in found if (f.entity, f.month) == ("mill", "2026-01")]


def a_day(entity: str, day: str, tce: float = 1.0, **changes: object) -> DayAccount:
    made = DayAccount(entity, day, "electricity", Role.PURCHASED, 2.0, "kWh", tce, tce, 0.5, 86_400.0, 86_400.0, 0.25, ("f1",))
    return replace(made, **changes)  # type: ignore[arg-type]


def test_changes_name_whose_accounts_changed_even_when_the_last_one_is_gone(ledger) -> None:
    book, settle = AccountMonthsSql(ledger), SettleLedgerSql(ledger)
    settle.put_accounts([("mill", "2026-01-01"), ("works", "2026-01-01")], [a_day("mill", "2026-01-01"), a_day("works", "2026-01-01")])
    mark, everybody = book.changes(0)
    assert everybody == {"mill", "works"} and book.changes(mark) == (mark, frozenset())
    settle.put_accounts([("mill", "2026-01-01")], [a_day("mill", "2026-01-01")])  # the same again
    assert book.changes(mark) == (mark, frozenset())
    settle.put_accounts([("mill", "2026-01-01")], [])
    later, changed = book.changes(mark)
    assert later > mark and changed == {"mill"} and book.months(["mill"], "2026-01", "2026-12") == []


def test_the_migration_fills_the_months_of_an_older_ledger(empty_ledger_url) -> None:
    engine = LedgerEngine(empty_ledger_url)
    engine.migrate("0011")
    rows = [
        a_day("mill", "2026-01-01", factor_ids=("b", "a")), a_day("mill", "2026-01-31", 3.0, tce_equivalent=None, co2_t=None, factor_ids=("c",)),
        a_day("mill", "2026-02-01", role=Role.SOLD, factor_ids=()), a_day("works", "2026-01-09", tce_calorific=None, tce_equivalent=None),
    ]  # fmt: skip
    values = [{name: getattr(r, name) for name in DayAccount.__slots__} | {"role": str(r.role), "factor_ids": list(r.factor_ids)} for r in rows]
    with engine.writing() as connection:
        connection.execute(account_day.insert(), values)
    engine.migrate()
    book = AccountMonthsSql(engine)
    assert book.months(None, "2026-01", "2026-12") == summed(rows)
    assert book.changes(0)[1] == {"mill", "works"}
    with engine.reading() as connection:  # bits 1 and 31 of January
        days = connection.execute(
            select(account_month.c.days).where(account_month.c.month == "2026-01", account_month.c.entity == "mill")
        ).scalar_one()
    engine.close()
    assert days == (1 << 1) | (1 << 31)


def same(mine: MonthSums, rows) -> None:
    wholes = list(ENTITIES)
    for whole, months in monthly_energy(registry(), rows, wholes, NOW).items():
        got = mine.energy.get(whole, {})
        assert set(got) == set(months), whole
        for month, wanted in months.items():
            exact = ("days_missing", "is_complete", "unfactored", "factor_ids")
            assert [getattr(got[month], name) for name in exact] == [getattr(wanted, name) for name in exact]
            for name in ("tce_equivalent", "tce_calorific", "covered_s", "expected_s"):
                assert getattr(got[month], name) == pytest.approx(getattr(wanted, name)), (whole, month, name)
        assert dict(mine.co2.get(whole, {})) == {
            m: replace(c, co2_t=None if c.co2_t is None else pytest.approx(c.co2_t)) for m, c in monthly_co2(registry(), rows, whole).items()
        }


@settings(max_examples=60, deadline=None)
@given(before=ACCOUNTS, after=ACCOUNTS, entity=st.sampled_from(["mill", "works", "north"]))
def test_energy_of_the_months_is_that_of_the_days_at_once_and_after_a_change(before, after, entity) -> None:
    sums = MonthSums(registry(), Insides(registry()), MONTHS, NOW)
    sums.put(list(ENTITIES), summed(before))
    same(sums, before)
    mine = [r for r in after if r.entity == entity]
    sums.put([entity], summed(mine))
    same(sums, [r for r in before if r.entity != entity] + mine)


def test_a_change_concerns_the_wholes_above_and_nobody_else() -> None:
    sums = MonthSums(registry(), Insides(registry()), MONTHS, NOW)
    rows = [a_day("mill", "2026-01-01"), a_day("works", "2026-01-01")]
    assert sums.put(list(ENTITIES), summed(rows)) == set(ENTITIES)
    assert sums.put(["works"], summed([a_day("works", "2026-01-01", 2.0)])) == {"works", "park", "city"}
    assert sums.energy["park"]["2026-01"].tce_equivalent == 3.0 and sums.flows["works"][("electricity", Role.PURCHASED)] == {"2026-01": 2.0}


def test_insides_are_what_the_registry_says() -> None:
    known = registry()
    for whole in known.entities:
        assert sorted(Insides(known).members(whole)) == sorted(e.id for e in known.members(whole))
    assert Insides(known).expanded(["mill", "gone"]) == {"mill", "park", "north", "city"}
