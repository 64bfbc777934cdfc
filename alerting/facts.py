"""What the rules are given to judge: plain facts, gathered elsewhere, with nothing decided yet."""

from dataclasses import dataclass

from tricolor.analysis.intensity import YearToDate

CARBON = "carbon:"  # before the level, in the indicator of a verdict on carbon intensity


@dataclass(frozen=True, slots=True)
class PaceFacts:
    """One target of one entity and the reductions so far.

    indicator: "basic" or "incentive" of the energy intensity, "carbon:basic" or "carbon:incentive" of the carbon intensity, whose years then hold
    CO2 [t] where they say energy [tce]; reduction_target: R5, a share (0.125); first_year, last_year: of the plan; finished: the plan's years before
    the judged one, oldest first; current: the judged year to date.
    """

    entity: str
    indicator: str
    reduction_target: float
    first_year: int
    last_year: int
    finished: tuple[YearToDate, ...]
    current: YearToDate
    document: str = ""
    is_illustrative: bool = False

    @property
    def is_carbon(self) -> bool:
        return self.indicator.startswith(CARBON)

    @property
    def plan_years(self) -> int:
        return self.last_year - self.first_year + 1

    @property
    def plan_year(self) -> int:
        """n: which year of the plan is judged, the first is 1."""
        return self.current.year - self.first_year + 1


@dataclass(frozen=True, slots=True)
class BenchmarkLimit:
    """The two limits of a product, lower is better, negative is legal. unit e.g. "kgce/t"; status: how sure the values are."""

    product_zh: str
    product_en: str
    unit: str
    benchmark: float  # 标杆水平
    baseline: float  # 基准水平
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class BenchmarkFacts:
    """An enterprise's product energy over the months of a year that have an output.

    energy_tce: calorific, of those months; output in output_unit; coverage: covered over expected time of the worst of those months; incomplete:
    those that lack days; limit: None when the catalogue has none for the product.
    """

    entity: str
    product: str
    year: int
    months: tuple[str, ...]
    energy_tce: float | None
    output: float
    output_unit: str
    coverage: float | None
    limit: BenchmarkLimit | None
    unfactored: tuple[str, ...] = ()
    factor_ids: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PointSilence:
    """A point and when it was last heard [µs], None: never. interval_s: between its readings; valid_from [µs]: since when it should be
    heard, not before it was registered."""

    point: str
    name_zh: str
    name_en: str
    interval_s: int
    valid_from: int
    last_at: int | None
    is_catching_up: bool = False  # its newest reading is old, but it just moved: history is coming in
    gateway: str = ""  # through which it is heard, "" when the registry does not say


@dataclass(frozen=True, slots=True)
class SilentFacts:
    """An entity's own points that are valid at `now` [µs]. is_filling: stored history is coming in somewhere, so "never heard" says nothing yet."""

    entity: str
    now: int
    points: tuple[PointSilence, ...]
    is_filling: bool = False


@dataclass(frozen=True, slots=True)
class HeatLossFacts:
    """Balance of a network (branch "") or of one branch over `days` whole days. loss_rate: None when too little is known; coverage: share of the
    time in which all its heat meters are; known_share: of its meters' time; missing: heat points that lack too much."""

    entity: str
    branch: str
    first_day: str
    last_day: str
    days: int
    fed_in_gj: float | None
    delivered_gj: float | None
    stored_gj: float | None
    loss_gj: float | None
    loss_rate: float | None
    coverage: float
    known_share: float
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupplyTemperatureFacts:
    """Mean supply and return temperature [°C] at a network's source in the last known hour; is_resting: nothing is fed in."""

    entity: str
    is_steam: bool
    is_resting: bool
    supply_c: float | None
    return_c: float | None
    at_text: str  # the hour, e.g. "11-20 07:00"


@dataclass(frozen=True, slots=True)
class ConcentrationFacts:
    """Hourly means of an outlet's factor against its permit over the last hours, in the permit's unit. name: of the outlet in Chinese
    and English, empty where the registry has none; expected: hours that were due; valid: of them with enough minutes; over: starts of the hours above
    the limit, e.g. "11-20 07:00", oldest first; peak: highest mean, None where no hour is valid; flags: plain codes of what else was seen."""

    entity: str
    outlet: str
    factor: str
    factor_zh: str
    factor_en: str
    limit: float
    unit: str
    document: str
    first: str
    last: str
    expected: int
    valid: int
    peak: float | None
    peak_at: str
    over: tuple[str, ...]
    flags: tuple[str, ...] = ()
    name: tuple[str, str] = ("", "")

    @property
    def coverage(self) -> float:
        return self.valid / self.expected if self.expected else 0.0


@dataclass(frozen=True, slots=True)
class MassFacts:
    """An enterprise's mass of a factor over the year to date [t] against what its permits allow in the year. coverage: known over due time of all its
    outlets; day: how many days of the year are over; days: of the year."""

    entity: str
    factor: str
    factor_zh: str
    factor_en: str
    year: int
    budget_t: float
    documents: tuple[str, ...]
    mass_t: float | None
    coverage: float
    estimated_share: float
    day: float
    days: int
