"""The same document is the same bytes: in another process, on another day, in another time zone, with other hashes."""

import hashlib
import os
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.bulletinfiles.example_bulletin import COUNTS, FORECAST, LIGHTS, UNITS, draft, example
from tricolor.adapters.bulletins.charts import chart_svg
from tricolor.adapters.bulletins.fonts import bulletin_fonts
from tricolor.adapters.bulletins.writers import bulletin_writers

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = textwrap.dedent(
    """
    import datetime, hashlib, sys, time
    AT = float(sys.argv[1])
    real_local, real_gm, Real = time.localtime, time.gmtime, datetime.datetime
    time.time = lambda: AT
    time.time_ns = lambda: int(AT * 1e9)
    time.localtime = lambda s=None: real_local(AT if s is None else s)
    time.gmtime = lambda s=None: real_gm(AT if s is None else s)
    class Like(type):
        def __instancecheck__(cls, at):
            return isinstance(at, Real)
    class Set(Real, metaclass=Like):
        def __new__(cls, *args, **kwargs):
            return Real(*args, **kwargs)
        @classmethod
        def now(cls, tz=None):
            return Real.fromtimestamp(AT, tz)
        @classmethod
        def utcnow(cls):
            return Real.fromtimestamp(AT, datetime.timezone.utc).replace(tzinfo=None)
    datetime.datetime = Set
    from tests.bulletinfiles.example_bulletin import COUNTS, FORECAST, LIGHTS, UNITS, draft, example
    from tricolor.adapters.bulletins.writers import bulletin_writers
    from tricolor.adapters.bulletins.charts import chart_svg
    from tricolor.adapters.bulletins.fonts import bulletin_fonts
    print("svg", hashlib.sha256(chart_svg(COUNTS, bulletin_fonts()).encode()).hexdigest())
    for document in (example(blocks=(UNITS, LIGHTS, COUNTS, FORECAST)), draft(blocks=())):
        for writer in bulletin_writers():
            print(writer.suffix, hashlib.sha256(writer.write(document)).hexdigest())
    """
)


def prints_of(at: int, zone: str, seed: str) -> list[str]:
    """Digests of the six files, and of a chart, made by a process with its clock at Unix time `at` [s]."""
    env = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": str(at), "LANG": "C.UTF-8"}
    done = subprocess.run([sys.executable, "-c", ELSEWHERE, str(at)], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


def test_the_same_document_is_the_same_bytes_in_other_processes_on_other_days_and_elsewhere() -> None:
    here = ["svg " + hashlib.sha256(chart_svg(COUNTS, bulletin_fonts()).encode()).hexdigest()]
    here += [
        f"{w.suffix} {hashlib.sha256(w.write(d)).hexdigest()}"
        for d in (example(blocks=(UNITS, LIGHTS, COUNTS, FORECAST)), draft(blocks=()))
        for w in bulletin_writers()
    ]
    assert prints_of(1_000_000_000, "America/St_Johns", "77") == here


def test_another_number_is_other_bytes() -> None:
    for writer in bulletin_writers():
        assert writer.write(example(number="示能预警〔2026〕11号", blocks=())) != writer.write(example(blocks=()))
