"""The broker as the settings describe it: where it is, who we are there, and who administers its accounts."""

from ingest_service.main import broker_address
from tricolor.adapters.broker_admin.accounts import ADMIN, read
from tricolor.adapters.broker_admin.address import BrokerAddress
from tricolor.adapters.broker_admin.dynsec import DynSec
from tricolor.adapters.broker_admin.gateways import GatewayAccounts
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.gateways import GatewayBookSql
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured

ACCOUNTS = "broker/accounts.json"


def gateway_accounts(settings: Settings, ledger: LedgerEngine) -> GatewayAccounts:
    """The gateways' accounts; Misconfigured at their first use when nobody says who administers the broker."""
    return GatewayAccounts(GatewayBookSql(ledger), _LateDynSec(settings))


class _LateDynSec(DynSec):
    """Looks for the administrator's password when it is needed: the embedded broker makes it at its first start."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(broker_address(settings))
        self._settings = settings

    def _ask(self, *commands: dict[str, object]) -> list[dict[str, object]]:
        self._address = admin_address(self._settings)
        return super()._ask(*commands)


def admin_address(settings: Settings) -> BrokerAddress:
    """As the administrator: by TRICOLOR_BROKER_ADMIN_*, else with the password that the embedded broker was started with."""
    if settings.broker_admin_username:
        return broker_address(settings, settings.broker_admin_username, settings.broker_admin_password.get_secret_value())
    kept = settings.data / ACCOUNTS
    if kept.exists():
        return broker_address(settings, ADMIN, read(kept).admin)
    raise Misconfigured(
        "the broker has no accounts: start `tricolor up` with TRICOLOR_BROKER_AUTH=dynsec, or name the administrator of an external mosquitto"
        " with dynamic security in TRICOLOR_BROKER_ADMIN_USERNAME and TRICOLOR_BROKER_ADMIN_PASSWORD"
    )
