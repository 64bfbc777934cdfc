"""Links for phones, signed: the key of a message and a short signature over it, short enough for an SMS."""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from typing import Final

from itsdangerous import BadSignature, Signer
from itsdangerous.signer import SigningAlgorithm

from tricolor.domain.errors import Refused

PAGE: Final = "/a/"
SALT: Final = b"tricolor.phone-link"
SIGNATURE_BYTES: Final = 12  # 96 bits: 16 characters
TOKEN_MAX: Final = 40
# strict, because base64 decoding overlooks strange characters: one token has one writing
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{8,23}\.[A-Za-z0-9_-]{16}", re.ASCII)
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{8,23}", re.ASCII)


class _ShortHmac(SigningAlgorithm):
    """HMAC-SHA256 cut to its first 96 bits, as an SMS has room for no more: whoever guesses must ask this server, 2^95 times."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.new(key, value, hashlib.sha256).digest()[:SIGNATURE_BYTES]


class SignedLinks:
    """PhoneLinks by itsdangerous. keys: the secrets in force, the newest last, asked for at every use so that a rotation counts at once."""

    def __init__(self, keys: Callable[[], Sequence[bytes]]) -> None:
        self._keys = keys

    def sign(self, key: str) -> str:
        """ValueError for a key that does not fit: 8 to 23 of A-Z a-z 0-9 _ -."""
        if not _KEY.fullmatch(key):
            raise ValueError("a message's key is 8 to 23 characters of A-Z a-z 0-9 _ -")
        return PAGE + self._signer().sign(key).decode("ascii")

    def key_of(self, token: str) -> str:
        if len(token) > TOKEN_MAX or not _TOKEN.fullmatch(token):
            raise Refused("the link is not one of ours")
        try:
            return self._signer().unsign(token).decode("ascii")
        except BadSignature:
            raise Refused("the link is not one of ours") from None  # the error would carry the token

    def _signer(self) -> Signer:
        return Signer(list(self._keys()), salt=SALT, key_derivation="hmac", digest_method=hashlib.sha256, algorithm=_ShortHmac())
