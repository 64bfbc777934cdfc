"""`tricolor quarantine`: look at what could not be used, send it through the intake again, or drop it."""

import csv
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tricolor.adapters.ledger.quarantine import QuarantineBookSql, QuarantineDeskSql, all_items
from tricolor.domain.errors import Refused
from tricolor.domain.intervals import iso
from tricolor.domain.quarantine import QuarantineFilter
from tricolor.domain.readings import Reject
from tricolor.ports import QuarantineItem
from tricolor_cli.adoption import samples_of, stub_of
from tricolor_cli.common import AsJson, Data, instant_of, is_running, now_us, open_ledger, settings_at, who

quarantine_app = typer.Typer(help="隔离区 · The quarantine: list, show, unknown points, replay, drop, export.", no_args_is_help=True)

Reason = Annotated[str, typer.Option("--reason", help="只看这一原因 · only this reason, e.g. unknown_point")]
Source = Annotated[str, typer.Option("--source", help="只看这一来源 · only this source, e.g. mqtt:qz-refinery-01/gw-1")]
Since = Annotated[str, typer.Option("--since", help="此后收到的 · received then or later: 2026-11-20, or a time with its offset")]
Ids = Annotated[list[int] | None, typer.Option("--id", help="只这些编号 · only these entries; may be repeated")]
SHOWN = 200


@quarantine_app.command("list")
def list_entries(reason: Reason = "", source: Source = "", since: Since = "", as_json: AsJson = False, data: Data = None) -> None:
    """按网关和原因计数，并列出最新的条目 · Counts by gateway and reason, and the newest entries (with --json all of them, one a line)."""
    which = _filter(reason, source, since, None)
    with open_ledger(settings_at(data)) as ledger:
        book = QuarantineBookSql(ledger)
        if as_json:
            for item in all_items(book, which):
                typer.echo(json.dumps(_shape(item), ensure_ascii=False))
            return
        counts, dropped, (entries, size) = book.counts(), book.dropped(), book.size()
        newest = book.page(which.reason, [which.source] if which.source else [], SHOWN, None, which.since)
    summary = Table("来源 source", "原因 reason", "状态 state", "条数 entries", "最早 first", "最新 last")
    for c in counts:
        summary.add_row(c.source, c.reason, c.state, f"{c.entries:,}", iso(c.first_at)[:19], iso(c.last_at)[:19])
    console = Console()
    console.print(summary)
    table = Table("编号 id", "收到 received", "来源 source", "位置 index", "测点 point", "原因 reason", "说明 detail")
    for item in newest:
        table.add_row(str(item.id), iso(item.received_at)[:19], item.source, str(item.index), item.point, item.reason, item.detail)
    console.print(table)
    gone = sum(cap for cap, _ in dropped.values())
    full = f"；因已满丢弃 dropped because it was full: {gone:,}" if gone else ""
    console.print(f"共 {entries:,} 条，{size:,} 字节 · {entries:,} entries, {size:,} bytes{full}", highlight=False)


