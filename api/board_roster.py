"""The wallboard's roster: who is on duty now and through the week, by department; quiet hours; where people are told."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from api.board_access import preferences
from api.board_desk import Desk, Shown
from api.board_facts import Snapshot
from api.board_silences import books_of
from api.board_views_alerts import DutyDay, OnDutyLine, RosterOf, RosterPage
from api.board_words import CHANNELS, Words
from api.deps import Dependencies
from tricolor.catalogue.alerting_tables import chain_of_plan
from tricolor.catalogue.workdays import day, kind_of, unknown_years
from tricolor.domain.errors import NotFound
from tricolor.domain.intervals import DAY_US, from_us, local_day, local_midnight
from tricolor.domain.lights import Light
from tricolor.domain.roster import DAY_MINUTES, ON_EN, ON_ZH, DayKind, Hours, On, QuietHours, Shift, Weekly
from tricolor.domain.routing import Directory, Watch, Who, addresses_of, directory

DAYS: Final = 7
WEEKDAYS: Final = (("周一", "Mon"), ("周二", "Tue"), ("周三", "Wed"), ("周四", "Thu"), ("周五", "Fri"), ("周六", "Sat"), ("周日", "Sun"))
DAY_KINDS: Final = {DayKind.WORKDAY: ("", ""), DayKind.REST: ("休息日", "rest"), DayKind.HOLIDAY: ("节假日", "holiday")}
WHO: Final = {Who.DUTY: ("值班", "on duty"), Who.LEADERS: ("负责人", "leader")}


def add_roster_page(router: APIRouter, desk: Desk) -> None:
    @router.get("/roster")
    def roster(request: Request, of: str = "", week: str = "") -> Response:
        snapshot, t = desk.snapshot(request), preferences(request).t
        if snapshot.view.is_bound:
            raise NotFound("the roster is not a bound reader's to see")
        view = roster_page(desk.deps, snapshot, t, of[:128], week)
        return desk.page(request, snapshot, Shown("roster.html", "alerts", t("值班", "Roster"), view, live="/board/live.json"))


def roster_page(deps: Dependencies, snapshot: Snapshot, t: Words, chosen: str, week: str) -> RosterPage:
    """chosen: a department or unit, "" for every department that has people; week: any day of it, "" for this one."""
    first = _monday(week, snapshot.now)
    entries = books_of(deps)[1].load(min(snapshot.now, local_midnight(first)))
    registry = snapshot.registry
    where = directory(
        registry, kind_of, (k.entry for k in entries.addresses), (k.entry for k in entries.shifts), (k.entry for k in entries.weekly),
        (k.entry for k in entries.quiet),
    )  # fmt: skip
    choices = tuple((d.id, t(d.name_cn, d.name_en)) for d in registry.departments.values())
    staffed = [e.id for e in registry.entities.values() if e.id in where.shifts or e.id in where.weekly]
    choices += tuple((i, t(registry.entities[i].name_cn, registry.entities[i].name_en)) for i in staffed)
    named = dict(choices)
    owners = [chosen] if chosen in named else [i for i, _ in choices if where.contacts.get(i)]
    watch = Watch(where, chain_of_plan(deps.plan), snapshot.now)
    years = unknown_years(first, first + timedelta(days=DAYS - 1))
    return RosterPage(
        tuple(_owner(watch, where, owner, named[owner], first, snapshot.now, t) for owner in owners), choices, chosen if chosen in named else "",
        first.isoformat(), (first - timedelta(days=DAYS)).isoformat(), (first + timedelta(days=DAYS)).isoformat(), ", ".join(map(str, years)),
    )  # fmt: skip


def _monday(text: str, now: int) -> date:
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        wanted = local_day(now)
    if not 2000 <= wanted.year <= 2100:
        wanted = local_day(now)
    return wanted - timedelta(days=wanted.weekday())


def _owner(watch: Watch, where: Directory, owner: str, name: str, first: date, now: int, t: Words) -> RosterOf:
    on_duty = []
    for who in (Who.DUTY, Who.LEADERS):
        found = watch.on_duty(owner, who, Light.RED)
        names = tuple(where.registry.contacts[c].name for c in found.contacts)
        on_duty.append(OnDutyLine(t(*WHO[who]), names, t(found.reason_zh, found.reason_en)))
    people = []
    for contact in where.contacts.get(owner, ()):
        channels = dict.fromkeys(t.pair(CHANNELS, to.channel) for to in addresses_of(where, contact, Light.RED))
        people.append((f"{contact.name} {contact.role}".strip(), t("、", ", ").join(channels)))
    quiet = [_quiet_words(q, t) for whose in (owner, *(c.id for c in where.contacts.get(owner, ()))) for q in where.quiet.get(whose, ())]
    days = tuple(_day(where, owner, first + timedelta(days=i), now, t) for i in range(DAYS))
    return RosterOf(owner, name, tuple(on_duty), days, tuple(quiet), tuple(people))


def _day(where: Directory, owner: str, on: date, now: int, t: Words) -> DutyDay:
    start = local_midnight(on)
    shifts = [s for s in where.shifts.get(owner, ()) if s.start < start + DAY_US and s.end > start]
    weekly = [w for w in where.weekly.get(owner, ()) if _speaks_of(w, on, where)]
    entries = [_shift_entry(s, start, where, t) for s in shifts] + [_week_entry(w, where, t) for w in weekly]
    known = day(on)
    kind = known.name or t(*DAY_KINDS[known.kind])
    return DutyDay(t(*WEEKDAYS[on.weekday()]), on.strftime("%m-%d"), kind, on == local_day(now), tuple(sorted(entries)))


def _speaks_of(pattern: Weekly, on: date, where: Directory) -> bool:
    is_valid = pattern.valid_from <= on and (pattern.valid_to is None or on < pattern.valid_to)
    return is_valid and pattern.hours.counts_on(on, where.calendar)


def _shift_entry(shift: Shift, start: int, where: Directory, t: Words) -> tuple[str, str, str]:
    first, last = max(shift.start, start), min(shift.end, start + DAY_US)
    ends = "24:00" if last == start + DAY_US else from_us(last).strftime("%H:%M")
    words = " ".join(x for x in (shift.role, shift.note) if x) or t("当班", "shift")
    return f"{from_us(first):%H:%M}-{ends}", _name(where, shift.contact), words


def _week_entry(pattern: Weekly, where: Directory, t: Words) -> tuple[str, str, str]:
    said = t(ON_ZH[pattern.hours.on], ON_EN[pattern.hours.on]) if pattern.hours.on is not On.ANY else ""
    return _hours(pattern.hours), _name(where, pattern.contact), " ".join(x for x in (pattern.role, said, pattern.note) if x)


def _hours(hours: Hours) -> str:
    return "00:00-24:00" if (hours.to_minute - hours.from_minute) % DAY_MINUTES == 0 else hours.said()


def _name(where: Directory, contact_id: str) -> str:
    contact = where.registry.contacts.get(contact_id)
    return contact_id if contact is None else contact.name


def _quiet_words(quiet: QuietHours, t: Words) -> str:
    days: Sequence[str] = [t(*WEEKDAYS[d - 1]) for d in quiet.hours.weekdays]
    when = t("、", ", ").join(days) or t(ON_ZH[quiet.hours.on], ON_EN[quiet.hours.on])
    spares = t(f"{t.colour(quiet.spares)}色及以下不打扰", f"nothing up to {quiet.spares.value}")
    return " ".join(x for x in (when, _hours(quiet.hours), spares, quiet.note) if x)
