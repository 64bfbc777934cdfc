"""Shapes of factors that people set, what a change would move, and restatements."""

from collections.abc import Iterable, Sequence
from datetime import date

from pydantic import ConfigDict, Field

from api.meter_facts import MAX_NAME, MAX_REASON
from api.schemas import Shape
from tricolor.analysis.factor_changes import Preview
from tricolor.catalogue.priority import LEVELS, formula_of, level_of
from tricolor.domain.accounts import DayAccount
from tricolor.domain.factors import Factor
from tricolor.domain.intervals import iso
from tricolor.domain.own_factors import Proposal, Setting, SettingKind
from tricolor.domain.restatements import Effect, Restatement, Sums, total_of


class FactorProposal(Shape):
    """What is to be set. measured: a heating value, from which both coal values and a fuel's CO2 follow; the others are set outright."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    entity: str = Field("", max_length=200, description="unit it holds for; empty: everyone", examples=["qz-sugar-01"])
    point: str = Field("", max_length=200, description="its point, where it holds for one alone; empty: the whole unit")
    carrier: str = Field(max_length=60, description="code of the carrier, as /v1/factors lists them", examples=["raw_coal"])
    kind: SettingKind = Field(description="measured 实测热值 | calorific 当量 | equivalent 等价 | co2", examples=["measured"])
    value: float = Field(description="in `unit`", examples=[21.35])
    unit: str = Field(max_length=20, description="MJ/kg, GJ/t, kcal/kg, MJ/m3 …; kgce/kWh, tce/t …; kgCO2/kWh, tCO2/t …", examples=["MJ/kg"])
    valid_from: date = Field(description="first day it holds (Asia/Shanghai)", examples=["2026-01-01"])
    valid_to: date | None = Field(None, description="first day it does not hold any more; null: until further notice")
    document: str = Field(max_length=MAX_REASON, description="what it rests on: number of the report or notice", examples=["化验单 2026-118"])

    def proposal(self) -> Proposal:
        return Proposal(
            self.entity, self.point, self.carrier, self.kind, self.value, self.unit.strip(), self.valid_from, self.valid_to, self.document
        )


class FactorOrder(FactorProposal):
    reason: str = Field(min_length=1, max_length=MAX_REASON, description="why it is set", examples=["2026 年入炉煤实测"])
    by: str = Field("", max_length=MAX_NAME, description="the person; the key is kept beside the name", examples=["王工"])
    preview: str = Field(max_length=80, description="the token that the preview of exactly this answered")


class RevokeOrder(Shape):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(min_length=1, max_length=MAX_REASON, description="why it is taken back", examples=["化验样品混淆"])
    by: str = Field("", max_length=MAX_NAME, description="the person; the key is kept beside the name", examples=["王工"])
    preview: str = Field(max_length=80, description="the token that the preview of taking it back answered")


class FactorShape(Shape):
    """A factor with why it stands where it stands. formula: of a fuel's CO2, with its numbers."""

    id: str
    kind: str
    value: float
    unit: str
    level: str
    why_zh: str
    why_en: str
    source: str
    status: str
    valid_from: date
    valid_to: date | None
    formula: str
    note: str


class SettingShape(Shape):
    """revoked_at null: in force on its days."""

    id: int
    entity: str
    point: str
    carrier: str
    kind: str
    value: float
    unit: str
    valid_from: date
    valid_to: date | None
    document: str
    by: str
    reason: str
    set_at: str
    revoked_at: str | None
    revoked_by: str
    revoke_reason: str


class SumsShape(Shape):
    """tce and t, over the accounts that moved, all roles together."""

    tce_calorific: float
    tce_equivalent: float
    co2_t: float


class EffectShape(Shape):
    entity: str
    month: str
    accounts: int = Field(description="day accounts that change")
    before: SumsShape
    after: SumsShape


