"""Words of messages as data: templates for each kind of target, whose values are made harmless there."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tricolor.domain.alerts import WHY_CN, WHY_EN, Why
from tricolor.domain.markdown_words import harmless

FOLDER: Final = Path(__file__).parent
LANGUAGES: Final = ("zh", "en")


@cache
def asks(lang: str) -> Mapping[Why, str]:
    """What each step asks of who reads it; where nothing is asked, its name."""
    rows = _toml("whys.toml")
    names = WHY_CN if lang == "zh" else WHY_EN
    return MappingProxyType({why: rows[why.value][lang] if why.value in rows else names[why] for why in Why})


def in_plain(lang: str, words: Mapping[str, object]) -> str:
    """Plain text: nothing is a sign there."""
    return _environment("plain").get_template(f"plain.{lang}.j2").render(words).strip()


def in_markdown(lang: str, words: Mapping[str, object]) -> str:
    """Markdown as robots have it; no value can be a heading, a link, an emphasis or a call (@)."""
    lines = _environment("markdown").get_template(f"markdown.{lang}.j2").render(words).splitlines()
    kept = [line for n, line in enumerate(lines) if line.strip() or (n and lines[n - 1].strip())]
    return "\n".join(kept).strip()


def in_html(lang: str, words: Mapping[str, object]) -> str:
    """A whole HTML page for mail; every value is escaped."""
    return _environment("html").get_template(f"mail.{lang}.html.j2").render(words)


def spoken(lang: str, words: Mapping[str, object]) -> str:
    return " ".join(_environment("plain").get_template(f"spoken.{lang}.j2").render(words).split())


@cache
def _environment(target: str) -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, trim_blocks=True,
        autoescape=target == "html",  # noqa: S701 - the others are not HTML: plain text has no signs, markdown has its finalize
        finalize=harmless_markdown if target == "markdown" else None,
    )  # fmt: skip


def harmless_markdown(value: object) -> object:
    return harmless(value) if isinstance(value, str) else value


def _toml(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
