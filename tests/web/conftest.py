"""A whole city on real ledgers and a real reading store, the wallboard in front of it on a real server, and a real browser to look at it."""

import math
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from fastapi.testclient import TestClient

from api.app import create_app
from api.board import mount_board
from api.deps import Dependencies
from api.main import wire
from tests.alerting.telling import dispatch, to_all
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files import load_registry_file
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.catalogue.factors import carriers
from tricolor.catalogue.plans import load_plan
from tricolor.domain.accounts import DayAccount
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.energy import CellFlag, EnergyCells
from tricolor.domain.intervals import CELL_US, DAY_US, HOUR_US, MINUTE_US, Interval, local_day, parse_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.meters import PointKind, Role
from tricolor.domain.notices import Notice
from tricolor.domain.notifications import Draft, Matter, Recipient
from tricolor.domain.readings import Frame, ReadingBatch, Reject, Rejection
from tricolor.ports import AlertChange, Outcome, Quarantined, SourceCounts

CITY = Path(__file__).parents[2] / "simulators" / "city" / "registry.toml"
NOW = parse_us("2026-11-20T12:07:30+08:00")
ROLES = {Role.PURCHASED, Role.SOLD, Role.FED_IN, Role.DELIVERED}


@dataclass
class Board:
    """One app and its ports. base: address of the running server; now moves when a test says so."""

    deps: Dependencies
    ledger: LedgerEngine
    store: DuckStore
    base: str = ""
    clock: dict[str, int] = field(default_factory=lambda: {"now": NOW})

    def judge(self, *verdicts: Verdict, at: int, rules: list[str] | None = None) -> None:
        """As alerting does: verdicts, alerts and messages in one transaction; the messages then reach the phone."""

        def render(matter: Matter, to: Recipient) -> Draft:
            name = self.deps.registry.load().entities[matter.entity].name_cn
            colour = {"red": "红色预警", "yellow": "黄色预警"}.get(matter.light.value, "预警解除")
            return Draft(to, f"{colour}：{name}", f"{name}：{matter.reason_zh}"[:69], {})

        def notices(change: AlertChange, told: Sequence[Recipient]) -> list[Notice]:
            to = "industry-it-duty" if change.rule != "pace" else "development-reform-duty"
            return to_all(Recipient("inbox", to, to))(change, told)

        book = AlertBookSql(self.ledger)
        standing = [s.verdict for s in self.deps.verdicts.standing()]
        named = {v.fingerprint for v in verdicts}
        kept = [v for v in standing if v.fingerprint not in named and v.rule in {x.rule for x in verdicts}]
        book.follow([*kept, *verdicts], rules or sorted({v.rule for v in verdicts}), at, attrgetter("is_binding"), notices)
        dispatch(self.ledger, at, render)
        outbox, inbox = OutboxSql(self.ledger), InboxBookSql(self.ledger)
        for message in outbox.claim(at, 100, 30.0, ["inbox"]):
            inbox.deliver(message, at)
            outbox.accepted(message, at, f"inbox-{message.id}")


def pace(entity: str, light: Light, achieved: float | None, required: float, level: str = "basic", reason: str = "") -> Verdict:
    words = {"basic": "基本目标", "incentive": "激励目标"}[level]
    zh = (
        reason
        or f"2026年1—10月能耗强度同比{'下降' if (achieved or 0) >= 0 else '上升'}{abs(achieved or 0):.2f}%，{'达到' if light is Light.GREEN else '未达到'}{words}进度要求{required:.2f}%"
    )
    en = (
        f"Energy intensity fell {achieved} % in 2026-01..2026-10; {required} % required ({level})"
        if not reason
        else "Not known: coverage of 2026-09 is 61.0 %, below 95 %"
    )
    evidence = {"months": ["2026-01", "2026-10"], "reduction_required": required / 100, "reduction_achieved": None if achieved is None else achieved / 100,
                "price_year_now": 2020, "factor_ids": ["electricity:equivalent"], "is_illustrative": True}  # fmt: skip
    return Verdict(
        entity, "pace", level, "2026-01..2026-10", light, achieved, required, "%", zh, en, 0.61 if light is Light.GREY else 0.993, evidence
    )


def plain(
    entity: str, rule: str, light: Light, value: float | None, limit: float | None, unit: str, zh: str, en: str, indicator: str = ""
) -> Verdict:
    return Verdict(
        entity, rule, indicator, "now" if rule == "silent" else "2026-01..2026-10", light, value, limit, unit, zh, en, 0.97, {"source": "GB 21256"}
    )


