"""What the city asks the service over HTTP: where are you, are you done, please take these figures, this exchange of a meter and these permits."""

import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from simulators.mishaps import Exchange
from simulators.reports import Reports
from simulators.script import PermitRow
from simulators.statistics import Figure
from tricolor.domain.intervals import iso, parse_us

FIGURES_A_REQUEST = 200
TIMEOUT_S = 30.0


class BackendRefused(Exception):
    """The service will not take this, whatever is tried: the message says what to mend."""


class BackendAway(Exception):
    """The service does not answer; try later."""


class Backend:
    """The API of Tricolor with an admin key."""

    def __init__(self, http: str, admin_key: str, transport: httpx.BaseTransport | None = None) -> None:
        base = http if "://" in http else f"http://{http}"
        self._client = httpx.Client(
            base_url=base, headers={"Authorization": f"Bearer {admin_key}"}, timeout=TIMEOUT_S, transport=transport, trust_env=False
        )

    def close(self) -> None:
        self._client.close()

    def wait(self, timeout_s: float) -> bool:
        """Whether the service answers within the time."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                self._client.get("/healthz", timeout=2.0)
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.5)
            else:
                return True

    def last_readings(self) -> dict[str, int]:
        """Time [µs] of the newest reading of every point that has one."""
        found: dict[str, int] = {}
        for row in self._ask("GET", "/v1/points")["points"]:
            if row.get("last_at"):
                found[row["id"]] = parse_us(row["last_at"])
        return found

    def received(self) -> int:
        """Readings the service has taken in since its beginning."""
        return int(self._ask("GET", "/v1/ingest/ledger")["total"]["received"])

    def is_settled(self, received: int) -> bool:
        """Whether it has received that many readings and written and settled all of them."""
        total = self._ask("GET", "/v1/ingest/ledger")["total"]
        return int(total["received"]) >= received and not total["unwritten"] and not total["unsettled"]

    def submit(self, figures: Sequence[Figure]) -> None:
        for begin in range(0, len(figures), FIGURES_A_REQUEST):
            self._ask("POST", "/v1/activities", {"activities": [f.body() for f in figures[begin : begin + FIGURES_A_REQUEST]]})

    def key_users(self) -> list[str]:
        """Units that have to report their energy (重点用能单位)."""
        return [row["id"] for row in self._ask("GET", "/v1/entities")["entities"] if row.get("is_key_user")]

    def asked(self, entities: Sequence[str]) -> dict[tuple[str, str], str]:
        """Unit of every statistic that the service asks for, by (entity, name)."""
        return {
            (entity, row["indicator"]): row["unit"]
            for entity in entities
            for row in self._ask("GET", f"/v1/statistics/asked?entity={quote(entity)}")["asked"]
        }

    def report(self, reports: Reports) -> None:
        """Statistics, budgets, projects and audits; the same twice changes nothing, and what people did about an entry stays."""
        for begin in range(0, len(reports.statistics), FIGURES_A_REQUEST):
            self._ask("POST", "/v1/statistics", {"statistics": list(reports.statistics[begin : begin + FIGURES_A_REQUEST])})
        if reports.budgets:
            self._ask("PUT", "/v1/budgets", {"budgets": list(reports.budgets), "by": "demo"})
        self._register("/v1/projects", "projects", reports.projects)
        self._register("/v1/cp-audits", "audits", reports.audits)

    def _register(self, path: str, name: str, wanted: Mapping[str, Mapping[str, Any]]) -> None:
        known = {row["id"] for row in self._ask("GET", path)[name]}
        for key, body in wanted.items():
            if key not in known:
                self._ask("PUT", f"{path}/{quote(key, safe='/')}", body)

    def declare(self, exchange: Exchange) -> None:
        """A meter exchange, as the energy manager types it; the same twice changes nothing."""
        body = {"at": iso(exchange.at), "final": exchange.final, "start": exchange.start, "reason": exchange.reason, "by": exchange.by}
        self._ask("POST", f"/v1/points/{exchange.point}/exchanges", body)

    def permit(self, row: PermitRow) -> None:
        """A permit, as the bureau's officer enters it; where one of the same matter was ever entered, what people did about it stays."""
        listed = self._ask("GET", f"/v1/permits?entity={row.entity}")["permits"]
        if not any((p["entity"], p["outlet"], p["factor"]) == (row.entity, row.outlet, row.factor) for p in listed):
            self._ask("POST", "/v1/permits", msgspec.to_builtins(row))

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.TransportError as error:
            raise BackendAway(f"{method} {path}: {error}") from error
        if answer.status_code in (429, 500, 502, 503, 504):
            raise BackendAway(f"{method} {path}: {answer.status_code}")
        if answer.status_code >= 400:
            raise BackendRefused(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        try:
            found = answer.json()
        except ValueError as error:
            raise BackendRefused(f"{method} {path}: the answer is not JSON; is this address Tricolor's API?") from error
        if not isinstance(found, dict):
            raise BackendRefused(f"{method} {path}: the answer is not an object")
        return found
