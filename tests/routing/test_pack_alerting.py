"""A city's own chain, inhibitions and grouping come with its plan pack, and every fault in them has its place."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerting.routing import Router
from tests.routing.routing_town import AT, ENTITIES
from tricolor.catalogue.alerting_tables import chain_of_plan, grouping_of_plan, rows_of
from tricolor.catalogue.chain import load_chain
from tricolor.catalogue.grouping import grouping_policy
from tricolor.catalogue.plans import check_plan, hints_of, load_plan
from tricolor.catalogue.plans.differ import compare
from tricolor.catalogue.plans.files import PACKS
from tricolor.domain.alerts import AlertState, Step, Why
from tricolor.domain.entities import Contact, Registry
from tricolor.domain.lights import Light
from tricolor.domain.suppression import Subject
from tricolor.ports import AlertChange
from tricolor_cli.main import app

PACK = "qinzhou-2021-2025"
SAID = 'source = "市发改委值班制度", status = "official"'
ROW = 'source = "市发改委值班制度"\nstatus = "official"\n'
CHAIN = (
    f'[bureau]\ndepartment = "justice"\n{ROW}'
    f'[[steps]]\nstep = 0\nwhom = "departments"\nwho = "duty"\n{ROW}[[steps]]\nstep = 1\nwhom = "bureau"\nwho = "duty"\n{ROW}'
    '[names]\n1 = { zh = "市司法局", en = "justice bureau" }\n'
)  # fmt: skip
PEOPLE = (
    Contact("dr-duty", "development-reform", "值班员A", "值班员"),
    Contact("ju-duty", "justice", "值班员B", "值班员"),
    Contact("mill-1", "mill", "联络员D", "能源管理员"),
)
REGISTRY = Registry(1, ENTITIES, {}, {}, {}, {c.id: c for c in PEOPLE})


@pytest.fixture
def pack(tmp_path):
    """A copy of a pack with an alerting.toml of the text given."""
    shutil.copytree(PACKS / PACK, tmp_path / PACK)

    def with_text(text: str) -> Path:
        (tmp_path / PACK / "alerting.toml").write_text(text, encoding="utf-8")
        return tmp_path / PACK

    return with_text


def test_without_a_word_of_the_pack_tricolors_own_counts():
    plan = load_plan(PACK)
    assert (chain_of_plan(plan), grouping_of_plan(plan)) == (load_chain(), grouping_policy())
    assert all(row.is_default for row in rows_of(plan))
    assert all(row.source and row.status for row in rows_of(plan) if row.part != "names")
    assert all(len(row.source) > 6 for row in rows_of(plan) if row.unit), "the short names of sources are for the file"


def test_a_packs_chain_says_who_is_told_and_what_it_does_not_name_stays(pack):
    plan = load_plan(pack(CHAIN))
    router = Router(plan, "http://h")
    opened, raised = (_told(router, why, done) for why, done in ((Why.OPENED, 0), (Why.ESCALATED, 1)))
    assert (opened, raised) == (["dr-duty"], ["ju-duty"])  # Tricolor's own: the mill too; then the leaders of development-reform
    assert [(s.step, s.name_zh) for s in router.preview(REGISTRY, Subject(0, "pace", "mill", "", Light.RED), AT)] == [(0, "值班"), (1, "市司法局")]
    assert router.chain.inhibitions == load_chain().inhibitions and router.chain.duty_roles == load_chain().duty_roles
    assert hints_of(plan) == hints_of(load_plan(PACK))


def _told(router: Router, why: Why, steps_done: int) -> list[str]:
    state = AlertState(Light.RED, AT, AT, steps_done=steps_done)
    change = AlertChange(1, "pace/mill/", "mill", "pace", "", Step(why, state, state), "升", "rose", AT)
    return [n.to.recipient for n in router.notices(REGISTRY)(change, ())]


def test_a_pack_without_inhibitions_has_none_and_one_may_be_its_own(pack):
    assert chain_of_plan(load_plan(pack("inhibitions = []"))).inhibitions == ()
    row = f'[[inhibitions]]\nid = "own"\nby = ["silent"]\nleast_light = "red"\nmutes = ["pace"]\nup_to = "yellow"\nsame_family = true\n{ROW}'
    (found,) = chain_of_plan(load_plan(pack(row))).inhibitions
    assert (found.id, found.by_rules, found.up_to, found.is_same_family) == ("own", {"silent"}, Light.YELLOW, True)


def test_single_values_of_the_grouping_are_the_packs(pack):
    text = f'[waits.yellow]\nwait_s = {{ value = 600, unit = "s", {SAID} }}\n[storm]\ncount = {{ value = 5, unit = "messages", {SAID} }}\n'
    plan = load_plan(pack(text))
    found, shipped = grouping_of_plan(plan), grouping_policy()
    assert (found.waits[2].wait_s, found.waits[2].interval_s, found.storm_count) == (600, shipped.waits[2].interval_s, 5)
    assert (found.waits[0], found.burst) == (shipped.waits[0], shipped.burst)
    own = [(row.part, row.name, row.value) for row in rows_of(plan) if not row.is_default]
    assert own == [("storm", "count", "5"), ("waits.yellow", "wait_s", "600")]


def test_what_a_pack_says_is_shown_and_compared(pack):
    folder = pack(CHAIN)
    shown = CliRunner().invoke(app, ["plan", "show", str(folder), "--only", "alerting"])
    assert shown.exit_code == 0 and "justice" in shown.output and "规划 plan" in shown.output and "市发改委值班制度" in shown.output
    changed = {(c.key, c.kind) for c in compare(load_plan(PACK), load_plan(folder), ["alerting"])}
    assert {("bureau.department", "changed"), ("steps.1.bureau duty", "added"), ("steps.2.bureau leaders", "removed")} <= changed


def test_steps_that_no_time_leads_to_are_a_hint(pack):
    third = "".join(f'[[steps]]\nstep = {n}\nwhom = "bureau"\nwho = "leaders"\n{ROW}' for n in (2, 3))
    assert any("the chain has steps up to 3" in hint for hint in hints_of(load_plan(pack(CHAIN.replace("[names]", f"{third}[names]")))))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (CHAIN.replace('"justice"', '"nobody"'), "alerting.toml column bureau.department: 'nobody' is not in departments.csv"),
        (CHAIN.replace("step = 1", "step = 2"), "alerting.toml: steps: they are numbered 0, 1, 2 … without a gap"),
        (CHAIN.replace('whom = "bureau"', 'whom = "mayor"'), "alerting.toml column steps[1].whom: 'mayor' is not one of unit, departments, bureau"),
        (CHAIN.replace('"official"', '"sure"'), "alerting.toml column steps[0].status: 'sure' is not one of"),
        (CHAIN.replace('source = "市发改委值班制度"\n', ""), "alerting.toml column steps[0].source: is missing"),
        (CHAIN.replace("1 = {", "one = {"), "alerting.toml column names.one: write a step"),
        (f'[[inhibitions]]\nid = "a"\nby = ["silence"]\nleast_light = "red"\nup_to = "red"\n{ROW}', "inhibitions[0].by: 'silence' is no rule; known: pace"),
        (f'[[inhibitions]]\nid = "a"\nleast_light = "blue"\nup_to = "red"\n{ROW}', "inhibitions[0].least_light: 'blue' is not one of yellow, orange, red"),
        (f'[roles]\nduty = "值班员"\nleader = ["局长"]\n{ROW}', "roles.duty: '值班员' is not a list of words"),
        (f'[roles]\nduty = ["局长"]\nleader = ["局长"]\n{ROW}', "alerting.toml: roles: 局长 cannot be duty and leader at once"),
        ('[steps]\nstep = 0', "alerting.toml column steps: is not a list of tables: write [[steps]]"),
        (f'[waits.red]\nwait_s = {{ value = 60, unit = "s", {SAID} }}', "red waits no longer than orange"),
        (f'[waits.red]\nwait_s = {{ value = nan, unit = "s", {SAID} }}', "[waits.red] wait_s: nan is no number of 0.."),
        (f'[waits.blue]\nwait_s = {{ value = 60, unit = "s", {SAID} }}', "alerting.toml column waits.blue: is not known; known: red, orange, yellow, rest"),
        (f'[storm]\ncounts = {{ value = 60, unit = "s", {SAID} }}', "alerting.toml column storm.counts: is not known; known: count, per_s"),
        ('[storm]\ncount = 60', "alerting.toml [storm] count: write { value = …, unit = …"),
        (f'[storm]\ncount = {{ value = 0, unit = "messages", {SAID} }}', "[storm] count and burst: at least 1"),
        ('waits = 5\nstorm = 5\nroles = 5\nnames = 5\nsteps = 5', "alerting.toml column storm: is not a table of settings"),
    ],
)  # fmt: skip
def test_every_fault_of_a_pack_has_its_place(pack, text, fault):
    folder = pack(text)
    assert any(fault in each for each in check_plan(folder)), check_plan(folder)
    assert CliRunner().invoke(app, ["plan", "check", str(folder)]).exit_code == 1
