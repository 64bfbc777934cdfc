"""The rule project: green, yellow, red, green and grey, of single projects and of the whole; boundaries by hand."""

from dataclasses import replace

import pytest

from alerting.material import Material
from alerting.rules import project as rule
from alerting.rules.project import ProjectFacts, Thresholds, TotalFacts
from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.plans.register import PlanProject
from tricolor.catalogue.thresholds import defaults
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import parse_us
from tricolor.domain.lights import Light, Verdict, overall
from tricolor.domain.projects import Project, ProjectState

AT = Thresholds(6, 6, 3, 12, 0.9, 0.7, 0.9, 0.7, 0.95)
PLAN = replace(load_plan("qinzhou-2021-2025"), projects=())
PLANNED = Project("own-1", "", "plant", "煤气回收", "Gas recovery", due="2025-12", expected_tce=3650.0, state=ProjectState.BUILDING)
RUNNING = replace(PLANNED, state=ProjectState.COMMISSIONED, commissioned="2025-11-10", saving_entity="plant", baseline_tce=36_500.0)


def registry() -> Registry:
    units = [
        Entity("city", EntityKind.CITY, "市", "City"), Entity("north", EntityKind.REGION, "北区", "North"),
        Entity("south", EntityKind.REGION, "南区", "South"), Entity("plant", EntityKind.ENTERPRISE, "厂", "Plant", region_id="north"),
        Entity("mill", EntityKind.ENTERPRISE, "磨坊", "Mill", region_id="south"),
    ]  # fmt: skip
    return Registry(1, {e.id: e for e in units}, {}, {}, {}, {})


def material(month: str, *projects: Project, rows: tuple[PlanProject, ...] = (), energy: dict[str, MonthEnergy] | None = None) -> Material:
    held: dict[str, list[Project]] = {}
    for each in projects:
        held.setdefault(each.entity, []).append(each)
    now = parse_us(f"{month}-15T08:00:00+08:00") if len(month) == 7 else parse_us(month)
    return Material(registry(), replace(PLAN, projects=rows), now, projects=held, energy={"plant": energy or {}})


def verdicts(of: Material, entity: str) -> dict[str, Verdict]:
    return {v.indicator: v for f in rule.facts_of(of, of.registry.entities[entity]) if (v := rule.judge(f, AT)) is not None}


def used(month: str, tce: float, coverage: float = 1.0, is_complete: bool = True) -> MonthEnergy:
    return MonthEnergy(month, tce, tce, coverage * 100, 100, 0, is_complete)


def test_the_shipped_thresholds_are_those_that_the_rule_takes() -> None:
    assert Thresholds(**{name: row.settled(row.value) for name, row in defaults("project").items()}) == AT  # type: ignore[arg-type]


def test_a_project_goes_from_green_to_yellow_to_red_to_green() -> None:
    story = []
    for month, project in (
        ("2025-12", PLANNED),  # the due month itself is not over
        ("2026-01", PLANNED),  # over, not running: at once yellow
        ("2026-06", PLANNED),  # month six after it: still yellow
        ("2026-07", PLANNED),  # month seven: red
        ("2026-07", replace(PLANNED, state=ProjectState.COMMISSIONED, commissioned="2026-07-01", expected_tce=None)),
    ):
        story.append(verdicts(material(month, project), "plant")["own-1"].light)
    assert story == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED, Light.GREEN]


def test_the_last_second_of_the_due_month_is_in_time() -> None:
    # 2025-12 ends at 2026-01-01T00:00+08:00, which is 2025-12-31T16:00Z: by UTC the second case would still be December
    assert verdicts(material("2025-12-31T23:59:59+08:00", PLANNED), "plant")["own-1"].light is Light.GREEN
    late = verdicts(material("2026-01-01T00:00:00+08:00", PLANNED), "plant")["own-1"]
    assert late.light is Light.YELLOW
    assert late.evidence["months_late"] == 1
    assert "2025-12" in late.reason_zh and "逾期第1个月" in late.reason_zh and "month 1 after it" in late.reason_en


def test_a_project_still_only_planned_is_yellow_half_a_year_before_and_not_earlier() -> None:
    planned = replace(PLANNED, state=ProjectState.PLANNED)
    lights = [verdicts(material(month, planned), "plant")["own-1"].light for month in ("2025-05", "2025-06", "2025-12")]
    assert lights == [Light.GREEN, Light.YELLOW, Light.YELLOW]  # 7, 6, 0 months before
    assert verdicts(material("2025-12", replace(PLANNED, state=ProjectState.APPROVED)), "plant")["own-1"].light is Light.GREEN


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"due": ""}, "enter it"),
        ({"state": ProjectState.STOPPED, "reason": "资金不足"}, "资金不足"),
        ({"state": ProjectState.COMMISSIONED, "commissioned": "2025-11-10"}, "saving_entity and baseline_tce"),
    ],
)
def test_what_cannot_be_judged_is_grey_and_says_what_to_state(change: dict[str, object], words: str) -> None:
    found = verdicts(material("2026-03", replace(PLANNED, **change)), "plant")["own-1"]  # type: ignore[arg-type]
    assert found.light is Light.GREY
    assert words in found.reason_en


