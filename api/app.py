"""The API as one FastAPI app over ready-made ports; who made the ports is not its business."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api import problems
from api.deps import CurrentRegistry, Dependencies
from api.middleware import BodyLimit, CarefulHeaders
from api.routes import (
    activities,
    addresses,
    alerts,
    backup,
    budgets,
    bulletins,
    catalogue,
    cp_audits,
    deliveries,
    emissions,
    energy,
    entities,
    exclusions,
    explain,
    export,
    factors,
    facts,
    forecasts,
    gateways,
    intake,
    intensity,
    items,
    lights,
    networks,
    offline,
    operations,
    plans,
    points,
    projects,
    quality,
    quarantine,
    receipts,
    roster,
    silences,
    statistics,
)

__all__ = ["Dependencies", "create_app"]

DESCRIPTION = """红、黄、绿用能预警 / red, yellow and green lights for a city's energy.

Every `/v1` route needs a key: `Authorization: Bearer tc_…` (`tricolor key create`). Times carry the +08:00 offset of Asia/Shanghai.
Every error is an RFC 9457 problem with `mend`, what to do about it. `null` means not known; it never means zero.
Lists answer `next`: pass it as `cursor` for the following page.
"""


def create_app(deps: Dependencies, on_close: Callable[[], None] | None = None) -> FastAPI:
    """The app with all routes. Further routers (pushes, the wallboard) may be included by whoever composes the services; on_close runs at its end."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        if on_close is not None:
            on_close()

    app = FastAPI(title="Tricolor", version="1", description=DESCRIPTION, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.deps = deps
    app.state.registry = CurrentRegistry(deps.registry)
    problems.install(app)
    app.add_middleware(BodyLimit, limit_bytes=deps.max_body_bytes)
    app.add_middleware(CarefulHeaders)
    # a route with a fixed path stands before one that would take it for an id
    parts = (
        entities, points, energy, emissions, explain, facts, items, intensity, exclusions, budgets, forecasts, lights, networks,
        silences, roster, addresses, alerts, quality,
        quarantine, intake, activities, statistics, offline, catalogue, plans, factors, gateways, backup, export, operations, projects, cp_audits,
        receipts, bulletins, deliveries,
    )  # fmt: skip
    for part in parts:
        app.include_router(part.router)
    return app
