"""Exclusions and intensities over HTTP: gross, excluded and net, entries by admins only, per GDP, value added, output, area and head."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.domain.accounts import DayAccount
from tricolor.domain.intervals import parse_us
from tricolor.domain.meters import Role

ORDER = {
    "entity": "mill", "kind": "feedstock", "first_month": "2026-01", "tce": 20.0, "document": "发改环资〔2022〕803号", "reason": "原料台账",
    "by": "李工",
}  # fmt: skip


def use(world, month: str, tce: float, role: Role = Role.PURCHASED, **changes: object) -> None:
    """The mill's electricity of a month: tce spread over its days, twice as much CO2; its two counted points wholly covered."""
    first = date.fromisoformat(f"{month}-01")
    days = [d.isoformat() for d in (first + timedelta(days=n) for n in range(31)) if d.isoformat()[:7] == month]
    each = tce / len(days)
    row = DayAccount("mill", "", "electricity", role, each * 3000, "kWh", each / 2, each, 2 * each, 172_800.0, 172_800.0, 0.0, ("f",))
    held = [a for a in world.deps.settle.accounts(["mill"], days[0], days[-1]) if a.role is not role]
    world.deps.settle.put_accounts([("mill", d) for d in days], [*held, *(replace(row, day=d, **changes) for d in days)])


def report(world, *figures: dict[str, object]) -> None:
    answer = world.client.post("/v1/activities", json={"activities": list(figures)}, headers=world.headers("admin"))
    assert answer.status_code == 200, answer.text


def value_added(month: str, value: float, price_year: int = 2020) -> dict[str, object]:
    return {"entity": "mill", "kind": "value_added", "month": month, "value": value, "unit": "1e4CNY", "price_year": price_year}


def meter_feedstock(world) -> None:
    """Let the mill's steam point measure feedstock."""
    held = world.deps.registry.load()
    points = tuple(replace(p, role=Role.FEEDSTOCK) if p.id == "mill.steam" else p for p in held.points.values())
    departments, contacts = tuple(held.departments.values()), tuple(held.contacts.values())
    file = RegistryFile(tuple(held.entities.values()), tuple(held.meters.values()), points, departments, contacts)
    RegistryBookSql(world.ledger).replace_from(file, "test", world.now)


def post(world, path: str, body: object, kind: str = "admin"):
    return world.client.post(path, json=body, headers=world.headers(kind))


@pytest.fixture
def year(lite):
    """January of both years: 100 tce after 100 tce, over 200 in both."""
    for month in ("2025-01", "2026-01"):
        use(lite, month, 100.0)
        report(lite, value_added(month, 200.0))
    return lite


def test_an_entry_shows_gross_excluded_and_net_and_taking_it_back_restores_them(year):
    made = post(year, "/v1/exclusions", ORDER)
    assert made.status_code == 201, made.text
    assert made.json()["id"] == 1 and made.json()["by"].startswith("李工 (key ") and made.json()["last_month"] == "2026-01"
    for entity in ("mill", "north", "qz"):  # it is left out of everything around the mill
        answer = year.get(f"/v1/entities/{entity}/exclusions").json()
        (january,) = [m for m in answer["months"] if m["period"] == "2026-01"]
        assert (january["gross"], january["excluded_from_total"], january["net_total"], january["net_for_intensity"]) == pytest.approx(
            (100.0, 20.0, 80.0, 80.0)
        )
    assert year.get("/v1/entities/south/exclusions").json()["entries"] == []
    gone = post(year, "/v1/exclusions/1/revoke", {"reason": "台账有误", "by": "王工"}).json()
    assert gone["revoked_by"].startswith("王工") and post(year, "/v1/exclusions/1/revoke", {"reason": "再次"}).json() == gone
    after = year.get("/v1/entities/mill/exclusions").json()
    (january,) = [m for m in after["months"] if m["period"] == "2026-01"]
    assert january["net_total"] == pytest.approx(100.0) and [e["revoked_reason"] for e in after["entries"]] == ["台账有误"]