# January, February, March 2026 have 90 of 365 days: of a baseline of 36 500 tce a year they have 9 000 tce, of 3 650 tce promised 900
@pytest.mark.parametrize(
    ("energy_tce", "light", "saved_a"),
    [
        (8100.0, Light.GREEN, 3650.0),  # 9 000 - 8 100 = 900: all of it
        (8190.0, Light.GREEN, 3285.0),  # 810 of 900: exactly 90 %
        (8190.9, Light.YELLOW, 3281.35),
        (8370.0, Light.YELLOW, 2555.0),  # 630 of 900: exactly 70 %
        (8370.9, Light.RED, 2551.35),
        (9900.0, Light.RED, -3650.0),  # it takes more than before
    ],
)
def test_the_measured_saving_is_judged_against_the_one_expected(energy_tce: float, light: Light, saved_a: float) -> None:
    project = replace(RUNNING, commissioned="2025-12-31")
    energy = {m: used(m, energy_tce * days / 90) for m, days in (("2026-01", 31), ("2026-02", 28), ("2026-03", 31))}
    found = verdicts(material("2026-04", project, energy=energy), "plant")["own-1"]
    assert found.light is light
    assert found.value == pytest.approx(saved_a)
    assert (found.limit, found.unit) == (3650.0, "tce/a")


def test_two_known_months_are_not_enough_and_a_month_badly_covered_or_not_over_is_not_known() -> None:
    project = replace(RUNNING, commissioned="2025-12-31")
    energy = {m: used(m, 2700.0) for m in ("2026-01", "2026-02", "2026-03")}
    assert verdicts(material("2026-04", project, energy=energy), "plant")["own-1"].light is Light.GREEN
    for bad in (used("2026-03", 2700.0, 0.949), used("2026-03", 2700.0, is_complete=False), replace(used("2026-03", 0.0), tce_equivalent=None)):
        found = verdicts(material("2026-04", project, energy=energy | {"2026-03": bad}), "plant")["own-1"]
        assert found.light is Light.GREY
        assert "only 2 whole month" in found.reason_en
    exact = energy | {"2026-03": used("2026-03", 2700.0, 0.95)}
    assert verdicts(material("2026-04", project, energy=exact), "plant")["own-1"].light is Light.GREEN


def test_the_month_of_commissioning_does_not_count() -> None:
    energy = {m: used(m, 2700.0) for m in ("2026-01", "2026-02", "2026-03")}
    found = verdicts(material("2026-04", replace(RUNNING, commissioned="2026-01-01"), energy=energy), "plant")["own-1"]
    assert found.light is Light.GREY  # February and March only


@pytest.mark.parametrize(
    ("verified", "light"), [(3650.0, Light.GREEN), (3285.0, Light.GREEN), (2555.0, Light.YELLOW), (2554.0, Light.RED), (0.0, Light.RED)]
)
def test_what_people_verified_stands_over_what_is_measured(verified: float, light: Light) -> None:
    project = replace(RUNNING, state=ProjectState.VERIFIED, verified_tce=verified)
    energy = {m: used(m, 0.0) for m in ("2025-12", "2026-01", "2026-02", "2026-03")}
    found = verdicts(material("2026-04", project, energy=energy), "plant")["own-1"]
    assert (found.light, found.value) == (light, verified)


def test_nothing_promised_is_green_once_it_runs() -> None:
    for expected in (None, 0.0):
        assert verdicts(material("2026-04", replace(RUNNING, expected_tce=expected)), "plant")["own-1"].light is Light.GREEN


def ten(late: int) -> tuple[Project, ...]:
    done = {"state": ProjectState.COMMISSIONED, "commissioned": "2025-06-01", "expected_tce": None}
    return tuple(replace(PLANNED, id=f"p{n}", due="2025-12", **({} if n < late else done)) for n in range(10))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("late", "month", "light"),
    [
        (0, "2026-12", Light.GREEN),
        (1, "2026-12", Light.GREEN),  # 9 of 10: exactly 90 %
        (2, "2026-12", Light.YELLOW),
        (3, "2026-12", Light.YELLOW),  # exactly 70 %
        (4, "2026-12", Light.RED),
        (4, "2026-03", Light.YELLOW),  # none of them is red by itself
    ],
)
def test_the_whole_is_judged_by_the_share_that_is_due_and_runs(late: int, month: str, light: Light) -> None:
    found = verdicts(material(month, *ten(late)), "plant")["total"]
    assert (found.light, found.value) == (light, pytest.approx(1 - late / 10))


