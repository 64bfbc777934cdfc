"""Registers that keep every revision: a row a revision, the last one of an id marked, and stamped with the version that it made."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Column, Connection, Table, insert, select, update
from sqlalchemy.engine import RowMapping

from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.schema import audit
from tricolor.domain.errors import Problems, Refused
from tricolor.domain.projects import Wrong

MAX_REASON = 1000  # characters
MAX_AT_ONCE = 5_000  # names in one IN (…): well under SQLite's and PostgreSQL's bounds


class Kept(Protocol):
    """An entry of a register."""

    @property
    def id(self) -> str: ...


Entry = TypeVar("Entry", bound=Kept)


def refuse_bad(
    news: Sequence[Entry], held: Callable[[str], Entry | None], follow: Callable[[Entry | None, Entry], None],
    wrong: Callable[[Entry | None, Entry], Iterable[Wrong]],
) -> None:  # fmt: skip
    """Problems lists every fault, of several entries each by its place; Refused where a single one cannot follow the one before.

    held: the revision that counts; follow: raises Refused; wrong: every other fault.
    """
    problems, seen = list[str](), set[str]()
    for index, new in enumerate(news):
        place, before = f"[{index}] " if len(news) > 1 else "", held(new.id)
        try:
            follow(before, new)
        except Refused as error:
            if len(news) == 1:
                raise
            problems.append(f"{place}{error}")
        if new.id in seen:
            problems.append(f"{place}编号 {new.id} 出现两次 · id: {new.id} is there twice")
        seen.add(new.id)
        problems += [f"{place}{zh} · {field}: {en}" for field, zh, en in wrong(before, new)]
    if problems:
        raise Problems(problems)


def wrong_with_entry(author: str, reason: str) -> list[Wrong]:
    """Faults of what any entry comes with: who enters it, and why."""
    found: list[Wrong] = []
    if not author.strip():
        found.append(("author", "请写明由谁登记", "say who enters it"))
    if len(reason) > MAX_REASON:
        found.append(("reason", f"理由最多 {MAX_REASON} 字", f"is over {MAX_REASON} characters"))
    return found


def last(connection: Connection, table: Table, identity: str) -> RowMapping | None:
    """The revision that counts, or None."""
    return connection.execute(select(table).where(table.c.id == identity, table.c.is_current)).mappings().one_or_none()


def revise(connection: Connection, table: Table, key: str, values: Mapping[str, Any]) -> None:
    """Add a revision, which counts from now on, with its entry in the audit; `key`: the version counter that it raises. values: without mark."""
    identity = values["id"]
    connection.execute(update(table).where(table.c.id == identity, table.c.is_current).values(is_current=False))
    connection.execute(insert(table).values(**values, is_current=True, mark=versions.bump(connection, key)))
    entry = {"at": values["changed_at"], "who": values["author"], "action": f"{table.name}.put", "target": identity, "detail": dict(values)}
    connection.execute(insert(audit).values(**entry))


def current(connection: Connection, table: Table, entities: Sequence[str] | None) -> list[RowMapping]:
    """What counts, of the entities (None: of all), by entity and id."""
    query = select(table).where(table.c.is_current)
    if entities is None:
        found = list(connection.execute(query).mappings())
    else:
        wanted, found = sorted(set(entities)), []
        for first in range(0, len(wanted), MAX_AT_ONCE):
            found += connection.execute(query.where(table.c.entity.in_(wanted[first : first + MAX_AT_ONCE]))).mappings()
    return sorted(found, key=lambda row: (row["entity"], row["id"]))


def history(connection: Connection, table: Table, identity: str) -> list[RowMapping]:
    """Every revision, the oldest first."""
    return list(connection.execute(select(table).where(table.c.id == identity).order_by(table.c.revision)).mappings())


def changes(connection: Connection, key: str, marked: Column[Any], owners: Iterable[Column[Any]], since: int) -> tuple[int, frozenset[str]]:
    """The version now, and whom revisions after the mark `since` concern. owners: columns that name them."""
    now = versions.version(connection, key)
    found: set[str] = set()
    for owner in owners:
        found |= set(connection.execute(select(owner).where(marked > since).distinct()).scalars())
    return now, frozenset(found - {""})
