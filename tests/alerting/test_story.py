"""From stored results to lights, alerts and the phone: the whole service over fakes of what others write and a real ledger."""

import time
from dataclasses import replace

import pytest

from alerting.evaluate import Evaluator
from alerting.follow import Judge
from alerting.main import Loop
from alerting.routing import Router
from alerting.rules import rule_names, said_rule
from alerting.rules.benchmark import catalogue_limit
from alerting.sender import Sender
from tests.alerting.telling import dispatch
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.verdicts import VerdictBookSql
from tricolor.adapters.notifiers.inbox import InboxNotifier
from tricolor.domain.delivery import Accepted, Answer, ErrorClass, Failed
from tricolor.domain.entities import Contact, EntityKind
from tricolor.domain.errors import TryAgain
from tricolor.domain.intervals import DAY_US, HOUR_US, SECOND_US, parse_us
from tricolor.domain.lights import Light

NOW = parse_us("2026-11-20T08:00:00+08:00")
S = SECOND_US


def evaluator(town, plan, watch_s: float = 0.0) -> Evaluator:
    return Evaluator(town, town.books(), town, plan, watch_s)


def lights(evaluation) -> dict[str, Light]:
    return {v.fingerprint: v.light for v in (*evaluation.stored, *evaluation.timed)}


def hear(town, at: int) -> None:
    town.newest = {p.key: at for p in town.points}


def without_mill(town) -> None:
    """Leaves the regions with their own statistical meters alone."""
    town.points = [p for p in town.points if p.entity_id != "mill"]


def test_a_region_goes_green_yellow_red_green_and_each_change_is_told(town, plan, fill, sqlite_ledger):
    # target 11 %: T = 2.30 %. 970/1000 is −3.0 %, 978 −2.2 %, 985 −1.5 % (gap 34.9 %), 1 005 a rise, 970 again −3.0 %
    without_mill(town)
    hear(town, NOW)
    judge = Judge(evaluator(town, plan), AlertBookSql(sqlite_ledger), Router(plan, "http://h"))
    sender = Sender(OutboxSql(sqlite_ledger), InboxNotifier(InboxBookSql(sqlite_ledger), lambda: NOW), lambda: 0.0)
    told, sent = [], []
    for minute, tce in enumerate((970.0, 978.0, 985.0, 1_005.0, 1_005.0, 970.0)):
        fill(town, "north", tce)
        at = NOW + minute * 60 * S
        told.append([(c.fingerprint, c.step.why.value) for c in judge.run_once(at)])
        dispatch(sqlite_ledger, at)
        sent.append(sender.run_once(at))
    basic = "pace/north/basic"
    assert told == [[], [(basic, "OPENED")], [(basic, "WORSENED")], [], [], [(basic, "RESOLVED")]]
    assert sent == [0, 1, 1, 0, 0, 1]
    resolved, worsened, opened = InboxBookSql(sqlite_ledger).page([], 10, None)
    assert (opened.recipient, opened.light, worsened.light, resolved.light) == ("li", "yellow", "red", "green")
    assert "2026年1—10月能耗强度同比下降2.20%" in opened.text and "http://h/alerts/1" in opened.text
    assert opened.title == "黄色预警·新预警：北区 能耗强度进度"


def test_a_region_turns_grey_when_a_meter_dies_and_its_alert_stays(town, plan, fill, sqlite_ledger):
    without_mill(town)
    hear(town, NOW)
    judge, book = Judge(evaluator(town, plan), AlertBookSql(sqlite_ledger), Router(plan, "http://h")), AlertBookSql(sqlite_ledger)
    fill(town, "north", 1_005.0)
    judge.run_once(NOW)
    town.use("north", "2026-06", 300.0, covered_s=86_400.0 * 0.3)  # the dead meter "saves" 700 tce
    [change] = judge.run_once(NOW + 60 * S)
    [alert] = book.page("open", [], 9, None)
    assert change.step.why.value == "STALE" and alert.is_stale and alert.level == "red"
    verdict = next(s.verdict for s in VerdictBookSql(sqlite_ledger).standing() if s.verdict.fingerprint == "pace/north/basic")
    assert verdict.light is Light.GREY and "2026-06" in verdict.reason_zh and verdict.coverage == pytest.approx(0.3)
    town.use("north", "2026-06", 1_005.0)
    assert [c.step.why.value for c in judge.run_once(NOW + 120 * S)] == ["FRESH"]


