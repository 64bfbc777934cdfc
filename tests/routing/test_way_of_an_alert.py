"""The way of an alert: unit and departments on duty, then leaders, then the bureau; what happens where somebody is missing."""

from dataclasses import replace

import pytest

from tests.routing.routing_town import AT, CONTACTS, INDUSTRY, REFORM, weekly
from tricolor.domain.entities import Contact
from tricolor.domain.intervals import HOUR_US, parse_us
from tricolor.domain.lights import Light
from tricolor.domain.notifications import DUTY, Recipient
from tricolor.domain.roster import Address, QuietHours, Shift, hours_of

NIGHT = parse_us("2026-11-20T23:30:00+08:00")
MORNING = parse_us("2026-11-21T07:00:00+08:00")


def test_an_alert_opens_at_the_unit_and_at_whoever_is_on_duty_in_the_departments(town):
    # the unit's only contact; of the reform commission its duty post, not the leader; of the industry bureau everybody, for it names no post
    assert town.people() == ["mill-1", "reform-duty", "industry-1", "industry-2"]


def test_the_reason_tells_the_whole_way_in_both_languages(town):
    told = {each.to.recipient: each for each in town.route().told}
    assert told["reform-duty"].reason_zh == "市发展改革委 对 能耗强度 负责（第一篇第四章一）→ 值班员A 值班岗（未排班）"
    assert told["reform-duty"].reason_en == (
        "Development and Reform Commission answers for energy intensity (第一篇第四章一) → 值班员A, duty post (not rostered)"
    )  # fmt: skip
    assert told["mill-1"].reason_zh == "示例造纸厂 本单位→ 联络员D 联系人（无值班岗）"
    town.shifts = [Shift("reform", "reform-duty", AT - HOUR_US, AT + HOUR_US)]
    assert {e.to.recipient: e for e in town.route().told}["reform-duty"].reason_zh.endswith("→ 值班员A 当班")


def test_the_chain_goes_from_the_departments_leaders_to_the_bureau(town):
    # of the industry bureau nobody is a leader, so everybody there; the bureau is the plan's first department
    assert town.people(steps=(1,)) == ["reform-lead", "industry-1", "industry-2"]
    assert town.people(steps=(2,)) == ["reform-lead"]
    assert town.people(steps=(0, 1, 2)) == ["mill-1", "reform-duty", "industry-1", "industry-2", "reform-lead"]
    assert [e.step for e in town.route(steps=(0, 1)).told if e.to.recipient == "reform-lead"] == [1]


def test_a_leader_on_the_roster_goes_before_the_title(town):
    town.shifts = [Shift("reform", "industry-1", AT - HOUR_US, AT + HOUR_US, role="带班领导")]
    assert town.people(steps=(2,)) == ["industry-1"]
    assert town.people(duties=(REFORM,)) == ["mill-1", "reform-duty"]  # a leader's shift is nobody's duty shift


def test_a_weekly_pattern_goes_before_the_duty_post(town):
    town.weekly = [weekly("industry", "industry-2", "08:00-18:00", on="workday")]
    assert town.people(duties=(INDUSTRY,)) == ["mill-1", "industry-2"]
    assert town.people(at=NIGHT, duties=(INDUSTRY,)) == ["mill-1", "industry-1", "industry-2"]


def test_somebody_who_cannot_be_reached_passes_it_on_to_the_next_rank(town):
    town.shifts = [Shift("reform", "reform-duty", AT - HOUR_US, AT + HOUR_US)]
    town.addresses = [Address("reform-duty", "inbox", "reform-duty", is_on=False)]
    assert town.people(duties=(REFORM,)) == ["mill-1", "reform-lead"]


def test_data_that_is_gone_is_told_to_its_owner_alone(town):
    assert town.people(is_of_data=True) == ["mill-1"]


