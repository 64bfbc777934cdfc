"""Silences, maintenance windows and inhibition: what a matcher means, how long it holds, and that messages are held with a reason."""

from dataclasses import replace

import pytest

from tests.routing.routing_town import AT, ENTITIES, INDUSTRY, REFORM
from tricolor.catalogue.chain import chain_of, load_chain
from tricolor.domain.entities import Registry
from tricolor.domain.errors import Misconfigured
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.lights import Light
from tricolor.domain.suppression import (
    RECHECK_US,
    Held,
    Matcher,
    Silence,
    SilenceKind,
    SilenceRow,
    Subject,
    inhibited,
    matches,
    silenced,
    wrong_with,
)

REGISTRY = Registry(1, ENTITIES, {}, {}, {}, {})
RED = Subject(7, "pace", "mill", "basic", Light.RED)
CHAIN = load_chain()


def row(number: int = 12, kind: SilenceKind = SilenceKind.SILENCE, hours: float = 1.0, **matcher: object) -> SilenceRow:
    made = Silence(kind, Matcher(**matcher), AT - HOUR_US, AT + round(hours * HOUR_US), "值班员A", "检修")  # type: ignore[arg-type]
    return SilenceRow(number, made, AT - HOUR_US)


@pytest.mark.parametrize(
    ("matcher", "is_meant"),
    [
        (Matcher(rules=("pace", "total")), True),
        (Matcher(rules=("total",)), False),
        (Matcher(entity="mill"), True),
        (Matcher(entity="park"), True),  # the mill lies in the park …
        (Matcher(entity="north"), True),  # … the park in the region …
        (Matcher(entity="town"), True),  # … and the city holds all
        (Matcher(entity="works"), False),
        (Matcher(entity="gone"), False),
        (Matcher(department="reform"), True),
        (Matcher(department="industry"), False),
        (Matcher(indicator="basic"), True),
        (Matcher(indicator="incentive"), False),
        (Matcher(entity="mill", up_to=Light.ORANGE), False),  # red goes out all the same
        (Matcher(rules=("pace",), entity="north", department="reform", indicator="basic"), True),
        (Matcher(rules=("pace",), entity="works"), False),  # everything that is named must hold
    ],
)
def test_a_matcher_means_what_everything_in_it_means(matcher, is_meant):
    assert matches(matcher, RED, "reform", REGISTRY) is is_meant


def test_a_silence_holds_until_its_end_or_until_it_is_ended():
    standing = row(entity="mill")
    assert silenced([standing], RED, "reform", REGISTRY, AT) == Held("silence:12", AT + HOUR_US)
    assert silenced([standing], RED, "reform", REGISTRY, AT + HOUR_US) is None
    assert silenced([standing], RED, "reform", REGISTRY, AT - 2 * HOUR_US) is None
    assert silenced([replace(standing, ended_at=AT)], RED, "reform", REGISTRY, AT) is None


def test_of_several_the_one_that_holds_longest_is_named():
    window = row(13, SilenceKind.MAINTENANCE, 3.0, entity="park")
    assert silenced([row(entity="mill"), window], RED, "reform", REGISTRY, AT) == Held("maintenance:13", AT + 3 * HOUR_US)


def test_a_departments_silence_leaves_the_other_departments_told(town):
    town.silences = [row(department="reform")]
    told = {e.to.recipient: e.muted for e in town.route(duties=(REFORM, INDUSTRY)).told}
    assert told == {"mill-1": "", "reform-duty": "silence:12", "industry-1": "", "industry-2": ""}


def test_somebody_told_for_two_departments_is_told_for_the_one_that_is_not_silent(town):
    from tricolor.domain.roster import Shift

    town.silences = [row(department="reform")]
    town.shifts = [Shift("industry", "reform-duty", AT - HOUR_US, AT + HOUR_US)]
    assert [(e.owner, e.muted) for e in town.route().told if e.to.recipient == "reform-duty"] == [("industry", "")]


def test_a_silenced_red_is_still_recorded_for_everybody_with_the_silence(town):
    town.silences = [row(entity="town")]
    told = town.route().told
    assert len(told) == 4 and {e.muted for e in told} == {"silence:12"} and {e.due_at for e in told} == {AT + HOUR_US}


