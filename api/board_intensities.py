"""Energy and carbon intensities of a unit side by side: the year to date, last year's same months, the change, or why it is not known."""

from dataclasses import dataclass

from api.board_words import Words
from api.board_words_exclusions import OF, PER
from api.deps import Dependencies
from api.indicators import Asked, Sources, indicators
from tricolor.analysis.indicators import KIND_OF, Of, Per
from tricolor.analysis.intensity import activity_kind
from tricolor.domain.entities import EntityKind
from tricolor.domain.intervals import month_text
from tricolor.domain.lights import Light


@dataclass(frozen=True, slots=True)
class IntensityLine:
    """value [unit], of the net where has_exclusions; None: not known, with the reason. change, coverage: shares."""

    per: Per
    of: Of
    name: str
    value: float | None
    gross_value: float | None
    has_exclusions: bool
    last_year: float | None
    unit: str
    change: float | None
    coverage: float | None
    months: str
    reason: str
    not_known: Light = Light.GREY


def intensities_part(deps: Dependencies, sources: Sources, t: Words) -> tuple[IntensityLine, ...]:
    """The intensity that the unit's kind is judged by, and every other one that it has figures for; each for energy and for CO2."""
    if sources.entity.kind is EntityKind.NETWORK:
        return ()
    reported = {f.kind for f in sources.figures if f.entity == sources.entity.id}
    main = Per(activity_kind(sources.entity.kind).value)
    month = month_text(deps.clock())
    chosen = [per for per in Per if per is main or KIND_OF[per] in reported]
    chosen.sort(key=lambda per: per is not main)
    return tuple(_line(deps, sources, per, of, month, t) for per in chosen for of in Of)


def _line(deps: Dependencies, sources: Sources, per: Per, of: Of, month: str, t: Words) -> IntensityLine:
    found = indicators(deps, sources, Asked(per, of, "", [month]))
    row, missing = found.year_to_date, found.year_to_date.why_not
    if not row.months and found.not_reported:
        missing = found.not_reported[0]
    name = t(f"{t.pair(PER, per)}{t.pair(OF, of)}", f"{t.pair(OF, of)} {t.pair(PER, per)}")
    period = "" if not row.months else row.months[0] if len(row.months) == 1 else f"{row.months[0]} {t('至', 'to')} {row.months[-1]}"
    return IntensityLine(
        per, of, name, row.value, row.gross_value, row.excluded > 0, row.last_year, t.unit(found.unit), row.change, row.coverage, period,
        "" if missing is None else t(missing.reason_zh, missing.reason_en),
    )  # fmt: skip
