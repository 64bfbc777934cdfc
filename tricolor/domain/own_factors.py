"""Factors that people set: measured heating values and overrides, for a point, a unit or everyone, and the book with them in it.

Order of preference: the point's own, the unit's own, what was set for everyone, then the plan pack and the tables. At the same level a measured
heating value comes before a number set outright, except for CO2, where the number set is the more direct of the two (GB/T 2589-2020 §4: measured
heating value before table value).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from tricolor.domain.errors import Problems
from tricolor.domain.factors import Carrier, Factor, FactorBook, FactorKind, FuelParts
from tricolor.domain.units import UNITS, conversion, dimension

KGCE_MJ = 29.3076  # 7 000 kcal
OWN = "own"  # how the ids of people's factors begin
TOO_FAR = 3.0  # a value that differs from the one in force by more than this many times is a slip of the unit or of the pen
MAX_TEXT = 400


class SettingKind(StrEnum):
    """What a person states of a carrier."""

    MEASURED = "measured"  # heating value: from it follow both coal values and, for fuels, CO2
    CALORIFIC = "calorific"
    EQUIVALENT = "equivalent"
    CO2 = "co2"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants to set. entity "" is everyone; point "" is the whole unit; valid on [valid_from, valid_to), None: until further notice.

    value [unit]: MJ/kg, GJ/t, kcal/m3 … of a heating value; kgce/kWh, tce/t … of a coal value; kgCO2/kWh, tCO2/t … of CO2.
    """

    entity: str
    point: str
    carrier: str
    kind: SettingKind
    value: float
    unit: str
    valid_from: date
    valid_to: date | None
    document: str

    def overlaps(self, other: "Proposal") -> bool:
        """Whether both speak of the same thing for some day."""
        is_same = (self.entity, self.point, self.carrier, self.kind) == (other.entity, other.point, other.carrier, other.kind)
        before = self.valid_to is not None and self.valid_to <= other.valid_from
        after = other.valid_to is not None and other.valid_to <= self.valid_from
        return is_same and not before and not after


@dataclass(frozen=True, slots=True)
class Setting:
    """A factor that a person set, in force until it is revoked. set_at, revoked_at [µs]."""

    id: int
    what: Proposal
    author: str
    reason: str
    set_at: int
    revoked_at: int | None = None
    revoked_by: str = ""
    revoke_reason: str = ""

    @property
    def is_in_force(self) -> bool:
        return self.revoked_at is None


def check(what: Proposal, carriers: Mapping[str, Carrier], base: FactorBook) -> None:
    """Problems, each fault in words that say how to mend it. base: the book without what people set."""
    faults = list(_plain_faults(what, carriers))
    if faults:
        raise Problems(faults)
    try:
        kinds = factors_of(Setting(0, what, "", "", 0), base)
    except ValueError as error:
        raise Problems([f"unit: {error}"]) from error
    said = f"{what.value:g} {what.unit}"
    for factor in kinds:
        usual = base.pick(what.carrier, factor.kind, what.valid_from)
        if usual is None or not usual.value:
            continue
        expected = usual.value * conversion(factor.per, usual.per)
        if not expected / TOO_FAR <= factor.value <= expected * TOO_FAR:
            times = factor.value / expected
            raise Problems([
                f"value: {said} comes to {factor.value:.6g} {factor.unit}, {times:.3g} times the {expected:.6g} {factor.unit} of {usual.source}:"
                " check the unit and the number"
            ])  # fmt: skip


def _plain_faults(what: Proposal, carriers: Mapping[str, Carrier]) -> Iterator[str]:
    if what.carrier not in carriers:
        yield f"carrier: {what.carrier!r} is not known; known: {', '.join(sorted(carriers))}"
        return
    if not 0 < what.value < 1e9:
        yield f"value: {what.value} must be more than 0"
    if what.point and not what.entity:
        yield "entity: name the unit that the point belongs to"
    if what.valid_to is not None and what.valid_to <= what.valid_from:
        yield f"valid_to: {what.valid_to} must be after valid_from {what.valid_from}; leave it out for 'until further notice'"
    if not 1992 <= what.valid_from.year < 2100:
        yield f"valid_from: {what.valid_from} cannot be"
    if not what.document.strip():
        yield "document: name what the value rests on, e.g. the number of the laboratory's report"
    if len(what.document) > MAX_TEXT:
        yield f"document: at most {MAX_TEXT} characters"
    if what.kind is SettingKind.MEASURED and dimension(carriers[what.carrier].unit) not in ("mass", "volume"):
        yield f"kind: {carriers[what.carrier].name_en} has no heating value: set its calorific, equivalent or co2 value instead"


