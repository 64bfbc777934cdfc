"""Laws of the alert's state machine, over random policies, verdicts, deeds and clocks."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.alertmachine.alert_sim import (
    BAD,
    LIMIT,
    Life,
    S,
    at_least,
    at_most,
    events,
    is_clear,
    live,
    policies,
    run_of,
    seen,
    through_the_ledger,
)
from tricolor.domain.alert_machine import Observation, due_at, not_after, observe, shifted, tick
from tricolor.domain.alert_policy import IMMEDIATE
from tricolor.domain.alerts import TOLD, WHY_CN, WHY_EN, Condition, Handling, Why
from tricolor.domain.lights import SEVERITY, Light

NEW = {Why.OPENED, Why.WORSENED}
ENDS = {Why.RESOLVED, Why.CLOSED}


@settings(deadline=None)
@given(policies, events)
def test_an_alert_is_opened_before_anything_else_and_nothing_comes_after_its_end(policy, story):
    is_open = False
    for _, step in live(policy, story).steps:
        assert (step.why is Why.OPENED) == (not is_open) == (step.before is None)
        is_open = step.why not in ENDS
        assert step.after.is_open is is_open


@settings(deadline=None)
@given(policies, events)
def test_every_step_has_a_why_in_words_and_only_told_whys_are_told(policy, story):
    for _, step in live(policy, story).steps:
        assert WHY_CN[step.why] and WHY_EN[step.why] and step.is_told == (step.why in TOLD)


@settings(deadline=None)
@given(policies, events)
def test_a_level_is_told_only_after_it_was_seen_long_enough_and_often_enough(policy, story):
    life = Life(policy)
    for after_s, what in story:
        for step in life.do(after_s, what):
            if step.why in NEW:
                hold_s, hold_count = (
                    (policy.red_hold_s, policy.red_hold_count) if step.after.level is Light.RED else (policy.hold_s, policy.hold_count)
                )
                since, count = run_of(life.history, at_least(step.after.level), policy, life.now)
                assert since is not None and life.now - since >= hold_s * S and count >= hold_count
            if step.why is Why.WORSENED:
                assert SEVERITY[step.after.level] > SEVERITY[step.before.level]
            if step.why is Why.EASED:
                since, _ = run_of(life.history, at_most(step.after.level), policy, life.now)
                assert since is not None and life.now - since >= policy.ease_s * S and SEVERITY[step.after.level] < SEVERITY[step.before.level]
                assert any(each.light is step.after.level for at, each in life.history if at >= since)
            if step.why is Why.RESOLVED:
                since, count = run_of(life.history, lambda each: is_clear(each, policy), policy, life.now)
                assert since is not None and life.now - since >= policy.clear_s * S and count >= policy.clear_count


@settings(deadline=None)
@given(policies, events)
def test_what_was_seen_long_enough_is_told(policy, story):
    """The other way about: after each round nothing is owed. Whoever was bad long enough is open, at least at that level, unless it was closed."""
    life, barred_at = Life(policy), -1
    for after_s, what in story:
        barred_at = life.now if life.state is not None and life.state.bars is not None else barred_at
        life.do(after_s, what)
        if not life.history or life.history[-1][1].light is Light.GREY or (life.state is not None and life.state.bars is not None):
            continue
        for level in BAD:
            hold_s, hold_count = (policy.red_hold_s, policy.red_hold_count) if level is Light.RED else (policy.hold_s, policy.hold_count)
            since, count = run_of(life.history, at_least(level), policy, life.now)
            if since is not None and since > barred_at and life.now - since >= hold_s * S and count >= hold_count:
                closed = [at for at, step in life.steps if step.why is Why.CLOSED and at >= since]
                assert closed or (life.state is not None and life.state.is_open and SEVERITY[life.state.level] >= SEVERITY[level])
        since, count = run_of(life.history, lambda each: is_clear(each, policy), policy, life.now)
        if since is not None and life.now - since >= policy.clear_s * S and count >= policy.clear_count:
            assert life.state is None or not life.state.is_open


@settings(deadline=None)
@given(policies, events)
def test_each_step_of_the_escalation_is_taken_once_an_episode_in_order_and_in_time(policy, story):
    life, began, done = Life(policy), 0, 0
    for after_s, what in story:
        for step in life.do(after_s, what):
            if step.why in {Why.OPENED, Why.WORSENED, Why.UNACKED}:
                began, done = life.now, 0
            elif step.why is Why.ESCALATED:
                done += 1
                assert step.after.steps_done == done and life.now - began >= policy.escalate_s[done - 1] * S
                assert step.after.handling is Handling.UNACKED and step.after.level is Light.RED
        state = life.state
        if state is not None and state.condition is Condition.FIRING and state.level is Light.RED and state.handling is Handling.UNACKED:
            assert done == sum(life.now - began >= each * S for each in policy.escalate_s)


@settings(deadline=None)
@given(policies, events)
def test_an_acknowledgement_ends_with_worse_news_or_its_time_and_only_red_is_asked_again(policy, story):
    for _, step in live(policy, story).steps:
        if step.why is Why.UNACKED:
            assert policy.ack_timeout_s is not None and step.before.level is Light.RED and step.before.handling is Handling.ACKED
        if step.before is not None and step.why not in {Why.WORSENED, Why.UNACKED, Why.ACKED}:
            assert (step.after.handling, step.after.acked_by) == (step.before.handling, step.before.acked_by)
        if step.why is Why.REPEATED:
            assert step.after.handling is Handling.UNACKED and (step.after.level is Light.RED or policy.repeats_yellow)


@settings(deadline=None)
@given(policies, events, st.lists(st.integers(0, 100_000), min_size=1, max_size=8))
def test_a_dark_meter_resolves_nothing_opens_nothing_and_keeps_its_level(policy, story, waits):
    life = live(policy, story)
    before = life.state
    dark = [step for wait in waits for step in life.do(wait, Observation(Light.GREY))]
    if before is not None and before.is_open and before.seen is not Light.GREY and sum(waits[1:]) < policy.stale_s:
        assert Why.STALE not in {step.why for step in dark}  # not yet long enough
    assert not {step.why for step in dark} & {Why.RESOLVED, Why.OPENED, Why.WORSENED, Why.EASED, Why.RECOVERING}
    if before is not None and before.is_open:
        assert life.state is not None and life.state.is_open and life.state.level is before.level
        assert [step.why for step in dark].count(Why.STALE) == (0 if before.is_stale or not life.state.is_stale else 1)
        assert life.state.is_stale or sum(waits[1:]) < policy.stale_s


@settings(deadline=None)
@given(policies, events, seen)
def test_the_same_verdict_twice_at_once_says_nothing_twice(policy, story, last):
    life = live(policy, story)
    counted = replace(last, stamp=last.stamp or "z")
    state, _ = observe(life.state, counted, policy, life.now)
    if state is not None and state.is_watched:
        again, steps = observe(state, counted, policy, life.now)
        assert (again, steps) == (state, [])
        ticked, _ = tick(state, policy, life.now)
        if ticked is not None and ticked.is_watched:
            assert tick(ticked, policy, life.now) == (ticked, [])


@settings(deadline=None)
@given(policies, events)
def test_a_restart_at_any_moment_changes_nothing(policy, story):
    once, often = live(policy, story), live(policy, story, is_restarted=True)
    assert often.steps == once.steps and often.state == once.state


@settings(deadline=None)
@given(policies, events, st.integers(0, 200))
def test_time_does_nothing_before_it_is_due_and_something_when_it_is(policy, story, wait_s):
    state = live(policy, story).state
    if state is None:
        return
    now, due = 1_000 * S + sum(after for after, _ in story) * S, due_at(state, policy)
    assert due is None or due > now  # what was due was done in the round
    for then in (now + wait_s * S, now + 100_000 * S, now if due is None else due - 1):
        if due is None or then < due:
            assert tick(state, policy, then) == (state, [])
    if due is not None:
        moved, steps = tick(state, policy, due)
        assert steps or moved != state
        if moved is not None and moved.is_watched and (again := due_at(moved, policy)) is not None:
            assert again > due


@settings(deadline=None)
@given(policies, events, events, st.sampled_from([-3600, -40, 0, 40, 3600]))
def test_a_clock_that_jumps_and_is_noticed_changes_nothing_but_the_times(policy, story, rest, jump_s):
    straight, jumped = live(policy, story), live(policy, story)
    jumped.now += jump_s * S
    if jumped.state is not None:
        jumped.state = shifted(jumped.state, jump_s * S)
    one = [[(s.why, s.after.level, s.after.steps_done) for s in straight.do(*each)] for each in rest]
    other = [[(s.why, s.after.level, s.after.steps_done) for s in jumped.do(*each)] for each in rest]
    assert one == other


@settings(deadline=None)
@given(policies, events, events, st.integers(1, 4000))
def test_a_clock_that_goes_back_unseen_leaves_nothing_in_the_future_and_repeats_no_escalation(policy, story, rest, back_s):
    life = live(policy, story)
    life.now -= back_s * S
    for each in rest:
        life.do(*each)
        if life.state is not None and life.state.bars is None:
            assert not_after(life.state, life.now) == life.state or isinstance(each[1], str)
    done = 0
    for _, step in life.steps:
        if step.why in {Why.OPENED, Why.WORSENED, Why.UNACKED}:
            done = 0
        elif step.why is Why.ESCALATED:
            done += 1
            assert step.after.steps_done == done


@settings(deadline=None)
@given(st.lists(st.sampled_from(list(Light)), max_size=40))
def test_without_holds_grey_in_between_changes_no_message(lights):
    def told(of):
        return [(s.why, s.after.level) for _, s in live(IMMEDIATE, [(1, Observation(each)) for each in of]).steps if s.is_told]

    assert told(lights) == told([each for each in lights if each is not Light.GREY])


@settings(deadline=None)
@given(policies, events)
def test_green_near_its_limit_never_begins_to_recover(policy, story):
    life = Life(policy)
    for after_s, what in story:
        near = isinstance(what, Observation) and what.light is Light.GREEN and abs(what.value - LIMIT) <= max(policy.band * LIMIT, policy.band_abs)
        whys = {step.why for step in life.do(after_s, what)}
        if near and (policy.band or policy.band_abs):
            assert not whys & {Why.RECOVERING, Why.RESOLVED}


@settings(deadline=None)
@given(policies, events)
def test_a_closed_alert_opens_again_only_after_green_or_worse(policy, story):
    barred: Light | None = None
    life = Life(policy)
    for after_s, what in story:
        is_seen = barred is not None and isinstance(what, Observation) and what.light is not Light.GREY
        if is_seen and (what.light is Light.GREEN or SEVERITY[what.light] > SEVERITY[barred]):
            barred = None
        for step in life.do(after_s, what):
            assert barred is None or step.why not in NEW
            if step.why is Why.CLOSED and step.before.condition is Condition.FIRING:
                barred = step.before.level


@settings(deadline=None)
@given(policies, events)
def test_a_row_of_the_ledger_holds_the_whole_state(policy, story):
    state = live(policy, story).state
    if state is not None and state.bars is None:
        assert through_the_ledger(state, policy) == state
