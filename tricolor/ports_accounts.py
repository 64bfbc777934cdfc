"""Ports of the accounts: exclusions, factors that people set, restatements."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from tricolor.domain.accounts import DayAccount
from tricolor.domain.exclusions import Exclusion, ExclusionEntry
from tricolor.domain.factors import Carrier
from tricolor.domain.offline import OfflineFigure
from tricolor.domain.own_factors import Proposal, Setting
from tricolor.domain.restatements import Earlier, Effect, Restatement, Scope


class ExclusionBook(Protocol):
    """Energy that dual control does not count: entries by people, never removed, only revoked."""

    def version(self) -> int:
        """Rises with every entry and every revocation."""
        ...

    def entries(self) -> list[ExclusionEntry]:
        """Every entry ever made, revoked ones too, by number."""
        ...

    def add(self, facts: Sequence[Exclusion], person: str, replaces: Sequence[int] = ()) -> list[ExclusionEntry]:
        """All or none, the entries `replaces` revoked with it; the same twice changes nothing. Problems; Refused when an entry in force overlaps by
        the same document; NotFound."""
        ...

    def revoke(self, entry: int, person: str, reason: str) -> ExclusionEntry:
        """The entry as it is afterwards; twice changes nothing; NotFound; Problems without a person or a reason."""
        ...


class FactorDesk(Protocol):
    """Factors that people set; every one is kept, revoked or not."""

    def version(self) -> int:
        """Rises with every setting and every revocation."""
        ...

    def settings(self) -> Sequence[Setting]:
        """All ever set, the oldest first."""
        ...

    def set(self, what: Proposal, author: str, reason: str, version: int) -> Setting:
        """Set it and order the restatement of what it touches, in one transaction. Refused when another one in force speaks of the same thing and
        days, or when the version is no longer the one given (somebody was faster)."""
        ...

    def revoke(self, setting: int, author: str, reason: str, version: int) -> Setting:
        """Take it back and order the restatement; NotFound; Refused when it is revoked already or the version has moved on."""
        ...


class RestatementBook(Protocol):
    """What was restated, readable by people."""

    def page(self, entities: Sequence[str], limit: int, before_id: int | None) -> Sequence[Restatement]:
        """Newest first; entities given: only those that moved something of one of them. Empty: all."""
        ...

    def get(self, restatement: int) -> Restatement:
        """NotFound."""
        ...

    def effects(self, restatements: Sequence[int], entities: Sequence[str]) -> Mapping[int, Sequence[Effect]]:
        """By restatement; ordered by (entity, month). entities empty: of all."""
        ...

    def earlier(self, restatement: int, entities: Sequence[str], limit: int, after_id: int) -> Sequence[Earlier]:
        """The day accounts as they were believed before it, in the order of their ids. entities empty: of all."""
        ...


class AccountRows(Protocol):
    """Day accounts by carrier."""

    def rows(self, scope: Scope) -> Sequence[DayAccount]: ...
    def months(self, scope: Scope) -> Sequence[tuple[str, str]]:
        """Every (month, entity) of the scope that holds accounts, ordered."""
        ...


class RestatementWork(Protocol):
    """Restatements as accounting carries them out, in parts that each are safe by themselves."""

    def due(self) -> Restatement | None:
        """The oldest that is not finished."""
        ...

    def restate(self, job: Restatement, cursor: str, changes: Sequence[tuple[DayAccount, DayAccount]]) -> Restatement:
        """The accounts become the second of each pair, the first are kept as earlier beliefs, the cursor moves on: one transaction."""
        ...

    def finish(self, job: Restatement) -> Restatement: ...
    def order_where_changed(self, digests: Mapping[str, str], plan: str) -> Restatement | None:
        """Compare the digests of the factors by carrier with those noted at the last start, note them, and order a restatement of the carriers that
        differ; None when nothing does or there are no accounts."""
        ...


class RestatementDesk(RestatementBook, AccountRows, Protocol):
    """What is read of restatements, and what a preview of one needs."""


class OfflineBook(Protocol):
    """Monthly amounts of invoices and statistics; every revision is kept, the last one counts."""

    def submit(self, figures: Sequence[OfflineFigure]) -> list[OfflineFigure]:
        """All or none; each as it now counts. The accounts of their months are made again. Problems; NotFound when nothing is there to take back."""
        ...

    def current(self, entities: Sequence[str]) -> list[OfflineFigure]:
        """Those in force, by entity, carrier, role and month."""
        ...

    def history(self, entity_id: str) -> list[OfflineFigure]:
        """Every revision, the newest first."""
        ...


class OfflineSheets(Protocol):
    """The workbook that people fill in."""

    def template(self, carriers: Mapping[str, Carrier]) -> bytes: ...
    def rows(self, data: bytes) -> list[tuple[int, Mapping[str, object]]]:
        """Row number and raw cells by column; Problems with every fault of the sheet itself."""
        ...
