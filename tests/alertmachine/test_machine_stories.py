"""Stories of alerts with times worked by hand; t is in seconds."""

from dataclasses import replace

import pytest

from tests.alertmachine.alert_sim import Life, S
from tricolor.domain.alert_machine import Observation, due_at, not_after, observe, shifted, tick
from tricolor.domain.alert_policy import IMMEDIATE, Policy
from tricolor.domain.alerts import AlertState, Condition, Handling, Run, Why, acknowledge, close, comment, correct, forward, withdraw
from tricolor.domain.lights import Light

RED, ORANGE, YELLOW, GREEN, GREY = Light.RED, Light.ORANGE, Light.YELLOW, Light.GREEN, Light.GREY


def story(policy: Policy, *told: tuple[int, object]) -> list[tuple[int, str, str]]:
    """(t, why, level) of what happens at the times given; a light is seen, a word done, None only lets time pass."""
    life, at = Life(policy, now=0), 0
    for t, what in told:
        life.do(t - at, Observation(what) if isinstance(what, Light) else what or "tick")
        at = t
    return [(now // S, step.why.value, step.after.level.value) for now, step in life.steps]


def test_a_bad_light_is_told_after_its_hold_by_time_alone_and_red_at_once():
    held = Policy(hold_s=60)
    assert story(held, (0, YELLOW), (59, None), (60, None)) == [(60, "OPENED", "yellow")]
    assert story(held, (0, YELLOW), (20, RED)) == [(20, "OPENED", "red")]
    assert story(held, (0, YELLOW), (50, GREEN), (55, YELLOW), (70, None), (115, None)) == [(115, "OPENED", "yellow")]


def test_yellow_and_red_by_turns_are_bad_all_the_time():
    # at least yellow since 0; red never for 30 s: at 60 it is told as yellow
    assert story(Policy(hold_s=60, red_hold_s=30), *((t, RED if t % 20 else YELLOW) for t in range(0, 70, 10))) == [(60, "OPENED", "yellow")]


def test_facts_are_counted_once_each():
    policy, at = Policy(hold_count=3), 0
    state, opened = None, []
    for at, stamp in enumerate(("10:00", "10:00", "10:00", "11:00", "11:00", "12:00")):
        state, steps = observe(state, Observation(YELLOW, stamp=stamp), policy, at * S)
        opened += [(at, step.why) for step in steps]
    assert opened == [(5, Why.OPENED)]


def test_it_eases_after_its_hold_to_the_worst_that_was_seen_meanwhile():
    # below red since 10, at most yellow since 50: at 70 the orange of 10..50 is what was held, at 110 the yellow
    assert story(Policy(ease_s=60), (0, RED), (10, ORANGE), (50, YELLOW), (69, None), (70, None), (110, None)) == [
        (0, "OPENED", "red"), (70, "EASED", "orange"), (110, "EASED", "yellow"),
    ]  # fmt: skip


def test_it_recovers_relapses_in_silence_and_resolves_once_clear_long_enough():
    assert story(Policy(clear_s=60), (0, RED), (10, GREEN), (40, RED), (50, GREEN), (109, None), (110, None)) == [
        (0, "OPENED", "red"), (10, "RECOVERING", "red"), (40, "RELAPSED", "red"), (50, "RECOVERING", "red"), (110, "RESOLVED", "green"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "limit", "value", "is_clear"),
    [
        (Policy(band=0.1), 100.0, 89.9, True),  # an upper limit: 10 % of 100 is 10
        (Policy(band=0.1), 100.0, 90.0, False),
        (Policy(band=0.1), 100.0, 109.0, False),  # a lower limit: green is above it
        (Policy(band=0.1), 100.0, 110.1, True),
        (Policy(band=0.1), -20.0, -21.9, False),  # a negative limit: 10 % of 20 is 2
        (Policy(band=0.1), 0.0, 0.0, True),  # a share of nothing is nothing
        (Policy(band_abs=0.5), 0.0, 0.5, False),
        (Policy(band_abs=0.5), 0.0, -0.6, True),
        (Policy(band=0.1), 100.0, None, True),  # not known: no band
        (Policy(band=0.1), None, 99.0, True),
        (Policy(), 100.0, 100.0, True),
    ],
)
def test_green_within_the_band_is_not_clear(policy, limit, value, is_clear):
    open_now = AlertState(RED, 0, 0, seen=RED)
    state, steps = observe(open_now, Observation(GREEN, value, limit), policy, 5 * S)
    assert [step.why for step in steps] == ([Why.RESOLVED] if is_clear else [])
    assert state.is_open is not is_clear


def test_a_meter_that_goes_dark_is_stale_after_a_while_and_back_it_recovers_anew():
    policy = Policy(clear_s=60, stale_s=30)
    assert story(policy, (0, RED), (10, GREY), (39, None), (40, None), (9_999, None), (10_000, GREEN), (10_059, None), (10_060, None)) == [
        (0, "OPENED", "red"), (40, "STALE", "red"), (10_000, "RECOVERING", "red"), (10_060, "RESOLVED", "green"),
    ]  # fmt: skip
    # dark while it recovers: what was clear before does not count
    assert story(policy, (0, RED), (10, GREEN), (20, GREY), (50, None), (100, GREEN), (159, None), (160, None)) == [
        (0, "OPENED", "red"), (10, "RECOVERING", "red"), (50, "STALE", "red"), (100, "RECOVERING", "red"), (160, "RESOLVED", "green"),
    ]  # fmt: skip
    assert story(policy, (0, RED), (10, GREY), (40, None), (50, RED)) == [(0, "OPENED", "red"), (40, "STALE", "red"), (50, "FRESH", "red")]
    # a blip interrupts nothing: clear since 10
    assert story(policy, (0, RED), (10, GREEN), (20, GREY), (45, GREEN), (70, None))[-1] == (70, "RESOLVED", "green")
    # a long grey that nobody looked at in between is one all the same
    assert [why for _, why, _ in story(policy, (0, RED), (10, GREY), (500, RED))] == ["OPENED", "STALE", "FRESH"]


def test_what_is_pending_does_not_open_on_grey_and_is_gone_when_the_grey_is_long():
    policy = Policy(hold_s=60, stale_s=30)
    assert story(policy, (0, YELLOW), (40, GREY), (65, None), (66, YELLOW)) == [(66, "OPENED", "yellow")]
    assert story(policy, (0, YELLOW), (40, GREY), (70, None), (75, YELLOW), (134, None), (135, None)) == [(135, "OPENED", "yellow")]


def test_nobody_answers_a_red_and_it_goes_up_step_by_step_each_once():
    policy = Policy(escalate_s=(900, 3600), repeat_s=1800)
    # escalated at 900 (told then), so the reminder is due at 2 700; escalated at 3 600, reminded at 5 400
    assert story(policy, (0, RED), *((t, None) for t in range(300, 5_700, 300))) == [
        (0, "OPENED", "red"), (900, "ESCALATED", "red"), (2_700, "REPEATED", "red"), (3_600, "ESCALATED", "red"), (5_400, "REPEATED", "red"),
    ]  # fmt: skip
    # everything overdue after a night without the program, reminders once
    assert [why for _, why, _ in story(policy, (0, RED), (50_000, None))] == ["OPENED", "ESCALATED", "ESCALATED"]


def test_an_acknowledgement_stops_it_and_times_out_while_it_is_still_red():
    policy = Policy(escalate_s=(900,), repeat_s=600, ack_timeout_s=3_600)
    assert story(policy, (0, RED), (60, "ack"), (3_659, None), (3_660, None), (4_559, None), (4_560, None)) == [
        (0, "OPENED", "red"), (60, "ACKED", "red"), (3_660, "UNACKED", "red"), (4_559, "REPEATED", "red"), (4_560, "ESCALATED", "red"),
    ]  # fmt: skip
    # no longer red: nobody is asked again
    assert [why for _, why, _ in story(policy, (0, RED), (60, "ack"), (100, YELLOW), (99_999, None))] == ["OPENED", "ACKED", "EASED"]


def test_worse_news_asks_anew_and_begins_a_new_episode():
    policy = Policy(escalate_s=(900,))
    assert story(policy, (0, YELLOW), (10, "ack"), (2_000, RED), (2_899, None), (2_900, None)) == [
        (0, "OPENED", "yellow"), (10, "ACKED", "yellow"), (2_000, "WORSENED", "red"), (2_900, "ESCALATED", "red"),
    ]  # fmt: skip


def test_while_it_recovers_nobody_is_pressed():
    policy = Policy(escalate_s=(900,), clear_s=3_600)
    assert story(policy, (0, RED), (800, GREEN), (1_000, None), (1_100, RED)) == [
        (0, "OPENED", "red"), (800, "RECOVERING", "red"), (1_100, "RELAPSED", "red"), (1_100, "ESCALATED", "red"),
    ]  # fmt: skip


def test_a_store_that_is_down_stops_judging_and_not_the_escalation():
    policy = Policy(hold_s=10, escalate_s=(900,))
    firing = AlertState(RED, 0, 0, seen=RED, episode_at=0, told_at=0)
    pending = AlertState(YELLOW, 0, 0, condition=Condition.PENDING, seen=YELLOW)
    assert [step.why for step in tick(firing, policy, 900 * S, is_judged=False)[1]] == [Why.ESCALATED]
    assert tick(pending, policy, 900 * S, is_judged=False) == (pending, [])


def test_a_closed_matter_stays_closed_until_it_was_green_or_is_worse():
    closed = close(AlertState(YELLOW, 0, 0, seen=YELLOW), "li", "known, repair on the 5th", 9 * S).after
    assert (closed.condition, closed.resolved_at, closed.closed_reason, closed.bars) == (
        Condition.RESOLVED,
        9 * S,
        "known, repair on the 5th",
        YELLOW,
    )
    assert observe(closed, Observation(YELLOW), IMMEDIATE, 10 * S) == (closed, [])
    assert observe(closed, Observation(GREY), IMMEDIATE, 10 * S) == (closed, [])
    assert observe(closed, Observation(GREEN), IMMEDIATE, 10 * S) == (None, [])
    worse, [step] = observe(closed, Observation(RED), IMMEDIATE, 10 * S)
    assert (step.why, step.before, worse.opened_at, worse.bars) == (Why.OPENED, None, 10 * S, None)
    recovering = replace(AlertState(RED, 0, 0, seen=GREEN), condition=Condition.RECOVERING)
    assert not close(recovering, "li", "mended", 9 * S).after.is_watched  # it is green already


def test_deeds_need_words_and_an_open_alert():
    firing, pending = AlertState(RED, 0, 0), AlertState(RED, 0, 0, condition=Condition.PENDING)
    resolved = withdraw(firing, 5).after
    for state, word in ((resolved, "resolved"), (pending, "pending")):
        with pytest.raises(ValueError, match=word):
            acknowledge(state, "li", 6)
        with pytest.raises(ValueError, match=word):
            forward(state, "li", "wang")
        with pytest.raises(ValueError, match=word):
            close(state, "li", "done", 6)
    with pytest.raises(ValueError, match="write it down"):
        close(firing, "li", "  ", 6)
    with pytest.raises(ValueError, match="write it down"):
        comment(firing, "li", "")
    with pytest.raises(ValueError, match="pending"):
        comment(pending, "li", "seen")
    assert comment(resolved, "li", " seen ").text == "seen"
    with pytest.raises(ValueError, match="closed for good"):
        observe(resolved, Observation(RED), IMMEDIATE, 6)


def test_a_deed_done_twice_is_done_once():
    firing = AlertState(RED, 0, 0)
    acked = acknowledge(firing, "li", 3).after
    assert (acked.handling, acked.acked_by, acked.acked_at) == (Handling.ACKED, "li", 3) and acknowledge(acked, "wang", 4) is None
    handed = forward(acked, "li", "wang", "yours").after
    assert handed.assignee == "wang" and handed.handling is Handling.ACKED and forward(handed, "zhao", "wang") is None


def test_withdrawing_tells_of_an_open_alert_and_forgets_a_pending_one():
    assert withdraw(AlertState(RED, 0, 0), 5).why is Why.RESOLVED
    assert withdraw(AlertState(RED, 0, 0, condition=Condition.PENDING), 5) is None


def test_a_correction_changes_nothing_of_the_alert():
    firing = AlertState(RED, 0, 0)
    step = correct(firing, YELLOW)
    assert (step.why, step.before, step.after, step.light, step.is_told) == (Why.CORRECTED, firing, firing, YELLOW, False)


def test_after_the_clock_was_set_the_rest_of_every_wait_is_left():
    policy = Policy(hold_s=60)
    state, _ = observe(None, Observation(YELLOW), policy, 1_000 * S)
    moved = shifted(state, 3_600 * S)  # 40 s later by the old clock it is 4 640 by the new one: 20 s are left
    assert tick(moved, policy, 4_640 * S)[1] == [] and [s.why for s in tick(moved, policy, 4_660 * S)[1]] == [Why.OPENED]


def test_an_alert_of_an_older_release_begins_its_waits_with_the_first_tick():
    policy = Policy(escalate_s=(900,), ack_timeout_s=600)
    old = AlertState(RED, opened_at=0, changed_at=0, seen=RED)
    state, steps = tick(old, policy, 100_000 * S)
    assert steps == [] and state.episode_at == 100_000 * S
    assert [s.why for s in tick(state, policy, 100_900 * S)[1]] == [Why.ESCALATED]
    acked = replace(old, handling=Handling.ACKED, acked_by="li")
    assert tick(acked, policy, 100_000 * S)[0].acked_at == 100_000 * S


def anchors(state: AlertState) -> set[int]:
    runs = (*state.at_least.values(), *state.at_most.values(), *([state.clear] if state.clear else []))
    return {*(run.since for run in runs), state.grey_since, state.acked_at, state.episode_at, state.told_at}


def test_every_moment_that_something_counts_from_moves_with_the_clock_and_none_stays_in_the_future():
    full = AlertState(
        RED, 100, 100, at_least={RED: Run(101)}, at_most={YELLOW: Run(102)}, clear=Run(103), grey_since=104, acked_at=105, episode_at=106, told_at=107
    )  # fmt: skip
    assert anchors(shifted(full, 1_000)) == set(range(1_101, 1_108)) and anchors(not_after(full, 90)) == {90}
    assert not_after(full, 107) == full
    assert {shifted(full, 1_000).opened_at, not_after(full, 90).opened_at} == {100}  # what people read stays


@pytest.mark.parametrize(
    ("state", "policy", "due"),
    [
        (AlertState(YELLOW, 0, 0, condition=Condition.PENDING, seen=YELLOW, at_least={YELLOW: Run(5 * S)}), Policy(hold_s=60), 65),
        (AlertState(RED, 0, 0, seen=YELLOW, at_most={YELLOW: Run(5 * S)}, episode_at=0, told_at=0), Policy(ease_s=60), 65),
        (AlertState(RED, 0, 0, condition=Condition.RECOVERING, seen=GREEN, clear=Run(5 * S)), Policy(clear_s=60), 65),
        (AlertState(RED, 0, 0, seen=GREY, grey_since=5 * S, episode_at=0, told_at=0), Policy(stale_s=60), 65),
        (AlertState(RED, 0, 0, seen=RED, episode_at=0, told_at=5 * S), Policy(repeat_s=60), 65),
        (AlertState(RED, 0, 0, seen=RED, episode_at=5 * S, told_at=0, steps_done=1), Policy(escalate_s=(10, 60)), 65),
        (AlertState(RED, 0, 0, seen=RED, episode_at=0, told_at=0, handling=Handling.ACKED, acked_at=5 * S), Policy(ack_timeout_s=60), 65),
        (AlertState(YELLOW, 0, 0, seen=YELLOW, episode_at=0, told_at=5 * S), Policy(repeat_s=60), None),
        (AlertState(YELLOW, 0, 0, seen=YELLOW, episode_at=0, told_at=5 * S), Policy(repeat_s=60, repeats_yellow=True), 65),
    ],
)
def test_the_next_moment_is_the_one_at_which_something_happens(state, policy, due):
    assert due_at(state, policy) == (None if due is None else due * S)
    if due is not None:
        assert tick(state, policy, due * S - 1)[1] == [] and len(tick(state, policy, due * S)[1]) == 1
