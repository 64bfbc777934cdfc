"""The warning rules, one file each: pure `judge(facts, thresholds)`. A new rule is a new file beside these, found by its RULE."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules


@cache
def rule_names() -> dict[str, tuple[str, str]]:
    """Rule -> its name in Chinese and English, of every rule file in this folder."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return {m.RULE: (m.NAME_ZH, m.NAME_EN) for m in modules if hasattr(m, "RULE")}
