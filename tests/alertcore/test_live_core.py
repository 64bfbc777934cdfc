"""The real-time path under attack: a flow meter that slips, a store that is down, a clock that is set, meters that are quiet."""

from datetime import date

import pytest

from alerting.clock import ClockWatch
from tests.alerting.telling import to_all
from tests.live.test_live_watch import TOML, Rig
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.registry_files import load_registry_file
from tricolor.catalogue.factor_tables import carriers
from tricolor.domain.alert_policy import Policy
from tricolor.domain.emissions import Permit
from tricolor.domain.errors import TryAgain
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.notifications import Recipient

S = SECOND_US
PERMIT = Permit("mill", "st", "a21002", 100.0, "mg/m3", None, "许可1号", date(2026, 1, 1))
LI = to_all(Recipient("inbox", "li", "li"))


@pytest.fixture
def rig(tmp_path, sqlite_ledger):
    made = Rig(tmp_path, sqlite_ledger)
    yield made
    made.store.close()


def test_one_zero_of_the_flow_meter_ends_no_alert(rig):
    rig.reads("src.t", 40.0)
    rig.reads("src.flow", 12.0)
    assert rig.look() == ["OPENED src.t"]
    rig.reads("src.flow", 0.0)  # a transmitter slips once
    assert rig.look() == []
    assert rig.look(31) == []  # the whole look sees the same zero
    rig.reads("src.flow", 12.0)
    assert rig.look(20) == [] and rig.alerts.get(1)[0].condition == "firing"


def test_what_rests_for_long_is_judged_no_more_and_a_restart_finds_the_same(rig):
    rig.reads("src.t", 40.0)
    rig.reads("src.flow", 12.0)
    assert rig.look() == ["OPENED src.t"]
    rig.reads("src.flow", 0.0)
    assert rig.look(449) == []  # two intervals of 15 min, at most half of the 15 min for which a reading is fresh
    assert rig.look(2) == ["RESOLVED src.t"]
    rig.again()
    assert rig.look() == [] and "src.t" not in rig.lights()


def test_a_point_taken_away_while_the_store_is_down_is_withdrawn_once_it_is_up(rig):
    rig.reads("src.t", 40.0)
    assert rig.look() == ["OPENED src.t"]
    path = rig.store.path.parent / "later.toml"
    path.write_text(TOML.replace('measure = "supply_temperature"', 'measure = "return_temperature"'), encoding="utf-8")
    rig.book.replace_from(load_registry_file(path, carriers(), rig.book.load()), "tester", rig.now)
    rig.permits.add(PERMIT, "tester", rig.now)  # something is still watched
    watch = rig.again()
    read, watch._readings = watch._readings, Down()
    with pytest.raises(TryAgain):
        rig.look()
    watch._readings = read
    assert rig.look() == ["RESOLVED src.t"]


def test_an_open_alert_outlives_a_restart_while_its_meter_is_quiet(rig):
    rig.reads("src.t", 40.0)
    assert rig.look() == ["OPENED src.t"]
    rig.again()
    assert rig.look(3600) == ["STALE src.t"]
    assert rig.look(31) == [] and rig.alerts.get(1)[0].condition == "firing"


def test_a_clock_set_back_is_followed_before_the_next_look_and_escalates_nothing(rig):
    alerts = AlertBookSql(rig.ledger, {"instant": Policy(escalate_s=(900, 3600))})
    ran_s = [0.0]
    rig.alerts = alerts
    rig.again()
    rig.watch.clock = ClockWatch(lambda: ran_s[0], (alerts.shift,))
    judge = ClockWatch(lambda: ran_s[0], (alerts.shift,))
    rig.reads("src.t", 40.0)
    assert rig.look(0) == ["OPENED src.t"]
    judge.follow(rig.now)
    ran_s[0] = 100.0
    rig.now += (100 - 3600) * S  # an hour back
    rig.reads("src.t", 41.0)
    assert rig.look(0) == []
    judge.follow(rig.now)  # sees the same jump later
    assert alerts.tick(rig.now + 799 * S, 9, LI) == []
    assert [c.step.why.value for c in alerts.tick(rig.now + 800 * S, 9, LI)] == ["ESCALATED"]  # 900 s after the opening, as clocks run


def test_rules_are_known_to_be_judged_only_while_the_watch_gets_through(rig):
    assert rig.watch.judged(rig.now) == ()
    rig.look()
    assert rig.watch.judged(rig.now) == ("instant",) and rig.watch.judged(rig.now + 60 * S) == ()


class Down:
    def read(self, *_):
        raise TryAgain("store: down")


def test_a_meter_whose_clock_was_ahead_is_not_believed_for_minutes_after_it_was_set_right(rig):
    rig.reads("src.t", 75.0, ago_s=-540)  # nine minutes fast
    assert rig.look() == [] and str(rig.lights()["src.t"]) == "green"
    rig.reads("src.t", 40.0)  # set right, and cold
    assert rig.look() == ["OPENED src.t"]
    assert rig.look(31) == []  # the whole look says the same
