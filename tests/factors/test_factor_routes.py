"""Factors over HTTP: preview, set, restate, read what moved and what was believed before, take back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.main import wire
from tests.factors.conftest import POINTS, City
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.catalogue.plans import load_plan
from tricolor.domain.access import KeyKind
from tricolor.domain.entities import Entity, EntityKind, Meter

ORDER = {
    "entity": "mill", "carrier": "raw_coal", "kind": "measured", "value": 23.0, "unit": "MJ/kg", "valid_from": "2026-01-01", "document": "化验单 118",
}  # fmt: skip


@dataclass
class Web:
    city: City
    client: TestClient

    def call(self, method: str, path: str, body: Any = None, kind: str = "admin", of: str = "") -> Any:
        _, token = KeyBookSql(self.city.ledger).create(KeyKind(kind), of, "test", 0)
        return self.client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})

    def set(self, **change: Any) -> Any:
        order = ORDER | change
        seen = self.call("POST", "/v1/factors/preview", order).json()
        answer = self.call("POST", "/v1/factors/settings", order | {"reason": "实测", "by": "王工", "preview": seen["preview"]})
        self.city.restating.run_once(60)
        return answer


@pytest.fixture
def web(city: City) -> Iterator[Web]:
    units = (Entity("qz", EntityKind.CITY, "市", "City"), *(Entity(e, EntityKind.ENTERPRISE, e, e) for e in ("mill", "kiln")))
    meters = tuple(Meter(p.meter_id, p.entity_id, "表", "m") for p in POINTS)
    RegistryBookSql(city.ledger).replace_from(RegistryFile(entities=units, meters=meters, points=POINTS, departments=(), contacts=()), "test", 0)
    deps = wire(city.ledger, city.store, load_plan("illustrative-2026-2030"), 100_000, city.tick)  # type: ignore[arg-type]
    with TestClient(create_app(deps), raise_server_exceptions=False) as client:
        yield Web(city, client)


def test_a_preview_says_what_would_move_and_writes_nothing(web: Web) -> None:
    before = web.city.stored()
    seen = web.call("POST", "/v1/factors/preview", ORDER).json()
    assert (seen["accounts"], seen["entities"], seen["months"]) == (4, 1, 2)
    assert [(e["entity"], e["month"]) for e in seen["effects"]] == [("mill", "2026-01"), ("mill", "2026-02")]
    # 23 MJ/kg over 29.3076 instead of 0.7143
    assert seen["after"]["tce_calorific"] == pytest.approx(seen["before"]["tce_calorific"] * 23 / 29.3076 / 0.7143)
    assert any("× 44/12 =" in f["formula"] for f in seen["factors"])
    assert web.city.stored() == before
    assert web.call("GET", "/v1/factors/settings").json() == {"settings": []}


def test_what_was_previewed_is_set_and_restated_and_its_past_stays_readable(web: Web) -> None:
    answer = web.set()
    assert answer.status_code == 201
    assert answer.json()["by"].startswith("王工 (key ")
    (job,) = web.call("GET", "/v1/entities/mill/restatements").json()["restatements"]
    assert (job["cause"], job["reason"], job["accounts"]) == ("setting", "实测", 4)
    assert job["finished_at"].endswith("+08:00")
    held = web.call("GET", f"/v1/entities/mill/restatements/{job['id']}?limit=3").json()
    rest = web.call("GET", f"/v1/entities/mill/restatements/{job['id']}?cursor={held['next']}").json()
    assert len(held["earlier"]) == 3 and len(rest["earlier"]) == 1 and rest["next"] is None
    assert {a["factor_ids"][0] for a in held["earlier"]} == {"gbt2589-2020:raw_coal:calorific"}


def test_an_order_without_its_preview_is_refused_and_says_to_preview(web: Web) -> None:
    answer = web.call("POST", "/v1/factors/settings", ORDER | {"reason": "r", "preview": "0-0000"})
    assert answer.status_code == 409
    assert "preview it" in answer.json()["detail"]


def test_taking_back_is_previewed_too(web: Web) -> None:
    number = web.set().json()["id"]
    seen = web.call("POST", f"/v1/factors/settings/{number}/preview").json()
    assert seen["accounts"] == 4
    gone = web.call("POST", f"/v1/factors/settings/{number}/revoke", {"reason": "样品混淆", "by": "李工", "preview": seen["preview"]})
    assert gone.json()["revoked_by"].startswith("李工")
    web.city.restating.run_once(60)
    assert {a.factor_ids[0] for a in web.city.stored() if a.carrier == "raw_coal"} == {"gbt2589-2020:raw_coal:calorific"}


def test_the_order_of_preference_is_told_with_the_reason_of_each(web: Web) -> None:
    web.set()
    answer = web.call("GET", "/v1/factors/in-force?entity=mill&carrier=raw_coal&on=2026-11-20").json()
    kinds = {k["kind"]: [(f["level"], f["why_zh"]) for f in k["factors"]] for k in answer["kinds"]}
    assert kinds["calorific"] == [("unit", "本单位的实测值或设定值"), ("table", "标准缺省值")]
    assert [level for level, _ in kinds["co2"]] == ["unit", "plan"]
    other = web.call("GET", "/v1/factors/in-force?entity=kiln&carrier=raw_coal&on=2026-11-20").json()
    assert other["kinds"][0]["factors"][0]["level"] == "table"


def test_an_enterprise_sees_its_own_and_sets_nothing(web: Web) -> None:
    web.set()
    assert web.call("GET", "/v1/factors/settings", kind="read", of="kiln").json() == {"settings": []}
    assert web.call("GET", "/v1/entities/mill/restatements", kind="read", of="kiln").status_code == 404
    assert web.call("GET", "/v1/restatements", kind="read", of="kiln").json()["restatements"] == []
    assert web.call("GET", "/v1/factors/in-force?entity=mill&carrier=raw_coal", kind="read", of="kiln").status_code == 404
    assert not any(i.startswith("own:") for i in web.call("GET", "/v1/factors", kind="read", of="kiln").json()["in_use"])
    for path in ("/v1/factors/preview", "/v1/factors/settings"):
        assert web.call("POST", path, ORDER, kind="read", of="mill").status_code == 403


@pytest.mark.parametrize(
    ("change", "says"),
    [({"unit": "MJ/m3"}, "m3 is volume, kg is mass"), ({"value": 23000}, "check the unit"), ({"carrier": "electricity"}, "no heating value")],
)
def test_what_cannot_be_is_422_with_what_to_mend(web: Web, change: dict, says: str) -> None:
    answer = web.call("POST", "/v1/factors/preview", ORDER | change)
    assert answer.status_code == 422
    assert says in answer.text
