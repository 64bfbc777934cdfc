"""The balance as the API answers it and as the wallboard shows it."""

import numpy as np
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.board import mount_board
from api.main import wire
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.catalogue.plans import load_plan
from tricolor.domain.access import KeyKind
from tricolor.domain.intervals import CELL_US, DAY_US

DAYS = 8


@pytest.fixture
def served(rig):
    """Eight days of a network with two branches: 90 °C leave the source, branch heads see 89 °C, users 86 and 80 °C; the last day misses one user."""
    rig.register(
        rig.places + rig.meter("src", "fed_in") + rig.meter("head-e", "consumed", "east", 1.0, 300) + rig.meter("u1", "delivered", "east", 2.0, 200)
        + rig.meter("head-w", "consumed", "west", 1.0, 300) + rig.meter("u2", "delivered", "west", 3.0, 200)
    )  # fmt: skip
    at = rig.start + np.arange(DAYS * 96 + 1) * CELL_US
    for name, flow, supply in (("src", 200.0, 90.0), ("head-e", 120.0, 89.0), ("u1", 120.0, 87.0), ("head-w", 80.0, 89.0), ("u2", 80.0, 80.0)):
        for suffix, value in (("flow", flow), ("supply", supply), ("return", 50.0)):
            keep = at if name != "u2" else at[at < rig.start + (DAYS - 1) * DAY_US]
            rig.push(f"{name}.{suffix}", keep, np.full(len(keep), value))
    rig.settle()
    now = {"at": rig.start + (DAYS - 1) * DAY_US + DAY_US // 2}
    deps = wire(rig.engine, rig.store, load_plan("qinzhou-2021-2025"), 100_000, lambda: now["at"])
    app = create_app(deps)
    mount_board(app, deps, OutboxSql(rig.engine))
    _, token = KeyBookSql(rig.engine).create(KeyKind.READ, "", "test", now["at"])
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000), headers={"Authorization": f"Bearer {token}"}) as client:
        yield client, now


def test_the_api_answers_the_network_and_each_branch_by_step(served) -> None:
    client, _ = served
    answer = client.get("/v1/networks/net/balance", params={"from": "2026-01-10", "to": "2026-01-18", "step": "day"}).json()
    first, last = answer["cells"][0], answer["cells"][-1]
    branches = {b["branch"]: b["cells"] for b in answer["branches"]}
    assert len(answer["cells"]) == DAYS and branches.keys() == {"", "east", "west"}
    # of the 40 K fed in, 3/5 lose 3 K and 2/5 lose 10 K: (1.8 + 4) / 40 = 14.5 %, and less for the water of 80 °C is denser
    assert first["loss_rate"] == pytest.approx(0.145, abs=0.004) and first["is_known"] and first["delivered_gj"] < first["fed_in_gj"]
    assert branches["west"][0]["loss_rate"] == pytest.approx(9 / 39, abs=0.005) and branches["west"][0]["drop_k_per_km"] == pytest.approx(3.0)
    assert (last["loss_rate"], last["is_known"], last["missing"]) == (None, False, ["u2.heat"])
    assert last["known_share"] == pytest.approx(2 / 3, abs=0.01) and branches["east"][-1]["is_known"]
    quarter = client.get("/v1/networks/net/balance", params={"from": "2026-01-10", "to": "2026-01-17", "step": "quarter"}).json()
    assert len(quarter["cells"]) == 1 and quarter["cells"][0]["fed_in_gj"] == pytest.approx(sum(c["fed_in_gj"] for c in answer["cells"][:7]))


def test_what_is_no_network_is_refused_in_words(served) -> None:
    client, _ = served
    assert client.get("/v1/networks/city/balance").status_code == 422
    assert "不是供热管网" in client.get("/v1/networks/city/balance").text
    assert client.get("/v1/networks/nowhere/balance").status_code == 404


def test_the_page_shows_each_branch_with_its_light_and_says_what_is_missing(served) -> None:
    client, now = served
    page = client.get("/entities/net").text
    assert "热平衡" in page and 'data-section="全网" data-light="yellow"' in page and 'data-section="west" data-light="red"' in page
    assert 'data-section="east" data-light="green"' in page
    assert "支线 east" in page and "支线 west" in page and '<span class="soft">head-e</span>' in page  # with the meter at its head
    now["at"] += DAY_US
    page = client.get("/entities/net?lang=en").text
    assert (
        "Heat balance" in page and 'data-section="Whole network" data-light="grey"' in page and "no data: u2.heat" in page and "Branch east" in page
    )
    assert 'data-section="east" data-light="green"' in page
