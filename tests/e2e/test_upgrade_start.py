"""The program started on the data folder of the release before: the ledger is brought up, what was said before is kept, and judging goes on."""

from pathlib import Path

import pytest
from sqlalchemy import select

from tests.e2e.conftest import Tricolor
from tests.ledger.ledger_before import fill_as_before
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert

pytestmark = pytest.mark.e2e


def test_a_folder_of_the_release_before_starts_and_is_judged_on(tmp_path: Path, require) -> None:
    require("mosquitto")
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    before = LedgerEngine(url)
    fill_as_before(before)
    before.close()

    t = Tricolor(tmp_path)
    t.start()
    try:
        t.wait_for(lambda: _condition(url) == "resolved", 150, "the alert of a point that is gone is closed")
        lights = t.get("/v1/lights?limit=1000").json()["lights"]
        assert lights, "the plan's lights are judged"
        assert not [x for x in lights if x["rule"] == "silent"], "nobody speaks for a point that is gone"
        history = t.get("/v1/lights?period=2025").json()["lights"]
        assert [x["light"] for x in history if x["rule"] == "pace" and x["indicator"] == "energy_intensity" and x["entity"] == "qinzhou"] == [
            "yellow"
        ]
        assert t.get("/").status == 200
        assert t.stop() == 0
    finally:
        if t.process is not None and t.process.poll() is None:
            t.kill()
    ledger = LedgerEngine(url)
    assert [m.amount for m in AccountMonthsSql(ledger).months(["mill"], "2026-01", "2026-01")] == [30.0]
    ledger.close()
    assert "Traceback" not in t.log.read_text(encoding="utf-8")


def _condition(url: str) -> str:
    ledger = LedgerEngine(url)
    try:
        with ledger.reading() as connection:
            return str(connection.execute(select(alert.c.condition)).scalar_one())
    finally:
        ledger.close()
