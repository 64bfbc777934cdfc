"""Forecasts on the wallboard: the part on the page of a unit, and the page with all of them and a backtest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from api.board_access import preferences
from api.board_charts import Band, Chart, Line, Slot, banded
from api.board_desk import Desk, Shown
from api.board_facts import Snapshot, entity_name
from api.board_words import Words, number
from api.board_words_forecast import INDICATORS, METHODS, QUANTITIES
from api.deps import Dependencies
from api.forecast_backtests import backtest
from tricolor.analysis.forecast_report import BacktestReport
from tricolor.analysis.intensity import MonthActivity, activity_kind
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.errors import NotFound
from tricolor.domain.forecasts import Forecast, needed_words
from tricolor.domain.lights import Light

LINES = 500


@dataclass(frozen=True, slots=True)
class Aimed:
    """One target at the year's end. chances, plan_chances: (light, share), the worst light first; needed: in words."""

    name: str
    forecast: Forecast
    chances: tuple[tuple[Light, float], ...]
    plan_chances: tuple[tuple[Light, float], ...]
    needed: str


@dataclass(frozen=True, slots=True)
class ForecastPart:
    """energy, intensity: charts (None: nothing to draw); aims: by target; rows: every forecast of the unit; whys: why some are not there."""

    year: int
    energy: Markup | None
    intensity: Markup | None
    total: Forecast | None
    aims: tuple[Aimed, ...]
    rows: tuple[tuple[str, Forecast, str], ...]
    whys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForecastsPage:
    """units: to choose from; chosen: the unit whose backtest is shown, "" for none; lines: (unit id, name, forecast, needed in words, chances)."""

    units: tuple[tuple[str, str], ...]
    chosen: str
    chosen_name: str
    quantities: tuple[tuple[str, str], ...]
    quantity: str
    report: BacktestReport | None
    methods: Mapping[str, str]
    lines: tuple[tuple[str, str, Forecast, str, tuple[tuple[Light, float], ...]], ...]
    total: int


def forecast_part(
    deps: Dependencies, entity: str, energy: Mapping[str, MonthEnergy], activity: Mapping[str, MonthActivity], t: Words
) -> ForecastPart | None:  # fmt: skip
    """None before the unit was forecast once. energy, activity: of the unit by month, this year and last."""
    found = deps.forecasts.current([entity]) if deps.forecasts is not None else []
    if not found:
        return None
    total = next((f for f in found if f.quantity == "energy"), None)
    aims = tuple(_aimed(f, t) for f in found if f.indicator and f.is_known)
    known = {m: e.tce_equivalent for m, e in energy.items() if e.is_complete and e.tce_equivalent is not None}
    return ForecastPart(
        year=found[0].year,
        energy=_energy_chart(total, known, t) if total is not None and total.is_known and total.months else None,
        intensity=_intensity_chart([f for f in found if f.quantity == "intensity" and f.is_known], known, activity, t),
        total=total,
        aims=aims,
        rows=tuple((t.pair(QUANTITIES, f.quantity), f, _methods(f, t)) for f in found if f.is_known and not f.indicator),
        whys=tuple(dict.fromkeys(_why(f, t) for f in found if not f.is_known)),
    )


def _why(f: Forecast, t: Words) -> str:
    return t(f"{t.pair(QUANTITIES, f.quantity)}：{f.why_not_zh}", f"{t.pair(QUANTITIES, f.quantity)}: {f.why_not_en}")


def _methods(f: Forecast, t: Words) -> str:
    return " / ".join(t.pair(METHODS, name) for name in f.method.split(" / "))


def _aimed(f: Forecast, t: Words) -> Aimed:
    return Aimed(t.pair(INDICATORS, f.indicator), f, _chances(f.lights), _chances(f.plan_lights), t(*needed_words(f.needed)))


def _chances(lights: Mapping[str, float]) -> tuple[tuple[Light, float], ...]:
    return tuple((light, lights[light]) for light in Light if lights.get(light, 0.0) > 0)


def _energy_chart(f: Forecast, known: Mapping[str, float], t: Words) -> Markup:
    months = _year(f.year)
    before = [known.get(m) for m in _year(f.year - 1)]
    low, mean, high = _forecast_values(f, months)
    lines = (
        Line(t("去年", "last year"), before, "last-year"),
        Line(t("今年", "this year"), [known.get(m) for m in months], "data"),
        Line(t("预测", "forecast"), mean, "forecast"),
    )
    desc = t(f"{f.year}年逐月能耗、80%预测区间与去年同月", f"energy of {f.year} by month, the 80 % band of the forecast, and last year")
    chart = Chart(t("能耗预测", "Energy forecast"), desc, "tce", _slots(f, months, t), lines)
    return banded(chart, Band(low, high), from_zero=True)


