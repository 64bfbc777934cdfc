"""From the ledger to the light: rows of data quality and statistics as accounting and the API write them, judged by the engine as a service does."""

from datetime import date

import pytest

from alerting.books import MaterialKeeper
from alerting.judging import Engine, quality_days, rules_of
from alerting.main import build_books
from alerting.rules import completeness, connected, report_duty, stuck
from tests.data_rules.conftest import PLAN, point_of
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.statistics import StatisticsBookSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.domain.entities import Entity, EntityKind, Meter
from tricolor.domain.intervals import DAY_US, day, parse_us
from tricolor.domain.quality import PointDay
from tricolor.domain.submissions import Statistic
from tricolor.ports_quality import QualityWork

NOW = parse_us("2026-10-20T09:00:00+08:00")
SINCE = parse_us("2026-01-01T00:00:00+08:00")  # when the units came into the registry: what fell due earlier is not asked of them


def registry_file(**mill) -> RegistryFile:
    entities = [
        Entity("city", EntityKind.CITY, "城", "City"),
        Entity("mill", EntityKind.ENTERPRISE, "纸厂", "Paper mill", is_key_user=True, **mill),
        Entity("kiln", EntityKind.ENTERPRISE, "水泥厂", "Kiln"),
    ]
    points = [point_of(1, "mill"), point_of(2, "kiln")]
    return RegistryFile(tuple(entities), tuple(Meter(p.meter_id, p.entity_id, "表", "") for p in points), tuple(points), (), ())


class Service:
    """What alerting does in a round, over a real ledger."""

    def __init__(self, ledger) -> None:
        self.now, self.registry, self.quality = NOW, RegistryBookSql(ledger), QualityLedgerSql(ledger)
        self.statistics = StatisticsBookSql(ledger, lambda: self.now)
        self.registry.replace_from(registry_file(), "admin", SINCE)
        rules = rules_of(PLAN, [completeness, connected, report_duty, stuck])
        self.keeper, self.engine = MaterialKeeper(build_books(ledger, PLAN), PLAN, quality_days(PLAN, rules)), Engine(rules)
        self.key = {p.entity_id: p.key for p in self.registry.load().points.values()}

    def day(self, entity: str, on: str, **fields) -> None:
        row = PointDay(self.key[entity], on, day(date.fromisoformat(on)).end, **{"expected": 96, "received": 96, "filled": 96, "cells": 96} | fields)
        self.quality.put([QualityWork(entity, on)], {row.point: entity}, [row], [])

    def round(self) -> dict[tuple[str, str], str]:
        of, news = self.keeper.refresh(self.registry.load(), self.now)
        self.engine.judge(of, news)
        self.keeper.told()
        return {(v.rule, v.entity): str(v.light) for v in self.engine.verdicts}


@pytest.fixture
def service(ledger):
    service = Service(ledger)
    for n in range(6, 20):  # 2026-10-06 to 2026-10-19, the fourteen whole days
        for entity in ("mill", "kiln"):
            service.day(entity, f"2026-10-{n:02d}")
    return service


def test_a_late_row_is_judged_at_once_and_only_where_it_belongs(service) -> None:
    lights = service.round()
    assert lights["stuck", "mill"] == lights["stuck", "kiln"] == lights["completeness", "mill"] == lights["connected", "mill"] == "green"
    assert lights["completeness", "city"] == "green"
    service.day("kiln", "2026-10-19", stuck=30, stuck_by="parent", filled=40, received=40)
    assert service.round()["stuck", "kiln"] == "yellow"
    assert service.engine.looked == 2 * 3  # the kiln and the city that holds it, by the three rules about data quality
    service.round()
    assert service.engine.looked == 0


def test_the_running_day_is_not_judged_before_it_is_over(service) -> None:
    service.round()
    service.day("mill", "2026-10-20", stuck=30, stuck_by="power")
    assert service.round()["stuck", "mill"] == "green"
    assert service.engine.looked == 0
    service.now += DAY_US
    assert service.round()["stuck", "mill"] == "yellow"


def test_a_statistic_that_comes_in_ends_the_duty(service) -> None:
    assert service.round()["report_duty", "mill"] == "red"
    asked = [(v.entity, v.rule) for v in service.engine.verdicts if v.rule == "report_duty"]
    assert ("kiln", "report_duty") not in asked  # no key user
    service.statistics.submit([Statistic("mill", "reported_energy_tce", f"2026-{m:02d}", 900.0, "tce") for m in range(1, 10)], "mill")
    assert service.round()["report_duty", "mill"] == "green"


def test_a_restart_judges_the_same(service, ledger) -> None:
    service.day("kiln", "2026-10-19", stuck=30, stuck_by="parent")
    before = service.round()
    again = Service(ledger)
    assert again.round() == before


def test_the_flag_of_the_watch_list_goes_into_the_ledger_and_out_again(ledger) -> None:
    book = RegistryBookSql(ledger)
    book.replace_from(registry_file(), "admin", NOW)
    assert not book.load().entities["mill"].is_two_high
    report = book.replace_from(registry_file(is_two_high=True), "admin", NOW)
    assert [(c.id, c.field, c.after) for c in report.changes] == [("mill", "is_two_high", True)]
    assert book.load().entities["mill"] == registry_file(is_two_high=True).entities[1]
    book.replace_from(registry_file(), "admin", NOW)
    assert not book.load().entities["mill"].is_two_high