def test_the_incentive_target_has_a_light_and_pages_nobody(town, plan, fill, sqlite_ledger):
    # 13 %: T = 1 − 0.87^(1/5) = 2.747 %; −2.5 % meets the basic 2.30 % and misses the incentive by 9.0 %
    without_mill(town)
    hear(town, NOW)
    fill(town, "north", 975.0)
    evaluation = evaluator(town, plan).evaluate(NOW)
    assert lights(evaluation)["pace/north/basic"] is Light.GREEN and lights(evaluation)["pace/north/incentive"] is Light.YELLOW
    assert Judge(evaluator(town, plan), AlertBookSql(sqlite_ledger), Router(plan, "http://h")).run_once(NOW) == []


def test_the_city_is_judged_by_the_sum_of_its_regions(town, plan, fill):
    without_mill(town)
    hear(town, NOW)
    fill(town, "north", 960.0)
    assert lights(evaluator(town, plan).evaluate(NOW))["pace/town/basic"] is Light.GREY  # the south has reported nothing
    fill(town, "south", 1_010.0)
    # (960 + 1 010)/2 000 = −1.5 %: gap 34.9 %
    assert lights(evaluator(town, plan).evaluate(NOW))["pace/town/basic"] is Light.RED


def test_a_mill_is_judged_by_its_product(town, plan):
    hear(town, NOW)
    limit = catalogue_limit("calcium_carbide")
    assert limit is not None
    for m in range(1, 11):
        town.use("mill", f"2026-{m:02d}", 1.0, tce_equivalent=99.0)
        town.make("mill", f"2026-{m:02d}", 1.0)
    # every month 1 tce over 1 t: 1 000 kgce/t, calorific (the equal value of 99 a day does not count)
    verdict = next(v for v in evaluator(town, plan).evaluate(NOW).stored if v.rule == "benchmark")
    assert verdict.value == pytest.approx(1_000.0)
    assert verdict.light is (Light.RED if limit.baseline < 1_000 else Light.YELLOW) and limit.status in verdict.reason_en
    town.rows = [r for r in town.rows if r.day[:7] not in ("2026-09", "2026-10")]
    town.changes += 1
    assert next(v for v in evaluator(town, plan).evaluate(NOW).stored if v.rule == "benchmark").light is Light.GREY


def test_last_year_is_judged_until_this_one_is_reported(town, plan, fill):
    without_mill(town)
    hear(town, NOW)
    fill(town, "north", 960.0)
    for m in ("11", "12"):
        for year, tce in (("2025", 1_000.0), ("2026", 960.0)):
            town.use("north", f"{year}-{m}", tce)
            town.earn("north", f"{year}-{m}", 1_000.0)
    by = {v.fingerprint: v for v in evaluator(town, plan).evaluate(parse_us("2027-02-10T08:00:00+08:00")).stored}
    assert by["pace/north/basic"].period == "2026" and by["pace/north/basic"].light is Light.GREEN
    by = {v.fingerprint: v for v in evaluator(town, plan).evaluate(parse_us("2027-05-10T08:00:00+08:00")).stored}
    assert by["pace/north/basic"].light is Light.GREY and by["pace/north/basic"].period == "2027"


