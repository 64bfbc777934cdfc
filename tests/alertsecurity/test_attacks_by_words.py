"""What names, reasons and providers' words may try: calls and links in robots, addresses and keys in what is kept, lines in the log."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from alerting.messages import render
from alerting.sender import Sender
from tests.channels.far_side import NOW, HttpFarSide, MailDrop, message
from tests.messages.matters import matter
from tricolor.adapters.notifiers.dingtalk import DingtalkRobots
from tricolor.adapters.notifiers.feishu import FeishuRobots
from tricolor.adapters.notifiers.mail import MailChannel, MailServer
from tricolor.adapters.notifiers.robots import RobotChannel, RobotPlace
from tricolor.adapters.notifiers.voice import VoiceHook
from tricolor.adapters.notifiers.webhook import Hook, WebhookNotifier
from tricolor.adapters.notifiers.wecom import WecomRobots
from tricolor.catalogue.channels import channel_facts
from tricolor.config import Settings
from tricolor.domain.delivery import Accepted, Failed
from tricolor.domain.notifications import Recipient
from tricolor_cli.logs import configure

KINDS: dict[str, type[RobotChannel]] = {"wecom": WecomRobots, "dingtalk": DingtalkRobots, "feishu": FeishuRobots}
ATTACK = '<at user_id="all">x</at> <@all> @all [登录](https://evil.example) **红** # `x` ![p](https://evil.example/p.png)'


@pytest.fixture
def far() -> Iterator[HttpFarSide]:
    made = HttpFarSide()
    yield made
    made.close()


@pytest.fixture
def quiet_again() -> Iterator[None]:
    before, level, handlers = structlog.get_config(), logging.getLogger().level, list(logging.getLogger().handlers)
    yield
    structlog.configure(**before)
    logging.getLogger().setLevel(level)
    logging.getLogger().handlers[:] = handlers


def robot(far: HttpFarSide, kind: str, url: str = "/send?key=robot-key-0001") -> RobotChannel:
    facts = channel_facts(kind)
    return KINDS[kind]({"duty": RobotPlace(far.url + url)}, facts.errors, facts.text.whole("max_bytes") or 0, lambda: NOW)


@pytest.mark.parametrize(("kind", "mobiles"), [(kind, ()) for kind in KINDS] + [("wecom", ("000-0000-0001",)), ("dingtalk", ("000-0000-0001",))])
def test_a_message_that_was_told_plainly_calls_and_links_in_no_robot_either(far: HttpFarSide, kind: str, mobiles: tuple[str, ...]) -> None:
    """Plain words are all there is of an older message, and of one whose template failed; a robot would read them as markdown."""
    facts = channel_facts(kind)
    channel = KINDS[kind]({"duty": RobotPlace(far.url, "", mobiles)}, facts.errors, facts.text.whole("max_bytes") or 0, lambda: NOW)
    channel.send(message(kind, "robot:duty", title=ATTACK[:30], text=f"第一行\n{ATTACK}", payload={"link": "https://tricolor.example/a/k"}))
    body = json.loads(far.requests[-1][2])
    said = body.get("markdown", body.get("actionCard", {})) if kind != "feishu" else body["card"]["elements"][0]["text"]
    words = str(said.get("content") or said.get("text") or "")
    assert "第一行" in words or body["msgtype"] == "text"
    for sign in ("<at", "<@", "](https://evil", "![", "**"):
        assert sign not in words, sign


def test_names_and_reasons_lose_the_signs_that_nobody_sees_in_every_channel() -> None:
    bad = "赤\x00岩\u202e锰\x1b[31m业"
    for channel in ("inbox", "sms", "mail", "wecom", "voice", "webhook"):
        made = render(channel, [matter(name_zh=bad, reason_zh=bad, rule_zh=bad)], Recipient(channel, "x", "x"))
        assert [sign for sign in "\x00\u202e\x1b" if sign in made.title + made.text] == [], channel


def test_a_mail_servers_refusal_keeps_no_mail_address(tmp_path: Path) -> None:
    drop = MailDrop("none", tmp_path)
    drop.refuses["RCPT"] = "550 5.1.1 <duty@city.example>: Recipient address rejected, Duty@city.example is no user"
    try:
        server = MailServer("127.0.0.1", drop.port, "alerts@tricolor.example", tls="none", timeout_s=1.0)
        answer = MailChannel(server, channel_facts("mail").errors, lambda: NOW).send(message("mail", "duty@city.example"))
    finally:
        drop.close()
    assert isinstance(answer, Failed) and "rejected" in answer.detail and "duty@" not in answer.detail.lower()


def test_the_loudest_log_holds_no_key_no_number_and_no_address(far: HttpFarSide, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Everything that any library logs at DEBUG while each of our own channels succeeds, is refused, and finds nobody."""
    heard, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(heard), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    drop = MailDrop("none", tmp_path)
    drop.user, drop.password = "alerts", "MAIL-PASSWORD-1"
    try:
        for url in (far.url, "http://127.0.0.1:9"):
            hook = Hook(f"{url}/hooks/T0KEN-PATH", "H00K-SECRET")
            answers = [
                WebhookNotifier({"ops": hook}, channel_facts("webhook").errors, lambda: NOW).send(message("webhook", "webhook:ops")),
                VoiceHook(hook, channel_facts("voice").errors, lambda: NOW).send(message("voice", "000-0000-0001")),
            ]
            far.answers = [(200, b'{"errcode": 93000, "errmsg": "invalid robot-key-0001"}')]
            answers.append(robot(far, "wecom").send(message("wecom", "robot:duty")))
            port = drop.port if url == far.url else 9
            server = MailServer("127.0.0.1", port, "alerts@tricolor.example", tls="none", user="alerts", password="MAIL-PASSWORD-1", timeout_s=1.0)
            answers.append(MailChannel(server, channel_facts("mail").errors, lambda: NOW).send(message("mail", "duty@city.example")))
        logging.getLogger("x").debug("the log is heard")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        drop.close()
    shown = "".join([heard.getvalue(), *capfd.readouterr(), *(repr(answer) for answer in answers), repr(hook), repr(server)])
    assert "the log is heard" in heard.getvalue()
    hidden = ("T0KEN-PATH", "H00K-SECRET", "robot-key-0001", "MAIL-PASSWORD-1", "000-0000-0001", "duty@city.example", "k1k2k3k4.AAAA")
    assert [word for word in hidden if word in shown] == []


