"""Exclusions as the API answers them."""

from typing import Any

from pydantic import ConfigDict, Field

from api.schemas import Shape, when, words
from tricolor.analysis.net import NetRow
from tricolor.analysis.proposals import Proposal
from tricolor.domain.exclusions import MAX_DOCUMENT, MAX_REASON, Exclusion, ExclusionEntry, ExclusionKind, ExclusionRule


class ExclusionOrder(Shape):
    """Either `tce`, or `carrier`, `amount` and `unit`: then the factors of the first month turn it into tce."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    entity: str = Field(max_length=128, examples=["qzg-refinery"])
    kind: ExclusionKind = Field(examples=["feedstock"])
    first_month: str = Field(max_length=7, examples=["2026-01"])
    last_month: str = Field("", max_length=7, description="inclusive; the first month when it is left out", examples=["2026-06"])
    tce: float | None = Field(None, description="equal value, of all the months together [tce]", examples=[1250.0])
    tce_calorific: float | None = Field(None, description="the same in calorific value [tce]; null: not stated")
    carrier: str = Field("", max_length=64)
    amount: float | None = None
    unit: str = Field("", max_length=16)
    document: str = Field(max_length=MAX_DOCUMENT, description="the document that it rests on", examples=["发改环资〔2022〕803号"])
    reason: str = Field(max_length=MAX_REASON, examples=["石脑油作原料，见2026年1—6月原料台账"])
    by: str = Field("", max_length=64, description="the person; the key is kept beside the name")


class ExclusionRevocation(Shape):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(min_length=1, max_length=MAX_REASON)
    by: str = Field("", max_length=64)


class MeteredOrder(Shape):
    """Empty members: whatever the meters propose."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: ExclusionKind | None = None
    month: str = Field("", max_length=7, description="only those whose first month it is")
    by: str = Field("", max_length=64)


class FactShape(Shape):
    entity: str
    kind: ExclusionKind
    first_month: str
    last_month: str
    tce_equivalent: float
    tce_calorific: float | None
    carrier: str
    amount: float | None
    unit: str
    factors: list[str]
    metered: bool = Field(description="taken from metered amounts")
    document: str
    reason: str


class EntryShape(FactShape):
    """revoked_at null: in force."""

    id: int
    by: str
    entered_at: str
    revoked_at: str | None
    revoked_by: str
    revoked_reason: str


class ProposalShape(FactShape):
    replaces: list[int] = Field(description="metered entries in force that it would replace")
    coverage: float


class RuleShape(Shape):
    kind: ExclusionKind
    applies_to: list[str]
    first_month: str
    last_month: str | None
    accepted: bool = Field(description="false: listed, but no entry is taken until a plan pack confirms it")
    source: str
    status: str
    note: dict[str, str]


class NetShape(Shape):
    """[tce, equal value]; null: not known."""

    period: str
    gross: float | None
    excluded_from_total: float
    net_total: float | None
    excluded_from_intensity: float
    net_for_intensity: float | None
    coverage: float | None
    complete: bool


class ExclusionsAnswer(Shape):
    entity: str
    unit: str
    months: list[NetShape]
    years: list[NetShape] = Field(description="the months above, by year")
    entries: list[EntryShape] = Field(description="of the entity and all inside it, newest first, revoked ones too")
    proposals: list[ProposalShape] = Field(description="what the meters say and no entry says yet")
    rules: list[RuleShape]


class EntriesAnswer(Shape):
    entries: list[EntryShape]


def fact_shape(fact: Exclusion) -> dict[str, Any]:
    return {
        "entity": fact.entity, "kind": fact.kind, "first_month": fact.first_month, "last_month": fact.last_month,
        "tce_equivalent": fact.tce_equivalent, "tce_calorific": fact.tce_calorific, "carrier": fact.carrier, "amount": fact.amount,
        "unit": fact.unit, "factors": list(fact.factor_ids), "metered": fact.is_metered, "document": fact.document, "reason": fact.reason,
    }  # fmt: skip


def entry_shape(entry: ExclusionEntry) -> EntryShape:
    return EntryShape(
        **fact_shape(entry.fact), id=entry.id, by=entry.person, entered_at=when(entry.entered_at) or "", revoked_at=when(entry.revoked_at),
        revoked_by=entry.revoked_by, revoked_reason=entry.revoked_reason,
    )  # fmt: skip


def proposal_shape(proposal: Proposal) -> ProposalShape:
    return ProposalShape(**fact_shape(proposal.fact), replaces=list(proposal.replaces), coverage=proposal.coverage)


def rule_shape(rule: ExclusionRule) -> RuleShape:
    return RuleShape(
        kind=rule.kind, applies_to=sorted(rule.applies_to), first_month=rule.first_month, last_month=rule.last_month, accepted=rule.is_accepted,
        source=rule.source, status=rule.status, note=words(rule.note_zh, rule.note_en),
    )  # fmt: skip


def net_shape(row: NetRow) -> NetShape:
    return NetShape(
        period=row.period, gross=row.gross, excluded_from_total=row.excluded_total, net_total=row.net_total,
        excluded_from_intensity=row.excluded_intensity, net_for_intensity=row.net_intensity, coverage=row.coverage, complete=row.is_complete,
    )  # fmt: skip
