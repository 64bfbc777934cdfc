"""report_duty: what is due when, how late is yellow and red, and the sheet of duties in a pack."""

import shutil
from dataclasses import replace

import pytest

from alerting.rules import report_duty
from tests.data_rules.conftest import PLAN
from tricolor.catalogue.indicators import asked_of
from tricolor.catalogue.plans import check_plan, load_plan
from tricolor.catalogue.plans.files import PACKS
from tricolor.catalogue.plans.register import ReportDuty
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.intervals import parse_us
from tricolor.domain.periods import period_of
from tricolor.domain.submissions import Statistic

MONTHLY = ReportDuty(
    "monthly", "能源月报", "Monthly energy", "reported_energy_tce", "month", ("key_user",), (), 1, 15, "2026-07", "s", "p", "official"
)
YEARLY = ReportDuty(
    "report", "能源利用状况报告", "Energy report", "annual_energy_tce", "year", ("key_user",), (), 3, 31, "2024", "s", "p", "official"
)


@pytest.fixture
def bound(town):
    """A key user that owes the month's energy by the 15th of the next month, from July 2026 on."""
    town.change("mill", is_key_user=True)
    town.given["plan"] = replace(PLAN, report_duties=(MONTHLY,))
    town.given["statistics"] = {}
    return town


def hand_in(town, period, entity="mill", indicator="reported_energy_tce", value=1.0, text="") -> None:
    town.given["statistics"].setdefault(entity, []).append(Statistic(entity, indicator, period, value, "tce", text))


def on(town, day) -> None:
    town.now = parse_us(f"{day}T12:00:00+08:00")


def test_a_report_is_owed_from_the_day_after_it_was_due_and_red_after_fifteen_days_more(bound) -> None:
    story = []
    for day in ("2026-08-14", "2026-08-15", "2026-08-16", "2026-08-30", "2026-08-31"):
        on(bound, day)
        story.append(bound.light(report_duty))
    assert story == [None, None, "yellow", "yellow", "red"]
    verdict = bound.judge(report_duty)
    assert (verdict.value, verdict.limit) == (16, 15)
    assert "2026-07" in verdict.reason_zh
    assert "2026-08-15" in verdict.reason_zh
    assert "2026-08-15" in verdict.reason_en
    hand_in(bound, "2026-07")
    assert bound.light(report_duty) == "green"
    on(bound, "2026-09-16")
    assert bound.light(report_duty) == "yellow"  # August's


def test_a_report_in_words_counts_and_an_empty_one_or_another_one_does_not(bound) -> None:
    on(bound, "2026-08-20")
    hand_in(bound, "2026-07", indicator="annual_energy_tce")
    hand_in(bound, "2026-07", value=None)
    assert bound.light(report_duty) == "yellow"
    hand_in(bound, "2026-07", value=None, text="未完成")
    assert bound.light(report_duty) == "yellow"
    hand_in(bound, "2026-07", value=None, text="见附件")
    assert bound.light(report_duty) == "green"


def test_the_year_report_is_due_on_the_last_day_of_march(bound) -> None:
    bound.given["plan"] = replace(PLAN, report_duties=(YEARLY,))
    assert report_duty.due_day(YEARLY, period_of("2025")).isoformat() == "2026-03-31"
    assert report_duty.due_day(replace(YEARLY, due_months=2), period_of("2025")).isoformat() == "2026-02-28"
    assert report_duty.due_day(replace(MONTHLY, every="quarter"), period_of("2026-Q4")).isoformat() == "2027-01-15"
    hand_in(bound, "2024", indicator="annual_energy_tce")
    on(bound, "2026-03-31")
    assert bound.light(report_duty) == "green"
    on(bound, "2026-04-01")
    verdict = bound.judge(report_duty)
    assert verdict.light == "yellow"
    assert "能源利用状况报告（2025）" in verdict.reason_zh


def test_the_latest_report_is_told_first_and_the_others_are_named(bound) -> None:
    on(bound, "2026-10-20")
    hand_in(bound, "2026-08")
    verdict = bound.judge(report_duty)
    assert verdict.light == "red"
    assert verdict.reason_zh.startswith("能源月报（2026-07）")
    assert verdict.evidence == {"due": 3, "received": 1, "overdue": ["monthly 2026-07", "monthly 2026-09"]}


def test_reports_of_long_ago_are_not_asked_for(bound) -> None:
    on(bound, "2027-08-31")
    for period in [f"2026-{m:02d}" for m in range(8, 13)] + [f"2027-{m:02d}" for m in range(1, 8)]:
        hand_in(bound, period)
    assert bound.light(report_duty) == "red"  # July 2026, due in August 2026: twelve months back
    on(bound, "2027-09-01")
    assert bound.light(report_duty) == "green"


@pytest.mark.parametrize(
    ("duty", "is_bound"),
    [
        ({}, True), ({"whom": ("enterprise",)}, True), ({"whom": ("building",)}, False), ({"whom": ("two_high",)}, False),
        ({"entities": ("mill",)}, True), ({"entities": ("other",)}, False),
    ],
)  # fmt: skip
def test_a_duty_names_whom_it_binds(bound, duty, is_bound) -> None:
    bound.given["plan"] = replace(PLAN, report_duties=(replace(MONTHLY, **duty),))
    on(bound, "2026-08-20")
    assert (bound.light(report_duty) is not None) == is_bound


