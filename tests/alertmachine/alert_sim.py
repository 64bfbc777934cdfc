"""An alert lived through in memory, with everything that was seen of its matter beside it, so that laws can be checked against plain history."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from tricolor.adapters.ledger.alert_rows import state_of, values_of
from tricolor.domain.alert_machine import Observation, due_at, is_in_band, observe, tick
from tricolor.domain.alert_policy import Policy
from tricolor.domain.alerts import AlertState, Step, acknowledge, close, forward
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import SEVERITY, Light

S = SECOND_US
BAD = (Light.YELLOW, Light.ORANGE, Light.RED)
LIMIT = 100.0

seconds = st.sampled_from([0.0, 0.0, 0.0, 0.0, 10.0, 25.0, 60.0])
counts = st.sampled_from([1, 1, 1, 2, 3])
policies = st.builds(
    Policy, hold_s=seconds, hold_count=counts, red_hold_s=seconds, red_hold_count=counts, ease_s=seconds, clear_s=seconds,
    clear_count=counts, band=st.sampled_from([0.0, 0.1]), band_abs=st.sampled_from([0.0, 5.0]), stale_s=st.sampled_from([0.0, 15.0]),
    ack_timeout_s=st.sampled_from([None, 30.0, 90.0]), repeat_s=st.sampled_from([None, 20.0]),
    escalate_s=st.sampled_from([(), (15.0,), (15.0, 40.0), (5.0, 10.0, 60.0)]), repeats_yellow=st.booleans(),
)  # fmt: skip
seen = st.builds(
    lambda light, near, fact: Observation(light, LIMIT - 3 if near else LIMIT - 50, LIMIT, fact), st.sampled_from([*[Light.RED] * 4, *list(Light)]), st.booleans(),
    st.sampled_from(["", "a", "b", "c"]),
)  # fmt: skip
deeds = st.sampled_from(["tick", "tick", "tick", "ack", "ack", "forward", "close"])
events = st.lists(st.tuples(st.integers(0, 40), st.one_of(seen, seen, deeds)), min_size=3, max_size=30)


@dataclass
class Life:
    """An alert under one policy. is_restarted: its state goes through a row of the ledger after every event."""

    policy: Policy
    is_restarted: bool = False
    now: int = 1_000 * S
    state: AlertState | None = None
    steps: list[tuple[int, Step]] = field(default_factory=list)
    history: list[tuple[int, Observation]] = field(default_factory=list)

    def do(self, after_s: int, what: Observation | str) -> list[Step]:
        """Like a round of the judge: what is seen, then what time does; or a person's deed."""
        self.now += after_s * S
        found: list[Step] = []
        if isinstance(what, Observation):
            self.history.append((self.now, what))
            self.state, found = observe(self.state, what, self.policy, self.now)
        elif self.state is not None and self.state.is_open:
            found = self._deed(what)
        self._keep()
        if self.state is not None:
            self.state, more = tick(self.state, self.policy, self.now)
            found = [*found, *more]
            self._keep()
        self.steps += [(self.now, each) for each in found]
        return found

    def _deed(self, what: str) -> list[Step]:
        assert self.state is not None
        step = {
            "ack": lambda s: acknowledge(s, "li", self.now), "forward": lambda s: forward(s, "li", "wang"),
            "close": lambda s: close(s, "li", "done", self.now), "tick": lambda s: None,
        }[what](self.state)  # fmt: skip
        if step is None:
            return []
        self.state = step.after
        return [step]

    def _keep(self) -> None:
        if self.state is not None and not self.state.is_watched:
            self.state = None
        if self.state is not None and self.is_restarted and not self.state.bars:
            self.state = through_the_ledger(self.state, self.policy)


def live(policy: Policy, story: list, is_restarted: bool = False) -> Life:
    life = Life(policy, is_restarted)
    for after_s, what in story:
        life.do(after_s, what)
    return life


def through_the_ledger(state: AlertState, policy: Policy) -> AlertState:
    import json

    row = values_of(state, policy, state.level)
    assert row["due_at"] == due_at(state, policy)
    return state_of({**row, "runs": json.loads(json.dumps(row["runs"]))})  # type: ignore[arg-type]


def is_clear(of: Observation, policy: Policy) -> bool:
    return of.light is Light.GREEN and not is_in_band(of, policy)


def run_of(history: list[tuple[int, Observation]], holds, policy: Policy, now: int) -> tuple[int | None, int]:
    """Since when `holds` has been true of everything known, and on how many facts; a grey as long as stale_s breaks it. By plain reading."""
    since, count, grey_at, last = None, 0, None, None
    for at, each in history:
        if each.light is Light.GREY:
            grey_at = at if grey_at is None else grey_at
            continue
        if grey_at is not None and at - grey_at >= policy.stale_s * S:
            since, count, last = None, 0, None
        grey_at = None
        if not holds(each):
            since, count = None, 0
        elif since is None:
            since, count = at, 1
        elif not each.stamp or each.stamp != last:
            count += 1
        last = each.stamp
    if grey_at is not None and now - grey_at >= policy.stale_s * S:
        return None, 0
    return since, count


def at_least(level: Light):
    return lambda each: SEVERITY[each.light] >= SEVERITY[level]


def at_most(level: Light):
    return lambda each: SEVERITY[each.light] <= SEVERITY[level]
