"""The registry in the ledger: what is imported comes back, keys stay, the version tells of change, and nothing is half done."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.registry import FieldChange, RegistryBookSql
from tricolor.adapters.ledger.schema import audit
from tricolor.adapters.registry_files import RegistryFile
from tricolor.domain.entities import Contact, Department, Entity, EntityKind, Meter
from tricolor.domain.errors import Problems
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.ports import RegistryBook

CITY = Entity("city", EntityKind.CITY, "示例市", "Example City")
REGION = Entity("north", EntityKind.REGION, "北区", "North", order=2)
MILL = Entity("mill", EntityKind.ENTERPRISE, "造纸厂", "Paper Mill", "north", "", "2221", "机制纸", True, "", 1)
METER = Meter("mill.m1", "mill", "总表", "Main", "gw-1")
POINT = Point(
    0, "mill.elec", "mill.m1", "mill", "电量", "Energy", "electricity", "energy", "kWh",
    Plate(PointKind.REGISTER, 900, 40.0, 1_000_000.0, 60_000.0, 0.01), Role.PURCHASED, 1_700_000_000_000_000, None, "gw-1",
)  # fmt: skip
TEMPERATURE = replace(
    POINT,
    id="mill.temp",
    carrier="",
    quantity="temperature",
    unit="degC",
    plate=Plate(PointKind.GAUGE),
    role=Role.NONE,
    valid_to=1_800_000_000_000_000,
)
DEPARTMENT = Department("fgw", "发展改革委", "Development and Reform")
CONTACT = Contact("fgw-duty", "fgw", "值班", "duty", "0777-0000000", "duty@city.example")
FILE = RegistryFile((CITY, REGION, MILL), (METER,), (POINT, TEMPERATURE), (DEPARTMENT,), (CONTACT,))


def audits(ledger: LedgerEngine) -> list[dict[str, object]]:
    with ledger.reading() as connection:
        return [dict(row) for row in connection.execute(select(audit).order_by(audit.c.id)).mappings()]


def test_an_empty_ledger_has_an_empty_registry_of_version_0(ledger: LedgerEngine) -> None:
    book: RegistryBook = RegistryBookSql(ledger)
    assert book.version() == 0
    assert book.load().city() is None


def test_what_is_imported_comes_back(ledger: LedgerEngine) -> None:
    book = RegistryBookSql(ledger)
    report = book.replace_from(FILE, "tester", 1_000_000)
    registry = book.load()
    assert report.version == registry.version == book.version() == 1
    assert list(registry.entities.values()) == [CITY, MILL, REGION]  # by place on the board: 0, 1, 2
    assert registry.meters == {"mill.m1": METER}
    assert registry.departments == {"fgw": DEPARTMENT}
    assert registry.contacts == {"fgw-duty": CONTACT}
    assert {replace(point, key=0, registered_at=0) for point in registry.points.values()} == {POINT, TEMPERATURE}
    assert sorted(registry.by_key) == sorted(point.key for point in registry.points.values())
    assert all(registry.by_key[point.key] is point for point in registry.points.values())
    assert report.added == {"entities": 3, "meters": 1, "points": 2, "departments": 1, "contacts": 1}
    assert (report.before["points"], report.after["points"]) == (0, 2)


def test_the_same_file_twice_changes_nothing(ledger: LedgerEngine) -> None:
    book = RegistryBookSql(ledger)
    book.replace_from(FILE, "tester", 1)
    keys = {point.id: key for key, point in book.load().by_key.items()}
    report = book.replace_from(FILE, "tester", 2)
    assert not report.has_changes
    assert report.unchanged["points"] == 2
    assert report.version == book.version() == 1
    assert {point.id: key for key, point in book.load().by_key.items()} == keys
    assert len(audits(ledger)) == 1


def test_a_change_is_reported_with_both_values_and_the_point_keeps_its_key(ledger: LedgerEngine) -> None:
    book = RegistryBookSql(ledger)
    book.replace_from(FILE, "tester", 1)
    key = book.load().points["mill.elec"].key
    moved = replace(POINT, unit="MWh", plate=Plate(PointKind.DELTA, 3600))
    report = book.replace_from(RegistryFile(points=(moved,)), "tester", 2)
    assert set(report.changes) == {
        FieldChange("points", "mill.elec", "unit", "kWh", "MWh"),
        FieldChange("points", "mill.elec", "kind", "register", "delta"),
        FieldChange("points", "mill.elec", "interval_s", 900, 3600),
        FieldChange("points", "mill.elec", "multiplier", 40.0, 1.0),
        FieldChange("points", "mill.elec", "capacity", 1_000_000.0, None),
        FieldChange("points", "mill.elec", "max_rate", 60_000.0, None),
        FieldChange("points", "mill.elec", "resolution", 0.01, 0.0),
    }
    registry = book.load()
    assert registry.points["mill.elec"] == replace(moved, key=key, registered_at=1)
    assert registry.version == 2
    assert "mill.temp" in registry.points and "mill" in registry.entities  # what the file does not name stays


def test_the_audit_says_who_when_and_how_much(ledger: LedgerEngine) -> None:
    book = RegistryBookSql(ledger)
    book.replace_from(FILE, "tester", 1)
    book.replace_from(RegistryFile(entities=(replace(MILL, name_cn="新造纸厂"),)), "other", 7)
    first, second = audits(ledger)
    assert (second["at"], second["who"], second["action"]) == (7, "other", "registry.import")
    assert first["detail"]["before"]["points"] == 0 and first["detail"]["after"]["points"] == 2
    assert second["detail"]["changes"] == [{"sheet": "entities", "id": "mill", "field": "name_cn", "before": "造纸厂", "after": "新造纸厂"}]


def test_a_preview_says_the_same_and_writes_nothing(ledger: LedgerEngine) -> None:
    book = RegistryBookSql(ledger)
    preview = book.preview(FILE)
    assert book.version() == 0 and not book.load().entities
    assert preview == book.replace_from(FILE, "tester", 1)


def test_nothing_is_half_imported(ledger: LedgerEngine) -> None:
    book = RegistryBookSql(ledger)
    book.replace_from(RegistryFile((CITY,)), "tester", 1)
    second = replace(CITY, id="other-city")
    with pytest.raises(Problems, match="2 cities"):
        book.replace_from(replace(FILE, entities=(REGION, MILL, second)), "tester", 2)
    orphan = replace(POINT, id="lost", meter_id="no-such-meter")
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        book.replace_from(replace(FILE, points=(POINT, orphan)), "tester", 3)
    registry = book.load()
    assert set(registry.entities) == {"city"} and not registry.meters and not registry.points
    assert book.version() == 1 and len(audits(ledger)) == 1
