"""Ports of the registers of projects and of cleaner-production audits."""

from collections.abc import Sequence
from typing import Protocol

from tricolor.domain.projects import CpAudit, Project
from tricolor.ports_judging import Changes


class ProjectBook(Changes, Protocol):
    """Projects; every revision is kept, the last one counts."""

    def put(self, project: Project, author: str, reason: str) -> Project:
        """The project as it now stands. Refused where the state cannot follow the one before; Problems lists every other fault."""
        ...

    def put_all(self, projects: Sequence[Project], author: str, reason: str) -> list[Project]:
        """Several, all or none; Problems lists every fault with its place."""
        ...

    def current(self, entities: Sequence[str] | None) -> list[Project]: ...
    def history(self, project_id: str) -> list[Project]:
        """Every revision, the oldest first; NotFound."""
        ...


class CpAuditBook(Changes, Protocol):
    """Cleaner-production audits; every revision is kept, the last one counts."""

    def put(self, audit: CpAudit, author: str, reason: str) -> CpAudit: ...
    def put_all(self, audits: Sequence[CpAudit], author: str, reason: str) -> list[CpAudit]: ...
    def current(self, entities: Sequence[str] | None) -> list[CpAudit]: ...
    def history(self, audit_id: str) -> list[CpAudit]: ...
