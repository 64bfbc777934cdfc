"""Laws of routing over random directories, rosters, quiet hours, silences and standing alerts."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.routing.routing_town import AT, INDUSTRY, REFORM, Town
from tricolor.domain.entities import Contact
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.lights import SEVERITY, Light
from tricolor.domain.notifications import DUTY
from tricolor.domain.roster import Address, Hours, On, QuietHours, Shift, Weekly
from tricolor.domain.routing import Route
from tricolor.domain.suppression import Matcher, Silence, SilenceKind, SilenceRow, Subject

OWNERS = st.sampled_from(["reform", "industry", "mill"])
PEOPLE = st.sampled_from(["p0", "p1", "p2", "p3", "gone"])
BAD = st.sampled_from([Light.YELLOW, Light.ORANGE, Light.RED])
MINUTES = st.integers(0, 1439)
HOURS = st.builds(
    Hours, MINUTES, st.integers(0, 1440), st.sets(st.integers(1, 7), max_size=3).map(lambda d: tuple(sorted(d))), st.sampled_from(list(On))
)
ROLES = st.sampled_from(["值班员", "分管领导", "科员", ""])
RULES = ["pace", "forecast", "stuck", "silent", "concentration"]


def shifts() -> st.SearchStrategy[Shift]:
    start = st.integers(-48, 24)
    return st.builds(lambda o, p, a, n, r: Shift(o, p, AT + a * HOUR_US, AT + (a + n) * HOUR_US, r), OWNERS, PEOPLE, start, st.integers(1, 48), ROLES)


def silences() -> st.SearchStrategy[SilenceRow]:
    matcher = st.builds(
        Matcher, st.lists(st.sampled_from(RULES), max_size=2).map(tuple), st.sampled_from(["", "mill", "park", "town", "works"]),
        st.sampled_from(["", "reform", "industry"]), st.just(""), BAD,
    )  # fmt: skip
    made = st.builds(
        lambda k, m, a, n: Silence(k, m, AT + a * HOUR_US, AT + (a + n) * HOUR_US, "值班员A", "检修"),
        st.sampled_from(list(SilenceKind)), matcher, st.integers(-5, 2), st.integers(1, 8),
    )  # fmt: skip
    return st.builds(lambda number, s: SilenceRow(number, s, AT), st.integers(1, 99), made)


@st.composite
def towns(draw: st.DrawFn) -> Town:
    town = Town()
    town.contacts = tuple(
        Contact(f"p{n}", draw(OWNERS), f"值班员{n}", draw(ROLES), draw(st.sampled_from(["", f"000-0000-000{n}"])))
        for n in range(draw(st.integers(0, 4)))
    )
    channels = st.sampled_from(["sms", "inbox", "mail"])
    values = st.sampled_from(["@phone", "@email", "a@example.invalid"])
    town.addresses = draw(st.lists(st.builds(Address, PEOPLE, channels, values, BAD, st.booleans(), st.integers(0, 3)), max_size=6))
    town.shifts = draw(st.lists(shifts(), max_size=4))
    weekly = st.builds(lambda o, p, h, r: Weekly(o, p, h, date(2026, 1, 1), None, r), OWNERS, PEOPLE, HOURS, ROLES)
    town.weekly = draw(st.lists(weekly, max_size=4))
    town.quiet = draw(st.lists(st.builds(QuietHours, st.one_of(OWNERS, PEOPLE), HOURS, st.sampled_from([Light.YELLOW, Light.ORANGE])), max_size=4))
    town.silences = draw(st.lists(silences(), max_size=3))
    return town


ASKED = {
    "at": st.integers(0, 14 * 24).map(lambda hours: AT + hours * HOUR_US), "light": BAD, "rule": st.sampled_from(RULES),
    "steps": st.sampled_from([(0,), (1,), (2,), (0, 1), (0, 1, 2)]), "duties": st.sampled_from([(), (REFORM,), (REFORM, INDUSTRY)]),
    "bureau": st.sampled_from([None, REFORM]),
    "standing": st.lists(st.builds(Subject, st.integers(2, 9), st.sampled_from(RULES), st.just("mill"), st.sampled_from(["", "gw1"]), BAD)).map(tuple),
}  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(towns(), st.fixed_dictionaries(ASKED))
def test_every_red_reaches_a_person_now_or_says_why_not(town, asked):
    asked = {**asked, "light": Light.RED}
    route: Route = town.route(**asked)
    assert route.told
    for each in route.told:
        assert each.reason_zh and each.reason_en
        if each.muted:  # somebody's silence, named by its number, or a standing alert that is as bad
            kind, _, number = each.muted.partition(":")
            if kind == "inhibited":
                assert any(s.alert_id == int(number) and s.light is Light.RED for s in asked["standing"])
            else:
                assert any(s.why == each.muted and s.silence.author and s.holds_at(asked["at"]) for s in town.silences)
            assert each.due_at > asked["at"]
        else:
            assert each.due_at == asked["at"]  # quiet hours never hold a red
    people = [each for each in route.told if each.to.address != DUTY]
    assert people or (route.is_nobody and route.text_zh and route.text_en)


@settings(max_examples=50, deadline=None)
@given(towns(), st.fixed_dictionaries(ASKED))
def test_one_address_is_told_once_and_only_people_of_the_registry_are(town, asked):
    told = town.route(**asked).told
    assert len({(e.to.channel, e.to.address) for e in told}) == len(told)
    assert {e.to.recipient for e in told} <= {*town.registry.contacts, DUTY}
    assert all(e.due_at >= asked["at"] for e in told)


@settings(max_examples=50, deadline=None)
@given(towns(), st.fixed_dictionaries(ASKED), st.lists(silences(), max_size=2))
def test_silences_take_nobody_off_the_list_and_hold_nothing_above_their_level(town, asked, more):
    before = town.route(**asked)
    town.silences = [*town.silences, *more]
    after = town.route(**asked)
    assert [(e.to, e.step) for e in after.told] == [(e.to, e.step) for e in before.told] and after.is_nobody == before.is_nobody
    levels = {s.why: s.silence.matcher.up_to for s in town.silences}
    for each in after.told:
        if each.muted and not each.muted.startswith("inhibited"):
            assert max(SEVERITY[s.silence.matcher.up_to] for s in town.silences if s.why == each.muted) >= SEVERITY[asked["light"]], levels


@settings(max_examples=50, deadline=None)
@given(towns(), st.fixed_dictionaries(ASKED))
def test_a_worse_light_reaches_everybody_it_reached_before_or_somebody_nearer(town, asked):
    """Addresses take lights from a least one on, so a worse light never finds fewer of the people on duty."""
    town.shifts, town.weekly = [], []
    yellow = {e.to for e in town.route(**{**asked, "light": Light.YELLOW}).told if e.to.address != DUTY}
    red = town.route(**{**asked, "light": Light.RED})
    assert not yellow or not red.is_nobody
