"""Open items over the real stores: DuckDB for readings and cells, SQLite for the ledger. One register at 15 minutes, at most 40 kWh/h."""

import json
from pathlib import Path

import numpy as np
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import BigInteger, Boolean, Connection, Float, Integer, MetaData, Table, insert, inspect
from typer.testing import CliRunner

from accounting.open_items import OpenItems
from accounting.settling import Settler
from tests.settle.conftest import ALWAYS, START
from tricolor.adapters.ledger.engine import MIGRATIONS, LedgerEngine
from tricolor.adapters.ledger.exchanges import MeterFactsBookSql
from tricolor.adapters.ledger.items import ItemDeskSql, ItemRecordSql, OpenItemsBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.schema import dirty_span
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.registry_files import RegistryFile
from tricolor.adapters.stores.duckdb import DuckStore
from tricolor.analysis.explain import explain
from tricolor.domain.energy import CellFlag
from tricolor.domain.entities import Entity, EntityKind, Meter
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.exchanges import Exchange
from tricolor.domain.factors import FactorBook
from tricolor.domain.intervals import CELL_US, EARLIEST_US, HOUR_US, LATEST_US, iso
from tricolor.domain.items import DecisionKind, ItemEventKind, ItemFilter, ItemState, OpenItem
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.readings import ReadingBatch
from tricolor.domain.steps import StepKind
from tricolor_cli.main import app

NOW = START + 30 * 24 * HOUR_US
LEAPT = [100.0, 101.0, 9000.0, 9001.0, 9002.0, 9003.0]  # 1 + 3 certain; 8899 in the second quarter of an hour is beyond the plate
FELL = [500.0, 501.0, 3.0, 4.0, 5.0, 6.0]  # 1 + 3 certain; the drop of 498 was not declared


def registry_file(multiplier: float = 1.0) -> RegistryFile:
    entities = (Entity("city", EntityKind.CITY, "城", ""), Entity("mill", EntityKind.ENTERPRISE, "厂", ""))
    plate = Plate(PointKind.REGISTER, max_rate=40.0, multiplier=multiplier)
    point = Point(0, "mill.elec", "m", "mill", "电", "", "electricity", "energy", "kWh", plate, Role.PURCHASED, 0, None)
    return RegistryFile(entities, (Meter("m", "mill", "表", ""),), (point,))


