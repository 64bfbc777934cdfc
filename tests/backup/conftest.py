"""Tricolor as a process of its own, as in tests/e2e, and databases that are empty."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.e2e.conftest import make_tricolor

__all__ = ["make_tricolor"]
Fresh = Callable[[], str]


@pytest.fixture
def fresh(postgres_url: str) -> Iterator[Fresh]:
    """Makes an empty database; its URL."""
    made: list[str] = []

    def make() -> str:
        made.append(f"b{uuid4().hex}")
        _administer(postgres_url, f"CREATE DATABASE {made[-1]}")
        return make_url(postgres_url).set(database=made[-1]).render_as_string(hide_password=False)

    yield make
    for name in made:
        _administer(postgres_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
