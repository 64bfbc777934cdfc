"""Entering a permit, for the API and the wallboard alike: what cannot be is told by its field before anything is written."""

from dataclasses import replace

from api.deps import Dependencies
from api.emission_figures import outlets_inside
from api.problems import Fault
from tricolor.catalogue.pollutants import all_pollutants
from tricolor.domain.emissions import Permit
from tricolor.domain.entities import Registry
from tricolor.domain.errors import Refused
from tricolor.ports_emissions import PermitBook


def permit_book(deps: Dependencies) -> PermitBook:
    """Refused where whoever composed the services left it out."""
    if deps.permits is None:
        raise Refused("this API was composed without the permits")
    return deps.permits


def no_factor(code: str) -> Fault:
    return Fault("factor", f"没有污染因子 {code!r}", f"there is no factor {code!r}; codes are those of HJ 212, e.g. w01018")


def permit_faults(registry: Registry, permit: Permit) -> list[Fault]:
    """What the registry and the list of factors have against it."""
    if permit.factor not in all_pollutants():
        return [no_factor(permit.factor)]
    outlets = {o.outlet for o in outlets_inside(registry, [permit.entity])}
    if not permit.outlet or permit.outlet in outlets:
        return []
    zh = f"{permit.entity} 没有监测站 {permit.outlet!r}，已登记：{'、'.join(sorted(outlets)) or '无'}"
    return [Fault("outlet", zh, f"{permit.entity} has no station {permit.outlet!r}; registered: {', '.join(sorted(outlets)) or 'none'}")]


def with_unit(permit: Permit) -> Permit:
    """With the factor's own unit where none was given."""
    return permit if permit.unit else replace(permit, unit=all_pollutants()[permit.factor].unit)
