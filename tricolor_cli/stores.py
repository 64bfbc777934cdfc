"""Opening the reading store that the settings name."""

from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor.ports import EnergyStore, ReadingStore

log = structlog.get_logger()


class Store(ReadingStore, EnergyStore, Protocol):
    """Readings and cells in one place, to be closed."""

    def compact(self) -> int: ...
    def retain(self, since: int) -> int: ...
    def close(self) -> None: ...


def open_store(settings: Settings, book: RegistryBookSql | None, names: Callable[[], Mapping[int, str]] | None = None) -> Store:
    """DuckDB in the data folder, or InfluxDB by URL. names: point ids by key, where they are not the registry's of now."""
    if settings.store == "duckdb":
        return DuckStore(settings.data / "readings.duckdb")
    try:
        from tricolor.adapters.stores.influxdb import InfluxStore  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise Misconfigured(f"TRICOLOR_STORE=influxdb needs the extra 'influx' ({error.name} is missing)") from error
    return InfluxStore(
        settings.influx_url, settings.influx_org, settings.influx_bucket, settings.influx_token.get_secret_value(),
        settings.influx_username, settings.influx_password.get_secret_value(), names or _names(book), _tell_refused,
    )  # fmt: skip


def _names(book: RegistryBookSql | None) -> "Names":
    if book is None:
        raise ValueError("neither a registry nor names were given")
    return Names(book)


def _tell_refused(lines: list[tuple[str, str]]) -> None:
    """Cells that InfluxDB will never take: the others are stored, these must not block them. Refused readings are in quarantine instead."""
    line, reason = lines[0]
    log.error(
        "InfluxDB refuses energy cells for good", lines=len(lines), first=line[:200], reason=reason[:200],
        mend="mend what the reason names; the cells are written again when their time is settled again",
    )  # fmt: skip


class Names:
    """Point names by key, loaded again when the registry's version moved."""

    def __init__(self, book: RegistryBookSql) -> None:
        self._book = book
        self._version = -1
        self._names: dict[int, str] = {}

    def __call__(self) -> dict[int, str]:
        version = self._book.version()
        if version != self._version:
            points = self._book.points.load()
            self._names = dict(zip(points.key, points.id, strict=True))
            self._version = version
        return self._names
