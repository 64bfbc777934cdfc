"""Words of an SMS: a registered template with short variables, shortened by meaning until the whole fits one message; and phone numbers."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tricolor.domain.channel_facts import TextRules

ALERT: Final = "alert"  # the kind of template that serves where another is not registered
EMPTY: Final = "-"  # providers refuse an empty variable
ELSEWHERE: Final = "见平台"  # stands for what a variable cannot hold: a link, a number too long
NAME_LEAST: Final = 4  # characters that are left of a name
CLAUSE_STUB: Final = 5  # characters of a clause, with the sign before it, that are left out rather than cut
VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
# signs that gateways refuse, and what says the same
PLAIN: Final[Mapping[str, str]] = {
    "m²": "平方米", "m³": "立方米", "㎡": "平方米", "²": "2", "³": "3", "℃": "度", "→": "到", "←": "从", "↑": "升", "↓": "降",
    "【": "(", "】": ")", "〖": "(", "〗": ")", "『": "“", "』": "”", "「": "“", "」": "”", "•": " ", "·": " ", "#": "号", "￥": "元", "¥": "元",
    **{chr(0x2460 + place): str(place + 1) for place in range(20)},
}  # fmt: skip
_URL: Final = re.compile(r"(https?://|www\.)[!-~]+", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?P<sign>[-+<>≤≥]?)(?P<whole>\d[\d,]*)(?P<part>\.\d+)?\s*(?P<unit>\D{0,12})")
_BRACKETS: Final = re.compile(r"[（(][^（）()]*[）)]")
_LOOSE: Final = re.compile(r"(?<![0-9A-Za-z.,%]) +| +(?![0-9A-Za-z.,%])")
_LEGAL: Final = re.compile(r"(集团)?(股份)?(有限责任公司|有限公司|总公司)$")
_PLACE: Final = re.compile(r"^([\u4e00-\u9fff]{2,6}?(省|市|自治区))+(?=.{4})")
_WORD: Final = re.compile(r"[0-9A-Za-z.,%]")
_MOBILE: Final = re.compile(r"(?:\+86|0086|86)?(1\d{10})")


@dataclass(frozen=True, slots=True)
class SmsTemplate:
    """A template as the provider has it: its code there, its text with ${variables} ("" where the operator registered another text), and the
    variables in the text's order."""

    kind: str
    code: str
    text: str
    variables: tuple[str, ...]

    def filled(self, values: Mapping[str, str]) -> str:
        return VARIABLE.sub(lambda found: values.get(found.group(1), EMPTY), self.text)


@dataclass(frozen=True, slots=True)
class Fit:
    """How a message sits: its length with the signature [character], and in how many parts it is sent and paid."""

    length: int
    parts: int

    @property
    def is_one(self) -> bool:
        return self.parts == 1


def variables_in(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(VARIABLE.findall(text)))


def fits(text: str, signature: str, rules: TextRules) -> Fit:
    """How the ready text sits behind its signature; the 【】 around it count as well."""
    length = len(text) + (len(signature) + 2 if rules.is_set("signature_counts") else 0)
    most, part = rules.whole("max_chars"), rules.whole("part_chars")
    if most is None or length <= most:
        return Fit(length, 1)
    return Fit(length, -(-length // (part or most)))


def fitted(template: SmsTemplate, values: Mapping[str, object], signature: str, rules: TextRules) -> dict[str, str]:
    """The template's variables in its order: signs that gateways refuse replaced, each no longer than one may be, and the longest names shortened
    until all fits one message. Where that cannot be, it goes in parts: an alert is not kept back for its length."""
    longest = rules.whole("param_max_chars")
    ready = {name: plain(str(values.get(name, "")), rules) for name in template.variables}
    if longest is not None:
        ready = {name: shortened(value, longest) for name, value in ready.items()}
    while template.text and not fits(template.filled(ready), signature, rules).is_one:
        names = [name for name, value in ready.items() if len(value) > NAME_LEAST and not _NUMBER.fullmatch(value) and name != "link_key"]
        if not names:
            break
        name = max(names, key=lambda each: len(ready[each]))
        ready[name] = shortened(ready[name], len(ready[name]) - 1)
    return ready


def plain(value: str, rules: TextRules) -> str:
    """The value without what this channel refuses in a variable: links, signs, emoji, ends of lines. Never empty."""
    text = unicodedata.normalize("NFC", value)
    if not rules.is_set("param_url"):
        text = _URL.sub(ELSEWHERE, text)
    forbidden = rules.signs("param_forbidden")
    for sign, words in PLAIN.items():
        if sign in text and any(each in forbidden for each in sign):
            text = text.replace(sign, words)
    kept = (sign for sign in text if sign not in forbidden and (rules.is_set("param_emoji") or not _is_emoji(sign)))
    return re.sub(r"\s+", " ", "".join(kept)).strip() or EMPTY


def shortened(value: str, most: int) -> str:
    """The value in at most `most` characters. A number loses decimals, then its unit, then counts in 万 or 亿; a name loses what stands in brackets,
    its legal form, its province or city, and only then its end. No number is ever cut in two."""
    if len(value) <= most:
        return value
    number = _NUMBER.fullmatch(value)
    if number is not None:
        return _short_number(number, most)
    for part, instead in ((_BRACKETS, " "), (_LEGAL, ""), (_PLACE, "")):  # a blank, or "1（2）3" would be 13
        value = _LOOSE.sub("", part.sub(instead, value)).strip() or value
        if len(value) <= most:
            return value
    return _cut(value, most)


def mainland_mobile(text: str) -> str:
    """The eleven digits of a mobile number of the mainland, however it is written; ValueError in words for anything else."""
    digits = re.sub(r"[\s()（）-]", "", text)
    found = _MOBILE.fullmatch(digits)
    if found is None:
        raise ValueError("is no mobile number of the mainland: write its 11 digits, with or without +86")
    return found.group(1)


def _short_number(number: re.Match[str], most: int) -> str:
    sign, unit = number["sign"], number["unit"]
    amount = float(number["whole"].replace(",", "") + (number["part"] or ""))
    decimals = max(0, len(number["part"] or ".") - 1)
    is_share = unit.startswith(("%", "‰"))  # without its sign it would be another number
    for tail in (unit,) if is_share else (unit, ""):
        for digits in range(decimals, -1, -1):
            text = f"{sign}{amount:.{digits}f}{tail}"
            if len(text) <= most:
                return text
    for scale, word in () if is_share else ((1e4, "万"), (1e8, "亿")):
        for digits in (1, 0):
            text = f"{sign}{amount / scale:.{digits}f}{word}"
            if amount >= scale and len(text) <= most:
                return text
    return ELSEWHERE[:most]


def _cut(value: str, most: int) -> str:
    end = most - 1
    while end > 0 and _WORD.match(value[end]) and _WORD.match(value[end - 1]):
        end -= 1
    clause = max(value.rfind(sign, 0, end) for sign in "，；")
    if clause >= most // 2 and end - clause <= CLAUSE_STUB:
        return value[:clause]  # a stub of a clause says nothing
    return f"{value[:end]}…" if end > 0 else ELSEWHERE[:most]


def _is_emoji(sign: str) -> bool:
    """Signs beyond the plane that gateways know, and the marks that make emoji."""
    return ord(sign) > 0xFFFF or sign in "\u200d\ufe0e\ufe0f" or 0x2600 <= ord(sign) <= 0x27BF
