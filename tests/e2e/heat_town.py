"""A town of four heat networks and a works, whose departments are told by a group robot, mail, a webhook and the phone inbox; all far sides are real
servers on this machine."""

import base64
import hashlib
import hmac
import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import paho.mqtt.client as paho

from tests.channels.far_side import HttpFarSide, MailDrop

DING_SECRET, HOOK_SECRET = "SECabcdef0123456789", "hook-secret-0001"
AREAS = {"net-a": "qinnan", "net-b": "qinnan", "net-c": "qinnan", "net-d": "pubei"}
NETWORKS = tuple(AREAS)
WARM, COLD, COOL = 95.0, 45.0, 55.0  # [°C] the limit is 60, red from 50
POLICY = """
[policy.instant]
hold_s = { value = 0, unit = "s", source = "test", status = "illustrative" }
red_hold_s = { value = 0, unit = "s", source = "test", status = "illustrative" }
clear_s = { value = 3, unit = "s", source = "test", status = "illustrative" }
stale_s = { value = 2, unit = "s", source = "test", status = "illustrative" }
repeat_s = { value = 40, unit = "s", source = "test", status = "illustrative" }
escalate_s = { value = [6, 16], unit = "s", source = "test", status = "illustrative" }
"""
FRESH = '\n[instant.fresh_s]\nvalue = 10\nunit = "s"\nsource = "test"\nstatus = "illustrative"\n'


def _network(name: str) -> str:
    return f"""
[[entities]]
id = "{name}"
kind = "network"
name_cn = "供热管网{name[-1].upper()}"
name_en = "Heat network {name[-1].upper()}"
region = "{AREAS[name]}"

[[meters]]
id = "{name}.m"
entity = "{name}"
name_cn = "{name[-1].upper()}网热源表"
name_en = "source {name[-1].upper()}"
gateway = "gw1"
medium = "hot_water"

[[points]]
id = "{name}.heat"
meter = "{name}.m"
name_cn = "供入热量"
name_en = "heat fed in"
carrier = "heat"
quantity = "energy"
unit = "GJ"
kind = "register"
role = "fed_in"
interval_s = 900
capacity = 100000000.0
max_rate = 2500.0

[[points]]
id = "{name}.supply"
meter = "{name}.m"
name_cn = "供水温度"
name_en = "supply temperature"
quantity = "temperature"
unit = "degC"
kind = "gauge"
role = "none"
measure = "supply_temperature"
interval_s = 60
"""


def _contact(name: str, of: str, role: str, phone: str) -> str:
    return f"""
[[contacts]]
id = "{name}"
of = "{of}"
name = "{name}先生"
role = "{role}"
phone = "000-0000-000{phone}"
email = "{name}@example.invalid"
"""


REGISTRY = (
    """
[[entities]]
id = "town"
kind = "city"
name_cn = "试验市"
name_en = "Test town"

[[entities]]
id = "qinnan"
kind = "region"
name_cn = "钦南区"
name_en = "Qinnan District"

[[entities]]
id = "pubei"
kind = "region"
name_cn = "浦北县"
name_en = "Pubei County"

[[entities]]
id = "works"
kind = "enterprise"
name_cn = "试验电石厂"
name_en = "Test carbide works"
region = "qinnan"
is_key_user = true
product = "calcium_carbide"

[[meters]]
id = "works.m"
entity = "works"
name_cn = "总表"
name_en = "main meter"
gateway = "gw1"

[[points]]
id = "works.elec"
meter = "works.m"
name_cn = "用电量"
name_en = "electricity"
carrier = "electricity"
quantity = "energy"
unit = "kWh"
kind = "delta"
role = "purchased"
interval_s = 3600

[[departments]]
id = "industry-it"
name_cn = "市工业和信息化局"
name_en = "Industry and Information Technology Bureau"

[[departments]]
id = "development-reform"
name_cn = "市发展改革委"
name_en = "Development and Reform Commission"

[[departments]]
id = "statistics"
name_cn = "市统计局"
name_en = "Statistics Bureau"
"""
    + "".join(_network(name) for name in NETWORKS)
    + _contact("it-duty", "industry-it", "值班员", "1")
    + _contact("it-lead", "industry-it", "分管领导", "2")
    + _contact("dr-lead", "development-reform", "分管领导", "3")
    + _contact("st-duty", "statistics", "值班员", "4")
    + _contact("st-lead", "statistics", "分管领导", "8")
    + "".join(_contact(f"{name}-duty", name, "值班员", str(5 + k)) for k, name in enumerate(NETWORKS[:3]))
)


