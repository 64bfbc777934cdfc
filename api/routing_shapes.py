"""Routing as the API takes and answers it: silences, roster, addresses, the preview of who would be told."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from api.schemas import Order, Shape, Words, when
from tricolor.domain.lights import Light
from tricolor.domain.roster import MAX_NOTE, Address, Hours, Kept, On, QuietHours, Shift, Weekly, clock
from tricolor.domain.routing import INBOX, RouteStep, Told
from tricolor.domain.suppression import MAX_REASON, SilenceKind, SilenceRow

Bad = Literal["yellow", "orange", "red"]
MAX_ENTRIES = 1_000


class SilenceOrder(Order):
    """Empty members match all; at least one of rules, entity, department and indicator is named."""

    kind: SilenceKind = SilenceKind.SILENCE
    rules: list[str] = Field(default_factory=list, max_length=50)
    entity: str = Field("", max_length=128, description="the unit or area with everything inside", examples=["qinzhougang"])
    department: str = Field("", max_length=128, description="only what goes to this department")
    indicator: str = Field("", max_length=128)
    up_to: Bad = Field("yellow", description="lights above it go out all the same")
    start: str = Field("", max_length=40, description="2026-11-21 08:00 (Asia/Shanghai) or with an offset; default now")
    end: str = Field(max_length=40, examples=["2026-11-21T18:00:00+08:00"])
    reason: str = Field(max_length=MAX_REASON)
    by: str = Field("", max_length=64, description="the person; the key is kept beside the name")


class EndOrder(Order):
    reason: str = Field("", max_length=MAX_REASON)
    by: str = Field("", max_length=64)


class SilenceShape(Shape):
    """standing: whether it holds messages now. ended_at null: not ended early."""

    id: int
    kind: SilenceKind
    rules: list[str]
    entity: str
    department: str
    indicator: str
    up_to: Light
    start: str
    end: str
    by: str
    reason: str
    created_at: str
    standing: bool
    ended_at: str | None
    ended_by: str
    ended_reason: str


class SilencesAnswer(Shape):
    silences: list[SilenceShape]
    next: str | None


class ShiftOrder(Order):
    owner: str = Field(max_length=128, description="department or entity")
    contact: str = Field(max_length=128)
    start: str = Field(max_length=40, examples=["2026-10-01 08:00"])
    end: str = Field(max_length=40)
    role: str = Field("", max_length=64, examples=["带班领导"])
    note: str = Field("", max_length=MAX_NOTE)


class HoursOrder(Order):
    hours: str = Field(max_length=11, description="an end that is not after the beginning lies on the next day", examples=["18:00-08:00"])
    weekdays: str = Field("", max_length=20, description="1 is Monday; empty: every day", examples=["1-5"])
    days: On = Field(On.ANY, description="kind of the day on which it begins, by the State Council's notice of the year")
    note: str = Field("", max_length=MAX_NOTE)


class WeeklyOrder(HoursOrder):
    owner: str = Field(max_length=128)
    contact: str = Field(max_length=128)
    valid_from: date | None = Field(None, description="default today")
    valid_to: date | None = Field(None, description="first day on which it no longer counts")
    role: str = Field("", max_length=64)


class QuietOrder(HoursOrder):
    whose: str = Field(max_length=128, description="department, entity or contact")
    spares: Literal["yellow", "orange"] = Field("yellow", description="lights up to it wait until the end; red never does")


class RosterOrder(Order):
    """All of it is entered, or nothing."""

    shifts: list[ShiftOrder] = Field(default_factory=list, max_length=MAX_ENTRIES)
    weekly: list[WeeklyOrder] = Field(default_factory=list, max_length=MAX_ENTRIES)
    quiet: list[QuietOrder] = Field(default_factory=list, max_length=MAX_ENTRIES)
    by: str = Field("", max_length=64)


class EntryShape(Shape):
    """ended_at null: it counts."""

    id: int
    by: str
    at: str
    ended_by: str
    ended_at: str | None


class ShiftShape(EntryShape):
    owner: str
    contact: str
    start: str
    end: str
    role: str
    note: str


class WeeklyShape(EntryShape):
    owner: str
    contact: str
    hours: str
    weekdays: list[int]
    days: On
    valid_from: str
    valid_to: str | None
    role: str
    note: str


class QuietShape(EntryShape):
    whose: str
    hours: str
    weekdays: list[int]
    days: On
    spares: Light
    note: str


class OnDutyShape(Shape):
    """contacts: ids of those on duty; rank: by what."""

    owner: str
    contacts: list[str]
    rank: str
    reason: Words
    leaders: list[str]


class RosterAnswer(Shape):
    """day: workday | rest | holiday; day_known false: the holidays of the year are not known yet, weekends only."""

    at: str
    day: str
    day_known: bool
    on_duty: list[OnDutyShape]
    shifts: list[ShiftShape]
    weekly: list[WeeklyShape]
    quiet: list[QuietShape]


class IdsAnswer(Shape):
    """Ids in the order in which the entries were sent: shifts, weekly, quiet."""

    ids: list[int]


class AddressOrder(Order):
    channel: str = Field(max_length=64, examples=["sms"])
    address: str = Field(
        max_length=256, description="a number, a mail address, a name of the channel settings, @phone or @email", examples=["@phone"]
    )
    from_light: Bad = "yellow"
    is_on: bool = True
    order: int = Field(0, ge=0, le=99)
    by: str = Field("", max_length=64)


class AddressShape(EntryShape):
    """address: in part only, unless the key is an administrator's."""

    contact: str
    channel: str
    address: str
    from_light: Light
    is_on: bool
    order: int


