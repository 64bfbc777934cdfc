"""tools/test.sh, the recipe of `make test`: which runs of pytest it makes and what it says in the end."""

import os
import re
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "test.sh"


def run(tmp_path: Path, fast: int, slow: int, *words: str, again: int | None = None) -> tuple[int, list[str]]:
    """Exit code and the runs, with a pytest whose fast run ends with `fast`, whose other run ends with `slow`, and that alone once more with `again`
    (None: nobody asks for that)."""
    told, stand_in = tmp_path / "told", tmp_path / "pytest"
    told.write_text("")
    cases = f'*"not ("*) exit {fast} ;; *last-failed*) exit {again or 0} ;; *) exit {slow} ;;'
    stand_in.write_text(f'#!/bin/sh\necho "$*" >>{told}\ncase "$*" in {cases} esac\n')
    stand_in.chmod(0o755)
    ended = subprocess.run(
        [SCRIPT, *words], env={**os.environ, "PYTEST": str(stand_in), "TRICOLOR_ALONE_AGAIN": "" if again is None else "yes"}, check=False, timeout=20
    )
    return ended.returncode, told.read_text().splitlines()


def test_fast_tests_run_on_all_cores_and_the_others_after_them_a_file_to_a_worker(tmp_path: Path) -> None:
    marked = "servers or browser or e2e or slow"
    ended, (first, second) = run(tmp_path, 0, 0, "tests/api", "-v")
    assert (ended, first) == (0, f"-n auto -m not ({marked}) tests/api -v")
    assert re.fullmatch(rf"-n [2-4] --dist loadfile -m {marked} tests/api -v", second)


@pytest.mark.parametrize(("slow", "again", "code", "runs"), [(1, 0, 0, 3), (1, 1, 1, 3), (1, None, 1, 2), (0, 1, 0, 2), (2, 0, 2, 2)])
def test_what_failed_beside_others_is_asked_once_more_alone_where_that_is_wanted(
    tmp_path: Path, slow: int, again: int | None, code: int, runs: int
) -> None:
    ended, told = run(tmp_path, 0, slow, again=again)
    assert (ended, len(told)) == (code, runs)


@pytest.mark.parametrize(
    ("fast", "slow", "code", "runs"),
    [
        (1, 0, 1, 2),  # a fast test failed: the others run all the same, so that one run names every failure
        (0, 1, 1, 2),
        (1, 1, 1, 2),
        (5, 0, 0, 2),  # 5: no test was chosen; one kind without any is no failure
        (0, 5, 0, 2),
        (5, 1, 1, 2),
        (1, 5, 1, 2),
        (5, 5, 5, 2),  # but none at all is one
        (2, 0, 2, 1),  # Ctrl-C ends it
        (4, 0, 4, 1),  # arguments that pytest cannot read
        (0, 2, 2, 2),
    ],
)
def test_it_is_green_only_when_both_runs_are(tmp_path: Path, fast: int, slow: int, code: int, runs: int) -> None:
    ended, told = run(tmp_path, fast, slow)
    assert (ended, len(told)) == (code, runs)


@pytest.mark.parametrize("word", ["-x", "--exitfirst", "--maxfail=1"])
def test_who_asks_to_stop_at_the_first_failure_is_not_kept_waiting(tmp_path: Path, word: str) -> None:
    ended, told = run(tmp_path, 1, 0, word)
    assert (ended, len(told)) == (1, 1)


@pytest.mark.parametrize(("words", "code"), [(("-m", "servers"), 1), (("-mservers",), 1)])
def test_who_chooses_marks_gets_one_run_of_them(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    assert run(tmp_path, 0, code, *words) == (code, [" ".join(words)])
