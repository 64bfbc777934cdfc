"""Backtest of the forecast and the nowcast on the real months of China (see ../shared/data): python bench/forecast.py [folder of the data]."""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from tricolor.analysis.forecast_backtest import SCORED, choose, inside_band, roll
from tricolor.analysis.forecast_methods import NAIVE
from tricolor.analysis.forecast_nowcast import nowcast
from tricolor.analysis.forecast_series import Series, series_of
from tricolor.catalogue.holidays import spring_festivals

YEARS = range(2019, 2024)


@dataclass(frozen=True, slots=True)
class Outcome:
    """ratio: mean absolute error against seasonal naive's; coverage: share of months inside the 80 % band; june: year -> error of the year's total
    seen from June, a share; chosen: method -> how often; by_method: its ratio had it been chosen throughout."""

    ratio: float
    mape: float
    naive_mape: float
    coverage: float
    june: dict[int, float]
    chosen: dict[str, int]
    by_method: dict[str, float]
    seconds: float


def demand(data: Path) -> dict[str, float]:
    with (data / "cn_power_monthly_ember" / "ember_cn_power_monthly.csv").open(encoding="utf-8") as file:
        return {f"{row['period'][:4]}-{row['period'][4:]}": float(row["demand_twh"]) for row in csv.DictReader(file)}


def power(data: Path) -> Outcome:
    began = perf_counter()
    series = series_of(demand(data), spring_festivals())
    assert isinstance(series, Series), series
    rolled = roll(series, 6)
    seconds = perf_counter() - began
    error = base = 0.0
    relative: list[float] = []
    naive: list[float] = []
    inside: list[bool] = []
    june, chosen = {}, {}
    methods: dict[str, float] = {}
    months = [series.grid.months(series.first + n)[0] for n in range(len(series.values))]
    for origin in (n for n, month in enumerate(months) if int(month[:4]) in YEARS):
        pick = choose(rolled, origin).method
        steps = min(SCORED, len(series.values) - origin)
        actual, said = series.values[origin : origin + steps], rolled.said[origin]
        error, base = error + float(np.abs(said[pick][:steps] - actual).sum()), base + float(np.abs(said[NAIVE][:steps] - actual).sum())
        relative += (np.abs(said[pick][:steps] - actual) / actual).tolist()
        naive += (np.abs(said[NAIVE][:steps] - actual) / actual).tolist()
        inside += inside_band(rolled, pick, origin)
        chosen[pick] = chosen.get(pick, 0) + 1
        for name, values in said.items():
            methods[name] = methods.get(name, 0.0) + float(np.abs(values[:steps] - actual).sum())
        month = series.grid.months(series.first + origin - 1)[-1]
        if month.endswith("-06"):
            year = int(month[:4])
            whole = float(series.values[origin - 6 : origin + 6].sum())
            june[year] = float(said[pick][:6].sum() - actual.sum()) / whole
    ratios = {n: v / base for n, v in sorted(methods.items(), key=lambda item: item[1])}
    return Outcome(error / base, float(np.mean(relative)), float(np.mean(naive)), sum(inside) / len(inside), june, chosen, ratios, seconds)


@dataclass(frozen=True, slots=True)
class GrowthOutcome:
    """Nowcast of industrial value added: mean absolute error [percentage points], naive: of the last published growth; coverage of the 80 % band."""

    error: float
    naive: float
    coverage: float
    periods: int


def value_added_growth(data: Path) -> dict[str, float]:
    """Period -> growth of industrial value added, a share: months, and January and February as one (the cumulated growth of February)."""
    single, cumulated = {}, {}
    with (data / "cn_nowcast_monthly" / "cn_iva_pmi_ppi_monthly.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["dataset"] == "industrial_value_added" and row["date"] < "2024":
                (cumulated if row["series"].startswith("累计") else single)[row["date"][:7]] = float(row["value"])
    months = {m: g for m, g in single.items() if m[5:] not in ("01", "02")}
    return dict(sorted({**months, **{f"{m[:4]}-02": g for m, g in cumulated.items() if m[5:] == "02"}}.items()))


def growth(data: Path) -> GrowthOutcome:
    """Every period from 2019 on, seen when its electricity is known and its value added is not."""
    by_month = demand(data)
    published = value_added_growth(data)
    periods = [p for p in published if all(m in by_month for m in (*_months(p), *_year_before(p)))]
    reported = [published[p] for p in periods]
    electric = [sum(by_month[m] for m in _months(p)) / sum(by_month[m] for m in _year_before(p)) - 1 for p in periods]
    errors, naive, inside = [], [], []
    for n, period in enumerate(periods):
        found = nowcast(reported[:n], electric[: n + 1]) if period >= "2019" else None
        if found is not None:
            errors.append(abs(found.growth - reported[n]))
            naive.append(abs(reported[n - 1] - reported[n]))
            if found.low is not None and found.high is not None:
                inside.append(found.low <= reported[n] <= found.high)
    return GrowthOutcome(float(np.mean(errors)) * 100, float(np.mean(naive)) * 100, sum(inside) / len(inside), len(errors))


def _months(period: str) -> list[str]:
    return [f"{period[:4]}-01", period] if period.endswith("-02") else [period]


def _year_before(period: str) -> list[str]:
    return [f"{int(m[:4]) - 1}{m[4:]}" for m in _months(period)]


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "shared" / "data"
    found = power(data)
    print(
        f"1-6 months ahead, {YEARS[0]}-{YEARS[-1]}: error {found.mape:.2%}, seasonal naive {found.naive_mape:.2%},"
        f" ratio {found.ratio:.3f} (bound 0.85)"
    )
    print(f"80 % band holds {found.coverage:.1%} (bound 70-90 %)")
    print("year's total seen from June: " + ", ".join(f"{y} {e:+.2%}" for y, e in found.june.items()) + " (bound 2.5 %)")
    print("chosen: " + ", ".join(f"{n} {k}" for n, k in found.chosen.items()))
    print("ratio of each throughout: " + ", ".join(f"{n} {r:.3f}" for n, r in found.by_method.items()))
    print(f"{found.seconds:.1f} s for the series")
    late = growth(data)
    print(
        f"nowcast of industrial value added from electricity, {late.periods} periods: error {late.error:.2f} points, last published growth"
        f" {late.naive:.2f}, ratio {late.error / late.naive:.3f}; 80 % band holds {late.coverage:.1%}"
    )


if __name__ == "__main__":
    main()
