"""`tricolor backup`, `tricolor restore`, and the maker of backups inside a running service."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tricolor.adapters.backup import back_up, restore
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor.ports_operations import BackupPart
from tricolor_cli.common import AsJson, Data, KeyFile, ask_running, is_running, now_us, open_ledger, settings_at


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
    """备份 · Copy ledger, spool and readings as of one moment. A running Tricolor writes it itself, into its TRICOLOR_BACKUP_FOLDER."""
    settings = settings_at(data)
    if is_running(settings):
        if settings.backup_folder is not None and folder.resolve().parent != settings.backup_folder.resolve():
            raise Misconfigured(f"the running Tricolor writes backups to TRICOLOR_BACKUP_FOLDER={settings.backup_folder} only: name a folder in it")
        answer = ask_running(settings, "POST", "/v1/backup", key_file, {"folder": folder.name})
        parts = [BackupPart(**part) for part in answer["parts"]]
    else:
        parts = _stopped(settings, folder)
    _show(parts, folder, as_json)


def restore_command(
    folder: Annotated[Path, typer.Argument(help="备份文件夹 · folder of a backup")],
    data: Annotated[Path, typer.Option("--data", help="新的存储目录 · a new folder for the stores")],
    as_json: AsJson = False,
) -> None:
    """恢复 · Verify a backup against its manifest and copy it into a new data folder. Start with `tricolor up --data` on it."""
    _show(restore(folder, data), data, as_json)


def _stopped(settings: Settings, folder: Path) -> list[BackupPart]:
    with open_ledger(settings) as ledger:
        store = DuckStore(settings.data / "readings.duckdb") if settings.store == "duckdb" else None
        try:
            return back_up(folder, settings.data, _spools(settings), ledger, store, now_us())
        finally:
            if store is not None:
                store.close()


def _spools(settings: Settings) -> list[Path]:
    return [settings.spool_file] if settings.spool_file.exists() else []


def _show(parts: Sequence[BackupPart], folder: Path, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(part) for part in parts], ensure_ascii=False))
        return
    for part in parts:
        typer.echo(f"{part.what:9} {part.name:32} {part.size:>14,}  {part.sha256[:16]}…")
    typer.echo(f"{folder}: {sum(part.size for part in parts):,} bytes")
