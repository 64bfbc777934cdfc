"""What holds of every channel, over real servers on this machine: accepted means the other side has it, every failure is a value of the right kind,
no secret stands in any word, and one message is recognised as one."""

import json
import logging
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.channels.far_side import NOW, HttpFarSide, MailDrop, as_dingtalk, as_feishu, as_wecom, free_port, message
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.notifiers.apprise import AppriseChannel
from tricolor.adapters.notifiers.dingtalk import DingtalkRobots
from tricolor.adapters.notifiers.feishu import FeishuRobots
from tricolor.adapters.notifiers.inbox import InboxNotifier
from tricolor.adapters.notifiers.mail import MailChannel, MailServer
from tricolor.adapters.notifiers.mqtt import MqttChannel, login_fault
from tricolor.adapters.notifiers.robots import RobotPlace
from tricolor.adapters.notifiers.voice import VoiceHook
from tricolor.adapters.notifiers.webhook import Hook, WebhookNotifier
from tricolor.adapters.notifiers.wecom import WecomRobots
from tricolor.adapters.sources.mqtt_settings import MqttSettings
from tricolor.catalogue.channels import channel_facts
from tricolor.domain.delivery import Accepted, ErrorClass, Failed, MessageState
from tricolor.ports import Outgoing
from tricolor.ports_alerting import Channel

PATIENT_S, HASTY_S = 10.0, 0.4
HTTP = ("webhook", "wecom", "dingtalk", "feishu", "voice", "apprise")
KINDS = ["inbox", *HTTP, "mail", pytest.param("mqtt", marks=pytest.mark.servers)]


@dataclass
class Side:
    """A channel and its other side. had: what arrived, each as what makes one message one; refuse, hang, down, break_off: how it misbehaves (None where
    it cannot); secrets: what must stand nowhere."""

    kind: str
    channel: Channel
    address: str
    had: Callable[[], list[str]]
    refuse: Callable[[], None] | None = None
    hang: Callable[[], None] | None = None
    down: Callable[[], None] | None = None
    refusal: ErrorClass = ErrorClass.FINAL
    secrets: tuple[str, ...] = ()
    text: Callable[[], str] = lambda: ""
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> Outgoing:
        return message(self.kind, self.address)

    def send(self, **changes: Any) -> Accepted | Failed:
        return self.channel.send(replace(self.message, **changes))


def http_side(kind: str, timeout_s: float = PATIENT_S) -> Iterator[Side]:
    far = HttpFarSide()
    clock = lambda: NOW  # noqa: E731
    facts = channel_facts(kind) if kind != "apprise" else None
    secrets: tuple[str, ...]
    refused: tuple[int, bytes] = (422, b"no")
    refusal = ErrorClass.FINAL
    channel: Channel
    if kind == "webhook":
        assert facts is not None
        secrets = ("hook-path-secret", "hook-sign-secret")
        channel = WebhookNotifier({"city": Hook(f"{far.url}/hook-path-secret", "hook-sign-secret", timeout_s)}, facts.errors, clock)
        address = "webhook:city"
    elif kind == "voice":
        assert facts is not None
        secrets = ("call-path-secret", "call-sign-secret")
        channel = VoiceHook(Hook(f"{far.url}/call-path-secret", "call-sign-secret", timeout_s), facts.errors, clock)
        address = "000-0000-0001"
    elif kind == "apprise":
        secrets = ("apprise-user", "apprise-pass-01")
        channel = AppriseChannel(
            {"ops": [f"json://apprise-user:apprise-pass-01@{far.url.removeprefix('http://')}/x?rto={timeout_s}&cto={timeout_s}"]}
        )
        address, refusal = "apprise:ops", ErrorClass.RETRY
    else:
        assert facts is not None
        made, judge, url, secret = {
            "wecom": (WecomRobots, as_wecom, f"{far.url}/cgi-bin/webhook/send?key=wecom-key-0001", ""),
            "dingtalk": (DingtalkRobots, as_dingtalk, f"{far.url}/robot/send?access_token=ding-token-0001", "SECabcdef0123456789"),
            "feishu": (FeishuRobots, as_feishu, f"{far.url}/open-apis/bot/v2/hook/feishu-key-0001", "feishu-secret-01"),
        }[kind]
        far.judge = judge
        channel = made({"energy-duty": RobotPlace(url, secret, (), timeout_s)}, facts.errors, facts.text.whole("max_bytes") or 4096, clock)
        secrets = tuple(s for s in (url.rpartition("=")[2].rpartition("/")[2], secret) if s)
        address = "robot:energy-duty"
        refused = {
            "wecom": (200, b'{"errcode":93000,"errmsg":"invalid webhook url wecom-key-0001"}'),
            "dingtalk": (200, b'{"errcode":310000,"errmsg":"sign not match for ding-token-0001 SECabcdef0123456789"}'),
            "feishu": (200, b'{"code":19001,"msg":"token feishu-key-0001 invalid, feishu-secret-01"}'),
        }[kind]

    def one(request: tuple[str, dict[str, str], bytes]) -> str:
        body = json.loads(request[2])
        for proof in ("timestamp", "sign"):
            body.pop(proof, None)
        return json.dumps(body, sort_keys=True, ensure_ascii=False)

    side = Side(
        kind, channel, address, lambda: [one(r) for r in far.taken], lambda: setattr(far, "judge", lambda *_: refused),
        lambda: setattr(far, "hang_s", 0.9), far.close, refusal, secrets, lambda: one(far.requests[-1]),
    )  # fmt: skip
    side.kept["far"] = far
    yield side
    far.hang_s = 0.0
    far.close()


