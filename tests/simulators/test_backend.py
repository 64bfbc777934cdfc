"""What the city asks the service: where it is, whether it is done, and to take the figures; and how a run goes on after either lost something."""

import json
from pathlib import Path

import httpx
import pytest

from simulators import state as states
from simulators.backend import Backend, BackendAway, BackendRefused
from simulators.bureau import Bureau
from simulators.clock import Clock
from simulators.dials import Devices
from simulators.main import admin_key, main
from simulators.messages import gateways
from simulators.script import City
from simulators.state import State
from simulators.statistics import consumption_tce
from simulators.town import resume
from tricolor.domain.intervals import HOUR_US, MINUTE_US, SECOND_US, iso, parse_us

NOW = parse_us("2026-11-20T20:07:31+08:00")


class Service:
    """The answers of the API, by hand."""

    def __init__(self) -> None:
        self.total = {"received": 0, "unwritten": 0, "unsettled": 0}
        self.status = 200
        self.figures: list[dict[str, object]] = []
        self.requests: list[httpx.Request] = []
        self.statistics: list[dict[str, object]] = []
        self.budgets: list[dict[str, object]] = []
        self.registered: dict[str, dict[str, object]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.status != 200:
            return httpx.Response(self.status, text="no")
        if request.url.path == "/v1/ingest/ledger":
            return httpx.Response(200, json={"sources": [], "total": self.total})
        if request.url.path == "/v1/points":
            return httpx.Response(200, json={"points": [{"id": "a", "last_at": iso(NOW)}, {"id": "b", "last_at": None}], "next": None})
        if request.url.path == "/v1/activities":
            self.figures += json.loads(request.content)["activities"]
            return httpx.Response(200, json={"activities": []})
        return self.reports(request)

    def reports(self, request: httpx.Request) -> httpx.Response:
        path, body = request.url.path, json.loads(request.content) if request.content else {}
        if path == "/v1/entities":
            return httpx.Response(200, json={"entities": [{"id": "qb-carbide", "is_key_user": True}, {"id": "qn-brick", "is_key_user": False}]})
        if path == "/v1/statistics/asked":
            names = ["reported_energy_tce", "annual_energy_tce", "gdp_growth_target", "straw-use"]
            return httpx.Response(200, json={"asked": [{"indicator": name, "unit": f"unit of {name}"} for name in names]})
        if path == "/v1/statistics":
            self.statistics += body["statistics"]
            return httpx.Response(200, json={"accepted": len(body["statistics"])})
        if path == "/v1/budgets":
            self.budgets = body["budgets"]
            return httpx.Response(200, json={"budgets": []})
        if path in ("/v1/projects", "/v1/cp-audits"):
            return httpx.Response(200, json={"projects": [{"id": "demo/kiln-heat"}], "audits": []})
        if path.startswith(("/v1/projects/", "/v1/cp-audits/")):
            self.registered[path] = body
            return httpx.Response(200, json={})
        return httpx.Response(404)

    def backend(self) -> Backend:
        return Backend("service:8000", "secret", httpx.MockTransport(self))


def test_figures_wait_until_what_was_sent_is_settled(devices: Devices) -> None:
    service, state = Service(), State(1)
    bureau = Bureau(devices, state, service.backend(), received=1000)
    for total in (
        {"received": 999, "unwritten": 0, "unsettled": 0},
        {"received": 1000, "unwritten": 3, "unsettled": 0},
        {"received": 1000, "unwritten": 0, "unsettled": 1},
    ):
        service.total = total
        assert not bureau.visit(NOW) and not service.figures
    service.total = {"received": 1000, "unwritten": 0, "unsettled": 0}
    assert bureau.visit(NOW)
    assert len(service.figures) == bureau.submitted > 700
    assert state.figures_to == "2026-10"
    assert all(r.headers["authorization"] == "Bearer secret" for r in service.requests)
    assert max(len(next(iter(json.loads(r.content).values()))) for r in service.requests if r.method == "POST") <= 200


def test_people_report_what_the_meters_count_and_what_the_service_asks_for(devices: Devices) -> None:
    service, state = Service(), State(1, started=NOW)
    assert Bureau(devices, state, service.backend(), received=0).visit(NOW)
    by = {(row["entity"], row["indicator"], row["period"]): row for row in service.statistics}
    metered = consumption_tce(devices, {"qb-carbide"}, 22, "equivalent")  # January 2025 to October 2026
    october = by["qb-carbide", "reported_energy_tce", "2026-10"]
    assert october["value"] == pytest.approx(0.93 * metered[21], abs=0.05) and october["unit"] == "unit of reported_energy_tce"
    assert by["qb-carbide", "annual_energy_tce", "2025"]["value"] == pytest.approx(metered[:12].sum(), abs=0.05)
    assert ("qb-carbide", "reported_energy_tce", "2025-12") not in by and ("qn-brick", "reported_energy_tce", "2026-10") not in by
    assert by["qinzhou", "straw-use", "2026-Q3"]["confirmed"] is True
    assert {row["indicator"] for row in service.statistics} == {"reported_energy_tce", "annual_energy_tce", "gdp_growth_target", "straw-use"}
    # a tenth and more of last year's energy is missing in the budget of the manganese works
    budget = next(row for row in service.budgets if row["entity"] == "qn-manganese")
    assert budget["year"] == 2026
    assert budget["tce"] == pytest.approx(0.92 * consumption_tce(devices, {"qn-manganese"}, 12, "equivalent").sum(), abs=5.1)
    # the kiln's project is in the register already and stays as people left it
    assert "/v1/projects/demo/kiln-heat" not in service.registered
    assert service.registered["/v1/projects/demo/chlor-membrane"]["commissioned"] == "2026-01-14"  # 310 days before 2026-11-20
    audit = service.registered["/v1/cp-audits/demo/audit-sugar"]
    assert audit["state"] == "accepted" and audit["accepted_on"] == "2026-10-31"  # 20 days before


def test_figures_are_submitted_once_and_later_only_the_new_month(devices: Devices) -> None:
    service, state = Service(), State(1)
    bureau = Bureau(devices, state, service.backend(), received=0)
    assert bureau.visit(NOW) and not bureau.visit(NOW)
    count = len(service.figures)
    later = parse_us("2026-12-11T00:00:00+08:00")
    assert bureau.visit(later)
    assert {figure["month"] for figure in service.figures[count:]} == {"2026-11"}


def test_a_service_that_is_away_is_asked_again_and_a_refusal_is_told(devices: Devices) -> None:
    service = Service()
    bureau = Bureau(devices, State(1), service.backend(), received=0)
    service.status = 503
    assert not bureau.visit(NOW)
    service.status = 403
    with pytest.raises(BackendRefused, match="403"):
        bureau.visit(NOW)
    service.status = 200
    assert bureau.visit(NOW)


def test_the_newest_reading_of_every_point_is_known() -> None:
    assert Service().backend().last_readings() == {"a": NOW}


def test_no_service_at_all_is_away() -> None:
    with pytest.raises(BackendAway):
        Backend("127.0.0.1:9", "k").received()
    assert not Backend("127.0.0.1:9", "k").wait(0.0)


def test_something_else_at_the_address_is_told() -> None:
    other = Backend("x:1", "k", httpx.MockTransport(lambda _r: httpx.Response(200, text="<html>")))
    with pytest.raises(BackendRefused, match="is this address"):
        other.received()


def test_where_to_go_on_after_one_side_lost_something(city: City, devices: Devices) -> None:
    paper = next(g for g in gateways(devices) if g.entity == "qzg-paper")
    grid = parse_us("2026-11-20T20:00:00+08:00")
    all_here = {p.id: grid for p in paper.points}
    assert resume(paper, grid + 7 * MINUTE_US, all_here) == grid + 7 * MINUTE_US  # nothing was due since
    assert resume(paper, grid + HOUR_US, all_here) == grid  # the service lacks what was sent
    assert resume(paper, None, all_here) == grid  # the state file is lost, the service is not
    assert resume(paper, grid, {**all_here, "qzg-paper.coal": grid - HOUR_US}) == grid - HOUR_US  # one point lags
    assert resume(paper, grid, {}) is None  # an empty service: from the beginning


def test_the_state_survives_and_that_of_another_seed_is_not_taken(tmp_path: Path) -> None:
    state = State(1, figures_to="2026-09", is_silence_over=True)
    state.of("e/g").until, state.of("e/g").seq = NOW, 12
    states.save(tmp_path, state)
    assert states.load(tmp_path, 1) == state
    assert states.load(tmp_path, 2) == State(2)
    (tmp_path / states.NAME).write_text("{half")
    assert states.load(tmp_path, 1) == State(1)


def test_a_played_past_runs_faster_until_it_meets_the_present() -> None:
    real = [NOW]
    clock = Clock(speed=60.0, rewind_s=3600.0, real=lambda: real[0])
    assert clock.now() == NOW - HOUR_US
    real[0] += 30 * SECOND_US  # half an hour of the city's time
    assert clock.now() == NOW - HOUR_US // 2 and clock.pause_s(60.0) == 1.0
    real[0] += 600 * SECOND_US
    assert clock.now() == real[0]  # never ahead
    assert clock.pause_s(60.0) == pytest.approx(60 - (real[0] // SECOND_US) % 60)  # on the minute


def test_the_key_comes_from_a_file_or_the_environment_and_never_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key").write_text("from-file\n")
    assert admin_key(tmp_path / "key", {"TRICOLOR_ADMIN_KEY": "from-env"}) == "from-file"
    assert admin_key(None, {"TRICOLOR_ADMIN_KEY": "from-env"}) == "from-env"
    with pytest.raises(SystemExit) as stopped:
        main(["--data", str(tmp_path)], {})
    assert stopped.value.code == 2 and "TRICOLOR_ADMIN_KEY" in capsys.readouterr().err
    seen: list[object] = []
    assert main(["--data", str(tmp_path), "--rewind", "2"], {"TRICOLOR_ADMIN_KEY": "k"}, lambda *a: seen.extend(a) or 0) == 0
    assert seen[2] == "k" and seen[4].rewind_s == 7200.0  # type: ignore[attr-defined]


def test_nothing_is_submitted_without_a_service(devices: Devices) -> None:
    bureau = Bureau(devices, State(1), None, 0)
    assert bureau.is_idle(NOW) and not bureau.visit(NOW)
