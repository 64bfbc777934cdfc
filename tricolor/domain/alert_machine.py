"""The alert's state machine: what verdicts and time do to an alert (DESIGN §8). Pure; time is a parameter; real-time and period rules alike.

A level is told once the light has been at least so bad for its hold, in time and in facts; it goes down once the light was less bad for `ease_s`;
the alert is resolved once it was clear (green beyond the band) for the clear hold. Grey shorter than `stale_s` interrupts nothing and decides
nothing; longer it is STALE: every hold begins anew when the data is back, and an alert that was only pending is gone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tricolor.domain.alert_policy import Policy
from tricolor.domain.alerts import AlertState, Condition, Handling, Run, Step, Why, ended, is_barred
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import SEVERITY, Light

LEVELS = (Light.YELLOW, Light.ORANGE, Light.RED)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a verdict says. stamp: what fact it is about, so that the same evaluation twice counts once; value, limit in one unit."""

    light: Light
    value: float | None = None
    limit: float | None = None
    stamp: str = ""


Moved = tuple[AlertState | None, list[Step]]


def observe(state: AlertState | None, observation: Observation, policy: Policy, now: int) -> Moved:
    """What a verdict does to the alert of its matter (None: there is none). A pending one that goes away is None again; of a closed one that bars
    (`is_barred`) either the same state comes back, or None or a new alert, and then it bars no more. ValueError for any other resolved alert."""
    light = observation.light
    if state is not None and not state.is_watched:
        raise ValueError("a resolved alert is closed for good")
    if state is not None and state.bars is not None:
        if light is Light.GREY or is_barred(state, light):
            return state, []
        state = None
    steps: list[Step] = []
    if state is not None and light is not Light.GREY and state.seen is Light.GREY:  # the grey that ends now may have been long
        state, steps = _darkened(not_after(state, now), policy, now)
    if state is None:
        if light in (Light.GREEN, Light.GREY):
            return None, []
        state = AlertState(light, now, now, condition=Condition.PENDING, seen=light)
    state = not_after(state, now)
    if light is Light.GREY:
        state = replace(state, seen=light, grey_since=now if state.grey_since is None else state.grey_since)
        return _darkened(state, policy, now)
    moved, more = _settled(_seen(state, observation, policy, now), policy, now)
    if state.is_stale and not more and moved is not None:
        more = [Step(Why.FRESH, state, moved)]
    return moved, [*steps, *more]


def tick(state: AlertState, policy: Policy, now: int, is_judged: bool = True) -> Moved:
    """What time alone does. is_judged False: nothing is known of the light now (a store is down), so only the handling moves on."""
    if not state.is_watched or state.bars is not None:
        return state, []
    state = not_after(state, now)
    moved: AlertState | None = state
    steps: list[Step] = []
    if is_judged:
        moved, steps = _darkened(state, policy, now) if state.seen is Light.GREY else _settled(state, policy, now)
    if moved is None or moved.condition is not Condition.FIRING:
        return moved, steps
    answered, more = _handled(moved, policy, now, has_told=any(step.is_told for step in steps))
    return answered, [*steps, *more]


def due_at(state: AlertState, policy: Policy) -> int | None:
    """The next moment [µs] at which `tick` has something to do; None: never without a verdict."""
    if not state.is_watched or state.bars is not None:
        return None
    return min((*_hold_ends(state, policy), *_handling_ends(state, policy)), default=None)


def shifted(state: AlertState, by_us: int) -> AlertState:
    """The same alert after the clock jumped: everything that counts from a moment counts on. Moments that people read (opened, changed) stay."""

    def moved(at: int | None) -> int | None:
        return None if at is None else at + by_us

    def run(each: Run) -> Run:
        return replace(each, since=each.since + by_us)

    return replace(
        state, at_least={light: run(r) for light, r in state.at_least.items()}, at_most={light: run(r) for light, r in state.at_most.items()},
        clear=None if state.clear is None else run(state.clear), grey_since=moved(state.grey_since), acked_at=moved(state.acked_at),
        episode_at=moved(state.episode_at), told_at=moved(state.told_at),
    )  # fmt: skip


