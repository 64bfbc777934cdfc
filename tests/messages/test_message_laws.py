"""What holds of every message, whatever names, reasons and notes people give."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.messages import ENDED, counts, render, worst_first
from tests.messages.matters import LINK, NOW, OF_WHY, matter, several
from tricolor.domain.alerts import Why
from tricolor.domain.lights import SEVERITY, Light
from tricolor.domain.notifications import Matter, Recipient
from tricolor.domain.plain_words import plain_words

# what people and spreadsheets give: any text, and the signs that make trouble somewhere
PIECES = [
    "<b>",
    "<img src=x onerror=y>",
    "</table>",
    "&amp;",
    '"',
    "'",
    "](https://e.example)",
    "[x](y)",
    "**",
    "__",
    "# ",
    "`",
    "@all",
    "{}",
    "${x}",
    "{{ x }}",
    "㎡",
    "m²",
    "①⑳",
    "→",
    "【】",
    "〔〕",
    "🔴",
    "\u200d",
    "\ufe0f",
    "·•",
    "‰℃",
    "\n",
    "\r\n",
    "\t",
    "浦北县",
    "能耗",
    "0.12",
    " %",
    "a",
    "ｂ",
    "１",
]
NASTY = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
WORDS = st.one_of(
    st.text(max_size=120), NASTY, st.sampled_from(["", "广西壮族自治区钦州市浦北县第一热力有限责任公司" * 3, "1" * 90, "9" * 20 + "家企业单位"])
)
WHYS = st.sampled_from(sorted(OF_WHY))
LIGHTS = st.sampled_from([Light.RED, Light.ORANGE, Light.YELLOW, Light.GREEN])
SMS_SIGNS = re.compile(r"[0-9A-Za-z \u4e00-\u9fff，。、；：？！（）《》“”….,:;%()/+=_?!'-]*")


@st.composite
def matters(draw: st.DrawFn) -> Matter:
    return matter(
        alert_id=draw(st.integers(1, 9)), why=draw(WHYS), light=draw(LIGHTS), name_zh=draw(WORDS), name_en=draw(WORDS), rule_zh=draw(WORDS),
        rule_en=draw(WORDS), reason_zh=draw(WORDS), reason_en=draw(WORDS), at=NOW + draw(st.integers(0, 10**9)), by=draw(WORDS), note=draw(WORDS),
        step=draw(st.integers(0, 3)), step_zh=draw(WORDS), since=draw(st.none() | st.just(NOW)),
    )  # fmt: skip


GROUPS = st.lists(matters(), min_size=1, max_size=4)
LANGS = st.sampled_from(["zh", "en"])


@given(GROUPS, LANGS, st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=12), st.sampled_from(["", LINK]))
def test_an_sms_is_under_70_characters_with_its_signature_and_holds_no_sign_that_gateways_refuse(
    items: list[Matter], lang: str, signature: str, link: str
) -> None:
    draft = render("sms", items, Recipient("sms", "000-0000-0001", "x"), link, lang=lang, signature=signature)
    assert len(f"【{signature}】{draft.text}") < 70
    assert SMS_SIGNS.fullmatch(draft.text), draft.text
    params = draft.payload["params"]
    assert isinstance(params, dict)
    assert all(value and SMS_SIGNS.fullmatch(value) for value in params.values())


@given(st.text(max_size=200) | NASTY)
def test_plain_words_are_plain_and_stay_so(text: str) -> None:
    said = plain_words(text)
    assert SMS_SIGNS.fullmatch(said) and plain_words(said) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("38.2 kgce/m²", "38.2 kgce/平方米"), ("①②", "12"), ("红→黄", "红至黄"), ("【急】", "（急）"), ("🔴停产", "停产"), ("≤ 5 ‰", "不高于 5 千分之"),
        ("120 m³/h", "120 立方米/h"), ("85℃", "85度"), ("3 km²", "3 平方公里"), ("２０２６", "2026"), ("a\nb", "a b"),
    ],
)  # fmt: skip
def test_a_sign_that_gateways_refuse_is_said_in_words(text: str, said: str) -> None:
    assert plain_words(text) == said


class _Page(HTMLParser):
    """The tags and the words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.said = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src") or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.said += data


@given(GROUPS, LANGS)
@settings(max_examples=50)
def test_no_words_of_people_make_a_tag_or_a_link_of_a_mail(items: list[Matter], lang: str) -> None:
    quiet = [matter(alert_id=m.alert_id, why=m.why, light=m.light, at=m.at) for m in items]
    page, plain = (_Page(str(render("mail", each, Recipient("mail", "a@b.c", "x"), LINK, lang=lang).payload["html"])) for each in (items, quiet))
    assert page.tags == plain.tags and page.links == plain.links == [LINK]


@given(GROUPS, LANGS)
@settings(max_examples=50)
def test_no_words_of_people_make_a_sign_of_markdown(items: list[Matter], lang: str) -> None:
    quiet = [matter(alert_id=m.alert_id, why=m.why, light=m.light, at=m.at) for m in items]
    said, plain = (str(render("dingtalk", each, Recipient("dingtalk", "x", "x"), LINK, lang=lang).payload["markdown"]) for each in (items, quiet))
    assert [said.count(sign) for sign in "*_[]<>`#~|\\@"] == [plain.count(sign) for sign in "*_[]<>`#~|\\@"]
    assert "://" not in said


