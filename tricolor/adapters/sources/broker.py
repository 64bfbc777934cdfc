"""The embedded broker: mosquitto as a child with limits that lose nothing silently, else amqtt for a demonstration."""

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tricolor.domain.errors import Misconfigured

# mosquitto's defaults drop acknowledged messages (max_queued_messages 1000); 0 would mean "no bound at all" (DESIGN §4)
_CONF = """listener {port} {host}
allow_anonymous true
persistence true
persistence_location {folder}/
persistence_file broker.db
autosave_interval 1
max_queued_messages 200000
max_queued_bytes 1073741824
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


def answers(host: str, port: int, timeout_s: float = 0.5) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection((host, port), timeout_s):
            return True
    except OSError:
        return False


class Broker:
    """A broker that lives as long as we do. notice: what the operator should know about it ("" for mosquitto)."""

    def __init__(self, host: str, port: int, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._host, self._port, self._folder = host, port, folder
        self.notice = ""
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
        if self._host not in ("127.0.0.1", "localhost", "::1"):
            raise Misconfigured(
                f"the embedded broker takes anybody and so serves this machine only; TRICOLOR_MQTT names {self._host}: start a broker there"
            )
        if program is not None:
            folder = self._folder.resolve()
            user = f"user {getpass.getuser()}" if os.geteuid() == 0 else ""
            path = folder / "mosquitto.conf"
            path.write_text(_CONF.format(port=self._port, host=self._host, folder=folder, user=user))
            return self._wait([program, "-c", str(path)])
        self.notice = (
            "mosquitto 未安装，改用 amqtt（仅供演示，断电会丢消息） · mosquitto is not installed, using amqtt: "
            "for demonstration only, it keeps nothing over a restart. Install it with: apt install mosquitto"
        )
        try:
            import amqtt  # noqa: F401, PLC0415 - an extra
        except ModuleNotFoundError:
            raise Misconfigured("no broker answers at TRICOLOR_MQTT, and neither mosquitto nor the extra 'amqtt' is installed") from None
        return self._wait([sys.executable, "-m", "tricolor.adapters.sources.amqtt_broker", f"{self._host}:{self._port}"])

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
