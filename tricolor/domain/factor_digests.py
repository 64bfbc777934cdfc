"""Digests of the factors that accounts were made with: whether a plan pack or a table says something else than before."""

import hashlib
from collections.abc import Mapping

from tricolor.domain.factors import FactorBook


def digests(book: FactorBook) -> Mapping[str, str]:
    """By carrier, a digest of all that accounts take from the book; other words about a factor do not change it."""
    parts: dict[str, hashlib._Hash] = {}
    for f in book.factors:
        said = (f.id, f.kind.value, f.value, f.unit, f.per, f.valid_from, f.valid_to, f.parts)
        parts.setdefault(f.carrier, hashlib.sha256()).update(repr(said).encode())
    return {carrier: made.hexdigest()[:16] for carrier, made in parts.items()}
