"""Speaking to InfluxDB 1.x, 2.x or 3.x: line protocol in, InfluxQL as CSV out, its refusals sorted into our errors."""

import io
import json
import re
import threading
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.csv
import urllib3.exceptions
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException

from tricolor.domain.errors import Misconfigured, Refused, TricolorError, TryAgain

SENDERS = 2  # requests on their way: one alone leaves the server idle between two
LINES_PER_REQUEST = 10_000
TIMEOUT_MS = 30_000
_COLUMN_TYPES = {
    "name": pa.string(), "tags": pa.dictionary(pa.int32(), pa.string()), "time": pa.int64(),
    "value": pa.float64(), "quality": pa.int64(), "seq": pa.int64(), "received_us": pa.int64(),
    "amount": pa.float64(), "covered_us": pa.int64(), "flag": pa.int64(), "count": pa.int64(),
}  # fmt: skip
R = TypeVar("R")
_EPOCH = datetime.fromtimestamp(0, UTC)
_DROPPED = re.compile(r"dropped=(\d+)")


class InfluxWire:
    """One server and one database (bucket). Thread-safe. The server is looked at on first use: 1.x by its /ping, whatever else counts as 2.x."""

    def __init__(self, url: str, org: str, bucket: str, token: str, username: str, password: str) -> None:
        self.url, self.org, self.bucket = url.rstrip("/"), org, bucket
        if not self.url.startswith(("http://", "https://")):
            raise Misconfigured(f"TRICOLOR_INFLUX_URL is {url!r}: write it like http://127.0.0.1:8086")
        self._client: Any = InfluxDBClient(url=self.url, token=token, org=org, timeout=TIMEOUT_MS)
        self._write_api: Any = self._client.write_api(write_options=SYNCHRONOUS)
        self._headers = {"Accept": "application/csv"}
        if username:
            self._headers["Authorization"] = "Basic " + b64encode(f"{username}:{password}".encode()).decode()
        elif token:
            self._headers["Authorization"] = f"Token {token}"
        self._lock = threading.Lock()
        self._is_v1: bool | None = None

    def write(self, lines: Sequence[str]) -> list[tuple[str, str]]:
        """Write the lines; those that the server will never take, with its reason. Idempotent.

        Raises TryAgain (down, busy), Misconfigured (key, address or database wrong).
        """
        return self.write_parts(lines[start : start + LINES_PER_REQUEST] for start in range(0, len(lines), LINES_PER_REQUEST))

    def write_parts(self, parts: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
        """Like write, a request a part, SENDERS of them on their way at a time; meanwhile the next is made. No instant of a point may come twice."""
        refused: list[tuple[str, str]] = []
        sending: deque[Future[list[tuple[str, str]]]] = deque()
        with ThreadPoolExecutor(SENDERS, "influx-write") as sender:
            for lines in parts:
                if len(sending) == SENDERS:
                    refused += sending.popleft().result()
                sending.append(sender.submit(self._write_chunk, lines))
            while sending:
                refused += sending.popleft().result()
        return refused

    def query(self, *statements: str) -> list[pa.Table]:
        """One table a statement that found something, with the columns name, tags, time [µs] and those asked for; numbers are exact."""
        body = self._ask(";".join(statements), "application/csv")
        if not body.strip():  # 1.x leaves a statement's error out of its CSV: ask again in words, one by one
            for statement in statements:
                self._raise_errors(self._ask(statement, "application/json"))
            return []
        options = pyarrow.csv.ConvertOptions(column_types=_COLUMN_TYPES)
        tables = [pyarrow.csv.read_csv(io.BytesIO(part), convert_options=options) for part in body.split(b"\n\n") if part.strip()]
        for table in tables:
            if "error" in table.column_names:
                raise TryAgain(f"InfluxDB: {table['error'][0].as_py()}")
        return tables

    def delete(self, measurement: str, before_us: int) -> None:
        """Delete what is older than the instant [µs]. Misconfigured where the server has no deleting (3.x): its own retention must do it."""
        if self._is_first_generation():
            self._raise_errors(self._ask(f'DELETE FROM "{measurement}" WHERE time < {before_us * 1000}', "application/json"))  # noqa: S608 - our own names
            return
        span = _EPOCH, _EPOCH + timedelta(microseconds=before_us - 1)  # the server counts the end in
        try:
            self._sorted(lambda: self._client.delete_api().delete(*span, f'_measurement="{measurement}"', bucket=self.bucket, org=self.org))
        except (Misconfigured, _BadLines) as error:
            raise Misconfigured(
                f"InfluxDB does not delete what is past TRICOLOR_RETENTION_DAYS ({error}): the token needs write access to the bucket;"
                f" where the server has no /api/v2/delete (3.x), give {self.bucket} a retention period of its own"
            ) from error

    def close(self) -> None:
        self._client.close()

    def _write_chunk(self, lines: Sequence[str]) -> list[tuple[str, str]]:
        """Send; halve when too large, bisect when something of it is bad."""
        try:
            self._send("\n".join(lines).encode())
        except _BadLines as bad:
            dropped = _DROPPED.search(bad.reason)
            if len(lines) == 1 or (dropped and int(dropped[1]) == len(lines)):
                return [(line, bad.reason) for line in lines]
        except _TooLarge as large:
            if len(lines) == 1:
                return [(lines[0], str(large))]
        else:
            return []
        middle = len(lines) // 2
        return self._write_chunk(lines[:middle]) + self._write_chunk(lines[middle:])

    def _send(self, body: bytes) -> None:
        if self._is_first_generation():
            query = {"db": self.bucket, "precision": "u"}
            self._request("POST", "/write?" + urlencode(query), body=body, headers={**self._headers, "Content-Type": "text/plain; charset=utf-8"})
            return
        self._sorted(lambda: self._write_api.write(bucket=self.bucket, org=self.org, record=body, write_precision=WritePrecision.US))

    def _ask(self, influxql: str, accept: str) -> bytes:
        self._is_first_generation()
        form = urlencode({"db": self.bucket, "epoch": "u", "q": influxql}).encode()
        headers = {**self._headers, "Accept": accept, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        try:
            return self._request("POST", "/query", body=form, headers=headers)
        except _BadLines as bad:
            raise Refused(f"InfluxDB does not take the query: {bad.reason}") from bad

    def _raise_errors(self, body: bytes) -> None:
        for result in json.loads(body).get("results", []):
            error = result.get("error")
            if error and "database not found" in error:
                raise Misconfigured(f"InfluxDB has no database for TRICOLOR_INFLUX_BUCKET={self.bucket} (2.x: a DBRP mapping is needed): {error}")
            if error:
                raise TryAgain(f"InfluxDB: {error}")

    def _is_first_generation(self) -> bool:
        with self._lock:
            if self._is_v1 is None:
                answer = self._sorted(lambda: self._client.api_client.rest_client.GET(self.url + "/ping", headers={}))
                is_v1 = str(answer.getheader("X-Influxdb-Version") or "").lstrip("v").startswith("1.")
                if is_v1:
                    self._create_database()
                self._is_v1 = is_v1
            return self._is_v1

    def _create_database(self) -> None:
        quoted = self.bucket.replace("\\", "\\\\").replace('"', '\\"')
        form = urlencode({"q": f'CREATE DATABASE "{quoted}"'}).encode()
        headers = {**self._headers, "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        try:
            self._request("POST", "/query", body=form, headers=headers)
        except _Forbidden:
            return  # not ours to create: a missing one is reported when it is used

    def _request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        def run() -> bytes:
            rest = self._client.api_client.rest_client
            answer = rest.request(method, self.url + path, headers=headers, body=body, _preload_content=False)
            return bytes(answer.data)

        return self._sorted(run)

    def _sorted(self, call: Callable[[], R]) -> R:
        """The call's result, its failures sorted by what can be done about them."""
        try:
            return call()
        except ApiException as error:
            raise self._sort(int(error.status or 0), _reason(error)) from error
        except urllib3.exceptions.HTTPError as error:
            raise TryAgain(f"InfluxDB at {self.url} does not answer: {error}") from error
        except OSError as error:
            raise TryAgain(f"InfluxDB at {self.url}: {error}") from error

    def _sort(self, status: int, reason: str) -> TricolorError:
        if status == 401:
            return Misconfigured(
                f"InfluxDB refuses our key: check TRICOLOR_INFLUX_TOKEN, or TRICOLOR_INFLUX_USERNAME and _PASSWORD for 1.x ({reason})"
            )
        if status == 403:
            return _Forbidden(f"our key may not use TRICOLOR_INFLUX_BUCKET={self.bucket}: check TRICOLOR_INFLUX_TOKEN or _USERNAME ({reason})")
        if status == 404:
            return Misconfigured(f"InfluxDB at TRICOLOR_INFLUX_URL={self.url} has no TRICOLOR_INFLUX_BUCKET={self.bucket} ({reason})")
        if status == 0:
            return Misconfigured(f"TRICOLOR_INFLUX_URL={self.url}: {reason}")
        if status == 413:
            return _TooLarge(reason)
        if status in (400, 422):
            return _BadLines(reason)
        return TryAgain(f"InfluxDB answers {status}: {reason}")


class _BadLines(Refused):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _TooLarge(Refused):
    """413: the server wants smaller requests."""


class _Forbidden(Misconfigured):
    """403"""


def _reason(error: ApiException) -> str:
    body: Any = error.body
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body or error.reason or "")
    try:
        said = json.loads(text)
        return str(said.get("error") or said.get("message") or text)[:2000]
    except (ValueError, AttributeError):
        return text.strip()[:2000]
