"""Projects in the ledger: every revision is kept with its author and reason, the last one counts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select
from sqlalchemy.engine import RowMapping

from tricolor.adapters.ledger import revisions, versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import entity
from tricolor.adapters.ledger.schema_projects import project
from tricolor.domain.entities import EntityKind
from tricolor.domain.errors import NotFound
from tricolor.domain.intervals import local_day
from tricolor.domain.projects import Project, ProjectState, Wrong, follow_project, project_says, wrong_with_project

_FIELDS = (
    "id", "plan", "entity", "name_cn", "name_en", "section", "due", "expected_tce", "investment_cny_10k", "commissioned", "needs_monitoring",
    "saving_entity", "baseline_tce", "verified_tce", "document", "note", "author", "revision", "changed_at", "reason",
)  # fmt: skip


def _now_us() -> int:
    return time.time_ns() // 1_000


class ProjectBookSql:
    """ProjectBook on SQLAlchemy. now_us: clock that stamps revisions and says what is in the future [µs]."""

    def __init__(self, ledger: LedgerEngine, now_us: Callable[[], int] = _now_us) -> None:
        self._ledger, self._now_us = ledger, now_us

    def changes(self, since: int) -> tuple[int, frozenset[str]]:
        """The mark now, and the entities whose projects changed after it; of a project that passed to another entity, both."""
        with self._ledger.reading() as connection:
            return revisions.changes(connection, versions.PROJECTS, project.c.mark, (project.c.entity, project.c.former_entity), since)

    def put(self, new: Project, author: str, reason: str) -> Project:
        """The project as it now stands; one that says what the register says already makes no revision.

        Refused where the state cannot follow the one before or lacks its reason; Problems lists every other fault.
        """
        return self.put_all([new], author, reason)[0]

    def put_all(self, news: Sequence[Project], author: str, reason: str) -> list[Project]:
        """Several at once, all or none; Problems names each by its place."""
        with self._ledger.writing() as connection:
            now = self._now_us()
            revisions.refuse_bad(
                news, lambda identity: _held(connection, identity), lambda before, new: follow_project(before, new, reason),
                lambda before, new: _wrong(connection, before, new, author, reason, now),
            )  # fmt: skip
            return [_keep(connection, new, author.strip(), reason.strip(), now) for new in news]

    def current(self, entities: Sequence[str] | None) -> list[Project]:
        """Of the entities themselves (None: of all), by entity and id."""
        with self._ledger.reading() as connection:
            return [_project(row) for row in revisions.current(connection, project, entities)]

    def history(self, project_id: str) -> list[Project]:
        """Every revision, the oldest first; NotFound."""
        with self._ledger.reading() as connection:
            found = [_project(row) for row in revisions.history(connection, project, project_id)]
        if not found:
            raise NotFound(f"没有项目 {project_id} · there is no project {project_id}")
        return found


def _held(connection: Connection, identity: str) -> Project | None:
    row = revisions.last(connection, project, identity)
    return None if row is None else _project(row)


def _wrong(connection: Connection, before: Project | None, after: Project, author: str, reason: str, now: int) -> list[Wrong]:
    found = wrong_with_project(replace(after, author=author), local_day(now).isoformat())
    found += revisions.wrong_with_entry(author, reason)
    if before is not None and before.plan != after.plan:
        found.append(("plan", f"项目属于规划 {before.plan!r}，不能改", f"the project is of plan {before.plan!r}, which cannot be changed"))
    owner = connection.execute(select(entity).where(entity.c.id == after.entity)).mappings().one_or_none()
    if owner is None:
        found.append(("entity", f"单位 {after.entity} 未登记", f"entity {after.entity!r} is not registered"))
    if after.saving_entity and after.saving_entity != after.entity:
        found += _wrong_saving(connection, owner, after)
    return found


def _wrong_saving(connection: Connection, owner: RowMapping | None, after: Project) -> list[Wrong]:
    """The saving is measured where the project is: at its unit, or inside its area."""
    name = after.saving_entity
    row = connection.execute(select(entity).where(entity.c.id == name)).mappings().one_or_none()
    if row is None:
        return [("saving_entity", f"单位 {name} 未登记", f"entity {name!r} is not registered")]
    is_inside = owner is None or owner["kind"] == EntityKind.CITY or owner["id"] in (row["region_id"], row["park_id"])
    return [] if is_inside else [("saving_entity", f"{name} 不在 {after.entity} 之内", f"{name} is not inside {after.entity}")]


def _keep(connection: Connection, new: Project, author: str, reason: str, now: int) -> Project:
    before = _held(connection, new.id)
    if before is not None and project_says(before) == project_says(new):
        return before
    kept = replace(new, author=author, reason=reason, revision=before.revision + 1 if before else 1, changed_at=now)
    former = before.entity if before is not None and before.entity != new.entity else ""
    values = {name: getattr(kept, name) for name in _FIELDS} | {"state": kept.state.value, "former_entity": former}
    revisions.revise(connection, project, versions.PROJECTS, values)
    return kept


def _project(row: RowMapping) -> Project:
    return Project(**{name: row[name] for name in _FIELDS}, state=ProjectState(row["state"]))
