"""The same rows give the same RegistryFile whatever the format; what cannot be read says so; odd spreadsheets are understood or refused, never misread."""

import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from tricolor.adapters.registry_files import RegistryFaults, RegistryFile, read
from tricolor.domain.entities import Contact, Department, Entity, EntityKind, Meter, Registry
from tricolor.domain.intervals import EARLIEST_US, parse_us
from tricolor.domain.meters import Plate, Point, PointKind, Role

SOUND = RegistryFile(
    entities=(
        Entity("city", EntityKind.CITY, "示例市", "Example City"),
        Entity("port", EntityKind.REGION, "港区", "", order=1),
        Entity("petro-park", EntityKind.PARK, "石化园区", "", "port"),
        Entity("refinery", EntityKind.ENTERPRISE, "炼化厂", "", "port", "petro-park", "2511", is_key_user=True, order=7, is_two_high=True),  # the region is that of its park
        Entity("heat-net", EntityKind.NETWORK, "#1 供热管网", "", "port", "petro-park"),
    ),
    meters=(Meter("refinery.m1", "refinery", "总表", "", "gw-1"), Meter("heat-net.m1", "heat-net", "出口热表", "")),
    points=(
        Point(
            0, "refinery.elec", "refinery.m1", "refinery", "总电量", "", "electricity", "energy", "kWh",
            Plate(PointKind.REGISTER, 900, 40.0, 1_000_000.0, 60_000.5, 0.01), Role.PURCHASED, parse_us("2025-12-31T16:00:00+00:00"), None, "gw-1",
        ),
        Point(
            0, "refinery.coal", "refinery.m1", "refinery", "", "", "raw_coal", "mass", "t", Plate(PointKind.DELTA), Role.PURCHASED, EARLIEST_US, None, "gw-1"
        ),
        Point(
            0, "heat-net.flow", "heat-net.m1", "heat-net", "", "", "", "mass_flow", "t/h", Plate(PointKind.GAUGE), Role.NONE, EARLIEST_US,
            parse_us("2026-07-01T00:00:00+00:00"), "",
        ),
    ),
    departments=(Department("fgw", "发展改革委", "Development and Reform"),),
    contacts=(
        Contact("duty", "fgw", "节能科值班", "值班", "0777-0000000", "duty@city.example"),
        Contact("energy-manager", "refinery", "能源管理员", "", "13800000000"),
    ),
)  # fmt: skip


def test_every_format_gives_the_same_registry_file(rows, write, load) -> None:
    assert load(write(rows)) == SOUND


def test_chinese_sheet_and_column_names_mean_the_same(rows, writers, load, tmp_path) -> None:
    chinese = {"单位": rows["entities"], "表计": rows["meters"], "测点": rows["points"], "部门": rows["departments"], "联系人": rows["contacts"]}
    for point in rows["points"]:
        point["编号"], point["倍率"] = point.pop("id"), point.pop("multiplier", None) or 1
    for name, writer in writers.items():
        assert load(writer(chinese, tmp_path)) == SOUND, name


def test_a_csv_of_chinese_excel_is_read(rows, writers, load, tmp_path) -> None:
    assert load(writers["csv"](rows, tmp_path, "gb18030")) == SOUND
    assert load(writers["csv"](rows, tmp_path, "utf-8-sig")) == SOUND


def test_numbers_and_dates_typed_as_text_and_as_cells_are_the_same(rows, writers, load, tmp_path) -> None:
    rows["points"][0].update(interval_s="900", multiplier="４０", capacity="1,000,000", max_rate=" 60000.5 ", valid_from="2026年1月1日")
    rows["entities"][3].update(industry_code=2511, is_key_user="是", order=7.0)
    rows["contacts"][1]["phone"] = 13800000000
    assert load(writers["xlsx"](rows, tmp_path)) == SOUND
    for day in (datetime(2026, 1, 1), date(2026, 1, 1), "2026/1/1", "2026-01-01", "2026-01-01 00:00:00+08:00"):
        rows["points"][0]["valid_from"] = day
        assert load(writers["xlsx"](rows, tmp_path)) == SOUND, day


