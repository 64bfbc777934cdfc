"""Who may do what: the kinds of keys, what a bound key may see, and how a key is read from a request."""

import base64
import hashlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

TOKEN_BYTES = 32
_TOKEN = re.compile(r"tc_(admin|read|push)_[A-Za-z0-9_-]{43}")


class KeyKind(StrEnum):
    """admin does everything; read answers questions; push delivers readings and activity figures."""

    ADMIN = "admin"
    READ = "read"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key a request carries. enterprise: the entity the key is bound to, "" when it is bound to none."""

    kind: KeyKind
    enterprise: str = ""
    key_id: str = ""

    def may_see(self, entity: str) -> bool:
        """Whether what belongs to the entity is this caller's to see (or to write)."""
        return self.kind is KeyKind.ADMIN or not self.enterprise or self.enterprise == entity


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the ledger knows it; the token itself is never kept. created_at, revoked_at [µs UTC]."""

    id: str
    kind: KeyKind
    enterprise: str
    label: str
    created_at: int
    revoked_at: int | None = None

    @property
    def caller(self) -> Caller:
        return Caller(self.kind, self.enterprise, self.id)


class NoKey(Exception):
    """The request carries no key, or one that cannot be read (HTTP 401)."""


class UnknownKey(Exception):
    """The key was never given out, or has been revoked (HTTP 401)."""


class WrongKind(Exception):
    """A good key of a kind that may not do this (HTTP 403)."""

    def __init__(self, kind: KeyKind, wanted: Collection[KeyKind]) -> None:
        self.kind = kind
        self.wanted = tuple(wanted)
        super().__init__(f"a key of kind {kind} was sent, one of kind {' or '.join(self.wanted)} is needed")


def token_text(kind: KeyKind, random: bytes) -> str:
    """The token `tc_<kind>_<random>` people are given; random: 32 bytes."""
    if len(random) != TOKEN_BYTES:
        raise ValueError(f"a token needs {TOKEN_BYTES} random bytes, got {len(random)}")
    return f"tc_{kind}_{base64.urlsafe_b64encode(random).decode().rstrip('=')}"


def token_digest(token: str) -> str:
    """What is stored of a token: SHA-256, hexadecimal. The token holds 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def bearer_token(authorization: str | None) -> str:
    """The token of an `Authorization: Bearer …` header; NoKey when there is none or it is not of our form."""
    if not authorization:
        raise NoKey("no Authorization header was sent")
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise NoKey(f"the Authorization header says {scheme[:16]!r}, not Bearer")
    if not _TOKEN.fullmatch(token.strip()):
        raise NoKey("the key after Bearer is not of the form tc_<kind>_<43 characters>")
    return token.strip()


def identify(authorization: str | None, find: Callable[[str], Key | None], kinds: Collection[KeyKind]) -> Caller:
    """The caller of a request.

    find: looks a token up among the keys in force (KeyBook.find). Raises NoKey, UnknownKey or WrongKind.
    """
    key = find(bearer_token(authorization))
    if key is None:
        raise UnknownKey("the key is not known or has been revoked")
    if key.kind not in kinds:
        raise WrongKind(key.kind, kinds)
    return key.caller


def authenticator(find: Callable[[str], Key | None], kinds: Collection[KeyKind]) -> Callable[[str | None], Caller]:
    """`identify` with the book and the kinds set: authenticate(authorization header) -> Caller."""

    def authenticate(authorization: str | None) -> Caller:
        return identify(authorization, find, kinds)

    return authenticate


PUSH_KINDS = (KeyKind.PUSH, KeyKind.ADMIN)  # may deliver readings and activity figures
READ_KINDS = (KeyKind.READ, KeyKind.ADMIN)
