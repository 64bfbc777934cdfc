"""What an emission station measures and says: real-time values and hourly means and masses, as packets of HJ 212."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simulators.calendar import ORIGIN_US
from simulators.dials import Devices
from simulators.hj212 import packet, real_time, segment, stamp
from simulators.noise import Floats, Ints, stream, uniform, wave
from simulators.script import FactorOfStation, StationRow
from tricolor.domain.intervals import CELL_US, HOUR_US, MINUTE_US, from_us

AIR_OXYGEN = 21.0  # % by volume, as the conversion to reference oxygen takes it
MASS = {"31": 1e-6, "32": 1e-3}  # kg of 1 m3 at 1 mg/m3 (flue gas) and at 1 mg/L (waste water)
VOLUME_A_S = {"31": 1.0, "32": 1000.0}  # a flow is said in m3/s and in L/s


@dataclass(frozen=True, slots=True)
class Said:
    """One packet. until [µs]: the hour that ends there, or the instant of real-time values; readings: how many it carries."""

    qn: str
    raw: bytes
    until: int
    readings: int


class Outlet:
    """One station: its numbers are functions of the instant, the same whoever asks."""

    def __init__(self, devices: Devices, row: StationRow, pw: str = "000000") -> None:
        self.row, self._devices, self._pw = row, devices, pw
        self._seed = devices.city.script.seed
        self._fields = {p.split(".", 1)[1] for p in devices.city.points if p.startswith(f"{row.mn}.")}

    @property
    def key(self) -> str:
        """Of the state: how far this station has come."""
        return f"hj212/{self.row.mn}"

    @property
    def topic(self) -> str:
        return f"tricolor/v1/{self.row.entity}/{self.row.gateway}/hj212"

    @property
    def hourly(self) -> list[str]:
        """Ids of the points of an hour."""
        return [f"{self.row.mn}.{name}" for name in sorted(self._fields) if ".hour." in name]

    def now(self, at: int) -> Said:
        """The 2011 report of an instant [µs]."""
        return next(self._reports(np.array([at], dtype=np.int64)))

    def minutes(self, after: int, until: int) -> Iterator[Said]:
        """The 2011 reports of the whole minutes in (after, until]."""
        yield from self._reports(np.arange(after // MINUTE_US * MINUTE_US + MINUTE_US, until + 1, MINUTE_US, dtype=np.int64))

    def _reports(self, at: Ints) -> Iterator[Said]:
        if not len(at):
            return
        self._devices.reach(int(at[-1]))
        columns = {f.code: self._real_time(f, at // MINUTE_US) for f in self.row.factors if f"{f.code}.rtd" in self._fields}
        for k, moment in enumerate(at.tolist()):
            values = {code: float(column[k]) for code, column in columns.items()}
            yield self._said("2011", moment, real_time(from_us(moment), values), moment, len(values))

    def hours(self, after: int, until: int) -> Iterator[Said]:
        """The 2061 reports of the whole hours that end in (after, until]."""
        ends = np.arange(after // HOUR_US * HOUR_US + HOUR_US, until + 1, HOUR_US, dtype=np.int64)
        if not len(ends):
            return
        self._devices.reach(until)
        columns = self._columns(ends)
        for k, end in enumerate(ends.tolist()):
            parts = [f"DataTime={stamp(from_us(end - HOUR_US))}"]
            for code, fields in columns.items():
                parts.append(",".join([*(f"{code}-{name}={value[k]:.3f}" for name, value in fields.items()), f"{code}-Flag=N"]))
            yield self._said("2061", end, ";".join(parts), end, sum(map(len, columns.values())))

    def _columns(self, ends: Ints) -> dict[str, dict[str, Floats]]:
        """Fields of each factor by hour."""
        minutes = (ends[:, None] // MINUTE_US - 60 + np.arange(60)).reshape(-1)
        mean = {f.code: self._real_time(f, minutes).reshape(-1, 60).mean(axis=1) for f in self.row.factors}
        flow = next((self._volume(f, ends - HOUR_US, 4) for f in self.row.factors if f.follows), np.zeros(len(ends)))
        found: dict[str, dict[str, Floats]] = {}
        for factor in self.row.factors:
            all_fields = {"Avg": mean[factor.code], "Cou": flow if factor.follows else mean[factor.code] * flow * MASS[self.row.st]}
            if self.row.oxygen_ref is not None and "a19001" in mean:
                all_fields["ZsAvg"] = mean[factor.code] * (AIR_OXYGEN - self.row.oxygen_ref) / (AIR_OXYGEN - mean["a19001"])
            fields = {name: value for name, value in all_fields.items() if f"{factor.code}.hour.{name.lower()}" in self._fields}
            if fields:
                found[factor.code] = fields
        return found

    def _real_time(self, factor: FactorOfStation, minute: Ints) -> Floats:
        if factor.follows:
            dial = self._devices.dials[factor.follows]
            volume = dial.energy[(minute * MINUTE_US - ORIGIN_US) // CELL_US] * dial.tick * factor.per_unit
            return volume / 900.0 * VOLUME_A_S[self.row.st] * (1.0 + 0.01 * (2 * uniform(self._stream(factor), minute) - 1))
        number = self._stream(factor)
        moved = 0.55 * wave(number, minute, 1440) + 0.35 * wave(number, minute, 90) + 0.1 * (2 * uniform(number, minute) - 1)
        is_peak = uniform(number + 7, minute // 60) < factor.peaks
        return (factor.mean + factor.swing * moved) * np.where(is_peak, 2.0, 1.0)

    def _volume(self, factor: FactorOfStation, begins: Ints, quarters: int) -> Floats:
        """m3 over the quarters from each instant on."""
        first = (begins - ORIGIN_US) // CELL_US
        total = np.concatenate(([0.0], np.cumsum(self._devices.dials[factor.follows].amounts())))
        out: Floats = (total[first + quarters] - total[first]) * factor.per_unit
        return out

    def _stream(self, factor: FactorOfStation) -> int:
        return stream(self._seed, f"{self.row.mn} {factor.code}")

    def _said(self, cn: str, at: int, cp: str, until: int, readings: int) -> Said:
        qn = f"{stamp(from_us(at))}{cn[-3:]}"
        return Said(qn, packet(segment(self.row.mn.upper(), self._pw, cn, qn, cp, st=self.row.st)), until, readings)


def outlets(devices: Devices, keys: Mapping[str, str]) -> list[Outlet]:
    """The stations of the city; keys: PW by MN, of those that are let in over TCP."""
    return [Outlet(devices, row, keys.get(row.mn, "000000")) for row in devices.city.script.stations]
