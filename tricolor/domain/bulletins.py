"""What a bulletin (预警通报) says, as frozen facts: everything that the document is made from and nothing that changes with time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tricolor.domain.lights import LIGHT_CN, SEVERITY, Light

WORST_FIRST = tuple(sorted(Light, key=lambda light: -SEVERITY[light]))


@dataclass(frozen=True, slots=True)
class BulletinForm:
    """How the document is headed, from the catalogue. number: e.g. "能预警〔{year}〕{serial}号"; opening: the official words of the area's light."""

    title: str
    number: str
    issuer: str
    to: tuple[str, ...]
    opening: str = ""
    opening_source: str = ""
    opening_status: str = ""
    head: str = ""  # in red over the first page, the issuer when ""
    copied_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanSaid:
    """The plan that is judged by."""

    id: str
    name: str
    document: str
    status: str


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One area or unit at the period's end. before: its light at the end of the period before, None where nothing was judged then.

    rule, indicator, reason: of its worst verdict; basis: "ledger" (a verdict of then) | "rejudged" (judged now as of then); reduction, required: of
    the intensity since the plan began (shares, negative when it rose); tce, before_tce: of the period and of the same months a year before, net of
    what dual control leaves out; year_tce: January to the period's end; growth, growth_allowed: of the total (shares); budget_used, budget_due:
    shares of the year's budget; coverage: of the period's metered time.
    """

    id: str
    name: str
    kind: str
    place: str
    light: Light
    before: Light | None
    rule: str
    indicator: str
    reason: str
    basis: str
    judged_period: str = ""
    reduction: float | None = None
    required: float | None = None
    tce: float | None = None
    before_tce: float | None = None
    year_tce: float | None = None
    year_before_tce: float | None = None
    growth: float | None = None
    growth_allowed: float | None = None
    budget_used: float | None = None
    budget_due: float | None = None
    coverage: float | None = None

    @property
    def is_worse(self) -> bool:
        return self.before is not None and SEVERITY[self.light] > SEVERITY[self.before]

    @property
    def is_better(self) -> bool:
        return self.before is not None and SEVERITY[self.light] < SEVERITY[self.before]


@dataclass(frozen=True, slots=True)
class Cause:
    """What explains a move. kind: "carrier" | "product" | "exclusion"; now, before in unit; tce: what it moved [tce], None where it is no energy."""

    kind: str
    name: str
    unit: str
    now: float | None
    before: float | None
    tce: float | None = None


@dataclass(frozen=True, slots=True)
class Mover:
    """A unit whose energy moved: of the period against the same months a year before [tce, net]."""

    id: str
    name: str
    tce: float
    before_tce: float
    causes: tuple[Cause, ...]

    @property
    def delta_tce(self) -> float:
        return self.tce - self.before_tce

    @property
    def share(self) -> float | None:
        return self.delta_tce / self.before_tce if self.before_tce > 0 else None


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert that was open in the period. level: the worst told by its end; answered_by "": nobody yet; times [µs]; owner: who answers for it."""

    id: int
    unit: str
    rule: str
    level: str
    opened_at: int
    resolved_at: int | None
    answered_at: int | None
    answered_by: str
    owner: str
    reason: str

    @property
    def answer_us(self) -> int | None:
        return None if self.answered_at is None else self.answered_at - self.opened_at


