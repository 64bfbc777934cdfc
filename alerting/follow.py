"""From verdicts to alerts to messages: what is followed, whom it is routed to, and the words they get."""

from collections.abc import Callable, Sequence
from operator import attrgetter

import structlog

from alerting.evaluate import STORED_RULES, TIMED_RULES, Evaluation, Evaluator
from alerting.rules import rule_names
from tricolor.catalogue.plans import Plan
from tricolor.domain.alerts import Why
from tricolor.domain.entities import Contact, Registry
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Verdict
from tricolor.domain.notifications import DUTY, Draft, Matter, Recipient, draft
from tricolor.ports import AlertChange, AlertFollower

INBOX, WEBHOOK = "inbox", "webhook"
REFRESH_US = 60 * SECOND_US  # verdicts on stored results that did not change are confirmed this often
log = structlog.get_logger("alerting")


def contacts_for(registry: Registry, plan: Plan, rule: str, entity_id: str) -> list[Contact]:
    """Contacts of the departments that answer for the rule there, in the plan's order, then those of the entity itself."""
    entity = registry.entities.get(entity_id)
    places = (entity_id,) if entity is None else (entity_id, entity.region_id, entity.park_id)
    owners = [d.id for d in plan.departments_for(rule, *(p for p in places if p))] + [entity_id]
    return [c for owner in dict.fromkeys(owners) for c in registry.contacts.values() if c.of == owner]


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
        rule_zh, rule_en = rule_names().get(change.rule, (change.rule, change.rule))
        name_zh = entity.name_cn if entity else change.entity
        name_en = (entity.name_en if entity else "") or name_zh
        return Matter(
            alert_id=change.alert_id, why=change.step.why, light=change.step.after.level, entity=change.entity, name_zh=name_zh, name_en=name_en,
            rule=change.rule, rule_zh=rule_zh, rule_en=rule_en, indicator=change.indicator, reason_zh=change.reason_zh,
            reason_en=change.reason_en, at=change.at, link=f"{self._links}/alerts/{change.alert_id}",
        )  # fmt: skip


class Judge:
    """One round: judge, then commit verdicts, steps and messages together. A round that fails to commit is judged anew."""

    def __init__(self, evaluator: Evaluator, follower: AlertFollower, router: Router) -> None:
        self._evaluator, self._follower, self._router = evaluator, follower, router
        self._committed: tuple[object, ...] = ()
        self._confirmed_at: int | None = None

    def run_once(self, now: int) -> list[AlertChange]:
        """The steps that alerts took; TryAgain when a store is down, then nothing was written."""
        found = self._evaluator.evaluate(now)
        verdicts, rules = self._due(found, now)
        changes = self._follower.follow(verdicts, rules, now, attrgetter("is_binding"), self._router.compose(found.registry))
        if set(STORED_RULES) <= set(rules):
            self._committed, self._confirmed_at = found.basis, now
        for change in changes:
            log.info("alert", why=change.step.why, alert=change.alert_id, matter=change.fingerprint, light=change.step.after.level)
        return changes

    def _due(self, found: Evaluation, now: int) -> tuple[list[Verdict], list[str]]:
        """The verdicts worth writing: those on stored results only when their basis changed, or to confirm them now and then."""
        is_old = self._confirmed_at is None or not 0 <= now - self._confirmed_at < REFRESH_US
        if found.basis != self._committed or is_old:
            return [*found.stored, *found.timed], list(found.rules)
        return list(found.timed), [r for r in found.rules if r in TIMED_RULES]
