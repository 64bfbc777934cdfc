"""The page of one unit with its intensities and exclusions."""

from dataclasses import replace

from fastapi import Request, Response

from api.board_access import preferences
from api.board_budgets import budget_part
from api.board_desk import Desk, Shown
from api.board_energy import activity_of, consumption
from api.board_exclusions import Typed, exclusions_part
from api.board_forecasts import forecast_part
from api.board_forms import known_name
from api.board_intensities import intensities_part
from api.board_permits import permits_part
from api.board_unit import entity_page
from api.board_words_emissions import PERMIT_DONE
from api.board_words_exclusions import DONE
from api.indicators import Sources, excluded_from_intensity, figures_of
from tricolor.domain.errors import NotFound


def entity_shown(
    desk: Desk, request: Request, entity_id: str, typed: Typed | None = None, status: int = 200, done: str = "", permit: Typed | None = None
) -> Response:  # fmt: skip
    """The page of one unit; typed, permit: a form of exclusions or of permits that was not taken."""
    snapshot, t, deps = desk.snapshot(request), preferences(request).t, desk.deps
    registry, entity = snapshot.registry, snapshot.registry.entities.get(entity_id)
    if entity is None:
        raise NotFound(f"entity {entity_id}")
    used = consumption(deps, registry, entity, snapshot.now)
    view = entity_page(deps, snapshot, entity_id, t, used)
    part = exclusions_part(deps, snapshot, entity, used.months, t, known_name(request), typed)
    if deps.exclusions is not None:
        out = excluded_from_intensity(deps, registry, entity)
        sources = Sources(entity, registry, used.accounts, used.months, figures_of(deps, registry, entity), out)
        view = replace(view, intensities=intensities_part(deps, sources, t))
    view = replace(view, budget=budget_part(deps, snapshot, entity_id, used.months, t))
    view = replace(view, forecast=forecast_part(deps, entity_id, used.months, activity_of(deps, registry, entity), t))
    if view.emissions is not None:
        view = replace(view, permits=permits_part(deps, snapshot, entity, t, known_name(request), permit))
    notices = DONE | PERMIT_DONE
    notice = t(*notices[done]) if done in notices else ""
    live = f"/board/live.json?page=entity&id={entity_id}"
    shown = Shown("entity.html", "overview", view.unit.name, replace(view, exclusions=part), live=live, notice=notice)
    return desk.page(request, snapshot, shown, status)