def not_after(state: AlertState, now: int) -> AlertState:
    """The clock went back unseen: what counts from a moment to come counts from now."""

    def held(at: int | None) -> int | None:
        return None if at is None else min(at, now)

    def runs(of: Mapping[Light, Run]) -> Mapping[Light, Run]:
        return {light: replace(r, since=min(r.since, now)) for light, r in of.items()}

    return replace(
        state, at_least=runs(state.at_least), at_most=runs(state.at_most),
        clear=None if state.clear is None else replace(state.clear, since=min(state.clear.since, now)), grey_since=held(state.grey_since),
        acked_at=held(state.acked_at), episode_at=held(state.episode_at), told_at=held(state.told_at),
    )  # fmt: skip


def is_in_band(observation: Observation, policy: Policy) -> bool:
    """Whether a green value lies so near its limit that it does not count as clear; unknown value or limit: no band. For either direction."""
    if observation.value is None or observation.limit is None:
        return False
    width = max(policy.band * abs(observation.limit), policy.band_abs)
    return width > 0 and abs(observation.value - observation.limit) <= width


def _seen(state: AlertState, observation: Observation, policy: Policy, now: int) -> AlertState:
    """The runs after a light that is known."""
    light, most = observation.light, max(policy.hold_count, policy.red_hold_count, policy.clear_count)
    is_new = observation.stamp != state.stamp or not observation.stamp

    def run(old: Run | None) -> Run:
        if old is None:
            return Run(now)
        return replace(old, count=old.count + 1) if is_new and old.count < most else old

    at_least = {each: run(state.at_least.get(each)) for each in LEVELS if SEVERITY[light] >= SEVERITY[each]}
    at_most = {each: run(state.at_most.get(each)) for each in LEVELS[:-1] if SEVERITY[light] <= SEVERITY[each]}
    clear = run(state.clear) if light is Light.GREEN and not is_in_band(observation, policy) else None
    # a stamp is kept only where facts are counted
    stamp = observation.stamp if most > 1 else ""
    level = light if state.condition is Condition.PENDING and light is not Light.GREEN else state.level
    return replace(
        state, level=level, seen=light, at_least=at_least, at_most=at_most, clear=clear, stamp=stamp, grey_since=None, is_stale=False
    )  # fmt: skip


def _settled(state: AlertState, policy: Policy, now: int) -> Moved:
    """Whether the runs are long enough for another condition or level."""
    if state.condition is Condition.PENDING:
        if state.seen is Light.GREEN:
            return None, []
        top = _top(state, policy, now)
        return (state, []) if top is None else _told_level(state, Why.OPENED, top, now)
    if state.clear is not None:
        return _cleared(state, state.clear, policy, now)
    firing = replace(state, condition=Condition.FIRING)
    top = _top(state, policy, now)
    if top is not None and SEVERITY[top] > SEVERITY[state.level]:
        return _told_level(firing, Why.WORSENED, top, now, state)
    lower = _lower(state, policy, now)
    if lower is not None:
        eased = replace(firing, level=lower, changed_at=now, told_at=now)
        return eased, [Step(Why.EASED, state, eased)]
    if state.condition is Condition.RECOVERING:
        return firing, [Step(Why.RELAPSED, state, firing)]
    return firing, []


def _cleared(state: AlertState, clear: Run, policy: Policy, now: int) -> Moved:
    if _is_held(clear, policy.clear_s, policy.clear_count, now):
        resolved = ended(state, now)
        return resolved, [Step(Why.RESOLVED, state, resolved)]
    if state.condition is Condition.RECOVERING:
        return state, []
    recovering = replace(state, condition=Condition.RECOVERING)
    return recovering, [Step(Why.RECOVERING, state, recovering)]


def _told_level(state: AlertState, why: Why, level: Light, now: int, before: AlertState | None = None) -> Moved:
    """Opened or worsened: a new episode, nobody has answered yet."""
    after = replace(
        state, level=level, condition=Condition.FIRING, changed_at=now, opened_at=now if why is Why.OPENED else state.opened_at,
        handling=Handling.UNACKED, acked_by="", acked_at=None, episode_at=now, steps_done=0, told_at=now,
    )  # fmt: skip
    return after, [Step(why, before, after)]


def _darkened(state: AlertState, policy: Policy, now: int) -> Moved:
    """Grey: the level stays. Grey for long: nothing that was counted counts on."""
    since = now if state.grey_since is None else state.grey_since
    if state.is_stale or now - since < _us(policy.stale_s):
        return state, []
    if state.condition is Condition.PENDING:
        return None, []
    stale = replace(state, condition=Condition.FIRING, is_stale=True, at_least={}, at_most={}, clear=None, stamp="")
    return stale, [Step(Why.STALE, state, stale)]


