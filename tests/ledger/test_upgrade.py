"""An upgrade: a ledger of revision 0011 with data, as the release before plans and forecasts left it, is brought to head and goes on being judged."""

import pytest
from sqlalchemy import select

from tests.judging.month_oracle import sum_of
from tests.ledger.ledger_before import BEFORE, SAID, WORDS, fill_as_before
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exclusions import ExclusionBookSql
from tricolor.adapters.ledger.light_pages import LightPagesSql
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import account_day
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.ledger.verdicts import VerdictBookSql, put_verdicts
from tricolor.catalogue.exclusions import shipped_rules
from tricolor.domain.accounts import DayAccount
from tricolor.domain.intervals import parse_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.meters import Role
from tricolor.ports_judging import LightsWanted

NOW = parse_us("2026-04-02T08:00:00+08:00")


@pytest.fixture
def old(empty_ledger_url: str):
    engine = LedgerEngine(empty_ledger_url)
    fill_as_before(engine)
    yield engine
    engine.close()


def test_the_monthly_sums_of_the_accounts_held_are_filled(old: LedgerEngine) -> None:
    old.migrate()
    months = AccountMonthsSql(old)
    found = {(m.month, m.carrier): m for m in months.months(None, "2026-01", "2026-12")}
    january = found["2026-01", "electricity"]
    assert (january.amount, january.unit, january.role) == (30.0, "kWh", "purchased")
    assert (january.tce_calorific, january.calorific_unknown) == (3.0, 0)  # 1 + 2
    assert (january.tce_equivalent, january.equivalent_unknown) == (3.0, 1)  # of the 30th; the 31st has none
    assert (january.tce_instead, january.both_unknown) == (2.0, 0)  # the 31st's calorific value stands in
    assert (january.co2_t, january.co2_unknown) == (5.0, 1)
    assert (january.covered_s, january.expected_s, january.estimated_amount) == (129_600.0, 172_800.0, 10.0)  # half of the 20 of the 31st
    assert january.days == (1 << 30) + (1 << 31)
    assert january.factor_ids == ("a", "b")
    february = found["2026-02", "electricity"]
    assert (february.tce_calorific, february.calorific_unknown, february.both_unknown, february.factor_ids) == (0.0, 1, 1, ())
    assert len(found) == 3
    with old.reading() as connection:  # and all of it is what the program itself would have kept
        rows = connection.execute(select(account_day)).all()
    for (month, carrier), each in found.items():
        assert each == sum_of("mill", month, carrier, each.role, [r for r in rows if r.day[:7] == month and r.carrier == carrier])


def test_everything_held_counts_as_changed_once_and_what_comes_after_as_changed_again(old: LedgerEngine) -> None:
    old.migrate()
    months = AccountMonthsSql(old)
    assert months.changes(0) == (41, frozenset({"mill"}))
    assert months.changes(41) == (41, frozenset())
    assert ExclusionBookSql(old, shipped_rules()).changes(0) == (3, frozenset({"mill"}))
    assert ExclusionBookSql(old, shipped_rules()).changes(3) == (3, frozenset())
    assert ActivityBookSql(old).changes(0) == (1, frozenset({"mill"}))
    assert QualityLedgerSql(old).changes(0) == (1, frozenset({"mill", "north"}))
    account = DayAccount("mill", "2026-03-01", "electricity", Role.PURCHASED, 1.0, "t", 1.0, 1.0, 1.0, 86_400.0, 86_400.0, 0.0, ())
    SettleLedgerSql(old).put_accounts([("mill", "2026-03-01")], [account])
    assert months.changes(41) == (42, frozenset({"mill"}))
    assert [m.month for m in months.months(["mill"], "2026-03", "2026-03")] == ["2026-03"]


def test_verdicts_said_before_are_still_read_and_the_last_of_each_period_is_its_last_word(old: LedgerEngine) -> None:
    old.migrate()
    book, pages = VerdictBookSql(old), LightPagesSql(old)
    standing = {s.verdict.fingerprint: s for s in book.standing()}
    assert {name: (s.verdict.light.value, s.since) for name, s in standing.items()} == {WORDS[2][0]: ("green", SAID - 10), WORDS[3][0]: ("red", SAID)}
    assert standing[WORDS[2][0]].verdict.evidence == {"from": "before"}
    assert [s.verdict.light.value for s in book.history("qinzhou", 10)] == ["green", "yellow", "red"]
    words = pages.page(LightsWanted(period="2025"), 10, None)
    assert [(w.verdict.light, w.as_of, w.corrects, w.is_current) for w in words] == [(Light.YELLOW, SAID - 50, None, False)]  # red was taken back


def test_a_light_of_before_keeps_its_beginning_when_it_is_said_again(old: LedgerEngine) -> None:
    old.migrate()
    again = Verdict("qinzhou", "pace", "energy_intensity", "2026-03", Light.GREEN, 1.0, 1.0, "%", "新", "new", None, {})
    with old.writing() as connection:
        put_verdicts(connection, [again], NOW, whole_rules=["pace", "silent"])
    assert [(s.verdict.period, s.since) for s in VerdictBookSql(old).standing()] == [("2026-03", SAID - 10)]
    words = LightPagesSql(old).page(LightsWanted(period="2026-02"), 10, None)
    assert [w.verdict.light for w in words] == [Light.GREEN]  # the month before stays with its last word


def test_units_of_before_are_on_no_list_of_two_high_projects(old: LedgerEngine) -> None:
    old.migrate()
    registry = RegistryBookSql(old).load()
    assert {e.id: e.is_two_high for e in registry.entities.values()} == {"qinzhou": False, "north": False, "mill": False}


def test_an_empty_ledger_of_before_has_no_sums_and_no_marks(empty_ledger_url: str) -> None:
    engine = LedgerEngine(empty_ledger_url)
    engine.migrate(BEFORE)
    engine.migrate()
    assert AccountMonthsSql(engine).changes(0) == (0, frozenset())
    assert AccountMonthsSql(engine).months(None, "0000-00", "9999-12") == []
    assert QualityLedgerSql(engine).changes(0) == (0, frozenset())
    engine.close()
