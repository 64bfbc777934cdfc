"""Random mutations of HJ 212 packets against scanner, parser and codec: no crash, no reading out of a damaged packet's frame.

`python bench/fuzz_hj212.py --seconds 600`; without options it runs 5 s.
"""

import argparse
import random
import time

from tricolor.adapters.codecs.hj212 import Hj212
from tricolor.domain.errors import Unreadable
from tricolor.domain.hj212 import BLANK, MAX_PACKET, Scanner, frame, parse
from tricolor.domain.readings import Frame

SEEDS = [
    b"QN=20261120080000123;ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&DataTime=20261120080000;w01018-Rtd=12.5,w01018-Flag=N&&",
    b"QN=20261120080000123;ST=31;CN=2061;PW=123456;MN=010000A8900016F000169DC0;Flag=7;PNUM=2;PNO=1;CP=&&DataTime=20261120070000;a21002-Avg=5,a21&&",
    b"QN=20261120080000123;ST=31;CN=2061;PW=123456;MN=010000A8900016F000169DC0;Flag=7;PNUM=2;PNO=2;CP=&&002-Cou=9,a21002-Flag=D;a00000-Cou=1&&",
    b"ST=32;CN=2051;PW=123456;MN=88888880000001;CP=&&DataTime=20261120075000;011-Min=1,011-Avg=2,011-Max=3,011-Cou=0.1&&",
    b"QN=1;ST=31;CN=1013;PW=1;MN=A;Flag=5;CP=&&PolId=w01018&&",
    b"",
]
TOKENS = [b"##", b"\r\n", b"&&", b"CP=&&", b";", b",", b"=", b"-Flag=N", b"PNUM=64;PNO=64;", b"1e999", b"\xff\xfe", b"\0", b"99999999999999", b"0044"]


def mutated(rng: random.Random) -> bytes:
    """One to four packets, some damaged before, some after their check value is made."""
    parts: list[bytes] = []
    for _ in range(rng.randint(1, 4)):
        data = rng.choice(SEEDS)
        if rng.random() < 0.6:
            data = _damage(rng, data)
        raw = frame(data[:9_000])
        parts.append(_damage(rng, raw) if rng.random() < 0.4 else raw)
        if rng.random() < 0.2:
            parts.append(rng.randbytes(rng.randint(0, 40)))
    return b"".join(parts)


def _damage(rng: random.Random, data: bytes) -> bytes:
    held = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randint(0, len(held))
        match rng.randint(0, 4):
            case 0 if held:
                held[min(at, len(held) - 1)] ^= 1 << rng.randint(0, 7)
            case 1:
                held[at:at] = rng.choice(TOKENS)
            case 2:
                del held[at : at + rng.randint(1, 12)]
            case 3:
                held[at:at] = held[at : at + rng.randint(1, 60)]
            case _:
                held[at:at] = rng.randbytes(rng.randint(1, 8))
    return bytes(held)


def one(raw: bytes, rng: random.Random, codec: Hj212) -> int:
    """Holds the laws for a stream; how many readings came out."""
    scanner, pieces, at = Scanner(), [], 0
    while at < len(raw):
        step = rng.randint(1, 200)
        pieces += scanner.feed(raw[at : at + step])
        at += step
    pieces += scanner.end()
    whole = Scanner()
    at_once = [*whole.feed(raw), *whole.end()]
    assert [p.data for p in pieces if not p.fault] == [p.data for p in at_once if not p.fault], "the cut of the stream changed its packets"
    assert all(len(p.raw) <= max(MAX_PACKET, len(raw)) for p in pieces)
    assert sum(len(p.raw.strip(BLANK)) for p in pieces) <= len(raw)
    for piece in pieces:
        if not piece.fault:
            parse(piece.data)
    try:
        decoded = codec.decode(Frame("", raw, 0, "fuzz"))
    except Unreadable:
        return 0
    places = sorted([*(decoded.index or []), *(r.index for r in decoded.rejections)])
    assert places == list(range(decoded.received)), "a reading has no place of its own"
    return len(decoded.at)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--seed", type=int, default=int(time.time()))
    given = options.parse_args()
    rng, codec = random.Random(given.seed), Hj212()
    until, streams, readings = time.monotonic() + given.seconds, 0, 0
    while time.monotonic() < until:
        state = rng.getstate()
        raw = mutated(rng)
        try:
            readings += one(raw, rng, codec)
        except Exception:
            print(f"seed {given.seed}, stream {streams}: {raw!r}, state hash {hash(state)}")
            raise
        streams += 1
    print(f"seed {given.seed}: {streams:,} streams in {given.seconds:g} s, {readings:,} readings out of them, no crash")


if __name__ == "__main__":
    main()
