"""Heat networks: their balance, and that of each branch."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.deps import Deps
from api.problems import bad_parameter, documented
from api.routes.energy import From, To
from api.security import ReaderView
from api.times import span_of, within_bounds, within_reach
from tricolor.analysis.heat_balance import WHOLE, BalanceRow, heat_balance
from tricolor.domain.entities import EntityKind
from tricolor.domain.intervals import Step, iso

router = APIRouter(tags=["供热管网 heat networks"], responses=documented(401, 403, 404, 422, 503))


class BalanceCell(BaseModel):
    """One step. Heat in GJ. loss and its rate count only the 15 minutes in which every heat meter is known; null under 95 % of them."""

    start: str
    end: str
    fed_in_gj: float | None
    delivered_gj: float | None
    stored_gj: float | None = Field(description="rise of the heat in the pipes, by plug flow; null where flow, temperature or pipe is not known")
    loss_gj: float | None
    loss_rate: float | None
    is_known: bool
    coverage: float = Field(description="share of the time in which all heat meters are known")
    known_share: float = Field(description="share of the heat meters' time that is known")
    missing: list[str] = Field(description="heat points that lack over 5 % of the step")
    supply_c: float | None = Field(description="at the entry [°C]")
    end_c: float | None = Field(description="at the users [°C]")
    return_c: float | None = Field(description="back at the entry [°C]")
    drop_k_per_km: float | None
    delay_h: float | None = Field(description="time the water is under way")


class NetworkCell(BalanceCell):
    make_up_t: float | None
    pump_kwh: float | None
    pump_kwh_per_gj: float | None
    coal_kgce: float | None
    coal_kgce_per_gj: float | None


class BranchBalance(BaseModel):
    """A branch by its id; "" is the trunk from the sources to the branch heads."""

    branch: str
    cells: list[BalanceCell]


class NetworkBalance(BaseModel):
    network: str
    step: str
    cells: list[NetworkCell]
    branches: list[BranchBalance]


@router.get("/v1/networks/{network_id}/balance", summary="Heat fed in, delivered, held back and lost, of a network and each branch")
def balance(
    network_id: str, view: ReaderView, deps: Deps, start: From = None, end: To = None, step: Annotated[Step, Query()] = Step.DAY
) -> NetworkBalance:
    """The span is widened to whole 15-minute cells. Meters without a heat register are worked out from flow and temperatures."""
    entity = view.entity(network_id)
    if entity.kind is not EntityKind.NETWORK:
        raise bad_parameter("network_id", f"{network_id} 不是供热管网", f"{network_id} is of kind {entity.kind}, not a heat network")
    span = span_of(start, end, deps.clock())
    points = view.registry.points_of(network_id)
    within_bounds(span, step, 1 + len({m.branch for m in view.registry.meters.values() if m.entity_id == network_id}))
    within_reach(span, len(points))
    rows = heat_balance(view.registry, network_id, span, step, deps.energy, deps.readings, deps.factors.now(), deps.plan.rules.heat_loss.coverage_min)
    branches: dict[str, list[BalanceCell]] = {}
    for row in rows:
        if row.branch != WHOLE:
            branches.setdefault(row.branch, []).append(BalanceCell.model_validate(_members(row)))
    return NetworkBalance(
        network=network_id, step=step.value, cells=[NetworkCell.model_validate(_members(r)) for r in rows if r.branch == WHOLE],
        branches=[BranchBalance(branch=name, cells=cells) for name, cells in branches.items()],
    )  # fmt: skip


def _members(row: BalanceRow) -> dict[str, object]:
    names = NetworkCell.model_fields.keys() - {"start", "end", "missing"}
    return {name: getattr(row, name) for name in names} | {"start": iso(row.start), "end": iso(row.end), "missing": list(row.missing)}