def test_without_a_contact_in_the_unit_and_its_departments_the_leading_one_is_told(town):
    town.contacts = CONTACTS[:2]
    route = town.route(duties=(INDUSTRY,))
    assert [e.to.recipient for e in route.told] == ["reform-duty"] and not route.is_nobody
    assert route.told[0].reason_zh == "以上无人可通知，转 市发展改革委→ 值班员A 值班岗（未排班）"
    assert route.gaps == (
        ("示例造纸厂：没有登记联系人", "Mill: has no contact"),
        ("市工业和信息化局：没有登记联系人", "Industry Bureau: has no contact"),
    )


def test_where_nobody_is_left_the_duty_desk_gets_it_and_the_alarm_says_why(town):
    town.contacts = CONTACTS[2:3]
    town.addresses = [Address("industry-1", "inbox", "industry-1", is_on=False)]
    route = town.route()
    assert [(e.to.channel, e.to.address) for e in route.told] == [("inbox", DUTY)] and route.is_nobody
    assert route.text_zh == (
        "示例造纸厂 能耗强度 红色预警找不到可通知的人（示例造纸厂：没有登记联系人；市发展改革委：没有登记联系人；市工业和信息化局：联系人的地址都已停用）"
    )
    assert "every address of its contacts is off" in route.text_en
    nobody = town.route(duties=(), bureau=None)
    assert nobody.is_nobody and "示例造纸厂：没有登记联系人" in nobody.text_zh


def test_addresses_go_in_their_order_for_their_lights_and_references_follow_the_registry(town):
    town.addresses = [
        Address("mill-1", "mail", "@email", place=0),  # the registry has no mail address: nothing to send to
        Address("mill-1", "voice", "@phone", Light.RED, place=2),
        Address("mill-1", "sms", "@phone", place=1),
        Address("mill-1", "wecom", "robot:energy", is_on=False),
    ]
    phone = "000-0000-0004"
    at_red = [e.to for e in town.route(duties=()).told]
    assert at_red == [Recipient("sms", phone, "mill-1"), Recipient("voice", phone, "mill-1"), Recipient("inbox", "mill-1", "mill-1")]
    assert [e.to.channel for e in town.route(light=Light.YELLOW, duties=()).told] == ["sms", "inbox"]
    town.contacts = tuple(replace(c, phone="000-0000-0099") if c.id == "mill-1" else c for c in CONTACTS)
    assert town.route(duties=()).told[0].to.address == "000-0000-0099"


def test_the_inbox_is_left_out_where_it_was_switched_off(town):
    town.addresses = [Address("mill-1", "inbox", "mill-1", is_on=False), Address("mill-1", "sms", "@phone")]
    assert [e.to.channel for e in town.route(duties=()).told] == ["sms"]


def test_one_person_in_two_places_is_told_once(town):
    town.shifts = [Shift("industry", "reform-duty", AT - HOUR_US, AT + HOUR_US)]
    told = [e for e in town.route().told if e.to.recipient == "reform-duty"]
    assert [e.owner for e in told] == ["reform"]


def test_a_shift_of_somebody_who_left_the_registry_does_not_count(town):
    town.shifts = [Shift("reform", "long-gone", AT - HOUR_US, AT + HOUR_US)]
    assert town.people(duties=(REFORM,)) == ["mill-1", "reform-duty"]


@pytest.mark.parametrize(("light", "due"), [(Light.YELLOW, MORNING), (Light.ORANGE, NIGHT), (Light.RED, NIGHT)])
def test_the_quiet_hours_of_owner_and_contact_move_yellow_to_the_morning_and_never_red(town, light, due):
    town.quiet = [QuietHours("reform", hours_of("22:00-06:00")), QuietHours("reform-duty", hours_of("05:00-07:00"))]
    told = {e.to.recipient: e.due_at for e in town.route(at=NIGHT, light=light).told}
    assert told["reform-duty"] == due and told["mill-1"] == NIGHT


def test_a_contact_of_an_area_answers_for_the_area_alone(town):
    town.contacts = (*CONTACTS, Contact("north-1", "north", "联络员E", "县（区）联络员"))
    assert town.people(entity="north", duties=()) == ["north-1"]
    assert town.people(duties=()) == ["mill-1"]