def pack(folder: Path) -> Path:
    """The illustrative plan with short times, in which one department answers for what is watched in seconds, and of the other area another."""
    shutil.copytree(str(files("tricolor.catalogue.plans") / "illustrative-2026-2030"), folder)
    (folder / "alerting.toml").write_text(POLICY, encoding="utf-8")
    rules, duties = folder / "rules.toml", folder / "responsibilities.csv"
    rules.write_text(rules.read_text(encoding="utf-8") + FRESH, encoding="utf-8")
    lines = duties.read_text(encoding="utf-8").splitlines(keepends=True)
    mine = next(line for line in lines if line.startswith("instant,,development-reform,"))
    rows = [mine.replace(",,development-reform,", f",{area},{who},", 1) for area, who in (("qinnan", "industry-it"), ("pubei", "statistics"))]
    duties.write_text("".join([*(line for line in lines if not line.startswith("instant,")), *rows]), encoding="utf-8")
    return folder


class FarSides:
    """A DingTalk and a WeCom robot, a webhook and a mail server that refuse what is not signed or not theirs."""

    def __init__(self) -> None:
        self.http, self.mail = HttpFarSide(), MailDrop()
        self.at: list[tuple[float, str]] = []
        self.faults: list[str] = []
        self.http.judge = self._judge

    def settings(self, file: Path) -> Path:
        file.write_text(
            f"""
[robots.energy]
kind = "dingtalk"
url = "{self.http.url}/ding?access_token=ding-token-0001"
secret = "{DING_SECRET}"

[robots.leaders]
kind = "wecom"
url = "{self.http.url}/wecom?key=wecom-key-0001"

[webhooks.city]
url = "{self.http.url}/hook"
secret = "{HOOK_SECRET}"

[mail]
host = "127.0.0.1"
port = {self.mail.port}
tls = "none"
sender = "alerts@example.invalid"
""",
            encoding="utf-8",
        )
        file.chmod(0o600)
        return file

    def _judge(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        place = urlsplit(path).path
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        if place == "/ding":
            stamp = query.get("timestamp", "0")
            right = base64.b64encode(hmac.new(DING_SECRET.encode(), f"{stamp}\n{DING_SECRET}".encode(), hashlib.sha256).digest()).decode()
            is_ours = query.get("sign") == right and abs(int(stamp) / 1000 - time.time()) < 3600
            said = b'{"errcode":0,"errmsg":"ok"}' if is_ours else b'{"errcode":310000,"errmsg":"sign not match"}'
        elif place == "/wecom":
            is_ours = query.get("key") == "wecom-key-0001"
            said = b'{"errcode":0,"errmsg":"ok"}' if is_ours else b'{"errcode":93000,"errmsg":"invalid webhook url"}'
        else:
            signed = headers.get("X-Tricolor-Timestamp", "").encode() + b"." + body
            is_ours = headers.get("X-Tricolor-Signature") == "sha256=" + hmac.new(HOOK_SECRET.encode(), signed, hashlib.sha256).hexdigest()
            said = b"ok"
        if not is_ours:
            self.faults.append(f"{place}: wrong signature")
            return (200, said) if place != "/hook" else (401, b"wrong signature")
        self.at.append((time.monotonic(), place))
        return 200, said

    def texts(self, place: str) -> list[str]:
        """What arrived there, oldest first."""
        return [body.decode() for path, _, body in list(self.http.taken) if urlsplit(path).path == place]

    def hooked(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts("/hook")]

    def broken(self) -> int:
        """Requests that were read and never answered."""
        return len(self.http.requests) - len(self.http.taken) - len(self.faults)

    def mails(self) -> list[str]:
        return [f"{mail['To']} {mail['Subject']}\n{mail.get_body(('plain', 'html')).get_content()}" for mail in list(self.mail.mails)]  # type: ignore[union-attr]

    def close(self) -> None:
        self.http.close()
        self.mail.close()


class Gateways:
    """The town's gateways over real MQTT: what `values` holds is published every second, what it does not hold is dark."""

    def __init__(self, mqtt: str, values: dict[str, float]) -> None:
        host, _, port = mqtt.partition(":")
        self.values = dict(values)
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)  # type: ignore[attr-defined,no-untyped-call,unused-ignore]
        self._client.connect(host, int(port))
        self._client.loop_start()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def send(self, values: dict[str, float], at: float | None = None) -> float:
        """Published and acknowledged by the broker; when [s, monotonic]."""
        now = time.time() if at is None else at
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}Z"
        for point, value in values.items():
            body = json.dumps({"at": stamp, "values": {point: value}})
            self._client.publish(f"tricolor/v1/{point.partition('.')[0]}/gw1/readings", body, qos=1).wait_for_publish(10)
        return time.monotonic()

    def publish(self, enterprise: str, body: dict[str, Any]) -> None:
        self._client.publish(f"tricolor/v1/{enterprise}/gw1/readings", json.dumps(body), qos=1).wait_for_publish(10)

    def _run(self) -> None:
        while not self._stop.wait(1.0):
            self.send(dict(self.values))

    def close(self) -> None:
        self._stop.set()
        self._thread.join(15)
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def far_sides() -> Iterator[FarSides]:
    made = FarSides()
    try:
        yield made
    finally:
        made.close()