def test_a_toml_date_and_time_are_read(tmp_path, rows, writers, load) -> None:
    path = writers["toml"](rows, tmp_path)
    text = path.read_text().replace('"2026-01-01"', "2026-01-01").replace('"2026-07-01T08:00:00+08:00"', "2026-07-01T00:00:00Z")
    path.write_text(text)
    assert load(path) == SOUND


def test_blank_rows_are_skipped_and_rows_keep_their_number(rows, writers, faults_of, load, tmp_path) -> None:
    rows["points"] = [{}, rows["points"][0], {}, {}, *rows["points"][1:], {}]
    for name in ("xlsx", "csv"):
        assert load(writers[name](rows, tmp_path)) == SOUND, name
    rows["points"][4]["unit"] = "kwhh"
    for name in ("xlsx", "csv"):
        (fault,) = faults_of(writers[name](rows, tmp_path))
        assert (fault.sheet, fault.row, fault.column) == ("points", 6, "unit"), name


def test_a_file_may_build_on_what_the_ledger_holds(rows, write, load, faults_of) -> None:
    held = Registry(1, {e.id: e for e in SOUND.entities}, {m.id: m for m in SOUND.meters}, {}, {d.id: d for d in SOUND.departments}, {})
    alone = {"points": rows["points"], "contacts": rows["contacts"]}
    path = write(alone)
    assert load(path, held) == replace(SOUND, entities=(), meters=(), departments=())
    assert {(fault.sheet, fault.column) for fault in faults_of(path)} == {("entities", ""), ("points", "meter"), ("contacts", "of")}


def test_a_file_may_not_pull_the_ground_from_under_the_ledger(write, faults_of) -> None:
    held = Registry(1, {e.id: e for e in SOUND.entities}, {}, {}, {}, {})
    (kind,) = faults_of(write({"entities": [{"id": "petro-park", "kind": "enterprise", "name_cn": "石化园区", "region": "port"}]}), held)[:1]
    assert kind.column == "kind" and "names it as its park" in kind.en
    moved = [{"id": "inland", "kind": "region", "name_cn": "内陆区"}, {"id": "petro-park", "kind": "park", "name_cn": "石化园区", "region": "inland"}]
    assert {fault.column for fault in faults_of(write({"entities": moved}), held)} == {"region"}
    (second,) = faults_of(write({"entities": [{"id": "city2", "kind": "city", "name_cn": "另一市"}]}), held)
    assert "there is also city" in second.en


def fault_text(path: Path) -> str:
    with pytest.raises(RegistryFaults) as told:
        read(path)
    (fault,) = told.value.faults
    assert fault.zh and fault.en
    return fault.en


def test_what_cannot_be_read_says_so(tmp_path, rows, writers) -> None:
    assert "does not exist" in fault_text(tmp_path / "none.xlsx")
    for name in ("registry.xls", "registry.docx", "registry"):
        (tmp_path / name).write_bytes(b"x")
        assert "not supported" in fault_text(tmp_path / name)
    damaged = tmp_path / "damaged.xlsx"
    damaged.write_bytes(b"this is no workbook")
    assert "not a readable .xlsx" in fault_text(damaged)
    whole = writers["xlsx"](rows, tmp_path).read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    assert "not a readable .xlsx" in fault_text(damaged)
    with zipfile.ZipFile(damaged, "w") as archive:
        archive.writestr("hello.txt", "a zip, but no workbook")
    assert "not a readable .xlsx" in fault_text(damaged)
    (tmp_path / "empty").mkdir()
    assert "holds no .csv sheet" in fault_text(tmp_path / "empty")
    broken = tmp_path / "broken.toml"
    broken.write_text('[[points]]\nid = "a"\nunit = kWh\n')
    assert "line 3" in fault_text(broken)
    broken.write_bytes("名称".encode("gb18030"))
    assert "not UTF-8" in fault_text(broken)
    broken.write_text('[points]\nid = "a"\n')
    assert "double brackets" in read(broken).faults[0].en


def test_a_workbook_that_inflates_beyond_measure_is_refused(tmp_path, monkeypatch, rows, writers) -> None:
    monkeypatch.setattr("tricolor.adapters.registry_files.workbook.MAX_INFLATED_BYTES", 1_000)
    assert "inflates to" in fault_text(writers["xlsx"](rows, tmp_path))


