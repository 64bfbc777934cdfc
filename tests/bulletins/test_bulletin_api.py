"""A bulletin over the real services: its numbers are those of the API, routes and pages do what they say, files are real."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.board import mount_board
from api.main import wire
from tests.stories.conftest import City
from tests.stories.town import QINBEI, scale, unit, year_of
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.forecasts import ForecastBookSql
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.forecasts import Forecast
from tricolor_cli.bulletin_desk import with_bulletins
from tricolor_cli.main import app as command

MONTHS = tuple(f"2021-{n:02d}" for n in range(1, 11))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A mill with a coal scale; 2020 took 1 000 tce and earned 10 million yuan a month, 2021 takes 986, October's GDP was stated in November."""
    folder = tmp_path_factory.mktemp("bulletin-city")
    ledger = LedgerEngine(f"sqlite:///{folder / 'city.sqlite'}")
    ledger.migrate()
    grown = City(folder, ledger, "qinzhou-2021-2025", "2021-11-16T09:00")
    grown.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei") + scale("mill", "2020-01-01"))
    grown.burn("mill", year_of(2020, 1_000.0) | dict.fromkeys(MONTHS, 986.0))
    for area in ("qinbei", "qinzhou"):
        grown.gdp(area, year_of(2020, 1_000.0) | dict.fromkeys(MONTHS, 1_000.0))
    grown.judge()
    grown.headers("admin", "")
    grown.headers("read", "qinbei")
    yield grown
    grown.close()
    ledger.close()


@pytest.fixture
def folder(city: City, tmp_path: Path) -> Path:
    """A data folder of one's own with the city's ledger, on which nothing runs."""
    data = tmp_path / "data"
    data.mkdir()
    connection = sqlite3.connect(str(city.ledger.url.database))
    connection.execute("VACUUM INTO ?", (str(data / "ledger.sqlite"),))
    connection.close()
    return data


@pytest.fixture
def client(city: City, folder: Path) -> Iterator[TestClient]:
    ledger = LedgerEngine(f"sqlite:///{folder / 'ledger.sqlite'}")
    deps = with_bulletins(wire(ledger, city.store, city.plan, 1 << 20, city.clock), ledger, city.plan, city.store)
    app = create_app(deps)
    mount_board(app, deps, is_open=True)
    with TestClient(app, raise_server_exceptions=False) as found:
        yield found
    ledger.close()


@pytest.fixture
def admin(city: City) -> dict[str, str]:
    return city.headers("admin", "")


def made(client: TestClient, admin: dict[str, str], area: str = "qinzhou", period: str = "2021-10") -> dict[str, Any]:
    answer = client.post("/v1/bulletins", json={"area": area, "period": period, "by": "示例甲"}, headers=admin)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def step(client: TestClient, admin: dict[str, str], b: dict[str, Any], action: str, text: str = "", expect: int = 200) -> dict[str, Any]:
    body = {"action": action, "by": "示例乙", "revision": b["revision"], "text": text}
    answer = client.post(f"/v1/bulletins/{b['id']}/steps", json=body, headers=admin)
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


def test_the_numbers_are_those_of_the_api(city: City, client: TestClient, admin: dict[str, str]) -> None:
    facts = client.get(f"/v1/bulletins/{made(client, admin)['id']}/facts", headers=admin).json()
    units = {u["id"]: u for u in facts["units"]}
    lights = client.get("/v1/lights", params={"period": "2021-01..2021-10", "rule": "pace"}, headers=admin).json()["lights"]
    told = {(w["entity"], w["indicator"]): w for w in lights}
    for area in ("qinzhou", "qinbei"):
        word, line = told[area, "basic"], units[area]
        assert (line["reduction"] * 100, line["required"] * 100) == (word["value"], word["limit"])
        assert line["basis"] == "ledger"
    # 986 ÷ 1 000: down 1.4 %; asked for 1 − 0.89^(1/5) = 2.3037 %: 39 % of it is missing, red as the API says
    qinbei = units["qinbei"]
    assert (qinbei["light"], qinbei["reason"]) == (told["qinbei", "basic"]["light"], told["qinbei", "basic"]["reason"]["zh"])
    assert (qinbei["light"], qinbei["reduction"]) == ("red", pytest.approx(0.014))
    net = client.get("/v1/entities/qinbei/exclusions", params={"from": "2021-10-01", "to": "2021-11-01"}, headers=admin).json()["months"]
    (october,) = [m for m in net if m["period"] == "2021-10"]
    assert (qinbei["tce"], qinbei["before_tce"]) == (pytest.approx(october["net_total"], rel=1e-12), pytest.approx(1_000))
    assert (qinbei["tce"], qinbei["year_tce"]) == (pytest.approx(986), pytest.approx(9_860))


