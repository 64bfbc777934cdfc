"""`tricolor key`: give out, list and take back the keys of the API."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Column, Table

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.config import Settings
from tricolor.domain.access import Key, KeyKind
from tricolor.domain.errors import TricolorError
from tricolor.domain.intervals import iso

key_app = typer.Typer(help="密钥 · Keys of the API: create, list, revoke.", no_args_is_help=True)

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the embedded stores; default TRICOLOR_DATA or ./data.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]


@key_app.command("create")
def create(
    kind: Annotated[KeyKind, typer.Option("--kind", help="admin: everything; read: answers; push: readings and figures.")],
    enterprise: Annotated[str, typer.Option("--enterprise", help="Bind the key to this entity of the registry.")] = "",
    label: Annotated[str, typer.Option("--label", help="Whose key it is, for the list.")] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Make a key and print it. It is shown this once: only its digest is stored."""
    if kind is KeyKind.ADMIN and enterprise:
        _fail("管理密钥不能绑定单位 · an admin key cannot be bound to an entity; use --kind read or push")
    with _ledger(data) as ledger:
        if enterprise and enterprise not in RegistryBookSql(ledger).load().entities:
            _fail(f"登记中没有单位 {enterprise} · there is no entity {enterprise!r} in the registry; `tricolor import registry FILE` adds it")
        key, token = KeyBookSql(ledger).create(kind, enterprise, label, _now())
    if as_json:
        typer.echo(json.dumps({"key": token, "id": key.id, "kind": key.kind.value, "enterprise": key.enterprise}, ensure_ascii=False))
        return
    typer.echo(token)
    typer.echo(f"编号 id {key.id} · {key.kind} · {key.enterprise or '不限单位 any entity'} · 只显示这一次 shown this once", err=True)


@key_app.command("list")
def list_keys(as_json: AsJson = False, data: Data = None) -> None:
    """All keys, revoked ones too; never the keys themselves."""
    with _ledger(data) as ledger:
        keys = KeyBookSql(ledger).list()
    if as_json:
        typer.echo(json.dumps([_shape(key) for key in keys], ensure_ascii=False))
        return
    table = Table(Column("编号 id", overflow="fold", no_wrap=True), "种类 kind", "单位 entity", "标签 label", "创建 created", "吊销 revoked")
    for key in keys:
        table.add_row(key.id, key.kind, key.enterprise, key.label, iso(key.created_at)[:19], iso(key.revoked_at)[:19] if key.revoked_at else "")
    Console().print(table)


@key_app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="As `tricolor key list` shows it.")], data: Data = None) -> None:
    """Take a key back; requests with it are refused from now on."""
    with _ledger(data) as ledger:
        key = KeyBookSql(ledger).revoke(key_id, _now())
    typer.echo(f"已吊销 revoked {key.id} ({key.kind})")


def _shape(key: Key) -> dict[str, object]:
    return {
        "id": key.id, "kind": key.kind.value, "enterprise": key.enterprise, "label": key.label, "created_at": iso(key.created_at),
        "revoked_at": iso(key.revoked_at) if key.revoked_at else None,
    }  # fmt: skip


@contextmanager
def _ledger(data: Path | None) -> Iterator[LedgerEngine]:
    settings = Settings() if data is None else Settings(data=data)
    ledger = None
    try:
        ledger = LedgerEngine(settings.ledger)
        ledger.migrate()
        yield ledger
    except TricolorError as error:
        _fail(str(error))
    finally:
        if ledger is not None:
            ledger.close()


def _fail(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(1)


def _now() -> int:
    return time.time_ns() // 1_000
