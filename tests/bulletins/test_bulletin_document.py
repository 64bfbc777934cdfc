"""The document of a bulletin: the same facts, the same document; eight sections; sign-offs that a return makes void."""

from dataclasses import replace

import pytest

from alerting.bulletin import Signed, compose, document_of, signed_of, title_of
from alerting.bulletin_facts import gather
from alerting.bulletin_sources import Sources
from alerting.bulletin_tables import duration_zh
from tests.bulletins.conftest import MADE_AT
from tricolor.domain.bulletin_states import Bulletin, BulletinAction, BulletinState, BulletinStep
from tricolor.domain.bulletins import BulletinFacts
from tricolor.domain.documents import DocumentTable, Heading, Paragraph
from tricolor.domain.frozen_json import frozen
from tricolor.domain.intervals import DAY_US
from tricolor.domain.lights import Light
from tricolor.domain.periods import period_of


@pytest.fixture
def facts(sources: Sources) -> BulletinFacts:
    return gather(sources, "town", period_of("2026-10"), MADE_AT)


def kept(facts: BulletinFacts, *steps: BulletinStep, state: BulletinState = BulletinState.DRAFT) -> Bulletin:
    return Bulletin(3, "town", "2026-10", 1, state, len(steps), frozen(facts), "ab" * 32, MADE_AT, MADE_AT, steps=steps)


def stepped(action: BulletinAction, who: str, revision: int) -> BulletinStep:
    return BulletinStep(MADE_AT + revision * DAY_US, action, who, "", revision)


def test_the_same_facts_give_the_same_document(facts: BulletinFacts) -> None:
    assert compose(facts, Signed(), "", "草稿") == compose(replace(facts), Signed(), "", "草稿")


def test_eight_sections_in_the_order_of_an_official_notice(facts: BulletinFacts) -> None:
    heads = [b.text for b in compose(facts, Signed(), "", "").blocks if isinstance(b, Heading) and b.level == 1]
    assert [head[:2] for head in heads] == ["一、", "二、", "三、", "四、", "五、", "六、", "七、", "八、"]
    assert (heads[0], heads[-1]) == ("一、总体情况", "八、工作要求")


def test_it_is_headed_and_named(facts: BulletinFacts) -> None:
    document = compose(facts, Signed(("甲", "2026-11-16"), ("乙", "2026-11-17"), ("丙", "2026-11-18")), "能预警〔2026〕10号", "", "ab" * 32)
    assert (document.title, document.number, document.day) == ("某市2026年10月用能预警通报", "能预警〔2026〕10号", "2026-11-18")
    assert [(s.role, s.who) for s in document.sign_offs] == [("拟稿", "甲"), ("审核", "乙"), ("签发", "丙")]
    assert (document.issuer, document.digest, title_of(facts)) == ("发改委", "ab" * 32, document.title)


def test_the_table_of_areas_holds_the_facts_in_full(facts: BulletinFacts) -> None:
    table = next(b for b in compose(facts, Signed(), "", "").blocks if isinstance(b, DocumentTable) and b.name == "地区")
    assert table.rows[1][:5] == ("北区", Light.RED, facts.units[1].before, facts.units[1].reduction, facts.units[1].required)


def test_official_words_stand_for_the_area_s_light(facts: BulletinFacts) -> None:
    said = "".join(b.text for b in compose(facts, Signed(), "", "").blocks if isinstance(b, Paragraph))
    assert facts.own.light is Light.RED
    assert "形势十分严峻" in said


def test_a_correction_names_what_it_corrects(facts: BulletinFacts) -> None:
    first = compose(facts, Signed(), "", "", corrected_number="能预警〔2026〕10号").blocks[0]
    assert isinstance(first, Paragraph)
    assert "更正能预警〔2026〕10号" in first.text


def test_what_was_reviewed_before_a_return_counts_no_more(facts: BulletinFacts) -> None:
    drafted, reviewed = stepped(BulletinAction.DRAFTED, "甲", 1), stepped(BulletinAction.REVIEWED, "乙", 2)
    assert signed_of(kept(facts, drafted, reviewed)).reviewed == ("乙", "2026-11-18")
    returned = stepped(BulletinAction.RETURNED, "丙", 3)
    assert signed_of(kept(facts, drafted, reviewed, returned)) == Signed(("甲", "2026-11-17"))
    again = stepped(BulletinAction.REVIEWED, "丁", 4)
    assert signed_of(kept(facts, drafted, reviewed, returned, again)).reviewed == ("丁", "2026-11-20")


def test_each_state_has_its_mark(facts: BulletinFacts) -> None:
    marks = {state: document_of(kept(facts, state=state)).mark for state in BulletinState}
    assert marks[BulletinState.ISSUED] == ""
    assert len(set(marks.values())) == 4


def test_a_comment_changes_nothing_that_is_printed(facts: BulletinFacts) -> None:
    drafted, comment = stepped(BulletinAction.DRAFTED, "甲", 1), stepped(BulletinAction.COMMENTED, "乙", 2)
    assert document_of(kept(facts, drafted)) == document_of(kept(facts, drafted, comment))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(45, "45秒"), (60, "1分钟"), (3_599, "59分钟"), (3_600, "1小时"), (11_100, "3小时5分"), (187_200, "2天4小时"), (86_400, "1天")],
)
def test_durations_are_said_plainly(seconds: float, words: str) -> None:
    assert duration_zh(seconds) == words