def test_only_the_whole_binds() -> None:
    found = verdicts(material("2026-12", *ten(1)), "plant")
    assert found["p0"].light is Light.RED
    assert [v.indicator for v in found.values() if v.is_binding] == ["total"]
    assert overall(found.values()) is Light.GREEN
    assert "煤气回收" in found["total"].reason_zh  # the late one is named


def test_the_whole_adds_up_what_is_measured_and_verified_and_what_is_lost() -> None:
    verified = replace(RUNNING, id="a", state=ProjectState.VERIFIED, verified_tce=1000.0)
    stopped = replace(PLANNED, id="b", state=ProjectState.STOPPED, expected_tce=500.0)
    found = verdicts(material("2026-04", verified, stopped), "plant")["total"]
    # 1 000 of 3 650 expected is 27 %: red; the stopped one is neither due nor late
    assert found.light is Light.RED
    assert found.evidence["verified_tce"] == 1000.0
    assert found.evidence["expected_tce"] == 4150.0
    assert found.evidence["stopped_tce"] == 500.0
    assert (found.evidence["due"], found.evidence["running_of_due"]) == (1, 1)


def test_a_whole_of_which_nothing_is_known_is_grey() -> None:
    found = verdicts(material("2026-04", replace(PLANNED, due="")), "plant")["total"]
    assert found.light is Light.GREY
    assert "enter due months" in found.reason_en


def row(identity: str, *entities: str, due: str = "2025-12") -> PlanProject:
    return PlanProject(
        identity, "1", "节能", "电炉煤气回收", "Furnace gas recovery", "", "", "", entities, due, "2025.12", 1000.0, "", 500.0, "", "", (), "annex 3", "1",
        "official",
    )  # fmt: skip


def test_a_plan_row_that_nobody_adopted_is_judged_as_planned_by_its_area() -> None:
    rows = (row("a", "north"), row("b", "north", "south"))
    of = material("2026-07", rows=rows)
    (north,) = (v for k, v in verdicts(of, "north").items() if k != "total")
    assert (north.indicator, north.light) == ("qinzhou-2021-2025/a", Light.RED)
    assert "未纳入台账" in north.reason_zh
    city = verdicts(of, "city")
    assert set(city) == {"qinzhou-2021-2025/b", "total"}  # a row of two areas is the city's
    assert city["total"].evidence["projects"] == 2  # each once
    assert city["total"].evidence["not_adopted"] == 2
    assert verdicts(of, "plant") == {}
    assert verdicts(of, "south") == {}


def test_a_row_of_a_further_plan_is_ours_only_where_it_names_one_of_ours() -> None:
    province = replace(PLAN, id="province", projects=(row("a", "elsewhere"), row("b", "south", "elsewhere"), row("c")))
    of = replace(material("2026-07"), plan=replace(PLAN, projects=(row("x", "unknown-area"),), beside=(province,)))
    assert set(verdicts(of, "south")) == {"province/b", "total"}
    assert set(verdicts(of, "city")) == {"qinzhou-2021-2025/x", "total"}  # of its own plan a row is never lost


def test_an_adopted_row_is_judged_by_the_register_alone() -> None:
    adopted = replace(
        PLANNED, id="qinzhou-2021-2025/a", plan="qinzhou-2021-2025", state=ProjectState.COMMISSIONED, commissioned="2025-10-01", expected_tce=None
    )
    of = material("2026-07", adopted, rows=(row("a", "north"),))
    assert set(verdicts(of, "north")) == {"total"}
    assert verdicts(of, "north")["total"].light is Light.GREEN
    assert verdicts(of, "plant")["qinzhou-2021-2025/a"].light is Light.GREEN
    assert verdicts(of, "south") == {}


def test_the_same_material_gives_the_same_facts() -> None:
    of = material("2026-04", RUNNING, energy={"2026-01": used("2026-01", 1.0)})
    again = material("2026-04", RUNNING, energy={"2026-01": used("2026-01", 1.0)})
    plant = of.registry.entities["plant"]
    assert list(rule.facts_of(of, plant)) == list(rule.facts_of(again, plant))
    assert [type(f) for f in rule.facts_of(of, plant)] == [ProjectFacts, TotalFacts]
