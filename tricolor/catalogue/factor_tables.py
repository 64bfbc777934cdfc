"""The published factor tables as typed rows: standard-coal coefficients of GB/T 2589-2020 and CO2 factors of fuels, heat and grids."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from tricolor.catalogue.grid_purposes import purposes_of
from tricolor.catalogue.source_words import said, said_source
from tricolor.catalogue.tables import shipped_rows
from tricolor.domain.factors import Carrier, Factor, FactorKind, FuelParts

IN_FORCE_2020 = date(2021, 4, 1)  # GB/T 2589-2020
IN_FORCE_2008 = date(2008, 6, 1)  # GB/T 2589-2008
GUIDELINES_FROM = date(2013, 1, 1)  # CO2 guidelines of the 24 industries
ELECTRICITY = "electricity"
KGCE_MJ = Decimal("29.3076")

# unit of the CO2 table -> (unit, per, what one of the table's is in it)
CO2_UNITS: Mapping[str, tuple[str, str, Decimal]] = {
    "tCO2/t": ("kgCO2/kg", "kg", Decimal(1)),
    "tCO2/1e4Nm3": ("kgCO2/m3", "m3", Decimal("0.1")),  # 1000 kg over 10 000 m3 at standard state
    "tCO2/GJ": ("kgCO2/GJ", "GJ", Decimal(1000)),
    "kgCO2/kWh (= tCO2/MWh)": ("kgCO2/kWh", "kWh", Decimal(1)),
    "kgCO2e/kWh": ("kgCO2e/kWh", "kWh", Decimal(1)),
}
NCV_MJ: Mapping[str, tuple[str, Decimal]] = {"GJ/t": ("kg", Decimal(1)), "GJ/1e4Nm3": ("m3", Decimal("0.1"))}


@dataclass(frozen=True, slots=True)
class UnavailableFactor:
    """A row of a table that states no number: it stays listed, so that a reader sees what is missing and why."""

    id: str
    carrier: str
    kind: FactorKind
    unit: str
    per: str
    source: str
    status: str
    reason: str
    region: str = ""
    year: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class _CarrierRow:
    carrier: Carrier
    table_cn: tuple[str, ...]
    emission_cn: str
    note: str


@cache
def _carrier_rows() -> tuple[_CarrierRow, ...]:
    return tuple(
        _CarrierRow(
            Carrier(row["code"], row["name_cn"], row["name_en"], row["unit"]),
            tuple(name for name in row["table_cn"].split("|") if name),
            row["emission_cn"],
            row["note"],
        )
        for row in shipped_rows("carriers.csv")
    )


@cache
def carriers() -> Mapping[str, Carrier]:
    """Every energy carrier of the catalogue by its code."""
    return {row.carrier.code: row.carrier for row in _carrier_rows()}


@cache
def coal_table() -> tuple[tuple[Factor, ...], tuple[UnavailableFactor, ...]]:
    """Every row of GB/T 2589-2020 tables A.1, A.2 and B.1 [kgce per unit], and those that state no number.

    A range keeps its ends in low and high; its value is the upper end (natural gas: the default its source notes; others: use is never
    understated). Heat is given per GJ.
    """
    owners = {name: row for row in _carrier_rows() for name in row.table_cn}
    known: list[Factor] = []
    missing: list[UnavailableFactor] = []
    for row in shipped_rows("gbt2589.csv"):
        owner = owners[row["energy_cn"]]
        kind = FactorKind.EQUIVALENT if "等价值" in row["energy_cn"] else FactorKind.CALORIFIC
        code, per, scale = owner.carrier.code, row["unit"], Decimal(1)
        if per == "MJ":
            per, scale = "GJ", Decimal(1000)
        identity, unit = f"gbt2589-2020:{code}:{kind}", f"kgce/{per}"
        source, note = f"GB/T 2589-2020 {row['table']}", "; ".join(text for text in (said(row["note"]), owner.note) if text)
        low, high = _ends(row["coef"])
        if low is None or high is None:
            missing.append(UnavailableFactor(identity, code, kind, unit, per, source, row["status"], row["coef"], note=note))
            continue
        is_range = low != high
        known.append(
            Factor(
                identity, code, kind, float(high * scale), unit, per, source, row["status"], IN_FORCE_2020, note=note,
                low=float(low * scale) if is_range else None, high=float(high * scale) if is_range else None,
            )
        )  # fmt: skip
    return tuple(known), tuple(missing)


def _ends(text: str) -> tuple[Decimal | None, Decimal | None]:
    parts = text.split("~")
    if not all(part.replace(".", "", 1).isdigit() for part in parts):
        return None, None
    return Decimal(parts[0]), Decimal(parts[-1])


@cache
def co2_table() -> tuple[tuple[Factor, ...], tuple[UnavailableFactor, ...]]:
    """Every row of the CO2 factor table [kgCO2 per unit]: fuels, bought heat, grids by region, scope and data year; and those without a number.

    A grid factor is valid in its own data year only; a plan pack that uses it for other years says so. The life-cycle footprint keeps the
    scope "life-cycle" and its own unit: it is listed, never for accounts.
    """
    owners = {row.emission_cn: row for row in _carrier_rows() if row.emission_cn}
    codes = {(row["axis"], row["cn"]): row["code"] for row in shipped_rows("grid_codes.csv")}
    known: list[Factor] = []
    missing: list[UnavailableFactor] = []
    for row in shipped_rows("emission-factors.csv"):
        unit, per, scale = CO2_UNITS[row["unit"]]
        kind, year, source, status = FactorKind.CO2, int(row["year"]) if row["year"] else None, said_source(row["source"]), said(row["status"])
        if row["category"] in ("fuel", "heat"):
            owner = owners[row["name"]]
            code, region, scope, valid_from, valid_to = owner.carrier.code, "", "", GUIDELINES_FROM, None
            served: tuple[str, ...] = ()
            identity, note = f"{row['category']}:{code}:co2", owner.note
        else:
            if year is None:
                raise ValueError(f"grid factor {row['name']!r} of {row['region']!r} names no data year")
            code, region, scope = ELECTRICITY, row["region"], codes["scope", row["name"]]
            identity, note = f"{row['category']}:{codes['region', region]}:{scope}:{year}", row["name"]
            valid_from, valid_to = date(year, 1, 1), date(year + 1, 1, 1)
            served = purposes_of(row["category"], scope)
        if not row["value"]:
            missing.append(UnavailableFactor(identity, code, kind, unit, per, source, status, "no value found", region, year, note))
            continue
        value, parts = float(Decimal(row["value"]) * scale), _parts(row)
        known.append(
            Factor(
                identity, code, kind, value, unit, per, source, status, valid_from, valid_to, region, year, scope, note=note, parts=parts,
                purposes=served,
            )
        )  # fmt: skip
    return tuple(known), tuple(missing)


def _parts(row: Mapping[str, str]) -> FuelParts | None:
    """Heating value, carbon content and oxidation of a fuel's row; None where the row gives none."""
    if not (row["ncv"] and row["carbon_tC_per_GJ"] and row["oxidation"]):
        return None
    heating_mj = float(Decimal(row["ncv"]) * NCV_MJ[row["ncv_unit"]][1])
    return FuelParts(heating_mj / 1000.0, float(row["carbon_tC_per_GJ"]), float(row["oxidation"]))


