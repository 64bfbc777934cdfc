"""`tricolor quality`."""

import json

import numpy as np
from typer.testing import CliRunner

from tests.quality.conftest import QUARTER, START, Rig, batch_of, point_of, registry_of
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor_cli.main import app

POINTS = [point_of(1, "m1", "mill", resolution=0.01), point_of(2, "m2", "mill", resolution=0.01)]


def run(folder, *words):
    return CliRunner().invoke(app, ["quality", "--data", str(folder), *words])


def filled(folder):
    ledger = LedgerEngine(f"sqlite:///{folder / 'ledger.sqlite'}")
    ledger.migrate()
    registry = registry_of(POINTS)
    book = RegistryBookSql(ledger)
    book.replace_from(RegistryFile(tuple(registry.entities.values()), tuple(registry.meters.values()), tuple(POINTS)), "t", 1)
    rig = Rig(ledger, book.load())
    values = np.cumsum(np.random.default_rng(1).normal(50, 9, 96))
    rig.push(batch_of(book.load().points["p1"].key, START + np.arange(96) * QUARTER, np.round(values, 2)))
    rig.settle()
    rig.look()
    ledger.close()


def test_the_worst_is_told_with_its_reason_and_the_sound_one_is_not(tmp_path):
    filled(tmp_path)
    shown = run(tmp_path, "--day", "2026-03-02")
    assert shown.exit_code == 0, shown.output
    assert "50%" in shown.output and "1/2" in shown.output  # one of two meters sent all day
    assert "p2" in shown.output and "从未收到读数" in shown.output and "never heard" in shown.output
    assert "▲ p1" not in shown.output
    body = json.loads(run(tmp_path, "--day", "2026-03-02", "--entity", "mill", "--json").output)
    assert [e["entity"] for e in body["entities"]] == ["mill"] and body["entities"][0]["completeness"] == 0.5
    assert {p["point"]: p["completeness"] for p in body["points"]} == {"p1": 1.0, "p2": 0.0}


def test_a_day_nobody_looked_at_is_said_to_be_so_and_null(tmp_path):
    filled(tmp_path)
    assert "还没有检查结果" in run(tmp_path, "--day", "2026-04-01").output
    body = json.loads(run(tmp_path, "--day", "2026-04-01", "--json").output)
    assert {e["completeness"] for e in body["entities"]} == {None}


def test_what_is_wrong_with_the_question_is_told(tmp_path):
    assert "there is no ledger" in str(run(tmp_path).exception)
    filled(tmp_path)
    assert "write it like 2026-11-20" in str(run(tmp_path, "--day", "gestern").exception)
    assert "there is no entity" in str(run(tmp_path, "--entity", "nobody").exception)
