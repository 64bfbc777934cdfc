"""What `tricolor bulletin` does; apart from its options, so that the command line starts without the rules."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alerting.bulletin_office import BulletinOffice, period_in
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.catalogue.plans.beside import load_plan_beside, names_in
from tricolor.config import Settings
from tricolor.domain.bulletin_states import ACTION_CN, STATE_CN, Bulletin, BulletinAction, BulletinState
from tricolor.domain.documents import DocumentTable, Heading, Paragraph
from tricolor.domain.entities import EntityKind
from tricolor.domain.errors import Misconfigured, NotFound, Refused
from tricolor.domain.intervals import iso
from tricolor.ports_bulletins import BulletinMove, BulletinsWanted
from tricolor_cli.bulletin_desk import bulletin_office
from tricolor_cli.common import ask_running, is_running, now_us, open_ledger, settings_at
from tricolor_cli.common import who as cli_who
from tricolor_cli.stores import open_store

MOST = 500  # listed
SUFFIXES = ("docx", "pdf", "xlsx")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be drafted. area "": the city."""

    period: str
    area: str
    corrects: int | None
    who: str
    out: Path | None


@contextmanager
def _opened(settings: Settings, with_store: bool = False) -> Iterator[tuple[LedgerEngine, BulletinOffice]]:
    """with_store: where nobody else holds it."""
    if not settings.ledger_url and not (settings.data / "ledger.sqlite").exists():
        raise Misconfigured(f"there is no ledger in {settings.data}: name the folder with --data or TRICOLOR_DATA")
    plan = load_plan_beside(settings.plan, names_in(settings.plans_beside))
    with ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(settings))
        store = None
        if with_store and _is_store_free(settings):
            store = open_store(settings, RegistryBookSql(ledger))
            stack.callback(store.close)
        yield ledger, bulletin_office(ledger, plan, store, settings.fonts)


def _is_store_free(settings: Settings) -> bool:
    """Whether the store is there and nobody else holds it."""
    return settings.store != "duckdb" or ((settings.data / "readings.duckdb").exists() and not is_running(settings))


def make(order: Order, as_json: bool, key_file: Path | None, data: Path | None) -> None:
    """Draft it. Where a Tricolor holds the folder and a key is at hand it is asked, for it has the readings too; without a key the ledger alone is
    used, and the draft says what it lacks."""
    settings, period = settings_at(data), str(period_in(order.period))
    has_key = key_file is not None or bool(os.environ.get("TRICOLOR_ADMIN_KEY"))
    if settings.store == "duckdb" and is_running(settings) and has_key:
        body = {"area": order.area or _city(settings), "period": period, "by": order.who or cli_who(), "corrects": order.corrects}
        answer: Mapping[str, Any] = ask_running(settings, "POST", "/v1/bulletins", key_file, body)
        made_id = int(answer["id"])
    else:
        if settings.store == "duckdb" and is_running(settings):
            typer.echo(
                "▲ 运行中的 Tricolor 占用读数库，管网热损失和供热温度不入稿：用 TRICOLOR_ADMIN_KEY 或 --key-file 给出管理密钥，由它拟稿"
                " · a running Tricolor holds the readings, so heat networks are missing: give an admin key by TRICOLOR_ADMIN_KEY or --key-file",
                err=True,
            )
        with _opened(settings, with_store=True) as (_, office):
            made_id = office.make(order.area or _city(settings), period, order.who or cli_who(), now_us(), order.corrects).id
    with _opened(settings) as (_, office):
        made = office.shelf.get(made_id)
        written = [] if order.out is None else _write(office, made, order.out, SUFFIXES)
    if as_json:
        typer.echo(json.dumps({**_shape(made), "files": written}, ensure_ascii=False))
        return
    typer.echo(f"已拟稿 {made.id}：{made.area} {made.period} · drafted bulletin {made.id}; next: tricolor bulletin review {made.id} --who NAME")
    for path in written:
        typer.echo(path)


def _city(settings: Settings) -> str:
    with open_ledger(settings) as ledger:
        cities = [e.id for e in RegistryBookSql(ledger).load().entities.values() if e.kind is EntityKind.CITY]
    if len(cities) != 1:
        raise Refused(f"登记有 {len(cities)} 个市，请用 --area 指明 · {len(cities)} cities are registered: name the area with --area")
    return cities[0]


