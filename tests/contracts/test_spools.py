"""The contract of the Spool, over SQLite and over the memory fake."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tricolor.adapters.spool.desk import SpoolDesk
from tricolor.adapters.spool.memory import MemorySpool
from tricolor.adapters.spool.sqlite import SqliteSpool
from tricolor.domain.errors import TryAgain
from tricolor.domain.readings import Frame

HOUR = 3_600_000_000


class Box:
    """One spool under a clock that the test sets. anew: the same spool opened again, as after a stop (the fake has nothing to open)."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.path, self.now = kind, folder / "spool.sqlite", 1_000 * HOUR
        self.spool: Any = None

    def open(self, max_bytes: int = 1 << 30, keep_s: float = 0.0, keep_bytes: int = 1 << 30) -> Any:
        if self.kind == "memory":
            self.spool = self.spool or MemorySpool(max_bytes, keep_s, keep_bytes, lambda: self.now)
            return self.spool
        if self.spool is not None:
            self.spool.close()
        self.spool = SqliteSpool(self.path, max_bytes, keep_s, keep_bytes, lambda: self.now)
        return self.spool

    def plan_replay(self, first: int, last: int) -> int:
        return self.spool.plan_replay(first, last) if self.kind == "memory" else SpoolDesk(self.path).plan_replay(first, last)


@pytest.fixture(params=["memory", "sqlite"])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Box]:
    made = Box(request.param, tmp_path)
    yield made
    if made.spool is not None:
        made.spool.close()


def frame(n: int, source: str = "mqtt:mill/g1", size: int = 10, at: int = 7) -> Frame:
    return Frame(f"t/{n}", f"{n}".encode().ljust(size, b"."), at, source, enterprise="mill", content_type="text/csv")


def seqs(frames: list[Frame]) -> list[int]:
    return [f.seq for f in frames]


def test_frames_come_back_in_order_as_they_were(box: Box) -> None:
    spool = box.open()
    assert spool.append([frame(1), frame(2)]) == 2
    assert spool.append([frame(3)]) == 3
    found = spool.after(0, 1 << 20)
    assert seqs(found) == [1, 2, 3]
    assert (found[0].topic, found[0].payload, found[0].received_at, found[0].source) == ("t/1", b"1.........", 7, "mqtt:mill/g1")
    assert (found[0].enterprise, found[0].content_type, found[0].replay_of) == ("mill", "text/csv", 0)
    assert seqs(spool.after(2, 1 << 20)) == [3]
    assert spool.after(3, 1 << 20) == []


def test_a_stretch_is_bounded_but_never_empty(box: Box) -> None:
    spool = box.open()
    spool.append([frame(n, size=100) for n in range(10)])
    assert len(spool.after(0, 250)) == 3
    assert len(spool.after(0, 1)) == 1


def test_a_noted_outcome_stays_until_it_is_released(box: Box) -> None:
    spool = box.open()
    spool.append([frame(1), frame(2)])
    assert spool.decided() is None
    spool.decide(1, b"one")
    spool.decide(2, b"two")
    assert spool.decided() == (2, b"two")
    spool.release(2)
    assert spool.decided() is None


def test_the_bound_counts_what_waits_and_a_release_makes_room(box: Box) -> None:
    spool = box.open(max_bytes=1_000)
    spool.append([frame(n, size=100) for n in range(9)])
    with pytest.raises(TryAgain, match="TRICOLOR_SPOOL_MAX_BYTES"):
        spool.append([frame(10, size=101)])
    assert spool.append([frame(10, size=100)]) == 10
    spool.release(10)
    assert spool.append([frame(n, size=100) for n in range(10)]) == 20  # what is kept never costs the acceptance of what is new
    assert spool.sizes[0] == 1_000


def test_what_waits_is_counted_per_source_with_the_oldest(box: Box) -> None:
    spool = box.open()
    assert spool.pending() == ({}, {})
    spool.append([frame(1, "a", at=5), frame(2, "b", at=6), frame(3, "a", at=7)])
    spool.append([frame(4, "a", at=8)])
    assert spool.pending() == ({"a": 3, "b": 1}, {"a": 5, "b": 6})
    spool.release(2)
    assert spool.pending() == ({"a": 2}, {"a": 7})
    assert box.open().pending()[0] in ({"a": 2}, {"a": 3, "b": 1})  # a restart may repeat, never forget
    spool = box.open()
    spool.release(4)
    assert spool.pending() == ({}, {})


