"""Restoring the parts of a backup that belong to servers: PostgreSQL's tables, and readings and cells through the store port."""

import csv
import gzip
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from tricolor.adapters.backup import digest_of, is_of_server
from tricolor.adapters.ledger.copying import INDEX, Tell, add_dirty, finish, load_tables, require_fresh
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.stores.keeping import ENERGY_FOLDER, READINGS_FOLDER, Kept, read_store, unsettled_spans
from tricolor.domain.errors import Misconfigured, Refused
from tricolor.ports_operations import BackupPart

OpenStore = Callable[[Callable[[], Mapping[int, str]]], Kept]


def has_tables(parts: Sequence[BackupPart]) -> bool:
    """Whether the ledger of the backup is PostgreSQL's."""
    return any(part.name == INDEX for part in parts)


def has_columns(parts: Sequence[BackupPart]) -> bool:
    """Whether readings go through the store port."""
    return any(is_of_server(part) and part.what in (READINGS_FOLDER, ENERGY_FOLDER) for part in parts)


def restore_servers(
    folder: Path, parts: Sequence[BackupPart], ledger: LedgerEngine | None, open_store: OpenStore, into_folder: Callable[[], LedgerEngine], tell: Tell
) -> None:
    """Load tables, then readings and cells, then call into_folder() for the rest; it gives the ledger that now counts.

    parts: verified. ledger: of PostgreSQL, None where the backup holds SQLite's. Refused when a server holds data of its own. Cut off, the same call
    again goes on where it was: until the end the ledger is marked as unfinished.
    """
    names = _names(folder)
    key_of = {name: key for key, name in names.items()}
    columns = [part.name for part in parts if is_of_server(part) and part.what in (READINGS_FOLDER, ENERGY_FOLDER)]
    digest = digest_of(folder)
    if has_tables(parts) and (ledger is None or ledger.is_sqlite):
        raise Misconfigured("the backup's ledger is of PostgreSQL: name an empty database in TRICOLOR_LEDGER_URL (postgresql+psycopg://…)")
    is_resumed = ledger is not None and require_fresh(ledger, digest)
    if columns:
        store = open_store(lambda: names)
        if not is_resumed and store.latest():
            raise Refused("the store holds readings of these points already: restore into an empty one (TRICOLOR_INFLUX_BUCKET)")
    if ledger is not None and not is_resumed:
        load_tables(ledger, folder, digest, tell)
    if columns:
        read_store(store, folder, columns, key_of, tell)
    final = into_folder()
    add_dirty(final, *unsettled_spans(folder, columns, key_of))
    if ledger is not None:
        finish(ledger)


def _names(folder: Path) -> dict[int, str]:
    """Point ids by key as the backup's ledger has them."""
    table, file = folder / "ledger" / "point.csv.gz", folder / "ledger.sqlite"
    if table.exists():
        with gzip.open(table, "rt", encoding="utf-8", newline="") as rows:
            return {int(row["key"]): row["id"] for row in csv.DictReader(rows)}
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as connection:
        return dict(connection.execute("SELECT key, id FROM point"))
