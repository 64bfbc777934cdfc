"""A city whose alerts reach people: verdicts followed, notices grouped, messages delivered, the app in front of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from sqlalchemy import delete, select

from api.app import create_app
from api.board import mount_board
from api.deps import Dependencies
from api.main import wire
from api.phone_access import Doorkeeper
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.ledger.notices import NoticeBookSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import audit, metadata, outbox
from tricolor.adapters.links import SignedLinks
from tricolor.adapters.notifiers.inbox import InboxNotifier
from tricolor.adapters.registry_files import load_registry_file
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.catalogue.factors import carriers
from tricolor.catalogue.plans import load_plan
from tricolor.domain.intervals import DAY_US, MINUTE_US, parse_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.notices import Notice
from tricolor.domain.notifications import Draft, Matter, Recipient
from tricolor.domain.readings import ReadingBatch
from tricolor.ports import AlertChange
from tricolor.ports_alerting import GroupMessage

CITY = Path(__file__).parents[2] / "simulators" / "city" / "registry.toml"
NOW = parse_us("2026-11-20T12:07:30+08:00")
INDUSTRY = "industry-it-duty"
HAPPENED = (
    "alert", "alert_event", "notice", "outbox", "attempt", "inbox", "receipt", "token_bucket", "verdict", "audit", "api_key", "silence", "duty_shift",
    "duty_week", "quiet_hours", "operator_alarm",
)  # fmt: skip


def pace(entity: str, light: Light, achieved: float, required: float) -> Verdict:
    zh, en = f"累计下降{achieved:.2f}%，应降{required:.2f}%", f"fell {achieved} %, {required} % required"
    evidence = {"months": ["2026-01", "2026-10"], "reduction_required": required / 100, "document": "钦政办〔2022〕43号"}
    return Verdict(entity, "pace", "basic", "2026-01..2026-10", light, achieved, required, "%", zh, en, 0.993, evidence)


def silent(entity: str, light: Light, points: Sequence[str], hours: float) -> Verdict:
    zh, en = f"{len(points)}个测点已{hours:.1f}小时无数据，限值1小时", f"silent for {hours:.1f} h"
    return Verdict(entity, "silent", "", "now", light, hours, 1.0, "h", zh, en, 0.5, {"silent": list(points)})


def benchmark(entity: str, light: Light) -> Verdict:
    return Verdict(entity, "benchmark", "", "2026-10", light, 978.4, 950.0, "kgce/t", "单耗978.4，超过基准950", "978.4 kgce/t over 950", 0.97, {})


@dataclass
class Town:
    """One app on real stores. now moves when a test says so."""

    deps: Dependencies
    ledger: LedgerEngine
    store: DuckStore
    book: AlertBookSql
    clock: dict[str, int] = field(default_factory=lambda: {"now": NOW})
    made: Any = None

    def judge(self, *verdicts: Verdict, at: int, to: str = INDUSTRY) -> str:
        """Followed, and told to one contact in one message; the path of its link, "" when nobody is told."""

        def notices(change: AlertChange, _told: Sequence[Recipient]) -> list[Notice]:
            name = self.deps.registry.load().entities[change.entity].name_cn
            matter = Matter(
                change.alert_id, change.step.why, change.step.after.level, change.entity, name, name, change.rule, change.rule, change.rule,
                change.indicator, change.reason_zh, change.reason_en, at, "",
            )  # fmt: skip
            return [Notice(Recipient("inbox", to, to), "industry-it", matter, at)]

        self.book.follow(verdicts, [], at, attrgetter("is_binding"), notices)
        rows = NoticeBookSql(self.ledger).due(at, 100)
        if not rows:
            return ""
        key = f"key-{at}"[-20:]
        text = "\n".join([*(row.notice.matter.reason_zh for row in rows), f"http://city.example{self.link(key)}"])
        draft = Draft(rows[0].notice.to, f"{len(rows)}条告警", text, {"link": self.link(key)})
        NoticeBookSql(self.ledger).grouped([GroupMessage("industry-it", rows, draft, 0, key, after_id=2**40)], at)
        sent = OutboxSql(self.ledger)
        for message in sent.claim(at, 100, 30.0, ["inbox"]):
            InboxNotifier(InboxBookSql(self.ledger), lambda: at).send(message)
            sent.accepted(message, at, f"inbox-{message.id}")
        return self.link(key)

    def link(self, key: str) -> str:
        assert isinstance(self.deps.links, SignedLinks)
        return self.deps.links.sign(key)

    def app(self) -> Any:
        """Made once: what it remembers between tests is dropped by `fresh`."""
        if self.made is None:
            self.made = create_app(self.deps)
            mount_board(self.made, self.deps, OutboxSql(self.ledger))
        return self.made

    def fresh(self) -> None:
        """As if nothing had happened yet: only the registry stays."""
        with self.ledger.writing() as connection:
            for table in HAPPENED:
                connection.execute(delete(metadata.tables[table]))
        self.clock["now"], self.book = NOW, AlertBookSql(self.ledger)
        self.app().state.phone.door = Doorkeeper(self.deps)

    def phone(self, client: tuple[str, int] = ("198.51.100.7", 50_000)) -> TestClient:
        """A phone somewhere, without any key."""
        return TestClient(self.app(), base_url="http://city.example", client=client, follow_redirects=False)

    def audited(self, action: str) -> list[dict[str, Any]]:
        with self.ledger.reading() as connection:
            return [dict(row) for row in connection.execute(select(audit).where(audit.c.action == action).order_by(audit.c.id)).mappings()]

    def whys(self, alert_id: int) -> list[str]:
        return [moment.why for moment in self.deps.alerts.get(alert_id)[1]]

    def light_of_messages(self) -> list[str]:
        with self.ledger.reading() as connection:
            return list(connection.execute(select(outbox.c.light)).scalars())


def build(folder: Path) -> Town:
    ledger = LedgerEngine(f"sqlite:///{folder / 'ledger.sqlite'}")
    ledger.migrate()
    RegistryBookSql(ledger).replace_from(load_registry_file(CITY, carriers()), "test", NOW - 30 * DAY_US)
    store = DuckStore(folder / "readings.duckdb")
    clock = {"now": NOW}
    deps = wire(ledger, store, load_plan("illustrative-2026-2030"), 4 * 1024 * 1024, lambda: clock["now"])
    return Town(deps, ledger, store, AlertBookSql(ledger), clock)


def readings(town: Town, point_id: str, until: int, count: int = 40, every: int = 15 * MINUTE_US) -> None:
    key = town.deps.registry.load().points[point_id].key
    at = np.arange(until - count * every, until, every, dtype=np.int64)
    town.store.put(ReadingBatch(np.full(len(at), key), at, 1000.0 + np.arange(len(at)), np.zeros(len(at), np.uint8), np.arange(1, len(at) + 1), at))


def texts(html: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
