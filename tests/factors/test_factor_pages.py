"""The page of factors: which is in force and why, setting with a preview first, taking back, what was restated; and the same by the command line."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.board import mount_board
from api.main import wire
from tests.factors.conftest import POINTS, City
from tests.factors.test_factor_routes import ORDER
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.catalogue.plans import load_plan
from tricolor.domain.access import KeyKind
from tricolor.domain.entities import Entity, EntityKind, Meter
from tricolor_cli.main import app as cli

FORM = {name: str(value) for name, value in ORDER.items()} | {"point": "", "valid_to": ""}


def give_registry(city: City) -> None:
    units = (Entity("qz", EntityKind.CITY, "市", "City"), *(Entity(e, EntityKind.ENTERPRISE, e, e) for e in ("mill", "kiln")))
    meters = tuple(Meter(p.meter_id, p.entity_id, "表", "m") for p in POINTS)
    RegistryBookSql(city.ledger).replace_from(RegistryFile(entities=units, meters=meters, points=POINTS, departments=(), contacts=()), "test", 0)


@pytest.fixture
def page(city: City) -> Iterator[TestClient]:
    give_registry(city)
    deps = wire(city.ledger, city.store, load_plan("illustrative-2026-2030"), 100_000, city.tick)  # type: ignore[arg-type]
    app = create_app(deps)
    mount_board(app, deps, is_open=True)
    _, token = KeyBookSql(city.ledger).create(KeyKind.ADMIN, "", "test", 0)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        client.post("/enter", data={"key": token}, headers={"Origin": "http://testserver"})
        client.headers["Origin"] = "http://testserver"
        yield client


def hidden(html: str) -> dict[str, str]:
    form = html[html.index('action="/factors/apply"') :]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[: form.index("</form>")]))


def test_the_page_shows_the_order_of_preference_and_that_nobody_has_set_anything(page: TestClient) -> None:
    html = page.get("/factors?entity=mill&carrier=natural_gas").text
    assert "规划包选定" in html or "标准缺省值" in html
    assert "38.931 MJ/m3 × 0.0153 tC/GJ × 0.99 × 44/12 = 2.1622 kgCO2/m3" in html
    assert "还没有人设定过热值或系数" in html
    assert "index file" not in html


def test_the_page_shows_what_each_grid_factor_may_serve(page: TestClient) -> None:
    html = page.get("/factors").text
    row = html[html.rindex("<tr>", 0, html.index("grid:national:fossil:2023")) : html.index("grid:national:fossil:2023")]
    assert "规划核算、基于市场的核算" in row and "0.8273" in row and "2023" in row
    assert "用途：规划核算、区域核算与考核" in html  # the plan's choice among the factors in use


def test_a_heating_value_is_previewed_then_applied_and_the_restatement_is_listed(page: TestClient, city: City) -> None:
    seen = page.post("/factors/preview", data=FORM)
    assert seen.status_code == 200 and "将变动的核算" in seen.text and "共 4 条日账" in seen.text
    assert city.desk.settings() == []
    done = page.post("/factors/apply", data=hidden(seen.text) | {"who": "王工", "reason": "入炉煤实测"})
    assert done.status_code == 303, done.text
    city.restating.run_once(60)
    html = page.get("/factors?entity=mill&carrier=raw_coal").text
    assert "本单位的实测值或设定值" in html and "入炉煤实测" in html and "完成" in html
    back = page.post("/factors/preview", data={"revoke": "1"})
    assert "共 4 条日账" in back.text
    assert (
        page.post("/factors/apply", data=hidden(back.text) | {"who": "李工", "reason": "样品混淆"})
        .headers["location"]
        .startswith("/factors?done=revoked")
    )


def test_a_slip_of_the_unit_is_told_and_what_was_typed_is_kept(page: TestClient) -> None:
    answer = page.post("/factors/preview", data=FORM | {"unit": "MJ/m3"})
    assert answer.status_code == 422
    assert "m3 is volume, kg is mass" in answer.text and 'value="化验单 118"' in answer.text


def run(city: City, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, *words: str, code: int = 0, answer: str = "") -> str:
    monkeypatch.setenv("TRICOLOR_LEDGER_URL", str(city.ledger.url))
    result = CliRunner().invoke(cli, ["factor", *words, "--data", str(tmp_path)], input=answer)
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


ARGS = [
    "--entity",
    "mill",
    "--carrier",
    "raw_coal",
    "--kind",
    "measured",
    "--value",
    "23",
    "--unit",
    "MJ/kg",
    "--from",
    "2026-01-01",
    "--document",
    "化验单 118",
]


def test_the_command_line_previews_sets_lists_and_revokes(city: City, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    give_registry(city)
    seen = json.loads(run(city, tmp_path, monkeypatch, "preview", *ARGS, "--json"))
    assert (seen["accounts"], seen["entities"]) == (4, 1)
    run(city, tmp_path, monkeypatch, "set", *ARGS, "--who", "王工", "--reason", "实测", answer="n\n", code=1)
    assert city.desk.settings() == []
    assert "#1" in run(city, tmp_path, monkeypatch, "set", *ARGS, "--who", "王工", "--reason", "实测", "--yes")
    (held,) = json.loads(run(city, tmp_path, monkeypatch, "list", "--set", "--json"))
    assert (held["entity"], held["by"], held["document"]) == ("mill", "王工", "化验单 118")
    lines = json.loads(run(city, tmp_path, monkeypatch, "list", "--entity", "mill", "--carrier", "raw_coal", "--json"))
    assert [(f["kind"], f["level"]) for f in lines] == [("calorific", "unit"), ("equivalent", "unit"), ("co2", "unit")]
    assert "× 44/12 =" in run(city, tmp_path, monkeypatch, "show", lines[2]["id"])
    run(city, tmp_path, monkeypatch, "revoke", "1", "--who", "李工", "--reason", "样品混淆", "--yes")
    assert city.desk.settings()[0].revoked_by == "李工"
