"""A unit's own factor moves what it buys from its neighbours in the accounts of the wholes around it, at once and as previewed."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.factors.conftest import City, measured, point
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.analysis.accounts import day_accounts
from tricolor.catalogue.factor_tables import carriers
from tricolor.domain.accounts import DayAccount
from tricolor.domain.energy import EnergyCells
from tricolor.domain.entities import Entity, EntityKind, Meter, Registry
from tricolor.domain.intervals import CELL_US, day
from tricolor.domain.meters import Role
from tricolor_cli.main import app as cli

# The boiler house buys 100 t of coal, of which the dyer (in the same park) buys 30 t and the smith (of the region, in no park) 20 t.
# So the park's inner purchase is the dyer's 30 t, the region's the smith's 20 t. The city has none: each part stands in the smallest whole.
ON = date(2026, 1, 30)
TONNES = {1: 100.0, 2: 30.0, 3: 20.0}
POINTS = tuple(point(key, unit, "raw_coal", "t") for key, unit in ((1, "boiler"), (2, "dyer"), (3, "smith")))
UNITS = ("boiler", "dyer", "smith", "park", "east", "town")
ALL = (
    Entity("town", EntityKind.CITY, "市", "Town"), Entity("east", EntityKind.REGION, "东区", "East"),
    Entity("park", EntityKind.PARK, "园区", "Park", region_id="east"),
    Entity("boiler", EntityKind.ENTERPRISE, "锅炉", "Boiler", park_id="park"), Entity("dyer", EntityKind.ENTERPRISE, "印染", "Dyer", park_id="park"),
    Entity("smith", EntityKind.ENTERPRISE, "锻造", "Smith", region_id="east"),
)  # fmt: skip
TABLE, OWN = 0.7143, 6_000 / 7_000  # kgce/kg: GB/T 2589-2020 A.1; a measured 6 000 kcal/kg over the 7 000 of one kgce


def make(ledger: LedgerEngine) -> City:
    city = City(ledger)
    meters = {p.meter_id: Meter(p.meter_id, p.entity_id, "", "", parent_id="" if p.key == 1 else "m1") for p in POINTS}
    registry = Registry(2, {e.id: e for e in ALL}, meters, {p.id: p for p in POINTS}, {}, {}, {p.key: p for p in POINTS})
    city.book.registry, city.book.version = registry, lambda: 2
    for p in POINTS:
        city.store.replace([(p.key, day(ON))], cells_of(p.key, TONNES[p.key]))
    city.accounts.put_accounts([(e, d) for e in ("mill", "kiln") for d in (str(x) for _, x in city.days)], [])
    city.accounts.put_accounts([(unit, ON.isoformat()) for unit in UNITS], settled(city))
    return city


def cells_of(key: int, tonnes: float) -> EnergyCells:
    """Evenly over the day."""
    starts = np.arange(day(ON).start, day(ON).end, CELL_US, dtype=np.int64)
    n = len(starts)
    return EnergyCells(np.full(n, key), starts, np.full(n, tonnes / n), np.full(n, CELL_US), np.zeros(n, dtype=np.uint8))


def settled(city: City) -> list[DayAccount]:
    """As settling the day anew accounts it."""
    cells = city.store.cells(sorted(city.book.registry.by_key), day(ON))
    return day_accounts(city.book.registry, [(unit, ON) for unit in UNITS], cells, city.shelf.now(), carriers())


def coal(city: City) -> dict[tuple[str, Role], float]:
    """Standard coal [tce] by unit and role, as it stands in the ledger."""
    return {(a.entity, a.role): a.tce_calorific or 0.0 for a in city.accounts.accounts(UNITS, "2026-01-01", "2026-12-31")}


BEFORE = {
    ("boiler", Role.PURCHASED): 100 * TABLE, ("dyer", Role.PURCHASED): 30 * TABLE, ("smith", Role.PURCHASED): 20 * TABLE,
    ("park", Role.INNER_PURCHASED): 30 * TABLE, ("east", Role.INNER_PURCHASED): 20 * TABLE,
}  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "moved"),
    [
        ("dyer", {("dyer", Role.PURCHASED): 30 * OWN, ("park", Role.INNER_PURCHASED): 30 * OWN}),
        ("smith", {("smith", Role.PURCHASED): 20 * OWN, ("east", Role.INNER_PURCHASED): 20 * OWN}),
        ("boiler", {("boiler", Role.PURCHASED): 100 * OWN}),  # what is passed on is valued as its buyers value it
        ("park", {}),  # a factor of the park itself is for the park's own meters
    ],
)
def test_a_units_own_factor_restates_its_part_in_the_wholes_above(
    sqlite_ledger: LedgerEngine, unit: str, moved: dict[tuple[str, Role], float]
) -> None:
    city = make(sqlite_ledger)
    assert coal(city) == pytest.approx(BEFORE, rel=1e-4)
    setting, seen = city.apply(measured(6_000, "kcal/kg", unit))
    assert coal(city) == pytest.approx(BEFORE | moved, rel=1e-4)
    assert sorted(e.entity for e in seen.effects) == sorted(entity for entity, _ in moved)
    assert_as_settled(city)
    earlier = city.restatements.earlier(1, [], 100, 0)
    assert {(e.account.entity, e.account.role): e.account.tce_calorific for e in earlier} == pytest.approx({k: BEFORE[k] for k in moved}, rel=1e-4)
    city.apply(setting.id, "taken back")
    assert coal(city) == pytest.approx(BEFORE, rel=1e-4)
    assert_as_settled(city)


def test_the_part_of_a_whole_with_several_buyers_moves_by_the_buyers_share(sqlite_ledger: LedgerEngine) -> None:
    city = make(sqlite_ledger)
    registry = city.book.registry
    moved_in = replace(registry.entities["smith"], park_id="park")
    city.book.registry = replace(registry, version=3, entities={**registry.entities, "smith": moved_in})
    city.book.version = lambda: 3
    city.accounts.put_accounts([(unit, ON.isoformat()) for unit in UNITS], settled(city))
    assert coal(city)["park", Role.INNER_PURCHASED] == pytest.approx(50 * TABLE, rel=1e-4)
    city.apply(measured(6_000, "kcal/kg", "dyer"))
    assert coal(city)["park", Role.INNER_PURCHASED] == pytest.approx(30 * OWN + 20 * TABLE, rel=1e-4)
    assert_as_settled(city)


def assert_as_settled(city: City) -> None:
    wanted = {(a.entity, a.role): a for a in settled(city)}
    for a in city.accounts.accounts(UNITS, "2026-01-01", "2026-12-31"):
        other = wanted.pop((a.entity, a.role))
        assert a.factor_ids == other.factor_ids
        assert [a.tce_calorific, a.tce_equivalent, a.co2_t] == pytest.approx([other.tce_calorific, other.tce_equivalent, other.co2_t], rel=1e-12)
    assert wanted == {}


def test_what_a_member_sells_to_another_moves_by_the_sellers_factor_and_what_is_bought_of_it_by_the_buyers(sqlite_ledger: LedgerEngine) -> None:
    city = make(sqlite_ledger)
    sold, bought = point(4, "boiler", "raw_coal", "t", Role.SOLD), point(5, "dyer", "raw_coal", "t")  # the boiler house sells what the dyer buys
    registry = city.book.registry
    points = {p.key: p for p in (*registry.points.values(), sold, bought) if p.key not in (2, 3)}
    meters = {f"m{k}": Meter(f"m{k}", p.entity_id, "", "", parent_id="m4" if k == 5 else "") for k, p in points.items()}
    meters["m4"] = replace(meters["m4"], parent_id="m1")
    city.book.registry = replace(registry, version=3, meters=meters, points={p.id: p for p in points.values()}, by_key=points)
    city.book.version = lambda: 3
    for key, tonnes in ((4, 10.0), (5, 8.0)):
        city.store.replace([(key, day(ON))], cells_of(key, tonnes))
    city.accounts.put_accounts([(unit, ON.isoformat()) for unit in UNITS], settled(city))
    inner = ("park", Role.INNER_PURCHASED), ("park", Role.INNER_SOLD)
    assert [coal(city)[each] for each in inner] == pytest.approx([8 * TABLE, 10 * TABLE], rel=1e-4)
    city.apply(measured(6_000, "kcal/kg", "boiler"))
    assert [coal(city)[each] for each in inner] == pytest.approx([8 * TABLE, 10 * OWN], rel=1e-4)
    city.apply(measured(6_000, "kcal/kg", "dyer"))
    assert [coal(city)[each] for each in inner] == pytest.approx([8 * OWN, 10 * OWN], rel=1e-4)
    assert_as_settled(city)


def test_the_command_line_previews_the_wholes_from_the_cells_of_its_folder(
    sqlite_ledger: LedgerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = make(sqlite_ledger)
    meters = tuple(sorted(city.book.registry.meters.values(), key=lambda m: m.id))
    RegistryBookSql(city.ledger).replace_from(RegistryFile(entities=ALL, meters=meters, points=POINTS, departments=(), contacts=()), "test", 0)
    store = DuckStore(tmp_path / "readings.duckdb")
    for p in POINTS:
        store.replace([(p.key, day(ON))], cells_of(p.key, TONNES[p.key]))
    store.close()
    monkeypatch.setenv("TRICOLOR_LEDGER_URL", str(city.ledger.url))
    words = ["factor", "preview", "--entity", "dyer", "--carrier", "raw_coal", "--kind", "measured", "--value", "6000", "--unit", "kcal/kg"]
    words += ["--from", "2026-01-01", "--document", "化验单 118", "--data", str(tmp_path)]
    seen = CliRunner().invoke(cli, [*words, "--json"])
    assert seen.exit_code == 0, (seen.output, seen.exception)
    told = {e["entity"]: e["after"]["tce_calorific"] for e in json.loads(seen.stdout)["effects"]}
    assert told == pytest.approx({"dyer": 30 * OWN, "park": 30 * OWN}, rel=1e-4)
    monkeypatch.setattr("tricolor_cli.factor.is_running", lambda settings: True)
    everyone = [word for word in words if word not in ("--entity", "dyer")]
    assert CliRunner().invoke(cli, everyone).exit_code == 0  # one factor for all needs no cells
    refused = CliRunner().invoke(cli, words)
    assert refused.exit_code != 0 and "pass energy on to each other" in str(refused.exception) + refused.output
