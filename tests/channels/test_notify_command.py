"""`tricolor notify` and what `tricolor doctor` says of channels, against real servers on this machine."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from tests.channels.far_side import HttpFarSide, MailDrop, free_port
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.routing import AddressDeskSql
from tricolor.adapters.ledger.schema import attempt, contact, outbox
from tricolor.config import Settings
from tricolor.domain.errors import Problems, Refused, TricolorError
from tricolor.domain.roster import Address
from tricolor_cli.common import now_us
from tricolor_cli.doctor_channels import look_at_channels
from tricolor_cli.main import app


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, _migrated_sqlite: Path) -> Iterator[tuple[Path, HttpFarSide, MailDrop]]:
    folder = tmp_path_factory.mktemp("notify")
    shutil.copyfile(_migrated_sqlite, folder / "ledger.sqlite")
    far, drop = HttpFarSide(), MailDrop()
    far.judge = lambda path, headers, body: (200, b'{"errcode":0,"errmsg":"ok"}')
    (folder / "channels.toml").write_text(
        f"""
[robots.energy-duty]
kind = "wecom"
url = "{far.url}/send?key=wecom-key-0001"
[webhooks.city]
url = "{far.url}/hook-path-0001"
secret = "hook-secret-0001"
[mail]
host = "127.0.0.1"
port = {drop.port}
tls = "none"
sender = "alerts@tricolor.example"
"""
    )
    (folder / "channels.toml").chmod(0o600)
    yield folder, far, drop
    far.close()
    drop.close()


@pytest.fixture(autouse=True)
def _environment(place: tuple[Path, HttpFarSide, MailDrop], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICOLOR_CHANNELS", str(place[0] / "channels.toml"))
    monkeypatch.setenv("TRICOLOR_DATA", str(place[0]))


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["notify", *words])


def answers(*words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("test", *words, "--json").stdout)
    return found


def test_a_test_message_really_goes_out_and_says_that_it_is_one(place: tuple[Path, HttpFarSide, MailDrop]) -> None:
    _, far, drop = place
    assert [(a["channel"], a["answer"], a["state"]) for a in answers("--to", "robot:energy-duty")] == [("wecom", "accepted", "accepted")]
    assert "测试" in far.taken[-1][2].decode() and "不需要处理" in far.taken[-1][2].decode()
    assert answers("--to", "mail:duty@city.example", "--light", "red")[0]["answer"] == "accepted"
    assert "测试" in drop.mails[-1]["Subject"] and "红色" in drop.mails[-1]["Subject"]
    assert answers("--to", "webhook:city")[0]["answer"] == "accepted" and json.loads(far.taken[-1][2])["test"] is True
    assert answers("--to", "duty")[0]["state"] == "delivered"


def test_a_contact_is_told_at_each_address_that_is_on_or_at_the_one_asked_for(place: tuple[Path, HttpFarSide, MailDrop]) -> None:
    ledger = LedgerEngine(Settings().ledger)
    ledger.migrate()
    with ledger.writing() as connection:
        connection.execute(
            insert(contact).values(id="wang", of="energy-office", name="甲", role="", phone="000-0000-0001", email="wang@city.example")
        )
    desk = AddressDeskSql(ledger)
    desk.put(Address("wang", "mail", "@email", place=2), "test", now_us())
    desk.put(Address("wang", "wecom", "robot:energy-duty", place=1), "test", now_us())
    desk.put(Address("wang", "voice", "@phone", is_on=False), "test", now_us())
    ledger.close()
    told = answers("--to", "wang")
    assert [(a["channel"], a["address"], a["answer"]) for a in told] == [
        ("wecom", "robot:energy-duty", "accepted"), ("mail", "wang@city.example", "accepted"), ("inbox", "wang", "accepted"),
    ]  # fmt: skip
    assert [a["channel"] for a in answers("--to", "wang", "--channel", "mail")] == ["mail"]
    error = run("test", "--to", "wang", "--channel", "voice").exception
    assert isinstance(error, Refused) and "wecom、mail、inbox" in str(error)


def test_a_failure_is_printed_with_its_code_and_ends_with_1(place: tuple[Path, HttpFarSide, MailDrop]) -> None:
    place[1].answers = [(200, b'{"errcode":93000,"errmsg":"invalid webhook url wecom-key-0001"}'), (200, b"")]
    said = run("test", "--to", "robot:energy-duty")
    place[1].answers = []
    assert said.exit_code == 1 and "93000" in said.stdout and "检查 key" in said.stdout and "wecom-key-0001" not in said.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--to", "nobody"), "no such contact"), (("--to", "robot:other"), "there are: energy-duty"), (("--to", "webhook:other"), "there are: city"),
        (("--to", "pigeon:x"), "no such channel"), (("--to", "sms:000-0000-0001"), "not set"), (("--to", "dingtalk:energy-duty"), "no such robot"),
        (("--to", "robot:energy-duty", "--light", "blue"), "--light"),
    ],
)  # fmt: skip
def test_what_cannot_be_tested_is_said_and_nothing_is_sent(place: tuple[Path, HttpFarSide, MailDrop], words: tuple[str, ...], says: str) -> None:
    before = len(place[1].requests)
    error = run("test", *words).exception
    assert isinstance(error, Refused) and says in str(error) and len(place[1].requests) == before


def test_the_list_shows_what_is_set_how_it_fared_and_no_secret(place: tuple[Path, HttpFarSide, MailDrop]) -> None:
    ledger = LedgerEngine(Settings().ledger)
    ledger.migrate()
    now = now_us()
    row = {"event_id": 1, "alert_id": 1, "address": "robot:energy-duty", "recipient": "x", "why": "OPENED", "light": "red", "title": "t", "text": "t"}
    row |= {"channel": "wecom", "payload": {}, "next_at": now, "created_at": now}
    with ledger.writing() as connection:
        made = insert(outbox).returning(outbox.c.id)
        connection.execute(made, row | {"state": "accepted", "accepted_at": now})
        dead = connection.execute(made, row | {"state": "dead", "event_id": 2}).scalar_one()
        connection.execute(made, row | {"state": "queued", "event_id": 3, "created_at": now - 2 * 86_400_000_000})  # before the last 24 h
        connection.execute(insert(attempt).values(outbox_id=dead, at=now, result="refused", detail="93000: 检查 key"))
    ledger.close()
    said = run("channels", "--json").stdout
    wecom = next(line for line in json.loads(said)["channels"] if line["channel"] == "wecom")
    assert wecom["last_24_h"]["messages"] == {"accepted": 1, "dead": 1} and wecom["last_24_h"]["fault"] == "93000: 检查 key"
    assert [secret for secret in ("wecom-key-0001", "hook-path-0001", "hook-secret-0001") if secret in said + run("channels").stdout] == []


def test_without_a_file_there_is_the_inbox_and_a_word_of_how_to_set_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRICOLOR_CHANNELS")
    said = run("channels")
    assert "inbox" in said.stdout and "TRICOLOR_CHANNELS" in said.stdout


def test_the_doctor_reaches_each_channel_and_sends_nothing(place: tuple[Path, HttpFarSide, MailDrop]) -> None:
    _, far, drop = place
    before = len(far.requests), len(drop.mails)
    found = {f.what: f for f in look_at_channels(Settings())}
    assert {what: f.state for what, f in found.items()} == {"wecom robot:energy-duty": "ok", "webhook:city": "ok", "mail": "ok"}
    assert (len(far.requests), len(drop.mails)) == before


def test_the_doctor_says_what_is_down_and_where_secrets_lie_open(place: tuple[Path, HttpFarSide, MailDrop], tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(
        f"[webhooks.a]\nurl='https://127.0.0.1:{free_port()}/path-secret-0001'\n[mail]\nhost='127.0.0.1'\nport={free_port()}\nsender='a@b'\n"
    )
    file.chmod(0o644)
    found = {f.what: f for f in look_at_channels(Settings(channels=file))}
    assert {what: f.state for what, f in found.items()} == {"channels file": "warning", "webhook:a": "error", "mail": "error"}
    assert "Connection refused" in found["webhook:a"].detail and "path-secret-0001" not in str(found)
    assert "chmod 600" in found["channels file"].mend
    file.write_text("[mail]\nhost='h'\n")
    with pytest.raises(Problems) as error:
        look_at_channels(Settings(channels=file))
    assert isinstance(error.value, TricolorError) and len(error.value.problems) == 2  # port and sender
