"""The limits of data quality: rows of data/quality.csv, each with its source and status (own rules, unverified)."""

from functools import cache

from tricolor.catalogue.tables import shipped_rows
from tricolor.domain.quality import QualityLimits


@cache
def quality_limits() -> QualityLimits:
    """The limits in force; KeyError or TypeError when the file lacks one."""
    return QualityLimits(**{row["limit"]: float(row["value"]) for row in shipped_rows("quality.csv")})