class AddressesAnswer(Shape):
    addresses: list[AddressShape]


class ToldShape(Shape):
    recipient: str
    channel: str
    address: str
    owner: str
    due_at: str
    muted: str = Field(description='"" or what holds it until due_at, e.g. "silence:12"')
    reason: Words


class StepShape(Shape):
    """nobody: why no person could be found; then the duty desk is told and an operator alarm is raised."""

    step: int
    name: Words
    told: list[ToldShape]
    gaps: list[Words]
    nobody: Words | None


class RouteAnswer(Shape):
    at: str
    steps: list[StepShape]


def silence_shape(row: SilenceRow, now: int) -> SilenceShape:
    s, m = row.silence, row.silence.matcher
    return SilenceShape(
        id=row.id, kind=s.kind, rules=list(m.rules), entity=m.entity, department=m.department, indicator=m.indicator, up_to=m.up_to,
        start=when(s.start) or "", end=when(s.end) or "", by=s.author, reason=s.reason, created_at=when(row.created_at) or "",
        standing=row.holds_at(now), ended_at=when(row.ended_at), ended_by=row.ended_by, ended_reason=row.ended_reason,
    )  # fmt: skip


def _kept(k: Kept[Any]) -> dict[str, Any]:
    return {"id": k.id, "by": k.by, "at": when(k.at), "ended_by": k.ended_by, "ended_at": when(k.ended_at)}


def _hours(h: Hours) -> dict[str, Any]:
    return {"hours": f"{clock(h.from_minute)}-{clock(h.to_minute)}", "weekdays": list(h.weekdays), "days": h.on}


def shift_shape(k: Kept[Shift]) -> ShiftShape:
    e = k.entry
    return ShiftShape(owner=e.owner, contact=e.contact, start=when(e.start) or "", end=when(e.end) or "", role=e.role, note=e.note, **_kept(k))


def weekly_shape(k: Kept[Weekly]) -> WeeklyShape:
    e = k.entry
    until = None if e.valid_to is None else str(e.valid_to)
    return WeeklyShape(
        owner=e.owner, contact=e.contact, valid_from=str(e.valid_from), valid_to=until, role=e.role, note=e.note, **_hours(e.hours), **_kept(k)
    )  # fmt: skip


def quiet_shape(k: Kept[QuietHours]) -> QuietShape:
    return QuietShape(whose=k.entry.whose, spares=k.entry.spares, note=k.entry.note, **_hours(k.entry.hours), **_kept(k))


def address_shape(k: Kept[Address], is_whole: bool) -> AddressShape:
    e = k.entry
    shown = e.address if is_whole or e.channel == INBOX else masked(e.address)
    return AddressShape(
        contact=e.contact, channel=e.channel, address=shown, from_light=e.least_light, is_on=e.is_on, order=e.place, **_kept(k)
    )  # fmt: skip


def step_shape(each: RouteStep, is_whole: bool) -> StepShape:
    nobody = Words(zh=each.route.text_zh, en=each.route.text_en) if each.route.is_nobody else None
    return StepShape(
        step=each.step, name=Words(zh=each.name_zh, en=each.name_en), told=[_told(t, is_whole) for t in each.route.told],
        gaps=[Words(zh=zh, en=en) for zh, en in each.route.gaps], nobody=nobody,
    )  # fmt: skip


def masked(address: str) -> str:
    """A number, mail address or name of which only the ends are left; references say nothing and stay."""
    return address if address.startswith("@") else f"{address[:3]}****{address[-2:]}" if len(address) > 7 else "****"


def _told(t: Told, is_whole: bool) -> ToldShape:
    shown = t.to.address if is_whole or t.to.channel == INBOX else masked(t.to.address)
    return ToldShape(
        recipient=t.to.recipient, channel=t.to.channel, address=shown, owner=t.owner, due_at=when(t.due_at) or "", muted=t.muted,
        reason=Words(zh=t.reason_zh, en=t.reason_en),
    )  # fmt: skip