@quarantine_app.command("show")
def show(
    entry: Annotated[int, typer.Argument(metavar="ID", help="条目编号 · number of the entry")],
    raw: Annotated[Path | None, typer.Option("--raw", help="原文写入文件 · write the message as it came to this file")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """一个条目及其原文 · One entry with the message it came in."""
    with open_ledger(settings_at(data)) as ledger:
        item, payload = QuarantineBookSql(ledger).raw(entry)
    if raw is not None:
        raw.write_bytes(payload)
    text = payload[:2000].decode("utf-8", "replace")
    if as_json:
        typer.echo(json.dumps({**_shape(item), "raw_text": text}, ensure_ascii=False))
        return
    for name, value in _shape(item).items():
        typer.echo(f"{name:14} {value}")
    typer.echo(f"\n{text}{' …' if len(payload) > 2000 else ''}")


@quarantine_app.command("replay")
def replay(
    reason: Reason = "", source: Source = "", since: Since = "", ids: Ids = None, as_json: AsJson = False, data: Data = None
) -> None:  # fmt: skip
    """把原文重新送入采集 · Send the messages through the intake again, each whole: a running Tricolor within seconds, else the next start."""
    settings = settings_at(data)
    with open_ledger(settings) as ledger:
        messages, entries = QuarantineDeskSql(ledger).queue(_filter(reason, source, since, ids), who(), now_us())
    if as_json:
        typer.echo(json.dumps({"messages": messages, "entries": entries}))
        return
    when = "几秒内 within seconds" if is_running(settings) or settings.store != "duckdb" else "下次启动时 at the next start"
    typer.echo(f"{messages} 条报文、{entries} 个条目将重新送入 · {messages} messages with {entries} entries go in again, {when}")


@quarantine_app.command("drop")
def drop(
    reason: Reason = "", source: Source = "", since: Since = "", ids: Ids = None,
    all_entries: Annotated[bool, typer.Option("--all", help="全部 · everything")] = False,
    data: Data = None,
) -> None:  # fmt: skip
    """永久删除 · Remove entries for good, with the bytes that no entry needs any more."""
    if not (reason or source or since or ids or all_entries):
        raise Refused("name what to drop: --reason, --source, --since or --id, or --all for everything")
    with open_ledger(settings_at(data)) as ledger:
        entries = QuarantineDeskSql(ledger).drop(_filter(reason, source, since, ids), who(), now_us())
    typer.echo(f"已删除 dropped {entries}")


@quarantine_app.command("unknown")
def unknown(
    enterprise: Annotated[str, typer.Option("--enterprise", help="只看这个单位 · only of this entity")] = "",
    toml: Annotated[bool, typer.Option("--toml", help="打印登记表片段 · print a registry stub to complete and import")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """登记表里没有的测点 · Points that the registry does not know, with samples. Register them, then `tricolor quarantine replay`."""
    with open_ledger(settings_at(data)) as ledger:
        book = QuarantineBookSql(ledger)
        found = [(point, samples_of(book, point)) for point in book.unknown(enterprise)]
    if toml:
        typer.echo(stub_of(found))
    elif as_json:
        rows = [
            {
                "enterprise": p.enterprise, "point": p.point, "readings": p.readings, "first_at": iso(p.first_at), "last_at": iso(p.last_at),
                "samples": [{"at": iso(at), "value": value} for at, value in samples],
            }
            for p, samples in found
        ]  # fmt: skip
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        table = Table("单位 entity", "测点 point", "读数 readings", "最早 first", "最新 last", "样本 samples")
        for p, samples in found:
            values = " ".join(f"{value:g}" for _, value in samples[-4:])
            table.add_row(p.enterprise, p.point, str(p.readings), iso(p.first_at)[:19], iso(p.last_at)[:19], values)
        Console().print(table)


@quarantine_app.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", help="文件 .jsonl 或 .csv · file to write; the ending says the format")],
    reason: Reason = "", source: Source = "", since: Since = "", data: Data = None,
) -> None:  # fmt: skip
    """导出条目 · Export entries as JSON lines or CSV."""
    if out.suffix not in (".jsonl", ".csv"):
        raise Refused(f"{out}: end the name in .jsonl or .csv")
    count = 0
    with open_ledger(settings_at(data)) as ledger, out.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, fieldnames=_NAMES) if out.suffix == ".csv" else None
        if table is not None:
            table.writeheader()
        for item in all_items(QuarantineBookSql(ledger), _filter(reason, source, since, None)):
            count += 1
            if table is not None:
                table.writerow(_shape(item))
            else:
                file.write(json.dumps(_shape(item), ensure_ascii=False) + "\n")
    typer.echo(f"{count} → {out}", err=True)


_NAMES = ("id", "received_at", "source", "topic", "content_type", "index", "point", "reason", "state", "detail", "raw_bytes")


def _shape(item: QuarantineItem) -> dict[str, object]:
    return {name: iso(item.received_at) if name == "received_at" else getattr(item, name) for name in _NAMES}


def _filter(reason: str, source: str, since: str, ids: list[int] | None) -> QuarantineFilter:
    if reason and reason not in set(Reject):
        raise Refused(f"--reason {reason!r} is none of {', '.join(sorted(Reject))}")
    return QuarantineFilter(reason, source, instant_of(since, "--since") if since else None, tuple(ids or ()))