def _intensity_chart(
    aims: Sequence[Forecast], known: Mapping[str, float], activity: Mapping[str, MonthActivity], t: Words
) -> Markup | None:  # fmt: skip
    """The targets follow last year's months, all brought down by what the year as a whole has to bring."""
    if not aims:
        return None
    year = aims[0].year
    months, before = _year(year), _year(year - 1)
    last = [_ratio(known, activity, m) for m in before]
    if any(v is None for v in last):
        return None
    whole = sum(known[m] for m in before) / sum(activity[m].value_cny_10k for m in before)
    low, mean, high = _forecast_values(aims[0], months)
    lines = [Line(t("去年", "last year"), last, "last-year")]
    for f in aims:
        if f.year_limit is not None:
            values = [v * f.year_limit / whole if v is not None else None for v in last]
            lines.append(Line(t.pair(INDICATORS, f.indicator), values, "basic" if f.indicator == "basic" else "incentive"))
    lines.append(Line(t("今年", "this year"), [_ratio(known, activity, m) for m in months], "data"))
    lines.append(Line(t("预测", "forecast"), mean, "forecast"))
    desc = t(f"{year}年逐月强度、预测区间与两条目标", f"intensity of {year} by month with the forecast's band and both targets")
    chart = Chart(t("强度预测", "Intensity forecast"), desc, t.unit("tce/1e4CNY"), _slots(aims[0], months, t), tuple(lines))
    return banded(chart, Band(low, high), from_zero=False)


def _ratio(known: Mapping[str, float], activity: Mapping[str, MonthActivity], month: str) -> float | None:
    made = activity.get(month)
    return known[month] / made.value_cny_10k if month in known and made is not None and made.value_cny_10k > 0 else None


def _year(year: int) -> list[str]:
    return [f"{year}-{m:02d}" for m in range(1, 13)]


def _forecast_values(f: Forecast, months: Sequence[str]) -> tuple[list[float | None], list[float | None], list[float | None]]:
    held = {m.month: m for m in f.months}
    return (
        [held[m].low if m in held else None for m in months],
        [held[m].mean if m in held else None for m in months],
        [held[m].high if m in held else None for m in months],
    )


def _slots(f: Forecast, months: Sequence[str], t: Words) -> list[Slot]:
    held = {m.month: m for m in f.months}
    found = []
    for m in months:
        row = held.get(m)
        tip = "" if row is None else f"{m} {t('预测', 'forecast')} {number(row.mean)} ({number(row.low)} – {number(row.high)}) {t.unit(f.unit)}"
        found.append(Slot(t(f"{int(m[5:])}月", m[5:]), None, tip=tip))
    return found


def forecasts_shown(desk: Desk, request: Request, entity: str, quantity: str) -> Response:
    """All forecasts of intensities that the reader may see, and the backtest of the unit that was chosen."""
    snapshot, t = desk.snapshot(request), preferences(request).t
    if entity and entity not in snapshot.view:
        raise NotFound(f"entity {entity}")
    found = desk.deps.forecasts.current([e.id for e in snapshot.view.entities()]) if desk.deps.forecasts is not None else []
    shown = _ordered(snapshot, [f for f in found if f.indicator or not f.is_known or f.quantity == "energy"])
    names = {f.entity: entity_name(snapshot.registry, f.entity, t) for f in found}
    kinds = ("energy", "co2", str(activity_kind(snapshot.registry.entities[entity].kind))) if entity else ()
    chosen = quantity if quantity in kinds else "energy"
    view = ForecastsPage(
        units=tuple((e.id, names[e.id]) for e in snapshot.view.entities() if e.id in names),
        chosen=entity,
        chosen_name=entity_name(snapshot.registry, entity, t) if entity else "",
        quantities=tuple((k, t.pair(QUANTITIES, k)) for k in kinds),
        quantity=chosen,
        report=backtest(desk.deps, snapshot.registry, entity, chosen) if entity else None,
        methods={name: t(*both) for name, both in METHODS.items()},
        lines=tuple((f.entity, names[f.entity], f, t(*needed_words(f.needed)), _chances(f.lights)) for f in shown[:LINES]),
        total=len(shown),
    )
    return desk.page(request, snapshot, Shown("forecast.html", "forecast", t("预测", "Forecasts"), view))


def _ordered(snapshot: Snapshot, found: Sequence[Forecast]) -> list[Forecast]:
    places = snapshot.registry.entities
    return sorted(found, key=lambda f: (places[f.entity].order, f.entity, f.quantity, f.indicator))


def add_forecast_page(router: APIRouter, desk: Desk) -> None:
    @router.get("/forecast")
    def shown(request: Request, entity: str = "", quantity: str = "energy") -> Response:
        return forecasts_shown(desk, request, entity[:128], quantity)
