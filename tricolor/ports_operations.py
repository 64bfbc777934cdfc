"""Ports of those who run Tricolor: gateways' accounts, the broker's words, the quarantine's desk, backups."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from tricolor.domain.gateways import BrokerState, Gateway
from tricolor.domain.intake import SessionLoss
from tricolor.domain.intervals import Interval
from tricolor.domain.quarantine import QuarantineCount, QuarantineFilter, UnknownPoint


class GatewayDesk(Protocol):
    """Accounts of gateways at the broker; a password is given out once and kept nowhere."""

    def add(self, enterprise: str, name: str, who: str, at: int) -> tuple[Gateway, str]: ...
    def rotate(self, enterprise: str, name: str, who: str, at: int) -> tuple[Gateway, str]: ...
    def revoke(self, enterprise: str, name: str, who: str, at: int) -> Gateway: ...
    def list(self, enterprise: str = "") -> "list[Gateway]": ...


class QuarantineCounts(Protocol):
    """What the quarantine holds."""

    def counts(self) -> list[QuarantineCount]: ...
    def unknown(self, enterprise: str = "") -> list[UnknownPoint]: ...
    def size(self) -> tuple[int, int]:
        """Entries, and bytes of kept messages."""
        ...

    def dropped(self) -> Mapping[str, tuple[int, int]]:
        """Entries removed since the beginning, per source: by the cap, by an operator."""
        ...


class QuarantineDesk(Protocol):
    """Changes to the quarantine."""

    def queue(self, which: QuarantineFilter, who: str, at: int) -> tuple[int, int]:
        """Mark for a replay; messages, entries."""
        ...

    def drop(self, which: QuarantineFilter, who: str, at: int) -> int: ...


class BrokerWords(Protocol):
    """What brokers said of themselves."""

    def list(self) -> Sequence[BrokerState]: ...


class SessionLosses(Protocol):
    """Sessions that the broker forgot, each a possible gap."""

    def list(self, limit: int) -> Sequence[SessionLoss]:
        """The newest first."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How many since the beginning, by worker."""
        ...


@dataclass(frozen=True, slots=True)
class BackupPart:
    """One file of a backup. what: ledger, spool or readings."""

    what: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Operations:
    """Everything of the above. backup(folder, at): None where this process cannot make one or no folder is set for it.
    export("readings" or "energy", span): the number of rows, and the Parquet file, to be closed."""

    gateways: GatewayDesk
    counts: QuarantineCounts
    desk: QuarantineDesk
    brokers: BrokerWords
    backup: Callable[[str, int], Sequence[BackupPart]] | None = None
    sessions: SessionLosses | None = None
    export: Callable[[str, Interval], tuple[int, BinaryIO]] | None = None