def test_the_forecast_is_the_one_that_knew_no_more_than_the_period(city: City, folder: Path, client: TestClient, admin: dict[str, str]) -> None:
    ledger = LedgerEngine(f"sqlite:///{folder / 'ledger.sqlite'}")
    october = Forecast(
        "qinbei", "intensity", 2021, "tce/1e4CNY", city.now, "2021-10", "naive", year_mean=1.0, lights={"red": 0.75, "yellow": 0.25}, needed=0.05,
        indicator="basic", reduction=0.012, required=0.023,
    )  # fmt: skip
    ForecastBookSql(ledger).put([october])
    ForecastBookSql(ledger).put([replace(october, last_month="2021-11", lights={"green": 1.0}, reduction=0.5)])
    ledger.close()
    facts = client.get(f"/v1/bulletins/{made(client, admin)['id']}/facts", headers=admin).json()
    asked = {"entity": "qinbei", "quantity": "intensity", "indicator": "basic"}
    history = client.get("/v1/forecasts/history", params=asked, headers=admin).json()["forecasts"]
    (told,) = [f for f in history if f["last_month"] == "2021-10"]
    (line,) = facts["forecasts"]
    assert (line["last_month"], line["reduction"], line["required"]) == ("2021-10", told["reduction"], told["required"])
    assert (line["red"], line["yellow"], line["green"]) == (told["lights"]["red"], told["lights"]["yellow"], 0.0)


def test_the_alerts_are_those_of_the_api(client: TestClient, admin: dict[str, str]) -> None:
    """Both pace alerts opened on 16 November; October has none, and the API's answer dates them."""
    opened = [a["opened_at"][:10] for a in client.get("/v1/alerts", params={"state": "all"}, headers=admin).json()["alerts"]]
    assert opened == ["2021-11-16", "2021-11-16"]
    facts = client.get(f"/v1/bulletins/{made(client, admin)['id']}/facts", headers=admin).json()
    assert (facts["alerts"], facts["opened"], facts["still_open"]) == ([], 0, 0)


def test_a_fresh_install_is_told_the_month_before_too(client: TestClient, admin: dict[str, str]) -> None:
    """Nothing was judged in October: what stood at the end of September is judged as of then."""
    facts = client.get(f"/v1/bulletins/{made(client, admin)['id']}/facts", headers=admin).json()
    assert {u["id"]: u["before"] for u in facts["units"]}["qinbei"] == "red"


