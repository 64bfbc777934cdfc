"""What the pages are told: lights, starts, counts, handling, energy; over a real ledger filled as the services fill it."""

from typing import Any

import pytest

from api.board_access import OPEN_CALLER
from api.board_energy import carrier_rows, consumption, fall_chart
from api.board_facts import Snapshot, light_since, look, units_of
from api.board_pages import alerts_page, data_page, inbox_page, messages_of, overview
from api.board_unit import entity_page, point_page
from api.board_views import Judged, Unit
from api.board_words import Words
from api.deps import CurrentRegistry
from api.security import View
from tricolor.domain.access import Caller, KeyKind
from tricolor.domain.errors import NotFound
from tricolor.domain.intervals import DAY_US
from tricolor.domain.lights import Light, Verdict
from tricolor.ports import StandingVerdict

ZH = Words("zh")


@pytest.fixture
def snapshot(city: Any) -> Snapshot:
    return seen_by(city, OPEN_CALLER)


def seen_by(board: Any, caller: Caller) -> Snapshot:
    return look(board.deps, View(CurrentRegistry(board.deps.registry).get(), caller), board.deps.clock())


def test_the_four_counts_cover_areas_enterprises_and_networks_and_nothing_twice(snapshot: Snapshot) -> None:
    view = overview(snapshot, ZH, "light")
    # 5 areas + 18 enterprises + a public building + 1 network; the city and the parks are not counted
    assert {c.light.value: c.units for c in view.counts} == {"red": 3, "yellow": 3, "green": 14, "grey": 5}
    assert sum(c.units for c in view.counts) == 5 + 18 + 1 + 1


def test_areas_stand_in_plan_order(snapshot: Snapshot) -> None:
    assert [u.id for u in overview(snapshot, ZH, "light").areas] == ["qinnan", "qinbei", "pubei", "lingshan", "qinzhougang"]


def test_the_worst_rule_gives_a_unit_its_light_its_reason_and_its_start(snapshot: Snapshot) -> None:
    units = units_of(snapshot, ZH)
    port = units["qinzhougang"]
    assert port.light is Light.RED and "上升1.10%" in port.reason
    assert port.since == snapshot.now - 12 * DAY_US  # yellow for 17 days, red for 12
    assert units["ls-textile"].light is Light.GREY and units["ls-textile"].since is None


def test_the_incentive_target_is_shown_and_does_not_bind(snapshot: Snapshot) -> None:
    port = units_of(snapshot, ZH)["qinnan"]
    assert [(j.indicator, j.light, j.is_binding) for j in port.judged] == [("basic", Light.YELLOW, True), ("incentive", Light.YELLOW, False)]
    lingshan = units_of(snapshot, ZH)["lingshan"]
    assert lingshan.light is Light.GREEN and lingshan.target("incentive") is not None
    assert not any(a.indicator == "incentive" for a in snapshot.open_alerts)


def test_a_light_begins_with_the_first_verdict_that_shows_it_and_green_with_the_last() -> None:
    def item(light: Light, since: int) -> StandingVerdict:
        return StandingVerdict(Verdict("e", "r", "", "now", light, None, None, "", "", "", None), since, 100)

    assert light_since([item(Light.RED, 30), item(Light.RED, 20), item(Light.YELLOW, 5)]) == 20
    assert light_since([item(Light.GREEN, 10), item(Light.GREEN, 40)]) == 40
    assert light_since([]) is None


def test_units_with_the_worst_light_come_first_and_among_them_the_longest(snapshot: Snapshot) -> None:
    rows = overview(snapshot, ZH, "light").enterprises
    assert [u.id for u in rows[:3]] == ["qn-manganese", "qn-brick", "qb-carbide"]
    assert [u.light for u in rows] == sorted((u.light for u in rows), key=lambda x: ["red", "yellow", "grey", "green"].index(x.value))
    assert overview(snapshot, ZH, "nonsense").sort == "light"


def test_somebody_is_on_it_only_when_every_alert_of_the_unit_is_acknowledged(snapshot: Snapshot) -> None:
    units = units_of(snapshot, ZH)
    assert units["qb-carbide"].handling is not None and units["qb-carbide"].handling.acked_by == "值班员A"
    assert units["qn-brick"].handling is not None and not units["qn-brick"].handling.is_acked  # one of its two alerts is


def test_alerts_are_ordered_by_urgency_and_grouped_by_unit(snapshot: Snapshot) -> None:
    view = overview(snapshot, ZH, "light")
    assert [g.worst.light for g in view.alerts][:4] == [Light.RED, Light.RED, Light.RED, Light.YELLOW]
    assert [(g.worst.entity_id, g.worst.is_acked, g.more) for g in view.alerts][:3] == [
        ("qn-manganese", False, 0), ("qn-brick", False, 1), ("qinzhougang", True, 0),
    ]  # fmt: skip
    assert view.alerts_total == len(snapshot.open_alerts) == 9 and view.unacked == 6
    assert view.longest_red is not None and view.longest_red.id == "qinzhougang"


def test_a_resolved_alert_is_green_in_the_history(city: Any, snapshot: Snapshot) -> None:
    lines = alerts_page(city.deps, snapshot, ZH, "all", None).alerts
    dairy = next(a for a in lines if a.entity_id == "ls-dairy")
    assert not dairy.is_open and dairy.light is Light.GREEN
    assert all(a.is_open for a in alerts_page(city.deps, snapshot, ZH, "open", None).alerts)