def _accounts(board: Board) -> list[DayAccount]:
    """Two years of day accounts for every energy point, with a season, a weekend and a slow trend; one enterprise misses most of a month."""
    registry, book = board.deps.registry.load(), board.deps.factors.now()
    from tricolor.domain.factors import FactorKind
    from tricolor.domain.units import conversion

    found: list[DayAccount] = []
    groups: dict[tuple[str, str, Role], list[Any]] = {}
    for p in registry.points.values():
        if p.carrier and p.role in ROLES and p.plate.kind is not PointKind.GAUGE:
            groups.setdefault((p.entity_id, p.carrier, p.role), []).append(p)
    for number, ((entity, carrier, role), points) in enumerate(sorted(groups.items())):
        unit = carriers()[carrier].unit if carrier in carriers() else points[0].unit
        base = {"kWh": 180_000.0, "t": 90.0, "GJ": 900.0, "m3": 20_000.0}.get(unit, 100.0) * (0.4 + (number * 37 % 11) / 6)
        base = {Role.FED_IN: 4_600.0, Role.DELIVERED: 4_000.0}.get(role, base)
        on = date(2025, 1, 1)
        while on <= local_day(NOW):
            trend = 0.985 if on.year == 2026 else 1.0
            amount = (
                base
                * trend
                * (0.22 if role is Role.DELIVERED else 1.0)
                * len(points)
                * (1 + 0.12 * math.sin(on.timetuple().tm_yday / 58))
                * (0.9 if on.weekday() > 4 else 1.0)
            )
            covered = 86_400.0 * len(points)
            if entity == "qb-carbide" and on.year == 2026 and on.month == 6:
                amount, covered = 0.0, 0.0
            rates = []
            for kind in (FactorKind.CALORIFIC, FactorKind.EQUIVALENT, FactorKind.CO2):
                factor = book.pick(carrier, kind, on)
                rates.append(None if factor is None else amount * factor.value * conversion(unit, factor.per) / 1000)
            estimated = 0.3 if entity == "qn-manganese" and on.month == 8 and on.year == 2026 else 0.0
            if covered:
                found.append(
                    DayAccount(entity, on.isoformat(), carrier, role, amount, unit, *rates, covered, 86_400.0 * len(points), estimated, ("f",))
                )
            on += timedelta(days=1)
    return found