class World:
    """A folder as `tricolor up` has it, settled when told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = LedgerEngine(f"sqlite:///{folder}/ledger.sqlite")
        self.ledger.migrate()
        self.registry = RegistryBookSql(self.ledger)
        self.registry.replace_from(registry_file(), "tester", 1)
        self.point = self.registry.load().points["mill.elec"]
        self.key = self.point.key
        self.store = DuckStore(folder / "readings.duckdb")
        self.book, self.desk, self.facts = OpenItemsBookSql(self.ledger), ItemDeskSql(self.ledger), MeterFactsBookSql(self.ledger)
        self.restart()
        self.seq = 0

    def restart(self) -> None:
        items = OpenItems(ItemRecordSql(self.ledger), lambda: NOW)
        self.settler = Settler(
            self.store, self.store, SettleLedgerSql(self.ledger), self.registry, FactorBook(()), {}, self.facts, items
        )  # fmt: skip

    def push(self, cells: list[int], values: list[float]) -> None:
        at = START + np.array(cells, dtype=np.int64) * CELL_US
        seq = np.arange(self.seq, self.seq + len(at))
        self.seq += len(at)
        self.store.put(ReadingBatch(np.full(len(at), self.key), at, np.array(values), np.zeros(len(at), dtype=np.uint8), seq, at.copy()))
        packed = {name: np.array([v], dtype="<i8").tobytes() for name, v in (("points", self.key), ("starts", at.min()), ("ends", at.max() + 1))}
        with self.ledger.writing() as connection:
            connection.execute(insert(dirty_span).values(**packed, readings=len(at), source="t"))
        self.settle()

    def settle(self) -> None:
        while self.settler.run_once():
            pass

    def cells(self) -> dict[int, tuple[float, int]]:
        """Number of the cell -> (amount, flag)."""
        found = self.store.cells([self.key], ALWAYS)
        return {(s - START) // CELL_US: (a, f) for s, a, f in zip(found.start.tolist(), found.amount.tolist(), found.flag.tolist(), strict=True)}

    def total(self) -> float:
        return float(np.nansum(self.store.cells([self.key], ALWAYS).amount))

    def items(self, state: ItemState | None = None) -> list[OpenItem]:
        return self.book.page(ItemFilter(state), 100)

    def close(self) -> None:
        self.store.close()
        self.ledger.close()


@pytest.fixture
def world(tmp_path: Path):
    made = World(tmp_path)
    yield made
    made.close()


def test_a_parked_leap_becomes_an_item_and_counts_when_confirmed(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], LEAPT)
    (item,) = world.items(ItemState.OPEN)
    p = item.parked
    assert (p.kind, p.start, p.end, p.before, p.after, p.jump) == (StepKind.LEAP, START + CELL_US, START + 2 * CELL_US, 101.0, 9000.0, 8899.0)
    assert world.total() == 4.0
    made = world.desk.confirm(item.id, None, "Wang", "the furnace test of that night", NOW)
    world.settle()
    assert world.total() == 8903.0
    assert world.cells()[1] == (8899.0, CellFlag.RECOVERED | CellFlag.ESTIMATED)
    assert [(i.state, i.decision) for i in world.items()] == [(ItemState.SETTLED, made)]


def test_confirm_then_undo_leaves_everything_as_before_but_the_history(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], LEAPT)
    before = str(world.cells())
    (item,) = world.items()
    made = world.desk.confirm(item.id, 50.0, "Wang", "guess", NOW)
    world.settle()
    assert world.total() == 54.0
    undone = world.desk.undo(made.id, "Li", "no proof", NOW + 1)
    world.settle()
    assert (undone.undone_by, undone.undone_reason, undone.undone_at) == ("Li", "no proof", NOW + 1)
    assert str(world.cells()) == before
    history = world.book.get(item.id)
    assert history.item.state is ItemState.OPEN
    assert [(e.what, e.who) for e in history.events] == [
        (ItemEventKind.APPEARED, ""), (ItemEventKind.CONFIRMED, "Wang"), (ItemEventKind.UNDONE, "Li"),
    ]  # fmt: skip
    assert history.decisions == (undone,)
    with pytest.raises(Refused, match="was undone"):
        world.desk.undo(made.id, "Li", "again", NOW)


def test_a_drop_needs_a_stated_amount(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], FELL)
    (item,) = world.items()
    assert (item.parked.kind, item.parked.jump) == (StepKind.OPEN, -498.0)
    with pytest.raises(Problems, match="state the amount"):
        world.desk.confirm(item.id, None, "Wang", "reset by lightning", NOW)
    world.desk.confirm(item.id, 12.0, "Wang", "reset by lightning", NOW)
    world.settle()
    assert world.total() == 1 + 12 + 3


def test_an_exchange_explains_the_item_and_its_undoing_brings_it_back(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], FELL)
    (item,) = world.items()
    with pytest.raises(Problems, match="between the two readings"):
        world.desk.exchange(item.id, START, 505.0, 0.0, "Wang", "new meter", NOW)
    made = world.desk.exchange(item.id, START + CELL_US + CELL_US // 2, 505.0, 0.0, "Wang", "new meter", NOW)
    world.settle()
    assert world.total() == 1 + 4 + 3 + 3  # up to 505 on the old meter, 0 to 3 on the new one
    assert [(i.state, i.decision) for i in world.items()] == [(ItemState.SETTLED, made)]
    assert made.exchange == Exchange(world.key, START + CELL_US + CELL_US // 2, 505.0, 0.0)
    world.desk.undo(made.id, "Wang", "it was another meter", NOW)
    world.settle()
    assert (world.total(), world.items()[0].state) == (4.0, ItemState.OPEN)
    assert world.facts.load().exchanges == {}


def test_revoking_the_exchange_itself_undoes_the_decision_that_declared_it(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], FELL)
    (item,) = world.items()
    world.desk.exchange(item.id, START + CELL_US + 1, 501.0, 3.0, "Wang", "new meter", NOW)
    world.settle()
    (declared,) = world.facts.history(world.key)
    world.facts.revoke_exchange(declared.id, "Li")
    world.settle()
    assert world.items()[0].state is ItemState.OPEN
    assert world.book.decisions(world.key)[0].undone_by == "Li"


def test_a_substitute_replaces_exactly_its_cells_and_settles_the_item_in_them(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], LEAPT)
    before = world.cells()
    made = world.desk.substitute(world.key, START + CELL_US, START + 3 * CELL_US, 5.0, "Wang", "by the parent meter", NOW)
    world.settle()
    given = (2.5, int(CellFlag.SUBSTITUTED | CellFlag.ESTIMATED))
    assert str(world.cells()) == str({**before, 1: given, 2: given})
    assert (world.items()[0].state, world.items()[0].decision) == (ItemState.SETTLED, made)
    with pytest.raises(Refused, match="already substitutes"):
        world.desk.substitute(world.key, START + 2 * CELL_US, START + 4 * CELL_US, 1.0, "Li", "overlap", NOW)
    world.desk.undo(made.id, "Wang", "the parent was wrong", NOW)
    world.settle()
    assert (str(world.cells()), world.items()[0].state) == (str(before), ItemState.OPEN)


def test_a_substitute_stands_where_the_meter_was_silent_and_survives_a_change_of_the_registry(world: World) -> None:
    world.push([0, 1], [100.0, 101.0])
    world.desk.substitute(world.key, START + 8 * CELL_US, START + 10 * CELL_US, 6.0, "Wang", "meter stolen", NOW)
    world.settle()
    given = (3.0, CellFlag.SUBSTITUTED | CellFlag.ESTIMATED)
    assert world.cells() == {0: (1.0, 0), 8: given, 9: given}
    world.registry.replace_from(registry_file(multiplier=40.0), "tester", 2)
    world.settle()
    assert world.cells() == {0: (40.0, 0), 8: given, 9: given}  # what a person says is in the unit of the cells, multiplier and all


def test_an_item_that_later_data_explain_is_gone_and_comes_back_with_its_decision(world: World) -> None:
    world.push([0, 1, 2, 3, 4], LEAPT[:5])
    (item,) = world.items(ItemState.OPEN)
    world.desk.confirm(item.id, None, "Wang", "test run", NOW)
    world.settle()
    assert world.total() == 1 + 8899 + 2
    world.push([5], [105.0])  # back at the mark: the three between were misread
    (gone,) = world.items()
    assert (gone.state, gone.gone_because, gone.decision, world.total()) == (ItemState.GONE, "dip", None, 5.0)
    with pytest.raises(Refused, match="gone"):
        world.desk.dismiss(item.id, "Wang", "nothing there", NOW)
    world.push([5], [9003.0])  # corrected: it stayed after all
    (back,) = world.items()
    assert (back.id, back.state, back.decision is not None, world.total()) == (item.id, ItemState.SETTLED, True, 8903.0)
    what = [e.what for e in world.book.get(item.id).events]
    assert what == [ItemEventKind.APPEARED, ItemEventKind.CONFIRMED, ItemEventKind.GONE, ItemEventKind.RETURNED]


def test_a_confirmation_holds_for_the_jump_that_was_seen_and_not_for_another(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], LEAPT)
    (item,) = world.items()
    world.desk.confirm(item.id, None, "Wang", "test run", NOW)
    world.push([2], [8999.5])  # a correction: the jump is 8898.5 now
    asked = world.items(ItemState.OPEN)
    assert [i.parked.jump for i in asked] == [8898.5]
    assert world.total() == 1 + 1.5 + 2


def test_a_dismissed_item_counts_nothing_and_stays_closed_over_a_restart(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], LEAPT)
    (item,) = world.items()
    world.desk.dismiss(item.id, "Wang", "gateway was set up anew", NOW)
    world.restart()
    world.push([6], [9004.0])
    (closed,) = world.items()
    assert (closed.state, closed.decision.kind, world.total()) == (ItemState.SETTLED, DecisionKind.DISMISS, 5.0)
    assert len(world.book.get(item.id).events) == 2  # settling it again says nothing new


def test_the_multiplier_changed_later_scales_a_confirmed_jump_and_not_a_stated_amount(world: World) -> None:
    for amount, total in ((None, 40 * 8903), (50.0, 40 * 4 + 50)):
        world.push([0, 1, 2, 3, 4, 5], LEAPT)
        (item,) = world.items(ItemState.OPEN)
        made = world.desk.confirm(item.id, amount, "Wang", "test run", NOW)
        world.registry.replace_from(registry_file(multiplier=40.0), "tester", 2)
        world.settle()
        assert world.total() == pytest.approx(total)
        assert world.items()[0].parked.amount == pytest.approx(40 * 8899)
        world.registry.replace_from(registry_file(), "tester", 3)
        world.desk.undo(made.id, "Wang", "next case", NOW)
        world.settle()


def test_the_explanation_names_the_person_and_the_reason(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], LEAPT)
    made = world.desk.confirm(world.items()[0].id, None, "Wang", "test run", NOW)
    found = explain(world.point, START + CELL_US, world.store, world.facts.load())
    (step,) = found.steps
    assert (found.amount, step.amount, "confirmed" in step.rule_en) == (8899.0, 8899.0, True)
    assert [(c.person, c.reason, c.decision) for c in found.confirmed] == [("Wang", "test run", made.id)]
    world.desk.substitute(world.key, START, START + 4 * CELL_US, 8.0, "Li", "parent meter", NOW)
    found = explain(world.point, START + CELL_US, world.store, world.facts.load())
    assert (found.amount, found.flags) == (2.0, ("estimated", "substituted"))
    assert found.substitute is not None and (found.substitute.person, found.substitute.reason) == ("Li", "parent meter")


def test_every_fault_of_a_decision_is_told_and_nothing_is_kept(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], LEAPT)
    (item,) = world.items()
    with pytest.raises(Problems) as told:
        world.desk.confirm(item.id, -1.0, " ", "", NOW)
    assert len(told.value.problems) == 3
    with pytest.raises(Problems) as told:
        world.desk.substitute(world.key, START + 1, NOW + CELL_US - NOW % CELL_US, float("nan"), "Wang", "x", NOW)
    assert len(told.value.problems) == 3  # not on a quarter, still to come, no number
    with pytest.raises(NotFound):
        world.desk.dismiss(999, "Wang", "x", NOW)
    assert (world.items()[0].state, world.book.decisions(world.key)) == (ItemState.OPEN, [])


def run(world: World, *words: str):
    return CliRunner().invoke(app, [*words, "--data", str(world.folder)], catch_exceptions=False)


def test_the_command_line_lists_confirms_shows_and_undoes(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], LEAPT)
    (item,) = json.loads(run(world, "items", "list", "--json").stdout)
    assert (item["point"], item["kind"], item["jump"], item["unit"], item["start"]) == ("mill.elec", "leap", 8899.0, "kWh", iso(START + CELL_US))
    assert "mill.elec" in run(world, "items", "list", "--entity", "city").stdout
    made = json.loads(run(world, "items", "confirm", str(item["id"]), "--who", "Wang", "--reason", "test run", "--json").stdout)
    world.settle()
    assert world.total() == 8903.0
    assert json.loads(run(world, "items", "list", "--json").stdout) == []
    shown = json.loads(run(world, "items", "show", str(item["id"]), "--json").stdout)
    assert (shown["state"], shown["decision"]["person"], len(shown["events"])) == ("settled", "Wang", 2)
    assert run(world, "items", "undo", str(made["id"]), "--who", "Li", "--reason", "no proof").exit_code == 0
    world.settle()
    assert world.total() == 4.0
    with pytest.raises(Refused, match="none of"):
        run(world, "items", "list", "--state", "parked")
    assert run(world, "items", "dismiss", str(item["id"]), "--reason", "x").exit_code == 2  # an author is required


def test_the_command_line_substitutes_and_explains_by_an_exchange(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], FELL)
    words = ("--who", "Wang", "--reason", "new meter")
    moment = iso(START + CELL_US + 60_000_000)
    assert run(world, "items", "exchange", "1", "--at", moment, "--final", "501", "--start", "2", *words).exit_code == 0
    assert run(world, "items", "substitute", "mill.elec", iso(START + 4 * CELL_US), iso(START + 6 * CELL_US), "9", *words).exit_code == 0
    world.settle()
    assert world.total() == 1 + 1 + 1 + 1 + 9  # 500-501, 2-3, 3-4, 4-5 up to the fourth quarter, then the person's
    assert "exchange" in run(world, "items", "list", "--state", "settled").stdout


def test_the_command_line_declares_exchanges_and_multipliers_and_revokes_them(world: World) -> None:
    world.push([0, 1, 2, 3, 4, 5], FELL)
    made = json.loads(
        run(
            world, "meter", "exchange", "mill.elec", "--at", iso(START + CELL_US + 1), "--final", "501", "--start", "3", "--who", "Wang", "--json"
        ).stdout
    )
    assert (made["kind"], made["final"], made["person"]) == ("exchange", 501.0, "Wang")
    world.settle()
    assert world.items()[0].state is ItemState.GONE
    assert world.items()[0].gone_because == "exchanged"
    assert run(world, "meter", "multiplier", "mill.elec", "--from", iso(START), "--value", "2", "--who", "Wang").exit_code == 0
    world.settle()
    assert world.total() == pytest.approx(8.0)
    history = json.loads(run(world, "meter", "history", "mill.elec", "--json").stdout)
    assert [(h["kind"], h["revoked_at"]) for h in history] == [("exchange", None), ("multiplier", None)]
    assert run(world, "meter", "revoke", "exchange", str(made["id"]), "--who", "Li").exit_code == 0
    world.settle()
    assert world.items()[0].state is ItemState.OPEN
    with pytest.raises(NotFound, match="no point"):
        run(world, "meter", "history", "mill.gas")
    with pytest.raises(Problems, match="0 or more"):
        run(world, "meter", "exchange", "mill.elec", "--at", iso(START), "--final", "-1", "--start", "3", "--who", "Wang")


def fill(connection: Connection, table: str, **values: object) -> None:
    """A row of a table as an older schema has it; what is not named is empty."""
    columns = inspect(connection).get_columns(table)
    empty = {c["name"]: 0 if isinstance(c["type"], (BigInteger, Integer, Float, Boolean)) else "" for c in columns if not c["nullable"]}
    row = empty | {name: value for name, value in values.items() if name in {c["name"] for c in columns}}
    connection.execute(Table(table, MetaData(), autoload_with=connection).insert().values(**row))


def test_jumps_parked_before_the_work_list_existed_become_items_after_the_upgrade(tmp_path: Path) -> None:
    ledger = LedgerEngine(f"sqlite:///{tmp_path}/ledger.sqlite")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with ledger.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        fill(connection, "entity", id="mill", kind="enterprise", name_cn="厂")
        fill(connection, "meter", id="m", entity_id="mill", name_cn="表")
        fill(connection, "point", key=7, id="mill.elec", meter_id="m", entity_id="mill")
    ledger.migrate()
    (work,) = SettleLedgerSql(ledger).dirty(10)
    ledger.close()
    span = [int(np.frombuffer(b, dtype="<i8")[0]) for b in (work.points, work.starts, work.ends)]
    assert span == [7, EARLIEST_US, LATEST_US]  # the whole history: the settler cuts it to the readings that there are
