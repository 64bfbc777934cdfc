"""The rules of the house that a machine can see: sizes, no leftovers, no names of machines, every route explained."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from fastapi import FastAPI

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("tricolor", "ingest_service", "accounting", "alerting", "api", "simulators", "grafana", "tricolor_cli")
MAX_MODULE, MAX_FUNCTION = 400, 70
FOLDERS_NOT_OURS = {".git", ".venv", "__pycache__", "build", "dist", "node_modules", "demo-data"}  # as in .gitignore
LEFTOVERS = re.compile("|".join(rf"\b{a}{b}\b" for a, b in (("TO", "DO"), ("FIX", "ME"), ("XX", "X"))))
PACKAGE_HOSTS = re.compile(r"pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian\.org")
OWN_MACHINE = re.compile(r"(?<![\w.}])/(?:work|home|root)/|\b[A-Z]:\\Users")


@cache
def modules() -> tuple[tuple[Path, str], ...]:
    """The shipped Python, without the ledger's migrations: those are written once and never touched again."""
    found = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts)
    assert len(found) > 100
    return tuple((path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in found)


def tracked() -> Iterator[tuple[Path, str]]:
    """Every text file that belongs to the project."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT)
        is_ours = not any(p in FOLDERS_NOT_OURS or p.endswith((".egg-info", "_cache")) or p == ".hypothesis" for p in inside.parts)
        if not path.is_file() or not is_ours or inside.parts[0] == "data" or path.suffix in (".sqlite", ".duckdb") or path.name == ".env":
            continue
        try:
            yield inside, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [f"{path}:{n}: {line.strip()[:120]}" for path, text in tracked() for n, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


def test_no_module_is_longer_than_the_house_allows() -> None:
    long = {str(path): n for path, text in modules() if (n := len(text.splitlines())) > MAX_MODULE}
    assert long == {}


def test_no_function_is_longer_than_the_house_allows() -> None:
    long = {
        f"{path}:{node.lineno} {node.name}": n
        for path, text in modules()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (n := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION
    }
    assert long == {}


def test_nothing_is_left_for_later() -> None:
    assert lines_with(LEFTOVERS) == []


def test_nothing_shipped_prints_past_the_log_and_the_console() -> None:
    printing = [
        f"{path}:{node.lineno}"
        for path, text in modules()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def test_no_package_host_is_named() -> None:
    assert lines_with(PACKAGE_HOSTS) == []


def test_no_path_of_a_developers_machine_is_named() -> None:
    assert lines_with(OWN_MACHINE) == []


@pytest.mark.parametrize(
    ("pattern", "parts", "is_found"),  # in parts, or this file would find itself
    [
        (OWN_MACHINE, ("see /home", "/li/data"), True),
        (OWN_MACHINE, ("'/root", "/x'"), True),
        (OWN_MACHINE, ("docs/work", "/notes"), False),
        (PACKAGE_HOSTS, ("https://pypi", ".org/simple"), True),
        (LEFTOVERS, ("# TO", "DO: later"), True),
        (LEFTOVERS, ("AUTO", "DONE"), False),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], parts: tuple[str, ...], is_found: bool) -> None:
    assert bool(pattern.search("".join(parts))) is is_found


def test_every_module_says_what_it_is() -> None:
    silent = [str(path) for path, text in modules() if text.strip() and not ast.get_docstring(ast.parse(text))]
    assert silent == []


def test_every_route_is_explained(surface: FastAPI) -> None:
    operations = [operation for methods in surface.openapi()["paths"].values() for operation in methods.values()]
    assert len(operations) > 20
    # FastAPI makes a summary of the function's name where none is given
    made_up = [o["operationId"] for o in operations if o["operationId"].startswith(o["summary"].lower().replace(" ", "_") + "_v1")]
    assert [name for name in made_up if not any(o.get("description") for o in operations if o["operationId"] == name)] == []


def test_the_command_line_starts_without_the_heavy_libraries():
    """The intake alone holds 100,000 points under 400 MB: pandas and scipy (100 MB together) are for those who account."""
    heavy = "[name for name in ('pandas', 'scipy', 'iapws', 'matplotlib') if name in sys.modules]"
    code = f"import sys, tricolor_cli.main, tricolor_cli.up, ingest_service.main; print({heavy})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
