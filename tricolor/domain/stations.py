"""Stations that speak HJ 212: whose they are, and the key (PW) that each must say."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Protocol

from tricolor.domain.errors import Refused

_MN = re.compile(r"[A-Za-z0-9_-]{1,24}")
_PW = re.compile(r"[A-Za-z0-9]{4,32}")


@dataclass(frozen=True, slots=True)
class Station:
    """A station's account. mn: its device id, whatever its case; digest: scrypt of its key with a salt of its own; times [µs UTC]."""

    mn: str
    enterprise: str
    salt: bytes
    digest: bytes
    label: str
    created_at: int
    revoked_at: int | None = None

    def knows(self, pw: str) -> bool:
        """Whether this is its key."""
        return hmac.compare_digest(key_digest(pw, self.salt), self.digest)


class StationList(Protocol):
    """Where the accounts are kept."""

    def list(self, enterprise: str = "") -> "list[Station]":
        """All of them, revoked ones too; TryAgain when the ledger is down."""
        ...


def key_digest(pw: str, salt: bytes) -> bytes:
    """What is kept of a key. Keys of HJ 212 are short, so guessing one from a stolen ledger must cost something."""
    return hashlib.scrypt(pw.encode(), salt=salt, n=512, r=8, p=1, dklen=32)


def require_mn(mn: str) -> str:
    """Refused for a device id that no packet could carry."""
    if not _MN.fullmatch(mn):
        raise Refused(f"MN {mn!r}: 1 to 24 letters and digits, as the station's settings show it (24 in HJ 212-2017, 14 in 2005)")
    return mn


def require_pw(pw: str) -> str:
    """Refused for a key that a station could not be set to."""
    if not _PW.fullmatch(pw):
        raise Refused("a station's key (PW) is 4 to 32 letters and digits; the standard's has 6")
    return pw
