"""The broker as the settings describe it: where it is, who we are there, and who administers its accounts."""

import time

from pydantic import SecretStr

from ingest_service.main import broker_address
from tricolor.adapters.broker_admin.accounts import ADMIN, DEVICES, INGEST, Accounts, read
from tricolor.adapters.broker_admin.address import BrokerAddress
from tricolor.adapters.broker_admin.dynsec import DynSec
from tricolor.adapters.broker_admin.gateways import GatewayAccounts
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.gateways import GatewayBookSql
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured, TryAgain
from tricolor.domain.gateways import ALERTS_READER, ALERTS_READER_RIGHTS, DEVICES_RIGHTS, INGEST_RIGHTS

ACCOUNTS = "broker/accounts.json"
STARTING_S = 15.0


def gateway_accounts(settings: Settings, ledger: LedgerEngine) -> GatewayAccounts:
    """The gateways' accounts; Misconfigured at their first use when nobody says who administers the broker."""
    return GatewayAccounts(GatewayBookSql(ledger), _LateDynSec(settings))


def own_accounts(settings: Settings, devices_password: str) -> list[str]:
    """Makes or mends the intake's account at the broker, and that of simulated devices where a password is given; their names.

    Misconfigured when no password is set for the intake, or one of the accounts would be the administrator's own.
    """
    username, password = settings.mqtt_username or INGEST, settings.mqtt_password.get_secret_value()
    if not password:
        raise Misconfigured(f"TRICOLOR_MQTT_PASSWORD is empty: set the password that the intake's account {username!r} is to have")
    admin = admin_address(settings)
    if admin.username in (username, DEVICES):
        raise Misconfigured(
            f"TRICOLOR_BROKER_ADMIN_USERNAME and TRICOLOR_MQTT_USERNAME are both {username!r}: the intake needs an account of its own"
        )
    broker = _await_broker(DynSec(admin))
    broker.keep(username, password, INGEST_RIGHTS)
    broker.keep_role(ALERTS_READER, ALERTS_READER_RIGHTS)
    if not devices_password:
        return [username]
    broker.keep(DEVICES, devices_password, DEVICES_RIGHTS)
    return [username, DEVICES]


def mend_rights(settings: Settings, accounts: Accounts) -> None:
    """Gives the accounts of an embedded broker that an older version made the rights of this one."""
    broker = _await_broker(DynSec(broker_address(settings, ADMIN, accounts.admin)))
    broker.keep(INGEST, accounts.ingest, INGEST_RIGHTS)
    broker.keep_role(ALERTS_READER, ALERTS_READER_RIGHTS)


def as_intake(settings: Settings) -> Settings:
    """With the account that the intake has at the embedded broker, where none is set; for commands beside a running `tricolor up`."""
    kept = settings.data / ACCOUNTS
    if settings.mqtt_username or not kept.exists():
        return settings
    return settings.model_copy(update={"mqtt_username": INGEST, "mqtt_password": SecretStr(read(kept).ingest)})


def _await_broker(broker: DynSec) -> DynSec:
    """A broker that is just being started is given STARTING_S; then TryAgain."""
    until = time.monotonic() + STARTING_S
    while True:
        try:
            broker.usernames()
            return broker
        except TryAgain:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


class _LateDynSec(DynSec):
    """Looks for the administrator's password when it is needed: the embedded broker makes it at its first start."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(broker_address(settings))
        self._settings = settings

    def _ask(self, *commands: dict[str, object]) -> list[dict[str, object]]:
        self._address = admin_address(self._settings)
        return super()._ask(*commands)


def _admin_password(settings: Settings) -> str:
    path = settings.broker_admin_password_file
    if path is None:
        return settings.broker_admin_password.get_secret_value()
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"TRICOLOR_BROKER_ADMIN_PASSWORD_FILE={path} cannot be read: {error}") from error


def admin_address(settings: Settings) -> BrokerAddress:
    """As the administrator: by TRICOLOR_BROKER_ADMIN_*, else with the password that the embedded broker was started with."""
    if settings.broker_admin_username:
        return broker_address(settings, settings.broker_admin_username, _admin_password(settings))
    kept = settings.data / ACCOUNTS
    if kept.exists():
        return broker_address(settings, ADMIN, read(kept).admin)
    raise Misconfigured(
        "the broker has no accounts: start `tricolor up` with TRICOLOR_BROKER_AUTH=dynsec, or name the administrator of an external mosquitto"
        " with dynamic security in TRICOLOR_BROKER_ADMIN_USERNAME and TRICOLOR_BROKER_ADMIN_PASSWORD"
    )
