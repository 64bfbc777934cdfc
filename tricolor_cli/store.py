"""`tricolor store` and `tricolor export`: tidying the store of readings, and taking data out of it as Parquet."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.stores.parquet import write_energy, write_readings
from tricolor.domain.errors import Misconfigured, Refused
from tricolor.domain.intervals import Interval, iso
from tricolor_cli.common import Data, KeyFile, download, instant_of, is_running, now_us, open_ledger, settings_at
from tricolor_cli.nightly import tend
from tricolor_cli.stores import open_store

store_app = typer.Typer(help="读数库 · The store of readings: retention and tidying.", no_args_is_help=True)


class What(StrEnum):
    READINGS = "readings"
    ENERGY = "energy"


@store_app.command("retain")
def retain(data: Data = None) -> None:
    """删除超过 TRICOLOR_RETENTION_DAYS 的读数，并整理 · Delete readings past the retention, fold superseded ones away; nightly in `tricolor up`."""
    settings = settings_at(data)
    if settings.store == "duckdb" and is_running(settings):
        raise Misconfigured("a running Tricolor holds the readings and does this every night at 02:30; to do it now, stop it")
    with open_ledger(settings) as ledger:
        store = open_store(settings, RegistryBookSql(ledger))
        try:
            folded, deleted = tend(store, settings.retention_days, now_us())
        finally:
            store.close()
    typer.echo(f"已删除过期读数 deleted {deleted:,} older than {settings.retention_days} days · 已合并被更正的 folded {folded:,} superseded")


def export_command(
    what: Annotated[What, typer.Argument(help="readings 原始读数 · energy 15 分钟能耗")],
    start: Annotated[str, typer.Option("--from", help="起 · from: a day (2026-11-01) or a time with its offset")],
    end: Annotated[str, typer.Option("--to", help="止，不含 · to, exclusive")],
    out: Annotated[Path, typer.Option("--out", help="文件 .parquet · file to write")],
    key_file: KeyFile = None,
    data: Data = None,
) -> None:
    """导出 Parquet · Export readings or energy as Parquet, with point ids and local times. A running Tricolor with DuckDB is asked for it."""
    settings = settings_at(data)
    span = Interval(instant_of(start, "--from"), instant_of(end, "--to"))
    if span.end <= span.start:
        raise Refused("--to must lie after --from")
    if settings.store == "duckdb" and is_running(settings):
        headers = download(settings, f"/v1/export/{what.value}", {"from": iso(span.start), "to": iso(span.end)}, key_file, out)
        typer.echo(f"{int(headers['X-Rows']):,} → {out}")
        return
    with open_ledger(settings) as ledger:
        book = RegistryBookSql(ledger)
        store = open_store(settings, book)
        try:
            rows = (write_readings if what is What.READINGS else write_energy)(store, book.load(), span, out)
        finally:
            store.close()
    typer.echo(f"{rows:,} → {out}")
