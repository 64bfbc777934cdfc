"""Orange, the fourth colour: between yellow and red everywhere, and shown only where it occurs or the plan is worded with it."""

from api.board_facts import counts_of
from api.board_views import Unit
from api.board_words import GLYPHS, Words
from tricolor.domain.alert_machine import Observation, observe
from tricolor.domain.alert_policy import IMMEDIATE
from tricolor.domain.alerts import Why
from tricolor.domain.lights import SEVERITY, Light, Verdict, overall, worst
from tricolor.domain.notifications import Matter, short_zh, title


def unit(light: Light) -> Unit:
    return Unit(f"u-{light}", "enterprise", "u", "", "", "", False, light, "", None, (), None)


def test_orange_is_worse_than_yellow_and_better_than_red():
    assert sorted(Light, key=SEVERITY.__getitem__) == [Light.GREEN, Light.GREY, Light.YELLOW, Light.ORANGE, Light.RED]
    assert worst([Light.YELLOW, Light.ORANGE, Light.GREY]) is Light.ORANGE
    assert worst([Light.ORANGE, Light.RED]) is Light.RED


def test_an_alert_worsens_from_yellow_to_orange_to_red_and_eases_back():
    state, seen = None, []
    for at, light in enumerate((Light.YELLOW, Light.ORANGE, Light.RED, Light.ORANGE, Light.YELLOW, Light.GREEN)):
        state, steps = observe(state, Observation(light), IMMEDIATE, at)
        assert light is Light.GREEN or observe(state, Observation(light), IMMEDIATE, at) == (state, [])
        seen += [step.why for step in steps]
    assert seen == [Why.OPENED, Why.WORSENED, Why.WORSENED, Why.EASED, Why.EASED, Why.RESOLVED]


def test_orange_is_said_in_messages_and_on_the_board_with_a_shape_of_its_own():
    matter = Matter(1, Why.OPENED, Light.ORANGE, "a", "示例区", "Sample", "pace", "能耗强度进度", "Intensity pace", "basic", "因", "why", 0, "/a")
    assert title(matter) == "橙色预警·新预警：示例区 能耗强度进度" and short_zh(matter).startswith("[橙]示例区")
    assert Words("zh").light(Light.ORANGE) == "◆ 橙 严重滞后" and Words("en").light(Light.ORANGE) == "◆ orange far behind"
    assert len(set(GLYPHS.values())) == len(Light)


def test_orange_is_counted_only_where_it_occurs_or_the_plan_has_four_colours():
    def shown(lights: list[Light], has_orange: bool = False) -> dict[Light, int]:
        return {c.light: c.units for c in counts_of([unit(x) for x in lights], 0, has_orange)}

    assert shown([Light.RED, Light.GREEN]) == {Light.RED: 1, Light.YELLOW: 0, Light.GREEN: 1, Light.GREY: 0}
    assert shown([Light.RED, Light.ORANGE]) == {Light.RED: 1, Light.ORANGE: 1, Light.YELLOW: 0, Light.GREEN: 0, Light.GREY: 0}
    assert list(shown([Light.GREEN], has_orange=True)) == [Light.RED, Light.ORANGE, Light.YELLOW, Light.GREEN, Light.GREY]


def test_missing_an_incentive_target_does_not_bind_of_energy_nor_of_carbon():
    def verdict(indicator: str) -> Verdict:
        return Verdict("a", "pace", indicator, "2026", Light.RED, 0.0, 0.0, "%", "", "", 1.0)

    assert [verdict(i).is_binding for i in ("basic", "incentive", "carbon:basic", "carbon:incentive")] == [True, False, True, False]
    assert overall([verdict("carbon:incentive")]) is Light.GREY and overall([verdict("carbon:basic")]) is Light.RED
