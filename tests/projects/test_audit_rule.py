"""The rule audit: terms of mandatory cleaner-production audits; a voluntary one is watched only."""

from dataclasses import replace

import pytest

from alerting.material import Material
from alerting.rules import audit as rule
from alerting.rules.audit import AuditFacts, Thresholds
from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.thresholds import defaults
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import parse_us
from tricolor.domain.lights import Light
from tricolor.domain.projects import AuditState, CpAudit

AT = Thresholds(2, 12, 12, 30, 60)
LISTED = CpAudit("2026-01", "plant", True, AuditState.LISTED, "2026-01-31")
STARTED = replace(LISTED, state=AuditState.STARTED, started_on="2026-03-20")
REPORTED = replace(STARTED, state=AuditState.REPORTED, reported_on="2026-12-20")
ACCEPTED = replace(REPORTED, state=AuditState.ACCEPTED, accepted_on="2027-05-01")


def light(audit: CpAudit, today: str) -> Light:
    return rule.judge(AuditFacts(audit, today), AT).light


def test_the_shipped_terms_are_those_that_the_rule_takes() -> None:
    assert Thresholds(**{name: row.settled(row.value) for name, row in defaults("audit").items()}) == AT  # type: ignore[arg-type]


def test_an_audit_goes_from_green_to_yellow_to_red_to_green() -> None:
    # listed 2026-01-31: to start by 2026-03-31, to report by 2027-01-31; 30 days of yellow end on 2026-04-30
    story = [
        light(LISTED, "2026-03-31"),
        light(LISTED, "2026-04-01"),
        light(LISTED, "2026-04-30"),
        light(LISTED, "2026-05-01"),
        light(replace(STARTED, started_on="2026-05-02"), "2026-05-02"),
    ]
    assert story == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED, Light.GREEN]


def test_the_report_is_due_a_year_after_the_list() -> None:
    # 60 days before 2027-01-31 is 2026-12-02
    lights = [light(STARTED, day) for day in ("2026-12-01", "2026-12-02", "2027-01-31", "2027-02-01")]
    assert lights == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED]
    assert light(LISTED, "2027-02-01") is Light.RED
    late = rule.judge(AuditFacts(STARTED, "2027-02-03"), AT)
    assert (late.value, late.limit, late.unit, late.indicator) == (3.0, 0.0, "d", "2026-01")
    assert "2027-01-31" in late.reason_zh and "逾期3天" in late.reason_zh and "3 day(s) ago" in late.reason_en


def test_acceptance_follows_the_report_within_its_term() -> None:
    assert [light(REPORTED, day) for day in ("2027-12-20", "2027-12-21")] == [Light.GREEN, Light.YELLOW]
    assessed = replace(REPORTED, state=AuditState.ASSESSED, assessed_on="2027-02-01")
    assert light(assessed, "2028-06-01") is Light.YELLOW
    assert light(ACCEPTED, "2031-01-01") is Light.GREEN


@pytest.mark.parametrize("audit", [replace(LISTED, listed_on=""), replace(STARTED, listed_on="")])
def test_a_listing_without_its_day_is_grey_and_says_what_to_enter(audit: CpAudit) -> None:
    found = rule.judge(AuditFacts(audit, "2026-06-01"), AT)
    assert found.light is Light.GREY
    assert "listed_on" in found.reason_en and "名单公布日期" in found.reason_zh


def test_a_voluntary_audit_is_never_late() -> None:
    assert light(replace(LISTED, is_mandatory=False), "2035-01-01") is Light.GREEN
    assert light(replace(LISTED, is_mandatory=False, listed_on=""), "2035-01-01") is Light.GREEN


def test_every_audit_of_a_unit_is_judged_by_itself_and_one_taken_off_the_list_not_at_all() -> None:
    unit = Entity("plant", EntityKind.ENTERPRISE, "厂", "Plant")
    audits = [LISTED, replace(ACCEPTED, id="2020-07"), replace(LISTED, id="gone", state=AuditState.WITHDRAWN)]
    of = Material(
        Registry(1, {"plant": unit}, {}, {}, {}, {}), load_plan("qinzhou-2021-2025"), parse_us("2026-04-30T23:00:00+08:00"), audits={"plant": audits}
    )
    found = [rule.judge(f, AT) for f in rule.facts_of(of, unit)]
    assert {v.indicator: v.light for v in found} == {"2026-01": Light.YELLOW, "2020-07": Light.GREEN}
    assert all(v.is_binding for v in found)


def test_the_day_is_that_of_shanghai() -> None:
    unit = Entity("plant", EntityKind.ENTERPRISE, "厂", "Plant")
    held = Registry(1, {"plant": unit}, {}, {}, {}, {})
    for at, expected in (("2026-03-31T23:59:59+08:00", Light.GREEN), ("2026-04-01T00:00:00+08:00", Light.YELLOW)):
        of = Material(held, load_plan("qinzhou-2021-2025"), parse_us(at), audits={"plant": [LISTED]})
        assert [rule.judge(f, AT).light for f in rule.facts_of(of, unit)] == [expected]


def test_who_wrote_it_and_when_does_not_change_the_facts() -> None:
    unit = Entity("plant", EntityKind.ENTERPRISE, "厂", "Plant")
    held = Registry(1, {"plant": unit}, {}, {}, {}, {})
    one, other = (
        Material(held, load_plan("qinzhou-2021-2025"), parse_us("2026-04-30T23:00:00+08:00"), audits={"plant": [a]})
        for a in (LISTED, replace(LISTED, author="李", revision=3, changed_at=7))
    )
    assert list(rule.facts_of(one, unit)) == list(rule.facts_of(other, unit))
