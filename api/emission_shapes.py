"""What the emissions and permits look like in an answer."""

from datetime import date

from pydantic import ConfigDict, Field

from api.emission_figures import OutletHours
from api.schemas import Shape
from tricolor.analysis.emission_sums import MassCell
from tricolor.catalogue.pollutants import all_pollutants
from tricolor.domain.emissions import HourFlag, PermitEntry
from tricolor.domain.intervals import iso


class MassStep(Shape):
    """mass_kg: of the known time, null where none is known; coverage: known over due time, 0 where nothing was due."""

    start: str
    end: str
    mass_kg: float | None
    coverage: float
    cou_share: float | None = Field(description="share of the mass that the station gave as Cou; the rest is flow × concentration")
    estimated_share: float | None = Field(description="share of it from uncertain or typed values, and of hours from a day's amount")


class YearShape(Shape):
    """The year's days that are over, against the year's permitted mass; null: no permit names one."""

    year: int
    mass_t: float | None
    coverage: float
    budget_t: float | None
    share: float | None
    documents: list[str]
    units: int = Field(description="units inside with an outlet of the factor")
    limited: int = Field(description="of them, how many have a permitted mass")


class FactorMass(Shape):
    factor: str
    name_cn: str
    name_en: str
    cells: list[MassStep]
    year: YearShape | None


class HourShape(Shape):
    """mean null: under the least number of known minutes."""

    start: str
    mean: float | None
    minutes: int
    is_over: bool
    flags: list[str]


class OutletShape(Shape):
    entity: str
    outlet: str
    factor: str
    unit: str
    limit: float | None
    document: str
    hours_due: int
    hours_valid: int
    hours_over: int
    hours: list[HourShape]


class TargetShape(Shape):
    """A target of the plan: tonnes that key projects bring down, added up over the plan. It is no ceiling of what is emitted; the measured masses
    stand beside it, null where the coverage of the year is under the floor."""

    pollutant: str
    name_cn: str
    name_en: str
    factor: str
    reduction_t: float
    target_year: int
    base_year: int
    base_t: float | None
    base_coverage: float
    last_year: int
    last_t: float | None
    last_coverage: float
    document: str
    place: str
    status: str


class Emissions(Shape):
    entity: str
    start: str
    end: str
    step: str
    factors: list[FactorMass]
    outlets: list[OutletShape] = Field(description="with step=hour: hourly means of each outlet against its permit")
    targets: list[TargetShape]


class PermitOrder(Shape):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    entity: str = Field(max_length=128, examples=["qz-paper-02"])
    outlet: str = Field("", max_length=64, description="MN of the station in lower case; empty: every outlet of the unit")
    factor: str = Field(max_length=24, examples=["w01018"])
    limit: float | None = Field(None, description="of the hourly mean [unit]; of flue gas at reference oxygen", examples=[80.0])
    unit: str = Field("", max_length=12, description="mg/m3 or mg/L; default the factor's own")
    mass_t: float | None = Field(None, description="permitted mass a year [t]", examples=[120.0])
    document: str = Field(min_length=1, max_length=200, description="number of the permit", examples=["排污许可证 示例-001"])
    valid_from: date
    valid_to: date | None = Field(None, description="exclusive; null: open")
    by: str = Field("", max_length=64, description="the person; the key is kept beside the name")


class PermitRecord(Shape):
    id: int
    entity: str
    outlet: str
    factor: str
    limit: float | None
    unit: str
    mass_t: float | None
    document: str
    valid_from: str
    valid_to: str | None
    by: str
    entered_at: str
    revoked_by: str
    revoked_at: str | None


class PermitList(Shape):
    permits: list[PermitRecord]


def factor_shape(code: str, cells: list[MassCell], found: YearShape | None) -> FactorMass:
    known = all_pollutants()[code]
    steps = [
        MassStep(
            start=iso(c.start),
            end=iso(c.end),
            mass_kg=c.mass_kg,
            coverage=c.coverage,
            cou_share=share_of(c.cou_kg, c.mass_kg),
            estimated_share=share_of(c.estimated_kg, c.mass_kg),
        )
        for c in cells
    ]
    return FactorMass(factor=code, name_cn=known.name_cn, name_en=known.name_en, cells=steps, year=found)


def share_of(part: float, whole: float | None) -> float | None:
    return part / whole if whole else None


def outlet_shape(found: OutletHours) -> OutletShape:
    hours = [
        HourShape(start=iso(h.start), mean=found.shown(h.mean), minutes=h.minutes, is_over=h.is_over, flags=flag_codes(h.flags)) for h in found.hours
    ]
    permit = found.permit
    return OutletShape(
        entity=found.outlet.entity, outlet=found.outlet.outlet, factor=found.outlet.factor, unit=found.unit,
        limit=None if permit is None else permit.limit, document="" if permit is None else permit.document, hours_due=len(hours),
        hours_valid=sum(h.mean is not None for h in hours), hours_over=sum(h.is_over for h in hours), hours=hours,
    )  # fmt: skip


def flag_codes(flags: HourFlag) -> list[str]:
    return [f.name.lower() for f in HourFlag if f and f in flags and f.name]


def permit_record(entry: PermitEntry) -> PermitRecord:
    p = entry.permit
    return PermitRecord(
        id=entry.id, entity=p.entity, outlet=p.outlet, factor=p.factor, limit=p.limit, unit=p.unit, mass_t=p.mass_t, document=p.document,
        valid_from=str(p.valid_from), valid_to=None if p.valid_to is None else str(p.valid_to), by=entry.by, entered_at=iso(entry.entered_at),
        revoked_by=entry.revoked_by, revoked_at=None if entry.revoked_at is None else iso(entry.revoked_at),
    )  # fmt: skip
