"""Health, metrics, errors of every sort, bounds on bodies, headers, and the description of it all."""

import re
from pathlib import Path

import pytest
import yaml
from fastapi import HTTPException
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from tricolor.adapters.ledger.intake import IntakeLedgerSql
from tricolor.adapters.stores.memory import MemoryStore
from tricolor.domain.errors import Misconfigured, Problems, TryAgain
from tricolor.domain.lights import Light
from tricolor.ports import Outcome, SeenNumbers, SourceCounts, WorkerLag


class Broken:
    """A port of which every verb raises."""

    def __init__(self, error: Exception):
        self._error = error

    def __getattr__(self, name):
        def fail(*_args, **_kwargs):
            raise self._error

        return fail


def test_health_needs_no_key_and_no_backend(lite):
    down = Broken(TryAgain("gone"))
    client = lite.client_with(registry=down, readings=down, energy=down, keys=down, figures=down)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_ready_when_ledger_and_stores_answer_even_with_an_empty_registry(world, ledger, tmp_path):
    assert world.client.get("/readyz").json() == {"status": "ready", "entities": 5}


def test_an_empty_registry_is_ready(sqlite_ledger, tmp_path):
    from api.main import wire
    from tricolor.adapters.stores.duckdb import DuckStore
    from tricolor.catalogue.plans import load_plan

    store = DuckStore(tmp_path / "r.duckdb")
    deps = wire(sqlite_ledger, store, load_plan("illustrative-2026-2030"), 1000)
    assert TestClient(create_app(deps)).get("/readyz").json() == {"status": "ready", "entities": 0}
    store.close()


@pytest.mark.parametrize("error", [TryAgain("host secret"), Misconfigured("secret"), RuntimeError("secret /path")])
@pytest.mark.parametrize(("port", "part"), [("registry", "ledger"), ("readings", "readings"), ("energy", "energy")])
def test_not_ready_names_the_part_that_is_missing(lite, problem, port, part, error):
    answer = lite.client_with(**{port: Broken(error)}).get("/readyz")
    body = problem(answer, 503, "not-ready")
    assert body["missing"] == [part] and part in body["detail"] and "retry-after" in answer.headers
    assert "secret" not in answer.text


def metric_values(text: str) -> dict[tuple[str, ...], float]:
    return {
        (s.name, *(s.labels[name] for name in sorted(s.labels))): s.value for family in text_string_to_metric_families(text) for s in family.samples
    }


def test_metrics_hold_the_ledger_alerts_outbox_and_lights(world, verdict):
    IntakeLedgerSql(world.ledger).apply(Outcome("w", 1, (SourceCounts("mqtt:mill/gw1", 10, 7, 2, 1),), (), (), ()))
    world.judge(verdict("mill"), verdict("kiln", light=Light.YELLOW), verdict("north", light=Light.GREEN))
    loopback = TestClient(world.client.app, client=("127.0.0.1", 5000))
    values = metric_values(loopback.get("/metrics").text)
    assert values["tricolor_intake_readings_total", "received", "mqtt:mill/gw1"] == 10
    assert values["tricolor_intake_readings_total", "quarantined", "mqtt:mill/gw1"] == 1
    assert (values["tricolor_open_alerts", "red"], values["tricolor_open_alerts", "yellow"]) == (1, 1)
    assert values["tricolor_outbox_messages", "queued"] == 0
    assert (values["tricolor_lights", "green"], values["tricolor_lights", "grey"]) == (1, 0)


def test_metrics_want_a_key_from_elsewhere_and_through_a_proxy(lite, problem):
    away = TestClient(lite.client.app, client=("203.0.113.7", 5000))
    here = TestClient(lite.client.app, client=("::1", 5000))
    problem(away.get("/metrics"), 401, "key-missing")
    problem(here.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}), 401, "key-missing")
    problem(away.get("/metrics", headers=lite.headers("push")), 403, "key-kind")
    assert away.get("/metrics", headers=lite.headers("read")).status_code == 200
    assert here.get("/metrics").status_code == 200


def test_what_is_not_there_and_what_is_not_allowed_are_problems(lite, problem):
    body = problem(lite.client.get("/v1/nothing"), 404, "not-found")
    assert body["instance"] == "/v1/nothing"
    answer = lite.client.delete("/v1/entities")
    problem(answer, 405, "method")
    assert answer.headers["allow"] == "GET"


def test_an_error_inside_tells_nothing_of_the_house(lite, problem):
    answer = lite.client_with(lights=Broken(RuntimeError("password=hunter2 at /srv/x.py"))).get("/v1/lights", headers=lite.headers("read"))
    problem(answer, 500, "internal")
    assert "hunter2" not in answer.text and "/srv" not in answer.text and "RuntimeError" not in answer.text


def test_a_ledger_that_is_down_is_503_and_its_address_stays_inside(lite, problem):
    answer = lite.client_with(keys=Broken(TryAgain("ledger: host db.internal refused"))).get("/v1/lights", headers=lite.headers("read"))
    problem(answer, 503, "try-again")
    assert answer.headers["retry-after"] == "5" and "db.internal" not in answer.text


def test_errors_of_routers_that_others_mount_are_problems_too(lite, problem):
    app = create_app(lite.deps)

    @app.get("/teapot")
    def teapot() -> None:
        raise HTTPException(418, "short and stout")

    @app.get("/faulty")
    def faulty() -> None:
        raise Problems(["one", "two"])

    client = TestClient(app, raise_server_exceptions=False)
    assert "short and stout" in problem(client.get("/teapot"), 418, "http-418")["detail"]
    assert problem(client.get("/faulty"), 422, "invalid")["faults"] == 2


