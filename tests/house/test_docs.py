"""The documents for people say what the program does: commands, options, routes, keys, settings, files; both languages say the same."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from typer.main import get_command

from tricolor import __version__
from tricolor.config import Settings
from tricolor_cli.main import app as command_line

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
NOT_SETTINGS = {"TRICOLOR_ADMIN_KEY", "TRICOLOR_REQUIRE"}  # of the simulators and of the tests, which read them themselves
KINDS = {"read", "push", "admin"}


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def fences(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def outside_fences(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def tables(text: str) -> list[list[list[str]]]:
    """Every table as rows of cells, without its head."""
    found: list[list[list[str]]] = []
    rows: list[list[str]] = []
    for line in [*outside_fences(text).splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif rows:
            found.append(rows[2:])
            rows = []
    return found


def table_where(text: str, first_cell: str) -> list[list[str]]:
    """The table whose first row begins with a cell that matches."""
    return next(table for table in tables(text) if re.match(first_cell, table[0][0]))


def commands() -> dict[str, set[str]]:
    """`tricolor …` -> its options, for every command of the program."""
    return dict(leaves("tricolor", get_command(command_line)))


def leaves(name: str, command: Any) -> Iterator[tuple[str, set[str]]]:
    """Commands with their options, of groups inside groups as well."""
    if members := getattr(command, "commands", None):
        for member, inside in members.items():
            yield from leaves(f"{name} {member}", inside)
    else:
        yield name, {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("--")} | {"--help"}


def invocations(text: str) -> list[str]:
    """Every `tricolor …` as it is written in code, up to the end of the command."""
    spans = [*(line for fence in fences(text) for line in fence.splitlines()), *re.findall(r"`([^`\n]+)`", outside_fences(text))]
    return [found for span in spans for found in re.findall(r"(?<![\w/.-])tricolor [a-z][^#;|)&]*", span.split(" #")[0])]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_every_command_named_exists_with_the_options_named(path: Path) -> None:
    known = commands()
    for said in invocations(path.read_text(encoding="utf-8")):
        words = said.split()
        name = next((n for n in (" ".join(words[:4]), " ".join(words[:3]), " ".join(words[:2])) if n in known), None)
        is_group = any(n.startswith(said.strip() + " ") for n in known) and len(words) in (2, 3)
        assert name or is_group, f"there is no command `{said}`"
        assert {w.split("=")[0] for w in words if w.startswith("--")} <= known.get(name or "", set()), f"unknown option in `{said}`"


@pytest.mark.parametrize("readme", READMES)
def test_the_table_of_commands_is_the_programs_list(readme: str) -> None:
    rows = table_where(text_of(readme), "`tricolor up`")
    assert Counter(row[0].strip("`") for row in rows) == Counter(list(commands()))
    for row in rows:
        named = set(re.findall(r"--[a-z-]+", row[1]))
        assert named <= commands()[row[0].strip("`")], row


@pytest.mark.parametrize("readme", READMES)
def test_the_table_of_routes_is_the_apps_list(readme: str, surface: FastAPI) -> None:
    paths: dict[str, dict[str, Any]] = surface.openapi()["paths"]
    served = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert Counter(row[0].strip("`") for row in table_where(text_of(readme), "`POST /v1")) == Counter(served)


@pytest.mark.parametrize("readme", READMES)
def test_every_route_takes_the_keys_that_its_row_names_and_no_other(readme: str, visitor: Callable[[str, str, str], int]) -> None:
    for route, keys, *_ in table_where(text_of(readme), "`POST /v1"):
        method, path = route.strip("`").split()
        path = re.sub(r"\{\w+\}", "1", path)
        named = set(re.findall(r"read|push|admin", keys))
        if keys in ("none", "不需要"):
            assert visitor(method, path, "") not in (401, 403), route
            continue
        named = named or KINDS  # "any"
        assert visitor(method, path, "") == 401, route
        refused = {kind for kind in KINDS if visitor(method, path, kind) == 403}
        assert refused == KINDS - named, route


@pytest.mark.parametrize("readme", READMES)
def test_the_table_of_settings_is_the_settings_with_their_defaults(readme: str) -> None:
    rows = {row[0].strip("`"): row for row in table_where(text_of(readme), "`TRICOLOR_DATA`")}
    assert set(rows) == {f"TRICOLOR_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        shown = rows[f"TRICOLOR_{name.upper()}"][1]
        if isinstance(field.default, str | int | float | Path) and str(field.default):
            written = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert shown == f"`{written}`", name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_every_variable_named_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"TRICOLOR_[A-Z][A-Z0-9_]*[A-Z0-9]", path.read_text(encoding="utf-8")))
    assert named <= {f"TRICOLOR_{name.upper()}" for name in Settings.model_fields} | NOT_SETTINGS


def test_both_readmes_have_the_same_sections_tables_blocks_and_lists() -> None:
    english, chinese = (text_of(name) for name in READMES)
    shape = [[len(marks) for marks in re.findall(r"^(#+) ", outside_fences(t), flags=re.MULTILINE)] for t in (english, chinese)]
    assert shape[0] == shape[1]
    assert [len(t) for t in tables(english)] == [len(t) for t in tables(chinese)]
    for one, other in zip(tables(english), tables(chinese), strict=True):
        assert [row[0] for row in one] == [row[0] for row in other]
    assert [without_comments(f) for f in fences(english)[:-1]] == [without_comments(f) for f in fences(chinese)[:-1]]  # the last is the layout
    assert len(re.findall(r"^- ", english, flags=re.MULTILINE)) == len(re.findall(r"^- ", chinese, flags=re.MULTILINE))
    assert set(links(english)) ^ set(links(chinese)) == set(READMES)


def without_comments(block: str) -> list[str]:
    return [re.sub(r'--label "[^"]*"', "", line.split("  #")[0].split(" # ")[0]).rstrip() for line in block.splitlines()]


def links(text: str) -> list[str]:
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", outside_fences(text)) if "://" not in target]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_every_link_and_every_file_named_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in links(text):
        assert (path.parent / target.partition("#")[0]).exists(), target
    for span in re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|toml|md|sh|lock|csv|yml|conf|sql))(?:::\w+)?`", text):
        assert (ROOT / span).exists(), span


def test_the_changelog_has_this_version_and_numbers_changed_first() -> None:
    releases = re.split(r"^## ", text_of("CHANGELOG.md"), flags=re.MULTILINE)[1:]
    assert __version__ in [release.split()[0] for release in releases]
    for release in releases:
        assert re.findall(r"^### (.*)", release, flags=re.MULTILINE)[0] == "Numbers changed", release.split("\n")[0]


def test_a_term_stands_once_in_the_nomenclature() -> None:
    rows = [row for table in tables(text_of("docs/NOMENCLATURE.md")) for row in table]
    chinese = Counter(term for row in rows for term in re.split(r"、| · ", row[0]))
    english = Counter(row[1].split(",")[0] for row in rows)
    assert [term for term, count in chinese.items() if count > 1] == []
    assert [name for name, count in english.items() if count > 1] == []


def test_decisions_are_numbered_and_one_page_each() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers[0] == 1 and all(b == a + 1 for a, b in pairwise(numbers))
    for path in DECISIONS:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) < 60 and lines[0].startswith(f"# {path.name[:4]} "), path.name
        assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"], path.name
