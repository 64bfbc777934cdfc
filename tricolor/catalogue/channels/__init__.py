"""Facts of the ways to people, one TOML file a channel: what refusals ask of the sender, limits, rules about words. README.md tells the format."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tricolor.catalogue.tables import Faults
from tricolor.domain.channel_facts import ChannelFacts, ChannelLimit, ErrorRow, ErrorTable, TextRule, TextRules
from tricolor.domain.delivery import ErrorClass
from tricolor.domain.errors import Misconfigured, Problems

FOLDER = Path(__file__).parent
MAX_ROWS = 500
STATUSES = ("official", "secondary", "interpreted", "memory", "unverified", "project default", "illustrative")
SCOPES = ("address", "channel")
# what a [[text]] row may speak of: the type of its value
TEXT_RULES: Mapping[str, type] = {
    "max_chars": int,  # of the whole text, with the signature where the channel adds one
    "part_chars": int,  # of each part where a longer text is sent in parts
    "max_bytes": int,  # of the text in UTF-8
    "title_max_chars": int,
    "signature_counts": bool,  # whether the signature is part of max_chars
    "param_max_chars": int,  # of one variable of a template
    "param_forbidden": str,  # signs that no variable may hold
    "text_forbidden": str,  # signs that the whole text may not hold
    "param_url": bool,  # whether a variable may hold a link
    "param_emoji": bool,  # whether a variable may hold signs beyond U+FFFF
    "batch_max": int,  # addresses of one request
}
KEYS = {
    "": ("name_zh", "name_en", "sources", "otherwise", "errors", "limits", "text"),
    "sources": (),
    "errors": ("codes", "prefixes", "says", "kind", "wait_s", "zh", "en", "source", "status"),
    "otherwise": ("kind", "wait_s", "zh", "en", "source", "status"),
    "limits": ("scope", "count", "per_s", "red_reserve", "source", "status"),
    "text": ("rule", "value", "unit", "zh", "en", "source", "status"),
}


@cache
def channels_with_facts() -> tuple[str, ...]:
    """Channels that there is a file of, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def channel_facts(channel: str) -> ChannelFacts:
    """The facts of one channel; Misconfigured when there is no file of it, Problems with every fault of the file."""
    path = FOLDER / f"{channel}.toml"
    if channel not in channels_with_facts():
        raise Misconfigured(f"there are no facts of the channel {channel!r}; there are: {', '.join(channels_with_facts())}")
    return read_facts(path)


def read_facts(path: Path) -> ChannelFacts:
    """The facts in one file, whose name is the channel's; Problems lists every fault with file and place."""
    faults = Faults()
    reader = _Reader(f"channels/{path.name}", faults)
    facts = reader.facts(path.stem, _load(path, faults))
    if faults.found:
        raise Problems(faults.found)
    return facts


def _load(path: Path, faults: Faults) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        faults.say(f"channels/{path.name}", f"cannot be read as TOML: {error}")
        return {}


