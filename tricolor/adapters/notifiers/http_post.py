"""Posting to a provider: what the connection's end says of the message, and no secret in any word of it."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

from tricolor.domain.channel_facts import ErrorTable
from tricolor.domain.delivery import ErrorClass, Failed

ANSWER_MAX_BYTES: Final = 16_384
DETAIL_MAX: Final = 300
WAIT_MAX_S: Final = 3_600.0
LONG_PART: Final = 8  # characters; a shorter part of a path is a word like "send"
SHOWN_SECRET: Final = 4  # a shorter secret is no secret, and would blot out ordinary words
# httpx and httpcore log whole addresses, and a robot's address is its key
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Posted:
    """What the other side answered. body: its first ANSWER_MAX_BYTES; wait_s: that it asks to wait, where it says so [s]."""

    status: int
    body: bytes
    wait_s: float | None = None


def client(timeout_s: float) -> httpx.Client:
    """Follows no redirect: a message goes where the operator wrote, and nowhere else."""
    return httpx.Client(timeout=timeout_s, follow_redirects=False, headers={"User-Agent": "tricolor"})


def post(by: httpx.Client, url: str, body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> Posted | Failed:
    """One POST of JSON. Nothing sent: RETRY; sent and no answer: UNKNOWN; an address that is none: FINAL."""
    try:
        with by.stream("POST", url, content=body, headers={"Content-Type": "application/json; charset=utf-8", **headers}) as answer:
            return Posted(answer.status_code, _first_bytes(answer), _asked_wait(answer.headers))
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError):
        return Failed(ErrorClass.FINAL, "address", "地址无法使用，检查渠道配置 · the address cannot be used: check the settings of the channel")
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        words = clean(f"连接不上 · no connection: {type(error).__name__} {error}", secrets)
        return Failed(ErrorClass.RETRY, "connect", words)
    except httpx.TimeoutException as error:
        return Failed(
            ErrorClass.UNKNOWN, "timeout", f"对方未及时答复，消息可能已送达 · no answer in time, it may have been sent: {type(error).__name__}"
        )
    except httpx.TransportError as error:
        return Failed(ErrorClass.UNKNOWN, "broken", f"连接中断，消息可能已送达 · the connection broke, it may have been sent: {type(error).__name__}")


def failed(errors: ErrorTable, code: str, words: str, secrets: Sequence[str], wait_s: float | None = None) -> Failed:
    """The refusal as its row of data classes it, with what mends it and the provider's own words."""
    row = errors.row(code, words)
    wait = min(wait_s if wait_s is not None else row.wait_s or 0.0, WAIT_MAX_S) if row.kind is ErrorClass.WAIT else None
    said = clean(words, secrets)
    return Failed(row.kind, code, f"{row.zh} · {row.en}" + (f"（{said}）" if said else ""), wait)


def secrets_in(url: str) -> tuple[str, ...]:
    """What of an address may be a key: all of it, path and query, its password, and every long part of either."""
    try:
        parts = urlsplit(url)
        whole = parts.path + (f"?{parts.query}" if parts.query else "")
        pieces = (*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query)))
        return (url, *(s for s in (whole, parts.username or "", parts.password or "", *pieces) if len(s) >= LONG_PART))
    except ValueError:
        return (url,)


def clean(words: str, secrets: Sequence[str]) -> str:
    """Words of the other side without our secrets, however it writes them, on one line, cut."""
    for secret in sorted((s for s in secrets if len(s) >= SHOWN_SECRET), key=len, reverse=True):
        for written in (secret, quote(secret, safe="")):
            words = re.sub(re.escape(written), "***", words, flags=re.IGNORECASE)
    return " ".join(words.split())[:DETAIL_MAX]


def _first_bytes(answer: httpx.Response) -> bytes:
    """The message arrived whatever becomes of the rest of the answer."""
    found = b""
    try:
        for part in answer.iter_bytes(ANSWER_MAX_BYTES):
            found += part
            if len(found) >= ANSWER_MAX_BYTES:
                break
    except httpx.HTTPError:
        pass
    return found[:ANSWER_MAX_BYTES]


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    for name in ("x-ogw-ratelimit-reset", "retry-after"):  # the first is Feishu's
        try:
            return max(0.0, float(headers[name]))
        except (KeyError, ValueError):  # none, or a date
            continue
    return None