def _cells_and_readings(board: Board, entities: tuple[str, ...]) -> None:
    """The last nine days in cells and readings: a night that is missing, a morning that is estimated, one point that stopped two days ago."""
    registry = board.deps.registry.load()
    start = (NOW - 9 * DAY_US) // CELL_US * CELL_US
    count = (NOW - start) // CELL_US
    starts = start + np.arange(count, dtype=np.int64) * CELL_US
    hours = (starts // HOUR_US + 8) % 24
    for p in registry.points.values():
        if p.entity_id not in entities:
            continue
        if p.plate.kind is PointKind.GAUGE:
            values = 90 + 5 * np.sin(starts / DAY_US * 6.28)
            board.store.put(ReadingBatch(np.full(count, p.key), starts, values, np.zeros(count, np.uint8), np.arange(1, count + 1), starts))
            continue
        amount = (1.0 + 0.4 * np.sin((hours - 8) / 24 * 6.28)) * {"kWh": 1900.0, "GJ": 9.0, "t": 0.9, "m3": 200.0}.get(p.unit, 1.0)
        covered = np.full(count, CELL_US, dtype=np.int64)
        flag = np.zeros(count, dtype=np.uint8)
        night = (starts > NOW - 4 * DAY_US) & (starts < NOW - 4 * DAY_US + 9 * HOUR_US)
        morning = (starts > NOW - 2 * DAY_US) & (starts < NOW - 2 * DAY_US + 5 * HOUR_US)
        flag[morning] = int(CellFlag.ESTIMATED)
        keep = ~night
        if p.id == "qzg-heat.source":
            amount = amount * 4.6
        if p.id == "qn-manganese.coke":
            keep &= starts < NOW - 2 * DAY_US
        key = np.full(count, p.key, dtype=np.int64)
        cells = EnergyCells(key, starts, amount, covered, flag).take(keep)
        board.store.replace([(p.key, Interval(start, start + count * CELL_US))], cells)
        at = (starts + CELL_US)[keep]
        total = 41_000 + np.cumsum(amount[keep]) / max(p.plate.multiplier, 1.0)
        board.store.put(ReadingBatch(key[keep], at, total, np.zeros(len(at), np.uint8), np.arange(1, len(at) + 1), at + 20_000_000))


def fill(board: Board) -> None:
    """Everything a page can show: lights of each colour, alerts in each state, history, gaps, quarantine."""
    found = _accounts(board)
    board.deps.settle.put_accounts(sorted({(a.entity, a.day) for a in found}), found)
    figures = []
    areas = ("qinnan", "qinbei", "pubei", "lingshan", "qinzhougang")
    for place, region in enumerate(areas):
        energy: dict[str, float] = {}
        members = {e.id for e in board.deps.registry.load().members(region)}
        for a in found:
            if a.entity in members:
                energy[a.day[:7]] = energy.get(a.day[:7], 0.0) + (a.tce_equivalent or 0.0) * (-1 if a.role is Role.SOLD else 1)
        fall = (0.025, 0.031, 0.004, 0.019, -0.011)[place]
        for month, tce in energy.items():
            if month < "2026-11":
                better = 0.985 / (1 - fall) if month >= "2026" else 1.0
                figures.append(Activity(region, ActivityKind.GDP, month, max(tce, 1.0) / 0.9 * better, "1e4CNY", 2020, author="统计局"))
    board.deps.activities.submit(figures)
    _cells_and_readings(board, ("qn-manganese", "qzg-paper", "qzg-heat", "qzg-refinery", "qzg-chp"))
    _intake(board)
    _lights(board)


def _intake(board: Board) -> None:
    counts = tuple(
        SourceCounts(f"mqtt:{e}/gw1", 812_344 + i * 9_731, 811_900 + i * 9_731, 431, 13)
        for i, e in enumerate(("qn-manganese", "qzg-paper", "qzg-refinery"))
    )
    frame = Frame(
        "tricolor/v1/qzg-paper/gw1/readings", b'{"readings":[{"point":"qzg-paper.elec-9","value":1}]}', NOW - 3 * HOUR_US, "mqtt:qzg-paper/gw1", 7
    )
    bad = [
        Quarantined(frame, Rejection(0, Reject.UNKNOWN_POINT, "no point 'qzg-paper.elec-9' is registered", "qzg-paper.elec-9")),
        Quarantined(replace(frame, payload=b"<script>alert(1)</script>"), Rejection(-1, Reject.NOT_JSON, "not JSON: <script>alert(1)</script>")),
    ]
    IntakeLedgerSql(board.ledger).apply(Outcome("w1", 7, counts, (), tuple(bad), ()))


def _lights(board: Board) -> None:
    hour = HOUR_US
    silent = ("正在按时上报", "reporting on time")
    board.judge(
        pace("qinnan", Light.YELLOW, 1.78, 1.87), pace("qinnan", Light.YELLOW, 2.96, 3.08, "incentive"),
        pace("qinbei", Light.GREEN, 3.10, 2.30), pace("qinbei", Light.GREEN, 3.10, 3.08, "incentive"),
        pace("pubei", Light.YELLOW, 2.18, 2.30), pace("lingshan", Light.GREEN, 2.40, 2.09), pace("qinzhougang", Light.YELLOW, 2.90, 3.08),
        at=NOW - 17 * DAY_US - 3 * hour,
    )  # fmt: skip
    board.judge(
        pace("qinzhougang", Light.RED, -1.10, 3.08), pace("qinzhougang", Light.RED, -1.10, 3.20, "incentive"),
        pace("pubei", Light.GREY, None, 2.30, reason="无法判定：2026-09覆盖率61.0%，低于95%"), pace("lingshan", Light.GREEN, 1.92, 1.87, "incentive"),
        pace("qinzhou", Light.YELLOW, 2.42, 2.64), at=NOW - 12 * DAY_US,
    )  # fmt: skip
    product = "kgce/t"
    board.judge(
        plain("qn-manganese", "benchmark", Light.RED, 978.4, 950.0, product, "锰硅合金单位产品综合能耗978.4千克标准煤/吨，超过基准水平950", "manganese-silicon alloy takes 978.4 kgce/t, over the baseline of 950"),
        plain("qn-brick", "benchmark", Light.YELLOW, 48.0, 46.0, product, "烧结砖单位产品综合能耗48.0千克标准煤/吨，未达到标杆46", "fired brick takes 48.0 kgce/t, over the benchmark of 46"),
        plain("qb-carbide", "benchmark", Light.YELLOW, 838.0, 823.0, product, "电石单位产品综合能耗838.0千克标准煤/吨，达到基准940，未达到标杆805", "calcium carbide takes 838.0 kgce/t: under the baseline, over the benchmark"),
        plain("qzg-paper", "benchmark", Light.GREEN, 214.0, 220.0, product, "纸产品单位综合能耗214.0千克标准煤/吨，达到标杆水平220", "paper takes 214.0 kgce/t, at the benchmark"),
        plain("ls-cement", "benchmark", Light.GREEN, 93.6, 100.0, product, "水泥熟料单位综合能耗93.6千克标准煤/吨，达到标杆水平100", "clinker takes 93.6 kgce/t, at the benchmark"),
        at=NOW - 5 * DAY_US,
    )  # fmt: skip
    steady = [
        e.id
        for e in board.deps.registry.load().entities.values()
        if e.kind.value in ("enterprise", "network") and e.id not in ("ls-textile", "qn-coldchain")
    ]
    board.judge(*(plain(e, "silent", Light.GREEN, 0, 3600, "s", silent[0], silent[1]) for e in steady), at=NOW - 5 * DAY_US)
    book = AlertBookSql(board.ledger)
    for alert in book.page("open", [], 100, None):
        if alert.entity in ("qinzhougang", "qb-carbide", "qn-brick"):
            book.acknowledge(alert.id, "值班员A", NOW - 4 * DAY_US)
    board.judge(
        plain("qn-brick", "silent", Light.RED, 94_000, 3600, "s", "总进线电量已26小时7分没有读数", "no reading of the incoming electricity for 26 h 7 min"),
        plain("qzg-heat", "silent", Light.YELLOW, 5_400, 3600, "s", "2个测点超过1小时没有读数：末端温度、回水温度", "2 points without a reading for over an hour"),
        plain("qb-feed", "silent", Light.GREY, None, 3600, "s", "无法判定：从未收到读数", "Not known: never heard"),
        plain("ls-dairy", "silent", Light.YELLOW, 4_000, 3600, "s", "总进线电量超过1小时没有读数", "no reading for over an hour"),
        at=NOW - 2 * hour - 4 * MINUTE_US,
    )  # fmt: skip
    board.judge(plain("ls-dairy", "silent", Light.GREEN, 0, 3600, "s", silent[0], silent[1]), at=NOW - 40 * MINUTE_US)


def build(folder: Path, *, with_registry: bool = True) -> Board:
    ledger = LedgerEngine(f"sqlite:///{folder / 'ledger.sqlite'}")
    ledger.migrate()
    if with_registry:
        RegistryBookSql(ledger).replace_from(load_registry_file(CITY, carriers()), "test", NOW - 30 * DAY_US)
    store = DuckStore(folder / "readings.duckdb")
    clock = {"now": NOW}
    deps = wire(ledger, store, load_plan("illustrative-2026-2030"), 4 * 1024 * 1024, lambda: clock["now"])
    return Board(deps, ledger, store, clock=clock)


def app_of(board: Board, *, is_open: bool = False, deps: Dependencies | None = None) -> Any:
    app = create_app(deps or board.deps)
    mount_board(app, deps or board.deps, OutboxSql(board.ledger), is_open=is_open)
    return app


class Served:
    """A uvicorn in a thread on a free port."""

    def __init__(self, app: Any) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        limit = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < limit, "uvicorn did not start"
            time.sleep(0.02)
        return self.base

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)


def _serve(folder: Path, *, with_registry: bool, filled: bool) -> Iterator[Board]:
    board = build(folder, with_registry=with_registry)
    if filled:
        fill(board)
    with Served(app_of(board)) as base:
        board.base = base
        yield board
    board.store.close()
    board.ledger.close()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A filled city, served."""
    yield from _serve(tmp_path_factory.mktemp("city"), with_registry=True, filled=True)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """An empty ledger, served."""
    yield from _serve(tmp_path_factory.mktemp("nothing"), with_registry=False, filled=False)


@pytest.fixture(scope="module")
def unheard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A registry and nothing else, served."""
    yield from _serve(tmp_path_factory.mktemp("unheard"), with_registry=True, filled=False)


@pytest.fixture
def local() -> Iterator[Any]:
    """`local(board)`: a client on this machine, as a browser on loopback is one."""
    yield lambda board, deps=None: TestClient(app_of(board, deps=deps), base_url="http://127.0.0.1", client=("127.0.0.1", 50_000))


@pytest.fixture
def remote() -> Iterator[Any]:
    """`remote(board)`: a client from elsewhere."""
    yield lambda board, is_open=False: TestClient(app_of(board, is_open=is_open), base_url="http://board.example", client=("203.0.113.7", 50_000))
