"""What the commands share: settings with a folder put over them, the ledger opened and closed, a running service asked over HTTP."""

import fcntl
import getpass
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured, Refused, TryAgain
from tricolor.domain.intervals import local_midnight, parse_us

Data = Annotated[Path | None, typer.Option("--data", help="存储目录 · folder of the embedded stores (TRICOLOR_DATA)")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON · answer as JSON")]
KeyFile = Annotated[Path | None, typer.Option("--key-file", help="管理密钥文件 · file with an admin key; default: the variable TRICOLOR_ADMIN_KEY")]


def settings_at(data: Path | None) -> Settings:
    return Settings() if data is None else Settings(data=data)


def now_us() -> int:
    return time.time_ns() // 1000


def who() -> str:
    """Who gave the command, for the audit."""
    return f"cli {getpass.getuser()}"


@contextmanager
def open_ledger(settings: Settings) -> Iterator[LedgerEngine]:
    """The ledger at its newest schema. It may be open in other processes."""
    ledger = LedgerEngine(settings.ledger)
    try:
        ledger.migrate()
        yield ledger
    finally:
        ledger.close()


def is_running(settings: Settings) -> bool:
    """Whether a Tricolor holds the folder now."""
    path = settings.data / "tricolor.lock"
    if not path.exists():
        return False
    with path.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.flock(file, fcntl.LOCK_UN)
    return False


def instant_of(text: str, option: str) -> int:
    """A day of Asia/Shanghai (2026-11-20) or a time with its offset [µs]; Refused names the option."""
    try:
        if len(text) == 10:
            return local_midnight(date.fromisoformat(text))
        return parse_us(text)
    except ValueError as error:
        raise Refused(f"{option} is {text!r}: write a day (2026-11-20) or a time with its offset (2026-11-20T08:00:00+08:00)") from error


def ask_running(settings: Settings, method: str, path: str, key_file: Path | None, body: object = None) -> Any:
    """What the running service answers to an administrator; Refused with its words, Misconfigured without a key."""
    headers = _admin(key_file)
    try:
        answer = httpx.request(method, f"http://{settings.http}{path}", json=body, headers=headers, timeout=3600)
    except httpx.HTTPError as error:
        raise _silent(settings, error) from error
    _require_good(answer, f"{method} {path}")
    return answer.json()


def download(settings: Settings, path: str, query: Mapping[str, str], key_file: Path | None, out: Path) -> Mapping[str, str]:
    """Have the running service's answer written to a file, all of it or none; its headers. Raises as ask_running."""
    headers, partial = _admin(key_file), out.with_name(out.name + ".partial")
    try:
        with httpx.stream("GET", f"http://{settings.http}{path}", params=dict(query), headers=headers, timeout=3600) as answer:
            if answer.status_code >= 400:
                answer.read()
            _require_good(answer, f"GET {path}")
            with partial.open("wb") as file:
                for chunk in answer.iter_bytes():
                    file.write(chunk)
            partial.replace(out)
            return answer.headers
    except httpx.HTTPError as error:
        raise _silent(settings, error) from error
    except OSError as error:
        raise TryAgain(f"{out} could not be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def _admin(key_file: Path | None) -> dict[str, str]:
    key = key_file.read_text(encoding="utf-8").strip() if key_file is not None else os.environ.get("TRICOLOR_ADMIN_KEY", "")
    if not key:
        raise Misconfigured("a Tricolor runs on this folder: give --key-file or TRICOLOR_ADMIN_KEY (an admin key) to ask it, or stop it")
    return {"Authorization": f"Bearer {key}"}


def _silent(settings: Settings, error: Exception) -> TryAgain:
    return TryAgain(f"the service that holds {settings.data} does not answer at TRICOLOR_HTTP={settings.http}: {error}")


def _require_good(answer: httpx.Response, what: str) -> None:
    if answer.status_code < 400:
        return
    try:
        said = answer.json().get("detail", answer.text)
    except ValueError:
        said = answer.text
    raise Refused(f"{what} is answered {answer.status_code}: {said}")
