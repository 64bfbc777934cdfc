"""What a plan asks, over HTTP: indicators, projects and tasks with document, place and the light in force; and which packs there are."""

from dataclasses import replace

import pytest

from tricolor.catalogue.plans import list_plans, load_plan
from tricolor.catalogue.plans.beside import load_plan_beside
from tricolor.domain.lights import Light

LIUZHOU = "liuzhou-zero-waste-2023-2025"


def test_every_indicator_names_its_document_and_place(lite):
    answer = lite.get("/v1/plan/indicators", limit=1000).json()
    plan = load_plan("illustrative-2026-2030")
    assert [row["id"] for row in answer["indicators"]] == [i.id for i in plan.indicators] and answer["next"] is None
    assert all(row["source"] and row["place"] and row["status"] == "illustrative" and row["plan"] == plan.id for row in answer["indicators"])
    nox = next(row for row in answer["indicators"] if row["id"] == "nox-cut")
    assert (nox["target"], nox["unit"], nox["kind"], nox["direction"], nox["target_year"]) == (200, "吨", "cumulative", "up", 2030)
    assert nox["judged"] == {"light": None, "value": None, "period": None}  # nothing judges it yet


def test_pages_add_up_to_the_whole(lite):
    seen, cursor = [], None
    while True:
        page = lite.get("/v1/plan/indicators", limit=40, **({"cursor": cursor} if cursor else {})).json()
        seen += [row["id"] for row in page["indicators"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == len(load_plan("illustrative-2026-2030").indicators)


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"category": "公共机构能效提升"}, 5),
        ({"department": "office-services"}, 5),
        ({"entity": "qinzhougang"}, 2),
        ({"entity": "atlantis"}, 0),
        ({"light": "red"}, 0),
        ({"plan": "illustrative-2026-2030"}, 91),
    ],
)
def test_indicators_are_chosen(lite, params, found):
    assert len(lite.get("/v1/plan/indicators", limit=1000, **params).json()["indicators"]) == found


def test_the_light_in_force_stands_beside_the_goal_and_chooses_it(lite, verdict):
    plan = load_plan("illustrative-2026-2030")
    here = tuple(replace(i, entity="north") for i in plan.indicators)
    project = replace(plan.projects[0], entities=("north",))
    lite.judge(
        verdict("north", "indicator", Light.YELLOW, "nox-cut", "2026"), verdict("mill", "project", Light.GREEN, f"{plan.id}/{project.id}", "now")
    )
    client = lite.client_with(plan=replace(plan, indicators=here, projects=(project,)))
    reader = lite.headers("read")
    [row] = client.get("/v1/plan/indicators", params={"light": "yellow"}, headers=reader).json()["indicators"]
    assert (row["id"], row["judged"]) == ("nox-cut", {"light": "yellow", "value": 0.031, "period": "2026"})
    [listed] = client.get("/v1/plan/projects", headers=reader).json()["projects"]
    assert (listed["id"], listed["judged"]["light"]) == (project.id, "green")
    # a key of another unit reads the plan, which is public, but not the lights of others
    kiln = lite.headers("push", "kiln")
    assert client.get("/v1/plan/indicators", params={"light": "yellow"}, headers=kiln).json()["indicators"] == []
    assert client.get("/v1/plan/projects", headers=kiln).json()["projects"][0]["judged"]["light"] is None


def test_projects_and_tasks_of_plans_beside_are_there_too(lite):
    client = lite.client_with(plan=load_plan_beside("illustrative-2026-2030", [LIUZHOU]))
    reader, liuzhou = lite.headers("read"), load_plan(LIUZHOU)
    tasks = client.get("/v1/plan/tasks", params={"limit": 1000}, headers=reader).json()["tasks"]
    assert [t["id"] for t in tasks] == [t.id for t in liuzhou.tasks] and {t["plan"] for t in tasks} == {LIUZHOU}
    projects = client.get("/v1/plan/projects", params={"limit": 1000}, headers=reader).json()["projects"]
    assert {p["plan"] for p in projects} == {"illustrative-2026-2030", LIUZHOU}
    one = client.get("/v1/plan/tasks", params={"department": liuzhou.departments[0].id, "limit": 1000}, headers=reader).json()["tasks"]
    assert 0 < len(one) < len(tasks)


def test_the_packs_say_which_of_them_judges(lite):
    client = lite.client_with(plan=load_plan_beside("illustrative-2026-2030", [LIUZHOU]))
    packs = {p["id"]: p for p in client.get("/v1/plans", headers=lite.headers("read")).json()["plans"]}
    assert set(packs) == set(list_plans())
    assert [p for p in packs if packs[p]["is_judged_by"]] == ["illustrative-2026-2030"] and [p for p in packs if packs[p]["is_beside"]] == [LIUZHOU]
    assert (packs["qinzhou-2021-2025"]["projects"], packs["qinzhou-2021-2025"]["targets"]) == (89, 12)


def test_thresholds_say_whether_the_plan_chose_them(lite):
    rows = lite.get("/v1/plan").json()["thresholds"]
    assert all(row["is_default"] and row["source"] for row in rows)
    scheme = next(row for row in rows if (row["rule"], row["name"]) == ("pace", "scheme"))
    assert scheme["value"] == "gap"


@pytest.mark.parametrize(("params", "field"), [({"plan": "qinzhou-2021-2025"}, "plan"), ({"light": "purple"}, "light"), ({"cursor": "???"}, "cursor"), ({"limit": 0}, "limit")])  # fmt: skip
def test_a_wrong_word_is_told(lite, problem, params, field):
    assert problem(lite.get("/v1/plan/indicators", **params), 422, "invalid")["errors"][0]["field"] == field


def test_without_a_key_nothing_is_told(lite):
    for path in ("/v1/plan/indicators", "/v1/plan/projects", "/v1/plan/tasks", "/v1/plans"):
        assert lite.client.get(path).status_code == 401