def test_energy_of_the_year_adds_up_to_what_was_bought_less_what_was_sold(city: Any, snapshot: Snapshot) -> None:
    entity = snapshot.registry.entities["qzg-chp"]
    rows, total = carrier_rows(consumption(city.deps, snapshot.registry, entity, snapshot.now), ZH)
    by_role = {(r.carrier, r.role): r for r in rows}
    coal, power, heat = by_role["原煤", "购入"], by_role["电力", "外供"], by_role["热力", "外供"]
    assert total is not None and None not in (coal.tce_calorific, power.tce_calorific, heat.tce_calorific)
    assert total.tce_calorific == pytest.approx(coal.tce_calorific - power.tce_calorific - heat.tce_calorific)  # type: ignore[operator]


def test_a_month_without_accounts_is_unknown_and_an_estimated_one_is_marked(city: Any, snapshot: Snapshot) -> None:
    carbide = entity_page(city.deps, snapshot, "qb-carbide", ZH)
    june = next(m for m in carbide.month_rows if m.month == "2026-06")
    assert june.this_year is None and june.last_year is not None
    assert carbide.months is not None and 'class="gap"' in carbide.months
    manganese = entity_page(city.deps, snapshot, "qn-manganese", ZH)
    assert [m.month for m in manganese.month_rows if m.is_estimated] == ["2026-08"]
    assert manganese.week is not None and 'class="gap"' in manganese.week and "area estimated" in manganese.week


def test_the_fall_is_drawn_against_both_targets_and_only_for_whole_known_months(city: Any, snapshot: Snapshot) -> None:
    page = entity_page(city.deps, snapshot, "qinnan", ZH)
    assert page.intensity is not None and "line basic" in page.intensity and "line incentive" in page.intensity
    assert page.intensity.count('class="dot"') == 10  # November is not over
    mill = snapshot.registry.entities["qzg-paper"]
    used = consumption(city.deps, snapshot.registry, mill, snapshot.now)
    assert fall_chart(used, {}, mill, city.deps.plan, snapshot.now, ZH) is None


def test_a_point_shows_its_last_readings_and_the_cells_of_its_last_day(city: Any, snapshot: Snapshot) -> None:
    page = point_page(city.deps, snapshot, "qn-manganese.elec-1", ZH)
    assert len(page.cells) == 96 and page.readings[0].at == snapshot.latest[page.point.key]
    assert page.readings[0].value > page.readings[1].value and page.readings[0].quality == "好"
    stopped = point_page(city.deps, snapshot, "qn-manganese.coke", ZH)
    assert len(stopped.cells) == 96 and stopped.day is not None  # its own last day, not today


def test_a_heat_network_shows_what_it_was_fed_and_what_it_delivered(city: Any, snapshot: Snapshot) -> None:
    page = entity_page(city.deps, snapshot, "qzg-heat", ZH)
    assert page.months is not None and page.week is not None and page.total is None
    assert "供出" in page.week and {c.is_counted for c in page.carriers} == {False}


def test_counts_add_up_and_quarantine_names_its_reason(city: Any, snapshot: Snapshot) -> None:
    page = data_page(city.deps, snapshot, ZH, None)
    assert page.health.received == page.health.stored + page.health.duplicate + page.health.quarantined
    assert all(s.adds_up for s in page.sources) and len(page.sources) == 3
    assert {(q.reason_code, q.reason) for q in page.quarantine} == {("unknown_point", "未登记的测点"), ("not_json", "不是 JSON")}
    assert page.health.silent_points > 0 and page.health.last_reading_at is not None


def test_the_phone_lists_people_with_their_department_and_their_unread(city: Any, snapshot: Snapshot) -> None:
    items = messages_of(city.deps, snapshot)
    page = inbox_page(snapshot, items, ZH, "industry-it-duty")
    chosen = next(r for r in page.recipients if r.id == "industry-it-duty")
    assert chosen.role == "市工业和信息化局" and chosen.unread == sum(m.is_unread for m in page.messages) == len(page.messages)


def test_a_reader_bound_to_an_enterprise_sees_that_enterprise_only(city: Any) -> None:
    mine = seen_by(city, Caller(KeyKind.READ, "qzg-paper", "k"))
    assert set(mine.registry.entities) == {"qzg-paper"} and {p.entity_id for p in mine.registry.points.values()} == {"qzg-paper"}
    assert [s.counts.source for s in mine.sources] == ["mqtt:qzg-paper/gw1"] and not mine.open_alerts
    assert {q.source for q in data_page(city.deps, mine, ZH, None).quarantine} == {"mqtt:qzg-paper/gw1"}
    assert not messages_of(city.deps, mine)
    with pytest.raises(NotFound):
        entity_page(city.deps, mine, "qzg-refinery", ZH)
    with pytest.raises(NotFound):
        point_page(city.deps, mine, "qzg-refinery.gas", ZH)


def test_what_is_missing_has_a_name(nothing: Any, unheard: Any, snapshot: Snapshot) -> None:
    assert overview(seen_by(nothing, OPEN_CALLER), ZH, "light").state == "no_registry"
    assert overview(seen_by(unheard, OPEN_CALLER), ZH, "light").state == "no_readings"
    assert overview(snapshot, ZH, "light").state == "ready"


def test_indicators_and_forecasts_are_folded_and_the_rest_stands_open() -> None:
    def judged(rule: str, light: Light) -> Judged:
        return Judged(rule, "", rule, light, 1.0, 2.0, "%", "", "2026", None, None, None)

    rows = (judged("pace", Light.GREEN), judged("indicator", Light.RED), judged("indicator", Light.GREEN), judged("forecast", Light.YELLOW))
    unit = Unit("qinzhou", "city", "钦州市", "", "", "", False, Light.GREEN, "", None, rows, None)
    assert [j.rule for j in unit.shown] == ["pace"]
    assert unit.folded("indicator").counts == ((Light.RED, 1), (Light.GREEN, 1))
    assert [j.light for j in unit.folded("forecast").judged] == [Light.YELLOW]
