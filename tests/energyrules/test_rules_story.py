"""From accounts, a set budget and a submitted total to lights and alerts, through the engine and real books."""

from dataclasses import replace
from typing import Any

import pytest

from alerting.evaluate import Evaluator
from alerting.follow import Judge
from alerting.routing import Router
from tests.alerting.conftest import fill, plan, town  # noqa: F401 - fixtures
from tests.alerting.test_story import NOW, S, hear, without_mill
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.budgets import BudgetBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.statistics import StatisticsBookSql
from tricolor.adapters.registry_files import RegistryFile
from tricolor.domain.lights import Light
from tricolor.domain.submissions import ENERGY_TOTAL_TARGET, Budget, Statistic

EVEN = (1 / 12,) * 12


@pytest.fixture
def north(town: Any, fill: Any, sqlite_ledger: LedgerEngine) -> Any:  # noqa: F811
    """The town with 970 tce a month in the north until the end of October, after 1000 a month; its entities in the ledger."""
    without_mill(town)
    hear(town, NOW)
    fill(town, "north", 970.0)
    RegistryBookSql(sqlite_ledger).replace_from(RegistryFile(tuple(town.entities.values())), "tester", 1)
    return town


def light(evaluator: Evaluator, fingerprint: str, at: int) -> Light | None:
    return next((v.light for v in evaluator.evaluate(at).stored if v.fingerprint == fingerprint), None)


def test_a_budget_that_is_set_and_changed_moves_the_light_and_nothing_else_is_judged_again(
    north: Any, plan: Any, sqlite_ledger: LedgerEngine  # noqa: F811
) -> None:  # fmt: skip
    # ten of twelve months: 9700 tce used; 12,000 ends at 97 %, 11,000 at 105.8 %, 10,500 at 110.9 %, 11,640 at 100 %
    book = BudgetBookSql(sqlite_ledger)
    evaluator = Evaluator(north, replace(north.books(), budgets=book), north, plan, 0.0)
    assert light(evaluator, "budget/north/", NOW) is None
    seen = []
    for second, tce in enumerate((12_000.0, 11_000.0, 10_500.0, 11_640.0, 11_640.0), 1):
        book.set([Budget("north", 2026, tce, EVEN)], "desk")
        seen.append((light(evaluator, "budget/north/", NOW + second * S), evaluator.engine.judged))
    assert seen == [(Light.GREEN, 1), (Light.YELLOW, 1), (Light.RED, 1), (Light.GREEN, 1), (Light.GREEN, 0)]
    book.set([Budget("north", 2026, 0.0, EVEN)], "desk")  # taken back: no light any more
    assert light(evaluator, "budget/north/", NOW + 9 * S) is None


def test_a_budget_that_turns_red_opens_an_alert_and_its_taking_back_closes_it(
    north: Any, plan: Any, sqlite_ledger: LedgerEngine  # noqa: F811
) -> None:  # fmt: skip
    book = BudgetBookSql(sqlite_ledger)
    judge = Judge(Evaluator(north, replace(north.books(), budgets=book), north, plan, 0.0), AlertBookSql(sqlite_ledger), Router(plan, "http://h"))
    told = []
    for second, tce in enumerate((11_000.0, 10_500.0, 10_500.0, 0.0)):
        book.set([Budget("north", 2026, tce, EVEN)], "desk")
        told.append([c.step.why.value for c in judge.run_once(NOW + second * S) if c.fingerprint == "budget/north/"])
    assert told == [["OPENED"], ["WORSENED"], [], ["RESOLVED"]]


def test_a_submitted_total_is_judged_and_a_correction_moves_its_light(
    north: Any, plan: Any, fill: Any, sqlite_ledger: LedgerEngine  # noqa: F811
) -> None:  # fmt: skip
    fill(north, "north", 1_030.0)  # 3 % more than the year before, without GDP growth: the incentive target is missed
    for month in ("2025-11", "2025-12"):
        north.use("north", month, 1_000.0)
    book = StatisticsBookSql(sqlite_ledger)
    evaluator = Evaluator(north, replace(north.books(), statistics=book), north, plan, 0.0)
    seen = []
    for second, tce in enumerate((12_480.0, 12_340.0, 12_240.0, 12_360.0)):  # 4 %, 2.83 % (over by 5.9 %), 2 % (by 50 %), 3 %
        book.submit([Statistic("north", ENERGY_TOTAL_TARGET, "2026", tce, "tce", document="示例〔2026〕2号")], "desk")
        seen.append(light(evaluator, "total/north/", NOW + second * S))
    assert seen == [Light.GREEN, Light.YELLOW, Light.RED, Light.GREEN]
