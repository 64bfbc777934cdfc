"""Ports of routing: addresses of contacts, the on-duty roster, quiet hours, silences and maintenance windows. Every change is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tricolor.domain.entities import Registry
from tricolor.domain.roster import Address, Kept, QuietHours, Shift, Weekly
from tricolor.domain.routing import RouteStep
from tricolor.domain.suppression import Silence, SilenceRow, Subject

RosterEntry = Shift | Weekly | QuietHours
ROSTER_KINDS = ("shift", "weekly", "quiet")


@dataclass(frozen=True, slots=True)
class RoutingEntries:
    """What counts at one version, in the order in which it was entered; dated shifts and silences that are over are left out."""

    version: int
    addresses: tuple[Kept[Address], ...] = ()
    shifts: tuple[Kept[Shift], ...] = ()
    weekly: tuple[Kept[Weekly], ...] = ()
    quiet: tuple[Kept[QuietHours], ...] = ()
    silences: tuple[SilenceRow, ...] = ()


class RoutingBook(Protocol):
    """What routing stands on, read by the judge, the dispatcher and the pages."""

    def version(self) -> int:
        """Another number once anything below changed."""
        ...

    def load(self, now: int) -> RoutingEntries: ...
    def standing(self) -> list[Subject]:
        """Firing alerts as inhibition sees them, by id."""
        ...


class AddressDesk(Protocol):
    """Addresses of contacts."""

    def put(self, address: Address, by: str, at: int) -> Kept[Address]:
        """Replaces what was said of the same contact, channel and address; the same again changes nothing. NotFound: no such contact; Problems."""
        ...

    def remove(self, entry: int, by: str, at: int) -> Kept[Address]:
        """Ends it; twice changes nothing; NotFound."""
        ...

    def history(self, contact: str) -> list[Kept[Address]]:
        """Everything ever said of the contact (of all: ""), the oldest first."""
        ...


class RosterDesk(Protocol):
    """Shifts, weekly patterns and quiet hours. kind: shift | weekly | quiet."""

    def add(self, entries: Sequence[RosterEntry], by: str, at: int) -> list[int]:
        """Ids, all or none; an entry that stands already keeps its id. Problems lists every fault by place."""
        ...

    def remove(self, kind: str, entry: int, by: str, at: int) -> None:
        """Ends it; twice changes nothing; NotFound."""
        ...

    def history(self, kind: str, owner: str) -> list[Kept[Shift]] | list[Kept[Weekly]] | list[Kept[QuietHours]]:
        """Everything ever entered of the owner (of all: ""), the oldest first."""
        ...


class SilenceDesk(Protocol):
    """Silences and maintenance windows."""

    def add(self, silence: Silence, at: int) -> SilenceRow:
        """The same silence again (all but its time of entry) changes nothing."""
        ...

    def end(self, silence: int, by: str, reason: str, at: int) -> SilenceRow:
        """Ends it now: what it held is looked at again at once. Twice, or after its end, changes nothing; NotFound."""
        ...

    def get(self, silence: int) -> SilenceRow: ...
    def page(self, state: str, now: int, limit: int, before_id: int | None) -> list[SilenceRow]:
        """state: standing (now or to come) | all; the newest first."""
        ...


class RoutePreview(Protocol):
    """Who would be told. rules: those that there are."""

    @property
    def rules(self) -> tuple[str, ...]: ...

    def preview(self, registry: Registry, subject: Subject, at: int, last_step: int | None = None) -> list[RouteStep]:
        """At each step of the chain, as roster, quiet hours and silences are at that moment [µs]."""
        ...


@dataclass(frozen=True, slots=True)
class RoutingDesks:
    """Everything of routing that pages and API stand on. preview: None where the alerting's rules are not at hand."""

    book: RoutingBook
    addresses: AddressDesk
    roster: RosterDesk
    silences: SilenceDesk
    preview: RoutePreview | None = None
