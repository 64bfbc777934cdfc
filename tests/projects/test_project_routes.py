"""The registers over HTTP: who may write, what is told, what the same twice does."""

from typing import Any

import pytest

from tricolor.domain.lights import Light, Verdict

GAS = {"entity": "mill", "name_cn": "煤气回收", "due": "2025-12", "expected_tce": 4000.0, "by": "王工"}
RUNNING = GAS | {"state": "commissioned", "commissioned": "2026-03-01"}
AUDIT = {"entity": "mill", "is_mandatory": True, "listed_on": "2026-03-01", "by": "王工"}


def test_a_project_is_entered_revised_and_read_with_its_history(world: Any) -> None:
    made = world.put("/v1/projects/own/gas-1", GAS).json()
    assert (made["id"], made["revision"], made["state"], made["is_adopted"]) == ("own/gas-1", 1, "planned", True)
    assert made["author"].startswith("王工") and made["changed_at"] == "2026-11-21T10:00:00+08:00"
    assert world.put("/v1/projects/own/gas-1", GAS).json()["revision"] == 1
    assert world.put("/v1/projects/own/gas-1", RUNNING).json()["revision"] == 2
    told = world.get("/v1/projects/own/gas-1").json()
    assert [h["state"] for h in told["history"]] == ["planned", "commissioned"]
    assert told["project"]["commissioned"] == "2026-03-01"


def test_a_state_that_cannot_follow_is_refused_and_every_other_fault_is_listed(lite: Any) -> None:
    lite.put("/v1/projects/gas", RUNNING)
    back = lite.put("/v1/projects/gas", RUNNING | {"state": "building"})
    assert back.status_code == 409 and "撤回投产日期" in back.text
    assert lite.put("/v1/projects/gas", GAS | {"state": "building"}).status_code == 409  # no reason
    assert lite.put("/v1/projects/gas", GAS | {"state": "building", "reason": "误报投产"}).json()["revision"] == 2
    bad = lite.put("/v1/projects/gas", GAS | {"due": "soon", "state": "commissioned", "saving_entity": "plant"})
    assert bad.status_code == 422
    assert [e["field"] for e in bad.json()["errors"]] == ["due", "commissioned", "saving_entity"]
    assert lite.get("/v1/projects/gas").json()["project"]["revision"] == 2


def test_only_an_admin_writes_and_a_bound_key_reads_its_own(lite: Any) -> None:
    lite.put("/v1/projects/gas", GAS)
    lite.put("/v1/cp-audits/2026-1", AUDIT)
    for kind in ("read", "push"):
        assert lite.put("/v1/projects/gas", GAS, kind, "mill").status_code == 403
        assert lite.put("/v1/cp-audits/2026-1", AUDIT, kind, "mill").status_code == 403
        assert [p["id"] for p in lite.get("/v1/projects", kind, "mill").json()["projects"]] == ["gas"]
        assert lite.get("/v1/projects/gas", kind, "mill").status_code == 200
        for path in ("/v1/projects/gas", "/v1/cp-audits/2026-1", "/v1/projects/none", "/v1/projects?entity=mill"):
            assert lite.get(path, kind, "plant").status_code == 404
        assert lite.get("/v1/projects", kind, "plant").json() == {"projects": [], "offered": []}
        assert lite.get("/v1/cp-audits", kind, "plant").json() == {"audits": []}
    assert lite.client.get("/v1/projects").status_code == 401
    assert lite.put("/v1/projects/x", GAS | {"entity": "nowhere"}).status_code == 404


def test_rows_of_the_plan_are_offered_until_they_are_adopted(world: Any) -> None:
    listed = world.get("/v1/projects").json()
    assert listed["projects"] == []
    assert [(p["id"], p["entity"], p["is_adopted"], p["changed_at"]) for p in listed["offered"]] == [
        ("qinzhou-2021-2025/annex3-01", "north", False, None),
        ("qinzhou-2021-2025/annex3-02", "city", False, None),  # two areas: the city's
    ]
    assert world.get("/v1/projects/qinzhou-2021-2025/annex3-01").json()["history"] == []
    made = world.post("/v1/projects/adopt", {"ids": ["annex3-01"], "entity": "mill", "by": "王工"}).json()
    assert [(p["id"], p["entity"], p["state"], p["due"]) for p in made["projects"]] == [("qinzhou-2021-2025/annex3-01", "mill", "planned", "2025-12")]
    assert [p["id"] for p in made["offered"]] == ["qinzhou-2021-2025/annex3-02"]
    again = world.post("/v1/projects/adopt", {}).json()
    assert [p["entity"] for p in again["projects"]] == ["mill", "city"]
    assert again["offered"] == []
    assert world.post("/v1/projects/adopt", {}).json() == again  # twice changes nothing
    assert world.post("/v1/projects/adopt", {"ids": ["annex9-01"]}).status_code == 404


def test_lists_are_narrowed_by_area_state_and_plan(lite: Any) -> None:
    lite.put("/v1/projects/gas", GAS)
    lite.put("/v1/projects/heat", RUNNING | {"entity": "plant"})

    def ids(**asked: str) -> list[str]:
        return [p["id"] for p in lite.get("/v1/projects", **asked).json()["projects"]]

    assert ids() == ["gas", "heat"]
    assert ids(entity="north") == ["gas"]
    assert ids(state="commissioned") == ["heat"]
    assert ids(plan="qinzhou-2021-2025") == []


def test_a_project_carries_the_light_of_its_verdict(lite: Any) -> None:
    lite.put("/v1/projects/gas", GAS)
    lite.deps.verdicts.put([Verdict("mill", "project", "gas", "now", Light.YELLOW, 1234.0, 4000.0, "tce/a", "迟", "late", None)], 1)
    (found,) = lite.get("/v1/projects").json()["projects"]
    assert (found["light"], found["saved_tce"]) == ("yellow", 1234.0)


def test_an_audit_goes_through_its_steps(world: Any) -> None:
    assert world.put("/v1/cp-audits/2026-1", AUDIT).json()["state"] == "listed"
    started = AUDIT | {"state": "started", "started_on": "2026-04-20"}
    assert world.put("/v1/cp-audits/2026-1", started).json()["revision"] == 2
    assert world.put("/v1/cp-audits/2026-1", started).json()["revision"] == 2
    assert world.put("/v1/cp-audits/2026-1", AUDIT).status_code == 409
    bad = world.put("/v1/cp-audits/2026-1", AUDIT | {"state": "accepted", "accepted_on": "2026-02-01"})
    assert bad.status_code == 422
    assert [e["field"] for e in bad.json()["errors"]] == ["reported_on", "accepted_on"]
    told = world.get("/v1/cp-audits/2026-1").json()
    assert [h["state"] for h in told["history"]] == ["listed", "started"]
    assert [a["id"] for a in world.get("/v1/cp-audits", entity="north").json()["audits"]] == ["2026-1"]


@pytest.mark.parametrize("body", [{"entity": "mill"}, GAS | {"colour": "red"}, GAS | {"expected_tce": "much"}, GAS | {"state": "done"}])
def test_a_body_of_another_shape_is_told(lite: Any, body: dict[str, Any]) -> None:
    assert lite.put("/v1/projects/gas", body).status_code == 422
