"""The database says the same light of a unit, and since when, as the domain does."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.board_standing import light_since
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.light_pages import LightPagesSql
from tricolor.adapters.ledger.schema import verdict
from tricolor.adapters.ledger.verdicts import VerdictBookSql
from tricolor.domain.lights import FORECAST_BINDS, Light, Verdict, overall

MATTERS = [
    ("pace", "basic"), ("pace", "incentive"), ("pace", "carbon:incentive"), ("indicator", "reuse"), ("project", "p1"), ("project", "total"),
    ("forecast", "total"), ("forecast", "basic"), ("budget", ""), ("watch", ""),
]  # fmt: skip
SAID = st.lists(
    st.tuples(st.sampled_from(["e1", "e2"]), st.sampled_from(MATTERS), st.sampled_from(Light), st.booleans(), st.integers(1, 9)),
    unique_by=lambda row: row[:2], max_size=20,
)  # fmt: skip


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> LedgerEngine:
    folder: Path = tmp_path_factory.mktemp("units")
    made = LedgerEngine(f"sqlite:///{folder / 'ledger.sqlite'}")
    made.migrate()
    return made


@settings(max_examples=40, deadline=None)
@given(SAID)
def test_a_units_light_in_the_database_is_the_worst_of_what_counts(
    ledger: LedgerEngine, said: Sequence[tuple[str, tuple[str, str], Light, bool, int]]
) -> None:
    with ledger.writing() as connection:
        connection.execute(verdict.delete())
    book, pages = VerdictBookSql(ledger), LightPagesSql(ledger)
    for entity, (rule, indicator), light, binds, at in said:
        evidence = {FORECAST_BINDS: binds} if rule == "forecast" else {}
        book.put([Verdict(entity, rule, indicator, "2026", light, 1.0, 2.0, "%", "因", "why", None, evidence)], at)
    found = pages.units()
    for entity in ("e1", "e2"):
        mine = pages.of_entities([entity])
        since = light_since(mine)
        assert (entity in found) == any(s.verdict.counts for s in mine) == (since is not None)
        if since is not None:
            assert (found[entity].light, found[entity].since) == (overall(s.verdict for s in mine), since)
