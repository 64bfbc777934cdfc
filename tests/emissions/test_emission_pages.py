"""Emissions as the API answers them and as the wallboard shows them."""

import csv
import io
from datetime import date

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.board import mount_board
from api.main import wire
from tests.emissions.conftest import HOUR
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files import load_registry_file
from tricolor.catalogue.factors import carriers
from tricolor.catalogue.plans import load_plan
from tricolor.domain.access import KeyKind
from tricolor.domain.emissions import Permit
from tricolor.domain.intervals import parse_us

START = parse_us("2026-01-01T00:00:00+08:00")
DAYS = 10
REGISTRY = """
[[entities]]
id = "qinzhou"
kind = "city"
name_cn = "示例市"
name_en = "Sample city"
[[entities]]
id = "qinnan"
kind = "region"
name_cn = "示例区"
name_en = "Sample district"
[[entities]]
id = "mill"
kind = "enterprise"
name_cn = "示例纸厂"
name_en = "Sample mill"
region = "qinnan"
[[entities]]
id = "shop"
kind = "enterprise"
name_cn = "示例商店"
name_en = "Sample shop"
[[meters]]
id = "mill.st"
entity = "mill"
name_cn = "总排口"
"""
POINTS = (("st.w00000.hour.avg", "L/s", "gauge"), ("st.w01018.hour.avg", "mg/L", "gauge"), ("st.w01018.hour.cou", "kg", "delta"))


class Site:
    """Ten days of January: 20 L/s of 50 mg/L are 3.6 kg an hour, 864 kg in all; the last night over the limit of 80, three hours of it calibration."""

    def __init__(self, rig, folder):
        self.rig = rig
        path = folder / "registry.toml"
        rows = [f'[[points]]\nid = "{i}"\nmeter = "mill.st"\nunit = "{u}"\nkind = "{k}"\nrole = "none"\ninterval_s = 3600\nvalid_from = 2026-01-01'
                for i, u, k in POINTS]  # fmt: skip
        path.write_text(REGISTRY + "\n".join(rows), encoding="utf-8")
        book = RegistryBookSql(rig.engine)
        book.replace_from(load_registry_file(path, carriers(), book.load()), "tester", START)
        rig.book, self.now = book, START + DAYS * 24 * HOUR
        rig.now = self.now
        rig.book.held = book.load()
        rig.again()
        last = DAYS * 24
        rows = []
        for n in range(last):
            high = 95.0 if last - 6 <= n < last - 3 else 50.0
            quality = 3 if n >= last - 3 else 0
            rows += [(POINTS[0][0], START + (n + 1) * HOUR, 20.0), (POINTS[1][0], START + (n + 1) * HOUR, high, quality)]
        rig.put(rows)
        rig.run()
        deps = wire(rig.engine, rig.store, load_plan("illustrative-2026-2030"), 100_000, lambda: self.now)
        self.app = create_app(deps)
        mount_board(self.app, deps, OutboxSql(rig.engine))
        keys = KeyBookSql(rig.engine)
        self.tokens = {kind: keys.create(kind, "", "test", self.now)[1] for kind in (KeyKind.READ, KeyKind.ADMIN)}


@pytest.fixture
def site(rig, tmp_path):
    return Site(rig, tmp_path)


@pytest.fixture
def client(site):
    with TestClient(site.app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000)) as found:
        found.headers["Authorization"] = f"Bearer {site.tokens[KeyKind.ADMIN]}"
        yield found


PERMIT = {"entity": "mill", "factor": "w01018", "limit": 80.0, "mass_t": 1.0, "document": "示例证-001", "valid_from": "2026-01-01", "by": "李工"}


