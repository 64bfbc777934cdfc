"""Channel "mail": SMTP, plain text and HTML in one message, whose Message-ID is made of ours so that a repeat is recognised."""

import base64
import hashlib
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final, Literal

from tricolor.adapters.notifiers.http_post import clean, failed
from tricolor.domain.channel_facts import ErrorTable
from tricolor.domain.delivery import Accepted, Answer, ErrorClass, Failed
from tricolor.domain.intervals import SECOND_US
from tricolor.ports import Outgoing

ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
REPEAT: Final = "（可能重复）"


@dataclass(frozen=True, slots=True)
class MailServer:
    """How to reach and enter an SMTP server, and in whose name mail goes out."""

    host: str
    port: int
    sender: str
    sender_name: str = ""
    tls: Literal["ssl", "starttls", "none"] = "starttls"
    ca_file: Path | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 15.0

    @property
    def secrets(self) -> tuple[str, ...]:
        raw = self.password.encode()
        return (self.password, base64.b64encode(raw).decode(), base64.b64encode(b"\0" + self.user.encode() + b"\0" + raw).decode())


class MailChannel:
    """Channel over one SMTP server; a connection per message, so that none goes stale. A message's address is an e-mail address."""

    channel = "mail"

    def __init__(self, server: MailServer, errors: ErrorTable, clock: Callable[[], int]) -> None:
        self._server, self._errors, self._clock = server, errors, clock

    def send(self, message: Outgoing) -> Answer:
        """Accepted once the server has answered 250 to the whole mail. 4xx is tried again, 5xx is for good; a break after DATA: UNKNOWN."""
        if not ADDRESS.fullmatch(message.address):
            return Failed(ErrorClass.FINAL, "address", "收件地址不是邮箱地址 · the address is no e-mail address")
        built = mail(message, self._server, self._clock())
        is_given = False
        try:
            with opened(self._server) as smtp:
                self._expect(smtp.mail(self._server.sender))
                self._expect(smtp.rcpt(message.address))
                is_given = True
                code, words = smtp.data(built.as_bytes())
                self._expect((code, words))
                return Accepted(str(built["Message-ID"]))
        except smtplib.SMTPResponseException as error:  # also of connecting, of logging in and of DATA
            return failed(self._errors, str(error.smtp_code), _words(error.smtp_error), (*self._server.secrets, message.address))
        except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
            if is_given:
                return Failed(ErrorClass.UNKNOWN, "broken", f"发送正文时连接中断，邮件可能已送达 · broken after DATA: {type(error).__name__}")
            return Failed(ErrorClass.RETRY, "connect", clean(reason(error, self._server), self._server.secrets))

    @staticmethod
    def _expect(answer: tuple[int, bytes]) -> None:
        code, words = answer
        if not 200 <= code < 300:
            raise smtplib.SMTPResponseException(code, words)


@contextmanager
def opened(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted and logged in as the settings want, closed politely. Raises what smtplib, ssl and sockets raise."""
    smtp: smtplib.SMTP
    if server.tls == "ssl":
        smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=_context(server))
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
    try:
        smtp.ehlo()
        if server.tls == "starttls":
            smtp.starttls(context=_context(server))
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
        yield smtp
        with suppress(OSError, smtplib.SMTPException):  # the mail is accepted already
            smtp.quit()
    finally:
        smtp.close()


def login_fault(server: MailServer) -> str:
    """What keeps us from logging in, "" when nothing does; sends no mail."""
    try:
        with opened(server):
            return ""
    except smtplib.SMTPResponseException as error:
        return clean(f"{error.smtp_code} {_words(error.smtp_error)}", server.secrets)
    except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
        return clean(reason(error, server), server.secrets)


def reason(error: Exception, server: MailServer) -> str:
    """Why there is no connection, and which key of [mail] to look at."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"{server.host} 不支持所要求的加密或登录：检查 [mail] tls 与 port · it offers no such encryption or login ({error})"
    if isinstance(error, ssl.SSLError):
        return f"TLS 失败：检查 [mail] host、port、tls、ca_file · TLS fails: {error}"
    return f"连接不上 {server.host}:{server.port}：检查 [mail] host 与 port · no connection: {type(error).__name__} {error}"


def mail(message: Outgoing, server: MailServer, now: int) -> EmailMessage:
    """The mail of a message; now [µs]. The same message has the same Message-ID, whenever it is sent."""
    built = EmailMessage(policy=SMTP)
    title = " ".join(message.title.split())
    domain = server.sender.rpartition("@")[2]
    user = server.sender.rpartition("@")[0]
    built["Subject"] = f"{REPEAT}{title}" if message.is_possible_repeat else title
    built["From"] = Address(server.sender_name, user, domain)
    built["To"] = message.address
    built["Date"] = datetime.fromtimestamp(now / SECOND_US, UTC)
    built["Message-ID"] = message_id(message, domain)
    built["X-Tricolor-Delivery"] = str(message.id)
    built["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    if message.light == "red":
        built["Importance"] = "high"
    built.set_content(message.text, cte="base64")
    html = message.payload.get("html")
    if isinstance(html, str) and html:
        built.add_alternative(html, subtype="html", cte="base64")
    return built


def message_id(message: Outgoing, domain: str) -> str:
    said = "\0".join((str(message.id), message.address, message.title, message.text))
    return f"<{message.id}.{hashlib.sha256(said.encode()).hexdigest()[:16]}@{domain}>"


def _context(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _words(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