@cache
def heating_values() -> tuple[Factor, ...]:
    """Standard-coal coefficients [kgce per unit] of the carriers that GB/T 2589 does not list, from the heating value beside their CO2 factor."""
    listed = {factor.carrier for factor in coal_table()[0]}
    owners = {row.emission_cn: row.carrier.code for row in _carrier_rows() if row.emission_cn}
    found = []
    for row in shipped_rows("emission-factors.csv"):
        code = owners.get(row["name"], "")
        if not row["ncv"] or not code or code in listed:
            continue
        per, scale = NCV_MJ[row["ncv_unit"]]
        value = float(round(Decimal(row["ncv"]) * scale / KGCE_MJ, 4))
        note = f"heating value {row['ncv']} {row['ncv_unit']} over 29.3076 MJ/kgce"
        found.append(
            Factor(
                f"ncv:{code}:calorific", code, FactorKind.CALORIFIC, value, f"kgce/{per}", per, said_source(row["source"]), "derived",
                GUIDELINES_FROM, note=note,
            )
        )  # fmt: skip
    return tuple(found)


@cache
def coal_table_2008() -> tuple[Factor, ...]:
    """The 2008 edition, for days before the 2020 edition came into force: the coefficients of A.1 and A.2 that stand unchanged, and natural gas."""
    kept = {row["energy_cn"] for row in shipped_rows("gbt2589.csv") if row["table"].startswith("A.") and "2020 edition" not in row["note"]}
    codes = {row.carrier.code for row in _carrier_rows() if kept.intersection(row.table_cn)}
    kept_rows = tuple(
        Factor(
            f.id.replace("2020", "2008", 1), f.carrier, f.kind, f.value, f.unit, f.per, f.source.replace("2020", "2008", 1), "memory",
            IN_FORCE_2008, IN_FORCE_2020, low=f.low, high=f.high, note="same coefficient as in the 2020 edition",
        )
        for f in coal_table()[0]
        if f.carrier in codes
    )  # fmt: skip
    gas = Factor(
        "gbt2589-2008:natural_gas:calorific", "natural_gas", FactorKind.CALORIFIC, 1.33, "kgce/m3", "m3", "GB/T 2589-2008", "memory",
        IN_FORCE_2008, IN_FORCE_2020, low=1.2143, high=1.33,
        note="that edition parts 油田天然气 1.3300 and 气田天然气 1.2143: the upper end is taken",
    )  # fmt: skip
    return (*kept_rows, gas)
