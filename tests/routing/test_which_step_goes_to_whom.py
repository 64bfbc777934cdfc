"""What the router makes of each why: the chain step by step, reminders to all who were reached, forwarding, data that is gone, another system."""

import pytest

from alerting.routing import Router
from tests.routing.routing_town import AT, CONTACTS, ENTITIES
from tricolor.catalogue.plans import load_plan
from tricolor.domain.alerts import AlertState, Step, Why
from tricolor.domain.entities import Contact, Registry
from tricolor.domain.lights import Light
from tricolor.domain.notifications import DUTY, Recipient
from tricolor.ports import AlertChange

PEOPLE = (
    Contact("dr-duty", "development-reform", "值班员A", "值班员"),
    Contact("dr-lead", "development-reform", "负责人A", "分管领导"),
    Contact("it-duty", "industry-it", "值班员B", "值班员"),
    *(c for c in CONTACTS if c.of == "mill"),
)
REGISTRY = Registry(1, ENTITIES, {}, {}, {}, {c.id: c for c in PEOPLE})
PLAN = load_plan("illustrative-2026-2030")
UNIT_AND_DUTY = ["mill-1", "dr-duty", "it-duty"]


def told(why: Why, *before: Recipient, steps_done: int = 0, assignee: str = "", to: str = "", webhook: str = "") -> list[str]:
    state = AlertState(Light.RED, AT, AT, steps_done=steps_done, assignee=assignee)
    change = AlertChange(1, "pace/mill/", "mill", "pace", "", Step(why, state, state, to=to, by="值班员A", text="请核实"), "升", "rose", AT)
    notices = Router(PLAN, "http://h", webhook).notices(REGISTRY)(change, before)
    assert {n.matter.link for n in notices} <= {"http://h/alerts/1"}
    return [n.to.recipient for n in notices]


@pytest.mark.parametrize(
    ("why", "steps_done", "who"),
    [
        (Why.OPENED, 0, UNIT_AND_DUTY),
        (Why.ESCALATED, 1, ["dr-lead", "it-duty"]),  # of the industry bureau nobody is a leader
        (Why.ESCALATED, 2, ["dr-lead"]),
        (Why.ESCALATED, 5, ["dr-lead"]),  # more steps than the chain has: the last again
        (Why.REPEATED, 0, UNIT_AND_DUTY),
        (Why.REPEATED, 1, [*UNIT_AND_DUTY, "dr-lead"]),
        (Why.UNACKED, 2, [*UNIT_AND_DUTY, "dr-lead"]),
        (Why.WORSENED, 0, UNIT_AND_DUTY),
        (Why.NO_DATA, 0, ["mill-1"]),  # the owner of the data
    ],
)
def test_each_step_has_its_people(why, steps_done, who):
    assert told(why, steps_done=steps_done) == who


def test_the_notice_says_its_step_and_since_when_nobody_answers():
    state = AlertState(Light.RED, AT, AT, steps_done=1, episode_at=AT - 5)
    change = AlertChange(1, "pace/mill/", "mill", "pace", "", Step(Why.ESCALATED, state, state), "升", "rose", AT)
    notice = Router(PLAN, "http://h").notices(REGISTRY)(change, ())[0]
    assert (notice.step, notice.matter.step, notice.matter.step_zh, notice.matter.since) == (1, 1, "分管领导", AT - 5)


def test_good_news_goes_to_those_who_were_told_and_to_nobody_where_nobody_was():
    had = (Recipient("sms", "000-0000-0009", "somebody-who-left"), Recipient("inbox", "dr-lead", "dr-lead"))
    for why in (Why.EASED, Why.RESOLVED, Why.CLOSED):
        assert told(why, *had) == ["somebody-who-left", "dr-lead"] and told(why) == []


def test_what_is_forwarded_goes_to_the_new_assignee_by_id_or_name_and_else_to_the_duty_desk():
    assert told(Why.FORWARDED, to="dr-lead") == ["dr-lead"] and told(Why.FORWARDED, to="负责人A") == ["dr-lead"]
    assert told(Why.FORWARDED, to="外单位某人") == [DUTY]


def test_reminders_go_to_the_assignee_as_well():
    assert told(Why.REPEATED, assignee="dr-lead") == [*UNIT_AND_DUTY, "dr-lead"]


def test_another_system_gets_every_step_once():
    assert told(Why.OPENED, webhook="webhook:default") == [*UNIT_AND_DUTY, "webhook"]
    assert told(Why.FORWARDED, to="dr-lead", webhook="webhook:default") == ["dr-lead", "webhook"]
    hook = Recipient("webhook", "webhook:default", "webhook")
    assert told(Why.RESOLVED, hook, webhook="webhook:default") == ["webhook"]
