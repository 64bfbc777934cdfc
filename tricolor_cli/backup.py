"""`tricolor backup`, `tricolor restore`, and the maker of backups inside a running service."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tricolor.adapters.backup import back_up, is_of_server, require_empty, restore, silent, verify, without
from tricolor.adapters.backup_servers import has_columns, has_tables, restore_servers
from tricolor.adapters.ledger.copying import Tell
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.spool.rewind import rewind
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor.ports_operations import BackupPart
from tricolor_cli.common import AsJson, Data, KeyFile, ask_running, is_running, now_us, open_ledger, settings_at
from tricolor_cli.stores import open_store


def backup_maker(settings: Settings, ledger: LedgerEngine, store: object) -> Callable[[str, int], Sequence[BackupPart]] | None:
    """For POST /v1/backup: backups below TRICOLOR_BACKUP_FOLDER; None when it is not set or this process holds no DuckDB."""
    root = settings.backup_folder
    if root is None or not isinstance(store, DuckStore):
        return None

    def make(name: str, at: int) -> Sequence[BackupPart]:
        root.mkdir(parents=True, exist_ok=True)
        return back_up(root / name, settings.data, _spools(settings), ledger, store, at)

    return make


def backup_command(
    folder: Annotated[Path, typer.Argument(help="新文件夹 · a new folder")],
    key_file: KeyFile = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """备份 · Copy ledger, spool and readings as of one moment. A running Tricolor with DuckDB writes it itself, into its TRICOLOR_BACKUP_FOLDER; with
    PostgreSQL and InfluxDB this command does, running or not: run it where the intake's data folder is."""
    settings = settings_at(data)
    if settings.store == "duckdb" and is_running(settings):
        if settings.backup_folder is not None and folder.resolve().parent != settings.backup_folder.resolve():
            raise Misconfigured(f"the running Tricolor writes backups to TRICOLOR_BACKUP_FOLDER={settings.backup_folder} only: name a folder in it")
        answer = ask_running(settings, "POST", "/v1/backup", key_file, {"folder": folder.name})
        _show([BackupPart(**part) for part in answer["parts"]], folder, as_json)
        return
    with _progress(as_json) as tell:
        parts = _from_here(settings, folder, tell)
    _show(parts, folder, as_json)
    for missing in without(folder):
        typer.echo(f"▲ 不在备份里 not in the backup: {missing}", err=True)


def restore_command(
    folder: Annotated[Path, typer.Argument(help="备份文件夹 · folder of a backup")],
    data: Annotated[Path, typer.Option("--data", help="新的存储目录 · a new folder for the stores")],
    keep_spool: Annotated[
        bool,
        typer.Option(
            "--keep-spool", help="保留 --data 里的缓存队列，重新装载备份之后的数据 · the spool in --data survived: load again what came later"
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """恢复 · Verify a backup against its manifest and copy it into a new data folder. Start with `tricolor up --data` on it. The parts of
    PostgreSQL and InfluxDB go into the empty servers that TRICOLOR_LEDGER_URL and TRICOLOR_INFLUX_URL name; cut off, the same command goes on."""
    parts = verify(folder)
    settings = Settings(data=data)
    if is_running(settings):
        raise Misconfigured(f"a Tricolor runs on {data}: stop it first")
    if keep_spool and not settings.spool_file.exists():
        raise Misconfigured(f"--keep-spool: there is no {settings.spool_file}; without it the backup's own spool is used")
    if keep_spool and not has_tables(parts):
        raise Misconfigured(
            "--keep-spool is for a ledger in PostgreSQL: a backup with SQLite's ledger is restored into a new folder, with its own spool"
        )
    if not keep_spool:
        require_empty(data)
    if not any(map(is_of_server, parts)):
        _show(restore(folder, data), data, as_json)
        return
    _restore_to_servers(settings, folder, parts, keep_spool, as_json)
    _show(parts, data, as_json)


def _restore_to_servers(settings: Settings, folder: Path, parts: Sequence[BackupPart], keep_spool: bool, as_json: bool) -> None:
    if has_columns(parts) and settings.store != "influxdb":
        raise Misconfigured("the backup's readings go to InfluxDB: set TRICOLOR_STORE=influxdb and TRICOLOR_INFLUX_URL to an empty one")
    opened = LedgerEngine(settings.ledger) if has_tables(parts) else None

    def into_folder() -> LedgerEngine:
        if opened is not None and keep_spool:
            found = rewind(settings.spool_file, opened, folder / settings.spool_file.name)
            typer.echo(f"缓存队列 spool: 从 from {found.position:,}, {found.waiting:,} 条待重新装载 messages to load again", err=True)
            if found.missing:
                typer.echo(
                    f"▲ {found.missing:,} 条已不在缓存队列 messages after the backup are no longer in the spool (TRICOLOR_SPOOL_KEEP_S)", err=True
                )
        else:
            restore(folder, settings.data)
        return opened or LedgerEngine(settings.ledger)

    try:
        with _progress(as_json) as tell:
            restore_servers(folder, parts, opened, lambda names: open_store(settings, None, names), into_folder, tell)
    finally:
        if opened is not None:
            opened.close()


def _from_here(settings: Settings, folder: Path, tell: Tell) -> list[BackupPart]:
    with open_ledger(settings) as ledger:
        store = open_store(settings, RegistryBookSql(ledger))
        try:
            return back_up(folder, settings.data, _spools(settings), ledger, store, now_us(), tell)
        finally:
            store.close()


def _spools(settings: Settings) -> list[Path]:
    return [settings.spool_file] if settings.spool_file.exists() else []


@contextmanager
def _progress(as_json: bool) -> Iterator[Tell]:
    """A bar on stderr for each sort of thing, on a terminal only."""
    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        yield silent
        return
    tasks: dict[str, TaskID] = {}
    columns = TextColumn("{task.description:22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console) as progress:

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield tell


def _show(parts: Sequence[BackupPart], folder: Path, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(part) for part in parts], ensure_ascii=False))
        return
    for (what, place), group in groupby(parts, key=lambda part: (part.what, part.name.rpartition("/")[0])):
        files = list(group)
        name = files[0].name if len(files) == 1 else f"{place}/ ({len(files)})"
        digest = f"{files[0].sha256[:16]}…" if len(files) == 1 else ""
        typer.echo(f"{what:9} {name:32} {sum(part.size for part in files):>14,}  {digest}".rstrip())
    typer.echo(f"{folder}: {sum(part.size for part in parts):,} bytes")