@pytest.mark.parametrize("status", [200, 500])
def test_what_a_hook_says_back_of_its_own_address_and_of_a_number_is_not_kept(far: HttpFarSide, status: int) -> None:
    hook = Hook(f"{far.url}/hooks/T0KEN-PATH/in?token=QUERY-T0KEN&team=seven", "s3cret-s3cret")
    far.answers = [(status, b"POST /hooks/T0KEN-PATH/in?token=QUERY-T0KEN to 000-0000-0001 ok")] * 2
    webhook = WebhookNotifier({"ops": hook}, channel_facts("webhook").errors, lambda: NOW)
    voice = VoiceHook(hook, channel_facts("voice").errors, lambda: NOW)
    for answer in (webhook.send(message("webhook", "webhook:ops")), voice.send(message("voice", "000-0000-0001"))):
        assert [word for word in ("T0KEN-PATH", "QUERY-T0KEN") if word in repr(answer)] == []
    assert "0000-0001" not in repr(answer)


def test_a_robots_key_is_not_kept_wherever_it_stands_in_its_address(far: HttpFarSide) -> None:
    far.answers = [(200, json.dumps({"errcode": 40008, "errmsg": "bad access_token KEY-1234567 of app"}).encode())]
    answer = robot(far, "dingtalk", "/robot/send?access_token=KEY-1234567&lang=zh-cn").send(message("dingtalk", "robot:duty"))
    assert isinstance(answer, Failed) and "bad access_token" in answer.detail and "KEY-1234567" not in answer.detail


class Breaks:
    """A channel with a fault of ours, in whose variables stands everything that must not be seen."""

    channel = "sms"

    def send(self, message: Any) -> Accepted:
        url, number = "https://hooks.example/K3Y-IN-A-VARIABLE", message.address
        raise RuntimeError(f"a fault of ours, {len(url + number)} characters")


@pytest.mark.parametrize("is_json", [True, False])
def test_a_fault_in_the_log_shows_where_it_was_and_no_variable(monkeypatch: pytest.MonkeyPatch, quiet_again: None, is_json: bool) -> None:
    class Waiting:
        def claim(self, *_: object) -> list[Any]:
            return [message("sms", "000-0000-0001", payload={"link": "https://tricolor.example/a/S1GNED.L1NK"})]

        def retry(self, *_: object) -> None: ...

    heard = io.StringIO()
    monkeypatch.setattr(sys, "stderr", heard)
    configure("debug", is_json)
    monkeypatch.setattr("alerting.sender.log", structlog.get_logger("alerting"))
    Sender(Waiting(), Breaks(), lambda: 0.0).run_once(NOW)  # type: ignore[arg-type]
    shown = heard.getvalue()
    assert "a fault of ours" in shown and "test_attacks_by_words.py" in shown
    assert [word for word in ("K3Y-IN-A-VARIABLE' ", "= '000-0000-0001'", "S1GNED.L1NK", "locals") if word in shown] == []


@pytest.mark.parametrize("is_json", [True, False])
def test_words_of_others_make_no_line_of_the_log_and_act_in_no_terminal(
    monkeypatch: pytest.MonkeyPatch, quiet_again: None, is_json: bool
) -> None:  # fmt: skip
    heard = io.StringIO()
    monkeypatch.setattr(sys, "stderr", heard)
    configure("info", is_json)
    structlog.get_logger("x").info("answered", who="张三\n2026-11-21 [error] forged\x1b[2J\u202e", to="a\rb")
    shown = heard.getvalue()
    assert len(shown.splitlines()) == 1 and "forged" in shown
    assert [sign for sign in ("\x1b[2J", "\\u001b", "\u202e", "\\u202e", "\r") if sign in shown] == []


def test_settings_shown_whole_show_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("WEBHOOK_URL", "https://hooks.example/K3Y-PATH"), ("WEBHOOK_SECRET", "S3CRET"), ("LEDGER_URL", "postgresql://u:PASSW0RD@h/d"),
    ):  # fmt: skip
        monkeypatch.setenv(f"TRICOLOR_{name}", value)
    shown = repr(Settings()) + str(Settings())
    assert [word for word in ("K3Y-PATH", "S3CRET", "PASSW0RD") if word in shown] == []