def test_sign_off_to_files_over_the_api(client: TestClient, admin: dict[str, str]) -> None:
    b = made(client, admin)
    draft = client.get(f"/v1/bulletins/{b['id']}/files/xlsx", headers=admin)
    assert draft.content[:2] == b"PK"
    done = step(client, admin, step(client, admin, b, "reviewed"), "issued")
    assert (done["state"], done["number"], [f["format"] for f in done["files"]]) == ("issued", "能预警〔2021〕1号", ["docx", "pdf", "xlsx"])
    for file, magic in zip(done["files"], (b"PK", b"%PDF", b"PK"), strict=True):
        answer = client.get(f"/v1/bulletins/{b['id']}/files/{file['format']}", headers=admin)
        assert (answer.content[: len(magic)], answer.headers["etag"], len(answer.content)) == (magic, f'"{file["sha256"]}"', file["bytes"])
        assert "%E8%83%BD%E9%A2%84%E8%AD%A6" in answer.headers["content-disposition"]  # 能预警
    again = client.get(f"/v1/bulletins/{b['id']}/files/pdf", headers=admin | {"If-None-Match": f'"{done["files"][1]["sha256"]}"'})
    assert (again.status_code, again.content) == (304, b"")
    facts = client.get(f"/v1/bulletins/{b['id']}/facts", headers=admin)
    assert facts.headers["etag"] == f'"{done["digest"]}"'


def test_who_looks_at_an_old_revision_is_told(client: TestClient, admin: dict[str, str]) -> None:
    b = made(client, admin)
    step(client, admin, b, "reviewed")
    assert "已被他人改动" in step(client, admin, b, "issued", expect=409)["detail"]
    assert step(client, admin, b, "returned", expect=409)["status"] == 409


def test_what_cannot_be_made_is_answered_in_words(client: TestClient, admin: dict[str, str]) -> None:
    for body, status, words in (
        ({"area": "nowhere", "period": "2021-10", "by": "甲"}, 404, "没有单位"),
        ({"area": "mill", "period": "2021-10", "by": "甲"}, 409, "不是市、县区或园区"),
        ({"area": "qinzhou", "period": "2021-11", "by": "甲"}, 409, "尚未结束"),
        ({"area": "qinzhou", "period": "10月", "by": "甲"}, 422, "period"),
        ({"area": "qinzhou", "period": "2021-10", "by": "甲", "to": 3}, 422, "to"),
    ):
        answer = client.post("/v1/bulletins", json=body, headers=admin)
        assert (answer.status_code, words in answer.text) == (status, True), answer.text


def test_a_bound_key_sees_its_own_area_and_only_an_admin_steps(city: City, client: TestClient, admin: dict[str, str]) -> None:
    b, own = made(client, admin), made(client, admin, "qinbei")
    bound = city.headers("read", "qinbei")
    listed = client.get("/v1/bulletins", headers=bound).json()["bulletins"]
    assert [x["id"] for x in listed] == [own["id"]]
    foreign, missing = (client.get(f"/v1/bulletins/{n}", headers=bound) for n in (b["id"], 99_999))
    assert (foreign.status_code, foreign.json()["detail"].replace(f" {b['id']}", " 99999")) == (404, missing.json()["detail"])
    assert client.get(f"/v1/bulletins/{b['id']}/files/pdf", headers=bound).status_code == 404
    body = {"action": "reviewed", "by": "x", "revision": 1}
    assert client.post(f"/v1/bulletins/{own['id']}/steps", json=body, headers=bound).status_code == 403
    assert client.get("/v1/bulletins").status_code == 401


def test_the_list_is_paged_and_sifted(client: TestClient, admin: dict[str, str]) -> None:
    ids = [made(client, admin, period=period)["id"] for period in ("2021-08", "2021-09", "2021-Q3")]
    first = client.get("/v1/bulletins", params={"limit": 2}, headers=admin).json()
    second = client.get("/v1/bulletins", params={"limit": 2, "cursor": first["next"]}, headers=admin).json()
    assert [x["id"] for x in (*first["bulletins"], *second["bulletins"])] == ids[::-1]
    found = client.get("/v1/bulletins", params={"period": "2021-Q3", "state": "draft", "area": "qinzhou"}, headers=admin).json()
    assert [x["id"] for x in found["bulletins"]] == ids[2:]


