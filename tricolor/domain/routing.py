"""Routing: rule × region × entity → department → role → contact → addresses, each with a reason; the chain of escalation; fallbacks. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from tricolor.domain.channel_ways import Ways
from tricolor.domain.entities import Contact, Registry
from tricolor.domain.lights import LIGHT_CN, SEVERITY, Light
from tricolor.domain.notifications import DUTY, Recipient
from tricolor.domain.roster import Address, Calendar, OnDuty, QuietHours, Rank, Shift, Weekly, quiet_until, rostered
from tricolor.domain.suppression import Held, Inhibition, SilenceRow, Subject, inhibited, silenced

INBOX: Final = "inbox"
PHONE, EMAIL = "@phone", "@email"
NOBODY: Final = OnDuty((), Rank.EVERYBODY, "", "")


class Whom(StrEnum):
    """Which places a step of the chain tells."""

    UNIT = "unit"  # the unit's own contacts
    DEPARTMENTS = "departments"  # those that answer for the rule there
    BUREAU = "bureau"  # the leading department of the plan, or the one that is configured


class Who(StrEnum):
    DUTY = "duty"
    LEADERS = "leaders"


@dataclass(frozen=True, slots=True)
class ChainStep:
    """Who is told at a step of the escalation; 0 is the opening. Data of the catalogue, with who says so."""

    step: int
    whom: Whom
    who: Who
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of escalation with the words for roles, and what mutes what. bureau: a department's id, "" for the first of the plan's list."""

    steps: tuple[ChainStep, ...]
    duty_roles: frozenset[str]
    leader_roles: frozenset[str]
    step_names: Mapping[int, tuple[str, str]]
    bureau: str = ""
    inhibitions: tuple[Inhibition, ...] = ()
    families: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return max((s.step for s in self.steps), default=0)


@dataclass(frozen=True, slots=True)
class Duty:
    """A department that answers for a rule at a place. where: the place in the document that says so, "" where none does."""

    department: str
    name_zh: str
    name_en: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything about people at one version, by whom it is about. ways: what is configured, None where that is not known here."""

    registry: Registry
    calendar: Calendar
    contacts: Mapping[str, tuple[Contact, ...]]  # by department or entity
    addresses: Mapping[str, tuple[Address, ...]]  # by contact, in their order
    shifts: Mapping[str, tuple[Shift, ...]]
    weekly: Mapping[str, tuple[Weekly, ...]]
    quiet: Mapping[str, tuple[QuietHours, ...]]
    silences: tuple[SilenceRow, ...] = ()
    ways: Ways | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Whom to tell of what. steps: of the chain, told together; is_of_data: only the owner of the data is told (the data went away)."""

    subject: Subject
    rule_zh: str
    rule_en: str
    steps: tuple[int, ...] = (0,)
    is_of_data: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One address that is told. owner: for which department or entity; due_at: not before [µs]; muted: why nobody is told, until then."""

    to: Recipient
    owner: str
    step: int
    due_at: int
    muted: str
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class Route:
    """Who is told. gaps: places where nobody could be found, in both languages; is_nobody: only the duty desk's inbox is left."""

    told: tuple[Told, ...]
    gaps: tuple[tuple[str, str], ...] = ()
    is_nobody: bool = False
    text_zh: str = ""
    text_en: str = ""


