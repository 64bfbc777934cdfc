"""Facts of channels as data: the shipped files are whole, a bad file is told with every fault, and the nearest row of an error wins."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricolor.catalogue.channels import STATUSES, channel_facts, channels_with_facts, read_facts
from tricolor.domain.channel_facts import ErrorRow, ErrorTable
from tricolor.domain.delivery import ErrorClass
from tricolor.domain.errors import Misconfigured, Problems

GOOD = """
name_zh = "试"
name_en = "test"
[sources]
doc = "a document, table 3"
[otherwise]
kind = "retry"
zh = "重试"
en = "again"
source = "doc"
status = "memory"
[[errors]]
codes = ["A.B", "A.C"]
prefixes = ["X."]
kind = "wait"
wait_s = 60
zh = "等"
en = "wait"
source = "doc"
status = "secondary"
[[limits]]
scope = "address"
count = 50
per_s = 86400
red_reserve = 20
source = "doc"
status = "secondary"
[[text]]
rule = "max_chars"
value = 70
unit = "character"
source = "elsewhere"
status = "secondary"
"""


def read(folder: Path, text: str, name: str = "test.toml") -> list[str]:
    """The faults of a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Problems) as caught:
        read_facts(path)
    return caught.value.problems


@pytest.mark.parametrize("channel", channels_with_facts())
def test_every_shipped_file_is_whole_and_says_who_says_so(channel: str) -> None:
    facts = channel_facts(channel)
    assert facts.channel == channel and facts.name_zh and facts.name_en
    rows = [*facts.errors.rows, facts.errors.otherwise, *facts.limits, *facts.text.rows]
    assert all(row.source and row.status in STATUSES for row in rows)
    assert {row.kind for row in (*facts.errors.rows, facts.errors.otherwise)} >= {ErrorClass.FINAL, ErrorClass.RETRY}


def test_both_sms_providers_have_limits_for_numbers_with_a_reserve_for_red_and_the_length_of_a_message() -> None:
    for provider in ("aliyun_sms", "tencent_sms"):
        facts = channel_facts(provider)
        (number,) = [limit for limit in facts.limits if limit.per_address]
        assert 0 < number.red_reserve < number.count and number.per_s == 86_400
        assert facts.text.whole("max_chars") == 70 and facts.text.is_set("signature_counts") and not facts.text.is_set("param_url")
        assert set("【】²①→") <= set(facts.text.signs("param_forbidden"))
    assert channel_facts("tencent_sms").text.whole("param_max_chars") == 6


def test_a_channel_without_a_file_is_named_with_those_that_have_one() -> None:
    with pytest.raises(Misconfigured, match=r"'pigeon'.*aliyun_sms"):
        channel_facts("pigeon")


def test_a_good_file_gives_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "test.toml"
    path.write_text(GOOD, encoding="utf-8")
    facts = read_facts(path)
    assert [(row.code, row.is_prefix, row.wait_s, row.source) for row in facts.errors.rows] == [
        ("A.B", False, 60.0, "a document, table 3"), ("A.C", False, 60.0, "a document, table 3"), ("X.", True, 60.0, "a document, table 3"),
    ]  # fmt: skip
    assert facts.text.rows[0].source == "elsewhere"
    assert facts.errors.row("nothing of it") == facts.errors.otherwise


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('kind = "wait"', 'kind = "later"', "[[errors]] 1 A.B kind 'later' is not one of retry, wait, final, unknown"),
        ("wait_s = 60\n", "", "[[errors]] 1 A.B wait_s is missing"),
        ('kind = "wait"', 'kind = "final"', '[[errors]] 1 A.B wait_s stands only where kind is "wait"'),
        ('codes = ["A.B", "A.C"]\nprefixes = ["X."]', "", "[[errors]] 1 names no code"),
        ('codes = ["A.B", "A.C"]', 'codes = "A.B"', "[[errors]] 1 codes is not a list of texts"),
        ('codes = ["A.B", "A.C"]', 'codes = ["A.B", "A.B"]', "the code 'A.B' stands in two rows"),
        ('zh = "等"\n', "", "[[errors]] 1 A.B zh is missing"),
        ('scope = "address"', 'scope = "phone"', "[[limits]] 1 scope 'phone' is not one of address, channel"),
        ("count = 50", "count = 0", "[[limits]] 1 count 0 is out of range"),
        ("count = 50", "count = 50.5", "[[limits]] 1 count 50.5 is not a whole number"),
        ("red_reserve = 20", "red_reserve = 50", "[[limits]] 1 red_reserve 50 leaves nothing of 50 for yellow"),
        ("per_s = 86400", "per_s = true", "[[limits]] 1 per_s True is not a number"),
        ('rule = "max_chars"', 'rule = "max_words"', "[[text]] 1 rule 'max_words' is not one of"),
        ("value = 70", 'value = "70"', "[[text]] 1 value '70' is not a whole number, as max_chars needs"),
        ("value = 70", "value = true", "[[text]] 1 value True is not a whole number"),
        ("value = 70", "value = 0", "[[text]] 1 value 0 is less than 1"),
        ("value = 70\n", "", "[[text]] 1 value is missing"),
        ('status = "memory"', 'status = "sure"', "[otherwise] status 'sure' is not one of"),
        ("[otherwise]", "[other]", "[otherwise] is missing"),
        ('name_en = "test"', "", "name_en is missing"),
        ('name_en = "test"', 'name_en = "test"\nurl = "x"', "url is not known here"),
        ("[[limits]]", "[limits]", "[[limits]] is not a list of tables"),
        ('doc = "a document, table 3"', "doc = 3", "[sources] is not a table of texts"),
        ("value = 70", "value = ", "cannot be read as TOML"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in GOOD
    found = read(tmp_path, GOOD.replace(old, new, 1))
    assert any(one.startswith("channels/test.toml: ") and fault in one for one in found), found


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('kind = "wait"', 'kind = "later"').replace("count = 50", "count = -1").replace("value = 70", "value = false")
    assert len(read(tmp_path, text)) >= 3


def row(code: str, *, is_prefix: bool = False, says: str = "") -> ErrorRow:
    return ErrorRow(code, is_prefix, ErrorClass.FINAL, "z", "e", "s", "memory", says)


def test_the_nearest_row_wins() -> None:
    rest = row("", is_prefix=True)
    table = ErrorTable((row("A", is_prefix=True), row("A.B", is_prefix=True), row("A.B.C"), row("A.B.C", says="day")), rest)
    assert table.row("A.B.C", "limit of the day").says == "day"
    assert table.row("A.B.C", "limit of the hour") == row("A.B.C")
    assert table.row("A.B.D") == row("A.B", is_prefix=True)
    assert table.row("A.X") == row("A", is_prefix=True)
    assert table.row("B") is rest


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(channels_with_facts()))
def test_every_code_has_an_answer_and_only_a_limit_names_a_wait(code: str, words: str, channel: str) -> None:
    found = channel_facts(channel).errors.row(code, words)
    assert (found.wait_s is not None) == (found.kind is ErrorClass.WAIT)