def test_silence_goes_green_yellow_red_green_by_time_alone(town, plan, sqlite_ledger):
    hear(town, NOW)
    judge = Judge(evaluator(town, plan), AlertBookSql(sqlite_ledger), Router(plan, "http://h"))
    steps = []
    for hours in (0, 2, 25):
        steps += [(c.entity, c.step.why.value) for c in judge.run_once(NOW + hours * HOUR_US) if c.entity == "mill"]
    hear(town, NOW + 26 * HOUR_US)
    steps += [(c.entity, c.step.why.value) for c in judge.run_once(NOW + 26 * HOUR_US) if c.entity == "mill"]
    assert steps == [("mill", "OPENED"), ("mill", "WORSENED"), ("mill", "RESOLVED")]
    assert town.reads == 2  # the accounts were read once a day, not once a round


def test_history_coming_in_opens_no_alert_and_what_stays_silent_does(town, plan, sqlite_ledger):
    judge = Judge(evaluator(town, plan, watch_s=60.0), AlertBookSql(sqlite_ledger), Router(plan, "http://h"))
    for n in range(40):  # 200 s of back-fill, a month of history every 5 s; the south's meter stops in the middle, the mill's never came
        at = NOW + n * 5 * S
        newest = NOW - (40 - n) * 30 * DAY_US
        town.newest = {1: newest, 2: min(newest, NOW - 20 * 30 * DAY_US)}
        changes = judge.run_once(at)
        assert [c.entity for c in changes if c.entity != "south"] == []
    assert [a.entity for a in AlertBookSql(sqlite_ledger).page("open", [], 9, None)] == ["south"]
    hear_at = NOW + 300 * S
    town.newest = {1: hear_at, 2: hear_at}
    assert sorted((c.entity, c.step.why.value) for c in judge.run_once(hear_at)) == [("mill", "OPENED"), ("south", "RESOLVED")]


def test_lights_on_data_quality_wait_for_history_but_not_for_ever(town, plan):
    """Days that are just being filled look like days without data; what stands of these rules stays until they are worked out."""
    judged = Evaluator(town, town.books(), town, plan, 60.0, quality_lag_s=20.0)

    def waits(at: int) -> bool:
        rules = judged.evaluate(at).rules
        assert "pace" in rules
        return not {"completeness", "connected", "stuck"} <= set(rules)

    hear(town, NOW)
    assert waits(NOW) and waits(NOW + 59 * S)  # just started
    assert not waits(NOW + 60 * S)
    town.newest = {1: NOW - 40 * DAY_US, 2: NOW, 3: NOW}
    assert waits(NOW + 100 * S)  # the first point's history comes in
    hear(town, NOW + 110 * S)
    assert waits(NOW + 110 * S) and waits(NOW + 119 * S) and not waits(NOW + 131 * S)  # 20 s after the last of it
    for n in range(1, 40):  # a gateway that is always late: half an hour later we judge all the same
        town.newest = {1: NOW - 40 * DAY_US + n * HOUR_US, 2: NOW + n * 60 * S, 3: NOW}
        late = waits(NOW + 200 * S + n * 60 * S)
        assert late == (n < 31), n


def test_right_after_a_start_an_old_reading_is_not_yet_called_silence(town, plan, sqlite_ledger):
    town.newest = {1: NOW - 50 * HOUR_US, 2: NOW, 3: NOW}
    judge = Judge(evaluator(town, plan, watch_s=60.0), AlertBookSql(sqlite_ledger), Router(plan, "http://h"))
    assert judge.run_once(NOW) == [] and judge.run_once(NOW + 59 * S) == []
    assert {s.verdict.entity for s in VerdictBookSql(sqlite_ledger).standing() if s.verdict.rule == "silent"} == {"south", "mill"}
    assert [c.entity for c in judge.run_once(NOW + 60 * S)] == ["north"]
    # a restart: the open alert is neither marked nor resolved while we watch
    judge = Judge(evaluator(town, plan, watch_s=60.0), AlertBookSql(sqlite_ledger), Router(plan, "http://h"))
    assert judge.run_once(NOW + 70 * S) == []