@dataclass(frozen=True, slots=True)
class RouteStep:
    """Who is told at a step of the chain: 0 at once, the others while nobody answers."""

    step: int
    name_zh: str
    name_en: str
    route: Route


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the way leads: an owner with the words that led there."""

    owner: str
    who: Who
    step: int
    zh: str
    en: str
    name_zh: str
    name_en: str


def directory(
    registry: Registry, calendar: Calendar, addresses: Iterable[Address], shifts: Iterable[Shift], weekly: Iterable[Weekly],
    quiet: Iterable[QuietHours], silences: Sequence[SilenceRow] = (), ways: Ways | None = None,
) -> Directory:  # fmt: skip
    """The directory of a version, everything laid out by whom it is about."""
    by_contact: dict[str, list[Address]] = {}
    for address in sorted(addresses, key=lambda a: a.place):
        by_contact.setdefault(address.contact, []).append(address)
    contacts: dict[str, list[Contact]] = {}
    for contact in registry.contacts.values():
        contacts.setdefault(contact.of, []).append(contact)
    by_shift: dict[str, list[Shift]] = {}
    for shift in shifts:
        by_shift.setdefault(shift.owner, []).append(shift)
    by_week: dict[str, list[Weekly]] = {}
    for pattern in weekly:
        by_week.setdefault(pattern.owner, []).append(pattern)
    by_quiet: dict[str, list[QuietHours]] = {}
    for hours in quiet:
        by_quiet.setdefault(hours.whose, []).append(hours)
    return Directory(
        registry, calendar, {k: tuple(v) for k, v in contacts.items()}, {k: tuple(v) for k, v in by_contact.items()},
        {k: tuple(v) for k, v in by_shift.items()}, {k: tuple(v) for k, v in by_week.items()}, {k: tuple(v) for k, v in by_quiet.items()},
        tuple(silences), ways,
    )  # fmt: skip


def addresses_of(where: Directory, contact: Contact, light: Light) -> list[Recipient]:
    """Addresses of the contact for a light, in their order: what was entered and is on, and the inbox on the page unless something was said of it.
    The inbox stands in for an address on a channel that is not configured."""
    entered = where.addresses.get(contact.id, ())
    inbox, ways = Recipient(INBOX, contact.id, contact.id), where.ways
    found = [
        Recipient(a.channel, value, contact.id) if ways is None or ways.reaches(a.channel, value) else inbox
        for a in entered
        if a.is_on and SEVERITY[light] >= SEVERITY[a.least_light] and (value := _value(a, contact))
    ]
    if not any(a.channel == INBOX for a in entered):
        found.append(inbox)
    return list(dict.fromkeys(found))


def _value(address: Address, contact: Contact) -> str:
    """The address itself; "" for a reference to something the registry does not hold."""
    return contact.phone if address.address == PHONE else contact.email if address.address == EMAIL else address.address


class Watch:
    """Who is on duty at one moment [µs], and the way of alerts to them. What was found of an owner is kept: thousands of alerts share it."""

    def __init__(self, where: Directory, chain: Chain, at: int) -> None:
        self.where, self._chain, self._at = where, chain, at
        self._found: dict[tuple[str, Who, Light], OnDuty] = {}

    def on_duty(self, owner: str, who: Who, light: Light) -> OnDuty:
        """The first of roster, role and everybody that has somebody who can be reached with this light."""
        key = (owner, who, light)
        if key not in self._found:
            candidates = self._candidates(owner, who)
            self._found[key] = next((kept for each in candidates if (kept := self._reachable(each, light)).contacts), NOBODY)
        return self._found[key]

    def _candidates(self, owner: str, who: Who) -> Iterable[OnDuty]:
        leaders, is_lead = self._chain.leader_roles, who is Who.LEADERS
        shifts = [s for s in self.where.shifts.get(owner, ()) if (s.role in leaders) is is_lead]
        weekly = [w for w in self.where.weekly.get(owner, ()) if (w.role in leaders) is is_lead]
        own = self.where.contacts.get(owner, ())
        roles = leaders if is_lead else self._chain.duty_roles
        of_role = tuple(c.id for c in own if c.role in roles)
        yield rostered(shifts, weekly, self._at, self.where.calendar)
        role_zh, role_en = ("负责人", "leader") if is_lead else ("值班岗", "duty post")
        yield OnDuty(of_role, Rank.ROLE, f"{role_zh}（未排班）", f"{role_en} (not rostered)")
        yield OnDuty(tuple(c.id for c in own), Rank.EVERYBODY, f"联系人（无{role_zh}）", f"contact (there is no {role_en})")

    def _reachable(self, duty: OnDuty, light: Light) -> OnDuty:
        known = self.where.registry.contacts
        return replace(duty, contacts=tuple(c for c in duty.contacts if c in known and addresses_of(self.where, known[c], light)))

    def route(self, ask: Ask, duties: Sequence[Duty], bureau: Duty | None, standing: Sequence[Subject]) -> Route:
        """Who is told of a subject, in the order in which the way leads there; one address once. duties: the first leads; standing: firing alerts of
        the unit."""
        places = [p for step in ask.steps for p in self._places(ask, step, duties, bureau)]
        inhibition = self._inhibition(ask, standing)
        told, gaps = self._at_places(places, ask, inhibition)
        if not told and bureau is not None:
            fallback = _place(
                bureau, Who.DUTY, max(ask.steps, default=0), f"以上无人可通知，转 {bureau.name_zh}", f"nobody above, so {bureau.name_en}"
            )
            told, more = self._at_places([fallback], ask, inhibition)
            gaps += [gap for gap in more if gap not in gaps]
        if told:
            return Route(tuple(told), tuple(gaps))
        zh, en = self._nobody(ask, gaps)
        to = Recipient(INBOX, DUTY, DUTY)
        desk = self._told(to, DUTY, max(ask.steps, default=0), None, ask, inhibition, f"{zh} → 值班台", f"{en} → duty desk")
        return Route((desk,), tuple(gaps), True, zh, en)

    def direct(self, to: Recipient, ask: Ask, standing: Sequence[Subject], zh: str, en: str) -> Told:
        """An address that is told whoever is on duty: somebody who had the bad news, the new assignee, a webhook."""
        contact = self.where.registry.contacts.get(to.recipient)
        owner = contact.of if contact else DUTY if to.recipient == DUTY else ask.subject.entity  # another system gets each unit by itself
        return self._told(to, owner, max(ask.steps, default=0), contact, ask, self._inhibition(ask, standing), zh, en)

    def _places(self, ask: Ask, step: int, duties: Sequence[Duty], bureau: Duty | None) -> list[_Place]:
        if ask.is_of_data:
            return [self._unit(ask, step)]
        found: list[_Place] = []
        for row in self._chain.steps:
            if row.step != step:
                continue
            if row.whom is Whom.UNIT:
                found.append(replace(self._unit(ask, step), who=row.who))
            elif row.whom is Whom.DEPARTMENTS:
                found += [_place(d, row.who, step, *_answers(ask, d)) for d in duties]
            elif bureau is not None:
                found.append(_place(bureau, row.who, step, f"{bureau.name_zh} 牵头", f"{bureau.name_en or bureau.name_zh} leads"))
        return found

    def _unit(self, ask: Ask, step: int) -> _Place:
        entity = self.where.registry.entities.get(ask.subject.entity)
        zh = entity.name_cn if entity else ask.subject.entity
        en = (entity.name_en if entity else "") or zh
        return _Place(ask.subject.entity, Who.DUTY, step, f"{zh} 本单位", f"{en}, the unit itself", zh, en)

    def _at_places(self, places: Sequence[_Place], ask: Ask, inhibition: Held | None) -> tuple[list[Told], list[tuple[str, str]]]:
        told: dict[tuple[str, str], Told] = {}
        gaps: list[tuple[str, str]] = []
        for place in places:
            duty = self.on_duty(place.owner, place.who, ask.subject.light)
            if not duty.contacts:
                gaps.append(self._gap(place))
            for identity in duty.contacts:
                contact = self.where.registry.contacts[identity]
                zh, en = f"{place.zh}→ {contact.name} {duty.reason_zh}", f"{place.en} → {contact.name}, {duty.reason_en}"
                for to in addresses_of(self.where, contact, ask.subject.light):
                    new = self._told(to, place.owner, place.step, contact, ask, inhibition, zh, en)
                    held = told.get((to.channel, to.address))
                    if held is None or (held.muted and not new.muted):  # one silence does not hold what another department is told
                        told[to.channel, to.address] = new
        return list(told.values()), list(dict.fromkeys(gaps))

    def _told(
        self, to: Recipient, owner: str, step: int, contact: Contact | None, ask: Ask, inhibition: Held | None, zh: str, en: str
    ) -> Told:  # fmt: skip
        subject, where = ask.subject, self.where
        held = silenced(where.silences, subject, owner, where.registry, self._at) or inhibition
        if held is not None:
            return Told(to, owner, step, held.until, held.why, zh, en)
        return Told(to, owner, step, self.due(owner, contact.id if contact else "", subject.light), "", zh, en)

    def _inhibition(self, ask: Ask, standing: Sequence[Subject]) -> Held | None:
        return inhibited(self._chain.inhibitions, self._chain.families, standing, ask.subject, self._at)

    def due(self, owner: str, contact: str, light: Light) -> int:
        """When a message of the light may go to a contact for an owner [µs]: now, or when the quiet hours of both are over."""
        quiet = (*self.where.quiet.get(owner, ()), *(self.where.quiet.get(contact, ()) if contact else ()))
        return quiet_until(quiet, light, self._at, self.where.calendar)

    def _gap(self, place: _Place) -> tuple[str, str]:
        has_any = bool(self.where.contacts.get(place.owner))
        zh = "联系人的地址都已停用" if has_any else "没有登记联系人"
        en = "every address of its contacts is off" if has_any else "has no contact"
        return f"{place.name_zh}：{zh}", f"{place.name_en}: {en}"

    def _nobody(self, ask: Ask, gaps: Sequence[tuple[str, str]]) -> tuple[str, str]:
        entity = self.where.registry.entities.get(ask.subject.entity)
        name = entity.name_cn if entity else ask.subject.entity
        why_zh = "；".join(zh for zh, _ in gaps) or "没有部门对此负责"
        why_en = "; ".join(en for _, en in gaps) or "no department answers for it"
        return (
            f"{name} {ask.rule_zh} {LIGHT_CN[ask.subject.light]}色预警找不到可通知的人（{why_zh}）",
            f"nobody could be found for {ask.subject.light} {ask.rule_en} of {ask.subject.entity} ({why_en})",
        )


def _place(duty: Duty, who: Who, step: int, zh: str, en: str) -> _Place:
    return _Place(duty.department, who, step, zh, en, duty.name_zh, duty.name_en or duty.name_zh)


def _answers(ask: Ask, duty: Duty) -> tuple[str, str]:
    where_zh, where_en = (f"（{duty.where}）", f" ({duty.where})") if duty.where else ("", "")
    return f"{duty.name_zh} 对 {ask.rule_zh} 负责{where_zh}", f"{duty.name_en or duty.name_zh} answers for {ask.rule_en}{where_en}"
