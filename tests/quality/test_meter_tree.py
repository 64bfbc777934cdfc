"""Parents of meters: in the registry files, in the ledger, and no circles."""

from pathlib import Path

import pytest

from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.registry_files import RegistryFaults, load_registry_file

HEAD = 'entities = [{id="c", kind="city", name_cn="城"}, {id="e", kind="enterprise", name_cn="厂"}]\n'


def file_of(folder: Path, **parents: str) -> Path:
    path = folder / "r.toml"
    rows = ", ".join(f'{{id="{m}", entity="e", name_cn="{m}", parent="{p}"}}' for m, p in parents.items())
    path.write_text(f"{HEAD}meters = [{rows}]\n", encoding="utf-8")
    return path


def test_a_parent_is_kept_and_may_stand_in_an_earlier_file(tmp_path, ledger):
    book = RegistryBookSql(ledger)
    book.replace_from(load_registry_file(file_of(tmp_path, main=""), {}), "t", 1)
    report = book.replace_from(load_registry_file(file_of(tmp_path, a="main", b="a"), {}, book.load()), "t", 2)
    assert report.added["meters"] == 2
    assert {m.id: m.parent_id for m in book.load().meters.values()} == {"main": "", "a": "main", "b": "a"}
    report = book.replace_from(load_registry_file(file_of(tmp_path, b="main"), {}, book.load()), "t", 3)
    assert [(c.id, c.field, c.before, c.after) for c in report.changes] == [("b", "parent_id", "a", "main")]


@pytest.mark.parametrize("parents", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "d", "d": "a"}])
def test_a_circle_is_refused_with_its_row(tmp_path, parents):
    with pytest.raises(RegistryFaults) as caught:
        load_registry_file(file_of(tmp_path, **parents), {})
    assert [(f.sheet, f.row, f.column) for f in caught.value.faults] == [("meters", n + 1, "parent") for n in range(len(parents))]


def test_a_circle_through_the_ledger_is_refused(tmp_path, sqlite_ledger):
    book = RegistryBookSql(sqlite_ledger)
    book.replace_from(load_registry_file(file_of(tmp_path, main="", a="main"), {}), "t", 1)
    with pytest.raises(RegistryFaults, match="main → a → main"):
        load_registry_file(file_of(tmp_path, main="a"), {}, book.load())
    with pytest.raises(RegistryFaults, match='parent meter "mian" does not exist; did you mean main'):
        load_registry_file(file_of(tmp_path, b="mian"), {}, book.load())
