"""mosquitto's dynamic security, spoken over MQTT: commands to `$CONTROL/dynamic-security/v1`, answers from `…/response`."""

import json
import threading
import uuid
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tricolor.adapters.broker_admin.accounts import acls, new_password
from tricolor.adapters.broker_admin.address import BrokerAddress
from tricolor.domain.errors import Misconfigured, NotFound, Refused, TryAgain
from tricolor.domain.gateways import TopicRight, gateway_rights, gateway_username

TOPIC = "$CONTROL/dynamic-security/v1"
WAIT_S = 5.0
PAGE = 200


class DynSec:
    """Gives out, takes back and lists the gateways' accounts. One short connection a call.

    Raises TryAgain when the broker does not answer, Misconfigured when it refuses our account or has no dynamic security.
    """

    def __init__(self, address: BrokerAddress) -> None:
        self._address = address

    def add(self, enterprise: str, name: str) -> str:
        """A new account for the gateway; its password. Refused when there is one already."""
        username, password = gateway_username(enterprise, name), new_password()
        role = {"rolename": username, "acls": acls(gateway_rights(enterprise, name))}
        made, right, account = self._ask(
            {"command": "createRole", **role},
            {"command": "modifyRole", **role},  # of an addition that was cut off there may be one already
            {"command": "createClient", "username": username, "password": password, "textName": "gateway", "roles": [{"rolename": username}]},
        )
        if "already exists" in account.get("error", ""):
            raise Refused(f"the broker has an account {username!r} already; `tricolor gateway rotate` gives it a new password")
        _require([right, account] if "already exists" in made.get("error", "") else [made, right, account])
        return password

    def rotate(self, enterprise: str, name: str) -> str:
        """A new password; who is connected with the old one is disconnected. NotFound."""
        username, password = gateway_username(enterprise, name), new_password()
        answers = self._ask(
            {"command": "setClientPassword", "username": username, "password": password},
            {"command": "disableClient", "username": username},  # the plugin disconnects at this one only
            {"command": "enableClient", "username": username},
        )
        if "not found" in answers[0].get("error", ""):
            raise NotFound(f"the broker has no account {username!r}")
        _require(answers)
        return password

    def revoke(self, enterprise: str, name: str) -> None:
        """Take the account back; the gateway is disconnected at once. Taking back what is not there changes nothing."""
        username = gateway_username(enterprise, name)
        answers = self._ask({"command": "deleteClient", "username": username}, {"command": "deleteRole", "rolename": username})
        _require([a for a in answers if "not found" not in a.get("error", "")])

    def keep(self, username: str, password: str, rights: tuple[TopicRight, ...]) -> None:
        """An account of our own with exactly this password and these rights, made or changed; whatever nobody allows is denied from then on."""
        role = {"rolename": username, "acls": acls(rights)}
        account = {"username": username, "roles": [{"rolename": username}]}
        denied = [
            {"acltype": kind, "allow": kind == "unsubscribe"} for kind in ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe")
        ]
        answers = self._ask(
            {"command": "setDefaultACLAccess", "acls": denied},
            {"command": "createRole", **role},
            {"command": "modifyRole", **role},
            {"command": "createClient", **account, "password": password, "textName": "Tricolor"},
            {"command": "modifyClient", **account},
            {"command": "setClientPassword", "username": username, "password": password},
        )
        _require([a for a in answers if "already exists" not in a.get("error", "")])

    def keep_role(self, name: str, rights: tuple[TopicRight, ...]) -> None:
        """A role with exactly these rights, made or changed; who has it is the administrator's to say."""
        role = {"rolename": name, "acls": acls(rights)}
        answers = self._ask({"command": "createRole", **role}, {"command": "modifyRole", **role})
        _require([a for a in answers if "already exists" not in a.get("error", "")])

    def usernames(self) -> list[str]:
        """Every account that the broker knows."""
        found: list[str] = []
        while True:
            (answer,) = self._ask({"command": "listClients", "verbose": False, "count": PAGE, "offset": len(found)})
            _require([answer])
            page = answer["data"]["clients"]
            found += page
            if not page or len(found) >= int(answer["data"]["totalCount"]):
                return found

    def _ask(self, *commands: dict[str, Any]) -> list[dict[str, Any]]:
        """The answers to the commands, in their order."""
        return _Exchange(self._address).run(commands)


class _Exchange:
    """One connection: subscribe to the answers, send all commands in one message, gather."""

    def __init__(self, address: BrokerAddress) -> None:
        self._address = address
        self._connected, self._subscribed, self._done = threading.Event(), threading.Event(), threading.Event()
        self._refusal = ""
        self._answers: list[dict[str, Any]] = []
        self._wanted = 0
        self._client = address.prepare(paho.Client(CallbackAPIVersion.VERSION2, client_id=f"tricolor-admin-{uuid.uuid4().hex[:12]}"))
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def run(self, commands: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        self._wanted = len(commands)
        try:
            self._client.connect(self._address.host, self._address.port, keepalive=30)
        except OSError as error:
            raise TryAgain(f"the broker at {self._address} does not answer: {error}") from error
        self._client.loop_start()
        try:
            self._await(self._connected, f"the broker at {self._address} does not answer")
            if self._refusal:
                raise Misconfigured(f"the broker refuses our administration account: {self._refusal}; check TRICOLOR_BROKER_ADMIN_PASSWORD")
            self._client.subscribe(f"{TOPIC}/response", qos=1)
            self._await(self._subscribed, "the broker does not answer our subscription")
            self._client.publish(TOPIC, json.dumps({"commands": list(commands)}), qos=1)
            if not self._done.wait(WAIT_S):
                raise Misconfigured(
                    f"the broker at {self._address} does not answer {TOPIC}: is the dynamic-security plugin loaded (TRICOLOR_BROKER_AUTH=dynsec),"
                    " and is our account an administrator of it?"
                )
            return self._answers
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    @staticmethod
    def _await(event: threading.Event, complaint: str) -> None:
        if not event.wait(WAIT_S):
            raise TryAgain(complaint)

    def _on_connect(self, client: paho.Client, userdata: object, flags: paho.ConnectFlags, reason: ReasonCode, properties: Properties | None) -> None:
        self._refusal = str(reason) if reason.is_failure else ""
        self._connected.set()

    def _on_subscribe(self, client: paho.Client, userdata: object, mid: int, reasons: list[ReasonCode], properties: Properties | None) -> None:
        self._subscribed.set()

    def _on_message(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        self._answers += json.loads(message.payload).get("responses", [])
        if len(self._answers) >= self._wanted:
            self._done.set()


def _require(answers: Sequence[dict[str, Any]]) -> None:
    for answer in answers:
        if "error" in answer:
            raise Refused(f"the broker refuses {answer.get('command', '')}: {answer['error']}")