def test_a_body_over_the_limit_is_413_announced_or_not(lite, problem):
    headers = {**lite.headers("admin"), "Content-Type": "application/json"}
    problem(lite.client.post("/v1/activities", content=b"x" * 100_001, headers=headers), 413, "too-large")
    sent = []

    def endless():
        for _ in range(1000):
            sent.append(1)
            yield b" " * 10_000

    answer = lite.client.post("/v1/activities", content=endless(), headers=headers)  # chunked: no length announced
    problem(answer, 413, "too-large")
    under = lite.client.post("/v1/activities", content=b" " * 99_990 + b"{}", headers=headers)
    assert under.status_code == 422  # read, and found wanting


def test_every_answer_carries_careful_headers(lite):
    for answer in (lite.client.get("/healthz"), lite.client.get("/v1/nothing"), lite.client.get("/v1/lights"),
                   lite.client.post("/v1/activities", content=b"x" * 200_000)):  # fmt: skip
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy and "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["x-frame-options"] == "DENY"
        assert not any(name.startswith("access-control") for name in answer.headers)
    assert lite.get("/v1/lights").headers["cache-control"] == "no-store"


def test_a_preflight_from_another_site_gets_no_permission(lite):
    answer = lite.client.options("/v1/lights", headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"})
    assert answer.status_code == 405 and "access-control-allow-origin" not in answer.headers


def test_openapi_describes_every_route_its_key_and_its_problems(lite):
    spec = lite.client.get("/openapi.json").json()
    paths = spec["paths"]
    wanted = ["/v1/entities", "/v1/entities/{entity_id}", "/v1/entities/{entity_id}/energy", "/v1/entities/{entity_id}/intensity",
              "/v1/entities/{entity_id}/lights", "/v1/points", "/v1/points/{point_id}", "/v1/points/{point_id}/readings",
              "/v1/points/{point_id}/energy", "/v1/lights", "/v1/alerts", "/v1/alerts/{alert_id}", "/v1/alerts/{alert_id}/ack", "/v1/inbox",
              "/v1/quarantine", "/v1/quarantine/{item_id}/raw", "/v1/ingest/ledger", "/v1/activities", "/v1/factors", "/v1/benchmarks", "/v1/plan",
              "/metrics", "/healthz", "/readyz"]  # fmt: skip
    assert set(wanted) <= set(paths)
    for path, verbs in paths.items():
        for verb, route in verbs.items():
            assert route["summary"] and route["tags"], (verb, path)
            if path.startswith("/v1/"):
                assert route["security"], (verb, path)
                assert {"401", "403"} <= set(route["responses"]), (verb, path)
                ours = [r for code, r in route["responses"].items() if code.startswith("4") and "application/problem+json" in r.get("content", {})]
                assert ours, (verb, path)
    assert "/docs" not in paths and lite.client.get("/docs").status_code == 404  # its scripts would come from a CDN


def test_openapi_names_no_shape_that_fastapi_made_up_for_errors(lite):
    text = lite.client.get("/openapi.json").text
    assert not re.search(r"HTTPValidationError", text)


def test_the_app_closes_what_it_was_built_on(lite):
    closed = []
    with TestClient(create_app(lite.deps, lambda: closed.append(True))):
        assert closed == []
    assert closed == [True]


def test_a_store_that_is_down_does_not_make_the_rest_fail(lite):
    store = MemoryStore()
    store.is_down = True
    client = lite.client_with(readings=store, energy=store)
    assert client.get("/v1/lights", headers=lite.headers("read")).status_code == 200
    assert client.get("/v1/entities", headers=lite.headers("read")).status_code == 200


def test_metrics_say_how_far_a_store_is_behind_and_what_a_gateway_owes(world):
    ledger = IntakeLedgerSql(world.ledger)
    ledger.apply(
        Outcome(
            "w",
            1,
            (SourceCounts("mqtt:mill/gw1", 2, 2, 0, 0),),
            (),
            (),
            (),
            (SeenNumbers("mqtt:mill/gw1", ((1, 1, True), (5, 5, True), (3, 3, True))),),
        )
    )
    ledger.put_pending("w", {"mqtt:mill/gw1": 4}, None, WorkerLag("w", "duckdb", 4, world.now - 7_000_000, 10, 20, "late", world.now - 1_000_000))
    values = metric_values(TestClient(world.client.app, client=("127.0.0.1", 5000)).get("/metrics").text)
    assert values["tricolor_intake_missing_messages", "mqtt:mill/gw1"] == 2
    assert values["tricolor_intake_filled_messages_total", "mqtt:mill/gw1"] == 1
    assert values["tricolor_intake_oldest_unwritten_seconds", "duckdb", "w"] == 7
    assert values["tricolor_intake_lag_messages", "duckdb", "w"] == 4
    assert (values["tricolor_spool_bytes", "duckdb", "waiting", "w"], values["tricolor_spool_bytes", "duckdb", "kept", "w"]) == (10, 20)
    assert values["tricolor_spool_alarm", "duckdb", "w"] == 1
    assert values["tricolor_intake_worker_silence_seconds", "duckdb", "w"] == 1


def test_every_metric_of_the_alarm_rules_exists(lite):
    rules = yaml.safe_load((Path(__file__).parents[2] / "docs" / "alarms" / "prometheus.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    served = TestClient(lite.client.app, client=("127.0.0.1", 5000)).get("/metrics").text
    for rule in rules:
        for name in re.findall(r"tricolor_\w+", rule["expr"]):
            assert re.search(rf"^# TYPE {name.removesuffix('_total')}(_total)? ", served, flags=re.MULTILINE), name
        assert {"summary", "description"} <= set(rule["annotations"])