def test_masses_by_day_come_with_coverage_and_the_year_with_its_budget(client):
    assert client.post("/v1/permits", json=PERMIT).status_code == 201
    answer = client.get("/v1/entities/mill/emissions", params={"from": "2026-01-01", "to": "2026-01-11", "step": "day"}).json()
    found = answer["factors"][0]
    # 3.6 kg an hour; on the last day 18 hours of 3.6, three of 95 mg/L (6.84 kg), three unknown: 85.32 kg
    assert [c["mass_kg"] for c in found["cells"]] == [pytest.approx(86.4)] * 9 + [pytest.approx(85.32)]
    assert found["cells"][-1]["coverage"] == pytest.approx(21 / 24) and found["cells"][0]["cou_share"] == 0.0
    year = found["year"]
    assert year["mass_t"] == pytest.approx(0.86292) and year["share"] == pytest.approx(0.86292) and year["documents"] == ["示例证-001"]
    area = client.get("/v1/entities/qinnan/emissions", params={"from": "2026-01-01", "to": "2026-01-11", "step": "total"}).json()
    assert area["factors"][0]["cells"][0]["mass_kg"] == pytest.approx(862.92) and area["factors"][0]["year"]["budget_t"] == 1.0
    assert area["targets"] == []


def test_hours_stand_against_the_permit_with_their_flags_and_as_csv(client):
    client.post("/v1/permits", json=PERMIT)
    span = {"from": "2026-01-10", "to": "2026-01-11", "step": "hour", "factor": "w01018"}
    outlet = client.get("/v1/entities/mill/emissions", params=span).json()["outlets"][0]
    assert (outlet["limit"], outlet["unit"], outlet["hours_due"], outlet["hours_valid"], outlet["hours_over"]) == (80.0, "mg/L", 24, 21, 3)
    assert outlet["hours"][18]["mean"] == pytest.approx(95.0) and outlet["hours"][18]["is_over"]
    assert outlet["hours"][23]["mean"] is None and outlet["hours"][23]["flags"] == ["calibration"]
    table = list(csv.DictReader(io.StringIO(client.get("/v1/entities/mill/emissions", params={**span, "format": "csv"}).text)))
    assert len(table) == 24 and table[18]["is_over"] == "true" and table[18]["unit"] == "mg/L" and table[23]["mean"] == ""


def test_annex_2_stands_beside_the_measured_masses_and_says_what_is_not_known(client):
    targets = client.get("/v1/entities/qinzhou/emissions", params={"from": "2026-01-01", "step": "total"}).json()["targets"]
    assert {t["pollutant"]: t["reduction_t"] for t in targets} == {"nox": 200.0, "voc": 660.0, "cod": 2925.0, "nh3n": 189.0}
    assert all(t["base_t"] is None and t["base_coverage"] == 0 for t in targets)


def test_a_permit_is_entered_once_and_refused_in_words(client, site):
    first = client.post("/v1/permits", json=PERMIT).json()
    assert client.post("/v1/permits", json=PERMIT).json() == first and first["by"].startswith("李工 (key ")
    assert client.post("/v1/permits", json={**PERMIT, "limit": 60.0, "document": "另证"}).status_code == 409
    assert "没有监测站" in client.post("/v1/permits", json={**PERMIT, "outlet": "nowhere"}).text
    assert "没有污染因子" in client.post("/v1/permits", json={**PERMIT, "factor": "xyz"}).text
    assert "concentration" in client.post("/v1/permits", json={**PERMIT, "outlet": "st", "unit": "kg"}).text
    assert client.get("/v1/entities/mill/emissions", params={"factor": "nox"}).status_code == 422
    reader = {"Authorization": f"Bearer {site.tokens[KeyKind.READ]}"}
    assert client.post("/v1/permits", json=PERMIT, headers=reader).status_code == 403
    assert client.delete(f"/v1/permits/{first['id']}").json()["revoked_at"] is not None
    listed = client.get("/v1/permits", params={"entity": "mill"}, headers=reader).json()["permits"]
    assert [p["id"] for p in listed] == [first["id"]] and listed[0]["revoked_at"] is not None
    assert client.delete("/v1/permits/999").status_code == 404


def test_the_page_shows_hours_budget_and_flags_in_plain_words_in_both_languages(client, site):
    site.rig.permits.add(Permit("mill", "st", "w01018", 80.0, "mg/L", 1.0, "示例证-001", date(2026, 1, 1)), "li", START)
    page = client.get("/entities/mill").text
    assert "污染物排放" in page and 'data-outlet="st" data-over="3"' in page and "校准或维护 3 小时" in page and "示例证-001" in page
    assert 'data-factor="化学需氧量" data-light="yellow"' in page  # 0.863 of 1 t
    english = client.get("/entities/mill?lang=en").text
    assert (
        "Emissions" in english
        and "calibration or maintenance: 3 h" in english
        and 'data-factor="chemical oxygen demand" data-light="yellow"' in english
    )


