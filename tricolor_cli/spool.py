"""`tricolor spool`: what the spool holds, and loading a stretch of it again after a decoder or the registry was mended."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import quarantine
from tricolor.adapters.spool.desk import SpoolDesk
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured, Unreadable
from tricolor.domain.intervals import iso, parse_us

spool_app = typer.Typer(help="缓冲 · The spool of the intake: status, replay.", no_args_is_help=True)

Data = Annotated[Path | None, typer.Option("--data", help="存储目录 · folder of the embedded stores (TRICOLOR_DATA)")]
AsJson = Annotated[bool, typer.Option("--json", help="answer as JSON")]


@spool_app.command("status")
def status(data: Data = None, as_json: AsJson = False) -> None:
    """缓冲状态 · What waits for the store, what is kept for a replay, and how large the file is."""
    settings = _settings(data)
    held = SpoolDesk(settings.spool_file).status()
    free = shutil.disk_usage(settings.spool_file.parent).free
    if as_json:
        typer.echo(json.dumps({**asdict(held), "disk_free_bytes": free, "path": str(settings.spool_file)}))
        return
    table = Table("项目 what", "值 value", title=str(settings.spool_file))
    table.add_row("待入库 waiting", f"{held.waiting:,} 条 messages")
    table.add_row("已入库保留 kept", f"{held.kept:,} 条 messages, {settings.spool_keep_s / 3600:g} h")
    table.add_row("待重放 to replay", f"{held.to_replay:,}")
    table.add_row("序号 seq", f"{held.first_seq} – {held.last_seq}")
    table.add_row("时间 time", f"{_when(held.oldest_at)} – {_when(held.newest_at)}")
    table.add_row("文件 file", f"{held.file_bytes / 1e6:,.1f} MB, {held.free_bytes / 1e6:,.1f} MB 空闲 free inside")
    table.add_row("磁盘可用 disk free", f"{free / 1e9:,.1f} GB")
    Console().print(table)


@spool_app.command("replay")
def replay(
    data: Data = None,
    from_: Annotated[int | None, typer.Option("--from", help="起始序号 · first seq")] = None,
    since: Annotated[str | None, typer.Option("--since", help="起始时间 · received at or after, with offset: 2026-11-20T08:00:00+08:00")] = None,
    to: Annotated[str | None, typer.Option("--to", help="结束 · last seq, or received before this time")] = None,
    only_quarantined: Annotated[
        bool, typer.Option("--only-quarantined", help="仅含隔离读数的 · only messages of which something is quarantined")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """重放 · Load stored messages again, e.g. after a decoder was mended. The running intake does it at once, a stopped one when it starts.

    Repeated readings are counted as duplicates; a value that came after the original stays.
    """
    if (from_ is None) == (since is None):
        raise Misconfigured("say where to begin: --from SEQ or --since TIME (one of the two)")
    settings = _settings(data)
    first_seq, last_seq, start, until = from_ or 0, 2**62, 0, 2**62
    if since is not None:
        start = _time(since, "--since")
    if to is not None:
        if to.isdigit():
            last_seq = int(to)
        else:
            until = _time(to, "--to")
    desk = SpoolDesk(settings.spool_file)
    only = _quarantined(settings, start, until) if only_quarantined else None
    count = desk.plan_replay(first_seq, last_seq, start, until, only)
    if as_json:
        typer.echo(json.dumps({"to_replay": count}))
        return
    typer.echo(f"{count} 条报文将重放 · {count} messages will be loaded again; `tricolor spool status` shows how many are left")


def _settings(data: Path | None) -> Settings:
    return Settings() if data is None else Settings(data=data)


def _quarantined(settings: Settings, start: int, until: int) -> set[tuple[str, int]]:
    """(source, received_at) of the messages of which something lies in quarantine."""
    ledger = LedgerEngine(settings.ledger)
    try:
        with ledger.reading() as connection:
            query = select(quarantine.c.source, quarantine.c.received_at).distinct()
            query = query.where(quarantine.c.received_at >= start, quarantine.c.received_at < until)
            return {(row.source, row.received_at) for row in connection.execute(query)}
    finally:
        ledger.close()


def _time(text: str, option: str) -> int:
    try:
        return parse_us(text)
    except (ValueError, Unreadable) as error:
        raise Misconfigured(f"{option} {text!r} is no time with an offset: write it like 2026-11-20T08:00:00+08:00 ({error})") from error


def _when(at: int | None) -> str:
    return "-" if at is None else iso(at)[:19]