class PreviewShape(Shape):
    """What would move; nothing was written. preview: the token that applies exactly this, until factors change otherwise."""

    factors: list[FactorShape]
    accounts: int
    entities: int
    months: int
    before: SumsShape
    after: SumsShape
    effects: list[EffectShape]
    preview: str


class InForceShape(Shape):
    """factors: in the order of preference, the first is in force, the others wait behind it; empty: accounts have no value of this kind."""

    kind: str
    factors: list[FactorShape]


class RestatementShape(Shape):
    """One change carried through the accounts; its id is the version. finished_at null: still running in the background."""

    id: int
    cause: str
    setting: int | None
    by: str
    reason: str
    carriers: list[str]
    first_day: str
    last_day: str
    made_at: str
    finished_at: str | None
    accounts: int
    before: SumsShape
    after: SumsShape
    effects: list[EffectShape]


class EarlierShape(Shape):
    """A day account as it was believed before the restatement."""

    entity: str
    day: str
    carrier: str
    role: str
    amount: float
    unit: str
    tce_calorific: float | None
    tce_equivalent: float | None
    co2_t: float | None
    factor_ids: list[str]
    superseded_at: str


def factor_shape(f: Factor) -> FactorShape:
    level = level_of(f)
    zh, en = LEVELS[level]
    return FactorShape(
        id=f.id, kind=f.kind.value, value=f.value, unit=f.unit, level=level.value, why_zh=zh, why_en=en, source=f.source, status=f.status,
        valid_from=f.valid_from, valid_to=f.valid_to, formula=formula_of(f), note=f.note,
    )  # fmt: skip


def setting_shape(s: Setting) -> SettingShape:
    w = s.what
    return SettingShape(
        id=s.id, entity=w.entity, point=w.point, carrier=w.carrier, kind=w.kind.value, value=w.value, unit=w.unit, valid_from=w.valid_from,
        valid_to=w.valid_to, document=w.document, by=s.author, reason=s.reason, set_at=iso(s.set_at),
        revoked_at=None if s.revoked_at is None else iso(s.revoked_at), revoked_by=s.revoked_by, revoke_reason=s.revoke_reason,
    )  # fmt: skip


def preview_shape(p: Preview) -> PreviewShape:
    rows, before, after = total_of(p.effects)
    return PreviewShape(
        factors=[factor_shape(f) for f in p.factors], accounts=rows, entities=len({e.entity for e in p.effects}),
        months=len({e.month for e in p.effects}), before=_sums(before), after=_sums(after), effects=_effects(p.effects), preview=p.token,
    )  # fmt: skip


def restatement_shape(job: Restatement, effects: Sequence[Effect]) -> RestatementShape:
    """effects: those that the reader may see; the sums are theirs."""
    rows, before, after = total_of(effects)
    return RestatementShape(
        id=job.id, cause=job.cause.value, setting=job.setting, by=job.author, reason=job.reason, carriers=list(job.scope.carriers),
        first_day=job.scope.first_day, last_day=job.scope.last_day, made_at=iso(job.made_at),
        finished_at=None if job.finished_at is None else iso(job.finished_at), accounts=rows, before=_sums(before), after=_sums(after),
        effects=_effects(effects),
    )  # fmt: skip


def earlier_shape(a: DayAccount, superseded_at: int) -> EarlierShape:
    return EarlierShape(
        entity=a.entity, day=a.day, carrier=a.carrier, role=a.role.value, amount=a.amount, unit=a.unit, tce_calorific=a.tce_calorific,
        tce_equivalent=a.tce_equivalent, co2_t=a.co2_t, factor_ids=list(a.factor_ids), superseded_at=iso(superseded_at),
    )  # fmt: skip


def _sums(s: Sums) -> SumsShape:
    return SumsShape(tce_calorific=s.tce_calorific, tce_equivalent=s.tce_equivalent, co2_t=s.co2_t)


def _effects(effects: Iterable[Effect]) -> list[EffectShape]:
    return [EffectShape(entity=e.entity, month=e.month, accounts=e.rows, before=_sums(e.before), after=_sums(e.after)) for e in effects]
