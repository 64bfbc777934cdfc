"""The warning rules, one file each: pure `judge(facts, thresholds)`. A new rule is a new file beside these, found by its RULE."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from alerting.facts import CARBON


@cache
def rule_names() -> dict[str, tuple[str, str]]:
    """Rule -> its name in Chinese and English, of every rule file in this folder."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return {m.RULE: (m.NAME_ZH, m.NAME_EN) for m in modules if hasattr(m, "RULE")}


def said_rule(rule: str, indicator: str) -> tuple[str, str]:
    """What a rule is called in the title of an alert; the pace of carbon is not that of energy, a dark gateway not a silent meter. An unknown rule:
    its code."""
    zh, en = rule_names().get(rule, (rule, rule))
    if rule == "silent" and indicator:
        return "网关中断", "Gateway dark"
    return ("碳排放强度进度", "Carbon intensity pace") if rule == "pace" and indicator.startswith(CARBON) else (zh, en)
