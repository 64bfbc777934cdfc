"""Exports made by a running service: a Parquet file beside the stores that is gone when it was sent, also when the process is killed."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.stores.parquet import write_energy, write_readings
from tricolor.config import Settings
from tricolor.domain.errors import TryAgain
from tricolor.domain.intervals import Interval
from tricolor_cli.stores import Store

_NAME = ".export.parquet"


def export_maker(settings: Settings, book: RegistryBookSql, store: Store) -> Callable[[str, Interval], tuple[int, BinaryIO]]:
    """For GET /v1/export: (what, span) to the number of rows and a file without a name. TryAgain while another one is written."""
    one_at_a_time = threading.Lock()
    path = settings.data / f"{_NAME}.{os.getpid()}"
    for left in settings.data.glob(f"{_NAME}.*"):  # of a process that was killed
        with suppress(OSError):
            left.unlink()

    def make(what: str, span: Interval) -> tuple[int, BinaryIO]:
        if not one_at_a_time.acquire(blocking=False):
            raise TryAgain("another export is being written")
        try:
            rows = (write_readings if what == "readings" else write_energy)(store, book.load(), span, path)
            file = path.open("rb")
            path.unlink()
            return rows, file
        finally:
            one_at_a_time.release()

    return make
