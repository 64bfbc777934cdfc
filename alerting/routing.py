"""Who gets a notice of a step, what it says, and why it is held: the router over plan, registry, roster, silences and standing alerts."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

import structlog

from alerting.amounts import amount_text
from alerting.rules import rule_names, said_rule
from tricolor.catalogue.alerting_tables import chain_of_plan
from tricolor.catalogue.plans import Plan
from tricolor.catalogue.workdays import kind_of
from tricolor.domain.alerts import Why
from tricolor.domain.channel_ways import Ways
from tricolor.domain.entities import Contact, Registry
from tricolor.domain.errors import TryAgain
from tricolor.domain.intervals import DAY_US, SECOND_US
from tricolor.domain.lights import Light
from tricolor.domain.notices import Notice, NoticeRow
from tricolor.domain.notifications import DUTY, Matter, Recipient
from tricolor.domain.roster import Calendar
from tricolor.domain.routing import INBOX, Ask, Chain, Directory, Duty, Route, RouteStep, Told, Watch, addresses_of, directory
from tricolor.domain.suppression import Held, Subject, inhibited, silenced
from tricolor.ports import AlertChange
from tricolor.ports_alerting import OperatorAlarms
from tricolor.ports_routing import RoutingBook, RoutingEntries

WEBHOOK: Final = "webhook"
NOBODY_KIND: Final = "nobody-to-tell"  # of operator alarms
NAMED_ALARMS: Final = 20  # so many get an alarm each; of more in one look, one alarm a rule
REPORT_US: Final = 600 * SECOND_US  # all standing reds are looked at this often
GOOD_NEWS: Final = frozenset({Why.EASED, Why.RESOLVED, Why.CLOSED})
AGAIN: Final = frozenset({Why.WORSENED, Why.UNACKED, Why.REPEATED})  # goes to every step of the chain that was told
OF_DATA: Final = frozenset({Why.STALE, Why.NO_DATA})
log = structlog.get_logger("alerting")
Notices = Callable[[AlertChange, Sequence[Recipient]], Sequence[Notice]]


class _NoEntries:
    """Routing by the registry alone: no roster, no addresses but the inbox, nothing is held."""

    def version(self) -> int:
        return 0

    def load(self, now: int) -> RoutingEntries:
        return RoutingEntries(0)

    def standing(self) -> list[Subject]:
        return []


class PlanDuties:
    """Who answers for what by the plan's list, in its order; looked up once for a rule and a place."""

    def __init__(self, plan: Plan, configured_bureau: str = "") -> None:
        self._plan, self._configured = plan, configured_bureau
        self._found: dict[tuple[str, ...], tuple[Duty, ...]] = {}

    def duties(self, registry: Registry, rule: str, entity: str) -> tuple[Duty, ...]:
        known = registry.entities.get(entity)
        places = (entity,) if known is None else tuple(p for p in (entity, known.region_id, known.park_id) if p)
        key = (rule, *places)
        if key not in self._found:
            where = {r.department: r.place for r in reversed(self._plan.responsibilities) if r.rule == rule and (not r.entity or r.entity in places)}
            departments = self._plan.departments_for(rule, *places)
            self._found[key] = tuple(Duty(d.id, d.name_cn, d.name_en, where.get(d.id, "")) for d in departments)
        return self._found[key]

    @cached_property
    def bureau(self) -> Duty | None:
        """The configured department, else the first that the plan's list names; None for a plan without departments."""
        named = {d.id: d for d in self._plan.departments}
        found = named.get(self._configured) or next(iter(self._plan.departments), None)
        return None if found is None else Duty(found.id, found.name_cn, found.name_en, found.place)


def contacts_for(registry: Registry, plan: Plan, rule: str, entity_id: str) -> list[Contact]:
    """Contacts of the departments that answer for the rule there, in the plan's order, then those of the entity itself; roster or not."""
    owners = [*(d.department for d in PlanDuties(plan).duties(registry, rule, entity_id)), entity_id]
    return [c for owner in dict.fromkeys(owners) for c in registry.contacts.values() if c.of == owner]


