"""Routing through the real ledger: the step commits notices with their ways, silences hold them, what ends is looked at again, alarms are raised."""

import time
from dataclasses import replace
from datetime import date

import pytest

from alerting.dispatch import Dispatcher
from alerting.routing import NOBODY_KIND, Router
from tests.routing.routing_town import AT, CONTACTS, ENTITIES
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.notices import NoticeBookSql
from tricolor.adapters.ledger.operator_alarms import OperatorAlarmsSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.routing import AddressDeskSql, RosterDeskSql, RoutingBookSql
from tricolor.adapters.ledger.silences import SilenceDeskSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.catalogue.plans import load_plan
from tricolor.domain.entities import Contact, Department
from tricolor.domain.errors import NotFound, Problems
from tricolor.domain.grouping import GroupingPolicy, Waiting
from tricolor.domain.intervals import HOUR_US, MINUTE_US
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.notices import NoticeState
from tricolor.domain.notifications import DUTY, draft
from tricolor.domain.roster import Address, Hours, On, QuietHours, Shift, Weekly
from tricolor.domain.suppression import Matcher, Silence, SilenceKind

PLAN = load_plan("illustrative-2026-2030")
NO_WAIT = GroupingPolicy(dict.fromkeys(range(4), Waiting(0.0, 0.0)), 1000, 3600.0, 900.0)
# the plan names development-reform, industry-it and statistics for pace; the first is its first department
PEOPLE = (
    Contact("dr-duty", "development-reform", "值班员A", "值班员"),
    Contact("dr-lead", "development-reform", "负责人A", "分管领导"),
    Contact("it-duty", "industry-it", "值班员B", "值班员"),
    *(c for c in CONTACTS if c.of == "mill"),
)


def verdict(light: Light, rule: str = "pace", entity: str = "mill", indicator: str = "") -> Verdict:
    return Verdict(entity, rule, indicator, "now", light, 1.0, 0.5, "1", "强度上升", "the intensity rose", 1.0)


class Office:
    """The ledger with everything that routing writes and reads."""

    def __init__(self, ledger: LedgerEngine, people: tuple[Contact, ...] = PEOPLE) -> None:
        self.ledger = ledger
        departments = tuple(Department(d, d, d) for d in ("development-reform", "industry-it", "statistics"))
        RegistryBookSql(ledger).replace_from(RegistryFile(tuple(ENTITIES.values()), (), (), departments, people), "test", AT)
        self.registry = RegistryBookSql(ledger).load()
        self.alarms, self.silences, self.roster = OperatorAlarmsSql(ledger), SilenceDeskSql(ledger), RosterDeskSql(ledger)
        self.addresses, self.notices = AddressDeskSql(ledger), NoticeBookSql(ledger)
        self.router = Router(PLAN, "http://h", "", RoutingBookSql(ledger), self.alarms)
        self.alerts = AlertBookSql(ledger)
        self.dispatcher = Dispatcher(
            self.notices, self.notices, NO_WAIT, lambda _c, matters, to, _l: draft(matters[0], to), lambda key: key,
            self.router.holder(lambda: self.registry),
        )  # fmt: skip

    def judge(self, *verdicts: Verdict, at: int = AT) -> list[int]:
        changes = self.alerts.follow(verdicts, [], at, lambda _v: True, self.router.notices(self.registry))
        self.router.report(self.registry, at)
        return [c.alert_id for c in changes]

    def told(self, alert: int = 1) -> list[tuple[str, str, str]]:
        """(recipient, state, why not) of the alert's notices."""
        return [(n.notice.to.recipient, n.state.value, n.why_not) for n in self.notices.of_alert(alert)]

    def silence(self, hours: float = 2.0, at: int = AT, **matcher: object) -> int:
        wanted = Silence(SilenceKind.SILENCE, Matcher(**matcher), at, at + round(hours * HOUR_US), "值班员A", "检修")  # type: ignore[arg-type]
        return self.silences.add(wanted, at).id


@pytest.fixture
def office(ledger) -> Office:
    return Office(ledger)