def test_a_round_that_could_not_be_written_is_told_in_the_next_one(town, plan, fill, sqlite_ledger):
    without_mill(town)
    hear(town, NOW)
    fill(town, "north", 1_005.0)

    class Flaky:
        fails = 1

        def follow(self, *args, **more):
            if self.fails:
                self.fails -= 1
                raise TryAgain("ledger: locked")
            return AlertBookSql(sqlite_ledger).follow(*args, **more)

        def tick(self, *args, **more):
            return AlertBookSql(sqlite_ledger).tick(*args, **more)

    judge = Judge(evaluator(town, plan), Flaky(), Router(plan, "http://h"))
    with pytest.raises(TryAgain):
        judge.run_once(NOW)
    assert [c.step.why.value for c in judge.run_once(NOW + 5 * S)] == ["OPENED"]
    assert judge.run_once(NOW + 10 * S) == []


def test_a_new_process_says_nothing_twice(town, plan, fill, ledger):
    without_mill(town)
    hear(town, NOW)
    fill(town, "north", 1_005.0)
    for n in range(3):
        changes = Judge(evaluator(town, plan), AlertBookSql(ledger), Router(plan, "http://h")).run_once(NOW + n * S)
        assert len(changes) == (1 if n == 0 else 0)


def test_routing_names_the_entity_and_where_nobody_answers_the_leading_department(town, plan, fill, sqlite_ledger):
    hear(town, NOW - 2 * HOUR_US)
    judge = Judge(evaluator(town, plan), AlertBookSql(sqlite_ledger), Router(plan, "http://h", "http://hook"))
    judge.run_once(NOW)
    dispatch(sqlite_ledger, NOW)
    box = OutboxSql(sqlite_ledger)
    to = {a.entity: sorted((d.channel, d.recipient) for d in box.of_alert(a.id)) for a in AlertBookSql(sqlite_ledger).page("open", [], 9, None)}
    # nobody answers for "silent" in this plan: the mill's own contact hears of the mill, the leading department of the regions
    assert to["mill"] == [("inbox", "wang"), ("webhook", "webhook")] and to["north"] == [("inbox", "li"), ("webhook", "webhook")]


def test_good_news_goes_to_those_who_had_the_bad(town, plan, fill, sqlite_ledger):
    without_mill(town)
    hear(town, NOW)
    judge = Judge(evaluator(town, plan), AlertBookSql(sqlite_ledger), Router(plan, "http://h"))
    fill(town, "north", 1_005.0)
    judge.run_once(NOW)
    dispatch(sqlite_ledger, NOW)
    OutboxSql(sqlite_ledger).accepted(OutboxSql(sqlite_ledger).claim(NOW, 9, 60.0, ["inbox"])[0], NOW, "r")
    town.contacts = {"zhao": Contact("zhao", "development-reform", "赵", "new officer")}
    town.registry_version += 1
    fill(town, "north", 960.0)
    judge.run_once(NOW + S)
    dispatch(sqlite_ledger, NOW + S)
    assert [(d.why, d.recipient) for d in OutboxSql(sqlite_ledger).of_alert(1)] == [("OPENED", "li"), ("RESOLVED", "li")]


def test_an_entity_taken_from_the_registry_leaves_no_open_alert(town, plan, sqlite_ledger):
    hear(town, NOW - 2 * HOUR_US)
    judge, book = Judge(evaluator(town, plan), AlertBookSql(sqlite_ledger), Router(plan, "http://h")), AlertBookSql(sqlite_ledger)
    judge.run_once(NOW)
    del town.entities["mill"]
    without_mill(town)
    town.registry_version += 1
    [change] = judge.run_once(NOW + S)
    assert (change.entity, change.step.why.value) == ("mill", "RESOLVED") and {a.entity for a in book.page("open", [], 9, None)} == {"north", "south"}