def test_only_admins_enter_and_revoke(year, problem):
    for kind in ("read", "push"):
        problem(post(year, "/v1/exclusions", ORDER, kind), 403, "key-kind")
        problem(post(year, "/v1/exclusions/1/revoke", {"reason": "x"}, kind), 403, "key-kind")
        problem(post(year, "/v1/entities/mill/exclusions/metered", {}, kind), 403, "key-kind")
    assert year.get("/v1/entities/mill/exclusions", bound_to="mill").status_code == 200
    problem(year.get("/v1/entities/kiln/exclusions", bound_to="mill"), 404, "not-found")


def test_what_cannot_be_excluded_is_refused_in_words(year, problem):
    def faults(**changes: object) -> list[str]:
        return [e["field"] for e in problem(post(year, "/v1/exclusions", ORDER | changes), 422, "invalid")["errors"]]

    assert faults(first_month="2019-12") == ["first_month"]
    assert faults(kind="non_fossil") == ["first_month"]
    assert faults(tce=None) == ["tce"] and faults(carrier="raw_coal", amount=3.0, unit="t") == ["tce"]  # neither, and both
    assert faults(tce=None, carrier="raw_coal", amount=3.0, unit="kWh") == ["unit"]
    assert faults(tce=None, carrier="moonlight", amount=3.0, unit="t") == ["carrier"]
    assert faults(document="", reason=" ") == ["document", "reason"]
    problem(post(year, "/v1/exclusions", ORDER | {"entity": "nowhere"}), 404, "not-found")
    problem(post(year, "/v1/exclusions/9/revoke", {"reason": "x"}), 404, "not-found")
    assert year.get("/v1/entities/mill/exclusions").json()["entries"] == []


def test_the_same_twice_is_one_entry_and_another_amount_needs_a_revocation(year, problem):
    first = post(year, "/v1/exclusions", ORDER).json()
    assert post(year, "/v1/exclusions", ORDER).json() == first
    problem(post(year, "/v1/exclusions", ORDER | {"tce": 30.0}), 409, "conflict")


def test_a_carriers_amount_becomes_coal_by_the_factors_of_its_month(year):
    made = post(year, "/v1/exclusions", ORDER | {"tce": None, "carrier": "raw_coal", "amount": 100.0, "unit": "t"}).json()
    # raw coal 0.7143 kgce/kg (GB/T 2589-2020 A.1)
    assert made["tce_equivalent"] == pytest.approx(71.43) and made["tce_calorific"] == pytest.approx(71.43) and made["factors"]


def test_intensity_is_net_and_says_the_gross_too(year):
    post(year, "/v1/exclusions", ORDER)
    answer = year.get("/v1/entities/mill/intensity").json()
    # (100 − 20)/200 = 0.4 after 0.5; gross 0.5
    ytd = answer["year_to_date"]
    assert (ytd["intensity"], ytd["intensity_gross"], ytd["intensity_last_year"], ytd["reduction"]) == pytest.approx((0.4, 0.5, 0.5, 0.2))
    assert (ytd["gross"], ytd["excluded"], ytd["net"]) == pytest.approx((100.0, 20.0, 80.0)) and answer["unit"] == "tce/1e4CNY"
    carbon = year.get("/v1/entities/mill/intensity", of="co2").json()
    assert carbon["unit"] == "tCO2/1e4CNY" and carbon["year_to_date"]["intensity"] == pytest.approx(1.0) and carbon["year_to_date"]["excluded"] == 0


def test_new_renewables_leave_the_intensity_alone(year):
    post(year, "/v1/exclusions", ORDER | {"kind": "new_renewable"})
    assert year.get("/v1/entities/mill/intensity").json()["year_to_date"]["intensity"] == pytest.approx(0.5)
    (january,) = [m for m in year.get("/v1/entities/mill/exclusions").json()["months"] if m["period"] == "2026-01"]
    assert (january["net_total"], january["net_for_intensity"]) == pytest.approx((80.0, 100.0))


