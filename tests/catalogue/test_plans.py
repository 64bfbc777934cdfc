"""The packs that come with Tricolor say exactly what annex 1 of the document says."""

import re
from pathlib import Path

import pytest

from tricolor.catalogue.plans import CARBON_INTENSITY, ENERGY_INTENSITY, Level, Plan, check_plan, list_plans, load_plan
from tricolor.domain.errors import Problems

OFFICIAL, ILLUSTRATIVE = "qinzhou-2021-2025", "illustrative-2026-2030"
AREAS = {
    "钦南区": "qinnan", "钦北区": "qinbei", "浦北县": "pubei", "灵山县": "lingshan", "自贸区钦州港片区": "qinzhougang", "全市": "qinzhou",
}  # fmt: skip


@pytest.fixture(scope="session")
def seed(shared: Path) -> str:
    return next((shared / "seeds").glob("001_*.txt")).read_text(encoding="utf-8")


def annex_1(seed: str) -> dict[str, tuple[float, float]]:
    """Area -> (basic, incentive) [%] of the table between the headings 附件1 and 附件2 at the document's end."""
    table = seed[seed.rindex("\n附件1\n") : seed.rindex("\n附件2\n")]
    cells = table[table.index("激励目标（%）") + len("激励目标（%）") :]
    words = re.sub(r"\s*\n\s*\n(?=\s*钦州港)", "", cells).split()  # 自贸区 and 钦州港片区 stand on two lines
    assert len(words) % 3 == 0
    return {words[i]: (float(words[i + 1]), float(words[i + 2])) for i in range(0, len(words), 3)}


@pytest.mark.parametrize("name", [OFFICIAL, ILLUSTRATIVE])
def test_the_pack_holds_annex_1_exactly(seed: str, name: str) -> None:
    said = annex_1(seed)
    assert set(said) == set(AREAS)
    plan = load_plan(name)
    assert len([t for t in plan.targets if t.indicator == ENERGY_INTENSITY]) == 12
    for area, (basic, incentive) in said.items():
        for level, percent in ((Level.BASIC, basic), (Level.INCENTIVE, incentive)):
            target = plan.target(AREAS[area], level)
            assert target is not None
            assert target.reduction == percent / 100, (area, level)
            assert target.name_cn == area


def test_the_official_pack_names_its_document(seed: str) -> None:
    plan = load_plan(OFFICIAL)
    assert (plan.base_year, plan.first_year, plan.last_year, plan.status) == (2020, 2021, 2025, "official")
    assert plan.document.number == "钦政办〔2022〕43号"
    assert plan.document.number in seed and plan.document.title in seed
    assert all(target.status == "official" and target.source == plan.document.number for target in plan.targets)


def test_the_illustrative_pack_carries_every_row_and_says_so() -> None:
    plan, official = load_plan(ILLUSTRATIVE), load_plan(OFFICIAL)
    assert (plan.base_year, plan.first_year, plan.last_year, plan.status) == (2025, 2026, 2030, "illustrative")
    energy, carbon = ([t for t in plan.targets if t.indicator == name] for name in (ENERGY_INTENSITY, CARBON_INTENSITY))
    for targets in (energy, carbon):  # no number of carbon is printed: the illustration takes that of energy
        assert [(t.carries, t.reduction) for t in targets] == [(f"{official.id}:{t.key}", t.reduction) for t in official.targets]
    assert [i.carries for i in plan.indicators] == [f"{official.id}:{i.id}" for i in official.indicators]
    assert [(i.target, i.target_year) for i in plan.indicators] == [(i.target, 2030) for i in official.indicators]
    rows = [*plan.targets, *plan.departments, *plan.responsibilities, *plan.factor_choices, *plan.indicators, *plan.projects, *plan.tasks]
    assert {row.status for row in [*rows, *(t for t in plan.rules.thresholds if not t.is_default)]} == {"illustrative"}


def test_the_illustrative_projects_are_marked_and_lie_ahead() -> None:
    """The official list is over by 2025, so it is not carried whole: a few savings move by five years, and name no enterprise."""
    plan, official = load_plan(ILLUSTRATIVE), {f"{OFFICIAL}:{p.id}": p for p in load_plan(OFFICIAL).projects}
    assert len(plan.projects) == 5
    for project in plan.projects:
        said = official[project.carries]
        assert project.expected_tce == said.expected_tce and project.name_cn.startswith("示例：") and project.builder == "示例企业"
        assert project.due == f"{int(said.due[:4]) + 5}{said.due[4:]}" >= "2026"


@pytest.mark.parametrize("name", [OFFICIAL, ILLUSTRATIVE])
def test_every_department_is_named_in_the_document(seed: str, name: str) -> None:
    plan = load_plan(name)
    assert len(plan.departments) == 28
    assert [d.name_cn for d in plan.departments if d.name_cn not in seed] == []


def responsible_in(seed: str, heading: str) -> list[str]:
    """Departments in the bracket that closes a numbered section of part one."""
    body = seed[seed.index(heading) :]
    named = re.search(r"（([^（）]*)等按职责分工负责）", body)
    assert named is not None
    return named.group(1).split("、")


@pytest.mark.parametrize(
    ("rule", "heading"),
    [("pace", "一、落实能耗双控制度"), ("benchmark", "三、坚决遏制高耗能高排放低水平项目盲目发展"), ("silent", "七、加强统计监测能力建设")],
)
def test_who_answers_for_a_rule_is_who_the_section_names(seed: str, rule: str, heading: str) -> None:
    assert [d.name_cn for d in load_plan(OFFICIAL).departments_for(rule)] == responsible_in(seed, heading)


def test_a_place_may_add_its_own_department() -> None:
    plan: Plan = load_plan(ILLUSTRATIVE)
    everywhere = {d.id for d in plan.departments_for("benchmark", "some-enterprise", "qinnan")}
    in_the_port = {d.id for d in plan.departments_for("benchmark", "some-enterprise", "qinzhougang")}
    assert in_the_port - everywhere == {"petrochemical"}


def test_thresholds_are_those_of_the_design() -> None:
    rules = load_plan(OFFICIAL).rules
    assert (rules.pace.red_gap, rules.pace.red_on_rise, rules.pace.coverage_min) == (0.10, True, 0.95)
    assert rules.benchmark.coverage_min == 0.95
    assert (rules.heat_loss.coverage_min, rules.heat_loss.meter_error) == (0.95, 0.03)
    assert (rules.silent.yellow_after_s, rules.silent.red_after_s) == (3600, 86_400)
    assert all(threshold.source and threshold.unit and threshold.status for threshold in rules.thresholds)


def test_plan_years_are_counted_from_the_first() -> None:
    plan = load_plan(ILLUSTRATIVE)
    assert [plan.plan_year(year) for year in (2025, 2026, 2030, 2031)] == [None, 1, 5, None]
    assert plan.years == 5


def test_the_shipped_packs_are_sound() -> None:
    assert {ILLUSTRATIVE, OFFICIAL} <= set(list_plans())
    assert {name: check_plan(name) for name in list_plans()} == {name: [] for name in list_plans()}


def test_an_unknown_plan_names_those_there_are() -> None:
    with pytest.raises(Problems, match="qinzhou-2021-2025"):
        load_plan("nanning")
