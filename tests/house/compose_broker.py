"""The broker of docker-compose.yml, run natively: its own start script and its own mosquitto.conf; only address, folder and plugin path are this machine's."""

import os
import socket
import subprocess
import time
from pathlib import Path

from tests.conftest import PROGRAM_FOLDERS, require_program
from tricolor.adapters.sources.broker import answers, find_dynamic_security

DOCKER = Path(__file__).parents[2] / "docker"
ADMIN = "tricolor-admin"


class ComposeBroker:
    """Starts at once. environment: what docker-compose.yml gives to the service."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        require_program("mosquitto")
        require_program("mosquitto_ctrl")
        folder.mkdir(exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.folder, self.accounts = folder, folder / "dynamic-security.json"
        self._environment = {**environment, "MOSQUITTO_DATA": str(folder), "MOSQUITTO_CONF": str(folder / "mosquitto.conf")}
        user = "user root\n" if os.geteuid() == 0 else ""
        conf = (DOCKER / "mosquitto.conf").read_text(encoding="utf-8")
        conf = conf.replace("/usr/lib/mosquitto_dynamic_security.so", str(find_dynamic_security())).replace("/mosquitto/data", str(folder))
        (folder / "mosquitto.conf").write_text(conf.replace("listener 1883\n", f"{user}listener {self.port} 127.0.0.1\n"))
        self.log = folder / "broker.log"
        self.start()

    def start(self) -> None:
        path = os.pathsep.join((os.environ.get("PATH", ""), *PROGRAM_FOLDERS))
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                ["sh", DOCKER / "mosquitto-start.sh"], env={"PATH": path, **self._environment}, stdout=out, stderr=out, start_new_session=True
            )
        until = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < until and not answers("127.0.0.1", self.port, 0.2):
            time.sleep(0.05)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        if self.is_running:
            self._process.terminate()
            self._process.wait(20)
