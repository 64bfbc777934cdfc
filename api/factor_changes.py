"""Changing factors through the API and the wallboard: the desk, the preview, and the restatements to read."""

from collections.abc import Callable

from api.deps import Dependencies
from tricolor.analysis.factor_changes import FactorChanges
from tricolor.analysis.restate import recount_from
from tricolor.catalogue.factors import carriers, factor_book
from tricolor.domain.entities import Registry
from tricolor.domain.errors import Refused
from tricolor.ports_accounts import FactorDesk, RestatementDesk


def factor_desk(deps: Dependencies) -> FactorDesk:
    """Refused where whoever composed the services left it out."""
    if deps.factor_desk is None:
        raise Refused("this API was composed without the desk for factors")
    return deps.factor_desk


def restatements_of(deps: Dependencies) -> RestatementDesk:
    """Refused where whoever composed the services left it out."""
    if deps.restatements is None:
        raise Refused("this API was composed without restatements")
    return deps.restatements


def changes_of(deps: Dependencies, registry: Callable[[], Registry]) -> FactorChanges:
    """What previews and applies a change of factors, over the stores of this API."""
    base, rows = factor_book(deps.plan), restatements_of(deps)
    return FactorChanges(base, carriers(), factor_desk(deps), rows, recount_from(registry, deps.energy, carriers()), registry)
