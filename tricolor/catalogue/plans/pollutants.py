"""pollutant_targets.csv of a plan pack: tonnes of pollutants that key projects have to bring down."""

from pathlib import Path

from tricolor.catalogue.plans.model import PollutantTarget
from tricolor.catalogue.plans.sheets import SLUG, STATUSES, number
from tricolor.catalogue.pollutants import all_pollutants
from tricolor.catalogue.tables import Faults, Row, read_sheet

COLUMNS = ("entity", "pollutant", "name_cn", "name_en", "factors", "reduction_t", "base_year", "target_year", "source", "place", "status")


def read_pollutant_targets(folder: Path, base_year: int, last_year: int, pack_status: str, faults: Faults) -> tuple[PollutantTarget, ...]:
    """One row an area and pollutant; a pack without the file has none."""
    if not (folder / "pollutant_targets.csv").is_file():
        return ()
    found: dict[tuple[str, str], PollutantTarget] = {}
    for row in read_sheet(folder / "pollutant_targets.csv", COLUMNS, ("carries",), faults):
        target = _target(row, base_year, last_year, pack_status)
        if target is None:
            continue
        if (target.entity, target.pollutant) in found:
            row.fault("pollutant", f"{target.entity} {target.pollutant} is there twice")
        found.setdefault((target.entity, target.pollutant), target)
    return tuple(found.values())


def _target(row: Row, base_year: int, last_year: int, pack_status: str) -> PollutantTarget | None:
    before = len(row.faults.found)
    row.require(*COLUMNS)
    for column in ("entity", "pollutant"):
        if row[column] and not SLUG.fullmatch(row[column]):
            row.fault(column, f"{row[column]!r} is not a lower-case id, e.g. nox")
    factors = tuple(row["factors"].split())
    for code in factors:
        if code not in all_pollutants():
            row.fault("factors", f"{code!r} is not a factor of pollutants.csv")
    for column, expected in (("base_year", base_year), ("target_year", last_year)):
        if row[column] and row[column] != str(expected):
            row.fault(column, f"{row[column]!r} is not the plan's {expected}")
    if row.one_of("status", STATUSES) and pack_status == "illustrative" != row["status"]:
        row.fault("status", f"{row['status']!r} in an illustrative pack: every row is marked illustrative")
    if row["status"] == "illustrative" and not row["carries"]:
        row.fault("carries", "is empty: an illustrative row names the official row it carries, plan:entity:pollutant")
    tonnes = number(row, "reduction_t")
    if tonnes is not None and tonnes <= 0:
        row.fault("reduction_t", f"{row['reduction_t']} t is not more than 0")
    if tonnes is None or len(row.faults.found) > before:
        return None
    return PollutantTarget(
        row["entity"], row["pollutant"], row["name_cn"], row["name_en"], factors, float(tonnes), base_year, last_year, row["source"], row["place"],
        row["status"], row["carries"],
    )  # fmt: skip