class Router:
    """Notices of steps. links: the address that people open, without a trailing slash; webhook: address of another system that gets every step, ""
    for none; book: None routes by the registry alone; ways: what is configured, None where that is not known."""

    def __init__(
        self, plan: Plan, links: str, webhook: str = "", book: RoutingBook | None = None, alarms: OperatorAlarms | None = None,
        chain: Chain | None = None, calendar: Calendar = kind_of, ways: Ways | None = None,
    ) -> None:  # fmt: skip
        self.chain = chain or chain_of_plan(plan)
        self._duties = PlanDuties(plan, self.chain.bureau)
        self._links, self._webhook, self._alarms, self._calendar = links, webhook, alarms, calendar
        self._ways, self._book = ways, book or _NoEntries()
        self._held: tuple[tuple[int, int], Directory] | None = None
        self._nobody: dict[str, tuple[str, str, str]] = {}
        self._reported_at: int | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(sorted(rule_names()))

    def notices(self, registry: Registry) -> Notices:
        """The notices of a change, for AlertFollower, given who was told of the alert before. Of one round: what stands is read once."""
        watches: dict[int, Watch] = {}
        standing: dict[str, dict[int, Subject]] | None = None

        def of(change: AlertChange, told: Sequence[Recipient]) -> list[Notice]:
            nonlocal standing
            if standing is None:
                standing = _by_entity(self._book.standing())
            subject = Subject(change.alert_id, change.rule, change.entity, change.indicator, change.step.after.level)
            unit = standing.setdefault(change.entity, {})
            unit.pop(change.alert_id, None)
            if change.step.after.is_open:
                unit[change.alert_id] = subject
            if change.at not in watches:
                watches[change.at] = Watch(self._directory(registry, change.at), self.chain, change.at)
            try:
                found = self._tell(watches[change.at], registry, change, subject, told, list(unit.values()))
            except TryAgain:
                raise
            except Exception:  # a fault of ours over one alert must not keep all the others from being told
                log.exception("no way was found; the duty desk is told", alert=change.alert_id, rule=change.rule, entity=change.entity)
                found = [_desk(change.at)]
            return [self._notice(registry, change, each) for each in found]

        return of

    def preview(self, registry: Registry, subject: Subject, at: int, last_step: int | None = None) -> list[RouteStep]:
        """Who would be told if the alert opened at that moment, and who at each further step."""
        watch = Watch(self._directory(registry, at), self.chain, at)
        standing = list(_by_entity(self._book.standing()).get(subject.entity, {}).values())
        rule_zh, rule_en = said_rule(subject.rule, subject.indicator)
        duties = self._duties.duties(registry, subject.rule, subject.entity)
        found: list[RouteStep] = []
        for step in range((self.chain.last if last_step is None else min(last_step, self.chain.last)) + 1):
            route = watch.route(Ask(subject, rule_zh, rule_en, (step,)), duties, self._duties.bureau, standing)
            if step == 0 and self._webhook:
                route = replace(route, told=(*route.told, self._to_webhook(watch, Ask(subject, rule_zh, rule_en), standing)))
            found.append(RouteStep(step, *self.chain.step_names.get(step, (f"第{step}级", f"step {step}")), route))
        return found

    def holder(self, registry: Callable[[], Registry]) -> Callable[[NoticeRow, int], Held | None]:
        """For the dispatcher: what holds a notice now, whatever held it when it was written. Held with why "": quiet hours; None: it may go. What
        stands is read once a moment."""
        seen: tuple[int, Watch, dict[str, dict[int, Subject]]] | None = None

        def hold(row: NoticeRow, now: int) -> Held | None:
            nonlocal seen
            if seen is None or seen[0] != now:
                seen = (now, Watch(self._directory(registry(), now), self.chain, now), _by_entity(self._book.standing()))
            return self._hold(seen[1], seen[2], row, now)

        return hold

    def report(self, registry: Registry, now: int) -> None:
        """Raises an operator alarm for every red that finds nobody, and clears those that do by now. To be called after the steps are committed;
        what a crash in between left out comes with the next look at everything that stands."""
        if self._alarms is None:
            return
        if self._reported_at is None or not 0 <= now - self._reported_at < REPORT_US:
            self._look_at_all(registry, now)
            self._reported_at = now
        nobody, self._nobody = self._nobody, {}
        if len(nobody) > NAMED_ALARMS:
            nobody = _summed(nobody)
        for subject, (_, zh, en) in nobody.items():
            self._alarms.raise_alarm(NOBODY_KIND, subject, zh, en, now)

    def _look_at_all(self, registry: Registry, now: int) -> None:
        watch = Watch(self._directory(registry, now), self.chain, now)
        for subject in self._book.standing():
            if subject.light is Light.RED:
                ask = Ask(subject, *said_rule(subject.rule, subject.indicator))
                duties = self._duties.duties(registry, subject.rule, subject.entity)
                self._note_nobody(subject, watch.route(ask, duties, self._duties.bureau, ()))
        meant = self._nobody if len(self._nobody) <= NAMED_ALARMS else _summed(self._nobody)
        for alarm in self._alarms.standing() if self._alarms else ():
            if alarm.kind == NOBODY_KIND and alarm.subject not in meant and self._alarms:
                self._alarms.clear(NOBODY_KIND, alarm.subject, now)

    def _note_nobody(self, subject: Subject, route: Route) -> None:
        if route.is_nobody and subject.light is Light.RED:
            self._nobody[f"{subject.rule}/{subject.entity}/{subject.indicator}"] = (subject.rule, route.text_zh, route.text_en)

    def _directory(self, registry: Registry, at: int) -> Directory:
        """The directory at its newest version, laid out once a version."""
        version = (self._book.version(), registry.version)
        if self._held is None or self._held[0] != version or self._held[1].registry is not registry:
            e = self._book.load(at - DAY_US)  # a clock that goes back finds yesterday's shifts
            made = directory(
                registry, self._calendar, (k.entry for k in e.addresses), (k.entry for k in e.shifts), (k.entry for k in e.weekly),
                (k.entry for k in e.quiet), e.silences, self._ways,
            )  # fmt: skip
            self._held = (e.version, registry.version), made
        return self._held[1]

    def _tell(
        self, watch: Watch, registry: Registry, change: AlertChange, subject: Subject, told: Sequence[Recipient], standing: Sequence[Subject]
    ) -> list[Told]:  # fmt: skip
        why, after = change.step.why, change.step.after
        ask = Ask(subject, *said_rule(change.rule, change.indicator), self._steps(change), why in OF_DATA)
        if why in GOOD_NEWS:
            return [watch.direct(to, ask, standing, "曾收到该预警", "was told of the alert") for to in told]
        hook = [self._to_webhook(watch, ask, standing)] if self._webhook else []
        if why is Why.FORWARDED:
            return [*self._to_assignee(watch, registry, change.step.to, ask, standing), *hook]
        route = watch.route(ask, self._duties.duties(registry, change.rule, change.entity), self._duties.bureau, standing)
        self._note_nobody(subject, route)
        mine = self._to_assignee(watch, registry, after.assignee, ask, standing) if after.assignee and why in AGAIN else []
        once = {(each.to.channel, each.to.address): each for each in (*hook, *mine, *reversed(route.told))}
        return list(reversed(once.values()))

    def _steps(self, change: AlertChange) -> tuple[int, ...]:
        """Steps of the chain that are told together; a policy with more steps than the chain tells the last again."""
        done = min(change.step.after.steps_done, self.chain.last)
        if change.step.why is Why.ESCALATED:
            return (done,)
        return tuple(range(done + 1)) if change.step.why in AGAIN else (0,)

    def _to_assignee(self, watch: Watch, registry: Registry, name: str, ask: Ask, standing: Sequence[Subject]) -> list[Told]:
        """Addresses of the contact to whom it was forwarded (by id, else by name where one has it); the duty desk where nobody is called so."""
        named = [c for c in registry.contacts.values() if c.name == name]
        contact = registry.contacts.get(name) or (named[0] if len(named) == 1 else None)
        if contact is None:
            to = Recipient(INBOX, DUTY, DUTY)
            return [watch.direct(to, ask, standing, f"转交给 {name}，通讯录中没有此人", f"forwarded to {name}, who is no contact")]
        found = addresses_of(watch.where, contact, ask.subject.light)
        found = found or [Recipient(INBOX, contact.id, contact.id)]  # whom it was handed to must find it somewhere
        return [watch.direct(to, ask, standing, f"转交给 {contact.name}", f"forwarded to {contact.name}") for to in found]

    def _to_webhook(self, watch: Watch, ask: Ask, standing: Sequence[Subject]) -> Told:
        return watch.direct(Recipient(WEBHOOK, self._webhook, WEBHOOK), ask, standing, "系统对接地址", "address of another system")

    def _hold(self, watch: Watch, standing: dict[str, dict[int, Subject]], row: NoticeRow, now: int) -> Held | None:
        matter, to = row.notice.matter, row.notice.to
        subject = Subject(matter.alert_id, matter.rule, matter.entity, matter.indicator, matter.light)
        held = silenced(watch.where.silences, subject, row.notice.owner, watch.where.registry, now)
        unit = list(standing.get(subject.entity, {}).values())
        held = held or inhibited(self.chain.inhibitions, self.chain.families, unit, subject, now)
        if held is not None:
            return held
        due = watch.due(row.notice.owner, to.recipient, subject.light)
        return Held("", due) if due > now else None

    def _notice(self, registry: Registry, change: AlertChange, told: Told) -> Notice:
        return Notice(
            told.to, told.owner, self._matter(registry, change, told.step), told.due_at, told.muted, told.step, told.reason_zh, told.reason_en
        )  # fmt: skip

    def _matter(self, registry: Registry, change: AlertChange, step: int) -> Matter:
        entity, taken = registry.entities.get(change.entity), change.step
        rule_zh, rule_en = said_rule(change.rule, change.indicator)
        name_zh = entity.name_cn if entity else change.entity
        name_en = (entity.name_en if entity else "") or name_zh
        step_zh, step_en = self.chain.step_names.get(step, ("", ""))
        return Matter(
            alert_id=change.alert_id, why=taken.why, light=taken.after.level, entity=change.entity, name_zh=name_zh, name_en=name_en,
            rule=change.rule, rule_zh=rule_zh, rule_en=rule_en, indicator=change.indicator, reason_zh=change.reason_zh,
            reason_en=change.reason_en, at=change.at, link=f"{self._links}/alerts/{change.alert_id}", step=step, step_zh=step_zh, step_en=step_en,
            since=taken.after.episode_at, by=taken.by, note=taken.text, value=amount_text(change.value, change.unit),
            limit=amount_text(change.limit, change.unit),
        )  # fmt: skip


def _desk(at: int) -> Told:
    return Told(Recipient(INBOX, DUTY, DUTY), DUTY, 0, at, "", "查找联系人时出错，转值班台", "finding whom to tell failed, so the duty desk")


def _by_entity(standing: Sequence[Subject]) -> dict[str, dict[int, Subject]]:
    found: dict[str, dict[int, Subject]] = {}
    for each in standing:
        found.setdefault(each.entity, {})[each.alert_id] = each
    return found


def _summed(nobody: dict[str, tuple[str, str, str]]) -> dict[str, tuple[str, str, str]]:
    """One alarm a rule."""
    found: dict[str, tuple[str, str, str]] = {}
    for rule, zh, en in nobody.values():
        count = sum(1 for other, _, _ in nobody.values() if other == rule)
        found.setdefault(rule, (rule, f"共 {count} 项，例如：{zh}", f"{count} in all, e.g. {en}"))
    return found
