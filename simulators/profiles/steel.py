"""A steel works by the quarter hour: the UCI data set "Steel Industry Energy Consumption" (id 851).

`date` is the END of the interval, day/month/year, local time without daylight saving, taken as +08:00. The row written d/m/Y 0:00 is the end
of the day it names (24:00), so it follows 23:45 of the same day.
"""

import csv
from datetime import datetime
from typing import TextIO

import numpy as np

from simulators.profiles import Series
from tricolor.domain.intervals import DAY_US, SHANGHAI, to_us


def read(text: TextIO) -> Series:
    """Usage_kWh of every row; ValueError names the line that cannot be read."""
    at: list[int] = []
    value: list[float] = []
    for number, row in enumerate(csv.DictReader(text), start=2):
        try:
            label = datetime.strptime(row["date"], "%d/%m/%Y %H:%M").replace(tzinfo=SHANGHAI)
            value.append(float(row["Usage_kWh"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number}: {error}") from error
        is_midnight = label.hour == 0 and label.minute == 0
        at.append(to_us(label) + (DAY_US if is_midnight else 0))
    return Series(np.array(at, dtype=np.int64), np.array(value, dtype=np.float64))
