"""The engine judges again only what depends on a change; the keeper says whom a change concerns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType, SimpleNamespace

import pytest

from alerting.books import Books, MaterialKeeper, News
from alerting.judging import Engine, RuleFile, quality_days, rule_modules, rules_of
from alerting.material import Input, Material
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.budgets import BudgetBookSql
from tricolor.adapters.ledger.exclusions import ExclusionBookSql
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.ledger.schema import entity as entity_table
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.ledger.statistics import StatisticsBookSql
from tricolor.catalogue.exclusions import shipped_rules
from tricolor.catalogue.plans import load_plan
from tricolor.domain.accounts import DayAccount
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.errors import Misconfigured, TryAgain
from tricolor.domain.exclusions import Exclusion, ExclusionKind
from tricolor.domain.intervals import DAY_US, parse_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.meters import Role
from tricolor.domain.submissions import Budget, Statistic

NOW = parse_us("2026-11-20T08:00:00+08:00")
ENTITIES = {
    "city": Entity("city", EntityKind.CITY, "市", ""),
    "north": Entity("north", EntityKind.REGION, "北", ""),
    "south": Entity("south", EntityKind.REGION, "南", ""),
    "park": Entity("park", EntityKind.PARK, "园", "", region_id="north"),
    "mill": Entity("mill", EntityKind.ENTERPRISE, "厂", "", region_id="north", park_id="park"),
    "works": Entity("works", EntityKind.ENTERPRISE, "坊", "", region_id="south"),
}
ABOVE_MILL = {"mill", "park", "north", "city"}


def registry(version: int = 1, **changes: Entity) -> Registry:
    return Registry(version, {**ENTITIES, **changes}, {}, {}, {}, {})


@dataclass
class Counted:
    """A rule whose fact is the sum of the reported values of the entity and all inside it; it counts its calls."""

    name: str = "sum"
    inputs: frozenset[Input] = frozenset({Input.STATISTICS})
    asked: list[str] = field(default_factory=list)
    judged: list[str] = field(default_factory=list)

    def facts_of(self, of: Material, entity: Entity) -> Iterable[tuple[str, float]]:
        self.asked.append(entity.id)
        values = [s.value or 0.0 for m in of.members(entity.id) for s in of.statistics.get(m, ())]
        return [(entity.id, sum(values))] if values else []

    def judge(self, facts: tuple[str, float], _thresholds: object) -> Verdict:
        self.judged.append(facts[0])
        light = Light.GREEN if facts[1] < 10 else Light.RED
        return Verdict(facts[0], self.name, "", "2026", light, facts[1], 10.0, "t", "", "", 1.0, {})

    def rule(self) -> RuleFile:
        return RuleFile(self.name, self.inputs, self.facts_of, self.judge, None)

    def calls(self) -> tuple[set[str], set[str]]:
        """Whose facts were made and who was judged since the last look."""
        asked, judged = set(self.asked), set(self.judged)
        assert len(asked) == len(self.asked) and len(judged) == len(self.judged), "nobody is looked at twice in a round"
        self.asked.clear()
        self.judged.clear()
        return asked, judged


class Round:
    """Keeper and engine over a real ledger."""

    def __init__(self, ledger, *rules: RuleFile) -> None:
        with ledger.writing() as connection:
            connection.execute(entity_table.insert(), [{"id": e.id, "kind": e.kind.value, "name_cn": e.name_cn} for e in ENTITIES.values()])
        self.settle, self.statistics, self.budgets = SettleLedgerSql(ledger), StatisticsBookSql(ledger), BudgetBookSql(ledger)
        self.figures, self.exclusions = ActivityBookSql(ledger), ExclusionBookSql(ledger, shipped_rules())
        self.books = Books(
            AccountMonthsSql(ledger), self.figures, self.exclusions, self.statistics, self.budgets, quality=QualityLedgerSql(ledger)
        )  # fmt: skip
        self.plan = load_plan("illustrative-2026-2030")
        self.keeper, self.engine = MaterialKeeper(self.books, self.plan, 7), Engine(rules)
        self.registry = registry()

    def run(self, at: int = NOW) -> Material:
        material, news = self.keeper.refresh(self.registry, at)
        self.engine.judge(material, news)
        self.keeper.told()
        return material

    def report(self, entity: str, value: float) -> None:
        self.statistics.submit([Statistic(entity, "something", "2026-10", value, "t")], "li")


def test_a_submission_concerns_its_entity_and_the_wholes_above_and_no_other_rule(ledger) -> None:
    sums, budgets = Counted(), Counted("budgets", frozenset({Input.BUDGETS, Input.MONTH}))
    round_ = Round(ledger, sums.rule(), budgets.rule())
    round_.report("mill", 3.0)
    round_.run()
    assert sums.calls() == (set(ENTITIES), ABOVE_MILL) and budgets.calls() == (set(ENTITIES), ABOVE_MILL)
    round_.run(NOW + 1)
    assert sums.calls() == budgets.calls() == (set(), set())
    round_.report("mill", 30.0)
    round_.run(NOW + 2)
    assert sums.calls() == (ABOVE_MILL, ABOVE_MILL) and budgets.calls() == (set(), set())
    assert {v.entity: v.light for v in round_.engine.verdicts if v.rule == "sum"} == dict.fromkeys(ABOVE_MILL, Light.RED)
    round_.budgets.set([Budget("works", 2026, 5.0)], "li")
    round_.run(NOW + 3)
    assert sums.calls() == (set(), set()) and budgets.calls() == ({"works", "south", "city"}, {"city"})  # of the city the sum is another one now


def test_facts_that_stay_the_same_are_not_judged_again(sqlite_ledger) -> None:
    sums = Counted(inputs=frozenset({Input.STATISTICS, Input.DAY}))
    round_ = Round(sqlite_ledger, sums.rule())
    round_.report("mill", 3.0)
    round_.run()
    sums.calls()
    serial = round_.engine.serial
    round_.run(NOW + DAY_US)  # a new day: all are looked at
    assert sums.calls() == (set(ENTITIES), set()) and round_.engine.serial == serial


@pytest.mark.parametrize("of", [Input.ENERGY, Input.FIGURES, Input.EXCLUSIONS])
def test_every_book_names_whom_its_changes_concern(sqlite_ledger, of) -> None:
    rule = Counted(inputs=frozenset({of}))
    round_ = Round(sqlite_ledger, rule.rule())
    round_.run()
    rule.calls()
    match of:
        case Input.ENERGY:
            row = DayAccount("mill", "2026-10-01", "raw_coal", Role.PURCHASED, 2.0, "t", 1.5, None, 3.0, 86_400.0, 86_400.0, 0.0, ("f",))
            round_.settle.put_accounts([("works", "2026-10-01")], [replace(row, entity="works")])
            round_.run(NOW + 1)  # the month's first account: it concerns everybody
            assert rule.calls()[0] == set(ENTITIES)
            round_.settle.put_accounts([("mill", "2026-10-01")], [row])
        case Input.FIGURES:
            round_.figures.submit([Activity("mill", ActivityKind.VALUE_ADDED, "2026-10", 5.0, "1e4CNY", 2020)])
        case Input.EXCLUSIONS:
            fact = Exclusion("mill", ExclusionKind.FEEDSTOCK, "2026-01", "2026-01", 9.0, 9.0, "发改环资〔2022〕803号", "台账")
            [entry] = round_.exclusions.add([fact], "li")
            round_.run(NOW + 1)
            assert rule.calls()[0] == ABOVE_MILL
            round_.exclusions.revoke(entry.id, "li", "误")
    material = round_.run(NOW + 2)
    assert rule.calls()[0] == ABOVE_MILL
    if of is Input.ENERGY:
        assert (material.energy["park"]["2026-10"].tce_equivalent, material.energy["city"]["2026-10"].tce_equivalent) == (1.5, 3.0)
        assert material.co2["north"]["2026-10"].co2_t == 3.0


def test_what_was_not_judged_for_a_store_that_went_down_is_judged_in_the_next_round(sqlite_ledger) -> None:
    sums = Counted()
    round_ = Round(sqlite_ledger, sums.rule())
    round_.run()
    sums.calls()
    round_.report("mill", 3.0)

    def down(_since: int) -> tuple[int, frozenset[str]]:
        raise TryAgain("ledger: locked")

    budgets = round_.books.budgets
    keeper = round_.keeper
    keeper._books = Books(round_.books.months, round_.books.figures, statistics=round_.statistics, budgets=SimpleNamespace(changes=down))  # type: ignore[arg-type]
    with pytest.raises(TryAgain):
        round_.run(NOW + 1)
    keeper._books = Books(round_.books.months, round_.books.figures, statistics=round_.statistics, budgets=budgets)
    round_.run(NOW + 2)
    assert sums.calls()[1] == ABOVE_MILL


def test_who_leaves_the_registry_has_no_verdict_and_who_moves_is_counted_elsewhere(sqlite_ledger) -> None:
    sums = Counted()
    round_ = Round(sqlite_ledger, sums.rule())
    round_.report("mill", 3.0)
    round_.report("works", 4.0)
    round_.run()
    moved = Entity("mill", EntityKind.ENTERPRISE, "厂", "", region_id="south")
    round_.registry = registry(2, mill=moved)
    round_.run(NOW + 1)
    assert {v.entity: v.value for v in round_.engine.verdicts} == {"mill": 3.0, "works": 4.0, "south": 7.0, "city": 7.0}
    without = {k: v for k, v in ENTITIES.items() if k != "mill"}
    round_.registry = Registry(3, without, {}, {}, {}, {})
    round_.run(NOW + 2)
    assert {v.entity: v.value for v in round_.engine.verdicts} == {"works": 4.0, "south": 4.0, "city": 4.0}


def test_a_rule_that_breaks_loses_no_change(sqlite_ledger) -> None:
    sums, broken = Counted(), Counted("zz")
    round_ = Round(sqlite_ledger, sums.rule(), broken.rule())
    round_.report("mill", 3.0)
    is_broken = True

    def judge(facts: tuple[str, float], at: object) -> Verdict:
        if is_broken:
            raise KeyError("bug")
        return Counted.judge(broken, facts, at)

    round_.engine = Engine([sums.rule(), RuleFile("zz", broken.inputs, broken.facts_of, judge, None)])
    with pytest.raises(KeyError):
        round_.run()
    assert {v.rule for v in round_.engine.verdicts} == {"sum"}
    is_broken = False
    round_.run(NOW + 1)
    assert {(v.rule, v.entity) for v in round_.engine.verdicts} == {(rule, e) for rule in ("sum", "zz") for e in ABOVE_MILL}


def test_news_of_a_day_concern_all_whom_a_rule_of_days_judges() -> None:
    news = News(times={Input.DAY})
    news.add(Input.ENERGY, ["mill"])
    assert news.concerns(frozenset({Input.ENERGY})) == {"mill"} and news.concerns(frozenset({Input.DAY, Input.ENERGY})) is None
    assert news.concerns(frozenset({Input.BUDGETS})) == set() and not News()


def test_every_rule_file_follows_the_contract_and_finds_its_thresholds() -> None:
    rules: Sequence[RuleFile] = rules_of(load_plan("illustrative-2026-2030"))
    assert {"pace", "benchmark", "budget", "indicator"} <= {r.name for r in rules} and len(rules) == len(rule_modules())
    assert all(r.inputs <= set(Input) for r in rules) and quality_days(load_plan("illustrative-2026-2030"), rules) >= 7


def test_a_threshold_that_stands_nowhere_is_named() -> None:
    @dataclass(frozen=True, slots=True)
    class Thresholds:
        red_gap: float
        no_such_thing: float

    module = ModuleType("made_up")
    module.__dict__.update(RULE="pace", INPUTS=frozenset(), Thresholds=Thresholds, facts_of=None, judge=None)
    with pytest.raises(Misconfigured, match="no_such_thing"):
        rules_of(load_plan("illustrative-2026-2030"), [module])
