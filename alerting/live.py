"""The real-time path: watched points are looked at several times a second, and what became another light is followed at once."""

from collections.abc import Callable, Mapping
from operator import attrgetter

import numpy as np
import numpy.typing as npt
import structlog

from alerting.clock import ClockWatch
from alerting.gather_emissions import limited
from alerting.live_points import Watched, permit_points, supply_points
from alerting.routing import Router
from alerting.rules import instant
from tricolor.catalogue.plans import Plan
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import MINUTE_US, SECOND_US, Interval, from_us, local_day
from tricolor.domain.lights import Verdict
from tricolor.domain.meters import Point
from tricolor.domain.readings import Quality, ReadingBatch
from tricolor.ports import AlertChange, ReadingStore, RegistryBook
from tricolor.ports_alerting import AlertFollower
from tricolor.ports_emissions import PermitBook

CLOSE_US = 30 * SECOND_US  # looked at in every round
NEAR_US, NEAR_EVERY_US = 120 * SECOND_US, SECOND_US  # once a second, for gateways that collect; what comes later is found by the whole look
WHOLE_US = 30 * SECOND_US  # how often everything that is fresh is looked at, and the list of points made anew
AHEAD_US = 10 * MINUTE_US  # clocks of meters may be ahead
CONFIRM_US = 60 * SECOND_US  # a value that moves under the same light is written this often; in the light's first minute always
RESTING = 1e-9
REST_S = 120.0  # nothing flowed for so long, and for two readings of its meter: it is at rest; one zero may be a slip of the transmitter
CURRENT_US = 10 * SECOND_US  # a look is a word about now for so long
Newest = Mapping[int, tuple[int, float]]
log = structlog.get_logger("alerting")


