"""The accounts that an embedded broker with dynamic security starts with, and the file that keeps their passwords (mode 0600)."""

import base64
import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tricolor.domain.errors import Misconfigured
from tricolor.domain.gateways import DEVICES_RIGHTS, INGEST_RIGHTS, TopicRight

ADMIN, INGEST, DEVICES = "tricolor-admin", "tricolor-ingest", "tricolor-devices"
ITERATIONS = 100_000  # PBKDF2-HMAC-SHA512; the plugin takes the number from the file
_ACL_TYPES = {"publish": "publishClientSend", "receive": "publishClientReceive", "subscribe": "subscribePattern"}
_ADMIN_RIGHTS = (TopicRight("publish", "$CONTROL/dynamic-security/#"), TopicRight("receive", "$CONTROL/dynamic-security/#"),
                 TopicRight("subscribe", "$CONTROL/dynamic-security/#"), TopicRight("subscribe", "$SYS/#"),
                 TopicRight("receive", "$SYS/#"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Accounts:
    """Passwords of the three accounts of our own: who gives out accounts, the intake, and simulated devices."""

    admin: str
    ingest: str
    devices: str


def new_password() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def acls(rights: tuple[TopicRight, ...]) -> list[dict[str, object]]:
    """The rights in the words of the dynamic-security plugin."""
    return [{"acltype": _ACL_TYPES[r.kind], "topic": r.topic, "allow": True, "priority": 0} for r in rights]


def load_or_make(folder: Path, config: Path) -> Accounts:
    """The accounts kept in the folder; at the first start made, with the plugin's configuration that knows them.

    Misconfigured when one of the two files is there without the other: passwords and broker would not fit.
    """
    path = folder / "accounts.json"
    if path.exists() != config.exists():
        raise Misconfigured(f"of {path} and {config} only one is there: restore the other, or remove both (gateways must then be added anew)")
    if path.exists():
        return read(path)
    accounts = Accounts(new_password(), new_password(), new_password())
    _write_private(config, json.dumps(initial(accounts), indent=1))
    _write_private(path, json.dumps(asdict(accounts)))
    return accounts


def read(path: Path) -> Accounts:
    """The accounts of a file; Misconfigured when it is not one of ours."""
    try:
        return Accounts(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}") from error


def initial(accounts: Accounts) -> dict[str, Any]:
    """dynamic-security.json with our three accounts; whatever is not allowed is denied."""
    rights = {ADMIN: _ADMIN_RIGHTS, INGEST: INGEST_RIGHTS, DEVICES: DEVICES_RIGHTS}
    passwords = {ADMIN: accounts.admin, INGEST: accounts.ingest, DEVICES: accounts.devices}
    return {
        "clients": [
            {"username": name, "textName": "Tricolor", "roles": [{"rolename": name}], **_hashed(passwords[name])} for name in rights
        ],
        "roles": [{"rolename": name, "acls": acls(of)} for name, of in rights.items()],
        "defaultACLAccess": {"publishClientSend": False, "publishClientReceive": False, "subscribe": False, "unsubscribe": True},
    }  # fmt: skip


def _hashed(password: str) -> dict[str, object]:
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return {"password": base64.b64encode(digest).decode(), "salt": base64.b64encode(salt).decode(), "iterations": ITERATIONS}


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
