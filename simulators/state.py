"""How far the city has come, in a small file beside the data, so that the next run continues there."""

import os
from pathlib import Path

import msgspec

NAME = "simulator-state.json"


class Sent(msgspec.Struct):
    """until [µs]: everything up to here is acknowledged by the broker; seq: last message number."""

    until: int | None = None
    seq: int = 0


class State(msgspec.Struct):
    seed: int
    gateways: dict[str, Sent] = {}
    figures_to: str = ""  # last month whose figures were submitted, YYYY-MM
    is_silence_over: bool = False
    started: int = 0  # of the first run [µs]: what went wrong with meters is told from there

    def of(self, gateway: str) -> Sent:
        return self.gateways.setdefault(gateway, Sent())


def load(folder: Path, seed: int) -> State:
    """The state of an earlier run of the same seed; a fresh one when there is none or it cannot be read."""
    try:
        found = msgspec.json.decode((folder / NAME).read_bytes(), type=State)
    except (OSError, msgspec.DecodeError):
        return State(seed)
    return found if found.seed == seed else State(seed)


def save(folder: Path, state: State) -> None:
    """Written whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{NAME}.new"
    with temporary.open("wb") as out:
        out.write(msgspec.json.format(msgspec.json.encode(state), indent=1))
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(folder / NAME)
