"""200 stations of HJ 212, each a packet a second, against a Tricolor process of its own: every packet that was answered 9014 is stored, none is lost.

`python bench/hj212.py --seconds 300`; without options it runs 20 s.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.hj212.station_load import load, prepared, stored
from tricolor.adapters.sources.broker import Broker


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=20)
    options.add_argument("--stations", type=int, default=200)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        tricolor, port = prepared(folder, given.stations)
        host, mqtt = tricolor.mqtt.split(":")
        broker = Broker(host, int(mqtt), folder / "broker")
        tricolor.start()
        began = time.monotonic()
        try:
            stations, late = asyncio.run(load(port, given.stations, given.seconds))
            spent = time.monotonic() - began
            answered = sum(len(s.answered) for s in stations)
            total = tricolor.wait_settled(2 * answered)
            print(json.dumps({k: total[k] for k in ("received", "stored", "duplicate", "quarantined")}))
        finally:
            tricolor.stop()
            broker.stop()
        rows = stored(folder)
        lost = sum(len(set(range(len(s.answered))) - rows.get(f"{s.mn.lower()}.w01018.rtd", set())) for s in stations)
    late.sort()
    print(
        f"{given.stations} stations, {answered} of {given.stations * given.seconds} packets answered in {spent:.0f} s, {lost} of them not stored; "
        f"answers: {late[len(late) // 2] * 1e3:.0f} ms (median), {late[int(len(late) * 0.99)] * 1e3:.0f} ms (99 %), {late[-1] * 1e3:.0f} ms (worst)"
    )
    assert lost == 0 and answered == given.stations * given.seconds


if __name__ == "__main__":
    main()