class LiveWatch:
    """Judges the newest readings of watched points. told: called after a commit that may have made messages; clock: followed before each look, for
    what is written under a new time can no longer be told from what was written under the old one."""

    def __init__(
        self, registry: RegistryBook, readings: ReadingStore, permits: PermitBook, plan: Plan, follower: AlertFollower, router: Router,
        told: Callable[[], None] = lambda: None, clock: ClockWatch | None = None,
    ) -> None:  # fmt: skip
        self.clock = clock or ClockWatch(None, ())
        self._book, self._readings, self._permits, self._plan = registry, readings, permits, plan
        self._follower, self._router, self._told = follower, router, told
        self._thresholds = instant.InstantThresholds(float(plan.thresholds_of(instant.RULE)["fresh_s"]))
        self._registry: Registry | None = None
        self._watched: tuple[Watched, ...] = ()
        self._basis: tuple[object, ...] = ()
        self._newest: dict[int, tuple[int, float]] = {}
        self._zero_since: dict[int, int] = {}  # flow points that read nothing, since which reading
        self._is_new = False  # other points are watched than the ledger heard of
        self._looked_at: int | None = None
        self._said: dict[str, tuple[Verdict, int, int]] = {}  # with when it was written and when its light began
        self._judgements: dict[int, tuple[tuple[int, float | None, bool], Verdict | None]] = {}  # by place among the watched, with what was read
        self._whole_at: int | None = None
        self._near_at: int | None = None

    def run_once(self, now: int) -> list[AlertChange]:
        """The steps that alerts took; TryAgain when a store is down, then the same is found again in the next round."""
        self.clock.follow(now)
        is_whole = self._whole_at is None or not 0 <= now - self._whole_at < WHOLE_US
        if is_whole and self._find_points(now):
            self._is_new = True
        changes: list[AlertChange] = []
        if self._watched or self._is_new:
            self._look(now, is_whole)
            changes = self._follow(now)
        if is_whole:
            self._whole_at = now
        self._looked_at = now
        for change in changes:
            log.info("alert", why=change.step.why, alert=change.alert_id, matter=change.fingerprint, light=change.step.after.level)
        if changes:
            assert self._registry is not None
            self._told()
            self._router.report(self._registry, now)
        return changes

    def judged(self, now: int) -> tuple[str, ...]:
        """Rules whose lights are known to be those of now: none while the looks fail."""
        at = self._looked_at
        return (instant.RULE,) if at is not None and abs(now - at) <= CURRENT_US else ()

    def _follow(self, now: int) -> list[AlertChange]:
        """Hands over what became another light; not committed, it is found again in the next round."""
        is_new = self._is_new
        verdicts = self._judged(now, is_new)
        news = list(verdicts.values()) if is_new else [v for v in verdicts.values() if self._is_news(v, now)]
        gone = [] if is_new else [name for name in self._said if name not in verdicts]
        if not (news or gone or is_new):
            return []
        assert self._registry is not None
        # the first word after the points changed is about all of them: what is no longer watched is withdrawn
        rules = [instant.RULE] if is_new else []
        changes = self._follower.follow(news, rules, now, attrgetter("is_binding"), self._router.notices(self._registry), withdrawn=gone)
        kept = {name: said for name, said in self._said.items() if name in verdicts}
        self._said = kept | {v.fingerprint: (v, now, self._since(v, now)) for v in news}
        self._is_new = False
        return changes

    def _find_points(self, now: int) -> bool:
        """Whether the watched points or their limits are others than before."""
        basis = (self._book.version(), self._permits.version(), local_day(now))
        if basis == self._basis:
            return False
        registry = self._book.load()
        found = supply_points(registry, self._plan.rules.supply_temperature, now)
        watched = (*found, *permit_points(limited(registry, self._permits), now))
        is_new = watched != self._watched or not self._basis
        self._registry, self._watched, self._basis = registry, watched, basis
        if is_new:
            self._judgements = {}
        return is_new

    def _look(self, now: int, is_whole: bool) -> None:
        keys = sorted({p.key for w in self._watched for p in (w.point, w.flow) if p is not None})
        is_near = is_whole or self._near_at is None or not 0 <= now - self._near_at < NEAR_EVERY_US
        reach = round(self._thresholds.fresh_s * SECOND_US) if is_whole else NEAR_US if is_near else CLOSE_US
        batch = self._readings.read(keys, Interval(now - reach, now + AHEAD_US))
        self._near_at = now if is_near else self._near_at
        point, at, value = _in_order(batch.take(batch.quality <= Quality.MANUAL))
        if is_whole:
            self._newest.clear()
            self._zero_since.clear()
        if not len(point):
            return
        last = np.append(np.flatnonzero(np.diff(point)), len(point) - 1)
        for key, when, what in zip(point[last].tolist(), at[last].tolist(), value[last].tolist(), strict=True):
            if when >= self._newest.get(key, (when, 0.0))[0]:
                self._newest[key] = (when, what)
        flows = np.unique([w.flow.key for w in self._watched if w.flow is not None]).astype(np.int64)
        starts, ends = np.searchsorted(point, flows), np.searchsorted(point, flows, "right")
        for key, start, end in zip(flows.tolist(), starts.tolist(), ends.tolist(), strict=True):
            self._note_rest(key, at[start:end], np.abs(value[start:end]) <= RESTING)

    def _note_rest(self, key: int, at: npt.NDArray[np.int64], is_zero: npt.NDArray[np.bool_]) -> None:
        """Since which reading nothing flows, from readings sorted by time."""
        if not len(at):
            return
        flowing = np.flatnonzero(~is_zero)
        if not len(flowing):
            self._zero_since.setdefault(key, int(at[0]))
        elif flowing[-1] == len(at) - 1:
            self._zero_since.pop(key, None)
        else:
            self._zero_since[key] = int(at[flowing[-1] + 1])

    def _judged(self, now: int, is_new: bool) -> dict[str, Verdict]:
        """What is to be said. While a meter reads no flow, and not yet for long enough to be at rest, the last word stands."""
        found: dict[str, Verdict] = {}
        for place, watched in enumerate(self._watched):
            rested_us = self._rested_us(watched, now)
            verdict = self._verdict(place, watched, now, rested_us)
            if verdict is None:
                continue
            name = verdict.fingerprint
            if rested_us is None or is_new:
                found[name] = verdict
            elif name in self._said:
                found[name] = self._said[name][0]
        return found

    def _rested_us(self, of: Watched, now: int) -> int | None:
        """How long its meter has read no flow; None while something flows or nothing is known of it."""
        if of.flow is None or self._fresh(of.flow.key, now)[1] is None or of.flow.key not in self._zero_since:
            return None
        return max(0, now - self._zero_since[of.flow.key])

    def _verdict(self, place: int, of: Watched, now: int, rested_us: int | None) -> Verdict | None:
        """What was said of the same reading stands: of ten thousand points few have another one by the next look."""
        at, value = self._fresh(of.point.key, now)
        is_resting = of.flow is not None and rested_us is not None and rested_us >= self._rest_us(of.flow)
        held = self._judgements.get(place)
        if held is None or held[0] != (at, value, is_resting):
            text = from_us(at).strftime("%m-%d %H:%M:%S") if at else ""
            facts = instant.InstantFacts(of.point.entity_id, of.point.id, of.point.unit, of.limit, value, at, text, is_resting)
            held = self._judgements[place] = ((at, value, is_resting), instant.judge(facts, self._thresholds))
        return held[1]

    def _rest_us(self, flow: Point) -> int:
        return round(min(max(REST_S, 2.0 * flow.plate.interval_s), self._thresholds.fresh_s / 2) * SECOND_US)

    def _fresh(self, key: int, now: int) -> tuple[int, float | None]:
        at, value = self._newest.get(key, (0, 0.0))
        return (at, value) if at and now - at <= self._thresholds.fresh_s * SECOND_US else (0, None)

    def _since(self, verdict: Verdict, now: int) -> int:
        old, _, since = self._said.get(verdict.fingerprint, (None, 0, 0))
        return since if old is not None and old.light is verdict.light else now

    def _is_news(self, verdict: Verdict, now: int) -> bool:
        """Another light at once, and every new fact of its first minute, for holds may count them; later once a minute."""
        old, at, since = self._said.get(verdict.fingerprint, (None, 0, 0))
        if old is None or old.light is not verdict.light:
            return True
        is_due = 0 <= now - since < CONFIRM_US or not 0 <= now - at < CONFIRM_US
        return is_due and old is not verdict and old != verdict


def _in_order(batch: ReadingBatch) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Points, times and values by point and time. What a clock that is ahead dates later than it came counts from when it came: else the meter would
    be believed to read that for minutes after its clock was set right."""
    at = np.minimum(batch.at, batch.received_at)
    if np.array_equal(at, batch.at):
        return batch.point, at, batch.value
    order = np.lexsort((batch.received_at, at, batch.point))
    return batch.point[order], at[order], batch.value[order]