def listed(period: str, state: str, as_json: bool, data: Path | None) -> None:
    if state and state not in tuple(BulletinState):
        raise Misconfigured(f"--state: {state!r} is not one of {', '.join(BulletinState)}")
    with _opened(settings_at(data)) as (_, office):
        found = office.shelf.page(BulletinsWanted(state, str(period_in(period)) if period else ""), MOST, None)
    if as_json:
        typer.echo(json.dumps([_shape(b) for b in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("还没有通报：tricolor bulletin make --period 2026-10 · no bulletin yet: `tricolor bulletin make --period 2026-10`")
        return
    table = Table("编号 id", "地区 area", "期间 period", "状态 state", "文号 number", "更正 corrects", "拟稿于 drafted", "校验 digest")
    for b in found:
        corrects = "" if b.corrects is None else str(b.corrects)
        table.add_row(str(b.id), escape(b.area), b.period, f"{STATE_CN[b.state]} {b.state}", b.number, corrects, iso(b.made_at)[:16], b.digest[:12])
    Console().print(table)


def show(number: int, as_json: bool, data: Path | None) -> None:
    with _opened(settings_at(data)) as (_, office):
        found, document = office.shelf.get(number), office.document(number)
    if as_json:
        typer.echo(json.dumps({**_shape(found), "facts": json.loads(found.facts)}, ensure_ascii=False))
        return
    typer.echo(f"{document.title}  {found.number or STATE_CN[found.state]}  第{found.revision}稿  sha256 {found.digest}")
    for block in document.blocks:
        if isinstance(block, Heading | Paragraph):
            typer.echo(f"\n{block.text}" if isinstance(block, Heading) else f"  {block.text}")
        elif isinstance(block, DocumentTable):
            typer.echo(f"  [{block.title}] {len(block.rows)} 行 rows" if block.rows else f"  [{block.title}] {block.empty}")
    typer.echo("")
    for step in found.steps:
        typer.echo(f"{iso(step.at)[:16]}  {ACTION_CN[step.action]} {step.action}  {step.who}  {step.text}")


def step(number: int, action: BulletinAction, who: str, text: str, revision: int | None, as_json: bool, data: Path | None) -> None:
    """revision None: whatever it now is."""
    settings = settings_at(data)
    with _opened(settings, with_store=action is BulletinAction.REFRESHED) as (_, office):
        seen = office.shelf.get(number).revision if revision is None else revision
        done = office.step(BulletinMove(number, seen, action, who or cli_who(), now_us(), text))
    if as_json:
        typer.echo(json.dumps(_shape(done), ensure_ascii=False))
    else:
        is_now = f"{done.state} {done.number}".rstrip()
        typer.echo(f"{number}：{ACTION_CN[action]}，现为{STATE_CN[done.state]} · {action}, it is now {is_now}")


def export(number: int, out: Path, only: str, as_json: bool, data: Path | None) -> None:
    if only and only not in SUFFIXES:
        raise NotFound(f"--format: {only!r} is not one of {', '.join(SUFFIXES)}")
    with _opened(settings_at(data)) as (_, office):
        written = _write(office, office.shelf.get(number), out, (only,) if only else SUFFIXES)
    typer.echo(json.dumps(written, ensure_ascii=False) if as_json else "\n".join(written))


def _write(office: BulletinOffice, made: Bulletin, out: Path, suffixes: tuple[str, ...]) -> list[str]:
    """Each file whole or not at all."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        written = []
        for suffix in suffixes:
            file = office.file(made.id, suffix)
            partial, path = out / f".{file.name}.partial", out / file.name
            partial.write_bytes(file.data)
            partial.replace(path)
            written.append(str(path))
    except OSError as error:
        raise Refused(f"无法写入 {out}：{error.strerror} · {out} cannot be written: {error.strerror}") from error
    return written


def _shape(b: Bulletin) -> dict[str, object]:
    return {
        "id": b.id, "area": b.area, "period": b.period, "edition": b.edition, "state": str(b.state), "revision": b.revision, "number": b.number,
        "corrects": b.corrects, "digest": b.digest, "made_at": iso(b.made_at), "changed_at": iso(b.changed_at),
        "issued_at": None if b.issued_at is None else iso(b.issued_at),
        "steps": [{"at": iso(s.at), "action": str(s.action), "who": s.who, "text": s.text, "revision": s.revision} for s in b.steps],
    }  # fmt: skip
