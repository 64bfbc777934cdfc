"""What the tests of exclusions share: the rule set that ships, an exclusion and an entry to vary, a town whose energy a test sets."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tricolor.catalogue.exclusions import shipped_rules
from tricolor.domain.exclusions import Exclusion, ExclusionEntry, ExclusionKind, ExclusionRule

PLAIN = Exclusion("mill", ExclusionKind.FEEDSTOCK, "2026-01", "2026-01", 100.0, 100.0, "发改环资〔2022〕803号", "原料台账")


@pytest.fixture
def rules() -> tuple[ExclusionRule, ...]:
    return shipped_rules()


@pytest.fixture
def fact() -> Callable[..., Exclusion]:
    return lambda **changes: replace(PLAIN, **changes)


@pytest.fixture
def entry() -> Callable[..., ExclusionEntry]:
    def make(number: int = 1, revoked_at: int | None = None, **changes: Any) -> ExclusionEntry:
        return ExclusionEntry(number, replace(PLAIN, **changes), "li", 0, revoked_at)

    return make