def mail_side(timeout_s: float = PATIENT_S) -> Iterator[Side]:
    drop = MailDrop()
    drop.user, drop.password = "tricolor", "mail-pass-0001"
    server = MailServer("127.0.0.1", drop.port, "alerts@tricolor.example", "用能预警", "none", None, "tricolor", "mail-pass-0001", timeout_s)
    channel = MailChannel(server, channel_facts("mail").errors, lambda: NOW)
    yield Side(
        "mail", channel, "duty@city.example", lambda: [str(m["Message-ID"]) for m in drop.mails],
        lambda: drop.refuses.update(RCPT="550 5.1.1 no such user; you said mail-pass-0001"), lambda: setattr(drop, "hang_s", 1.2), drop.close,
        ErrorClass.FINAL, ("mail-pass-0001",), lambda: str(drop.mails[-1]["Subject"]),
    )  # fmt: skip
    drop.close()


@pytest.fixture
def mosquitto(require: Callable[[str], str], tmp_path: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port, conf = free_port(), tmp_path / "mosquitto.conf"
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    subprocess.run([require("mosquitto_passwd"), "-b", passwords, "alerts", "mqtt-pass-0001"], check=True, capture_output=True)
    acl = tmp_path / "acl"
    acl.write_text("user alerts\ntopic write tricolor/v1/alerts/energy-office\ntopic read tricolor/v1/alerts/#\n")
    acl.chmod(0o600)
    user = "user root\n"
    conf.write_text(f"listener {port} 127.0.0.1\n{user}password_file {passwords}\nacl_file {acl}\nallow_anonymous false\n")
    server = subprocess.Popen([require("mosquitto"), "-c", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield port, server
    server.kill()
    server.wait()


def mqtt_side(port: int, server: "subprocess.Popen[bytes]", timeout_s: float = PATIENT_S) -> Iterator[Side]:
    had: list[str] = []
    listener = paho.Client(CallbackAPIVersion.VERSION2)
    listener.username_pw_set("alerts", "mqtt-pass-0001")
    listener.on_message = lambda _c, _u, m: had.append(m.payload.decode())
    for _ in range(100):
        try:
            listener.connect("127.0.0.1", port)
            break
        except OSError:
            time.sleep(0.05)
    listener.on_connect = lambda c, *_: c.subscribe("tricolor/v1/alerts/#", qos=1)
    subscribed = []
    listener.on_subscribe = lambda *_: subscribed.append(1)
    listener.loop_start()
    wait_for(lambda: bool(subscribed))
    broker = MqttSettings("127.0.0.1", port, "", username="alerts", password="mqtt-pass-0001")
    channel = MqttChannel(broker, "tricolor/v1/alerts/{department}", channel_facts("mqtt").errors, timeout_s)

    def down() -> None:
        server.kill()
        server.wait()

    def hang() -> None:
        channel.send(message("mqtt", "energy-office"))  # connected
        server.send_signal(19)  # SIGSTOP

    def settled() -> list[str]:
        time.sleep(0.2)
        return list(had)

    yield Side("mqtt", channel, "energy-office", settled, None, hang, down, secrets=("mqtt-pass-0001",), text=lambda: had[-1])
    server.send_signal(18)  # SIGCONT
    channel.close()
    listener.disconnect()
    listener.loop_stop()


def inbox_side(ledger: LedgerEngine) -> Iterator[Side]:
    book = InboxBookSql(ledger)
    yield Side("inbox", InboxNotifier(book, lambda: NOW), "duty", lambda: [f"{i.alert_id} {i.title}" for i in book.page([], 10, None)])


def of_kind(kind: str, request: pytest.FixtureRequest, timeout_s: float = PATIENT_S) -> Iterator[Side]:
    if kind == "inbox":
        yield from inbox_side(request.getfixturevalue("sqlite_ledger"))
    elif kind == "mail":
        yield from mail_side(timeout_s)
    elif kind == "mqtt":
        yield from mqtt_side(*request.getfixturevalue("mosquitto"), timeout_s)
    else:
        yield from http_side(kind, timeout_s)


@pytest.fixture(params=KINDS)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    yield from of_kind(request.param, request)


@pytest.fixture(params=KINDS[1:])
def far(request: pytest.FixtureRequest) -> Iterator[Side]:
    """Channels with another side that may misbehave."""
    yield from of_kind(request.param, request)


@pytest.fixture(params=KINDS[1:-1])
def refusing(request: pytest.FixtureRequest) -> Iterator[Side]:
    """Those whose other side refuses in words; the broker's refusals have a test of their own."""
    yield from of_kind(request.param, request)


def wait_for(is_so: Callable[[], bool], limit_s: float = 5.0) -> None:
    end = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_accepted_means_that_the_other_side_has_it(side: Side) -> None:
    answer = side.send()
    assert isinstance(answer, Accepted)
    assert len(side.had()) == 1 and side.channel.channel == side.kind
    expected = {"inbox": MessageState.DELIVERED, "apprise": MessageState.HANDED_OVER}
    assert answer.state is expected.get(side.kind, MessageState.ACCEPTED)


def test_the_same_message_twice_is_recognised_as_the_same(side: Side) -> None:
    first, again = side.send(), side.send(attempts=2)
    assert isinstance(first, Accepted) and isinstance(again, Accepted)
    assert len(set(side.had())) == 1
    other = side.send(
        id=42, title="另一条", text="另一条", payload={**side.message.payload, "markdown": "另一条", "spoken": "另一条", "card": "另一条"}
    )
    assert isinstance(other, Accepted) and len(set(side.had())) == 2


def test_a_possible_repeat_says_so(side: Side) -> None:
    assert isinstance(side.send(is_possible_repeat=True, attempts=2), Accepted)
    side.had()
    said = side.text()
    is_marked = "可能重复" in said or '"possible_repeat": true' in said or "可能已经播报" in said
    assert is_marked is (side.kind != "inbox")  # the inbox holds a message once


@pytest.fixture(params=KINDS[1:])
def hasty(request: pytest.FixtureRequest) -> Iterator[Side]:
    """Channels that wait for an answer only shortly."""
    yield from of_kind(request.param, request, HASTY_S)


class Misbehaving:
    """Lets the other side misbehave, sends, and looks whether a secret stands in the answer, in a log, on a screen or in a repr."""

    def __init__(self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
        self._caplog, self._capfd = caplog, capfd

    def __call__(self, side: Side, misbehave: Callable[[], None]) -> Failed:
        self._caplog.set_level(logging.DEBUG)
        misbehave()
        answer = side.send()
        out, err = self._capfd.readouterr()
        own = "" if side.kind == "apprise" else f"{side.channel!r}{vars(side.channel)!r}"  # its own objects name what they are
        told = f"{answer!r}{answer}{self._caplog.text}{out}{err}{own}"
        assert side.secrets and [secret for secret in side.secrets if secret in told] == []
        assert isinstance(answer, Failed) and answer.code and answer.detail
        return answer


@pytest.fixture
def after(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Misbehaving:
    return Misbehaving(caplog, capfd)


def test_a_refusal_is_a_value_with_its_code_nothing_counts_as_sent_and_no_secret_is_told(refusing: Side, after: Misbehaving) -> None:
    assert refusing.refuse is not None
    assert after(refusing, refusing.refuse).kind is refusing.refusal
    assert refusing.had() == []


def test_no_answer_in_time_may_have_been_sent_and_no_secret_is_told(hasty: Side, after: Misbehaving) -> None:
    assert hasty.hang is not None
    started = time.monotonic()
    answer = after(hasty, hasty.hang)
    assert time.monotonic() - started < 5
    assert answer.kind is (ErrorClass.RETRY if hasty.kind == "apprise" else ErrorClass.UNKNOWN)  # apprise does not say why it failed


def test_a_connection_refused_is_tried_again_and_no_secret_is_told(far: Side, after: Misbehaving) -> None:
    assert far.down is not None
    assert after(far, far.down).kind is ErrorClass.RETRY


@pytest.mark.parametrize("kind", ["webhook", "wecom", "dingtalk", "feishu", "mail", "apprise"])
def test_an_address_that_is_none_is_final_and_nothing_is_sent(kind: str) -> None:
    for side in mail_side() if kind == "mail" else http_side(kind):
        for address in ("", "robot:nobody", "x\r\nBcc: y@z.example", "http://127.0.0.1:9/elsewhere"):
            answer = side.send(address=address)
            assert isinstance(answer, Failed) and answer.kind is ErrorClass.FINAL and answer.code == "address"
        assert side.had() == []


@pytest.mark.servers
def test_mqtt_goes_to_the_departments_topic_and_a_topic_that_the_account_may_not_write_is_a_failure(mosquitto: Any) -> None:
    for side in mqtt_side(*mosquitto):
        assert side.send(address="mqtt:energy-office") == Accepted("PUBACK 0")
        refused = side.send(address="water-office")
        assert isinstance(refused, Failed) and (refused.kind, refused.code) == (ErrorClass.RETRY, "135")  # not authorized, MQTT 5
        for wrong in ("a/b", "+", "#", "", "$SYS"):
            bad = side.send(address=wrong)
            assert isinstance(bad, Failed) and bad.kind is ErrorClass.FINAL
        assert len(side.had()) == 1


@pytest.mark.servers
def test_a_broker_that_does_not_let_us_in_is_a_failure_that_names_it_and_no_password(mosquitto: Any) -> None:
    for side in mqtt_side(*mosquitto):
        assert login_fault(MqttSettings("127.0.0.1", mosquitto[0], "", username="alerts", password="mqtt-pass-0001")) == ""
        wrong = MqttSettings("127.0.0.1", mosquitto[0], "", username="alerts", password="wrong-pass-0001")
        answer = MqttChannel(wrong, "tricolor/v1/alerts/{department}", channel_facts("mqtt").errors).send(side.message)
        assert isinstance(answer, Failed) and (answer.kind, answer.code) == (ErrorClass.RETRY, "135") and "账号" in answer.detail
        assert login_fault(wrong) and "wrong-pass-0001" not in login_fault(wrong) + repr(answer)


@pytest.mark.servers
def test_mqtt_connects_anew_after_the_broker_went(mosquitto: Any, require: Callable[[str], str], tmp_path: Path) -> None:
    port, server = mosquitto
    for side in mqtt_side(port, server):
        assert isinstance(side.send(), Accepted)
        server.kill()
        server.wait()
        assert isinstance(side.send(), Failed)
        again = subprocess.Popen([require("mosquitto"), "-c", tmp_path / "mosquitto.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda channel=side: isinstance(channel.send(), Accepted))  # type: ignore[misc]
        finally:
            again.kill()
            again.wait()
