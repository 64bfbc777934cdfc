"""A bulletin made by the command line, compared number by number with what the API says of the same month; and its files opened."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from openpyxl import load_workbook
from pdfminer.high_level import extract_text

from tricolor.domain.intervals import SHANGHAI

Get = Callable[[str], Any]


def last_month() -> str:
    return (datetime.now(SHANGHAI).replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def bulletin_by_command(folder: Path, http: str, key_file: Path, out: Path) -> dict[str, Any]:
    """`tricolor bulletin make` of last month, beside the Tricolor that holds the folder."""
    words = [
        "bulletin",
        "make",
        "--period",
        last_month(),
        "--data",
        str(folder),
        "--key-file",
        str(key_file),
        "--out",
        str(out),
        "--who",
        "示例甲",
        "--json",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "from tricolor_cli.main import main; main()", *words],
        env={**os.environ, "TRICOLOR_HTTP": http}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check_files(made: dict[str, Any], facts: dict[str, Any]) -> None:
    """Each opens with the reader of its kind and names every unit; the workbook holds the energy of each, in full."""
    files = {Path(name).suffix: Path(name).read_bytes() for name in made["files"]}
    assert set(files) == {".docx", ".pdf", ".xlsx"}
    document = docx.Document(BytesIO(files[".docx"]))
    written = "\n".join([p.text for p in document.paragraphs] + [c.text for t in document.tables for row in t.rows for c in row.cells])
    printed = "".join(extract_text(BytesIO(files[".pdf"])).split())
    book = load_workbook(BytesIO(files[".xlsx"]), read_only=True)
    cells = [value for sheet in book for row in sheet.iter_rows(values_only=True) for value in row]
    numbers = sorted(float(v) for v in cells if isinstance(v, int | float))
    assert "用能预警通报" in printed
    for unit in facts["units"]:
        assert unit["name"] in written and unit["name"] in printed and unit["name"] in cells, unit["name"]
        assert unit["tce"] is None or any(abs(n - unit["tce"]) <= 1e-6 * abs(n) for n in numbers), (unit["name"], unit["tce"])


def check_figures(get: Get, facts: dict[str, Any]) -> None:
    month = last_month()
    first, end = f"{month}-01", datetime.fromtimestamp(facts["ended_at"] / 1e6, SHANGHAI)
    span = f"from={first}&to={end:%Y-%m-%d}"
    _energy(get, facts, span)
    _lights(get, facts)
    _networks(get, facts, span, end)
    for line in facts["pollutants"]:
        row = next(r for r in get(f"/v1/entities/{line['id']}/emissions?{span}")["factors"] if r["factor"] == line["factor"])
        assert line["period_t"] * 1000 == pytest.approx(sum(cell["mass_kg"] for cell in row["cells"])), line["id"]
    before = [a for a in get("/v1/alerts?state=all&limit=1000")["alerts"] if datetime.fromisoformat(a["opened_at"]) < end]
    stood = [a for a in before if a["resolved_at"] is None or datetime.fromisoformat(a["resolved_at"]) >= end]
    assert facts["still_open"] == len(stood) and {a["id"] for a in facts["alerts"]} >= {a["id"] for a in stood}


def _energy(get: Get, facts: dict[str, Any], span: str) -> None:
    """Net energy of each unit: what it bought less what it sold, electricity by its equal value."""
    assert {u["id"] for u in facts["units"]} == {e["id"] for e in get("/v1/entities")["entities"]}
    for unit in (u for u in facts["units"] if u["tce"] is not None):
        tce = {"purchased": 0.0, "sold": 0.0}
        for series in get(f"/v1/entities/{unit['id']}/energy?{span}&step=total")["series"]:
            if series["role"] in tce:
                tce[series["role"]] += sum(cell["tce_equivalent"] for cell in series["cells"])
        assert unit["tce"] == pytest.approx(tce["purchased"] - tce["sold"], rel=1e-9, abs=1e-6), unit["id"]


def _lights(get: Get, facts: dict[str, Any]) -> None:
    """What the ledger said of a period is what GET /v1/lights?period=… says, light, reason and all."""
    said = [u for u in facts["units"] if u["basis"] == "ledger" and ".." in u["judged_period"]]
    assert {"red", "yellow", "green"} <= {u["light"] for u in said}
    for unit in said:
        rows = get(f"/v1/lights?limit=1000&entity={unit['id']}&period={unit['judged_period']}")["lights"]
        (row,) = (r for r in rows if (r["rule"], r["indicator"]) == (unit["rule"], unit["indicator"]))
        assert (row["light"], row["reason"]["zh"]) == (unit["light"], unit["reason"])
        if unit["rule"] == "pace":
            assert (row["value"], row["limit"]) == (pytest.approx(unit["reduction"] * 100), pytest.approx(unit["required"] * 100))


def _networks(get: Get, facts: dict[str, Any], span: str, end: datetime) -> None:
    assert facts["networks"]
    for line in facts["networks"]:
        answer = get(f"/v1/networks/{line['id']}/balance?{span}&step=total")
        (cell,) = answer["cells"] if not line["branch"] else next(b["cells"] for b in answer["branches"] if b["branch"] == line["branch"])
        for name in ("fed_in_gj", "delivered_gj", "loss_gj", "loss_rate"):
            assert line[name] == pytest.approx(cell[name]), (line["id"], line["branch"], name)
        if line["supply_c"] is not None:  # of the last hour
            hours = f"from={(end - timedelta(hours=1)).isoformat()}&to={end.isoformat()}&step=hour".replace("+", "%2B")
            last = get(f"/v1/networks/{line['id']}/balance?{hours}")["cells"][-1]
            assert line["supply_c"] == pytest.approx(last["supply_c"]) and line["return_c"] == pytest.approx(last["return_c"])
