"""report_duties.csv of a plan pack: which statistics units have to submit, and by when."""

import re
from pathlib import Path

from tricolor.catalogue.plans.register import ReportDuty
from tricolor.catalogue.plans.sheets import SLUG, STATUSES
from tricolor.catalogue.tables import Faults, Row, read_sheet
from tricolor.domain.entities import EntityKind
from tricolor.domain.periods import period_of
from tricolor.domain.submissions import PeriodKind

FILE = "report_duties.csv"
COLUMNS = (
    "id", "name_cn", "name_en", "indicator", "every", "whom", "due_months", "due_day", "first", "source", "place", "status",
)  # fmt: skip
OPTIONAL = ("entities", "carries", "note")
WHOM = (*(str(kind) for kind in EntityKind), "key_user", "two_high")
MAX_MONTHS = 24
_NAME = re.compile(r"[a-z0-9][a-z0-9._:-]*")


def read_duties(folder: Path, pack_status: str, faults: Faults) -> tuple[ReportDuty, ...]:
    """One row a duty; a pack without the file has none."""
    if not (folder / FILE).is_file():
        return ()
    found: dict[str, ReportDuty] = {}
    for row in read_sheet(folder / FILE, COLUMNS, OPTIONAL, faults):
        duty = _duty(row, pack_status)
        if duty is None:
            continue
        if duty.id in found:
            row.fault("id", f"{duty.id!r} is there twice")
        found.setdefault(duty.id, duty)
    return tuple(found.values())


def _duty(row: Row, pack_status: str) -> ReportDuty | None:
    before = len(row.faults.found)
    row.require(*COLUMNS)
    if row["id"] and not SLUG.fullmatch(row["id"]):
        row.fault("id", f"{row['id']!r} is not a lower-case id, e.g. energy-report")
    if row["indicator"] and not _NAME.fullmatch(row["indicator"]):
        row.fault("indicator", f"{row['indicator']!r} is not the name of a statistic, e.g. annual_energy_tce")
    row.one_of("every", tuple(PeriodKind))
    whom = tuple(row["whom"].split())
    for word in whom:
        if word not in WHOM:
            row.fault("whom", f"{word!r} is not one of {', '.join(WHOM)}")
    months, day = _whole(row, "due_months", 0, MAX_MONTHS), _whole(row, "due_day", 1, 31)
    _check_first(row)
    if row.one_of("status", STATUSES) and pack_status == "illustrative" != row["status"]:
        row.fault("status", f"{row['status']!r} in an illustrative pack: every row is marked illustrative")
    if months is None or day is None or len(row.faults.found) > before:
        return None
    return ReportDuty(
        row["id"], row["name_cn"], row["name_en"], row["indicator"], row["every"], whom, tuple(row["entities"].split()), months, day, row["first"],
        row["source"], row["place"], row["status"], row["carries"], row["note"],
    )  # fmt: skip


def _whole(row: Row, column: str, least: int, most: int) -> int | None:
    text = row[column]
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        row.fault(column, f"{text!r} is not a whole number between {least} and {most}")
        return None
    return int(text)


def _check_first(row: Row) -> None:
    if not row["first"]:
        return
    try:
        kind = period_of(row["first"]).kind
    except ValueError as error:
        row.fault("first", str(error).rpartition(" · ")[2])
        return
    if row["every"] in tuple(PeriodKind) and kind != row["every"]:
        row.fault("first", f"{row['first']!r} is a {kind}, the duty is of every {row['every']}")