@given(GROUPS, LANGS, st.sampled_from(["inbox", "dingtalk", "mail", "sms", "voice", "webhook", "mqtt", "apprise"]))
@settings(max_examples=50)
def test_every_message_has_a_title_on_one_line_words_and_a_payload_that_is_json(items: list[Matter], lang: str, channel: str) -> None:
    to = Recipient(channel, "x", "y")
    draft = render(channel, items, to, LINK, lang=lang)
    assert draft.to == to and draft.title.strip() and "\n" not in draft.title and draft.text.strip()
    assert json.loads(json.dumps(draft.payload)) and draft.payload["event"] == worst_first(items)[0].why.value
    assert render(channel, items, to, LINK, lang=lang) == draft


@given(st.lists(matters(), min_size=1, max_size=6))
@settings(max_examples=50)
def test_the_worst_comes_first_and_what_ended_last(items: list[Matter]) -> None:
    ranks = [(m.why in ENDED, -SEVERITY[m.light]) for m in worst_first(items)]
    assert ranks == sorted(ranks) and len(ranks) == len(items)


def test_a_group_names_so_many_and_counts_the_rest() -> None:
    # 13: 3, 6, 9, 12 are red, 7 is resolved, the other 8 yellow; ten are told, three are left
    draft = render("inbox", several(13), Recipient("inbox", "duty", "duty"), LINK)
    assert draft.title.startswith("红4 黄8 解除1 共13项预警：第3热力厂 能耗强度进度等") and "另有 3 项" in draft.text
    assert draft.text.count("▲") == 6 and draft.text.count("●") == 4
    assert counts(several(13), "en") == "red 4, yellow 8, ended 1"


LONG = "截至2026-11-22已用183,437吨标准煤，占2026年预算186,930吨的98.1%，已过90%；照此全年预计206,473吨"


def test_a_group_says_once_what_is_asked_and_when_and_each_line_is_short() -> None:
    text = render("inbox", [matter(alert_id=n, at=NOW + n * 60_000_000, reason_zh=LONG) for n in range(3)], Recipient("inbox", "x", "x"), LINK).text
    lines = text.splitlines()
    assert lines[0] == "● 红 浦北县 能耗强度进度：截至2026-11-22已用183,437吨标准煤…"  # with the next clause it would be 49 characters, 48 may be
    assert len(lines) == 5 and lines[3] == "新预警，请核实并处理。（2026-11-20 08:00—08:02）"
    assert text.count("请核实并处理") == 1 and text.count("2026-11-20") == 1


def test_a_group_of_several_steps_names_each_and_keeps_what_only_one_asks() -> None:
    # the escalated, the forwarded and the new one are red, of one minute: by number; what has ended comes last
    told = [matter(alert_id=n, why=why, **OF_WHY[why]) for n, why in enumerate((Why.RESOLVED, Why.ESCALATED, Why.FORWARDED, Why.OPENED), start=1)]
    text = render("inbox", told, Recipient("inbox", "x", "x"), LINK).text
    assert [line.split(" 浦北县")[0] for line in text.splitlines() if line[0] in "●■"] == ["● 红·逐级上报（分管领导）", "● 红·转交", "● 红", "■ 解除"]
    assert "自11-20 06:30起无人知悉，现上报分管领导。" in text and "由王工转交，请处理。锅炉房归二车间管" in text
    assert "请逐项核实处理。（2026-11-20 08:00）" in text and "新预警，请核实" not in text


@pytest.mark.parametrize(("lights", "title"), [("rr", "红色预警 2 项：浦北县 能耗强度进度等"), ("ry", "红1 黄1 共2项预警：浦北县 能耗强度进度等")])
def test_the_title_of_a_group_leads_with_the_worst_and_the_count(lights: str, title: str) -> None:
    items = [matter(alert_id=n, light=Light.RED if each == "r" else Light.YELLOW) for n, each in enumerate(lights)]
    assert render("inbox", items, Recipient("inbox", "x", "x"), LINK).title == title


def test_an_sms_of_several_counts_what_is_open_and_says_resolved_where_all_are() -> None:
    ended = matter(alert_id=9, why=Why.RESOLVED, **OF_WHY[Why.RESOLVED])
    to = Recipient("sms", "x", "x")
    assert render("sms", [matter(), matter(alert_id=2), ended], to, lang="zh").text.startswith("您有2项预警：红色2项，黄色0项")
    assert render("sms", [ended, ended], to, lang="zh").text == "浦北县的能耗强度进度等2项预警已解除，当前见平台，限值见平台，无需处理。"


def test_an_escalation_names_the_step_and_since_when_nobody_answered() -> None:
    draft = render("dingtalk", [matter(why=Why.ESCALATED, **OF_WHY[Why.ESCALATED])], Recipient("dingtalk", "x", "x"), LINK)
    assert "自11-20 06:30起无人知悉，现上报分管领导。" in str(draft.payload["markdown"]) and "逐级上报（分管领导）" in draft.title


def test_a_machine_hears_of_every_matter_of_a_group_with_its_bound() -> None:
    payload = render("webhook", several(600), Recipient("webhook", "webhook:city", "city"), "").payload
    alerts = payload["alerts"]
    assert isinstance(alerts, list) and len(alerts) == 500 and payload["omitted"] == 100 and payload["count"] == 600
    assert payload["link"] == "https://tricolor.example/alerts/1" and alerts[0]["alert"]["id"] == 3  # the first of the reds


@pytest.mark.parametrize("channel", ["inbox", "dingtalk", "mail", "sms", "voice", "apprise"])
def test_a_test_says_so_in_title_and_words(channel: str) -> None:
    draft = render(channel, [matter()], Recipient(channel, "x", "x"), "", is_test=True)
    assert "测试" in draft.title and "测试" in draft.text
    for key in ("markdown", "html", "spoken"):
        assert key not in draft.payload or "测试" in str(draft.payload[key])


def test_a_message_is_about_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        render("inbox", [], Recipient("inbox", "duty", "duty"))