@pytest.mark.parametrize(
    ("other", "subject", "is_held"),
    [
        (Subject(1, "pace", "mill", "", Light.RED), Subject(2, "forecast", "mill", "", Light.YELLOW), True),  # one family
        (Subject(1, "pace", "mill", "", Light.RED), Subject(2, "stuck", "mill", "", Light.YELLOW), False),
        (Subject(1, "pace", "mill", "", Light.RED), Subject(2, "pace", "mill", "carbon:basic", Light.ORANGE), True),
        (Subject(1, "pace", "mill", "", Light.RED), Subject(2, "pace", "works", "", Light.YELLOW), False),  # another unit
        (Subject(1, "pace", "mill", "", Light.YELLOW), Subject(2, "pace", "mill", "x", Light.YELLOW), False),
        (Subject(1, "pace", "mill", "", Light.RED), Subject(2, "forecast", "mill", "", Light.RED), False),
        (Subject(1, "silent", "mill", "gw1", Light.RED), Subject(2, "concentration", "mill", "SO2", Light.RED), True),
        (Subject(1, "silent", "mill", "gw1", Light.YELLOW), Subject(2, "concentration", "mill", "SO2", Light.RED), False),  # never by a lesser light
        (Subject(1, "silent", "mill", "gw1", Light.YELLOW), Subject(2, "stuck", "mill", "", Light.YELLOW), True),
        (Subject(1, "silent", "mill", "", Light.RED), Subject(2, "stuck", "mill", "", Light.YELLOW), False),  # a silent meter is no dark gateway
        (Subject(1, "silent", "mill", "gw1", Light.RED), Subject(2, "pace", "mill", "", Light.RED), False),  # does not hang on its live data
        (Subject(2, "silent", "mill", "gw1", Light.RED), Subject(2, "silent", "mill", "gw1", Light.RED), False),  # nothing mutes itself
        (Subject(1, "pace", "mill", "", Light.RED), Subject(2, "forecast", "mill", "", Light.GREEN), False),  # an end is told
    ],
)
def test_what_mutes_what(other, subject, is_held):
    assert inhibited(CHAIN.inhibitions, CHAIN.families, [other], subject, AT) == (Held("inhibited:1", AT + RECHECK_US) if is_held else None)


def test_two_that_would_mute_each_other_do_not_both_fall_silent():
    rows = (replace(CHAIN.inhibitions[0], up_to=Light.RED),)  # red mutes red
    one, two = Subject(1, "pace", "mill", "", Light.RED), Subject(2, "forecast", "mill", "", Light.RED)
    assert inhibited(rows, CHAIN.families, [one, two], one, AT) is None
    assert inhibited(rows, CHAIN.families, [one, two], two, AT) == Held("inhibited:1", AT + RECHECK_US)


def test_a_silence_that_says_nothing_or_too_much_is_refused_with_every_fault():
    bad = Silence(SilenceKind.SILENCE, Matcher(("nosuch",), "gone", "nodep", up_to=Light.GREEN), AT, AT, " ", "")
    assert [field for field, _, _ in wrong_with(bad, REGISTRY, ["pace"], ["reform"])] == [
        "end", "by", "reason", "entity", "department", "rules", "up_to",
    ]  # fmt: skip
    whole = Silence(SilenceKind.MAINTENANCE, Matcher(), AT, AT + 367 * 24 * HOUR_US, "A", "r" * 1001)
    assert [field for field, _, _ in wrong_with(whole, REGISTRY, ["pace"], ["reform"])] == ["end", "reason", "matcher"]
    good = Silence(SilenceKind.SILENCE, Matcher(("pace",), "park", "reform"), AT, AT + HOUR_US, "A", "检修")
    assert wrong_with(good, REGISTRY, ["pace"], ["reform"]) == []


def test_every_row_of_the_chain_says_who_says_so():
    table = {
        "roles": {"duty": ["值班"], "leader": ["值班"], "source": "s", "status": "memory"},
        "steps": [{"step": 1, "whom": "unit", "who": "duty", "source": "", "status": "guess"}],
        "families": [{"id": "a", "rules": ["x"], "source": "s", "status": "memory"}, {"id": "b", "rules": ["x"], "source": "s", "status": "memory"}],
    }
    with pytest.raises(Misconfigured) as told:
        chain_of(table, "chain.toml")
    for fault in (
        "who says so is missing",
        "'guess' is not one of",
        "'x' stands in a already",
        "nobody is told at step 0",
        "duty and leader at once",
    ):
        assert fault in str(told.value)
    with pytest.raises(Misconfigured, match="KeyError: 'roles'"):
        chain_of({}, "chain.toml")
