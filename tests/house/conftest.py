"""What the tests of the house share: the whole HTTP surface over an empty ledger, with a key of every kind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.main import wire
from ingest_service.commit import Committer
from ingest_service.listeners.http import HttpLimits, readings_router
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.catalogue.plans import load_plan
from tricolor.domain.access import PUSH_KINDS, KeyKind, authenticator


@pytest.fixture
def surface(sqlite_ledger: LedgerEngine, tmp_path: Path) -> Iterator[FastAPI]:
    """The app of `tricolor up` without the wallboard: the API's routes and the intake's."""
    keys = KeyBookSql(sqlite_ledger)
    app = create_app(wire(sqlite_ledger, MemoryStore(), load_plan("illustrative-2026-2030"), 100_000))
    spool = SqliteSpool(tmp_path / "spool.sqlite", 1_000_000)
    authenticate = authenticator(keys.find, PUSH_KINDS)
    app.include_router(readings_router(authenticate, {}, Committer(spool, lambda: None), HttpLimits(100_000, 100_000), lambda _frame, _decoded: ()))
    yield app
    spool.close()


@pytest.fixture
def visitor(surface: FastAPI, sqlite_ledger: LedgerEngine) -> Iterator[Any]:
    """visitor(method, path, kind) -> status of a request from another machine; kind "": without a key."""
    book = KeyBookSql(sqlite_ledger)
    tokens = {kind.value: book.create(kind, "", "test", 1)[1] for kind in KeyKind}
    with TestClient(surface, raise_server_exceptions=False) as client:

        def visit(method: str, path: str, kind: str) -> int:
            headers = {"content-type": "image/png"} | ({"authorization": f"Bearer {tokens[kind]}"} if kind else {})
            return int(client.request(method, path, headers=headers).status_code)

        yield visit