def _handled(state: AlertState, policy: Policy, now: int, has_told: bool) -> tuple[AlertState, list[Step]]:
    """Time-out of the acknowledgement, steps of the escalation, reminders; of a firing alert."""
    state = replace(
        state, episode_at=now if state.episode_at is None else state.episode_at, told_at=now if state.told_at is None else state.told_at,
        acked_at=now if state.acked_at is None and state.handling is Handling.ACKED else state.acked_at,
    )  # fmt: skip
    steps: list[Step] = []

    def take(why: Why, after: AlertState) -> AlertState:
        steps.append(Step(why, state, after))
        return after

    if state.handling is Handling.ACKED:
        if state.level is Light.RED and _is_over(state.acked_at, policy.ack_timeout_s, now):
            fresh = replace(state, handling=Handling.UNACKED, acked_by="", acked_at=None, episode_at=now, steps_done=0, told_at=now)
            state = take(Why.UNACKED, fresh)
        return state, steps
    if state.level is Light.RED:
        while state.steps_done < len(policy.escalate_s) and _is_over(state.episode_at, policy.escalate_s[state.steps_done], now):
            state = take(Why.ESCALATED, replace(state, steps_done=state.steps_done + 1, told_at=now))
    is_reminded = state.level is Light.RED or policy.repeats_yellow
    if is_reminded and not steps and not has_told and _is_over(state.told_at, policy.repeat_s, now):
        state = take(Why.REPEATED, replace(state, told_at=now))
    return state, steps


def _hold_ends(state: AlertState, policy: Policy) -> Iterator[int]:
    if state.seen is Light.GREY:
        if not state.is_stale and state.grey_since is not None:
            yield state.grey_since + _us(policy.stale_s)
        return
    is_pending = state.condition is Condition.PENDING
    for level, run in state.at_least.items():
        hold_s, count = _hold(policy, level)
        if run.count >= count and (is_pending or SEVERITY[level] > SEVERITY[state.level]):
            yield run.since + _us(hold_s)
    if is_pending:
        return
    if state.clear is not None and state.clear.count >= policy.clear_count:
        yield state.clear.since + _us(policy.clear_s)
    for level, run in state.at_most.items():
        if state.seen in LEVELS and SEVERITY[level] < SEVERITY[state.level]:
            yield run.since + _us(policy.ease_s)


def _handling_ends(state: AlertState, policy: Policy) -> Iterator[int]:
    if state.condition is not Condition.FIRING:
        return
    is_red = state.level is Light.RED
    if None in (state.episode_at, state.told_at) or (state.handling is Handling.ACKED and state.acked_at is None):
        yield state.changed_at  # an alert of an older release: at once
    if state.handling is Handling.ACKED:
        if is_red and policy.ack_timeout_s is not None and state.acked_at is not None:
            yield state.acked_at + _us(policy.ack_timeout_s)
        return
    if is_red and state.steps_done < len(policy.escalate_s) and state.episode_at is not None:
        yield state.episode_at + _us(policy.escalate_s[state.steps_done])
    if (is_red or policy.repeats_yellow) and policy.repeat_s is not None and state.told_at is not None:
        yield state.told_at + _us(policy.repeat_s)


def _top(state: AlertState, policy: Policy, now: int) -> Light | None:
    """The worst level that was held long enough."""
    held = [level for level, run in state.at_least.items() if _is_held(run, *_hold(policy, level), now)]
    return max(held, key=lambda level: SEVERITY[level], default=None)


def _lower(state: AlertState, policy: Policy, now: int) -> Light | None:
    """The mildest level under the told one that the light has been at most for long enough; None while it is not bad now."""
    if state.seen not in LEVELS:
        return None
    held = [level for level, run in state.at_most.items() if SEVERITY[level] < SEVERITY[state.level] and _is_held(run, policy.ease_s, 1, now)]
    return min(held, key=lambda level: SEVERITY[level], default=None)


def _hold(policy: Policy, level: Light) -> tuple[float, int]:
    return (policy.red_hold_s, policy.red_hold_count) if level is Light.RED else (policy.hold_s, policy.hold_count)


def _is_held(run: Run, hold_s: float, count: int, now: int) -> bool:
    return run.count >= count and now - run.since >= _us(hold_s)


def _is_over(since: int | None, limit_s: float | None, now: int) -> bool:
    return since is not None and limit_s is not None and now - since >= _us(limit_s)


def _us(seconds: float) -> int:
    return round(seconds * SECOND_US)
