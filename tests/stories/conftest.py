"""One city a story: the registry comes in by the real import, readings through the spool and the pipeline, submissions through the API with keys;
accounting settles, the judge is composed as alerting/main.py does it, and lights are read back over GET /v1/lights. Time is what the story says."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from accounting import main as accounting_main
from accounting.emissions import EmissionKeeper
from accounting.quality import QualityKeeper
from accounting.settling import Settler
from alerting.main import build_judge, build_live
from api.app import create_app
from api.main import wire
from ingest_service.checks import Limits
from ingest_service.pipeline import Pipeline
from tests.stories.town import plan_of
from tricolor.adapters.codecs.json_v1 import JsonV1
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exchanges import MeterFactsBookSql
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.items import ItemRecordSql
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.offline import OfflineBookSql
from tricolor.adapters.ledger.pollutants import EmissionLedgerSql
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.catalogue.factors import factor_book
from tricolor.catalogue.materials import flow_carriers
from tricolor.config import Settings
from tricolor.domain.access import KeyKind
from tricolor.domain.intervals import SECOND_US, iso, month_of, parse_us
from tricolor.domain.readings import Frame
from tricolor_cli.registry import import_registry_file

TCE_PER_T_COAL = 0.7143  # GB/T 2589-2020 A.1, raw coal


def instant(text: str) -> int:
    """2026-03-10 is its midnight in Asia/Shanghai; 2026-03-10T08:00 that hour [µs]."""
    return parse_us(f"{text}:00+08:00" if "T" in text else f"{text}T00:00:00+08:00")


class City:
    """A ledger, a store, the services over them, and what the clock says."""

    def __init__(self, folder: Path, ledger: LedgerEngine, plan: str, now: str, beside: str = "") -> None:
        self.folder, self.ledger, self.now = folder, ledger, instant(now)
        settings = Settings(data=folder, plan=plan, plans_beside=beside)
        self.plan = plan_of(settings.plan, settings.plans_beside)
        self.store, self.spool = DuckStore(folder / "readings.duckdb"), SqliteSpool(folder / "spool.sqlite", 1 << 28)
        self.book = RegistryBookSql(ledger)
        self._accounting()
        self.settings = settings
        self.judge_service = build_judge(settings, ledger, self.store, self.plan)
        self.live_service = build_live(settings, ledger, self.store, self.plan)
        self.judge_service.run_once(self.now - 120 * SECOND_US)  # it has been watching for a while: what rests is told from what is coming in
        self.client = TestClient(create_app(wire(ledger, self.store, self.plan, 1 << 20, self.clock)), raise_server_exceptions=False)
        self.client.__enter__()  # one event loop for all its requests
        self.tokens: dict[str, str] = {}
        self.shown: dict[str, float] = {}

    def _accounting(self) -> None:
        """As tricolor_cli/up.py composes it, with the story's clock."""
        ledger, store, book = self.ledger, self.store, self.book
        self.quality = QualityKeeper(store, store, QualityLedgerSql(ledger), book, self.clock)
        self.emissions = EmissionKeeper(store, EmissionLedgerSql(ledger), book, self.clock)
        shelf, self.restating = accounting_main.build_restating(ledger, store, book, factor_book(self.plan), self.plan.id)
        facts, items, offline = MeterFactsBookSql(ledger, self.clock), ItemRecordSql(ledger), OfflineBookSql(ledger, self.clock)
        self.settler = Settler(store, store, SettleLedgerSql(ledger), book, shelf, flow_carriers(), facts, accounting_main.OpenItems(items), offline)
        self.touched: set[Any] = set()
        self.settler.on_touched = self.touched.update

    def clock(self) -> int:
        return self.now

    def at(self, text: str) -> "City":
        self.now = instant(text)
        return self

    def register(self, toml: str) -> None:
        path = self.folder / "registry.toml"
        path.write_text(toml, encoding="utf-8")
        import_registry_file(self.ledger, path, "story", self.now)
        index = Pipeline(
            "w", self.spool, self.store, IntakeLedgerSql(self.ledger), self.book, {"application/json": JsonV1()}, Limits(), self.clock, lambda *_: None
        )  # fmt: skip
        self.pipeline = index

    def push(self, enterprise: str, point: str, values: Mapping[int, float]) -> None:
        """Readings as a gateway of the enterprise sends them: a JSON message in the spool."""
        body = {"at": [iso(t) for t in values], "point": [point] * len(values), "value": list(values.values())}
        topic = f"tricolor/v1/{enterprise}/gw1/readings"
        self.spool.append([Frame(topic, json.dumps(body).encode(), self.now, f"mqtt:{enterprise}/gw1", enterprise=enterprise)])

    def burn(self, enterprise: str, tce: Mapping[str, float], point: str = "") -> None:
        """Month -> standard coal [t] that the enterprise's coal scale counts in it; the register is read where a month begins and where it ends."""
        name = point or f"{enterprise}.coal"
        for text, amount in tce.items():
            month, before = month_of(text), self.shown.get(name, 0.0)
            self.shown[name] = before + amount / TCE_PER_T_COAL
            self.push(enterprise, name, {month.start: before, month.end: self.shown[name]})

    def settle(self) -> None:
        while self.pipeline.load_once():
            pass
        while self.settler.run_once():
            pass

    def look(self) -> None:
        """Data quality and emissions of what settling touched."""
        self.quality.touch(self.touched)
        self.emissions.touch(self.touched)
        self.touched.clear()
        self.quality.refresh(60.0)
        self.quality.catch_up(60.0)
        while self.emissions.run_once(60.0):
            pass

    def judge(self) -> None:
        self.settle()
        self.judge_service.run_once(self.now)
        self.live_service.run_once(self.now)

    def headers(self, kind: str, entity: str) -> dict[str, str]:
        name = f"{kind}/{entity}"
        if name not in self.tokens:
            _, self.tokens[name] = KeyBookSql(self.ledger).create(KeyKind(kind), entity, "story", self.now)
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    def send(self, method: str, path: str, body: object, who: str = "", expect: int = 200) -> Any:
        """A submission with an admin's key, or with the push key of the enterprise `who`."""
        answer = self.client.request(method, path, json=body, headers=self.headers("push" if who else "admin", who))
        assert answer.status_code == expect, answer.text
        return answer.json()

    def lights(self, rule: str, entity: str = "", **asked: str) -> list[dict[str, Any]]:
        answer = self.client.get("/v1/lights", params={"rule": rule, "entity": entity, **asked}, headers=self.headers("read", ""))
        assert answer.status_code == 200, answer.text
        return list(answer.json()["lights"])

    def light(self, rule: str, entity: str, indicator: str = "", **asked: str) -> dict[str, Any]:
        """The one light of the matter, as the API answers it after a round of judging."""
        self.judge()
        found = [each for each in self.lights(rule, entity, **asked) if each["indicator"] == indicator]
        assert len(found) == 1, (rule, entity, indicator, found)
        return found[0]

    def gdp(self, entity: str, month_values: Mapping[str, float], price_year: int = 2020, kind: str = "gdp") -> None:
        rows = [{"entity": entity, "kind": kind, "month": m, "value": v, "unit": "1e4CNY", "price_year": price_year} for m, v in month_values.items()]
        self.send("POST", "/v1/activities", {"activities": rows})

    def state(self, *rows: Mapping[str, object], who: str = "") -> None:
        """Statistics; odd values are stood by."""
        body = [{"confirmed": True, "note": "已核", **row} for row in rows]
        self.send("POST", "/v1/statistics", {"statistics": body}, who)

    def close(self) -> None:
        self.client.__exit__(None, None, None)
        self.store.close()
        self.spool.close()


@pytest.fixture
def make_city(sqlite_ledger: LedgerEngine, tmp_path: Path) -> Iterator[Callable[..., City]]:
    made: list[City] = []

    def make(plan: str, now: str, beside: str = "") -> City:
        made.append(City(tmp_path, sqlite_ledger, plan, now, beside))
        return made[-1]

    yield make
    for city in made:
        city.close()


@pytest.fixture
def own_pack(tmp_path: Path) -> Callable[..., str]:
    """A plan pack of one's own: a shipped one copied, its thresholds or rows completed; its folder."""

    def make(pack: str, rules: str = "", indicator: str = "") -> str:
        folder = tmp_path / "pack"
        shutil.copytree(files("tricolor.catalogue") / "plans" / pack, folder)
        (folder / "rules.toml").write_text(rules, encoding="utf-8")
        if indicator:
            with (folder / "indicators.csv").open("a", encoding="utf-8") as sheet:
                sheet.write(indicator + "\n")
        return str(folder)

    return make