def test_the_pages_draft_show_and_step(client: TestClient) -> None:
    empty = client.get("/bulletins").text
    assert "还没有通报" in empty
    posted = client.post("/bulletins", data={"area": "qinzhou", "period": "2021-10", "who": "示例甲"}, headers={"Origin": "http://testserver"})
    assert "一、总体情况" in posted.text
    assert "八、工作要求" in posted.text
    assert "● 红" in posted.text
    assert client.get("/bulletins/1/charts/0.svg").headers["content-type"] == "image/svg+xml"
    assert client.get("/bulletins/1/charts/9.svg").status_code == 404
    assert client.get("/bulletins/99").status_code == 404
    twice = client.post("/bulletins", data={"area": "qinzhou", "period": "2021-10", "who": "示例甲"}, headers={"Origin": "http://testserver"})
    assert (twice.status_code, "已有通报草稿 1" in twice.text) == (409, True)
    form = {"action": "returned", "revision": "1", "who": "示例乙", "text": ""}
    refused = client.post("/bulletins/1", data=form, headers={"Origin": "http://testserver"})
    assert (refused.status_code, "请写明理由或批注" in refused.text) == (422, True)
    done = client.post("/bulletins/1", data=form | {"action": "reviewed"}, headers={"Origin": "http://testserver"})
    assert "已审核，待签发" in done.text
    assert client.post("/bulletins/1", data=form, headers={"Origin": "http://elsewhere"}).status_code == 403


def ran(folder: Path, *words: str, code: int = 0) -> str:
    answer = CliRunner().invoke(command, ["bulletin", *words, "--data", str(folder)], env={"TRICOLOR_PLAN": "qinzhou-2021-2025"})
    assert answer.exit_code == code, (answer.output, answer.exception)
    return answer.output


def test_the_command_line_drafts_signs_and_exports(folder: Path, tmp_path: Path) -> None:
    assert "还没有通报" in ran(folder, "list")
    drafted = json.loads(ran(folder, "make", "--period", "2021-10", "--who", "示例甲", "--out", str(tmp_path / "out"), "--json"))
    assert (drafted["state"], drafted["area"], len(drafted["files"])) == ("draft", "qinzhou", 3)
    number = str(drafted["id"])
    ran(folder, "review", number, "--who", "示例乙")
    ran(folder, "return", number, "--who", "示例丙", "--reason", "请核对")
    ran(folder, "refresh", number, "--who", "示例甲")
    ran(folder, "review", number, "--who", "示例乙")
    assert json.loads(ran(folder, "issue", number, "--who", "示例丙", "--json"))["number"].endswith("1号")
    first = [Path(p).read_bytes() for p in json.loads(ran(folder, "export", number, "--out", str(tmp_path / "a"), "--json"))]
    assert first == [Path(p).read_bytes() for p in json.loads(ran(folder, "export", number, "--out", str(tmp_path / "b"), "--json"))]
    shown = ran(folder, "show", number)
    assert "八、工作要求" in shown
    assert "退回 returned  示例丙  请核对" in shown
    correction = json.loads(ran(folder, "make", "--period", "2021-10", "--corrects", number, "--json"))
    ran(folder, "withdraw", str(correction["id"]), "--who", "示例丙", "--reason", "不需更正")
    assert [x["state"] for x in json.loads(ran(folder, "list", "--json"))] == ["withdrawn", "issued"]


def test_the_command_line_says_what_is_wrong(folder: Path) -> None:
    for words, error, message in (
        (("make", "--period", "2031-10"), Refused, "尚未结束"),
        (("make", "--period", "2021-10", "--area", "nowhere"), NotFound, "有：qinbei、qinzhou"),
        (("make", "--period", "2019-10"), Refused, "没有完整的能耗数据"),
        (("make", "--period", "十月"), Refused, "请写成"),
        (("show", "7"), NotFound, "没有通报 7"),
        (("review", "7", "--who", "x"), NotFound, "没有通报 7"),
    ):
        answer = CliRunner().invoke(command, ["bulletin", *words, "--data", str(folder)], env={"TRICOLOR_PLAN": "qinzhou-2021-2025"})
        assert isinstance(answer.exception, error), words
        assert message in str(answer.exception)
