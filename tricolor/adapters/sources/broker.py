"""The embedded broker: mosquitto as a child with limits that lose nothing silently, else amqtt for a demonstration."""

import getpass
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tricolor.adapters.broker_admin.accounts import Accounts, load_or_make
from tricolor.domain.errors import Misconfigured

# mosquitto's defaults drop acknowledged messages (max_queued_messages 1000); 0 would mean "no bound at all" (DESIGN §4)
_CONF = """listener {port} {host}
{tls}{access}
persistence true
persistence_location {folder}/
persistence_file broker.db
autosave_interval 1
max_queued_messages 200000
max_queued_bytes 1073741824
queue_qos0_messages false
persistent_client_expiration 14d
max_inflight_messages 4000
message_size_limit 17825792
max_packet_size 17829888
sys_interval 1
log_dest file {folder}/mosquitto.log
log_type error
log_type warning
{user}
"""


def find_mosquitto() -> str | None:
    """Path of the program, also where Debian puts it for root only."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def find_dynamic_security() -> str | None:
    """Path of mosquitto's dynamic-security plugin, where the packages put it."""
    folders = (Path("/usr/lib"), Path("/usr/local/lib"), Path("/opt/homebrew/lib"))
    found = (path for folder in folders for pattern in ("", "*/") for path in sorted(folder.glob(f"{pattern}mosquitto_dynamic_security.so")))
    return next(map(str, found), None)


def answers(host: str, port: int, timeout_s: float = 0.5) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection((host, port), timeout_s):
            return True
    except OSError:
        return False


def _tls_lines(certificate: tuple[Path, Path] | None) -> str:
    """What makes the listener a TLS one; Misconfigured when the files cannot be used together."""
    if certificate is None:
        return ""
    cert, key = certificate
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"TRICOLOR_BROKER_CERT_FILE={cert} and TRICOLOR_BROKER_KEY_FILE={key} cannot be used: {error}") from error
    return f"certfile {cert.resolve()}\nkeyfile {key.resolve()}\ntls_version tlsv1.2\n"


class Broker:
    """A broker that lives as long as we do. notice: what the operator should know about it ("" for mosquitto).

    certificate: PEM files of certificate and key, for a TLS listener.
    is_guarded: with mosquitto's dynamic security, every client needs an account (`accounts` holds ours); else anybody on this machine is let in.
    """

    def __init__(self, host: str, port: int, folder: Path, is_guarded: bool = False, certificate: tuple[Path, Path] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._tls = _tls_lines(certificate)
        self._host, self._port, self._folder, self._is_guarded = host, port, folder, is_guarded
        self.notice = ""
        self.accounts: Accounts | None = None
        self._process = self._start()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        program = find_mosquitto()
        if self._host not in ("127.0.0.1", "localhost", "::1") and not self._is_guarded:
            raise Misconfigured(
                f"the embedded broker takes anybody and so serves this machine only; TRICOLOR_MQTT names {self._host}: start a broker there,"
                " or give every gateway an account with TRICOLOR_BROKER_AUTH=dynsec"
            )
        if program is not None:
            folder = self._folder.resolve()
            user = f"user {getpass.getuser()}" if os.geteuid() == 0 else ""
            path = folder / "mosquitto.conf"
            access = self._guard(folder) if self._is_guarded else "allow_anonymous true"
            path.write_text(_CONF.format(port=self._port, host=self._host, folder=folder, user=user, access=access, tls=self._tls))
            return self._wait([program, "-c", str(path)])
        if self._tls:
            raise Misconfigured("TRICOLOR_MQTT_TLS needs mosquitto: apt install mosquitto, or set TRICOLOR_MQTT to a broker of yours")
        if self._is_guarded:
            raise Misconfigured("TRICOLOR_BROKER_AUTH=dynsec needs mosquitto: apt install mosquitto, or set TRICOLOR_MQTT to a broker of yours")
        self.notice = (
            "mosquitto 未安装，改用 amqtt（仅供演示，断电会丢消息） · mosquitto is not installed, using amqtt: "
            "for demonstration only, it keeps nothing over a restart. Install it with: apt install mosquitto"
        )
        try:
            import amqtt  # noqa: F401, PLC0415 - an extra
        except ModuleNotFoundError:
            raise Misconfigured("no broker answers at TRICOLOR_MQTT, and neither mosquitto nor the extra 'amqtt' is installed") from None
        return self._wait([sys.executable, "-m", "tricolor.adapters.sources.amqtt_broker", f"{self._host}:{self._port}"])

    def _guard(self, folder: Path) -> str:
        """The lines of the configuration that ask every client for an account."""
        plugin = find_dynamic_security()
        if plugin is None:
            raise Misconfigured("TRICOLOR_BROKER_AUTH=dynsec: mosquitto_dynamic_security.so is not installed; it comes with mosquitto 2")
        config = folder / "dynamic-security.json"
        self.accounts = load_or_make(folder, config)
        if self._host not in ("127.0.0.1", "localhost", "::1") and not self._tls:
            self.notice = (
                f"MQTT {self._host}:{self._port} 未加密，密码会明文传输 · passwords travel in the clear to {self._host}: put TLS in front of it"
            )
        return f"allow_anonymous false\nplugin {plugin}\nplugin_opt_config_file {config}"

    def _wait(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self._folder / "broker.out").open("ab") as out:
            # its own process group: Ctrl-C reaches us first, and the broker is stopped after what it feeds
            process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
        for _ in range(150):
            if answers(self._host, self._port, 0.2):
                return process
            if process.poll() is not None:
                break
            time.sleep(0.1)
        process.kill()
        raise Misconfigured(f"the broker did not start, see {self._folder / 'broker.out'} and {self._folder / 'mosquitto.log'}")
