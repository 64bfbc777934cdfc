"""kill -9 of a real process in the middle of a restatement: the next start goes on behind the last part, and it comes out as if nothing had been."""

import json
import sqlite3
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.e2e.conftest import Tricolor, make_tricolor  # noqa: F401 - a fixture
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.restatements import RestatementsSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.analysis.rates import RateTable
from tricolor.analysis.restate import restated
from tricolor.catalogue.factors import factor_book
from tricolor.catalogue.plans import load_plan
from tricolor.domain.accounts import DayAccount
from tricolor.domain.meters import Role
from tricolor.domain.own_factors import Proposal, Setting, SettingKind, with_own
from tricolor.domain.restatements import Cause, total_of

pytestmark = [pytest.mark.e2e, pytest.mark.servers]

FIRST, LAST = date(2022, 1, 1), date(2024, 12, 31)  # 36 months, each a part of its own
DAYS = (LAST - FIRST).days + 1  # 365 + 365 + 366
UNITS = tuple(f"works{n:02}" for n in range(30))
TOWN = '[[entities]]\nid = "town"\nkind = "city"\nname_cn = "试验市"\nname_en = "Test town"\n' + "".join(
    f'[[entities]]\nid = "{unit}"\nkind = "enterprise"\nname_cn = "厂{unit}"\nname_en = "{unit}"\n' for unit in UNITS
)
BASE = factor_book(load_plan("illustrative-2026-2030"))
COAL = Proposal("", "", "raw_coal", SettingKind.MEASURED, 23.0, "MJ/kg", date(2021, 1, 1), None, "化验单 118")
ORDER = {"carrier": "raw_coal", "kind": "measured", "value": 23.0, "unit": "MJ/kg", "valid_from": "2021-01-01", "document": "化验单 118"}


def by_table(unit: int, number: int) -> DayAccount:
    """Coal of one unit on one day, by the factors of the tables."""
    on = FIRST + timedelta(days=number)
    bare = DayAccount(
        UNITS[unit], on.isoformat(), "raw_coal", Role.PURCHASED, 1.0 + unit + number / 1000, "t", None, None, None, 86_400.0, 86_400.0, 0.0, ()
    )
    found = restated(bare, RateTable(BASE).of("raw_coal", "t", on, UNITS[unit]))
    assert found is not None
    return found


def fill(ledger: LedgerEngine) -> list[DayAccount]:
    accounts = [by_table(unit, number) for unit in range(len(UNITS)) for number in range(DAYS)]
    SettleLedgerSql(ledger).put_accounts([(a.entity, a.day) for a in accounts], accounts)
    return accounts


def killed_in_the_middle(tricolor: Tricolor, ledger: Path) -> str:
    """kill -9 as soon as some parts are done; the cursor it stopped at."""
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as looking:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            row = looking.execute("SELECT cursor FROM restatement").fetchone()
            if row is not None and row[0] >= "2022-03":
                tricolor.kill()
                break
            time.sleep(0.002)
        cursor, finished = looking.execute("SELECT cursor, finished_at FROM restatement").fetchone()
    looking.close()
    assert finished is None and "2022-03" <= cursor < "2024-12", f"not killed in the middle: {cursor!r}"
    return str(cursor)


def test_killed_in_the_middle_it_restates_every_account_exactly_once(make_tricolor: Callable[..., Tricolor]) -> None:  # noqa: F811
    tricolor = make_tricolor(TOWN)
    path = tricolor.folder / "ledger.sqlite"
    ledger = LedgerEngine(f"sqlite:///{path}")
    before = fill(ledger)
    seen = tricolor.ask("POST", "/v1/factors/preview", _json(ORDER), Content_Type="application/json").json()
    assert seen["accounts"] == len(before) == 30 * 1096
    order = ORDER | {"reason": "实测", "by": "王工", "preview": seen["preview"]}
    assert tricolor.ask("POST", "/v1/factors/settings", _json(order), Content_Type="application/json").status == 201
    cursor = killed_in_the_middle(tricolor, path)
    work = RestatementsSql(ledger)
    half = work.due()
    assert half is not None and 0 < half.rows < len(before) and half.rows == _count(path, "account_earlier")
    tricolor.start()
    tricolor.wait_for(lambda: work.due() is None, 20, "restated")

    rates = RateTable(with_own(BASE, [Setting(1, COAL, "", "", 0)]))
    wanted = [restated(a, rates.of("raw_coal", "t", date.fromisoformat(a.day), a.entity)) for a in before]
    stored = SettleLedgerSql(ledger).accounts(UNITS, "2022-01-01", "2024-12-31")
    assert stored == wanted  # what a restatement that nobody killed makes of them
    (job,) = work.page([], 9, None)
    assert (job.cause, job.rows, job.cursor) == (Cause.SETTING, len(before), f"2024-12/{UNITS[-1]}")
    assert job.finished_at is not None and cursor < job.cursor
    earlier = [e.account for e in work.earlier(job.id, [], len(before) + 1, 0)]
    assert sorted(earlier, key=_place) == before  # each once, in order of unit and day
    effects = work.effects([job.id], [])[job.id]
    rows, was, now = total_of(effects)
    assert (len(effects), rows) == (30 * 36, len(before))
    # 1 to 30 t and a thousandth of the day's number: 1096 × 465 + 30 × (1095 × 1096 / 2) / 1000 = 527 642.2 t
    assert was.tce_calorific == pytest.approx(527_642.2 * 0.7143) and now.tce_calorific == pytest.approx(527_642.2 * 23 / 29.3076)
    ledger.close()


def _json(order: dict[str, object]) -> bytes:
    return json.dumps(order).encode()


def _place(a: DayAccount) -> tuple[str, str]:
    return a.entity, a.day


def _count(path: Path, table: str) -> int:
    with sqlite3.connect(path) as looking:
        return int(looking.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
