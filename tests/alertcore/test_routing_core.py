"""A fault of ours over one alert keeps no other from being told, nor that one from being told to anybody."""

from tests.routing.routing_town import AT
from tests.routing.test_story_of_routing import Office, verdict
from tricolor.adapters.ledger.notices import NoticeBookSql
from tricolor.domain.lights import Light
from tricolor.domain.notifications import DUTY


def test_where_no_way_can_be_found_for_one_alert_the_duty_desk_is_told_and_the_others_as_ever(sqlite_ledger):
    office = Office(sqlite_ledger)
    duties = office.router._duties.duties

    def broken(registry, rule, entity):
        if rule == "budget":
            raise KeyError("a fault of ours")
        return duties(registry, rule, entity)

    office.router._duties.duties = broken
    found = office.alerts.follow(
        [verdict(Light.RED, "budget"), verdict(Light.RED, "pace")], [], AT, lambda _: True, office.router.notices(office.registry)
    )
    told = {c.rule: {n.notice.to.recipient for n in NoticeBookSql(sqlite_ledger).of_alert(c.alert_id)} for c in found}
    assert told["budget"] == {DUTY} and "dr-duty" in told["pace"]
