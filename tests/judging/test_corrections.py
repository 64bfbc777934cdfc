"""A past period that is judged again is a correction beside the old verdict; and lights by period, page by page."""

from dataclasses import replace

import pytest

from alerting.books import Books, MaterialKeeper
from alerting.corrections import Corrector, as_of, period_end
from alerting.judging import Engine, rules_of
from alerting.rules import pace
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.light_pages import LightPagesSql
from tricolor.adapters.ledger.schema import entity as entity_table
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.ledger.verdicts import VerdictBookSql
from tricolor.catalogue.plans import load_plan
from tricolor.domain.accounts import DayAccount
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import DAY_US, from_us, month_of, parse_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.meters import Role
from tricolor.ports_judging import Correction, LightsWanted

NOV, DEC = parse_us("2026-11-20T08:00:00+08:00"), parse_us("2026-12-20T08:00:00+08:00")
OCTOBER, NOVEMBER = "2026-01..2026-10", "2026-01..2026-11"
ENTITIES = {"qinnan": Entity("qinnan", EntityKind.REGION, "钦南区", ""), "lingshan": Entity("lingshan", EntityKind.REGION, "灵山县", "")}
SAID = Verdict("qinnan", "pace", "basic", OCTOBER, Light.GREEN, 3.0, 2.0, "%", "降", "fell", 1.0, {"factor_ids": ["f1"]})


class City:
    """Two regions judged by pace over a real ledger: 1 000 tce a month in 2025, and what a test says in 2026; GDP 1 000 a month."""

    def __init__(self, ledger) -> None:
        self.ledger, self.plan = ledger, load_plan("illustrative-2026-2030")
        with ledger.writing() as connection:
            connection.execute(entity_table.insert(), [{"id": e.id, "kind": e.kind.value, "name_cn": e.name_cn} for e in ENTITIES.values()])
        self.settle, self.figures = SettleLedgerSql(ledger), ActivityBookSql(ledger)
        self.pages, self.verdicts = LightPagesSql(ledger), VerdictBookSql(ledger)
        for e in ENTITIES:
            for m in range(1, 13):
                self.use(e, f"2025-{m:02d}", 1_000.0)
                self.earn(e, f"2025-{m:02d}")
        self.start()

    def start(self) -> None:
        """A process begins."""
        books = Books(AccountMonthsSql(self.ledger), self.figures)
        self.keeper = MaterialKeeper(books, self.plan, 7)
        self.engine = Engine([r for r in rules_of(self.plan) if r.name == pace.RULE])
        self.corrector = Corrector(books, self.pages)

    def use(self, entity: str, month: str, tce: float) -> None:
        span = month_of(month)
        days = [from_us(at).date().isoformat() for at in range(span.start, span.end, DAY_US)]
        row = DayAccount(entity, "", "electricity", Role.PURCHASED, 1.0, "kWh", 1.0, tce / len(days), None, 86_400.0, 86_400.0, 0.0, (f"f{tce:g}",))
        self.settle.put_accounts([(entity, d) for d in days], [replace(row, day=d) for d in days])

    def earn(self, entity: str, month: str, cny: float = 1_000.0) -> None:
        self.figures.submit([Activity(entity, ActivityKind.GDP, month, cny, "1e4CNY", 2020)])

    def run(self, now: int) -> list[Correction]:
        registry = Registry(1, ENTITIES, {}, {}, {}, {})
        material, news = self.keeper.refresh(registry, now)
        self.engine.judge(material, news)
        self.keeper.told()
        AlertBookSql(self.ledger).follow(self.engine.verdicts, ["pace"], now, lambda v: v.is_binding, lambda *_: [])
        return self.corrector.run_once(material, self.keeper.marks, self.engine.rules, now)

    def words(self, period: str, **wanted: object) -> list:
        found = self.pages.page(LightsWanted(period, **wanted), 100, None)  # type: ignore[arg-type]
        return [w for w in found if w.verdict.indicator == "basic"]


@pytest.fixture
def city(ledger) -> City:
    """January to October at 970 (−3.0 %: green) judged in November, then to November in December."""
    made = City(ledger)
    for e in ENTITIES:
        for m in range(1, 11):
            made.use(e, f"2026-{m:02d}", 970.0)
            made.earn(e, f"2026-{m:02d}")
    made.run(NOV)
    for e in ENTITIES:
        made.use(e, "2026-11", 970.0)
        made.earn(e, "2026-11")
    made.run(DEC)
    return made