def test_per_output_area_and_head(year):
    report(
        year,
        {"entity": "mill", "kind": "output", "month": "2026-01", "value": 400, "unit": "t", "product": "paper"},
        {"entity": "mill", "kind": "area", "month": "2025-01", "value": 10_000, "unit": "m2"},
        {"entity": "mill", "kind": "heads", "month": "2025-01", "value": 250, "unit": "head"},
    )

    def january(**asked: str) -> tuple[str, float, float | None]:
        answer = year.get("/v1/entities/mill/intensity", **asked).json()
        cell = answer["months"][0]
        return answer["unit"], cell["intensity"], cell["change"]

    # calorific 50 tce over 400 t; equal value 100 tce over 10,000 m2 and 250 people; CO2 200 t; the year before used as much
    assert january(per="output", product="paper") == ("kgce/t", pytest.approx(125.0), None)
    assert january(per="area") == ("kgce/m2", pytest.approx(10.0), pytest.approx(0.0))
    assert january(per="head", of="co2") == ("kgCO2/head", pytest.approx(800.0), pytest.approx(0.0))


def test_mixed_price_years_and_missing_figures_have_no_intensity_but_a_reason(year):
    report(year, value_added("2025-01", 200.0, 2015))
    ytd = year.get("/v1/entities/mill/intensity").json()["year_to_date"]
    assert ytd["reduction"] is None and "different prices" in ytd["not_known"]["en"]
    cell = year.get("/v1/entities/mill/intensity", per="area").json()["months"][0]
    assert cell["intensity"] is None and "no activity figure" in cell["not_known"]["en"]


def test_intensity_as_csv_holds_the_same(year):
    post(year, "/v1/exclusions", ORDER)
    answer = year.get("/v1/entities/mill/intensity", format="csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv") and rows[0]["month"] == "2026-01"
    assert float(rows[0]["intensity"]) == pytest.approx(0.4) and float(rows[0]["intensity_gross"]) == pytest.approx(0.5)
    assert rows[-1]["intensity"] == "" and rows[-1]["not_known"]


def test_metered_feedstock_is_proposed_entered_once_and_replaced_when_it_moves(lite, problem):
    meter_feedstock(lite)
    use(lite, "2026-01", 100.0)
    use(lite, "2026-01", 31.0, Role.FEEDSTOCK)
    (proposed,) = lite.get("/v1/entities/mill/exclusions").json()["proposals"]
    assert proposed["tce_equivalent"] == pytest.approx(31.0) and proposed["metered"] and proposed["replaces"] == []
    (entry,) = post(lite, "/v1/entities/mill/exclusions/metered", {"by": "李工"}).json()["entries"]
    assert entry["metered"] and entry["document"] == "发改环资〔2022〕803号"
    problem(post(lite, "/v1/entities/mill/exclusions/metered", {"by": "李工"}), 404, "not-found")
    use(lite, "2026-01", 33.0, Role.FEEDSTOCK)
    assert lite.get("/v1/entities/mill/exclusions").json()["proposals"][0]["replaces"] == [entry["id"]]
    post(lite, "/v1/entities/mill/exclusions/metered", {"by": "李工"})
    held = lite.get("/v1/entities/mill/exclusions").json()["entries"]
    assert [(e["tce_equivalent"], e["revoked_at"] is None) for e in held] == [(pytest.approx(33.0), True), (pytest.approx(31.0), False)]


def test_the_totals_of_whole_months_say_what_is_left_out_of_them(year):
    post(year, "/v1/exclusions", ORDER | {"last_month": "2026-02", "tce": 59.0})  # 59 days: one tce a day
    year.put_cells("mill.elec", [1000.0], start=parse_us("2026-02-03T08:00:00+08:00"))

    def totals(step: str) -> list[dict[str, object]]:
        asked = {"from": "2026-02-01", "to": "2026-03-01", "step": step}
        return year.get("/v1/entities/mill/energy", **asked).json()["totals"]

    (february,) = totals("month")
    assert february["excluded_tce"] == pytest.approx(28.0)
    gross, net = february["tce_equivalent"], february["net_tce_equivalent"]
    assert net is None if gross is None else net == pytest.approx(gross - 28.0)
    assert {day["excluded_tce"] for day in totals("day")} == {None}  # no entry says what belongs to a day
