"""From verdicts to alerts to messages: what is followed, whom it is routed to, and the words they get."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import structlog

from alerting.corrections import Corrector
from alerting.evaluate import TIMED_RULES, Evaluation, Evaluator
from alerting.rules import said_rule
from tricolor.catalogue.plans import Plan
from tricolor.domain.alerts import Why
from tricolor.domain.entities import Contact, Registry
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.notifications import DUTY, Draft, Matter, Recipient, draft
from tricolor.ports import AlertChange, AlertFollower

INBOX, WEBHOOK = "inbox", "webhook"
REFRESH_US = 60 * SECOND_US  # verdicts on stored results that did not change are confirmed this often
RECONCILE_US = 600 * SECOND_US  # everything is compared with the ledger this often
KEPT_UP = 1_000  # so many states of now are all written once a minute; of more, only those that are not green
log = structlog.get_logger("alerting")


def contacts_for(registry: Registry, plan: Plan, rule: str, entity_id: str) -> list[Contact]:
    """Contacts of the departments that answer for the rule there, in the plan's order, then those of the entity itself."""
    entity = registry.entities.get(entity_id)
    places = (entity_id,) if entity is None else (entity_id, entity.region_id, entity.park_id)
    owners = [d.id for d in plan.departments_for(rule, *(p for p in places if p))] + [entity_id]
    return [c for owner in dict.fromkeys(owners) for c in registry.contacts.values() if c.of == owner]


@dataclass(frozen=True, slots=True)
class Said:
    """What a round hands over. rules: those of which these are all the verdicts; withdrawn: matters that are no longer judged."""

    verdicts: list[Verdict]
    rules: list[str]
    withdrawn: list[str]


class Router:
    """Who gets a message of a change, and what it says. links: the address that people open, without a trailing slash."""

    def __init__(self, plan: Plan, links: str, webhook_url: str = "") -> None:
        self._plan, self._links, self._webhook_url = plan, links, webhook_url

    def recipients(self, registry: Registry, change: AlertChange, told: Sequence[Recipient]) -> list[Recipient]:
        """Good news goes to those who had the bad; bad news to everyone who answers for it, to the duty desk where nobody does."""
        if change.step.why in (Why.EASED, Why.RESOLVED) and told:
            return list(told)
        contacts = contacts_for(registry, self._plan, change.rule, change.entity)
        found = [Recipient(INBOX, c.id, c.id) for c in contacts] or [Recipient(INBOX, DUTY, DUTY)]
        return [*found, Recipient(WEBHOOK, self._webhook_url, WEBHOOK)] if self._webhook_url else found

    def compose(self, registry: Registry) -> Callable[[AlertChange, Sequence[Recipient]], list[Draft]]:
        """The messages of a change, for AlertFollower.follow."""

        def messages(change: AlertChange, told: Sequence[Recipient]) -> list[Draft]:
            matter = self._matter(registry, change)
            return [draft(matter, to) for to in self.recipients(registry, change, told)]

        return messages

    def _matter(self, registry: Registry, change: AlertChange) -> Matter:
        entity = registry.entities.get(change.entity)
        rule_zh, rule_en = said_rule(change.rule, change.indicator)
        name_zh = entity.name_cn if entity else change.entity
        name_en = (entity.name_en if entity else "") or name_zh
        return Matter(
            alert_id=change.alert_id, why=change.step.why, light=change.step.after.level, entity=change.entity, name_zh=name_zh, name_en=name_en,
            rule=change.rule, rule_zh=rule_zh, rule_en=rule_en, indicator=change.indicator, reason_zh=change.reason_zh,
            reason_en=change.reason_en, at=change.at, link=f"{self._links}/alerts/{change.alert_id}",
        )  # fmt: skip


class Judge:
    """One round: judge, then commit what became other verdicts, their steps and messages together. A round that fails to commit is written anew.

    Everything is handed over at the start and every RECONCILE_US, so that what somebody else wrote meanwhile is put right; in between only what
    changed, and once a minute the word that the rest still stands.
    """

    def __init__(self, evaluator: Evaluator, follower: AlertFollower, router: Router, corrector: Corrector | None = None) -> None:
        self._evaluator, self._follower, self._router, self._corrector = evaluator, follower, router, corrector
        self._written: dict[str, Verdict] = {}
        self._timed: dict[str, tuple[Verdict, int]] = {}
        self._committed: tuple[object, ...] = ()
        self._rules: frozenset[str] = frozenset()
        self._reconciled_at: int | None = None
        self._confirmed_at: int | None = None

    def run_once(self, now: int) -> list[AlertChange]:
        """The steps that alerts took; TryAgain when a store is down, then nothing was written."""
        found = self._evaluator.evaluate(now)
        compose = self._router.compose(found.registry)
        is_whole = self._is_due(self._reconciled_at, now, RECONCILE_US) or frozenset(found.rules) != self._rules
        is_confirming = is_whole or self._is_due(self._confirmed_at, now, REFRESH_US)
        said = _whole(found) if is_whole else self._changed(found, now)
        confirmed = list(found.rules) if is_confirming else []
        changes: list[AlertChange] = []
        if said.verdicts or said.withdrawn or said.rules or confirmed:
            changes = self._follower.follow(
                said.verdicts, said.rules, now, attrgetter("is_binding"), compose, withdrawn=said.withdrawn, confirmed=confirmed
            )  # fmt: skip
        self._remember(found, said, now, is_whole, is_confirming)
        for change in changes:
            log.info("alert", why=change.step.why, alert=change.alert_id, matter=change.fingerprint, light=change.step.after.level)
        if self._corrector is not None and self._evaluator.material is not None:
            self._corrector.run_once(self._evaluator.material, self._evaluator.marks, self._evaluator.engine.rules, now)
        return changes

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