class Flaps:
    """A channel that does what its list says."""

    channel = "inbox"

    def __init__(self, *moods: Answer | Exception) -> None:
        self.moods = list(moods)

    def send(self, message) -> Answer:
        mood = self.moods.pop(0) if self.moods else Accepted("r")
        if isinstance(mood, Exception):
            raise mood
        return mood


def test_a_sender_tries_again_later_gives_up_when_refused_and_survives_a_fault_of_ours(town, plan, sqlite_ledger):
    hear(town, NOW - 2 * HOUR_US)
    town.contacts = {n: Contact(n, n, n, "") for n in ("north", "south", "mill")}
    Judge(evaluator(town, plan), AlertBookSql(sqlite_ledger), Router(plan, "http://h")).run_once(NOW)
    assert dispatch(sqlite_ledger, NOW) == 3
    box = OutboxSql(sqlite_ledger)
    sender = Sender(
        box, Flaps(Failed(ErrorClass.RETRY, "503", "down"), Failed(ErrorClass.FINAL, "404", "no such phone"), KeyError("bug")), lambda: 0.0
    )
    assert sender.run_once(NOW) == 3 and sender.run_once(NOW + 4 * S) == 0
    assert sender.run_once(NOW + 5 * S) == 2
    states = sorted((d.state, d.attempts) for n in (1, 2, 3) for d in box.of_alert(n))
    assert states == [("accepted", 2), ("accepted", 2), ("dead", 1)]


def test_a_loop_survives_whatever_a_round_throws_and_stops_when_told():
    rounds = []

    def one(now: int) -> None:
        rounds.append(now)
        raise (TryAgain("down"), KeyError("bug"))[len(rounds) % 2]

    loop = Loop("test", one, pause_s=0.01, clock=lambda: 7)
    loop.start()
    until = time.monotonic() + 5
    while len(rounds) < 4 and time.monotonic() < until:
        time.sleep(0.01)
    assert loop.is_alive and rounds[:4] == [7, 7, 7, 7]
    loop.stop()
    assert not loop.is_alive


def test_rules_are_found_by_file():
    assert set(rule_names()) >= {"pace", "benchmark", "silent"} and rule_names()["pace"][0] == "能耗强度进度"
    assert said_rule("pace", "carbon:basic")[0] == "碳排放强度进度" and said_rule("pace", "basic")[0] == "能耗强度进度"


def test_every_supervised_kind_with_points_is_listened_to(town, plan, make_point):
    town.entities["pipe"] = replace(town.entities["mill"], id="pipe", kind=EntityKind.NETWORK, product="")
    town.points.append(make_point(9, "pipe.heat", "pipe"))
    hear(town, NOW)
    assert {v.entity for v in evaluator(town, plan).evaluate(NOW).timed} == {"north", "south", "mill", "pipe"}


def test_a_quiet_round_hands_over_nothing_but_a_word_now_and_then(town, plan, fill):
    without_mill(town)
    hear(town, NOW)
    fill(town, "north", 970.0)
    rounds = []

    class Recording:
        def follow(self, verdicts, rules, *_, withdrawn=(), confirmed=()):
            rounds.append((sorted({v.rule for v in verdicts}), sorted(rules), sorted(confirmed)))
            return []

        def tick(self, *_, **__):
            return []

    judge = Judge(evaluator(town, plan), Recording(), Router(plan, "http://h"))
    for seconds in (0, 5, 61, 66, 601):
        hear(town, NOW + seconds * S)
        judge.run_once(NOW + seconds * S)
    everything = ["benchmark", "pace", "silent"]
    assert [(said, set(everything) <= set(whole), set(everything) <= set(confirmed)) for said, whole, confirmed in rounds] == [
        (everything, True, True),
        ([], False, True),  # after a minute: a word that all of it still stands; the points were just heard, as before
        (everything, True, True),  # ten minutes: compared with the ledger
    ]