def factors_of(setting: Setting, base: FactorBook) -> list[Factor]:
    """What the setting comes to; UnitMismatch (a ValueError) when its unit measures something else."""
    what = setting.what
    if what.kind is SettingKind.MEASURED:
        return list(_of_heating_value(setting, base))
    kind = FactorKind(what.kind.value)
    above, below = _split(what.unit)
    target = "kgCO2" if kind is FactorKind.CO2 else "kgce"
    value = what.value * conversion(above, target)
    made = [_factor(setting, kind, value, f"{target}/{below}", below)]
    _fits(base, what.carrier, below)
    return made


def _of_heating_value(setting: Setting, base: FactorBook) -> Iterator[Factor]:
    what = setting.what
    above, below = _split(what.unit)
    heating_mj = what.value * conversion(above, "MJ")
    _fits(base, what.carrier, below)
    said = f"measured heating value {what.value:g} {what.unit} over {KGCE_MJ} MJ/kgce"
    for kind in (FactorKind.CALORIFIC, FactorKind.EQUIVALENT):
        yield _factor(setting, kind, heating_mj / KGCE_MJ, f"kgce/{below}", below, note=said)
    for fuel in base.factors:
        if fuel.carrier != what.carrier or fuel.kind is not FactorKind.CO2 or fuel.parts is None or fuel.entity:
            continue
        start = max(what.valid_from, fuel.valid_from)
        ends = [day for day in (what.valid_to, fuel.valid_to) if day is not None]
        if ends and min(ends) <= start:
            continue
        parts = FuelParts(heating_mj / 1000.0, fuel.parts.carbon, fuel.parts.oxidation)
        note = f"measured heating value; carbon content and oxidation of {fuel.id} ({fuel.source})"
        made = _factor(setting, FactorKind.CO2, parts.kg_co2(), f"kgCO2/{below}", below, note=note, of=fuel.id)
        yield replace(made, valid_from=start, valid_to=min(ends) if ends else None, parts=parts)


def _factor(setting: Setting, kind: FactorKind, value: float, unit: str, per: str, note: str = "", of: str = "") -> Factor:
    what = setting.what
    identity = ":".join(part for part in (OWN, str(setting.id), kind.value, of) if part)
    status = "measured" if what.kind is SettingKind.MEASURED else "set"
    return Factor(
        identity, what.carrier, kind, value, unit, per, what.document, status, what.valid_from, what.valid_to,
        note="; ".join(text for text in (note, f"set by {setting.author}" if setting.author else "", setting.reason) if text),
        entity=what.entity, point=what.point,
    )  # fmt: skip


def _split(unit: str) -> tuple[str, str]:
    above, slash, below = unit.partition("/")
    if not slash or above not in UNITS or below not in UNITS:
        raise ValueError(f"{unit!r} is not one known unit over another, like MJ/kg, kgce/kWh or tCO2/t")
    return above, below


def _fits(base: FactorBook, carrier: str, below: str) -> None:
    """UnitMismatch unless the unit below the line measures what the carrier is measured in."""
    for factor in base.factors:
        if factor.carrier == carrier and not factor.entity:
            conversion(below, factor.per)
            return


def with_own(base: FactorBook, settings: Iterable[Setting]) -> FactorBook:
    """The book with what people set put before it; revoked ones left out."""
    made = [(s, f) for s in settings if s.is_in_force for f in factors_of(s, base)]
    made.sort(key=lambda pair: (_level(pair[1]), _rank(*pair), -pair[0].id))
    return FactorBook.of([*(factor for _, factor in made), *base.factors])


def _level(factor: Factor) -> int:
    return 0 if factor.point else 1 if factor.entity else 2


def _rank(setting: Setting, factor: Factor) -> int:
    is_measured = setting.what.kind is SettingKind.MEASURED
    return int(is_measured if factor.kind is FactorKind.CO2 else not is_measured)