@pytest.fixture
def lite(sqlite_ledger) -> Office:
    return Office(sqlite_ledger)


def test_a_step_commits_who_is_told_and_the_way_that_led_there(lite):
    lite.judge(verdict(Light.RED))
    assert lite.told() == [("mill-1", "waiting", ""), ("dr-duty", "waiting", ""), ("it-duty", "waiting", "")]
    assert [n.notice.owner for n in lite.notices.of_alert(1)] == ["mill", "development-reform", "industry-it"]
    assert "市发展改革委 对 能耗强度进度 负责" in lite.notices.of_alert(1)[1].notice.reason_zh
    assert lite.dispatcher.run_once(AT) == 3


def test_a_silence_holds_and_at_its_end_who_was_not_told_is_told(office):
    number = office.silence(entity="park")
    office.judge(verdict(Light.RED))
    assert {state for _, state, _ in office.told()} == {"muted"} and {why for *_, why in office.told()} == {f"silence:{number}"}
    assert office.dispatcher.run_once(AT + HOUR_US) == 0
    assert office.dispatcher.run_once(AT + 2 * HOUR_US) == 3
    assert {state for _, state, _ in office.told()} == {"grouped"}


def test_a_silence_that_is_ended_early_lets_go_at_once(office):
    number = office.silence(entity="park")
    office.judge(verdict(Light.RED))
    office.silences.end(number, "值班员B", "检修完成", AT + 10 * MINUTE_US)
    assert office.dispatcher.run_once(AT + 10 * MINUTE_US) == 3


def test_of_an_alert_that_resolved_under_the_silence_nobody_is_told(lite):
    lite.silence(entity="park")
    lite.judge(verdict(Light.RED))
    lite.judge(verdict(Light.GREEN), at=AT + HOUR_US)
    assert lite.dispatcher.run_once(AT + 3 * HOUR_US) == 0
    assert {state for _, state, _ in lite.told()} == {"dropped"}


def test_a_longer_silence_takes_over_where_the_first_ends(lite):
    lite.silence(entity="park")
    lite.judge(verdict(Light.RED))
    second = lite.silence(3.0, AT + HOUR_US, rules=("pace",))
    assert lite.dispatcher.run_once(AT + 2 * HOUR_US) == 0
    assert {why for *_, why in lite.told()} == {f"silence:{second}"}
    assert lite.dispatcher.run_once(AT + 4 * HOUR_US) == 3


def test_a_silence_that_comes_while_a_notice_waits_still_holds_it(lite):
    lite.judge(verdict(Light.RED))
    number = lite.silence(entity="mill")
    assert lite.dispatcher.run_once(AT + MINUTE_US) == 0
    assert {why for *_, why in lite.told()} == {f"silence:{number}"}


def test_a_red_mutes_the_lesser_light_of_its_family_until_it_is_over(lite):
    lite.judge(verdict(Light.RED), verdict(Light.YELLOW, "forecast"))
    assert lite.dispatcher.run_once(AT) == 3  # of the red; the yellow is held, though it opened in the same round
    assert {(state, why) for _, state, why in lite.told(2)} == {("muted", "inhibited:1")}
    lite.judge(verdict(Light.GREEN), at=AT + HOUR_US)
    lite.dispatcher.run_once(AT + HOUR_US)
    assert {state for _, state, _ in lite.told(2)} == {"waiting"}  # for the message of the red, which is still on its way


def test_a_dark_gateway_mutes_what_hangs_on_its_data(lite):
    lite.judge(verdict(Light.RED, "silent", indicator="gw1"))
    lite.judge(verdict(Light.RED, "concentration"), verdict(Light.RED), at=AT + MINUTE_US)
    assert {why for *_, why in lite.told(2)} == {"inhibited:1"} and {why for *_, why in lite.told(3)} == {""}


