"""Real stacks and sewage with answers that an independent calculation gives (the data is not part of the project)."""

import csv
import gzip
from datetime import date, timedelta

import numpy as np
import pytest

from tests.emissions.conftest import DAY, HOUR, readings, registry
from tests.settle.test_real_data import need
from tricolor.analysis.emission_sums import hour_means, mass_cells
from tricolor.analysis.emissions import outlets_of, pollutant_days
from tricolor.catalogue.pollutants import emitted
from tricolor.domain.emissions import Permit
from tricolor.domain.intervals import Interval, Step, day, local_day, local_midnight, year

NOX = "gt.a21002.hour.zsavg"


@pytest.mark.parametrize(("number", "mean", "over"), [(2011, 67.5754, 94), (2012, 68.7890, 123)])
def test_the_gas_turbines_hours_over_100_mg_are_counted(number, mean, over):
    with gzip.open(need("gas_turbine_tr", f"gt_{number}.csv.gz"), "rt") as text:
        values = [float(row[-1]) for row in csv.reader(text)]
    held = registry([NOX])
    outlets = outlets_of(held, ["mill"], emitted())
    batch = readings(held, [(NOX, DAY + (n + 1) * HOUR, v) for n, v in enumerate(values)])
    end = DAY + len(values) * HOUR
    days = [local_day(DAY) + timedelta(days=n) for n in range((local_day(end) - local_day(DAY)).days + 1)]
    permit = Permit("mill", "gt", "a21002", 100.0, "mg/m3", None, "示例许可", date(2020, 1, 1))
    hours = hour_means(pollutant_days(outlets, days, batch), outlets[0], [permit], Interval(DAY, end), 45, end)
    assert len(hours) == len(values) and all(h.minutes == 60 for h in hours)
    assert np.mean([h.mean for h in hours]) == pytest.approx(mean, abs=5e-5)
    assert sum(h.is_over for h in hours) == over


def test_the_sewage_works_daily_mass_is_its_flow_times_its_load():
    names = ["ww.w00000.day.avg", "ww.w01018.day.avg", "ww.w21003.day.avg"]
    held = registry(names)
    rows, hand = [], {"w01018": 0.0, "w21003": 0.0}
    with need("wwtp_melbourne", "Data-Melbourne_F_fixed.csv").open() as text:
        for row in csv.DictReader(text):
            on = date(int(float(row["Year"])), int(float(row["Month"])), int(float(row["Day"])))
            if on.year != 2014:
                continue
            at, flow = local_midnight(on + timedelta(days=1)), float(row["Average Outflow"])  # m3/s
            cod, ammonia = float(row["Chemical Oxygen Demand"]), float(row["Ammonia"])
            rows += [(names[0], at, flow * 1000), (names[1], at, cod), (names[2], at, ammonia)]
            hand["w01018"] += flow * 86_400 * cod / 1000  # kg: m3 × g/m3 / 1000
            hand["w21003"] += flow * 86_400 * ammonia / 1000
    # 1 January by hand: 2.941 m3/s is 254,102.4 m3; × 730 g/m3 = 185,494.752 kg of COD, × 27 = 6,860.7648 kg of ammonia
    outlets = outlets_of(held, ["mill"], emitted())
    whole = year(2014)
    days = [date(2014, 1, 1) + timedelta(days=n) for n in range(365)]
    found = pollutant_days(outlets, days, readings(held, rows))
    first = {d.factor: d.mass_kg for d in found if d.day == "2014-01-01"}
    assert first == {"w01018": pytest.approx(185_494.752), "w21003": pytest.approx(6_860.7648)}
    total = {c.factor: c for c in mass_cells(found, outlets, whole, Step.TOTAL, whole.end)}
    present = len(rows) / 3
    for factor, mass in hand.items():
        assert total[factor].mass_kg == pytest.approx(mass, rel=1e-9)
        assert total[factor].coverage == pytest.approx(present / 365) and present < 365  # days that are missing stay missing
    months = [c for c in mass_cells(found, outlets, whole, Step.MONTH, whole.end) if c.factor == "w01018"]
    assert len(months) == 12 and sum(c.mass_kg for c in months) == pytest.approx(hand["w01018"], rel=1e-9)
    one = day(date(2014, 1, 1))
    hours = [c for c in mass_cells(found, outlets, one, Step.HOUR, one.end) if c.factor == "w01018"]
    assert sum(c.mass_kg for c in hours) == pytest.approx(185_494.752) and hours[0].estimated_kg == hours[0].mass_kg  # the split is not certain
