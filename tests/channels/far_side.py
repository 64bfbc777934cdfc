"""The other side of every channel, for tests: real servers on this machine that check what they get, answer as the providers do, and can misbehave."""

import base64
import contextlib
import hashlib
import hmac
import json
import logging
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tricolor.ports import Outgoing

logging.getLogger("mail").setLevel(logging.CRITICAL)  # the other side's log is not ours: it holds what it heard and said
NOW = 1_795_132_800_000_000  # 2026-11-20 08:00 in Shanghai
LINK = "https://tricolor.example/a/k1k2k3k4.AAAAAAAAAAAAAAAA"


def message(channel: str, to: str, **changes: Any) -> Outgoing:
    payload = {
        "event": "OPENED", "alert": {"id": 3}, "light": "red", "text": {"zh": "红", "en": "red"}, "link": LINK,
        "markdown": "### 红色预警\n\n差距 67 %", "html": "<p>差距 67 %</p>", "card": "差距 67 %", "spoken": "红色预警，差距百分之六十七",
    }  # fmt: skip
    given: dict[str, Any] = {
        "id": 41, "channel": channel, "address": to, "title": "红色预警·新预警：浦北县 能耗强度进度", "text": "差距 67 %", "why": "OPENED",
        "light": "red", "payload": payload, "attempts": 1, "alert_id": 3, "recipient": "duty",
    }  # fmt: skip
    return Outgoing(**{**given, **changes})


class HttpFarSide:
    """Takes POSTs. answer: what it says to one that `judge` finds good; every good one is kept in `taken`."""

    def __init__(self) -> None:
        self.judge: Callable[[str, dict[str, str], bytes], tuple[int, bytes]] = lambda path, headers, body: (200, b"ok-17")
        self.answers: list[tuple[int, bytes]] = []  # said instead, one after the other
        self.headers: dict[str, str] = {}
        self.hang_s = 0.0
        self.breaks = False
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.taken: list[tuple[str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = (self.path, dict(self.headers), body)
                outer.requests.append(request)
                time.sleep(outer.hang_s)
                if outer.breaks:
                    self.connection.close()
                    return
                status, said = outer.answers.pop(0) if outer.answers else outer.judge(*request)
                if not outer.answers and 200 <= status < 300 and outer.is_good(said):
                    outer.taken.append(request)
                self.send_response(status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                if status in (301, 302, 307):
                    self.send_header("Location", f"{outer.url}/elsewhere")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up is part of the tests
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @staticmethod
    def is_good(said: bytes) -> bool:
        try:
            found = json.loads(said)
        except ValueError:
            return True
        return not (isinstance(found, dict) and (found.get("errcode") or found.get("code")))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def as_wecom(path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Answers as WeCom's robot does: codes inside HTTP 200."""
    said = json.loads(body)
    if parse_qs(urlsplit(path).query).get("key") != ["wecom-key-0001"]:
        return 200, b'{"errcode":93000,"errmsg":"invalid webhook url, hint: [1], from ip: 127.0.0.1"}'
    if said["msgtype"] not in said or "application/json" not in headers["Content-Type"]:
        return 200, b'{"errcode":40008,"errmsg":"invalid message type"}'
    if said["msgtype"] == "markdown" and len(said["markdown"]["content"].encode()) > 4096:
        return 200, b'{"errcode":45002,"errmsg":"content size out of limit"}'
    return 200, b'{"errcode":0,"errmsg":"ok"}'


def as_dingtalk(path: str, _headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Checks the signature as DingTalk describes it: base64(HMAC-SHA256(secret, timestamp + newline + secret))."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    if query.get("access_token") != "ding-token-0001":
        return 200, b'{"errcode":300001,"errmsg":"token is not exist"}'
    secret, stamp = "SECabcdef0123456789", query.get("timestamp", "0")
    if abs(int(stamp) - NOW // 1000) > 3_600_000:
        return 200, b'{"errcode":310000,"errmsg":"invalid timestamp"}'
    right = base64.b64encode(hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()).decode()
    if query.get("sign") != right:
        return 200, b'{"errcode":310000,"errmsg":"sign not match, more: [https://ding-doc.dingtalk.com]"}'
    said = json.loads(body)
    return (200, b'{"errcode":0,"errmsg":"ok"}') if said["msgtype"] in said else (200, b'{"errcode":40035,"errmsg":"missing json"}')


def as_feishu(path: str, _headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Checks the signature as Feishu describes it: base64(HMAC-SHA256(timestamp + newline + secret, nothing)), in the body."""
    if not path.endswith("/hook/feishu-key-0001"):
        return 200, b'{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}'
    if len(body) > 20_480:
        return 200, b'{"code":9499,"msg":"Bad Request","data":{}}'
    said = json.loads(body)
    key = f"{said.get('timestamp')}\nfeishu-secret-01".encode()
    if said.get("sign") != base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode() or said["timestamp"] != str(NOW // 1_000_000):
        return 200, b'{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}'
    return 200, b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}'


class MailDrop:
    """A real SMTP server. refuses: command -> answer; user and password: who may enter; drops_after_data: it closes instead of answering."""

    def __init__(self, tls: str = "none", folder: Path | None = None) -> None:
        self.user, self.password = "", ""
        self.refuses: dict[str, str] = {}
        self.drops_after_data = False
        self.hang_s = 0.0
        self.mails: list[EmailMessage] = []
        context = None
        if tls != "none":
            assert folder is not None
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate(folder))
        more: dict[str, Any] = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {}
        if tls == "ssl":
            more = {"ssl_context": context}
        self.controller = Controller(
            self, hostname="127.0.0.1", port=0, authenticator=self._enter, auth_require_tls=tls == "starttls", decode_data=False, **more
        )  # fmt: skip
        self.controller.port = free_port()
        self.controller.start()
        self.port = self.controller.port

    def _enter(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (self.user.encode(), self.password.encode())
        return AuthResult(success=is_right, handled=is_right)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if self.user and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if "MAIL" in self.refuses:
            return self.refuses["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if "RCPT" in self.refuses:
            return self.refuses["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if "DATA" in self.refuses:
            return self.refuses["DATA"]
        if self.hang_s:
            import asyncio

            await asyncio.sleep(self.hang_s)
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.mails.append(found)
        if self.drops_after_data:
            server.transport.abort()
        return "250 2.0.0 taken as 8x7"

    def close(self) -> None:
        if self.controller._thread is not None:  # once
            self.controller.stop()


def certificate(folder: Path) -> tuple[str, str]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(cert), "-keyout", str(key)]
    subprocess.run(["openssl", *words, *more], check=True, capture_output=True)
    return str(cert), str(key)


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def query_of(path: str) -> dict[str, str]:
    return {name: unquote(values[0]) for name, values in parse_qs(urlsplit(path).query).items()}
