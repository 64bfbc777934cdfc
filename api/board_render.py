"""Templates: HTML is a pure function of a page, its view-model and the reader's preferences."""

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api import board_words, board_words_forecast
from api.board_charts import bullet
from api.board_views import Page
from api.board_words import Words
from tricolor.domain.intervals import iso

WEB: Final = Path(__file__).parent / "web"
STATIC: Final = WEB / "static"
Theme = Literal["", "light", "dark"]


@cache
def software_version() -> str:
    try:
        return version("tricolor")
    except PackageNotFoundError:
        return "0"


@cache
def static_href(name: str) -> str:
    """Address of a static file with a digest of its content, so that it can be cached for ever and is fetched anew when it changes."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@cache
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "number": board_words.number,
        "exact": board_words.exact,
        "fixed": board_words.fixed,
        "share": board_words.share,
        "start": board_words.start_moment,
        "moment": board_words.moment,
        "moment_s": board_words.moment_s,
        "short": board_words.short_moment,
        "iso": iso,
    }
    env.globals |= {"bullet": bullet, "static": static_href, "KINDS": board_words.KINDS}
    env.globals |= {"FORECAST_QUANTITIES": board_words_forecast.QUANTITIES, "FORECAST_INDICATORS": board_words_forecast.INDICATORS}
    return env


def switcher(here: str) -> Callable[..., str]:
    """Makes the addresses of the language, theme and wall switches: this page with one preference set."""
    parts = urlsplit(here)
    kept = [(k, v) for k, v in parse_qsl(parts.query) if k not in ("lang", "theme", "wall")]

    def switch(**preference: str) -> str:
        return f"{parts.path}?{urlencode([*kept, *preference.items()])}"

    return switch


def context(page: Page, view: object, t: Words, theme: Theme, *, wall: bool = False, live: str = "") -> dict[str, Any]:
    return {"page": page, "view": view, "t": t, "theme": theme, "wall": wall, "live": live, "switch": switcher(page.here)}


def render(template: str, values: dict[str, Any]) -> str:
    """A whole page."""
    return environment().get_template(template).render(values)


def render_blocks(names: tuple[str, ...], values: dict[str, Any]) -> dict[str, str]:
    """The parts of a page that a live update replaces, by name."""
    return {name: environment().get_template(f"blocks/{name}.html").render(values) for name in names}
