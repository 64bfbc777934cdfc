"""Any meter: columns `at` (ISO 8601 with its offset, the END of the interval) and `value`."""

import csv
from typing import TextIO

import numpy as np

from simulators.profiles import Series
from tricolor.domain.intervals import parse_us


def read(text: TextIO) -> Series:
    """Every row; ValueError names the line that cannot be read."""
    at: list[int] = []
    value: list[float] = []
    for number, row in enumerate(csv.DictReader(text), start=2):
        try:
            at.append(parse_us(row["at"]))
            value.append(float(row["value"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number}: {error}") from error
    return Series(np.array(at, dtype=np.int64), np.array(value, dtype=np.float64))