def test_good_news_goes_to_those_who_were_told_and_to_nobody_else(lite):
    lite.judge(verdict(Light.RED))
    lite.dispatcher.run_once(AT)
    lite.roster.add([Shift("development-reform", "dr-lead", AT, AT + 5 * HOUR_US)], "test", AT + 1)  # another one is on duty by then
    lite.judge(verdict(Light.GREEN), at=AT + HOUR_US)
    assert [(n.notice.to.recipient, n.notice.matter.why) for n in lite.notices.of_alert(1)][3:] == [
        ("mill-1", "RESOLVED"), ("dr-duty", "RESOLVED"), ("it-duty", "RESOLVED"),
    ]  # fmt: skip


def test_quiet_hours_move_a_yellow_and_a_change_of_them_counts_at_once(lite):
    whole = Hours(0, 24 * 60)
    lite.roster.add([QuietHours("industry-it", replace(whole, to_minute=12 * 60))], "test", AT)
    lite.judge(verdict(Light.YELLOW))
    assert [(n.notice.to.recipient, n.notice.due_at - AT) for n in lite.notices.of_alert(1)] == [
        ("mill-1", 0), ("dr-duty", 0), ("it-duty", 2 * HOUR_US),
    ]  # fmt: skip
    assert lite.dispatcher.run_once(AT) == 2
    assert lite.dispatcher.run_once(AT + 2 * HOUR_US) == 1


def test_a_red_that_finds_nobody_goes_to_the_duty_desk_with_an_alarm_that_goes_when_somebody_is_found(sqlite_ledger):
    office = Office(sqlite_ledger, people=())
    office.judge(verdict(Light.RED))
    assert office.told() == [(DUTY, "waiting", "")]
    (alarm,) = office.alarms.standing()
    assert alarm.kind == NOBODY_KIND and alarm.subject == "pace/mill/" and "示例造纸厂 能耗强度进度 红色预警找不到可通知的人" in alarm.text_zh
    # a second process that starts looks at everything that stands, also where the first died before it raised the alarm
    office.alarms.clear(NOBODY_KIND, alarm.subject, AT)
    Router(PLAN, "http://h", "", RoutingBookSql(sqlite_ledger), office.alarms).report(office.registry, AT + MINUTE_US)
    assert [a.subject for a in office.alarms.standing()] == ["pace/mill/"]
    mended = Office(sqlite_ledger)
    mended.router.report(mended.registry, AT + 20 * MINUTE_US)
    assert mended.alarms.standing() == []


def test_many_reds_that_find_nobody_make_one_alarm_a_rule(sqlite_ledger):
    office = Office(sqlite_ledger, people=())
    office.judge(*(verdict(Light.RED, "stuck", indicator=f"p{n}") for n in range(30)))
    (alarm,) = office.alarms.standing()
    assert alarm.subject == "stuck" and alarm.text_zh.startswith("共 30 项")
    office.router.report(office.registry, AT + 20 * MINUTE_US)
    assert [a.subject for a in office.alarms.standing()] == ["stuck"]


def test_what_is_entered_twice_stands_once_and_what_is_ended_stays_in_the_history(office):
    night = Weekly("development-reform", "dr-duty", Hours(18 * 60, 8 * 60, (1, 2), On.WORKDAY), date(2026, 1, 1), None, "", "夜班")
    shift, quiet = Shift("mill", "mill-1", AT, AT + HOUR_US), QuietHours("dr-duty", Hours(0, 60), Light.ORANGE)
    ids = office.roster.add([night, shift, quiet], "test", AT)
    version = RoutingBookSql(office.ledger).version()
    assert office.roster.add([night, shift, quiet], "test", AT + 1) == ids and RoutingBookSql(office.ledger).version() == version
    held = RoutingBookSql(office.ledger).load(AT)
    assert ([k.entry for k in held.weekly], [k.entry for k in held.shifts], [k.entry for k in held.quiet]) == ([night], [shift], [quiet])
    office.roster.remove("weekly", ids[0], "值班员B", AT + 2)
    office.roster.remove("weekly", ids[0], "somebody else", AT + 3)
    assert RoutingBookSql(office.ledger).load(AT).weekly == ()
    (gone,) = office.roster.history("weekly", "development-reform")
    assert (gone.ended_by, gone.ended_at) == ("值班员B", AT + 2)
    assert RoutingBookSql(office.ledger).load(AT + HOUR_US).shifts == ()  # over
    with pytest.raises(NotFound):
        office.roster.remove("quiet", 99, "test", AT)


