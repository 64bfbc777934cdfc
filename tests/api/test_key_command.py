"""`tricolor key`: what it prints, what it refuses, and that its keys open the API."""

import json

import pytest
from typer.testing import CliRunner

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.domain.access import KeyKind
from tricolor.domain.entities import Entity, EntityKind
from tricolor_cli.key import key_app


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.delenv("TRICOLOR_LEDGER_URL", raising=False)
    ledger = LedgerEngine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    ledger.migrate()
    RegistryBookSql(ledger).replace_from(RegistryFile(entities=(Entity("mill", EntityKind.ENTERPRISE, "纸厂", "Mill"),)), "test", 1)
    yield tmp_path
    ledger.close()


def run(*words: object):
    return CliRunner().invoke(key_app, [str(word) for word in words])


def key_of(data, token: str):
    ledger = LedgerEngine(f"sqlite:///{data / 'ledger.sqlite'}")
    try:
        return KeyBookSql(ledger).find(token)
    finally:
        ledger.close()


def test_create_prints_one_json_object_with_the_key(data):
    result = run("create", "--kind", "push", "--enterprise", "mill", "--label", "gw", "--json", "--data", data)
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert set(answer) == {"key", "id", "kind", "enterprise"}
    key = key_of(data, answer["key"])
    assert (key.id, key.kind, key.enterprise, key.label) == (answer["id"], KeyKind.PUSH, "mill", "gw")


def test_create_works_before_the_first_start(tmp_path, monkeypatch):
    monkeypatch.delenv("TRICOLOR_LEDGER_URL", raising=False)
    result = run("create", "--kind", "admin", "--json", "--data", tmp_path / "fresh")
    assert key_of(tmp_path / "fresh", json.loads(result.stdout)["key"]).kind is KeyKind.ADMIN


def test_without_json_the_key_stands_alone_on_stdout(data):
    result = run("create", "--kind", "read", "--data", data)
    assert key_of(data, result.stdout.strip()).kind is KeyKind.READ


def test_an_enterprise_that_is_not_registered_is_named_and_no_key_is_made(data):
    result = run("create", "--kind", "push", "--enterprise", "nobody", "--json", "--data", data)
    assert result.exit_code == 1 and "nobody" in result.stderr and result.stdout == ""
    assert json.loads(run("list", "--json", "--data", data).stdout) == []


def test_an_admin_key_cannot_be_bound(data):
    assert run("create", "--kind", "admin", "--enterprise", "mill", "--data", data).exit_code == 1


def test_an_unknown_kind_is_refused(data):
    assert run("create", "--kind", "root", "--data", data).exit_code == 2


def test_list_and_revoke(data):
    made = json.loads(run("create", "--kind", "read", "--label", "desk", "--json", "--data", data).stdout)
    [listed] = json.loads(run("list", "--json", "--data", data).stdout)
    assert (listed["id"], listed["label"], listed["revoked_at"]) == (made["id"], "desk", None)
    assert made["key"] not in run("list", "--data", data).stdout
    assert run("revoke", made["id"], "--data", data).exit_code == 0
    assert key_of(data, made["key"]) is None
    assert json.loads(run("list", "--json", "--data", data).stdout)[0]["revoked_at"]
    missing = run("revoke", "k0", "--data", data)
    assert missing.exit_code == 1 and "k0" in missing.stderr