def test_duties_of_a_plan_judged_beside_count_as_well(bound) -> None:
    bound.given["plan"] = replace(PLAN, report_duties=(), beside=(replace(PLAN, report_duties=(MONTHLY,)),))
    on(bound, "2026-08-20")
    assert bound.light(report_duty) == "yellow"


def test_an_area_is_the_share_of_units_that_owe_nothing_and_its_own_report_is_apart(bound) -> None:
    bound.entities |= {f"u{n}": Entity(f"u{n}", EntityKind.ENTERPRISE, f"企业{n}", "", "north", is_key_user=True) for n in range(1, 5)}
    story = {}
    for day in ("2026-08-30", "2026-08-31"):  # 15 and 16 days late
        bound.given["statistics"] = {}
        on(bound, day)
        for unit in ("mill", "u1", "u2", "u3", "u4"):
            hand_in(bound, "2026-07", unit)
            story.setdefault(day, []).append(bound.light(report_duty, "north"))
    assert story["2026-08-31"] == ["red", "red", "red", "yellow", "green"]  # four of five are exactly 80 %
    assert story["2026-08-30"] == ["yellow", "yellow", "yellow", "yellow", "green"]  # no worse than the latest of its units
    own = replace(MONTHLY, whom=("region",))
    bound.given["plan"] = replace(PLAN, report_duties=(MONTHLY, own))
    found = {v.indicator: str(v.light) for v in bound.all(report_duty, "north")}
    assert found == {"units": "green", "": "red"}


def test_what_fell_due_before_the_unit_was_known_here_is_not_asked_unless_it_had_begun_to_report(bound) -> None:
    """A city that starts in October does not call every unit red for July."""
    bound.points = [replace(p, registered_at=parse_us("2026-10-01T00:00:00+08:00")) for p in bound.points]
    on(bound, "2026-10-10")
    assert bound.light(report_duty) is None
    on(bound, "2026-10-16")
    assert bound.judge(report_duty).evidence["overdue"] == ["monthly 2026-09"]  # due on 15 October
    hand_in(bound, "2026-07")
    assert bound.judge(report_duty).evidence["overdue"] == ["monthly 2026-08", "monthly 2026-09"]


def test_the_monthly_report_of_liuzhou_is_judged(town) -> None:
    """柳政发〔2023〕11号 附件2 A-1: 月度报告制度."""
    town.entities = {"liuzhou": Entity("liuzhou", EntityKind.CITY, "柳州市", "Liuzhou")}
    town.points = []
    town.given = {"plan": load_plan("liuzhou-zero-waste-2023-2025"), "statistics": {}}
    (asked,) = (a for a in asked_of(town.given["plan"], town.entities["liuzhou"]).values() if a.name == "lz-monthly-report")
    assert asked.is_words  # it can be submitted
    assert asked.every == "month"
    story = []
    for day, period in (("2023-05-15", ""), ("2023-05-16", ""), ("2023-05-31", ""), ("2023-05-31", "2023-04"), ("2023-06-16", "")):
        on(town, day)
        if period:
            hand_in(town, period, "liuzhou", "lz-monthly-report", None, "已完成，报领导小组")
        story.append(town.light(report_duty, "liuzhou"))
    assert story == [None, "yellow", "red", "green", "yellow"]


@pytest.fixture
def pack(tmp_path):
    shutil.copytree(PACKS / "qinzhou-2021-2025", tmp_path / "pack")
    return tmp_path / "pack"


def test_a_pack_without_duties_is_sound_and_the_shipped_ones_have_theirs(pack) -> None:
    assert [d.id for d in load_plan(pack).report_duties] == ["energy-report", "monthly-energy"]
    (pack / "report_duties.csv").unlink()
    assert check_plan(pack) == []
    assert load_plan(pack).report_duties == ()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (",year,", ",week,", "row 2 column every: 'week' is not one of month, quarter, year"),
        (",key_user,3,31,", ",nobody,3,31,", "row 2 column whom: 'nobody' is not one of"),
        (",3,31,", ",3,32,", "row 2 column due_day: '32' is not a whole number between 1 and 31"),
        (",3,31,", ",,31,", "row 2 column due_months: is empty"),
        (",31,2021,", ",31,2021-Q1,", "row 2 column first: '2021-Q1' is a quarter, the duty is of every year"),
        (",31,2021,", ",31,soon,", "row 2 column first: write the period 'soon' like"),
        ("monthly-energy,", "energy-report,", "row 3 column id: 'energy-report' is there twice"),
        (",memory,", ",sure,", "row 2 column status: 'sure' is not one of"),
        ("annual_energy_tce", "Annual energy", "row 2 column indicator: 'Annual energy' is not the name"),
    ],
)  # fmt: skip
def test_every_fault_of_the_sheet_is_told_with_its_place(pack, before, after, said) -> None:
    path = pack / "report_duties.csv"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    assert any(f"report_duties.csv {said}" in fault for fault in check_plan(pack)), check_plan(pack)
