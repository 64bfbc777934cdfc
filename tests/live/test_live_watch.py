"""The real-time path: a reading beyond its limit makes a light within the next look, and only what is fresh says something about now."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from alerting.live import LiveWatch
from alerting.rules.instant import InstantFacts, InstantThresholds, Limit, judge
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.permits import PermitBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.verdicts import VerdictBookSql
from tricolor.adapters.registry_files import load_registry_file
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.catalogue.factor_tables import carriers
from tricolor.catalogue.plans import load_plan
from tricolor.domain.emissions import Permit
from tricolor.domain.intervals import parse_us
from tricolor.domain.lights import Light
from tricolor.domain.readings import Quality, ReadingBatch

NOW = parse_us("2026-03-10T08:00:00+08:00")
SECOND = 1_000_000
PLAN = load_plan("illustrative-2026-2030")  # hot water at least 60 °C, red from 10 K below
TOML = """
[[entities]]
id = "city"
kind = "city"
name_cn = "示例市"
[[entities]]
id = "net"
kind = "network"
name_cn = "示例管网"
[[entities]]
id = "mill"
kind = "enterprise"
name_cn = "示例纸厂"
[[meters]]
id = "src"
entity = "net"
name_cn = "首站"
name_en = "source"
medium = "hot_water"
[[meters]]
id = "user"
entity = "net"
name_cn = "用户"
medium = "hot_water"
[[meters]]
id = "cems"
entity = "mill"
name_cn = "烟囱"
name_en = "stack"
[[points]]
id = "src.t"
meter = "src"
unit = "degC"
kind = "gauge"
role = "none"
measure = "supply_temperature"
[[points]]
id = "src.flow"
meter = "src"
unit = "m3/h"
kind = "gauge"
role = "none"
measure = "flow"
[[points]]
id = "src.heat"
meter = "src"
carrier = "heat"
unit = "GJ"
kind = "register"
role = "fed_in"
[[points]]
id = "user.heat"
meter = "user"
carrier = "heat"
unit = "GJ"
kind = "register"
role = "delivered"
[[points]]
id = "st.a21002.rtd"
meter = "cems"
unit = "mg/m3"
kind = "gauge"
role = "none"
"""


class Rig:
    def __init__(self, folder: Path, ledger: LedgerEngine) -> None:
        path = folder / "registry.toml"
        path.write_text(TOML, encoding="utf-8")
        self.ledger, self.book, self.store = ledger, RegistryBookSql(ledger), DuckStore(folder / "readings.duckdb")
        self.book.replace_from(load_registry_file(path, carriers(), self.book.load()), "tester", NOW)
        self.permits, self.told, self.seq, self.now = PermitBookSql(ledger), 0, 0, NOW
        self.alerts = AlertBookSql(ledger)
        self.watch = self.again()

    def again(self) -> LiveWatch:
        nobody = SimpleNamespace(notices=lambda _registry: lambda _change, _told: [], report=lambda _registry, _now: None)
        self.watch = LiveWatch(self.book, self.store, self.permits, PLAN, self.alerts, nobody, self._tell)  # type: ignore[arg-type]
        return self.watch

    def _tell(self) -> None:
        self.told += 1

    def reads(self, point: str, value: float, ago_s: float = 0.0, quality: Quality = Quality.GOOD) -> None:
        self.seq += 1
        one = lambda x, kind=np.int64: np.array([x], dtype=kind)  # noqa: E731
        key, at = self.book.load().points[point].key, round(self.now - ago_s * SECOND)
        self.store.put(ReadingBatch(one(key), one(at), one(value, float), one(int(quality), np.uint8), one(self.seq), one(self.now)))

    def look(self, later_s: float = 0.2) -> list[str]:
        self.now += round(later_s * SECOND)
        return [f"{c.step.why} {c.indicator}" for c in self.watch.run_once(self.now)]

    def lights(self) -> dict[str, Light]:
        return {s.verdict.indicator: s.verdict.light for s in VerdictBookSql(self.ledger).standing() if s.verdict.rule == "instant"}


@pytest.fixture
def rig(tmp_path, sqlite_ledger):
    made = Rig(tmp_path, sqlite_ledger)
    yield made
    made.store.close()


def test_water_too_cold_is_told_at_the_next_look_and_resolved_when_it_is_warm_again(rig):
    rig.reads("src.t", 75.0)
    assert rig.look() == [] and rig.lights()["src.t"] is Light.GREEN and rig.told == 0
    rig.reads("src.t", 55.0)  # 5 K under 60
    assert rig.look() == ["OPENED src.t"] and rig.told == 1
    rig.reads("src.t", 49.9)  # more than 10 K under
    assert rig.look() == ["WORSENED src.t"]
    assert rig.look() == []  # the same reading twice says nothing twice
    rig.reads("src.t", 60.0)  # exactly the limit is within it
    assert rig.look() == ["RESOLVED src.t"] and rig.told == 3


def test_a_reading_that_comes_later_than_the_near_look_is_found_by_the_whole_one(rig):
    rig.reads("src.t", 75.0, ago_s=600)
    rig.look()
    rig.reads("src.t", 40.0, ago_s=300)  # five minutes late
    assert rig.look() == []
    assert rig.look(31) == ["OPENED src.t"]


def test_an_old_reading_says_nothing_about_now_and_a_bad_one_nothing_at_all(rig):
    rig.reads("src.t", 40.0, ago_s=901)
    rig.look()
    assert rig.lights()["src.t"] is Light.GREY
    rig.reads("src.t", 40.0, quality=Quality.BAD)
    assert rig.look() == [] and rig.lights()["src.t"] is Light.GREY
    rig.reads("src.t", 75.0)
    rig.look()
    assert rig.lights()["src.t"] is Light.GREEN
    rig.look(1000)  # nothing came since
    assert rig.lights()["src.t"] is Light.GREY


def test_while_nothing_flows_the_temperature_says_nothing(rig):
    rig.reads("src.t", 40.0)
    rig.reads("src.flow", 0.0, ago_s=451)  # at rest: for two intervals of its meter, or half of what is fresh
    assert rig.look() == [] and "src.t" not in rig.lights()
    rig.reads("src.flow", 12.0)
    assert rig.look() == ["OPENED src.t"]
    rig.reads("src.flow", 0.0)
    assert rig.look() == [] and rig.look(451) == ["RESOLVED src.t"]  # withdrawn: it is not judged any more


def test_a_moment_above_the_permit_is_yellow_however_far(rig):
    rig.reads("st.a21002.rtd", 500.0)
    assert rig.look() == [] and "st.a21002.rtd" not in rig.lights()  # no permit, no limit
    rig.permits.add(Permit("mill", "st", "a21002", 100.0, "mg/m3", None, "许可1号", date(2026, 1, 1)), "tester", NOW)
    assert rig.look(31) == ["OPENED st.a21002.rtd"]
    assert rig.lights()["st.a21002.rtd"] is Light.YELLOW


def test_a_restart_says_nothing_twice_and_withdraws_what_is_no_longer_watched(rig):
    rig.reads("src.t", 40.0)
    assert rig.look() == ["OPENED src.t"]
    rig.again()
    assert rig.look() == []
    [alert] = rig.alerts.page("open", [], 10, None)
    path = rig.store.path.parent / "later.toml"
    path.write_text(TOML.replace('measure = "supply_temperature"', 'measure = "return_temperature"'), encoding="utf-8")
    rig.book.replace_from(load_registry_file(path, carriers(), rig.book.load()), "tester", NOW)
    rig.again()
    assert rig.look() == ["RESOLVED src.t"] and rig.alerts.get(alert.id)[0].condition == "resolved"


@pytest.mark.parametrize(
    ("value", "light"),
    [(60.0, "green"), (59.9, "yellow"), (50.0, "yellow"), (49.99, "red")],  # at least 60, red under 50; exactly 50 is not under
)
def test_the_boundaries_of_a_least_value(value, light):
    limit = Limit(60.0, True, 50.0, "首站供水温度", "water of source", "supply_temperature")
    found = judge(InstantFacts("net", "p", "degC", limit, value, NOW, "03-10 08:00:00"), InstantThresholds(900))
    assert found is not None and found.light == light and (found.value, found.limit) == (value, 60.0)


def test_without_a_fresh_reading_the_words_say_for_how_long():
    limit = Limit(60.0, True, 50.0, "首站供水温度", "water of source", "supply_temperature")
    found = judge(InstantFacts("net", "p", "degC", limit, None, 0, ""), InstantThresholds(900))
    assert found is not None and found.light is Light.GREY and "最近15分钟没有数据" in found.reason_zh
