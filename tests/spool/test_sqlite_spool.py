"""What only the real spool can show: kills, full disks, files that do not grow."""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tricolor.adapters.spool.desk import SpoolDesk
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.domain.errors import Misconfigured
from tricolor.domain.readings import Frame


def frames(count: int, size: int = 1_000) -> list[Frame]:
    return [Frame("t", os.urandom(size), 7, "s") for _ in range(count)]


CHILD = """
    import sys, threading
    from pathlib import Path
    from tricolor.adapters.spool.sqlite import SqliteSpool
    from tricolor.domain.readings import Frame
    spool = SqliteSpool(Path(sys.argv[1]), 1 << 30, 0.0, 0)
    def tend():
        while True:
            spool.tend()
    threading.Thread(target=tend, daemon=True).start()
    position = spool.released
    while True:
        last = spool.append([Frame("t", b"%d" % n + b"." * 2000, 7, "s") for n in range(200)])
        print("A", last, flush=True)
        got = spool.after(position, 200_000)
        assert [f.seq for f in got] == list(range(position + 1, position + 1 + len(got))), "a frame that was not released is gone"
        spool.decide(got[-1].seq, b"noted")
        spool.release(got[-1].seq)
        position = got[-1].seq
        print("R", position, flush=True)
"""


@pytest.mark.slow
def test_kill_nine_at_any_moment_of_trimming_loses_no_committed_frame(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    chance = random.Random(5)
    for _ in range(12):
        child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(CHILD), str(path)], stdout=subprocess.PIPE, text=True)
        try:
            child.wait(1.0 + chance.random())
            pytest.fail("the child ended by itself")
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        said = [line.split() for line in (child.communicate()[0] or "").splitlines() if len(line.split()) == 2]
        committed = max((int(n) for word, n in said if word == "A"), default=0)
        spool = SqliteSpool(path, 1 << 30)
        assert spool.released <= max((int(n) for word, n in said if word == "R"), default=10**9) + 400
        left = [f.seq for f in spool.after(spool.released, 1 << 40)]
        assert left == list(range(spool.released + 1, spool.released + 1 + len(left)))
        assert spool.released + len(left) >= committed
        spool.close()


def test_the_file_stops_growing_and_gives_back_what_an_outage_took(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    spool = SqliteSpool(path, 1 << 30)
    for _ in range(40):
        spool.append(frames(5_000))  # 200 MB: the store was down
    assert path.stat().st_size > 190_000_000
    spool.release(200_000)
    spool.tend()
    sizes = []
    for n in range(12):
        last = spool.append(frames(1_000))
        spool.release(last)
        spool.tend()
        if n >= 2:
            sizes.append(path.stat().st_size)
    held = path.stat().st_size
    spool.close()
    assert held < 90_000_000  # 64 MiB of free pages are kept for the next burst
    assert max(sizes) <= sizes[0] + 2_000_000


def test_the_bound_of_age_survives_a_restart(tmp_path: Path) -> None:
    now = [10**15]
    spool = SqliteSpool(tmp_path / "s.sqlite", 1 << 30, 3_600, 1 << 30, lambda: now[0])
    spool.append(frames(10))
    spool.release(10)
    spool.tend()
    spool.close()
    now[0] += 1_800_000_000
    spool = SqliteSpool(tmp_path / "s.sqlite", 1 << 30, 3_600, 1 << 30, lambda: now[0])
    spool.tend()
    assert SpoolDesk(tmp_path / "s.sqlite").status().kept == 10
    now[0] += 1_801_000_000
    spool.tend()
    assert SpoolDesk(tmp_path / "s.sqlite").status().kept == 0
    spool.close()


LIMITED = """
    import os, resource, signal, sys
    from pathlib import Path
    from tricolor.adapters.spool.sqlite import SqliteSpool
    from tricolor.domain.errors import TryAgain
    from tricolor.domain.readings import Frame
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    spool = SqliteSpool(Path(sys.argv[1]), 1 << 30, 1e9, 1 << 30)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, hard))
    done = 0
    try:
        while True:
            done = spool.append([Frame("t", b"x" * 1000, 7, "s") for _ in range(100)])
    except TryAgain as error:
        print("full", error)
    assert [f.seq for f in spool.after(0, 1 << 30)] == list(range(1, done + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert spool.append([Frame("t", b"y", 7, "s")]) == done + 1
    print("again", done)
"""


def test_a_full_disk_is_said_and_passes_by_itself(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIMITED), str(tmp_path / "s.sqlite")], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "full spool: " in done.stdout and "again" in done.stdout
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_spool_that_cannot_be_opened_names_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Misconfigured, match="TRICOLOR_SPOOL"):
        SqliteSpool(tmp_path / "file" / "spool.sqlite", 1)
    (tmp_path / "bad.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Misconfigured, match="TRICOLOR_SPOOL"):
        SqliteSpool(tmp_path / "bad.sqlite", 1)
    with pytest.raises(Misconfigured, match="no spool"):
        SpoolDesk(tmp_path / "none.sqlite")


def test_the_status_says_what_the_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    spool = SqliteSpool(path, 1 << 30, 1e9, 1 << 30)
    spool.append([Frame("t", b"x", at, "s") for at in (5, 6, 7)])
    spool.release(2)
    spool.decide(3, b"")
    held = SpoolDesk(path).status()
    assert (held.waiting, held.kept, held.first_seq, held.last_seq, held.oldest_at, held.newest_at, held.to_replay) == (1, 2, 1, 3, 5, 7, 0)
    assert SpoolDesk(path).plan_replay(since=6) == 1  # the third is not stored yet
    assert SpoolDesk(path).plan_replay(only={("s", 5), ("other", 6)}) == 1
    assert SpoolDesk(path).status().to_replay == 2
    spool.close()
    assert sqlite3.connect(path).execute("PRAGMA auto_vacuum").fetchone() == (2,)