def test_a_unit_without_stations_has_no_section_and_one_with_a_permit_alone_says_what_is_missing(client, site):
    assert "data-block-emissions" not in client.get("/entities/shop").text
    site.rig.permits.add(Permit("shop", "", "w01018", None, "", 1.0, "示例证-002", date(2026, 1, 1)), "li", START)
    page = client.get("/entities/shop").text
    assert "没有登记排放监测站的测点" in page and "tricolor station add" in page
    city = client.get("/entities/qinzhou").text
    assert "重点工程累计减排目标" in city and 'data-target="化学需氧量"' in city and "2925" in city.replace(",", "")


OURS = {"Sec-Fetch-Site": "same-origin"}
TYPED = {
    "factor": "w01018",
    "outlet": "st",
    "limit": "80",
    "unit": "",
    "mass_t": "1",
    "document": "示例证-003",
    "valid_from": "2026-01-01",
    "who": "李工",
}


def test_a_person_enters_a_permit_on_the_page_sees_it_judged_and_takes_it_back(client):
    page = client.get("/entities/mill").text
    assert "没有登记过排污许可" in page and "总排口 化学需氧量，无限值" in page  # the meter's name stands for the MN
    done = client.post("/entities/mill/permits", data=TYPED, headers=OURS, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/entities/mill?done=permitted#h-permits")
    page = client.get("/entities/mill?done=permitted").text
    assert "已登记排污许可" in page and "示例证-003" in page and "80 mg/L" in page and 'data-outlet="st" data-over="3"' in page
    (permit,) = client.get("/v1/permits", params={"entity": "mill"}).json()["permits"]
    assert (permit["limit"], permit["unit"], permit["mass_t"], permit["outlet"]) == (80.0, "mg/L", 1.0, "st")
    assert permit["by"] == "李工"  # from this machine, without a key
    other = client.post("/entities/mill/permits", data=TYPED | {"document": "另证"}, headers=OURS)
    assert other.status_code == 409 and "请先撤销" in other.text and 'value="另证"' in other.text
    assert client.post(f"/entities/mill/permits/{permit['id']}/revoke", data={"who": ""}, headers=OURS).status_code == 422
    assert client.post(f"/entities/shop/permits/{permit['id']}/revoke", data={"who": "王工"}, headers=OURS).status_code == 404
    client.post(f"/entities/mill/permits/{permit['id']}/revoke", data={"who": "王工"}, headers=OURS)
    page = client.get("/entities/mill?lang=en").text
    assert "taken back: 王工" in page and 'data-outlet="st" data-over="0"' in page


def test_a_permit_that_is_not_taken_says_why_and_keeps_what_was_typed(client, site):
    wrong = TYPED | {"limit": "many", "valid_from": "", "outlet": "nowhere", "who": ""}
    told = client.post("/entities/mill/permits", data=wrong, headers=OURS)
    assert told.status_code == 422
    for part in ("浓度限值：应为数字", "生效日：请填写日期", "没有监测站", "姓名：请写明由谁登记", 'value="many"', 'value="示例证-003"'):
        assert part in told.text, part
    neither = client.post("/entities/mill/permits?lang=en", data=TYPED | {"limit": "", "mass_t": ""}, headers=OURS)
    assert "give a limit of the concentration" in neither.text and "请填写浓度限值" not in neither.text
    assert client.get("/v1/permits", params={"entity": "mill"}).json()["permits"] == []
    assert client.post("/entities/mill/permits", data=TYPED, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    with TestClient(site.app, base_url="http://board.example", client=("203.0.113.7", 50_000)) as reader:
        reader.post("/board/enter", data={"key": site.tokens[KeyKind.READ], "next": "/"}, headers=OURS)
        assert reader.post("/entities/mill/permits", data=TYPED, headers=OURS).status_code == 403
        page = reader.get("/entities/mill").text
        assert "登记许可需要管理密钥" in page and 'action="/entities/mill/permits"' not in page
    assert client.post("/entities/qinzhou/permits", data=TYPED, headers=OURS).status_code == 404  # areas hold none