@dataclass(frozen=True, slots=True)
class NetworkLine:
    """A heat network (branch "") or a branch, over the period's days that are known. light: of the rule by the loss; heat in GJ."""

    id: str
    name: str
    branch: str
    first_day: str
    last_day: str
    fed_in_gj: float | None
    delivered_gj: float | None
    loss_gj: float | None
    loss_rate: float | None
    coverage: float | None
    yellow_rate: float
    red_rate: float
    light: Light
    supply_c: float | None = None
    return_c: float | None = None
    supply_min_c: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PollutantLine:
    """A unit's mass of a factor from January to the period's end [t] against its permit; period_t: of the period; hours_over, hours_known: of the
    period, of outlets with a limit on the concentration."""

    id: str
    name: str
    factor: str
    factor_name: str
    period_t: float | None
    mass_t: float | None
    budget_t: float | None
    coverage: float | None
    hours_over: int
    hours_known: int
    light: Light

    @property
    def share(self) -> float | None:
        return self.mass_t / self.budget_t if self.mass_t is not None and self.budget_t else None


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """The year's end of an area against a target, as forecast from what was known up to last_month; red, yellow, green: probabilities."""

    id: str
    name: str
    indicator: str
    year: int
    last_month: str
    reduction: float | None
    required: float | None
    red: float | None
    yellow: float | None
    green: float | None
    needed: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class DueLine:
    """An indicator or project that is not green."""

    id: str
    name: str
    rule: str
    light: Light
    reason: str


@dataclass(frozen=True, slots=True)
class QualityLine:
    """How well a unit was measured in the period. coverage: share of the metered time; missing_days: without any account; excluded_tce: left out by
    dual control; open_items: waiting for a person when the bulletin was made; silent: the word of then, "" when heard."""

    id: str
    name: str
    coverage: float | None
    missing_days: int
    excluded_tce: float
    open_items: int
    silent: str


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """What a department has to do about a light, by when (YYYY-MM-DD). source, status: who says so."""

    department: str
    unit: str
    light: Light
    rule: str
    what: str
    due: str
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class BulletinFacts:
    """Everything that a bulletin says.

    made_at, ended_at [µs]: when it was gathered, and the end of the period; versions: named versions of what it was made from; provisional: what may
    still change, in words; units: the area itself, the areas inside it, then the units; months: month by month of the year, tce now and a year
    before; answer_median_s, answer_worst_s: None where none was answered.
    """

    area: str
    area_name: str
    area_kind: str
    period: str
    period_name: str
    period_before: str
    made_at: int
    ended_at: int
    form: BulletinForm
    plan: PlanSaid
    versions: tuple[tuple[str, str], ...]
    units: tuple[UnitLine, ...]
    risers: tuple[Mover, ...] = ()
    fallers: tuple[Mover, ...] = ()
    months: tuple[tuple[str, float | None, float | None], ...] = ()
    alerts: tuple[AlertLine, ...] = ()
    opened: int = 0
    resolved: int = 0
    still_open: int = 0
    unanswered: int = 0
    answer_median_s: float | None = None
    answer_worst_s: float | None = None
    networks: tuple[NetworkLine, ...] = ()
    pollutants: tuple[PollutantLine, ...] = ()
    forecasts: tuple[ForecastLine, ...] = ()
    dues: tuple[DueLine, ...] = ()
    quality: tuple[QualityLine, ...] = ()
    provisional: tuple[str, ...] = ()
    measures: tuple[MeasureLine, ...] = ()

    @property
    def own(self) -> UnitLine:
        return next(unit for unit in self.units if unit.id == self.area)

    @property
    def areas(self) -> tuple[UnitLine, ...]:
        """The area itself and those inside it."""
        return tuple(u for u in self.units if u.kind in ("city", "region", "park"))

    @property
    def members(self) -> tuple[UnitLine, ...]:
        """Units that are no areas."""
        return tuple(u for u in self.units if u.kind not in ("city", "region", "park"))


def counts(lights: Iterable[Light | None]) -> dict[Light, int]:
    """How many have each light, the worst first."""
    known = [light for light in lights if light is not None]
    return {light: known.count(light) for light in WORST_FIRST}


def counted_zh(lights: Iterable[Light | None]) -> str:
    """E.g. "红2、黄3、绿10、灰1"; lights that nobody has are left out."""
    return "、".join(f"{LIGHT_CN[light]}{number}" for light, number in counts(lights).items() if number) or "无"


def median(values: Sequence[float]) -> float | None:
    """None of nothing; of an even number the mean of the two in the middle."""
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
