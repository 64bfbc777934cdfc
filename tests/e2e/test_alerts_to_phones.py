"""Issue 7 as its users live it: `tricolor up`, readings over MQTT, a robot, a mail server and a webhook that check what they get, people who tap."""

import http.client
import json
import re
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Tricolor
from tests.e2e.heat_town import COLD, COOL, NETWORKS, REGISTRY, WARM, FarSides, Gateways, far_sides, pack
from tricolor.adapters.sources.broker import Broker

pytestmark = [pytest.mark.e2e, pytest.mark.servers]
LINK = re.compile(r"http://[^\s\"'()<>]+/a/[\w.-]+")


class Town:
    """One Tricolor with its far sides and gateways."""

    def __init__(self, tricolor: Tricolor, far: FarSides, gateways: Gateways) -> None:
        self.tricolor, self.far, self.gateways = tricolor, far, gateways

    def alert(self, network: str, state: str = "open") -> dict[str, Any] | None:
        """The newest alert of its supply temperature, with timeline."""
        found = self.tricolor.get(f"/v1/alerts?state={state}&entity={network}&rule=instant").json()["alerts"]
        return self.tricolor.get(f"/v1/alerts/{found[0]['id']}").json() if found else None  # type: ignore[no-any-return]

    def whys(self, network: str) -> list[str]:
        alert = self.alert(network, "all")
        return [] if alert is None else [moment["why"] for moment in alert["timeline"]]

    def wait_why(self, network: str, why: str, limit_s: float) -> None:
        self.tricolor.wait_for(lambda: why in self.whys(network), limit_s, f"{why} of {network}: {self.whys(network)}")

    def inbox(self, contact: str, network: str = "") -> list[dict[str, Any]]:
        """Newest first; network: only about this one's newest alert."""
        found: list[dict[str, Any]] = self.tricolor.get(f"/v1/inbox?recipient={contact}").json()["messages"]
        about = self.alert(network, "all") if network else None
        return [m for m in found if not network or (about is not None and m["alert"] == about["id"])]

    def deliveries(self, network: str) -> dict[str, Any]:
        alert = self.alert(network, "all")
        assert alert is not None
        found: dict[str, Any] = self.tricolor.get(f"/v1/alerts/{alert['id']}/deliveries").json()
        return found

    def post(self, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
        answer = self.tricolor.ask("POST", path, json.dumps(body).encode(), Content_Type="application/json")
        assert answer.status == status, answer.body
        found: dict[str, Any] = answer.json()
        return found

    def open_red(self, network: str) -> None:
        """Cold from now on; two readings of it."""
        self.gateways.values[f"{network}.supply"] = COLD
        self.tricolor.wait_for(lambda: self.alert(network) is not None, 8, f"an alert of {network}")


def tap(link: str, action: str = "", **form: str) -> tuple[int, str]:
    """The page behind a link as a phone opens it, or a form of it sent; redirects are not followed."""
    where = urllib.parse.urlsplit(link)
    line = http.client.HTTPConnection(where.netloc, timeout=20)
    if action:
        line.request("POST", f"{where.path}/{action}", urllib.parse.urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
    else:
        line.request("GET", where.path)
    answer = line.getresponse()
    found = answer.status, answer.read().decode()
    line.close()
    return found


@pytest.fixture
def town(make_stopped: Callable[..., Tricolor], tmp_path: Path) -> Iterator[Town]:
    with ExitStack() as stack:
        far = stack.enter_context(far_sides())
        tricolor = make_stopped(REGISTRY, TRICOLOR_PLAN=str(pack(tmp_path / "pack")), TRICOLOR_CHANNELS=str(far.settings(tmp_path / "channels.toml")))
        host, port = tricolor.mqtt.split(":")
        stack.callback(Broker(host, int(port), tmp_path / "broker").stop)  # the broker outlives the kill
        for contact, channel, address in (("it-duty", "dingtalk", "robot:energy"), ("it-duty", "mail", "@email")):
            tricolor.run("contact", "address", "add", contact, "--channel", channel, "--address", address)
        tricolor.start()
        gateways = Gateways(tricolor.mqtt, {f"{name}.supply": WARM for name in NETWORKS})
        stack.callback(gateways.close)
        made = Town(tricolor, far, gateways)
        made.post("/v1/contacts/it-duty/addresses", {"channel": "webhook", "address": "webhook:city"})
        made.post("/v1/contacts/it-lead/addresses", {"channel": "wecom", "address": "robot:leaders"})
        tricolor.wait_for(lambda: {v["light"] for v in tricolor.get("/v1/lights?rule=instant").json()["lights"]} == {"green"}, 40, "all warm")
        yield made


def test_from_a_cold_pipe_to_a_person_and_back(town: Town) -> None:
    for part in (
        _told_within_two_seconds, _a_link_looked_at_answers_nothing_and_a_tap_does, _a_kill_and_a_broken_line_in_the_middle_of_an_escalation,
        _a_dark_meter_ends_nothing, _a_silence_holds_and_lets_go, _nobody_left_to_tell, _warm_again_is_told_to_those_who_were_told,
        _a_red_that_reached_nobody_is_an_alarm, _figures_say_the_same,
    ):  # fmt: skip
        began = time.monotonic()
        part(town)
        print(f"{part.__name__}: {time.monotonic() - began:.0f} s")
    assert not town.far.faults
    assert not re.search(r"Traceback|secret-0001|ding-token|wecom-key|SECabc", town.tricolor.log.read_text())


def _told_within_two_seconds(town: Town) -> None:
    del town.gateways.values["net-a.supply"]
    time.sleep(1.1)
    town.gateways.send({"net-a.supply": COLD})
    time.sleep(1.5)
    assert town.alert("net-a", "all") is None and not town.far.at  # one reading is no state
    sent = town.gateways.send({"net-a.supply": COLD})
    town.gateways.values["net-a.supply"] = COLD
    places = {"/ding", "/hook"}
    town.tricolor.wait_for(lambda: {place for _, place in town.far.at} == places and bool(town.far.mail.mails), 10, "robot, webhook and mail")
    assert max(at for at, _ in town.far.at) - sent < 2.0
    assert time.monotonic() - sent < 2.5
    (shown,) = town.inbox("it-duty")
    assert LINK.search(shown["text"]) and shown["light"] == "red"
    (card,), (mail,), (hook,) = town.far.texts("/ding"), town.far.mails(), town.far.hooked()
    assert "供热管网A" in card and LINK.search(card)
    assert "it-duty@example.invalid" in mail and "供热管网A" in mail and LINK.search(mail)
    assert (hook["event"], hook["light"]) == ("OPENED", "red") and hook["link"].endswith("/alerts/1")  # a machine gets no link of a person
    assert not town.inbox("it-lead") and not town.inbox("net-c-duty") and len(town.inbox("net-a-duty")) == 1


def _a_link_looked_at_answers_nothing_and_a_tap_does(town: Town) -> None:
    link = LINK.search(town.inbox("it-duty")[0]["text"])
    assert link is not None
    for _ in range(2):
        status, page = tap(link[0])
        assert status == 200 and "供热管网A" in page
    seen = town.alert("net-a")
    assert seen is not None and seen["handling"] == "unacked"
    status, _ = tap(link[0], "ack", alert=str(seen["id"]))
    assert status == 303
    taken = town.alert("net-a")
    assert taken is not None and (taken["handling"], taken["acked_by"]) == ("acked", "it-duty先生")
    assert [(m["why"], m["by"]) for m in taken["timeline"] if m["by"]] == [("ACKED", "it-duty先生")]


def _a_kill_and_a_broken_line_in_the_middle_of_an_escalation(town: Town) -> None:
    """The words to the leader go into a line that breaks, then everything is killed: he gets them again, marked, and every step happens once."""
    del town.gateways.values["net-a.supply"]  # dark from now on
    town.far.http.breaks = True
    town.open_red("net-b")
    town.tricolor.wait_for(lambda: town.far.broken() > 0, 15, "words that went out into a broken line")
    assert not town.inbox("dr-lead")
    town.tricolor.kill()
    town.far.http.breaks = False
    town.tricolor.start()
    town.tricolor.wait_for(lambda: bool(town.far.texts("/wecom")), 30, "the leader told once more")
    town.tricolor.wait_for(lambda: bool(town.inbox("dr-lead")), 30, "the leading bureau told")
    (said,) = town.far.texts("/wecom")
    assert "可能重复" in said and "供热管网B" in said
    whys = Counter(town.whys("net-b"))
    assert (whys["OPENED"], whys["ESCALATED"]) == (1, 2)
    steps = [(n["recipient"], n["channel"], n["step"]) for n in town.deliveries("net-b")["notices"] if n["why"] == "ESCALATED"]
    assert Counter(steps) == {("it-lead", "inbox", 1): 1, ("it-lead", "wecom", 1): 1, ("dr-lead", "inbox", 2): 1}
    assert len(town.inbox("it-lead")) == len(town.inbox("dr-lead")) == len(town.inbox("net-b-duty", "net-b")) == 1


def _a_dark_meter_ends_nothing(town: Town) -> None:
    town.wait_why("net-a", "STALE", 20)  # 10 s until a reading is old, 2 s more; the kill in between changed nothing
    alert = town.alert("net-a")
    assert alert is not None and (alert["state"], alert["is_stale"], alert["level"], alert["handling"]) == ("firing", True, "red", "acked")
    (asked,) = (n for n in town.deliveries("net-a")["notices"] if n["why"] == "NO_DATA")
    assert asked["recipient"] == "net-a-duty"  # whose data it is
    assert not {"RESOLVED", "RECOVERING"} & set(town.whys("net-a"))
    assert [hook["event"] for hook in town.far.hooked() if "供热管网A" in json.dumps(hook, ensure_ascii=False)] == ["OPENED"]


def _a_silence_holds_and_lets_go(town: Town) -> None:
    end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    held = town.post("/v1/silences", {"entity": "net-c", "end": end, "reason": "阀门检修", "by": "值班长"})
    town.gateways.values["net-c.supply"] = COOL
    town.tricolor.wait_for(lambda: town.alert("net-c") is not None, 8, "the yellow alert")
    alert = town.alert("net-c")
    assert alert is not None and (alert["level"], alert["state"]) == ("yellow", "firing")
    notices = town.deliveries("net-c")["notices"]
    assert notices and {(n["state"], n["why_not"]) for n in notices} == {("muted", f"silence:{held['id']}")}
    window = town.post("/v1/silences", {"kind": "maintenance", "entity": "net-c", "up_to": "red", "end": end, "reason": "停网检修", "by": "值班长"})
    town.gateways.values["net-c.supply"] = COLD
    town.tricolor.wait_for(lambda: (town.alert("net-c") or {})["level"] == "red", 8, "worse")
    time.sleep(1)
    notices = [n for n in town.deliveries("net-c")["notices"] if n["why"] == "WORSENED"]
    assert notices and {(n["state"], n["why_not"]) for n in notices} == {("muted", f"maintenance:{window['id']}")}
    assert not town.inbox("net-c-duty")
    for each in (held, window):
        town.post(f"/v1/silences/{each['id']}/end", {"reason": "已完工", "by": "值班长"}, 200)
    town.tricolor.wait_for(lambda: bool(town.inbox("net-c-duty")), 8, "told after the end")
    assert "供热管网C" in town.inbox("net-c-duty")[0]["title"]


def _nobody_left_to_tell(town: Town) -> None:
    """Of net-d a department is told by mail alone, its bureau too, and the mail server knows neither."""
    town.far.mail.refuses["RCPT"] = "550 5.1.1 no such user"
    for contact in ("st-duty", "st-lead", "dr-lead"):
        town.post(f"/v1/contacts/{contact}/addresses", {"channel": "inbox", "address": contact, "is_on": False})
        town.post(f"/v1/contacts/{contact}/addresses", {"channel": "mail", "address": "@email"})
    town.open_red("net-d")


def _a_red_that_reached_nobody_is_an_alarm(town: Town) -> None:
    town.tricolor.wait_for(lambda: "red_failed" in _alarms(town), 40, "an alarm of a red that reached nobody")
    said = _alarms(town)["red_failed"]
    assert "net-d" in said and "st-duty" in said and "550" in said
    assert {d["state"] for d in town.deliveries("net-d")["deliveries"]} == {"dead"}


def _alarms(town: Town) -> dict[str, str]:
    return {a["kind"]: a["text"]["en"] for a in town.tricolor.get("/v1/operator-alarms").json()["alarms"] if a["cleared_at"] is None}


def _warm_again_is_told_to_those_who_were_told(town: Town) -> None:
    told = {name: _recipients(town, name, {"accepted", "delivered"}) for name in NETWORKS[:3]}
    for name in NETWORKS[:3]:
        town.gateways.values[f"{name}.supply"] = WARM
    for name in NETWORKS[:3]:
        town.wait_why(name, "RESOLVED", 20)
        assert town.whys(name)[-2:] == ["RECOVERING", "RESOLVED"]
        ends = {n["recipient"] for n in town.deliveries(name)["notices"] if n["why"] == "RESOLVED" and n["state"] in ("waiting", "grouped")}
        assert told[name] <= ends <= _recipients(town, name, {"accepted", "delivered", "queued", "sending"}), name
    assert not {"REPEATED", "ESCALATED"} & set(town.whys("net-a"))  # somebody has it
    assert told["net-a"] == {"it-duty", "net-a-duty"} and {"it-lead", "dr-lead", "net-b-duty"} <= told["net-b"]
    alert = town.alert("net-a", "all")
    assert alert is not None and (alert["state"], alert["acked_by"]) == ("resolved", "it-duty先生")
    town.tricolor.wait_for(lambda: town.inbox("net-a-duty", "net-a")[0]["why"] == "RESOLVED", 75, "the good news on a phone")


def _recipients(town: Town, network: str, states: set[str]) -> set[str]:
    return {d["recipient"] for d in town.deliveries(network)["deliveries"] if d["state"] in states}


def _figures_say_the_same(town: Town) -> None:
    """What the deliveries count is what the far sides took, and /metrics says the same."""
    found = {d["id"]: d for name in NETWORKS for d in town.deliveries(name)["deliveries"]}
    taken = Counter(d["channel"] for d in found.values() if d["state"] in ("accepted", "delivered"))
    assert taken["dingtalk"] == len(town.far.texts("/ding")) and taken["wecom"] == len(town.far.texts("/wecom"))
    assert taken["mail"] == len(town.far.mail.mails) and taken["webhook"] == len(town.far.hooked())
    contacts = ("it-duty", "it-lead", "dr-lead", "st-duty", "st-lead", *(f"{name}-duty" for name in NETWORKS[:3]))
    assert taken["inbox"] == sum(len(town.inbox(contact)) for contact in contacts)
    metrics = dict(re.findall(r"^(tricolor_\S+) (\S+)$", town.tricolor.get("/metrics").body.decode(), re.MULTILINE))
    assert float(metrics['tricolor_open_alerts{level="red"}']) == len(town.tricolor.get("/v1/alerts?level=red").json()["alerts"])
    assert any(name.startswith("tricolor_operator_alarms") and float(value) == 1 for name, value in metrics.items())
