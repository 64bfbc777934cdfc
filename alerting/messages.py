"""The words of a message: one matter or several, for each kind of channel, Chinese or English. Templates: tricolor/catalogue/messages."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alerting.short_words import sms_words
from tricolor.catalogue.messages import asks, in_html, in_markdown, in_plain, spoken
from tricolor.domain.alerts import WHY_CN, WHY_EN, Why
from tricolor.domain.document_print import plain
from tricolor.domain.intervals import from_us
from tricolor.domain.lights import LIGHT_CN, SEVERITY, Light
from tricolor.domain.notifications import Draft, Matter, Recipient, payload
from tricolor.domain.plain_words import plain_words

ROBOTS: Final = frozenset({"wecom", "dingtalk", "feishu"})
MACHINES: Final = frozenset({"webhook", "mqtt"})
NAMED: Final[Mapping[str, int]] = {"mail": 50, "voice": 3}  # so many matters are told one by one; of other channels:
NAMED_ELSEWHERE: Final = 10
TOLD_TO_MACHINES: Final = 500
CARD_MAX: Final = 112  # of a WeCom card's lower text
NAME_MAX, REASON_MAX, TITLE_NAME_MAX = 80, 400, 40
BRIEF_MAX: Final = 48  # of a reason that stands in a list of several; the page behind the link has it whole
CLAUSE_LEAST: Final = 12  # a reason is cut between its clauses, unless less than this were left
ENDED: Final = frozenset({Why.RESOLVED, Why.CLOSED})
SAID_BY_NAME: Final = frozenset({Why.OPENED, Why.WORSENED, Why.EASED, Why.RESOLVED, Why.RELAPSED, Why.STALE, Why.FRESH, Why.NO_DATA, Why.CORRECTED})
ALL_ASKED: Final = {"zh": "请逐项核实处理。", "en": "Please look into each of them."}
MARKS: Final = {Light.RED: "●", Light.ORANGE: "◆", Light.YELLOW: "▲", Light.GREEN: "■", Light.GREY: "◌"}
COLOURS: Final = {Light.RED: "#C8322B", Light.ORANGE: "#B8541A", Light.YELLOW: "#8A5A00", Light.GREEN: "#2E8B57", Light.GREY: "#5F6863"}
LIGHT_EN: Final = {light: light.value for light in Light}
TEST_MARK: Final = {"zh": "【测试】", "en": "[TEST] "}
STORM_FROM: Final = 50  # so many matters in one message say that they came at once


@dataclass(frozen=True, slots=True)
class _Line:
    """One matter as templates print it. brief: the reason as a list of several has it; label: its step, where the steps of a list differ; own_ask:
    what it asks that the list does not."""

    mark: str
    colour: str
    level: str
    why: str
    name: str
    matter: str
    reason: str
    brief: str
    ask: str
    when: str
    label: str
    own_ask: str


def render(
    channel: str, items: Sequence[Matter], recipient: Recipient, link: str = "", *, lang: str = "zh", signature: str = "", is_test: bool = False
) -> Draft:
    """The message of these matters to this recipient, worst first. link: opens their page on the phone, "" where there is none; signature: of the SMS
    provider, without 【】, as it takes room; is_test: marked 测试 in every word that people see. ValueError without a matter."""
    if not items:
        raise ValueError("a message is about at least one matter")
    ordered = worst_first(items)
    mark = TEST_MARK[lang] if is_test else ""
    head = _one_line(mark + title_of(ordered, lang))
    facts = _facts(channel, ordered, link)
    if channel == "sms":
        short = sms_words(ordered, lang=lang, link=link, signature=signature, is_test=is_test)
        return Draft(recipient, head, short.text, {**facts, "template": short.kind, "params": short.params})
    same = len({m.why for m in ordered}) == 1
    asked = {_ask(m, lang) for m in ordered}
    shown = [_line(m, lang, is_labelled=not same, is_asking=len(asked) > 1) for m in ordered[: NAMED.get(channel, NAMED_ELSEWHERE)]]
    is_over = all(m.why in ENDED for m in ordered)
    words: dict[str, object] = {
        "title": head, "lines": shown, "more": len(ordered) - len(shown), "is_group": len(ordered) > 1, "is_over": is_over,
        "ask": asked.pop() if len(asked) == 1 else "" if is_over else ALL_ASKED[lang], "when": _when(ordered),
        "storm": len(ordered) >= STORM_FROM, "link": link, "said_counts": _said_counts(ordered, lang),
    }  # fmt: skip
    if channel in ROBOTS:
        facts["markdown"] = in_markdown(lang, words)
        if len(ordered) == 1:
            facts["card"] = _cut(f"{shown[0].reason} {shown[0].ask}".strip(), CARD_MAX)
    elif channel == "mail":
        facts["html"] = in_html(lang, words)
    elif channel == "voice":
        said = mark + spoken(lang, words)
        facts["spoken"] = plain_words(said) if lang == "zh" else said
    return Draft(recipient, head, mark + in_plain(lang, words), facts)


def worst_first(items: Sequence[Matter]) -> list[Matter]:
    """Red before orange before yellow, what has ended last; of equals the oldest first."""
    return sorted(items, key=lambda m: (m.why in ENDED, -SEVERITY[m.light], m.at, m.alert_id))


def title_of(items: Sequence[Matter], lang: str = "zh") -> str:
    """E.g. "红色预警·升级：浦北县 能耗强度进度", "红2 黄3 共5项预警：浦北县 能耗强度进度等", "红色预警 4 项：浦北县 能耗强度进度等"."""
    first = items[0]
    name, rule = _cut(_name(first, lang), TITLE_NAME_MAX), _rule(first, lang)
    if len(items) == 1:
        return (
            f"{_level(first, lang)}·{_why(first, lang)}：{name} {rule}"
            if lang == "zh"
            else f"{_level(first, lang)}, {_why(first, lang)}: {name}, {rule}"
        )
    what = f"{name} {rule}等" if lang == "zh" else f"{name}, {rule} and more"
    if all(m.why in ENDED for m in items):
        return f"预警解除 {len(items)} 项：{what}" if lang == "zh" else f"{len(items)} alerts resolved: {what}"
    if len({m.light for m in items}) == 1 and not any(m.why in ENDED for m in items):
        return f"{_level(first, lang)} {len(items)} 项：{what}" if lang == "zh" else f"{len(items)} {_level(first, lang)}s: {what}"
    return f"{counts(items, lang)} 共{len(items)}项预警：{what}" if lang == "zh" else f"{len(items)} alerts ({counts(items, lang)}): {what}"


def counts(items: Sequence[Matter], lang: str = "zh") -> str:
    """E.g. "红2 黄3 解除1"; the worst first."""
    ended = sum(m.why in ENDED for m in items)
    lights = Counter(m.light for m in items if m.why not in ENDED)
    words = LIGHT_CN if lang == "zh" else LIGHT_EN
    parts = [f"{words[light]}{'' if lang == 'zh' else ' '}{lights[light]}" for light in sorted(lights, key=lambda one: -SEVERITY[one])]
    if ended:
        parts.append(f"解除{ended}" if lang == "zh" else f"ended {ended}")
    return (" " if lang == "zh" else ", ").join(parts)


def _facts(channel: str, ordered: Sequence[Matter], link: str) -> dict[str, object]:
    """What machines get: the worst matter as a message of one has always had it, and all of them in "alerts" where there are several."""
    own = ordered[0].link  # a machine gets no link that is bound to a person
    found: dict[str, object] = {**payload(ordered[0]), "link": own if channel in MACHINES else link or own}
    if len(ordered) == 1:
        return found
    found["count"] = len(ordered)
    if channel in MACHINES:
        found["alerts"] = [payload(m) for m in ordered[:TOLD_TO_MACHINES]]
        found["omitted"] = max(0, len(ordered) - TOLD_TO_MACHINES)
    return found


def _said_counts(items: Sequence[Matter], lang: str) -> str:
    """The counts as they are spoken, e.g. "红色2项，黄色3项，解除1项"."""
    said = counts(items, lang)
    return (
        said
        if lang == "en"
        else "，".join(re.sub(r"(\D+)(\d+)", lambda m: f"{m[1]}{'' if m[1] == '解除' else '色'}{m[2]}项", each) for each in said.split())
    )


def _when(items: Sequence[Matter]) -> str:
    """The minute of them all, or the first and the last."""
    first, last = (from_us(at) for at in (min(m.at for m in items), max(m.at for m in items)))
    start, end = f"{first:%Y-%m-%d %H:%M}", f"{last:%Y-%m-%d %H:%M}"
    return start if start == end else f"{start}—{end[11:] if start[:10] == end[:10] else end[5:]}"


def _line(matter: Matter, lang: str, *, is_labelled: bool, is_asking: bool) -> _Line:
    reason = _one_line(matter.reason_zh if lang == "zh" else matter.reason_en)
    light = Light.GREEN if matter.why is Why.RESOLVED else matter.light
    colour = LIGHT_CN[light] if lang == "zh" else light.value
    own_ask = _ask(matter, lang) if is_asking and matter.why not in SAID_BY_NAME else ""
    return _Line(
        MARKS[light], COLOURS[light], _level(matter, lang), _why(matter, lang), _cut(_name(matter, lang), NAME_MAX), _rule(matter, lang),
        _cut(reason, REASON_MAX), _brief(reason, BRIEF_MAX if lang == "zh" else BRIEF_MAX * 2), _ask(matter, lang),
        f"{from_us(matter.at):%Y-%m-%d %H:%M}", _label(matter, colour, lang, is_labelled), own_ask,
    )  # fmt: skip


def _label(matter: Matter, colour: str, lang: str, is_labelled: bool) -> str:
    """A light is never a sign alone: e.g. "红", "红·升级", "解除"; what is merely new needs no word."""
    why = _why(matter, lang)
    if matter.why is Why.RESOLVED:
        return why
    if not is_labelled or matter.why is Why.OPENED:
        return colour
    return f"{colour}·{why}" if lang == "zh" else f"{colour}, {why}"


def _brief(reason: str, most: int) -> str:
    """The reason's first clauses, as many as there is room for."""
    if len(reason) <= most:
        return reason
    ends = [at for at in range(CLAUSE_LEAST, most) if reason[at] in "，；。（" or reason[at : at + 2] in (", ", "; ", " (")]
    return f"{reason[: ends[-1] if ends else most - 1]}…"


