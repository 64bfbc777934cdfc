"""Laws of the alert's state machine and of the messages' words and waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricolor.domain.alerts import AlertState, Handling, Step, Why, acknowledge, follow, withdraw
from tricolor.domain.lights import Light
from tricolor.domain.notifications import LONGEST_WAIT_S, Matter, Recipient, body, draft, short_zh, title, wait_s

lights = st.lists(st.sampled_from(list(Light)), max_size=40)


def run(history: list[Light], acked_at: set[int] = frozenset()) -> tuple[list[Step], list[AlertState | None]]:
    """The steps of a sequence of lights, and the open alert after each."""
    state: AlertState | None = None
    steps, states = [], []
    for at, light in enumerate(history):
        step = follow(state, light, at)
        if step is not None:
            steps.append(step)
            state = step.after if step.after.is_open else None
        if state is not None and at in acked_at:
            done = acknowledge(state, "li")
            state = state if done is None else done.after
        states.append(state)
    return steps, states


@given(lights)
def test_an_alert_is_opened_before_anything_else_and_never_after_it_is_resolved(history):
    steps, _ = run(history)
    is_open = False
    for step in steps:
        assert (step.why is Why.OPENED) == (not is_open) == (step.before is None)
        is_open = step.why is not Why.RESOLVED
        assert step.after.is_open is is_open


@given(lights)
def test_every_step_has_a_why_that_fits_the_levels(history):
    order = {Light.GREEN: 0, Light.YELLOW: 1, Light.ORANGE: 2, Light.RED: 3}
    for step in run(history)[0]:
        steps = 0 if step.before is None else order[step.after.level] - order[step.before.level]
        moved = (steps > 0) - (steps < 0)
        expected = {Why.OPENED: 0, Why.WORSENED: 1, Why.EASED: -1, Why.STALE: 0, Why.FRESH: 0}
        if step.why is Why.RESOLVED:
            assert moved < 0 and step.after.level is Light.GREEN
        else:
            assert moved == expected[step.why]
        assert step.is_told == (step.why in {Why.OPENED, Why.WORSENED, Why.EASED, Why.RESOLVED})


@given(lights, st.sampled_from(list(Light)))
def test_the_same_light_twice_says_nothing_twice(history, light):
    _, states = run([*history, light])
    last = states[-1]
    assert follow(last, light, 99) is None


@given(lights)
def test_grey_never_opens_never_resolves_and_keeps_the_level(history):
    state: AlertState | None = None
    for at, light in enumerate(history):
        step = follow(state, light, at)
        if light is Light.GREY:
            assert step is None or (step.why is Why.STALE and state is not None and step.after.level is state.level and not step.is_told)
        if step is not None:
            state = step.after if step.after.is_open else None


@given(lights)
def test_grey_in_between_changes_no_message(history):
    """Taking the greys out of a history leaves the same told steps."""
    told = [(s.why, s.after.level) for s in run(history)[0] if s.is_told]
    assert told == [(s.why, s.after.level) for s in run([x for x in history if x is not Light.GREY])[0] if s.is_told]


@given(lights)
def test_an_alert_is_stale_exactly_while_the_light_is_grey(history):
    _, states = run(history)
    for light, state in zip(history, states, strict=True):
        assert state is None or state.is_stale == (light is Light.GREY)


@given(lights, st.sets(st.integers(0, 39)))
def test_worsening_asks_anew_and_nothing_else_does(history, acked_at):
    for step in run(history, acked_at)[0]:
        if step.why in (Why.OPENED, Why.WORSENED):
            assert step.after.handling is Handling.UNACKED and step.after.acked_by == ""
        elif step.before is not None:
            assert step.after.handling is step.before.handling


def test_acknowledging_twice_says_nothing_and_a_resolved_alert_cannot_be():
    state = follow(None, Light.RED, 1).after
    acked = acknowledge(state, "li").after
    assert (acked.handling, acked.acked_by) == (Handling.ACKED, "li") and acknowledge(acked, "wang") is None
    resolved = withdraw(acked, 5)
    assert resolved.why is Why.RESOLVED and resolved.after.resolved_at == 5
    with pytest.raises(ValueError, match="resolved"):
        acknowledge(resolved.after, "li")
    with pytest.raises(ValueError, match="resolved"):
        follow(resolved.after, Light.RED, 6)


def matter(reason_zh: str = "差距4.5%", why: Why = Why.OPENED, light: Light = Light.RED) -> Matter:
    return Matter(
        7, why, light, "pubei", "浦北县", "Pubei", "pace", "能耗强度进度", "Intensity pace", "basic", reason_zh, "short", 0, "http://h/alerts/7"
    )


@given(st.text(max_size=300), st.sampled_from(list(Why)))
def test_the_short_form_fits_one_sms(reason, why):
    assert len(short_zh(matter(reason, why))) < 70


def test_the_words_say_who_what_why_and_where():
    assert title(matter()) == "红色预警·新预警：浦北县 能耗强度进度"
    assert title(matter(why=Why.RESOLVED, light=Light.GREEN)) == "预警·解除：浦北县 能耗强度进度"
    assert short_zh(matter()) == "[红]浦北县新预警：差距4.5%"
    text = body(matter())
    assert "差距4.5%" in text and "short" in text and "http://h/alerts/7" in text and "1970-01-01 08:00" in text
    sent = draft(matter(), Recipient("inbox", "li", "li"))
    assert sent.payload["event"] == "OPENED" and sent.payload["alert"]["id"] == 7 and sent.payload["text"] == {"zh": "差距4.5%", "en": "short"}


@given(st.integers(1, 1000), st.floats(0, 1))
def test_waits_grow_to_an_hour_and_no_further(attempts, jitter):
    wait = wait_s(attempts, jitter)
    assert 2.5 <= wait <= LONGEST_WAIT_S and wait <= wait_s(attempts + 1, 0.0)
    assert [wait_s(n, 0.0) for n in (1, 2, 3, 10, 11)] == [5, 10, 20, 2560, 3600]