def test_late_data_of_a_closed_period_becomes_a_correction_beside_the_old_verdict(city) -> None:
    [before] = city.words(OCTOBER, entities=frozenset({"qinnan"}))
    assert before.verdict.light is Light.GREEN and not before.is_current and before.corrected == ()
    city.use("qinnan", "2026-03", 1_500.0)  # 530 more: to October 10 230/10 000, a rise of 2.3 %
    [basic] = [c for c in city.run(DEC + 1) if c.verdict.indicator == "basic"]
    assert basic.verdict.value == pytest.approx(-2.3) and basic.as_of == month_of("2026-10").end
    [word] = city.words(OCTOBER, entities=frozenset({"qinnan"}))
    assert (word.verdict.light, word.is_current, word.corrects, word.as_of) == (Light.RED, False, before.id, month_of("2026-10").end)
    assert [(w.id, w.verdict.light, w.verdict.value) for w in word.corrected] == [(before.id, Light.GREEN, pytest.approx(3.0))]
    assert "f1500" in word.verdict.evidence["factor_ids"] and "f1500" not in word.corrected[0].verdict.evidence["factor_ids"]
    # what is in force speaks of November: 11 200/11 000, and only of the region whose data came late
    standing = {s.verdict.entity: s.verdict for s in city.verdicts.standing() if s.verdict.indicator == "basic"}
    assert (standing["qinnan"].period, standing["qinnan"].value) == (NOVEMBER, pytest.approx(-200 / 110))
    [other] = city.words(OCTOBER, entities=frozenset({"lingshan"}))
    assert other.corrects is None and standing["lingshan"].light is Light.GREEN


def test_a_second_change_corrects_the_correction_and_the_same_twice_changes_nothing(city) -> None:
    city.use("qinnan", "2026-03", 1_500.0)
    city.run(DEC + 1)
    assert city.run(DEC + 2) == []
    city.earn("qinnan", "2026-03", 1_100.0)
    assert city.run(DEC + 3) != []
    [word] = city.words(OCTOBER, entities=frozenset({"qinnan"}))
    assert len(word.corrected) == 2 and word.corrected[0].corrects == word.corrected[1].id


def test_what_changed_while_no_process_ran_is_corrected_after_the_start_once(city) -> None:
    city.use("qinnan", "2026-03", 1_500.0)
    city.run(DEC + 1)
    city.use("lingshan", "2026-05", 1_500.0)
    city.start()
    assert {c.verdict.entity for c in city.run(DEC + 2)} == {"lingshan"}
    city.start()
    assert city.run(DEC + 3) == []


def test_two_processes_correct_a_word_once(city) -> None:
    other = City.__new__(City)
    other.__dict__.update(city.__dict__)
    other.start()
    other.run(DEC)
    city.use("qinnan", "2026-03", 1_500.0)
    assert city.run(DEC + 1) != [] and other.run(DEC + 2) == []
    assert len(city.words(OCTOBER, entities=frozenset({"qinnan"}))[0].corrected) == 1


def test_the_running_month_corrects_nothing(city) -> None:
    city.use("qinnan", "2026-12", 99.0)
    assert city.run(DEC + 1) == []


def test_a_portion_at_a_time_reaches_everybody(city, monkeypatch) -> None:
    monkeypatch.setattr("alerting.corrections.MAX_ENTITIES", 1)
    for e in ENTITIES:
        city.use(e, "2026-03", 1_500.0)
    found = [{c.verdict.entity for c in city.run(DEC + n)} for n in range(1, 5)]
    assert found == [{"lingshan"}, {"qinnan"}, set(), set()]


def test_the_months_after_a_moment_are_not_there_for_who_judges_it(city) -> None:
    material, _ = city.keeper.refresh(Registry(1, ENTITIES, {}, {}, {}, {}), DEC)
    then = as_of(material, month_of("2026-09").end)
    assert max(then.energy["qinnan"]) == "2026-09" and max(material.energy["qinnan"]) > "2026-09"
    assert max(next(iter(then.flows["qinnan"].values()))) == "2026-09" and then.energy.get("nobody") is None


