"""Words that every SMS gateway carries: signs that some refuse are said in words, what cannot be said is left out."""

import re
import unicodedata
from typing import Final

# longer ones first, as km² holds m²
SAID: Final[tuple[tuple[str, str], ...]] = (
    ("km²", "平方公里"), ("m²", "平方米"), ("m³", "立方米"), ("㎡", "平方米"), ("㎥", "立方米"), ("㎢", "平方公里"), ("²", "平方"), ("³", "立方"),
    ("℃", "度"), ("°C", "度"), ("°", "度"), ("‰", "千分之"), ("µ", "微"), ("μ", "微"), ("Ω", "欧"), ("¥", "元"), ("￥", "元"), ("$", "美元"),
    ("≥", "不低于"), ("≤", "不高于"), ("<", "低于"), (">", "高于"), ("≈", "约"), ("±", "正负"), ("×", "乘"), ("÷", "除以"),
    ("→", "至"), ("←", "自"), ("↑", "升"), ("↓", "降"), ("−", "-"), ("–", "-"), ("—", "-"), ("～", "-"), ("~", "-"),
    ("#", "号"), ("&", "和"), ("@", "在"), ("|", "，"), ("·", " "), ("•", " "), ("【", "（"), ("】", "）"), ("〔", "（"), ("〕", "）"),
    ("[", "（"), ("]", "）"), ("「", "“"), ("」", "”"), ("『", "“"), ("』", "”"),
)  # fmt: skip
_KEPT: Final = re.compile(r"[0-9A-Za-z \u4e00-\u9fff，。、；：？！（）《》“”….,:;%()/+=_?!'-]")


def plain_words(text: str) -> str:
    """One line of CJK characters, ASCII letters, digits and plain punctuation."""
    for sign, words in SAID:
        text = text.replace(sign, words)
    return " ".join("".join(_kept(sign) for sign in text).split())


def _kept(sign: str) -> str:
    """A sign that gateways carry, else its ordinary form (① is 1, ２ is 2, ㈠ is 一), else nothing."""
    if sign.isspace():
        return " "
    if _KEPT.fullmatch(sign):
        return sign
    return "".join(part for part in unicodedata.normalize("NFKC", sign) if _KEPT.fullmatch(part))
