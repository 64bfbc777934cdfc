"""Who is on duty: addresses of contacts, dated shifts, weekly patterns with holidays, quiet hours. Pure; wall clock of Asia/Shanghai."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, TypeVar

from tricolor.domain.intervals import MINUTE_US, SHANGHAI, from_us, local_midnight, to_us
from tricolor.domain.lights import SEVERITY, Light

DAY_MINUTES: Final = 24 * 60
MAX_NOTE: Final = 500  # characters
FOREVER: Final = 2**62  # [µs] of a quiet time that never ends


class DayKind(StrEnum):
    """What a day is to the State Council's notice: a working day (adjusted Saturdays are), a plain day of rest, or a statutory holiday."""

    WORKDAY = "workday"
    REST = "rest"
    HOLIDAY = "holiday"


class On(StrEnum):
    """Days of which a pattern speaks. rest holds statutory holidays as well."""

    ANY = "any"
    WORKDAY = "workday"
    REST = "rest"
    HOLIDAY = "holiday"


Calendar = Callable[[date], DayKind]
CLOSENESS: Final = {On.ANY: 0, On.WORKDAY: 1, On.REST: 1, On.HOLIDAY: 2}
ON_ZH: Final = {On.ANY: "每天", On.WORKDAY: "工作日", On.REST: "休息日", On.HOLIDAY: "法定节假日"}
ON_EN: Final = {On.ANY: "any day", On.WORKDAY: "working days", On.REST: "days of rest", On.HOLIDAY: "holidays"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a contact is told by a channel. address: a number, a mail address, a robot's name in the channel settings, or @phone, @email for what the
    registry holds; least_light: lights below it do not go there; place: the order, the smallest first."""

    contact: str
    channel: str
    address: str
    least_light: Light = Light.YELLOW
    is_on: bool = True
    place: int = 0


@dataclass(frozen=True, slots=True)
class Shift:
    """A contact is on duty for a department or entity (owner) in [start, end) [µs]. role: "" or what they do, e.g. 带班领导."""

    owner: str
    contact: str
    start: int
    end: int
    role: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """Wall clock from a minute of the day to another, [0, 1440]; an end that is not after the beginning lies on the next day. weekdays: 1 is Monday,
    none: every one; on: kinds of days. Both are of the day on which it begins."""

    from_minute: int
    to_minute: int
    weekdays: tuple[int, ...] = ()
    on: On = On.ANY

    def end_if_inside(self, at: int, calendar: Calendar) -> int | None:
        """When the stretch that holds the instant ends [µs]; None when none holds it."""
        today = from_us(at).date()
        for day in (today - timedelta(days=1), today):
            start = local_midnight(day)
            length = (self.to_minute - self.from_minute) % DAY_MINUTES or DAY_MINUTES
            begins = start + self.from_minute * MINUTE_US
            if begins <= at < begins + length * MINUTE_US and self.counts_on(day, calendar):
                return begins + length * MINUTE_US
        return None

    def counts_on(self, day: date, calendar: Calendar) -> bool:
        if self.weekdays and day.isoweekday() not in self.weekdays:
            return False
        return self.on is On.ANY or is_of(calendar(day), self.on)

    def said(self) -> str:
        """E.g. "08:00-20:00"."""
        return f"{clock(self.from_minute)}-{clock(self.to_minute)}"


@dataclass(frozen=True, slots=True)
class Weekly:
    """A contact is on duty by the week, on [valid_from, valid_to) (None: until it is ended)."""

    owner: str
    contact: str
    hours: Hours
    valid_from: date
    valid_to: date | None = None
    role: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When an owner (department or entity) or a contact is left alone by lights up to `spares`; red is never held."""

    whose: str
    hours: Hours
    spares: Light = Light.YELLOW
    note: str = ""


Entry = TypeVar("Entry", Address, Shift, Weekly, QuietHours)


@dataclass(frozen=True, slots=True)
class Kept(Generic[Entry]):
    """An entry as the ledger keeps it: by whom and when it was made, and when it stopped counting (None: it counts). Times [µs]."""

    id: int
    entry: Entry
    by: str
    at: int
    ended_by: str = ""
    ended_at: int | None = None


class Rank(StrEnum):
    """How somebody came to be told."""

    SHIFT = "shift"
    WEEKLY = "weekly"
    ROLE = "role"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Contacts on duty and how that is known, in words."""

    contacts: tuple[str, ...]
    rank: Rank
    reason_zh: str
    reason_en: str


NOT_ROSTERED: Final = OnDuty((), Rank.SHIFT, "", "")


def is_of(kind: DayKind, on: On) -> bool:
    if on is On.ANY:
        return True
    if on is On.REST:
        return kind is not DayKind.WORKDAY
    return kind.value == on.value


def clock(minute: int) -> str:
    """HH:MM of a minute of the day; 1440 is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def minute_of(text: str) -> int:
    """Minute of the day of HH:MM, 24:00 included; ValueError otherwise."""
    hours, colon, minutes = text.strip().partition(":")
    is_clock = colon and hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit() and len(minutes) == 2
    minute = int(hours) * 60 + int(minutes) if is_clock else -1
    if not 0 <= minute <= DAY_MINUTES or (is_clock and int(minutes) > 59):
        raise ValueError(f"{text!r} is not a time of the day, e.g. 08:30")
    return minute


def moment_of(text: str) -> int:
    """[µs] of 2026-10-01, 2026-10-01 08:00 (wall clock of Asia/Shanghai) or a time with its offset; ValueError otherwise."""
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a time, e.g. 2026-10-01 08:00") from None
    return to_us(read if read.tzinfo else read.replace(tzinfo=SHANGHAI))


def hours_of(text: str, weekdays: tuple[int, ...] = (), on: On = On.ANY) -> Hours:
    """Hours written 22:00-07:00; ValueError otherwise."""
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is not a span of the day, e.g. 22:00-07:00")
    return Hours(minute_of(first), minute_of(last), weekdays, on)


def weekdays_of(text: str) -> tuple[int, ...]:
    """Weekdays written 1-5 or 1,3,7 (1 is Monday), "" for every one; ValueError otherwise."""
    found: set[int] = set()
    for part in filter(None, (p.strip() for p in text.replace("、", ",").replace("，", ",").split(","))):
        first, dash, last = part.partition("-")
        ends = (first, last if dash else first)
        if not all(len(end) == 1 and end in "1234567" for end in ends) or ends[0] > ends[1]:
            raise ValueError(f"{text!r} are no weekdays: write 1-5 or 6,7 (1 is Monday)")
        found |= set(range(int(ends[0]), int(ends[1]) + 1))
    return tuple(sorted(found))


def rostered(shifts: Sequence[Shift], weekly: Sequence[Weekly], at: int, calendar: Calendar) -> OnDuty:
    """Who of a roster is on duty: by dated shift, else by the weekly patterns that speak of the day most closely; no contacts where nobody is."""
    named = tuple(dict.fromkeys(s.contact for s in shifts if s.start <= at < s.end))
    if named:
        return OnDuty(named, Rank.SHIFT, "当班", "on shift")
    hits = [w for w in weekly if _is_hit(w, at, calendar)]
    if not hits:
        return NOT_ROSTERED
    closest = max(CLOSENESS[w.hours.on] for w in hits)
    chosen = [w for w in hits if CLOSENESS[w.hours.on] == closest]
    on, said = chosen[0].hours.on, chosen[0].hours.said()
    contacts = tuple(dict.fromkeys(w.contact for w in chosen))
    return OnDuty(contacts, Rank.WEEKLY, f"按{ON_ZH[on]}排班（{said}）当班", f"on duty by the roster of {ON_EN[on]} ({said})")


def _is_hit(pattern: Weekly, at: int, calendar: Calendar) -> bool:
    """Whether the stretch that holds the instant began on a day on which the pattern is valid."""
    end = pattern.hours.end_if_inside(at, calendar)
    if end is None:
        return False
    length = (pattern.hours.to_minute - pattern.hours.from_minute) % DAY_MINUTES or DAY_MINUTES
    began = from_us(end - length * MINUTE_US).date()
    return pattern.valid_from <= began and (pattern.valid_to is None or began < pattern.valid_to)


def quiet_until(quiet: Sequence[QuietHours], light: Light, at: int, calendar: Calendar) -> int:
    """When a message of the light may go, which is `at` where nobody asked for quiet; red never waits. Stretches that touch are one."""
    if light is Light.RED:
        return at
    due = at
    for _ in range(2 * len(quiet) + 14):  # two weeks of touching nights at most; then it goes
        ends = [e for q in quiet if SEVERITY[light] <= SEVERITY[q.spares] and (e := q.hours.end_if_inside(due, calendar)) is not None]
        if not ends:
            break
        due = max(ends)
    return due
