"""From an entry in the register to the light: the real judge over the real ledger, on SQLite and on PostgreSQL."""

from datetime import date, timedelta
from typing import Any

from alerting.main import build_judge
from tests.projects.conftest import PLAN
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.config import Settings
from tricolor.domain.accounts import DayAccount
from tricolor.domain.intervals import parse_us
from tricolor.domain.meters import Role

GAS = {"entity": "mill", "name_cn": "煤气回收", "due": "2025-12", "expected_tce": 3650.0, "state": "building", "by": "王工"}
RUNNING = GAS | {"state": "commissioned", "commissioned": "2025-12-31", "saving_entity": "mill", "baseline_tce": 36_500.0}


def test_an_entry_is_judged_and_judged_again_when_it_changes(world: Any, tmp_path: Any) -> None:
    store = DuckStore(tmp_path / "judged.duckdb")
    judge = build_judge(Settings(data=tmp_path), world.ledger, store, PLAN)

    def judged(at: str) -> dict[str, str]:
        judge.run_once(parse_us(f"{at}T08:00:00+08:00"))
        return {v.indicator or "audit": v.light.value for v in world.deps.verdicts.current() if v.entity == "mill" and v.rule in ("project", "audit")}

    assert judged("2025-12-31") == {}
    world.put("/v1/projects/gas", GAS)
    assert judged("2025-12-31") == {"gas": "green", "total": "green"}
    assert judged("2026-01-01") == {"gas": "yellow", "total": "yellow"}
    assert judged("2026-07-01") == {"gas": "red", "total": "red"}
    (shown,) = world.get("/v1/projects").json()["projects"]
    assert shown["light"] == "red"

    world.put("/v1/projects/gas", RUNNING)
    assert judged("2026-07-02") == {"gas": "grey", "total": "green"}  # it runs, but nothing is metered
    # January to March have 90 of 365 days: 9 000 tce of the baseline, 900 tce promised; 8 190 tce are used: 810, exactly 90 %
    use(world, "2026-01-01", "2026-04-01", 91.0)
    assert judged("2026-07-03") == {"gas": "green", "total": "green"}
    (shown,) = world.get("/v1/projects").json()["projects"]
    assert (shown["light"], round(shown["saved_tce"], 6)) == ("green", 3285.0)
    verified = RUNNING | {"state": "verified", "verified_tce": 2554.0, "reason": "现场核查"}  # under 70 % of 3 650, which is 2 555
    assert world.put("/v1/projects/gas", verified).status_code == 200
    assert judged("2026-07-03") == {"gas": "red", "total": "red"}

    world.put("/v1/cp-audits/2026-1", {"entity": "mill", "listed_on": "2026-01-31", "by": "王工"})
    assert judged("2026-07-03")["2026-1"] == "red"  # to start by 31 March
    world.put("/v1/cp-audits/2026-1", {"entity": "mill", "listed_on": "2026-01-31", "state": "started", "started_on": "2026-07-03", "by": "王工"})
    assert judged("2026-07-03")["2026-1"] == "green"
    world.put("/v1/projects/gas", verified | {"entity": "plant", "saving_entity": "", "reason": "转让"})
    assert "gas" not in judged("2026-07-03")  # both who had it and who has it are judged again
    assert {v.indicator for v in world.deps.verdicts.current() if v.entity == "plant" and v.rule == "project"} == {"gas", "total"}
    store.close()


def test_a_late_row_of_the_plan_opens_one_alert_of_its_area_and_adopting_it_moves_it(world: Any, tmp_path: Any) -> None:
    store = DuckStore(tmp_path / "judged.duckdb")
    judge = build_judge(Settings(data=tmp_path), world.ledger, store, PLAN)

    def lights(at: str) -> set[tuple[str, str, str]]:
        judge.run_once(parse_us(f"{at}T08:00:00+08:00"))
        return {(v.entity, v.indicator.rpartition("/")[2], v.light.value) for v in world.deps.verdicts.current() if v.rule == "project"}

    late = lights("2026-07-01")
    assert late == {("north", "annex3-01", "red"), ("north", "total", "red"), ("city", "annex3-02", "red"), ("city", "total", "red")}
    alerts = [a for a in world.deps.alerts.page("open", [], 100, None) if a.rule == "project"]
    assert sorted((a.entity, a.indicator) for a in alerts) == [("city", "total"), ("north", "total")]
    world.post("/v1/projects/adopt", {"ids": ["annex3-01"], "entity": "mill", "by": "王工"})
    body = {
        "entity": "mill",
        "plan": PLAN.id,
        "name_cn": "电炉煤气回收",
        "due": "2025-12",
        "state": "commissioned",
        "commissioned": "2025-11-30",
        "by": "王工",
    }
    assert world.put(f"/v1/projects/{PLAN.id}/annex3-01", body).status_code == 200
    found = lights("2026-07-01")
    assert {("mill", "annex3-01", "green"), ("mill", "total", "green"), ("north", "total", "green")} <= found
    assert ("north", "annex3-01", "red") not in found
    store.close()


def use(world: Any, first: str, end: str, tce_a_day: float) -> None:
    """Electricity of the mill day by day, wholly covered."""
    on, days = date.fromisoformat(first), []
    while on < date.fromisoformat(end):
        days.append(on.isoformat())
        on += timedelta(days=1)
    rows = [
        DayAccount("mill", d, "electricity", Role.PURCHASED, tce_a_day * 3000, "kWh", tce_a_day / 2, tce_a_day, 1.0, 86_400.0, 86_400.0, 0.0, ("f",))
        for d in days
    ]
    world.deps.settle.put_accounts([("mill", d) for d in days], rows)
