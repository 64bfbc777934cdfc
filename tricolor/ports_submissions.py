"""Ports of what people report: statistics and energy budgets."""

from collections.abc import Sequence
from typing import Protocol

from tricolor.domain.report_sheets import FilledCell, ReportBook
from tricolor.domain.submissions import Budget, Statistic
from tricolor.ports_judging import Changes


class StatisticsBook(Changes, Protocol):
    """Reported values; every revision is kept, the last one counts."""

    def submit(self, values: Sequence[Statistic], author: str) -> list[Statistic]:
        """All or none; each as it now counts; the same value again makes no new revision. Problems lists every fault with its place."""
        ...

    def current(self, entities: Sequence[str] | None) -> list[Statistic]:
        """The last revision of every value of the entities (None: all), by entity, indicator and period."""
        ...

    def history(self, entity: str, indicator: str, period: str) -> list[Statistic]:
        """Every revision, the oldest first."""
        ...


class BudgetBook(Changes, Protocol):
    """Energy budgets by entity and year; every revision is kept, the last one counts."""

    def set(self, budgets: Sequence[Budget], author: str) -> list[Budget]:
        """All or none; each as it now counts. Problems lists every fault."""
        ...

    def current(self, entities: Sequence[str] | None) -> list[Budget]: ...
    def history(self, entity: str, year: int) -> list[Budget]: ...


class ReportSheets(Protocol):
    """The workbook in which an entity reports a year."""

    def template(self, book: ReportBook) -> bytes: ...
    def cells(self, data: bytes) -> list[FilledCell]:
        """Every filled cell; Problems with every fault of the workbook itself."""
        ...