def test_an_address_is_replaced_not_doubled_and_every_state_of_it_is_kept(lite):
    first = lite.addresses.put(Address("mill-1", "sms", "@phone"), "test", AT)
    assert lite.addresses.put(Address("mill-1", "sms", "@phone"), "test", AT + 1) == first
    lite.addresses.put(Address("mill-1", "sms", "@phone", Light.RED), "test", AT + 2)
    lite.addresses.remove(2, "test", AT + 3)
    assert [(k.entry.least_light, k.ended_at) for k in lite.addresses.history("mill-1")] == [("yellow", AT + 2), ("red", AT + 3)]
    with pytest.raises(NotFound, match="there is no contact 'ghost'"):
        lite.addresses.put(Address("ghost", "sms", "@phone"), "test", AT)
    with pytest.raises(Problems) as told:
        lite.addresses.put(Address("mill-1", "", "@fax", Light.GREEN, place=100), "", AT)
    assert len(told.value.problems) == 5


def test_a_roster_with_faults_is_refused_whole_with_each_named_by_its_place(lite):
    bad = [Shift("mill", "mill-1", AT, AT + 1), Shift("nowhere", "ghost", AT, AT), QuietHours("nobody", Hours(0, 1441), Light.RED)]
    with pytest.raises(Problems) as told:
        lite.roster.add(bad, " ", AT)
    assert [p.split(" · ")[1].split(":")[0] for p in told.value.problems] == ["by", "owner", "contact", "end", "whose", "spares", "hours"]
    assert told.value.problems[1].startswith("[2] ") and RoutingBookSql(lite.ledger).load(AT).shifts == ()


def test_two_thousand_reds_in_one_round_are_routed_well_within_a_second(lite):
    lite.roster.add([Weekly("development-reform", "dr-duty", Hours(0, 1440), date(2026, 1, 1))], "test", AT)
    lite.silence(rules=("stuck",))
    state = lite.alerts.follow([verdict(Light.RED)], [], AT, lambda _v: True, lite.router.notices(lite.registry))[0]
    notices = lite.router.notices(lite.registry)
    begun = time.process_time()
    made = [notices(replace(state, alert_id=n, indicator=f"p{n}", fingerprint=f"pace/mill/p{n}"), ()) for n in range(2000)]
    assert time.process_time() - begun < 1.0 and {len(each) for each in made} == {3}
    assert {n.muted for each in made for n in each} == {""}


def test_silences_are_listed_by_state_and_the_same_one_twice_is_one(office):
    first, again = office.silence(entity="park"), office.silence(entity="park")
    assert first == again
    other = office.silence(1.0, AT + 24 * HOUR_US, rules=("pace",))
    assert [s.id for s in office.silences.page("standing", AT, 10, None)] == [other, first]
    assert [s.id for s in office.silences.page("standing", AT + 3 * HOUR_US, 10, None)] == [other]
    office.silences.end(other, "test", "", AT)
    office.silences.end(other, "later", "", AT + 1)
    assert (office.silences.get(other).ended_by, office.silences.get(other).until) == ("test", AT)
    assert [s.id for s in office.silences.page("all", AT, 1, other)] == [first]
    with pytest.raises(NotFound):
        office.silences.end(99, "test", "", AT)


def test_a_notice_that_is_held_is_never_lost(lite):
    """Every notice of a silenced red is told, held or ended with a reason, whatever the clock does."""
    lite.silence(entity="mill")
    lite.judge(verdict(Light.RED))
    for at in (AT, AT - HOUR_US, AT + HOUR_US, AT + 2 * HOUR_US):
        lite.dispatcher.run_once(at)
    assert {n.state for n in lite.notices.of_alert(1)} == {NoticeState.GROUPED}