def test_the_end_of_every_kind_of_period() -> None:
    assert period_end("2026") == month_of("2026-12").end and period_end("2026-Q3") == month_of("2026-09").end
    assert period_end("2026-10") == period_end(OCTOBER) == month_of("2026-10").end
    assert period_end("now") is None and period_end("") is None and period_end("2026-11-01..2026-11-07") is None


# pages


def put(ledger, *verdicts: Verdict, at: int = 1, **more: object) -> None:
    AlertBookSql(ledger).follow(verdicts, [], at, lambda _: False, lambda *_: [], **more)  # type: ignore[arg-type]


def test_pages_follow_each_other_worst_first_without_a_gap_or_a_repetition(ledger) -> None:
    lights = [Light.GREEN, Light.RED, Light.GREY, Light.YELLOW, Light.RED, Light.GREEN, Light.ORANGE]
    said = [replace(SAID, entity=f"e{n}", light=light, rule=rule) for n, light in enumerate(lights) for rule in ("pace", "total")]
    put(ledger, *said)
    book, found, after = LightPagesSql(ledger), [], None
    while page := book.page(LightsWanted(), 3, after):
        found += [(w.verdict.light.value, w.verdict.entity, w.verdict.rule) for w in page]
        after = page[-1].id
    order = ["red", "orange", "yellow", "grey", "green"]
    assert found == sorted(((v.light.value, v.entity, v.rule) for v in said), key=lambda f: (order.index(f[0]), f[1], f[2]))
    assert book.counts() == {Light.RED: 4, Light.ORANGE: 2, Light.YELLOW: 2, Light.GREY: 2, Light.GREEN: 4}


def test_pages_are_chosen_by_light_rule_entity_and_period(ledger) -> None:
    put(ledger, SAID, replace(SAID, entity="lingshan", light=Light.RED), replace(SAID, rule="silent", indicator="", period="now"))
    book = LightPagesSql(ledger)

    def names(**wanted: object) -> list[str]:
        return [w.verdict.fingerprint for w in book.page(LightsWanted(**wanted), 9, None)]  # type: ignore[arg-type]

    assert names(light=Light.RED) == ["pace/lingshan/basic"] and names(rule="silent") == ["silent/qinnan/"]
    assert names(period=OCTOBER, entities=frozenset({"qinnan"})) == ["pace/qinnan/basic"] and names(entities=frozenset()) == []
    assert names(period="now") == ["silent/qinnan/"] and names(period="2031") == []
    assert [s.verdict.rule for s in book.of_entity("qinnan")] == ["pace", "silent"]


def test_a_past_period_keeps_its_last_word_and_what_is_withdrawn_has_none(ledger) -> None:
    put(ledger, SAID, at=1)
    put(ledger, replace(SAID, value=2.5), at=2)  # the same period, said anew while it is in force
    put(ledger, replace(SAID, period=NOVEMBER, value=4.0), at=3)
    book = LightPagesSql(ledger)
    assert [(w.verdict.value, w.is_current) for w in book.page(LightsWanted(OCTOBER), 9, None)] == [(2.5, False)]
    put(ledger, at=4, withdrawn=[SAID.fingerprint])
    assert book.page(LightsWanted(), 9, None) == book.page(LightsWanted(NOVEMBER), 9, None) == []
    assert [w.verdict.value for w in book.page(LightsWanted(OCTOBER), 9, None)] == [2.5]


def test_withdrawing_by_name_resolves_the_alert_and_leaves_others_alone(ledger) -> None:
    red = [replace(SAID, light=Light.RED), replace(SAID, entity="lingshan", light=Light.RED)]
    book = AlertBookSql(ledger)
    assert len(book.follow(red, ["pace"], 1, lambda _: True, lambda *_: [])) == 2
    [change] = book.follow([], [], 2, lambda _: True, lambda *_: [], withdrawn=[red[0].fingerprint])
    assert (change.entity, change.step.why.value) == ("qinnan", "RESOLVED")
    assert [s.verdict.entity for s in VerdictBookSql(ledger).standing()] == ["lingshan"]


def test_one_row_confirms_all_verdicts_of_a_rule(ledger) -> None:
    put(ledger, SAID, replace(SAID, rule="total"), at=5)
    put(ledger, at=90_000_000, confirmed=["pace"])
    assert {s.verdict.rule: s.judged_at for s in VerdictBookSql(ledger).standing()} == {"pace": 90_000_000, "total": 5}
