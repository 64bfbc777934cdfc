"""What the columns of a CSV mean: one file a profile, found by its name."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TextIO

from simulators.noise import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Amounts of intervals; at [µs]: the END of each interval."""

    at: Ints
    value: Floats


Reader = Callable[[TextIO], Series]


def profiles() -> list[str]:
    return sorted(module.name for module in iter_modules(__path__))


def profile(name: str) -> Reader:
    """The reader of a profile; ValueError lists the known ones."""
    if name not in profiles():
        raise ValueError(f"profile {name!r} is not known; known: {', '.join(profiles())}")
    reader: Reader = import_module(f"{__name__}.{name}").read
    return reader
