"""Tricolor as a process of its own, as in tests/e2e."""

from tests.e2e.conftest import make_tricolor

__all__ = ["make_tricolor"]
