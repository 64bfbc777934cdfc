"""The city stands alone: no code of the decoders, no real names, and the numbers of the plan pack it is shown with."""

import ast
import csv
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

import simulators
from simulators.script import CITY, City, load_city
from tricolor.adapters.registry_files import load_registry_file
from tricolor.catalogue.benchmarks import all_benchmarks
from tricolor.catalogue.factors import carriers
from tricolor.catalogue.plans import load_plan

ALLOWED = {"tricolor.domain.intervals", "tricolor.domain.units"}
PLAN = "illustrative-2026-2030"


def test_simulators_import_nothing_of_tricolor_but_time_and_units() -> None:
    files = sorted(Path(simulators.__file__).parent.rglob("*.py"))
    assert len(files) > 15
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith(("tricolor", "api", "ingest_service", "accounting", "alerting")) or name in ALLOWED, f"{file.name}: {name}"


def test_the_registry_file_is_accepted_whole() -> None:
    file = load_registry_file(CITY / "registry.toml", carriers(), None, {row.product for row in all_benchmarks()})
    kinds = [entity.kind.value for entity in file.entities]
    assert kinds.count("region") == 5 and kinds.count("enterprise") >= 12 and kinds.count("network") == 1 and kinds.count("city") == 1
    assert len(file.points) >= 35
    assert {c.phone for c in file.contacts} == {f"000-0000-{k:04d}" for k in range(1, len(file.contacts) + 1)}  # nobody's numbers


def test_the_areas_and_departments_are_the_plan_packs() -> None:
    plan = load_plan(PLAN)
    rows = tomllib.loads((CITY / "registry.toml").read_text(encoding="utf-8"))
    entities = {row["id"]: row["name_cn"] for row in rows["entities"]}
    for target in plan.targets:
        assert target.entity in entities
    known = {department.id: department.name_cn for department in plan.departments}
    mine = {row["id"]: row["name_cn"] for row in rows["departments"]}
    assert mine.items() <= known.items()
    assert {r.department for r in plan.responsibilities} <= set(mine)  # whoever must be called is there, with a contact
    assert set(mine) <= {row["of"] for row in rows["contacts"]}


def test_the_scripts_factors_are_the_ones_the_plan_pack_chooses(city: City) -> None:
    per = {"kWh": 1, "t": 1000, "m3": 1, "GJ": 1000}  # of the catalogue's kWh, kg, m3, MJ
    table = {"electricity": "电力(当量值)", "raw_coal": "原煤", "coke": "焦炭(干全焦)", "natural_gas": "天然气", "heat": "热力(当量值)"}
    catalogue = Path(__file__).parents[2] / "tricolor" / "catalogue"
    rows = {row["energy_cn"]: row for row in csv.DictReader((catalogue / "data" / "gbt2589.csv").open(encoding="utf-8"))}
    choices = list(csv.DictReader((catalogue / "plans" / PLAN / "factor_choices.csv").open(encoding="utf-8")))
    for carrier, mine in city.script.factors.items():
        calorific = float(rows[table[carrier]]["coef"].split("~")[-1]) * per[mine.unit]
        chosen = [float(c["value"]) for c in choices if c["carrier"] == carrier and c["kind"] == "equivalent"]
        assert mine.calorific == pytest.approx(calorific, rel=1e-9), carrier
        assert mine.equivalent == pytest.approx(chosen[0] if chosen else calorific, rel=1e-9), carrier


def test_script_and_registry_must_agree_on_the_points(tmp_path: Path) -> None:
    (tmp_path / "registry.toml").write_bytes((CITY / "registry.toml").read_bytes())
    text = (CITY / "script.toml").read_text(encoding="utf-8")
    (tmp_path / "script.toml").write_text(text.replace('point = "qzg-paper.elec"', 'point = "qzg-paper.watts"'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"disagree on the points qzg-paper\.elec, qzg-paper\.watts"):
        load_city(tmp_path)


def test_a_mistyped_word_of_the_script_is_named(tmp_path: Path) -> None:
    (tmp_path / "registry.toml").write_bytes((CITY / "registry.toml").read_bytes())
    text = (CITY / "script.toml").read_text(encoding="utf-8")
    (tmp_path / "script.toml").write_text(re.sub("growth", "groth", text, count=0), encoding="utf-8")
    with pytest.raises(msgspec.ValidationError, match="groth"):
        load_city(tmp_path)