class _Reader:
    """Reads one file; whatever is wrong goes into faults and a harmless value takes its place, so that one look finds all."""

    def __init__(self, file: str, faults: Faults) -> None:
        self._file, self._faults, self._sources = file, faults, dict[str, str]()

    def facts(self, channel: str, loaded: Mapping[str, Any]) -> ChannelFacts:
        if self._faults.found:
            return ChannelFacts(channel, "", "", ErrorTable((), _NOTHING), (), TextRules())
        self._known("", loaded, "")
        self._sources = self._read_sources(loaded.get("sources", {}))
        rows = tuple(row for place, table in self._tables(loaded, "errors") for row in self._errors(place, table))
        self._twice([(row.code, row.is_prefix, row.says) for row in rows], "errors", "the code {0!r} stands in two rows")
        otherwise = loaded.get("otherwise")
        if not isinstance(otherwise, dict):
            self._say("[otherwise]", "is missing: what is to be done at a code that stands nowhere")
            otherwise = {}
        else:
            self._known("[otherwise]", otherwise, "otherwise")
        text = tuple(self._text(place, table) for place, table in self._tables(loaded, "text"))
        self._twice([(row.rule,) for row in text if row.rule], "text", "the rule {0!r} stands in two rows")
        return ChannelFacts(
            channel,
            self._words("", loaded, "name_zh"),
            self._words("", loaded, "name_en"),
            ErrorTable(rows, self._error("[otherwise]", otherwise, "", is_prefix=True) if otherwise else _NOTHING),
            tuple(self._limit(place, table) for place, table in self._tables(loaded, "limits")),
            TextRules(text),
        )

    def _errors(self, place: str, table: Mapping[str, Any]) -> list[ErrorRow]:
        named = [(code, False) for code in self._list(place, table, "codes")] + [(code, True) for code in self._list(place, table, "prefixes")]
        if not named:
            self._say(place, 'names no code: write codes = ["…"] or prefixes = ["…"]')
        return [self._error(f"{place} {code}", table, code, is_prefix=is_prefix) for code, is_prefix in named]

    def _error(self, place: str, table: Mapping[str, Any], code: str, *, is_prefix: bool) -> ErrorRow:
        kind = self._one_of(place, table, "kind", tuple(ErrorClass))
        wait_s = self._number(place, table, "wait_s") if "wait_s" in table else None
        if kind == ErrorClass.WAIT and wait_s is None:
            self._say(f"{place} wait_s", 'is missing: kind = "wait" says for how many seconds')
        if kind != ErrorClass.WAIT and wait_s is not None:
            self._say(f"{place} wait_s", f'stands only where kind is "wait", here it is {kind!r}')
        says = str(table.get("says", ""))
        source, status = self._source(place, table)
        zh, en = self._words(place, table, "zh"), self._words(place, table, "en")
        return ErrorRow(code, is_prefix, ErrorClass(kind or ErrorClass.FINAL), zh, en, source, status, says, wait_s)

    def _limit(self, place: str, table: Mapping[str, Any]) -> ChannelLimit:
        scope = self._one_of(place, table, "scope", SCOPES)
        count, reserve = self._number(place, table, "count", whole=True), self._number(place, table, "red_reserve", whole=True, least=0)
        per_s = self._number(place, table, "per_s")
        if count is not None and reserve is not None and reserve >= count:
            self._say(f"{place} red_reserve", f"{reserve:g} leaves nothing of {count:g} for yellow")
        source, status = self._source(place, table)
        return ChannelLimit(scope == "address", int(count or 1), float(per_s or 1), int(reserve or 0), source, status)

    def _text(self, place: str, table: Mapping[str, Any]) -> TextRule:
        rule = self._one_of(place, table, "rule", tuple(TEXT_RULES))
        value = table.get("value")
        wanted = TEXT_RULES.get(rule, object)
        if value is None:
            self._say(f"{place} value", "is missing")
        elif not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            names = {int: "a whole number", bool: "true or false", str: "a text of the signs"}
            self._say(f"{place} value", f"{value!r} is not {names[wanted]}, as {rule} needs")
        elif isinstance(value, int) and not isinstance(value, bool) and value < 1:
            self._say(f"{place} value", f"{value} is less than 1")
        source, status = self._source(place, table)
        shown = value if isinstance(value, (int, str)) else 0
        return TextRule(rule, shown, self._words(place, table, "unit"), source, status, str(table.get("zh", "")), str(table.get("en", "")))

    def _tables(self, loaded: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
        rows = loaded.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self._say(f"[[{name}]]", f"is not a list of tables: write [[{name}]] before each")
            return []
        if len(rows) > MAX_ROWS:
            self._say(f"[[{name}]]", f"has more than {MAX_ROWS} rows")
            return []
        placed = [(f"[[{name}]] {number}", row) for number, row in enumerate(rows, start=1)]
        for place, row in placed:
            self._known(place, row, name)
        return placed

    def _known(self, place: str, table: Mapping[str, Any], part: str) -> None:
        for key in table:
            if key not in KEYS[part]:
                self._say(f"{place} {key}".strip(), f"is not known here; known: {', '.join(KEYS[part])}")

    def _read_sources(self, table: object) -> dict[str, str]:
        if not isinstance(table, dict) or not all(isinstance(text, str) and text.strip() for text in table.values()):
            self._say("[sources]", 'is not a table of texts: write key = "document, where in it"')
            return {}
        return dict(table)

    def _source(self, place: str, table: Mapping[str, Any]) -> tuple[str, str]:
        """The document and the status; a source may be a key of [sources]."""
        source = self._words(place, table, "source")
        return self._sources.get(source, source), self._one_of(place, table, "status", STATUSES)

    def _list(self, place: str, table: Mapping[str, Any], key: str) -> list[str]:
        values = table.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
            self._say(f"{place} {key}", f'is not a list of texts: write {key} = ["…"]')
            return []
        return values

    def _words(self, place: str, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            self._say(f"{place} {key}".strip(), "is missing" if value is None else f"{value!r} is not a text")
            return ""
        return value

    def _one_of(self, place: str, table: Mapping[str, Any], key: str, allowed: Sequence[str]) -> str:
        value = table.get(key)
        if not isinstance(value, str) or value not in allowed:
            said = "is missing" if value is None else f"{value!r} is not one of"
            self._say(f"{place} {key}", f"{said}: {', '.join(allowed)}" if value is None else f"{said} {', '.join(allowed)}")
            return ""
        return str(value)

    def _number(self, place: str, table: Mapping[str, Any], key: str, *, whole: bool = False, least: float | None = None) -> float | None:
        """A positive number, or from `least` on."""
        value = table.get(key)
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            self._say(f"{place} {key}", "is missing" if value is None else f"{value!r} is not a {'whole ' if whole else ''}number")
            return None
        if not (value > 0 if least is None else value >= least) or value > 1e9:
            self._say(f"{place} {key}", f"{value} is out of range")
            return None
        return float(value)

    def _twice(self, keys: Sequence[tuple[object, ...]], part: str, words: str) -> None:
        for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
            self._say(f"[[{part}]]", words.format(*key))

    def _say(self, place: str, text: str) -> None:
        self._faults.say(self._file, f"{place} {text}" if place else text)


_NOTHING = ErrorRow("", True, ErrorClass.RETRY, "", "", "", "")
