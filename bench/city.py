"""What a city of 10,000 entities costs from ledger to ledger: a judging round at start, at midnight and after one submission; and its pages.

    python bench/city.py    fills a SQLite ledger (24 months x 2 carriers of accounts, figures, statistics, budgets), judges it, opens pages

Prints seconds on the wall and of the processor; exit code 1 when a submission is judged a second late or the overview takes more than 300 ms.
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from fastapi.testclient import TestClient
from judge import MONTHS, NOW, city, material, plan_of
from sqlalchemy import insert

from alerting.main import build_judge
from api.app import create_app
from api.board import mount_board
from api.main import wire
from tricolor.adapters.ledger import versions
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import activity
from tricolor.adapters.ledger.schema_budgets import energy_budget
from tricolor.adapters.ledger.schema_judging import account_change, account_month
from tricolor.adapters.ledger.schema_statistics import statistic
from tricolor.adapters.ledger.statistics import StatisticsBookSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.catalogue.plans import Plan
from tricolor.config import Settings
from tricolor.domain.entities import Registry
from tricolor.domain.intervals import DAY_US, SECOND_US, month_of
from tricolor.domain.submissions import Statistic

SUBMITTED_S, OVERVIEW_S = 1.0, 0.3
FIRST_MONTH = "2024-12"
SUMS = {"calorific_unknown": 0, "equivalent_unknown": 0, "tce_instead": 0.0, "both_unknown": 0, "co2_unknown": 0, "estimated_amount": 0.0}


def fill(ledger: LedgerEngine, registry: Registry, plan: Plan) -> None:
    """Straight into the tables: filling is not what is measured."""
    meters = tuple(registry.meters.values())
    RegistryBookSql(ledger).replace_from(RegistryFile(tuple(registry.entities.values()), meters), "bench", NOW)
    of = material(registry, plan)
    stamp = {"author": "bench", "submitted_at": NOW, "revision": 1}
    with ledger.writing() as connection:
        for n, entity in enumerate(registry.entities):
            size, rows = 1.0 + n % 97, []
            for m in MONTHS:
                span = month_of(m)
                part = min(1.0, (NOW - span.start) / span.length_us)
                days = sum(1 << d for d in range(1, 1 + round(span.length_us * part / DAY_US)))
                for carrier, unit in (("electricity", "kWh"), ("natural_gas", "m3")):
                    seconds = span.length_us * part / SECOND_US
                    rows.append(SUMS | {
                        "entity": entity, "month": m, "carrier": carrier, "role": "purchased", "amount": 1e3 * size, "unit": unit,
                        "tce_calorific": 40.0 * size, "tce_equivalent": 50.0 * size, "co2_t": 90.0 * size, "covered_s": seconds,
                        "expected_s": seconds, "days": days, "factor_ids": [f"gbt2589:{carrier}"],
                    })  # fmt: skip
            connection.execute(insert(account_month), rows)
            connection.execute(insert(account_change), [{"entity": entity, "month": m, "mark": 1} for m in MONTHS])
            connection.execute(insert(activity), [
                stamp | {"entity": entity, "kind": f.kind.value, "product": f.product, "month": f.month, "value": f.value, "unit": f.unit,
                         "price_year": f.price_year} for f in of.figures[entity]
            ])  # fmt: skip
            connection.execute(insert(statistic), [
                stamp | {"entity": entity, "indicator": s.indicator, "period": s.period, "value": s.value, "unit": s.unit, "text": "", "document": "",
                         "note": "", "mark": 1, "is_current": True} for s in of.statistics[entity]
            ])  # fmt: skip
            mine = {"entity": entity, "year": 2026, "tce": 1_250.0 * size, "profile": [], "document": "", "mark": 1}
            connection.execute(insert(energy_budget), [stamp | mine])
        for counter in (versions.ACCOUNTS, versions.ACTIVITY, versions.STATISTICS, versions.BUDGETS):
            versions.bump(connection, counter)


def timed(name: str, work: Callable[[], object]) -> float:
    wall, mine = time.perf_counter(), time.process_time()
    work()
    wall, mine = time.perf_counter() - wall, time.process_time() - mine
    print(f"{name:<46}{wall * 1000:>9.0f} ms  ({mine * 1000:.0f} ms of processor)", flush=True)
    return mine


def main() -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    registry = city()
    plan = plan_of(registry)
    with tempfile.TemporaryDirectory() as folder:
        ledger = LedgerEngine(f"sqlite:///{Path(folder) / 'ledger.sqlite'}")
        ledger.migrate()
        timed("the ledger is filled", lambda: fill(ledger, registry, plan))
        at, store = NOW, MemoryStore()
        judge = build_judge(Settings(), ledger, store, plan)
        timed("first round, everything read and written", lambda: judge.run_once(at))
        timed("a round with nothing new", lambda: judge.run_once(at + 2 * SECOND_US))
        book = StatisticsBookSql(ledger, lambda: at)
        value = Statistic("e7", "reuse-e7", "2026-Q3", 60.0, "%")
        late = timed("one value submitted, judged and committed", lambda: (book.submit([value], "bench"), judge.run_once(at + 4 * SECOND_US)))
        timed("restarted: read, judged and compared anew", lambda: build_judge(Settings(), ledger, store, plan).run_once(at + 20 * SECOND_US))
        timed("midnight", lambda: judge.run_once(at + DAY_US))
        deps = wire(ledger, store, plan, 1 << 20, clock=lambda: at + DAY_US + SECOND_US)
        app = create_app(deps)
        mount_board(app, deps, is_open=True)
        pages = TestClient(app)
        pages.get("/").raise_for_status()
        shown = timed("overview", lambda: pages.get("/").raise_for_status())
        for address in ("/?units=all", "/entities/e77", "/entities/r3", "/alerts", "/plan", "/board/live.json?page=overview"):
            timed(address, lambda address=address: pages.get(address).raise_for_status())  # type: ignore[misc]
        ledger.close()
    print(json.dumps({"submitted_s": round(late, 3), "overview_s": round(shown, 3)}))
    return 0 if late <= SUBMITTED_S and shown <= OVERVIEW_S else 1


if __name__ == "__main__":
    raise SystemExit(main())
