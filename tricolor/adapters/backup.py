"""Backup and restore: ledger, spool and readings as of one moment, while everything runs.

Ledger, DuckDB and spool are copied from snapshots taken in the order ledger, readings, spool while no transaction of the ledger can commit. A
batch on its way at that moment is in the spool's copy with its noted outcome, or neither noted nor stored: in both cases a start on the copy
finishes it exactly once (docs/decisions/0002-outcome-before-store.md). Copying itself holds nobody up. On servers the ledger's snapshot is one
transaction of PostgreSQL; the store is read after it, and what was stored later is left out (tricolor/adapters/stores/keeping.py).
"""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from time import time_ns
from typing import Protocol, runtime_checkable

from tricolor.adapters.ledger.copying import Tell, cut_of, replaced_since, write_tables
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.stores.keeping import Kept, write_store
from tricolor.domain.errors import Misconfigured, Refused, TryAgain
from tricolor.domain.intervals import iso
from tricolor.ports_operations import BackupPart

MANIFEST = "manifest.json"
FORMAT = 1
SECRETS = [  # for whoever finds the folder
    "账本含链接签名密钥、带链接的消息、人员联系方式：请加密保管 · ledger: secrets that sign phone links, messages with links, people's addresses",
    "broker: passwords of gateways · 网关口令",
]
_CHUNK = 1024 * 1024
_PARTIAL = ".restore.partial"
_MAY_BE_THERE = {_PARTIAL, "lost+found", "tricolor.lock"}  # in an empty data folder
BROKER_FILES = ("broker/accounts.json", "broker/dynamic-security.json")  # without them the gateways' passwords are gone


def silent(what: str, done: int, total: int) -> None:
    """Tells nobody how far a backup is."""


@runtime_checkable
class Snapshots(Protocol):
    """A store that can be copied as of one moment (DuckStore)."""

    def snapshot(self, target: Path) -> AbstractContextManager[Callable[[], None]]: ...


def back_up(
    folder: Path, data: Path, spools: Sequence[Path], ledger: LedgerEngine, store: "Snapshots | Kept", at: int, tell: Tell = silent
) -> list[BackupPart]:
    """Write a backup into a new folder; its parts. Refused when the folder holds something; TryAgain when the disk is full or a server busy."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder} is not empty: name a new folder")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True, mode=0o700)
        files = _copy(partial, data, spools, ledger, store, tell)
        parts = [_part(what, partial, partial / name) for what, name in files]
        absent = [] if any(part.what == "broker" for part in parts) else ["broker: no accounts of gateways in this data folder"]
        absent += [] if spools else ["spool: none in this data folder"]
        _write_manifest(partial, parts, absent, at)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
        _sync(folder.parent)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise TryAgain(f"the backup {folder} could not be written: {error}") from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return parts


def verify(folder: Path) -> list[BackupPart]:
    """The parts of a backup, each with the size and digest of its manifest. Refused naming the first that differs."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        parts = [BackupPart(**part) for part in manifest["parts"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{folder} holds no backup that can be read: {error}") from error
    if manifest.get("format") != FORMAT:
        raise Refused(f"{folder} is a backup of format {manifest.get('format')}, this version reads {FORMAT}")
    for part in parts:
        path = folder / part.name
        if Path(part.name).is_absolute() or ".." in Path(part.name).parts:
            raise Refused(f"the manifest of {folder} names a file outside of it: {part.name}")
        if not path.is_file() or path.stat().st_size != part.size or _digest(path) != part.sha256:
            raise Refused(f"{path} is not what the manifest says: the backup is damaged, nothing was restored")
    return parts


def without(folder: Path) -> list[str]:
    """What the manifest says is not in the backup."""
    return list(json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("without", []))


def restore(folder: Path, data: Path) -> list[BackupPart]:
    """Copy a backup into a new data folder, after all of it was verified; the parts that belong to servers are left to `restore_servers`.

    Refused when the target holds anything.
    """
    parts = verify(folder)
    require_empty(data)
    partial = data / _PARTIAL if data.exists() else data.with_name(data.name + ".partial")  # a volume of a container cannot be renamed
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        for part in parts:
            if is_of_server(part):
                continue
            target = partial / part.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / part.name, target)
            target.chmod(0o600 if part.what == "broker" else 0o644)
            _sync(target)
        if data.exists():
            for found in sorted(partial.iterdir()):
                found.rename(data / found.name)
            partial.rmdir()
        else:
            partial.rename(data)
        _sync(data.parent)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise TryAgain(f"the backup could not be restored to {data}: {error}") from error
    return parts


