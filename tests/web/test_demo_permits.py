"""The demo city's permits: entered through the API as an officer would, once, and such that one of them is not kept."""

from typing import Any

import numpy as np

from simulators.backend import Backend
from simulators.dials import Devices
from simulators.outlets import outlets
from simulators.script import load_city
from tests.web.conftest import NOW
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.domain.access import KeyKind
from tricolor.domain.intervals import DAY_US, HOUR_US


def test_permits_are_entered_once_and_what_a_person_did_about_them_stays(unheard: Any, local: Any) -> None:
    city, client = load_city(), local(unheard)
    _, token = KeyBookSql(unheard.ledger).create(KeyKind.ADMIN, "", "demo simulator", NOW)
    backend = Backend("127.0.0.1", token, client._transport)
    client.headers["Authorization"] = f"Bearer {token}"
    for row in city.script.permits:
        backend.permit(row)
    first = client.get("/v1/permits").json()["permits"]
    assert {(p["outlet"], p["factor"]) for p in first} == {(o.mn, f.code) for o in city.script.stations for f in o.factors if f.code in
            ("a21002", "w01018", "w21003")}  # fmt: skip
    assert all("虚构" in p["document"] and "虚构" in p["by"] and p["unit"] in ("mg/m3", "mg/L") for p in first)
    client.delete(f"/v1/permits/{first[0]['id']}")
    for row in city.script.permits:
        backend.permit(row)  # a second start
    again = client.get("/v1/permits").json()["permits"]
    assert [p["id"] for p in again] == [p["id"] for p in first] and again[0]["revoked_at"] is not None
    page = client.get("/entities/qzg-paper").text
    assert "金苇纸业废水总排口在线监测站" in page and "示例许可证（虚构）paper-COD" in page


def test_the_mills_cod_is_above_nine_tenths_of_its_limit_on_every_day() -> None:
    city = load_city()
    devices = Devices(city)
    devices.reach(NOW)
    (mill,) = (o for o in outlets(devices, {}) if o.row.entity == "qzg-paper")
    ends = NOW // HOUR_US * HOUR_US - np.arange(60 * 24, dtype=np.int64)[::-1] * HOUR_US
    mean = mill._columns(ends)["w01018"]["Avg"]
    (permit,) = (p for p in city.script.permits if p.factor == "w01018")
    highest = np.lib.stride_tricks.sliding_window_view(mean, DAY_US // HOUR_US).max(axis=1)  # of any 24 hours, as the rule takes them
    assert highest.min() > 0.9 * permit.limit and (mean > permit.limit).any()  # yellow at least, and red now and then
