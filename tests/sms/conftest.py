"""Loopback servers that speak the SMS providers' protocols over HTTP: they check the signature from the secret by their own arithmetic, as the
providers describe it, and answer what a test asks for."""

import hashlib
import hmac
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from tricolor.adapters.notifiers.aliyun_sms import AliyunSms
from tricolor.adapters.notifiers.tencent_sms import TencentSms
from tricolor.catalogue.channels import channel_facts
from tricolor.catalogue.sms_templates import sms_templates
from tricolor.ports import Outgoing

KEY_ID, SECRET = "loopback-key-id", "loopback/secret+of=the test"
SIGN, APP_ID = "钦州节能", "1400000000"
CODES = {"alert": "SMS_100001", "resolved": "SMS_100002", "group": "SMS_100003"}
NOW = 1_795_000_000_000_000  # 2026-11-18 19:06:40 in Shanghai
PHONE = "100-0000-0001"  # no number begins with 100
PARAMS = {"unit": "浦北县", "rule": "能耗强度", "light": "红色", "why": "新预警", "value": "1.20%", "limit": "-3.30%"}


def message(number: int = 7, address: str = PHONE, **changes: Any) -> Outgoing:
    values: dict[str, Any] = {"payload": {"template": "alert", "params": PARAMS}, "attempts": 1} | changes
    return Outgoing(number, "sms", address, "标题", "正文", "OPENED", "red", **values)


@dataclass
class Seen:
    """One request as the provider took it apart."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Provider:
    """answers: what the next requests get, the last one for ever: (status, body), or "hang", "cut", "half", "drip", "garbage"."""

    signature_fault: Callable[[Seen], str]
    answers: list[Any] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    port: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, *answers: Any) -> None:
        self.answers = list(answers)

    def next_answer(self) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None: ...

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen("POST", url.path, dict(parse_qsl(url.query, keep_blank_values=True)), headers, body)
            provider.seen.append(seen)
            fault = provider.signature_fault(seen)
            if fault:
                provider.faults.append(fault)
            self._give(provider.next_answer())

        def _give(self, answer: Any) -> None:
            if answer == "hang":
                provider.released.wait(20)
                self.close_connection = True
            elif answer == "cut":
                # RST: what a gateway that dies looks like
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            elif answer == "drip":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n")
                while not provider.released.wait(0.05):
                    self.wfile.write(b" ")
                self.close_connection = True
            elif answer == "half":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
                self.close_connection = True
            else:
                status, content = (200, "<html>not json</html>") if answer == "garbage" else answer
                data = (content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

    return Handler


def _serve(signature_fault: Callable[[Seen], str]) -> Iterator[Provider]:
    provider = Provider(signature_fault)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up is what some tests are about
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield provider
    provider.released.set()
    server.shutdown()
    server.server_close()
    thread.join(5)
    assert provider.faults == [], provider.faults


def acs3_fault(seen: Seen) -> str:
    """Aliyun's V3 signature: ACS3-HMAC-SHA256 over method, path, sorted query, signed headers and the body's hash."""
    scheme, _, rest = seen.headers.get("authorization", "").partition(" ")
    parts = dict(part.split("=", 1) for part in rest.split(","))
    if scheme != "ACS3-HMAC-SHA256" or parts.get("Credential") != KEY_ID:
        return f"authorization is {scheme} of {parts.get('Credential')}"
    if hashlib.sha256(seen.body).hexdigest() != seen.headers["x-acs-content-sha256"]:
        return "the body's hash is another one"
    names = parts["SignedHeaders"].split(";")
    if not {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"} <= set(names):
        return f"signed are only {names}"
    sent = datetime.strptime(seen.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if abs(time.time() - sent.timestamp()) > 900:
        return "x-acs-date is off"
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(seen.query.items()))
    headers = "".join(f"{name}:{seen.headers[name].strip()}\n" for name in sorted(names))
    canonical = "\n".join(["POST", seen.path, query, headers, ";".join(sorted(names)), seen.headers["x-acs-content-sha256"]])
    signed = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    wanted = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(wanted, parts["Signature"]) else "the signature does not match"


def tc3_fault(seen: Seen) -> str:
    """Tencent's signature V3: TC3-HMAC-SHA256 with keys derived from date and service."""
    scheme, _, rest = seen.headers.get("authorization", "").partition(" ")
    parts = dict(part.split("=", 1) for part in rest.split(", "))
    stamp = seen.headers["x-tc-timestamp"]
    date = datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d")
    scope = f"{date}/sms/tc3_request"
    if scheme != "TC3-HMAC-SHA256" or parts.get("Credential") != f"{KEY_ID}/{scope}":
        return f"authorization is {scheme} of {parts.get('Credential')}"
    if abs(time.time() - int(stamp)) > 300:
        return "x-tc-timestamp is off"
    names = parts["SignedHeaders"].split(";")
    headers = "".join(f"{name}:{seen.headers[name].strip().lower() if name != 'host' else seen.headers[name]}\n" for name in names)
    canonical = "\n".join(["POST", seen.path, "", headers, ";".join(names), hashlib.sha256(seen.body).hexdigest()])
    signed = "\n".join(["TC3-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("TC3" + SECRET).encode()
    for word in (date, "sms", "tc3_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    wanted = hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(wanted, parts["Signature"]) else "the signature does not match"


@pytest.fixture
def aliyun() -> Iterator[Provider]:
    yield from _serve(acs3_fault)


@pytest.fixture
def tencent() -> Iterator[Provider]:
    yield from _serve(tc3_fault)


def aliyun_channel(endpoint: str, timeout_s: float = 2.0, **changes: Any) -> AliyunSms:
    values: dict[str, Any] = {"key_secret": SECRET, "templates": sms_templates(CODES, {})} | changes
    return AliyunSms(KEY_ID, sign_name=SIGN, facts=channel_facts("aliyun_sms"), clock=lambda: NOW, endpoint=endpoint, timeout_s=timeout_s, **values)


def tencent_channel(endpoint: str, timeout_s: float = 2.0, **changes: Any) -> TencentSms:
    values: dict[str, Any] = {"secret_key": SECRET, "templates": sms_templates(CODES, {})} | changes
    return TencentSms(
        KEY_ID, sdk_app_id=APP_ID, sign_name=SIGN, facts=channel_facts("tencent_sms"), clock=lambda: NOW, endpoint=endpoint, timeout_s=timeout_s,
        **values,
    )  # fmt: skip


@pytest.fixture
def bench() -> Any:
    """What the tests of this folder share, as they cannot import each other."""

    class Bench:
        message, aliyun, tencent = staticmethod(message), staticmethod(aliyun_channel), staticmethod(tencent_channel)
        now, phone, params, secret, key_id, sign, app_id = NOW, PHONE, PARAMS, SECRET, KEY_ID, SIGN, APP_ID

    return Bench


@pytest.fixture
def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