def require_empty(data: Path) -> None:
    """Refused when the folder holds anything."""
    if data.exists() and (not data.is_dir() or any(found.name not in _MAY_BE_THERE for found in data.iterdir())):
        raise Refused(f"{data} is not empty: restore into a new folder, then set TRICOLOR_DATA to it")


def is_of_server(part: BackupPart) -> bool:
    """Whether the part goes to PostgreSQL or through the store port, and not into the data folder."""
    return part.name.partition("/")[0] in ("ledger", "readings", "energy")


def digest_of(folder: Path) -> str:
    """What tells this backup from every other: the digest of its manifest."""
    return _digest(folder / MANIFEST)


def _copy(partial: Path, data: Path, spools: Sequence[Path], ledger: LedgerEngine, store: "Snapshots | Kept", tell: Tell) -> list[tuple[str, str]]:
    """(what, name in the backup) of each file copied."""
    files: list[tuple[str, str]] = []
    jobs: list[Callable[[], None]] = []
    with ExitStack() as snapshots:
        with ledger.writing() as writer:
            if ledger.is_sqlite:
                path = Path(str(ledger.url.database))
                jobs.append(_sqlite_snapshot(snapshots, path, partial / "ledger.sqlite"))
                files.append(("ledger", "ledger.sqlite"))
                cut = cut_of(writer, time_ns() // 1000)
            else:
                reader = snapshots.enter_context(ledger.reading())
                cut = cut_of(reader, time_ns() // 1000)  # its first query fixes the snapshot
                jobs.append(lambda: files.extend(("ledger", name) for name in write_tables(reader, partial, tell)))
            if not isinstance(store, Snapshots):
                cut = replace(cut, newest=store.latest())
            else:
                jobs.append(snapshots.enter_context(store.snapshot(partial / "readings.duckdb")))
                files.append(("readings", "readings.duckdb"))
            for spool in spools:
                jobs.append(_sqlite_snapshot(snapshots, spool, partial / spool.name))
                files.append(("spool", spool.name))
        for job in jobs:
            job()
    if not isinstance(store, Snapshots):
        names = write_store(store, cut, partial, lambda highest: replaced_since(ledger, cut, highest), tell)
        files += [(name.partition("/")[0], name) for name in names]
        for name in names:
            _sync(partial / name)
    for name in BROKER_FILES:
        if (data / name).exists():
            (partial / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(data / name, partial / name)
            (partial / name).chmod(0o600)
            files.append(("broker", name))
    return files


def _sqlite_snapshot(stack: ExitStack, source: Path, target: Path) -> Callable[[], None]:
    """Fix the state of the database now; the returned call copies it."""
    if not source.exists():
        raise Misconfigured(f"{source} does not exist: is TRICOLOR_DATA the folder of a Tricolor?")
    reader = sqlite3.connect(source, timeout=30, isolation_level=None, check_same_thread=False)
    stack.callback(reader.close)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the snapshot begins with the first read

    def copy() -> None:
        writer = sqlite3.connect(target)
        try:
            reader.backup(writer)
            (said,) = writer.execute("PRAGMA quick_check").fetchone()
        finally:
            writer.close()
        if said != "ok":
            raise TryAgain(f"the copy of {source} is damaged ({said})")
        _sync(target)

    return copy


def _write_manifest(folder: Path, parts: Sequence[BackupPart], absent: Sequence[str], at: int) -> None:
    body = {"format": FORMAT, "at": iso(at), "parts": [asdict(part) for part in parts], "without": list(absent), "secrets": SECRETS}
    path = folder / MANIFEST
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False), encoding="utf-8")
    _sync(path)
    _sync(folder)


def _part(what: str, folder: Path, path: Path) -> BackupPart:
    return BackupPart(what, str(path.relative_to(folder)), path.stat().st_size, _digest(path))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
