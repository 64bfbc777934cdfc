"""The words of an SMS: the variables of a registered template, and the text as it arrives, under 70 characters with its signature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tricolor.catalogue.sms_templates import sms_texts
from tricolor.domain.alerts import WHY_CN, WHY_EN, Why
from tricolor.domain.channel_facts import TextRule, TextRules
from tricolor.domain.lights import LIGHT_CN, Light
from tricolor.domain.notifications import SHORT_MAX, Matter
from tricolor.domain.plain_words import plain_words
from tricolor.domain.sms_text import ELSEWHERE, SmsTemplate, fitted

SIGN_RESERVE: Final = "十二个字的签名留位置吧呀"  # as long as signatures mostly are, where none is named
ALERT, GROUP, RESOLVED = "alert", "group", "resolved"
ENDS: Final = frozenset({Why.RESOLVED, Why.CLOSED})
LEAST: Final = 3  # characters to which anything may be cut where all else did not help
UNSHORTENED: Final = frozenset({"count", "red", "yellow", "light", "link_key"})
RULES: Final = TextRules(
    (
        TextRule("max_chars", SHORT_MAX, "character", "Tricolor", "project default"),
        TextRule("param_max_chars", 35, "character", "channels/aliyun_sms.toml", "memory"),
        TextRule("signature_counts", True, "", "channels/aliyun_sms.toml", "secondary"),
    )
)


@dataclass(frozen=True, slots=True)
class ShortWords:
    """kind: of the template; params: the variables of it and of every other, as only "alert" may be registered; text: without the signature."""

    kind: str
    params: Mapping[str, str]
    text: str


def sms_words(ordered: Sequence[Matter], *, lang: str, link: str, signature: str, is_test: bool = False) -> ShortWords:
    """The short words of matters, the worst first. The texts are registered in Chinese; lang chooses the names and reasons in them."""
    kind = RESOLVED if all(m.why in ENDS for m in ordered) else GROUP if len(ordered) > 1 else ALERT
    texts = sms_texts()
    chosen = texts.get(kind, texts[ALERT])
    params = {name: plain_words(value).replace(" %", "%") or ELSEWHERE for name, value in _params(ordered, lang, link, is_test).items()}
    template = SmsTemplate(kind, "", chosen.text, chosen.variables)
    sign = signature or SIGN_RESERVE
    ready = _cut(template, fitted(template, params, sign, RULES), SHORT_MAX - len(sign) - 2)
    return ShortWords(kind, {**params, **ready}, template.filled(ready))


def _cut(template: SmsTemplate, values: dict[str, str], room: int) -> dict[str, str]:
    """What still has no room loses its end, the longest first: a name that is all digits is one that no shortening by meaning touches."""
    while len(template.filled(values)) > room:
        name = max((n for n in values if n not in UNSHORTENED), key=lambda n: len(values[n]))
        if len(values[name]) <= LEAST:
            break
        values[name] = values[name][:-1]
    return values


def _params(ordered: Sequence[Matter], lang: str, link: str, is_test: bool) -> dict[str, str]:
    first = ordered[0]
    lights = [m.light for m in ordered if m.why not in ENDS]
    count = len(lights) or len(ordered)  # what has ended asks for nothing, unless the message is of nothing else
    why = (WHY_CN if lang == "zh" else WHY_EN)[first.why] if count == 1 or not lights else f"共{count}项"
    rule = first.rule_zh if lang == "zh" else first.rule_en
    value = first.value or (first.reason_zh if lang == "zh" else first.reason_en)
    unit = first.name_zh if lang == "zh" else first.name_en or first.name_zh
    test = "测试" if is_test else ""
    return {
        "unit": f"{test}{unit}" if len(ordered) > 1 else unit,
        "rule": f"{rule}等{count}项" if count > 1 and not lights else rule,
        "light": f"{LIGHT_CN[first.light]}色",
        "why": f"{test}{why}",
        "value": value if lights or count == 1 else ELSEWHERE,
        "limit": (first.limit if lights or count == 1 else "") or ELSEWHERE,
        "count": str(count),
        "red": str(lights.count(Light.RED)),
        "yellow": str(lights.count(Light.YELLOW) + lights.count(Light.ORANGE)),
        "link_key": link.rpartition("/")[2],
    }
