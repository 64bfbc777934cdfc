"""The overview dashboard: what is committed is what the code says, and every query of it answers on real servers."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import insert, text

from grafana.build import FOLDER, dashboards
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.schema import alert, alert_event, entity, verdict
from tricolor.adapters.stores.influxdb import InfluxStore
from tricolor.domain.energy import EnergyCells
from tricolor.domain.intervals import CELL_US, Interval, floor_cell
from tricolor.domain.readings import ReadingBatch

BOARD: dict[str, Any] = json.loads(dashboards()["overview.json"])
POINT = "qz-works-01.elec"


def targets(field: str) -> list[tuple[str, str]]:
    """Title and statement of every query that has the field."""
    found = [(panel["title"], target[field]) for panel in BOARD["panels"] for target in panel.get("targets", []) if field in target]
    if field == "query":
        found += [(v["name"], v["query"]) for v in BOARD["templating"]["list"]]
    if field == "rawSql":
        found += [(a["name"], a["target"]["rawSql"]) for a in BOARD["annotations"]["list"] if "target" in a]
    return found


@pytest.mark.parametrize("name", sorted(dashboards()))
def test_the_committed_file_is_what_the_code_builds(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == dashboards()[name], "run: python -m grafana.build"
    assert {p.name for p in FOLDER.glob("*.json")} == set(dashboards())


def test_no_panel_repeats_a_threshold_of_a_rule() -> None:
    for panel in BOARD["panels"]:
        assert "thresholds" not in panel.get("fieldConfig", {}).get("defaults", {}), panel["title"]


def test_the_clock_is_of_shanghai_everywhere() -> None:
    assert BOARD["timezone"] == "Asia/Shanghai"
    for title, query in targets("query"):
        assert query.startswith("SHOW ") or query.endswith("tz('Asia/Shanghai')"), title


def test_every_title_is_chinese_first_and_english_second() -> None:
    for title in [BOARD["title"], *(panel["title"] for panel in BOARD["panels"])]:
        assert re.match(r"^[^a-zA-Z]*[\u4e00-\u9fff].* [A-Z]", title), title


def test_panels_do_not_overlap_and_have_one_of_the_two_sources() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        squares = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not squares & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= squares
        assert panel["datasource"]["uid"] in {"tricolor-readings", "tricolor-ledger"}


@pytest.fixture
def filled(influxd: Any) -> Iterator[InfluxStore]:
    store = InfluxStore(influxd.url, "", f"t{uuid4().hex}", "", "", "", lambda: {1: POINT})
    n, end = 96, floor_cell(time.time_ns() // 1000)
    start = end - n * CELL_US + np.arange(n) * CELL_US
    whole = np.ones(n, dtype=np.int64)
    store.put(ReadingBatch(whole, start, np.arange(n) * 2.5, np.zeros(n, dtype=np.uint8), whole, start))
    cells = EnergyCells(whole, start, np.full(n, 2.5), np.full(n, CELL_US), np.zeros(n, dtype=np.uint8))
    store.replace([(1, Interval(int(start[0]), end))], cells)
    yield store
    store.close()


@pytest.mark.servers
@pytest.mark.parametrize(("title", "query"), targets("query"), ids=[t for t, _ in targets("query")])
def test_every_influxql_query_answers_with_rows(filled: InfluxStore, title: str, query: str) -> None:
    said = query.replace("$timeFilter", "time >= now() - 2d AND time <= now()").replace("$point", POINT).replace("$__interval", "30m")
    (result,) = json.loads(filled._wire._ask(said, "application/json"))["results"]
    (series,) = result["series"]
    last = [row[-1] for row in series["values"]]
    assert last
    if "Energy by hour" in title:  # 4 cells of 2.5 in a whole hour
        assert 10.0 in last
        assert sum(v for v in last if v) == pytest.approx(96 * 2.5)
    if "Coverage" in title:
        assert 1.0 in last


@pytest.fixture
def judged(ledger: LedgerEngine) -> LedgerEngine:
    now = time.time_ns() // 1000
    units = [("a", "red"), ("b", "yellow"), ("c", "green"), ("d", "grey"), ("e", None), ("f", "green"), ("g", "orange")]
    with ledger.writing() as connection:
        connection.execute(insert(entity), [{"id": i, "kind": "enterprise", "name_cn": f"企业{i}"} for i, _ in units])
        base = {"rule": "benchmark", "indicator": "", "period": "2026", "unit": "tce/t", "reason_zh": "因", "reason_en": "why", "evidence": {}}
        rows = [(i, light, True) for i, light in units if light] + [("c", "red", False), ("a", "green", True), ("f", "grey", True)]
        connection.execute(
            insert(verdict),
            [
                {**base, "fingerprint": f"{n}", "entity": i, "light": light, "value": 1.0, "limit": 2.0, "coverage": 1.0, "judged_at": now, "since": now,
                 "is_current": current}
                for n, (i, light, current) in enumerate(rows)
            ],
        )  # fmt: skip
        connection.execute(
            insert(alert),
            [
                {"id": n, "fingerprint": f"{n}", "entity": "a", "rule": "benchmark", "indicator": "", "level": level, "condition": condition,
                 "handling": "unacked", "opened_at": now, "changed_at": now, "reason_zh": "因", "reason_en": "why"}
                for n, (level, condition) in enumerate([("yellow", "firing"), ("red", "firing"), ("red", "resolved"), ("orange", "firing")], 1)
            ],
        )  # fmt: skip
        connection.execute(insert(alert_event), {"alert_id": 1, "at": now, "why": "OPENED", "light": "red", "text_zh": "触发", "text_en": "opened"})
    return ledger


@pytest.mark.servers
@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("title", "sql"), targets("rawSql"), ids=[t for t, _ in targets("rawSql")])
def test_every_sql_query_answers_with_rows(judged: LedgerEngine, title: str, sql: str) -> None:
    said = re.sub(r"\$__timeFilter\((to_timestamp\([^)]*\))\)", r"\1 BETWEEN now() - interval '1 day' AND now()", sql)
    assert "$" not in said
    with judged.reading() as connection:
        found = [tuple(row) for row in connection.execute(text(said.replace(":", "\\:")))]
    assert found
    if "Units by light" in title:  # a; g; b; c (f has grey beside green); d, e (nothing said), f
        assert found == [(1, 1, 1, 1, 3)]
    if "Open alerts" in title:
        assert [row[0] for row in found] == ["red", "orange", "yellow"]
    if "Current verdicts" in title:
        assert [row[0] for row in found] == ["red", "orange", "yellow", "grey", "grey", "green", "green", "green"]


def test_the_sources_of_the_panels_are_the_provisioned_ones() -> None:
    import yaml

    folder = FOLDER.parent / "provisioning" / "datasources"
    sources = yaml.safe_load((folder / "tricolor.yaml").read_text(encoding="utf-8"))["datasources"]
    provisioned = {(source["type"], source["uid"]) for source in sources}
    used = {(panel["datasource"]["type"], panel["datasource"]["uid"]) for panel in BOARD["panels"]}
    assert used == provisioned