def _ask(matter: Matter, lang: str) -> str:
    since = ""
    if matter.since is not None:
        since = f"自{from_us(matter.since):%m-%d %H:%M}起" if lang == "zh" else f" since {from_us(matter.since):%m-%d %H:%M}"
    step = (matter.step_zh or f"第{matter.step}级") if lang == "zh" else (matter.step_en or f"level {matter.step}")
    by = matter.by or ("他人" if lang == "zh" else "somebody")
    found = {"{since}": since, "{step}": step, "{by}": _one_line(by), "{note}": _cut(_one_line(matter.note), REASON_MAX)}
    text = asks(lang)[matter.why]
    for name, value in found.items():  # not str.format: people's words may hold braces
        text = text.replace(name, value)
    return text.strip()


def _level(matter: Matter, lang: str) -> str:
    if matter.why is Why.RESOLVED:
        return "预警" if lang == "zh" else "alert"
    return f"{LIGHT_CN[matter.light]}色预警" if lang == "zh" else f"{matter.light.value} alert"


def _why(matter: Matter, lang: str) -> str:
    said = (WHY_CN if lang == "zh" else WHY_EN)[matter.why]
    if matter.why is not Why.ESCALATED or not matter.step:
        return said
    to = matter.step_zh if lang == "zh" else matter.step_en
    return f"{said}（{to or matter.step}）" if lang == "zh" else f"{said} to {to or f'level {matter.step}'}"


def _name(matter: Matter, lang: str) -> str:
    return _one_line(matter.name_zh if lang == "zh" else matter.name_en or matter.name_zh)


def _rule(matter: Matter, lang: str) -> str:
    return _one_line(matter.rule_zh if lang == "zh" else matter.rule_en)


def _one_line(text: str) -> str:
    return " ".join(plain(text).split())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
