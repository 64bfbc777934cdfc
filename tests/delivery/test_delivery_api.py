"""Deliveries by API and on the command line: who sees what, sending again, metrics, readiness."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert
from typer.testing import CliRunner

from alerting.reach import Reach
from alerting.sender import Sender
from api.app import create_app
from api.main import wire
from tests.delivery.conftest import LI, T0, S
from tricolor.adapters.ledger.deliveries import DeliveryBookSql
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.operator_alarms import OperatorAlarmsSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.schema import audit, entity
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.catalogue.plans import load_plan
from tricolor.domain.access import KeyKind
from tricolor.domain.delivery import ErrorClass, Failed, shown_address
from tricolor.domain.notifications import Recipient
from tricolor_cli.main import app as command_line

OWN = Recipient("inbox", "c-e0", "c-e0")


class Dead:
    channel = "sms"

    def send(self, message):
        return Failed(ErrorClass.FINAL, "isv.MOBILE_NUMBER_ILLEGAL", "no such number")


@pytest.fixture
def told(lite, dispatcher):
    """Alert 1 of unit e0: by SMS to the bureau (dead), by inbox to the unit's own contact (queued), and to a third that is muted."""
    with lite.ledger.writing() as connection:
        connection.execute(insert(entity), [{"id": f"e{n}", "kind": "enterprise", "name_cn": f"单位{n}"} for n in range(2)])
    lite.tell(lite.open(1), T0)
    lite.tell([1], T0, [OWN], owner=lambda _: "e0")
    lite.tell([1], T0, [Recipient("sms", "000-0000-0009", "sun")], muted="silence:12", due_at=T0 + 9_000 * S)
    dispatcher(lite).run_once(T0)
    Sender(OutboxSql(lite.ledger), Dead(), lambda: 0.0).run_once(T0 + S)
    Reach(DeliveryBookSql(lite.ledger), OperatorAlarmsSql(lite.ledger), 300).run_once(T0 + 400 * S)
    return lite


@pytest.fixture
def ask(told, tmp_path: Path):
    store = DuckStore(tmp_path / "s.duckdb")
    with TestClient(create_app(wire(told.ledger, store, load_plan("qinzhou-2021-2025"), 10_000, lambda: T0 + 1200 * S))) as client:

        def request(method: str, path: str, kind: str = "admin", bound: str = "", **params):
            _, token = KeyBookSql(told.ledger).create(KeyKind(kind), bound, "test", T0)
            return client.request(method, path, params=params, headers={"Authorization": f"Bearer {token}"})

        yield request
    store.close()


def test_an_alert_shows_what_went_to_whom_and_who_was_not_told(ask):
    found = ask("GET", "/v1/alerts/1/deliveries").json()
    sms, inbox = found["deliveries"]
    assert (sms["state"], sms["address"], sms["owner"], sms["alerts"]) == ("dead", "000-****-0001", "bureau", [1])
    assert [(a["result"], a["kind"], a["code"]) for a in sms["attempts"]] == [("refused", "final", "isv.MOBILE_NUMBER_ILLEGAL")]
    assert (inbox["state"], inbox["next_at"]) == ("queued", "2027-01-15T16:00:00+08:00")
    muted = found["notices"][2]
    assert (muted["recipient"], muted["state"], muted["why_not"], muted["delivery"]) == ("sun", "muted", "silence:12", None)
    assert "000-0000-0001" not in json.dumps(found)


def test_a_unit_sees_what_was_told_for_its_own_people_and_no_other_units_alert(ask):
    found = ask("GET", "/v1/alerts/1/deliveries", "read", "e0").json()
    assert [d["recipient"] for d in found["deliveries"]] == ["c-e0"] and [n["owner"] for n in found["notices"]] == ["e0"]
    assert ask("GET", "/v1/alerts/1/deliveries", "read", "e1").status_code == 404
    assert ask("GET", "/v1/alerts/99/deliveries").status_code == 404
    assert [ask("GET", path, "read").status_code for path in ("/v1/deliveries", "/v1/operator-alarms")] == [403, 403]


def test_the_list_is_filtered_paged_and_sent_again_once(ask, told):
    assert [d["id"] for d in ask("GET", "/v1/deliveries", state="dead", channel="sms").json()["deliveries"]] == [1]
    first = ask("GET", "/v1/deliveries", limit=1).json()
    assert [d["id"] for d in ask("GET", "/v1/deliveries", limit=1, cursor=first["next"]).json()["deliveries"]] == [1]
    assert ask("GET", "/v1/deliveries", state="lost").status_code == 422
    assert [ask("POST", "/v1/deliveries/1/retry").json()["state"] for _ in range(2)] == ["queued", "queued"]
    assert [r["target"] for r in told.rows(audit) if r["action"] == "delivery.retry"] == ["delivery/1"]
    assert ask("POST", "/v1/deliveries/99/retry").status_code == 404 and ask("POST", "/v1/deliveries/1/retry", "read").status_code == 403
    OutboxSql(told.ledger).claim(T0 + 1200 * S, 9, 60.0, ["inbox"])
    assert ask("POST", "/v1/deliveries/2/retry").status_code == 409


def test_alarms_metrics_and_readiness_say_what_is_stuck(ask):
    [alarm] = ask("GET", "/v1/operator-alarms").json()["alarms"]
    assert alarm["kind"] == "red_unsent" and "e0" in alarm["text"]["zh"]
    text = ask("GET", "/metrics").text
    for line in (
        'tricolor_outbox_channel_messages{channel="sms",state="dead"} 1.0', 'tricolor_outbox_oldest_queued_seconds{channel="inbox"} 1200.0',
        'tricolor_outbox_attempts_total{channel="sms",class="final"} 1.0', 'tricolor_notices{state="muted"} 1.0',
        'tricolor_operator_alarms{kind="red_unsent"} 1.0',
    ):  # fmt: skip
        assert line in text
    ready = ask("GET", "/readyz").json()
    assert ready["status"] == "ready" and any("inbox have waited for 20 min" in each for each in ready["alarms"])


def test_the_command_shows_failures_and_sends_again(told, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("TRICOLOR_LEDGER_URL", str(told.ledger.url))
    run = CliRunner().invoke

    def said(*words: str) -> str:
        done = run(command_line, ["alert", "deliveries", *words, "--data", str(tmp_path)])
        assert done.exit_code == 0, done.output
        return done.output

    everything = json.loads(said("--json"))
    assert [d["state"] for d in everything["deliveries"]] == ["queued", "dead"] and everything["alarms"][0]["kind"] == "red_unsent"
    assert "silence:12" in said("--alert", "1") and "isv.MOBILE_NUMBER_ILLEGAL" in said("--alert", "1") and LI.address not in said("--alert", "1")
    assert "queued again: 1" in said("--retry", "1") and json.loads(said("--state", "dead", "--json"))["deliveries"] == []
    assert run(command_line, ["alert", "deliveries", "--state", "lost", "--data", str(tmp_path)]).exit_code != 0


def test_an_address_is_shown_without_what_could_be_abused():
    # a number keeps its first three and last four digits; a URL its host
    assert [shown_address(a) for a in ("000-0000-0001", "li@city.example", "https://u:p@h.example/hook?key=1", "robot:energy-duty", "li")] == [
        "000-****-0001", "l…@city.example", "https://h.example/…", "robot:energy-duty", "li",
    ]  # fmt: skip
