"""Mail over a real SMTP server: TLS, login, refusals, and what a break at each point means."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.channels.far_side import NOW, MailDrop, message
from tricolor.adapters.notifiers.mail import MailChannel, MailServer, login_fault
from tricolor.catalogue.channels import channel_facts
from tricolor.domain.delivery import Accepted, ErrorClass, Failed

Opened = Callable[..., tuple[MailDrop, MailServer]]


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[Opened]:
    made: list[MailDrop] = []

    def opened(tls: str = "none", user: str = "", password: str = "", given: str = "", **more: Any) -> tuple[MailDrop, MailServer]:
        found = MailDrop(tls, tmp_path)
        found.user, found.password = user, password
        made.append(found)
        ca = tmp_path / "cert.pem" if tls != "none" else None
        words: dict[str, Any] = {"tls": tls, "ca_file": ca, "user": user, "password": given or password, "timeout_s": 1.0, **more}
        return found, MailServer("127.0.0.1", found.port, "alerts@tricolor.example", "用能预警", **words)

    yield opened
    for each in made:
        each.close()


def send(server: MailServer, **changes: Any) -> Accepted | Failed:
    return MailChannel(server, channel_facts("mail").errors, lambda: NOW).send(message("mail", "duty@city.example", **changes))


@pytest.mark.parametrize("tls", ["starttls", "ssl"])
def test_it_goes_encrypted_and_logged_in(drop: Opened, tls: str) -> None:
    far, server = drop(tls, "tricolor", "app-pass-01")
    assert isinstance(send(server), Accepted)
    mail = far.mails[0]
    assert mail["Subject"] == "红色预警·新预警：浦北县 能耗强度进度" and mail["To"] == "duty@city.example"
    assert mail["From"] == "用能预警 <alerts@tricolor.example>" and mail["Auto-Submitted"] == "auto-generated" and mail["X-Tricolor-Delivery"] == "41"
    plain, html = mail.iter_parts()
    assert plain.get_content().strip() == "差距 67 %" and html.get_content_type() == "text/html" and "<p>差距 67 %</p>" in html.get_content()


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(drop: Opened) -> None:
    far, server = drop("starttls", ca_file=None)
    answer = send(server)
    assert isinstance(answer, Failed) and answer.kind is ErrorClass.RETRY and "ca_file" in answer.detail and far.mails == []


def test_a_server_without_starttls_gets_no_mail_in_the_clear(drop: Opened) -> None:
    far, server = drop("none")
    asked = MailServer(server.host, server.port, server.sender, tls="starttls", timeout_s=1.0)
    answer = send(asked)
    assert isinstance(answer, Failed) and answer.kind is ErrorClass.RETRY and "tls" in answer.detail and far.mails == []


def test_a_wrong_password_is_said_with_how_to_mend_it_and_tried_again(drop: Opened) -> None:
    far, server = drop("starttls", "tricolor", "right-pass-01", given="wrong-pass-01")
    answer = send(server)
    assert isinstance(answer, Failed) and (answer.kind, answer.code) == (ErrorClass.RETRY, "535") and "password" in answer.detail
    assert "wrong-pass-01" not in repr(answer) and far.mails == []
    assert "535" in login_fault(server) and "wrong-pass-01" not in login_fault(server)


def test_the_look_logs_in_and_sends_nothing(drop: Opened) -> None:
    far, server = drop("starttls", "tricolor", "right-pass-01")
    assert login_fault(server) == "" and far.mails == []
    far.close()
    assert "127.0.0.1" in login_fault(server)


@pytest.mark.parametrize(
    ("command", "said", "expected", "code"),
    [
        ("MAIL", "451 4.3.0 try later", ErrorClass.RETRY, "451"),
        ("MAIL", "553 5.1.8 sender rejected", ErrorClass.FINAL, "553"),
        ("RCPT", "550 5.1.1 no such user", ErrorClass.FINAL, "550"),
        ("RCPT", "450 4.2.1 rate limited", ErrorClass.WAIT, "450"),
        ("RCPT", "450 4.2.1 greylisted", ErrorClass.RETRY, "450"),
        ("DATA", "552 5.3.4 too big", ErrorClass.FINAL, "552"),
        ("DATA", "452 4.3.1 no space", ErrorClass.RETRY, "452"),
    ],
)
def test_four_is_tried_again_and_five_is_for_good(drop: Opened, command: str, said: str, expected: ErrorClass, code: str) -> None:
    far, server = drop()
    far.refuses[command] = said
    answer = send(server)
    assert isinstance(answer, Failed) and (answer.kind, answer.code) == (expected, code) and far.mails == []


def test_a_break_after_the_words_went_out_may_have_been_sent(drop: Opened) -> None:
    far, server = drop()
    far.drops_after_data = True
    answer = send(server)
    assert isinstance(answer, Failed) and answer.kind is ErrorClass.UNKNOWN and len(far.mails) == 1


def test_a_repeat_has_the_same_id_and_another_message_another(drop: Opened) -> None:
    far, server = drop()
    send(server)
    send(server, attempts=2, is_possible_repeat=True)
    send(server, id=42)
    first, again, other = far.mails
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert again["Subject"].startswith("（可能重复）")


@pytest.mark.parametrize("address", ["", "duty", "a@b\r\nBcc: c@d.example", "a b@c.example", "值班@city.example", "x@y.example,z@y.example"])
def test_an_address_that_could_be_more_than_one_goes_nowhere(drop: Opened, address: str) -> None:
    far, server = drop()
    answer = send(server, address=address)
    assert isinstance(answer, Failed) and answer.kind is ErrorClass.FINAL and far.mails == []


def test_a_title_with_a_line_end_makes_no_header(drop: Opened) -> None:
    far, server = drop()
    assert isinstance(send(server, title="红\r\nBcc: x@y.example"), Accepted)
    assert far.mails[0]["Bcc"] is None and far.mails[0]["Subject"] == "红 Bcc: x@y.example"