def test_an_empty_file_is_a_fault_not_an_empty_import(tmp_path, faults_of, writers) -> None:
    (tmp_path / "empty.toml").write_text("# nothing\n")
    assert "no row at all" in faults_of(tmp_path / "empty.toml")[0].en
    assert "no row at all" in faults_of(writers["xlsx"]({"points": []}, tmp_path))[0].en


def test_broken_csv_names_sheet_and_line(tmp_path, rows, writers, faults_of) -> None:
    folder = writers["csv"](rows, tmp_path)
    with (folder / "contacts.csv").open("a") as file:
        file.write('late,fgw,"never closed\n')
    fault = next(fault for fault in faults_of(folder) if "not CSV" in fault.en)
    assert (fault.sheet, fault.row) == ("contacts", 4)
    (folder / "contacts.csv").write_bytes(b"id,of,name\n\x00\xff\xfe")
    assert any("neither UTF-8 nor GB 18030" in fault.en for fault in faults_of(folder))


def test_a_quoted_line_break_does_not_shift_the_row_numbers(tmp_path, rows, writers, faults_of) -> None:
    folder = writers["csv"](rows, tmp_path)
    (folder / "departments.csv").write_text('id,name_cn,name_en\nfgw,发改委,"two\nlines"\nBAD ID,x,y\n')
    told = [(fault.row, fault.column) for fault in faults_of(folder) if fault.sheet == "departments"]
    assert told == [(2, "name_en"), (4, "id")]  # the bad id stands on line 4 of the file


def test_a_single_sheet_in_one_csv_file_is_read(tmp_path, rows, writers, load) -> None:
    folder = writers["csv"](rows, tmp_path)
    held = Registry(1, {e.id: e for e in SOUND.entities}, {}, {}, {}, {})
    assert load(folder / "meters.csv", held) == RegistryFile(meters=SOUND.meters)


def test_a_value_outside_the_named_columns_is_not_dropped_in_silence(tmp_path, rows, writers, faults_of) -> None:
    path = writers["xlsx"](rows, tmp_path)
    book = load_workbook(path)
    book["departments"]["H2"] = "forgotten"
    book.save(path)
    (fault,) = faults_of(path)
    assert (fault.sheet, fault.row, fault.column) == ("departments", 2, "H")


def test_a_formula_that_was_never_calculated_is_not_a_blank(tmp_path, rows, writers, faults_of) -> None:
    rows["points"][0]["capacity"] = "=10^6"  # openpyxl writes a formula without a result
    (fault,) = faults_of(writers["xlsx"](rows, tmp_path))
    assert (fault.row, fault.column) == (2, "capacity") and "paste it as a value" in fault.en


def test_empty_and_marked_worksheets_are_left_out(tmp_path, rows, writers, load) -> None:
    path = writers["xlsx"](rows, tmp_path)
    book = load_workbook(path)
    book.create_sheet("Sheet9")
    book.create_sheet("#notes")["A1"] = "anything"
    book.save(path)
    assert load(path) == SOUND


def test_a_workbook_with_formatted_blank_rows_to_the_end_is_read_quickly(tmp_path, rows, load, writers) -> None:
    path = writers["xlsx"](rows, tmp_path)
    book = load_workbook(path)
    book["points"].row_dimensions[1_048_576].height = 20
    book["points"]["A1048576"].number_format = "@"
    book.save(path)
    assert load(path) == SOUND


def test_openpyxl_workbook_without_any_sheet_of_ours_is_told(tmp_path, faults_of) -> None:
    book = Workbook()
    book.active["A1"] = "id"
    book.save(tmp_path / "foreign.xlsx")
    (fault,) = faults_of(tmp_path / "foreign.xlsx")[:1]
    assert fault.sheet == "Sheet" and "not known" in fault.en


def test_a_gauge_counts_by_the_rate_of_what_its_carrier_is_summed_in(rows, write, load) -> None:
    rows["points"][0].update(unit="kW", kind="gauge", quantity="", capacity="")  # electricity: kW integrates to kWh
    rows["points"][2].update(role="purchased", carrier="raw_coal")  # coal: t/h integrates to t
    points = load(write(rows)).points
    assert [(point.quantity, point.plate.kind) for point in (points[0], points[2])] == [("power", PointKind.GAUGE), ("mass_flow", PointKind.GAUGE)]
