"""What `tricolor alert` and `tricolor contact` stand on: the router over the folder's ledger."""

from alerting.routing import WEBHOOK, Router
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.routing import RoutingBookSql
from tricolor.catalogue.plans import Plan
from tricolor.catalogue.plans.beside import load_plan_beside, names_in
from tricolor.channel_settings import load_channels, ways_of
from tricolor.config import Settings
from tricolor.domain.channel_ways import Ways

DEFAULT_HOOK = f"{WEBHOOK}:default"  # the one of TRICOLOR_WEBHOOK_URL


def configured(settings: Settings) -> Ways | None:
    """The ways to people of the service; None where only its own TRICOLOR_CHANNELS would say: in server mode without the file here."""
    if settings.channels is None and not settings.ledger.startswith("sqlite"):
        return None
    return ways_of(load_channels(settings.channels), settings.webhook_url)


def router_of(settings: Settings, ledger: LedgerEngine, plan: Plan | None = None) -> Router:
    """The router that the alerting service uses too; plan: None loads the one that the settings name."""
    the_plan = plan or load_plan_beside(settings.plan, names_in(settings.plans_beside))
    return Router(the_plan, settings.base_url, DEFAULT_HOOK if settings.webhook_url else "", RoutingBookSql(ledger), ways=configured(settings))
