"""What people of the city report and register, read from submissions.toml and measured against what the city's meters really count."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from simulators.dials import Devices
from simulators.script import CITY
from simulators.statistics import complete_months, consumption_tce, month_text
from tricolor.domain.intervals import local_day

BASIS = "equivalent"
NOTE = "示例数据，已核 · invented, checked"
QUARTER_MONTHS = 3
BASE_YEAR = "2025"  # of the plan that the demonstration is judged by, illustrative-2026-2030


class ReportRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """share: reported over metered energy; is_late: the newest month is not in."""

    entity: str
    share: float
    is_late: bool = False


class BudgetRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """share: of last year's energy."""

    entity: str
    share: float


class ProjectRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days count from the first start of the demonstration."""

    id: str
    entity: str
    name_cn: str
    name_en: str
    due_days: int
    expected_tce: float
    state: str
    commissioned_days: int | None = None
    verified_tce: float | None = None


class AuditRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    entity: str
    listed_days: int
    started_days: int | None = None
    reported_days: int | None = None
    assessed_days: int | None = None
    accepted_days: int | None = None

    @property
    def state(self) -> str:
        """The last step that has a day."""
        steps = {"accepted": self.accepted_days, "assessed": self.assessed_days, "reported": self.reported_days, "started": self.started_days}
        return next((name for name, day in steps.items() if day is not None), "listed")


class IndicatorRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """base: of the base year; now: of the newest quarter; text: a goal in words."""

    id: str
    entity: str
    base: float | None = None
    now: float | None = None
    text: str = ""


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """submissions.toml."""

    document: str
    reports: list[ReportRow]
    budgets: list[BudgetRow]
    growth: dict[str, float]
    projects: list[ProjectRow]
    audits: list[AuditRow]
    indicators: list[IndicatorRow]


@dataclass(frozen=True, slots=True)
class Reports:
    """Bodies of requests, ready to send. statistics, budgets: rows; projects, audits: id -> body."""

    statistics: Sequence[Mapping[str, Any]]
    budgets: Sequence[Mapping[str, Any]]
    projects: Mapping[str, Mapping[str, Any]]
    audits: Mapping[str, Mapping[str, Any]]


def load_rows(folder: Path = CITY) -> Rows:
    return msgspec.toml.decode((folder / "submissions.toml").read_bytes(), type=Rows)


def reports(devices: Devices, rows: Rows, started: int, now: int, units: Mapping[tuple[str, str], str], key_users: Sequence[str]) -> Reports:
    """Everything that is in at `now` [µs]. started [µs]: first start; units: (entity, statistic) -> unit that the service asks for; what it does not
    ask for is left out; key_users: who has to report."""
    months = [month_text(*m) for m in complete_months(devices.city, now)]
    found: list[dict[str, Any]] = []
    if months:
        found += _energy(devices, rows, months, key_users)
    found += _growth(rows, local_day(now).year)
    found += _indicators(rows, local_day(now))
    common = {"document": rows.document, "confirmed": True, "note": NOTE}
    asked = [{**row, "unit": units[row["entity"], row["indicator"]], **common} for row in found if (row["entity"], row["indicator"]) in units]
    first = local_day(started)
    return Reports(
        asked, _budgets(devices, rows, months),
        {row.id: _project(row, first, rows.document) for row in rows.projects}, {row.id: _audit(row, first, rows.document) for row in rows.audits},
    )  # fmt: skip


def _energy(devices: Devices, rows: Rows, months: Sequence[str], key_users: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Monthly reports of the running year and last year's total, of every key user."""
    said = {row.entity: row for row in rows.reports}
    year = months[-1][:4]
    for entity in key_users:
        metered = consumption_tce(devices, {entity}, len(months), BASIS)
        row = said.get(entity, ReportRow(entity, 1.0))
        before = [value for name, value in zip(months, metered, strict=True) if name[:4] == str(int(year) - 1)]
        if len(before) == 12 and sum(before) > 0:
            yield {"entity": entity, "indicator": "annual_energy_tce", "period": str(int(year) - 1), "value": round(float(sum(before)), 1)}
        for name, value in zip(months, metered, strict=True):
            if name[:4] == year and not (row.is_late and name == months[-1]):
                yield {"entity": entity, "indicator": "reported_energy_tce", "period": name, "value": round(float(value) * row.share, 1)}


def _growth(rows: Rows, year: int) -> Iterator[dict[str, Any]]:
    for entity, percent in rows.growth.items():
        yield {"entity": entity, "indicator": "gdp_growth_target", "period": str(year), "value": percent}


def _indicators(rows: Rows, today: date) -> Iterator[dict[str, Any]]:
    quarter = (today.month - 1) // QUARTER_MONTHS
    period = f"{today.year}-Q{quarter}" if quarter else f"{today.year - 1}-Q4"
    for row in rows.indicators:
        if row.base is not None:
            yield {"entity": row.entity, "indicator": row.id, "period": BASE_YEAR, "value": row.base}
        if row.now is not None:
            yield {"entity": row.entity, "indicator": row.id, "period": period, "value": row.now}
        if row.text:
            yield {"entity": row.entity, "indicator": row.id, "period": period, "text": row.text}


def _budgets(devices: Devices, rows: Rows, months: Sequence[str]) -> list[dict[str, Any]]:
    if not months:
        return []
    last_year = int(months[-1][:4]) - 1
    found: list[dict[str, Any]] = []
    for row in rows.budgets:
        metered = consumption_tce(devices, devices.city.inside(row.entity), len(months), BASIS)
        before = [value for name, value in zip(months, metered, strict=True) if name[:4] == str(last_year)]
        if len(before) == 12:
            found.append({"entity": row.entity, "year": last_year + 1, "tce": round(float(sum(before)) * row.share, -1), "document": rows.document})
    return found


def _project(row: ProjectRow, first: date, document: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "entity": row.entity, "name_cn": row.name_cn, "name_en": row.name_en, "due": (first + timedelta(days=row.due_days)).isoformat()[:7],
        "expected_tce": row.expected_tce, "state": row.state, "document": document, "by": "demo",
    }  # fmt: skip
    if row.commissioned_days is not None:
        body["commissioned"] = (first + timedelta(days=row.commissioned_days)).isoformat()
    if row.verified_tce is not None:
        body["verified_tce"] = row.verified_tce
    return body


def _audit(row: AuditRow, first: date, document: str) -> dict[str, Any]:
    steps = {
        "listed_on": row.listed_days, "started_on": row.started_days, "reported_on": row.reported_days, "assessed_on": row.assessed_days,
        "accepted_on": row.accepted_days,
    }  # fmt: skip
    days = {name: (first + timedelta(days=count)).isoformat() for name, count in steps.items() if count is not None}
    return {"entity": row.entity, "state": row.state, "document": document, "by": "demo", **days}