@pytest.mark.parametrize("group", [1, 700, 2_500])
def test_the_counts_hold_for_groups_of_any_size(box: Box, group: int) -> None:
    spool = box.open()
    for start in range(0, 5_000, group):
        spool.append([frame(n, f"s{n % 3}", at=n) for n in range(start, min(5_000, start + group))])
    for position in (0, 1, 999, 1_000, 1_001, 3_456, 4_999, 5_000):
        spool.release(position)
        counts, oldest = spool.pending()
        left = range(position, 5_000)
        assert counts == {f"s{k}": n for k in range(3) if (n := sum(1 for i in left if i % 3 == k))}
        assert all(at <= min(i for i in left if i % 3 == int(s[1])) for s, at in oldest.items())


def test_released_frames_are_kept_for_the_hold_back_and_then_gone(box: Box) -> None:
    spool = box.open(keep_s=7_200.0)
    spool.append([frame(n) for n in range(1, 1_001)])
    spool.append([frame(n) for n in range(1_001, 2_001)])
    spool.release(1_000)
    spool.tend()
    box.now += HOUR
    spool.release(2_000)
    spool.tend()
    assert len(spool.after(0, 1 << 30)) == 2_000
    box.now += HOUR + 1
    spool.tend()
    assert seqs(spool.after(0, 1 << 30))[0] == 1_001
    box.now += HOUR
    spool.tend()
    assert spool.after(0, 1 << 30) == []
    assert spool.append([frame(1)]) == 2_001  # a seq is never given twice


def test_nothing_that_waits_is_ever_deleted(box: Box) -> None:
    spool = box.open(keep_s=1.0)
    spool.append([frame(n) for n in range(1, 3_001)])
    spool.release(1_500)
    for _ in range(3):
        box.now += 1_000 * HOUR
        spool.tend()
    assert set(range(1_501, 3_001)) <= set(seqs(spool.after(0, 1 << 30)))


def test_what_is_kept_is_bounded_by_size_the_oldest_first(box: Box) -> None:
    spool = box.open(keep_s=1e9, keep_bytes=250_000)
    for start in range(0, 5_000, 1_000):
        spool.append([frame(n, size=100) for n in range(start, start + 1_000)])
    spool.release(5_000)
    spool.tend()
    assert seqs(spool.after(0, 1 << 30)) == list(range(3_001, 5_001))
    assert spool.sizes == (0, 200_000)


def test_a_replay_gives_the_old_frames_as_new_ones_that_name_them(box: Box) -> None:
    spool = box.open(keep_s=1e9)
    spool.append([frame(n, at=n) for n in range(1, 11)])
    spool.release(8)
    spool.decide(9, b"")  # the position is kept with the next decision
    assert box.plan_replay(3, 9) == 6  # 9 was never loaded
    again = spool.replays(4)
    assert [(f.seq, f.replay_of, f.received_at, f.source) for f in again] == [(0, n, n, "mqtt:mill/g1") for n in (3, 4, 5, 6)]
    spool.append(again)
    spool.replayed(4)
    assert [f.replay_of for f in spool.replays(4)] == [7, 8]
    assert [f.replay_of for f in box.open(keep_s=1e9).after(10, 1 << 20)] == [3, 4, 5, 6]


def test_a_frame_that_waits_for_its_replay_is_not_deleted(box: Box) -> None:
    spool = box.open(keep_s=1.0)
    spool.append([frame(n) for n in range(1, 3_001)])
    spool.release(3_000)
    spool.decide(3_001, b"")
    box.plan_replay(2_990, 2_990)
    box.now += HOUR
    spool.tend()
    assert 2_990 in seqs(spool.after(0, 1 << 30))
    assert [f.replay_of for f in spool.replays(10)] == [2_990]


def test_a_replayed_frame_waits_since_now_and_not_since_it_first_came(box: Box) -> None:
    spool = box.open(keep_s=1e9)
    spool.append([Frame("t", b"x", 5, "a", replay_of=1)])
    assert spool.pending() == ({"a": 1}, {"a": box.now})
