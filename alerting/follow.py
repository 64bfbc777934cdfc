"""Rounds of judging: verdicts move alerts, then time does, then closed periods are judged again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

import structlog

from alerting.clock import ClockWatch
from alerting.corrections import Corrector
from alerting.evaluate import TIMED_RULES, Evaluation, Evaluator
from alerting.routing import Router
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light, Verdict
from tricolor.ports import AlertChange
from tricolor.ports_alerting import AlertFollower, AlertTimers, Notices

REFRESH_US = 60 * SECOND_US  # verdicts on stored results that did not change are confirmed this often
RECONCILE_US = 600 * SECOND_US  # everything is compared with the ledger this often
KEPT_UP = 1_000  # so many states of now are all written once a minute; of more, only those that are not green
TICK_MAX = 5_000  # alerts that time moves in one round
log = structlog.get_logger("alerting")


@dataclass(frozen=True, slots=True)
class Said:
    """What a round hands over. rules: those of which these are all the verdicts; withdrawn: matters that are no longer judged."""

    verdicts: list[Verdict]
    rules: list[str]
    withdrawn: list[str]


class Follower(AlertFollower, AlertTimers, Protocol):
    """Where verdicts and time move alerts."""


class Judge:
    """One round: judge, then commit what became other verdicts, their steps and notices together; then what time alone does. A round that fails to
    commit is written anew.

    Everything is handed over at the start and every RECONCILE_US, so that what somebody else wrote meanwhile is put right; in between only what
    changed, and once a minute the word that the rest still stands. told: called after a commit that may have made messages; monotonic: seconds of
    a clock that nobody sets, None: the time given is never set; shifts: what else counts from moments and is moved when the clock was set; beside:
    rules that somebody else in this process judges, as long as he gets through. What time does to the alerts of a rule that nobody judges now waits.
    """

    def __init__(
        self, evaluator: Evaluator, follower: Follower, router: Router, corrector: Corrector | None = None, told: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] | None = None, shifts: Sequence[Callable[[int, int], object]] = (),
        beside: Callable[[int], Sequence[str]] = lambda _now: (),
    ) -> None:  # fmt: skip
        self._evaluator, self._follower, self._router, self._corrector = evaluator, follower, router, corrector
        self._told, self._beside = told, beside
        self._clock = ClockWatch(monotonic, () if monotonic is None else (follower.shift, *shifts))
        self._written: dict[str, Verdict] = {}
        self._timed: dict[str, tuple[Verdict, int]] = {}
        self._committed: tuple[object, ...] = ()
        self._rules: frozenset[str] = frozenset()
        self._reconciled_at: int | None = None
        self._confirmed_at: int | None = None

    def run_once(self, now: int) -> list[AlertChange]:
        """The steps that alerts took; TryAgain when a store is down, then nothing was judged and only time-outs, reminders and escalation
        went on."""
        self._clock.follow(now)
        try:
            found = self._evaluator.evaluate(now)
            notices = self._router.notices(found.registry)
            changes = self._follow(found, notices, now)
        except Exception:  # whatever keeps us from judging must not keep people from being asked again
            self._tick_unjudged(now)
            raise
        try:
            changes += self._follower.tick(now, TICK_MAX, notices, judged={*found.rules, *self._beside(now)})
        finally:
            self._commit(changes, found.registry, now)
        if self._corrector is not None and self._evaluator.material is not None:
            self._corrector.run_once(self._evaluator.material, self._evaluator.marks, self._evaluator.engine.rules, now)
        return changes

    def _follow(self, found: Evaluation, notices: Notices, now: int) -> list[AlertChange]:
        is_whole = self._is_due(self._reconciled_at, now, RECONCILE_US) or frozenset(found.rules) != self._rules
        is_confirming = is_whole or self._is_due(self._confirmed_at, now, REFRESH_US)
        said = _whole(found) if is_whole else self._changed(found, now)
        confirmed = list(found.rules) if is_confirming else []
        changes: list[AlertChange] = []
        if said.verdicts or said.withdrawn or said.rules or confirmed:
            changes = self._follower.follow(
                said.verdicts, said.rules, now, attrgetter("is_binding"), notices, withdrawn=said.withdrawn, confirmed=confirmed
            )  # fmt: skip
        self._remember(found, said, now, is_whole, is_confirming)
        return changes

    def _commit(self, changes: Sequence[AlertChange], registry: Registry, now: int) -> None:
        """After a commit: what was done, and whom nobody could be found for."""
        for change in changes:
            log.info("alert", why=change.step.why, alert=change.alert_id, matter=change.fingerprint, light=change.step.after.level)
        self._router.report(registry, now)
        if changes:
            self._told()

    def _tick_unjudged(self, now: int) -> None:
        """Time-outs, reminders, escalation and people's deeds, also where nothing was ever judged since the start."""
        registry = self._evaluator.registry
        if registry is not None:
            changes = self._follower.tick(now, TICK_MAX, self._router.notices(registry), judged=self._beside(now))
            self._commit(changes, registry, now)

    @staticmethod
    def _is_due(last: int | None, now: int, every_us: int) -> bool:
        return last is None or not 0 <= now - last < every_us

    def _changed(self, found: Evaluation, now: int) -> Said:
        """What is not in the ledger yet as far as this process knows. A moving value of a state is kept up once a minute; of a
        green one only where there are few."""
        is_small = len(found.timed) <= KEPT_UP
        verdicts = [v for v in found.timed if self._is_news(v, now, is_small)]
        now_timed = {v.fingerprint for v in found.timed}
        withdrawn = [name for name in self._timed if name not in now_timed] if set(TIMED_RULES) <= set(found.rules) else []
        if found.basis != self._committed:
            standing = {v.fingerprint: v for v in found.stored}
            verdicts += [v for name, v in standing.items() if (old := self._written.get(name)) is not v and old != v]
            withdrawn += [name for name in self._written if name not in standing]
        return Said(verdicts, [], withdrawn)

    def _is_news(self, verdict: Verdict, now: int, is_small: bool) -> bool:
        old, at = self._timed.get(verdict.fingerprint, (None, 0))
        if old is None or old.light is not verdict.light or old.unit != verdict.unit:
            return True
        return (is_small or verdict.light is not Light.GREEN) and old != verdict and self._is_due(at, now, REFRESH_US)

    def _remember(self, found: Evaluation, said: Said, now: int, is_whole: bool, is_confirming: bool) -> None:
        if is_whole or found.basis != self._committed:
            self._written = {v.fingerprint: v for v in found.stored}
            self._committed = found.basis
        if is_whole:
            self._timed, self._rules, self._reconciled_at = {}, frozenset(found.rules), now
        for name in said.withdrawn:
            self._timed.pop(name, None)
        self._timed |= {v.fingerprint: (v, now) for v in said.verdicts if v.rule in TIMED_RULES}
        if is_confirming:
            self._confirmed_at = now


def _whole(found: Evaluation) -> Said:
    return Said([*found.stored, *found.timed], list(found.rules), [])
