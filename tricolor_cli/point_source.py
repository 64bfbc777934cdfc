"""Where a command about one point gets its answer: the stores when they are free, else the Tricolor that runs on them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exchanges import MeterFactsBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.config import Settings
from tricolor.domain.entities import Registry
from tricolor.domain.errors import Misconfigured, NotFound, TryAgain
from tricolor.domain.exchanges import MeterFacts
from tricolor.domain.meters import Point
from tricolor.ports import EnergyStore, ReadingStore
from tricolor_cli.stores import open_store

TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class PointSource:
    """A point with what its answers are made from. siblings: the other points of its meter."""

    point: Point
    siblings: tuple[Point, ...]
    facts: MeterFacts
    store: ReadingStore
    energy: EnergyStore
    registry: Registry


def from_store(settings: Settings, point_id: str, ask: Callable[[PointSource], dict[str, Any]]) -> dict[str, Any] | None:
    """What the question answers over the folder's stores; None where a running Tricolor holds them. Misconfigured: there are none; NotFound."""
    if settings.store == "duckdb" and not (settings.data / "readings.duckdb").exists():
        raise Misconfigured(f"there is no readings file in {settings.data}: name the folder with --data or TRICOLOR_DATA")
    ledger = LedgerEngine(settings.ledger)
    try:
        ledger.migrate()
        book = RegistryBookSql(ledger)
        registry = book.load()
        if point_id not in registry.points:
            raise NotFound(f"没有测点 {point_id!r} · there is no point {point_id!r}")
        point = registry.points[point_id]
        try:
            store = open_store(settings, book)
        except Misconfigured as error:
            if "in use" in str(error):
                return None
            raise
        try:
            siblings = tuple(p for p in registry.points.values() if p.meter_id == point.meter_id and p.key != point.key)
            return ask(PointSource(point, siblings, MeterFactsBookSql(ledger).load(), store, store, registry))
        finally:
            store.close()
    finally:
        ledger.close()


def from_api(settings: Settings, path: str, params: Mapping[str, str], key: str) -> dict[str, Any]:
    """The answer of the running Tricolor. Misconfigured: no key, or it refuses; NotFound; TryAgain: it does not answer."""
    if not key:
        raise Misconfigured("Tricolor is running on this folder: pass --key (or TRICOLOR_KEY) with a read or admin key, so that it can be asked")
    url = f"{settings.base_url}{quote(path)}"
    try:
        answer = httpx.get(url, params=dict(params), headers={"Authorization": f"Bearer {key}"}, timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        raise TryAgain(
            f"{settings.base_url} 没有应答 · does not answer ({error}): is it still starting, or does TRICOLOR_HTTP name another port?"
        ) from error
    if answer.status_code == 401:
        raise Misconfigured(f"{settings.base_url} 不认这把密钥 · does not know this key: pass --key (or TRICOLOR_KEY) with a read or admin key")
    if answer.status_code == 404:
        raise NotFound(f"{settings.base_url} 没有 {path} · has no {path}, or the key may not see it")
    if answer.status_code != 200:
        raise Misconfigured(f"{url} answers {answer.status_code}: {answer.text[:400]}")
    found: dict[str, Any] = answer.json()
    return found
