"""What the SMS channels share: the template of a message, numbers, and what an exception of a provider's SDK says of the request."""

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from tricolor.domain.channel_facts import ChannelFacts
from tricolor.domain.delivery import ErrorClass, Failed
from tricolor.domain.errors import Misconfigured, Refused, TryAgain, Unreadable
from tricolor.domain.intervals import SHANGHAI, to_us
from tricolor.domain.sms_text import ALERT, SmsTemplate, fitted, mainland_mobile
from tricolor.ports import Outgoing

CHANNEL: Final = "sms"
CONNECT_TIMEOUT_S: Final = 3.0
RECEIPTS_MAX: Final = 1_000  # of one post of a provider
DETAIL_MAX: Final = 300
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
# urllib3's words for a connection that never was: nothing of the request left this machine. By name, as the SDKs bring requests and urllib3, not we
NOT_SENT: Final = frozenset(
    {
        "ConnectTimeout",
        "ConnectTimeoutError",
        "NewConnectionError",
        "NameResolutionError",
        "ConnectionRefusedError",
        "gaierror",
        "ProxyError",
        "SSLCertVerificationError",
    }
)
_LONG_NUMBER: Final = re.compile(r"\d{7,}")
Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class Registered:
    """A template as the provider has it. is_usable: approved; variables: names, or their places "1", "2"…; words: its review's, where it is not."""

    is_usable: bool
    variables: tuple[str, ...]
    words: str


def posted(decoder: msgspec.json.Decoder[list[Report]], body: bytes, words: str) -> list[Report]:
    """The reports of one post; Unreadable, in these words, for any other body."""
    try:
        reports = decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:  # the latter for lists in lists in lists
        raise Unreadable("not_json", f"{words}: {error}") from error
    if len(reports) > RECEIPTS_MAX:
        raise Unreadable("too_many", f"{len(reports)} reports in one post")
    return reports


def quiet(*loggers: str) -> None:
    """The SDKs log whole requests, with numbers and signatures, when somebody asks for debug lines."""
    for name in ("urllib3.connectionpool", *loggers):
        logging.getLogger(name).setLevel(logging.WARNING)


def endpoint_of(text: str) -> tuple[str, str]:
    """Protocol and host of an endpoint as settings write it. Only this machine is spoken to without TLS; Misconfigured."""
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.username:
        raise Misconfigured(f"[sms] endpoint is {text!r}: write a host, e.g. dysmsapi.aliyuncs.com")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise Misconfigured(f"[sms] endpoint is {text!r}: numbers and keys do not leave this machine without TLS; write the host alone")
    return parts.scheme, parts.netloc


def template_for(templates: Mapping[str, SmsTemplate], message: Outgoing) -> SmsTemplate:
    """The template of the message's kind, else that of "alert"."""
    return templates.get(str(message.payload.get("template", ALERT))) or templates[ALERT]


def variables_of(template: SmsTemplate, message: Outgoing, sign_name: str, facts: ChannelFacts) -> dict[str, str]:
    """The template's variables in its order, as this provider takes them."""
    given = message.payload.get("params")
    values = dict(given) if isinstance(given, Mapping) else {}
    if not message.is_possible_repeat or "why" not in template.variables:
        return fitted(template, values, sign_name, facts.text)
    marked = fitted(template, {**values, "why": f"{values.get('why', '')}或重复"}, sign_name, facts.text)
    return marked if marked["why"].endswith("或重复") else {**marked, "why": "或重复"}


def number_of(message: Outgoing) -> str | Failed:
    """The eleven digits, or why nothing can be sent to this address, at no cost."""
    try:
        return mainland_mobile(message.address)
    except ValueError as error:
        return Failed(ErrorClass.FINAL, "tricolor.number", f"不是中国内地手机号，请改正联系人 / the address {error}")


def address_of(number: str) -> str:
    """A provider's writing of a number as contacts have it: eleven digits where it is one of the mainland."""
    try:
        return mainland_mobile(number)
    except ValueError:
        return number[:40]


def refusal(facts: ChannelFacts, code: str, words: str, hidden: Sequence[str]) -> Failed:
    """What a code of the provider asks for, with what mends it and the provider's own words, without what they must not hold."""
    row = facts.errors.row(code, words)
    said = safe(words, hidden)
    return Failed(row.kind, safe(code, hidden)[:80], f"{row.zh} / {row.en}" + (f" ({said})" if said else ""), row.wait_s)


def within(limit_s: float, ask: Callable[[], Any]) -> Any:
    """What `ask` gives, or Failed when it takes longer in all: the SDKs' time-outs are for each piece of an answer, and one that drips would hold up
    every message. What does not end is left to its thread. ask raises nothing."""
    given: list[Any] = []
    thread = threading.Thread(target=lambda: given.append(ask()), name="sms", daemon=True)
    thread.start()
    thread.join(limit_s)
    if not given:
        return Failed(ErrorClass.UNKNOWN, "network.slow", "答复太慢，短信可能已发出 / the answer takes too long: it may have been sent")
    return given[0]


def not_told(failed: Failed) -> TryAgain | Refused:
    """What a question that failed is to who asked it."""
    return (Refused if failed.kind is ErrorClass.FINAL else TryAgain)(f"{failed.code}: {failed.detail}")


def unsent_or_unknown(error: BaseException, hidden: Sequence[str]) -> Failed:
    """RETRY when the connection never stood; UNKNOWN in every other case, as the request may have arrived."""
    names = [type(each).__name__ for each in _causes(error)]
    found = next((name for name in names if name in NOT_SENT), None)
    if found is not None:
        return Failed(ErrorClass.RETRY, f"network.{found}", "连接不上短信服务 / the SMS service cannot be reached: see network, DNS and firewall")
    name = safe(names[-1], hidden)[:40]
    return Failed(ErrorClass.UNKNOWN, f"network.{name}", "请求发出后没有得到可读的答复，短信可能已发出 / no readable answer: it may have been sent")


def safe(text: str, hidden: Sequence[str]) -> str:
    """Words of a provider without keys, however it writes them, and without phone numbers; bounded."""
    for secret in hidden:
        for form in (secret, quote(secret, safe="")):
            if form:
                text = text.replace(form, "***")
    return _LONG_NUMBER.sub("***", text).replace("\n", " ").strip()[:DETAIL_MAX]


def shanghai_us(text: str) -> int | None:
    """Providers' "2026-01-01 00:00:00" in Chinese time [µs]; None for anything else."""
    try:
        return to_us(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI))
    except ValueError:
        return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it, the SDKs' own wrapping included; at most thirty."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < 30:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = (each.__cause__, each.__context__, getattr(each, "inner_exception", None), getattr(each, "reason", None), *each.args)
        waiting += [found for found in inner if isinstance(found, BaseException)]
