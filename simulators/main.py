"""The simulated city as a process: history first, then live; and the figures the statistics bureau publishes."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from simulators.backend import Backend, BackendRefused
from simulators.backfill import Progress
from simulators.links import Stop
from simulators.publish import Broker, BrokerSilent
from simulators.screen import Screen
from simulators.script import CITY, City, load_city
from simulators.town import HEARTBEAT_S, Options, Town


def run_city(
    mqtt: str,
    http: str,
    admin_key: str,
    data: Path,
    months: int | None,
    live: bool,
    stop: Stop,
    progress: Progress,
    *,
    city: City | None = None,
    options: Options | None = None,
) -> int:
    """Back-fill, submit figures, stay live until stop; the readings the broker acknowledged in the back-fill.

    mqtt: host:port; http: address of the API, "" for none; data: folder of the state file; options, when given, wins over months and live.
    BrokerSilent and BackendRefused when the other side fails for good.
    """
    chosen = options or Options(months=months, is_live=live)
    town = Town(city or load_city(), Broker.of(mqtt, chosen.username, chosen.password), data, chosen, stop, progress)
    return town.run(Backend(http, admin_key) if http else None)


def serve(broker: str, http: str, key: str, data: Path, options: Options, city: City) -> int:
    """Run with signals and a screen; the exit code."""
    console = Console(stderr=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    screen = Screen(console)
    try:
        run_city(broker, http, key, data, options.months, options.is_live, stop, screen, city=city, options=options)
    except (BrokerSilent, BackendRefused, ValueError) as error:
        console.print(f"[red]{error}[/red]")
        return 1
    finally:
        screen.close()
    return 0


def admin_key(file: Path | None, environment: Mapping[str, str]) -> str:
    """The key of a file or of TRICOLOR_ADMIN_KEY; never of the command line, where everyone can read it."""
    return file.read_text(encoding="utf-8").strip() if file is not None else environment.get("TRICOLOR_ADMIN_KEY", "")


def station_keys(text: str) -> dict[str, str]:
    """PW by MN, of MN=PW pairs with commas between them."""
    return {mn: pw for mn, _, pw in (pair.partition("=") for pair in text.split(",")) if mn and pw}


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None, run: Callable[..., int] = serve) -> int:
    """`python -m simulators.main`; the environment is read here and nowhere else."""
    env = os.environ if environment is None else environment
    parser = argparse.ArgumentParser(prog="simulators.main", description=__doc__)
    parser.add_argument("--mqtt", default="127.0.0.1:1883", help="broker, host:port")
    parser.add_argument("--http", default="127.0.0.1:8000", help='the API, host:port; "" sends no figures')
    parser.add_argument("--key-file", type=Path, help="file that holds an admin key; default: TRICOLOR_ADMIN_KEY")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the state file")
    parser.add_argument("--city", type=Path, default=CITY, help="folder with registry.toml and script.toml")
    parser.add_argument("--months", type=int, help="months of history; default: all since 2025-01")
    parser.add_argument("--no-live", action="store_true", help="stop when the history is published and the figures are in")
    parser.add_argument("--heartbeat", type=float, default=HEARTBEAT_S, help="seconds between live readings")
    parser.add_argument("--speed", type=float, default=1.0, help="play the last --rewind hours this many times faster")
    parser.add_argument("--rewind", type=float, default=0.0, help="hours of history to play instead of back-filling them")
    asked = parser.parse_args(arguments)
    key = admin_key(asked.key_file, env)
    if asked.http and not key:
        parser.error("no admin key: set TRICOLOR_ADMIN_KEY or give --key-file")
    options = Options(
        asked.months, not asked.no_live, asked.heartbeat, asked.speed, asked.rewind * 3600.0,
        env.get("TRICOLOR_MQTT_USERNAME", ""), env.get("TRICOLOR_MQTT_PASSWORD", ""), hj212=env.get("TRICOLOR_HJ212", ""),
        station_keys=station_keys(env.get("TRICOLOR_STATION_KEYS", "")),
    )  # fmt: skip
    return run(asked.mqtt, asked.http, key, asked.data, options, load_city(asked.city))


if __name__ == "__main__":
    sys.exit(main())
