"""Gross, excluded and net on the page of a unit: the table, the entries, what meters propose, the rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.board_facts import Snapshot, entity_name
from api.board_reference import carrier_name
from api.board_words import STATUSES, Words, exact
from api.board_words_exclusions import KINDS, PURPOSES, months_said
from api.deps import Dependencies
from api.exclusion_forms import proposed
from tricolor.analysis.net import NetRow, left_out, net_months, net_sum
from tricolor.catalogue.factors import carriers
from tricolor.domain.access import KeyKind
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.entities import Entity, EntityKind
from tricolor.domain.exclusions import Exclusion, ExclusionEntry, ExclusionRule
from tricolor.domain.intervals import month_text


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry in words. unit: whose; amount: the carrier's, "" where only tce was stated."""

    entry: ExclusionEntry
    unit: str
    kind: str
    months: str
    amount: str


@dataclass(frozen=True, slots=True)
class ProposalLine:
    fact: Exclusion
    unit: str
    kind: str
    months: str
    amount: str
    coverage: float
    replaces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RuleLine:
    rule: ExclusionRule
    kind: str
    applies: str
    note: str
    status: str


@dataclass(frozen=True, slots=True)
class ExclusionsPart:
    """months: of this year, those that have begun; years: this one to date and the last whole one."""

    months: tuple[NetRow, ...]
    years: tuple[NetRow, ...]
    entries: tuple[EntryLine, ...]
    proposals: tuple[ProposalLine, ...]
    rules: tuple[RuleLine, ...]
    kinds: tuple[tuple[str, str], ...]
    carriers: tuple[tuple[str, str], ...]
    may_act: bool
    who: str
    faults: tuple[str, ...] = ()
    action: str = ""
    entered: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.entries and not self.proposals

    @property
    def this_year(self) -> NetRow:
        return self.years[0]


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form held that was not taken, and why."""

    action: str
    faults: tuple[str, ...]
    entered: dict[str, str]


def exclusions_part(
    deps: Dependencies, snapshot: Snapshot, entity: Entity, energy: Mapping[str, MonthEnergy], t: Words, who: str,
    typed: Typed | None = None,
) -> ExclusionsPart | None:  # fmt: skip
    """None for a heat network and where the exclusions were left out. energy: of the entity by month."""
    if deps.exclusions is None or entity.kind is EntityKind.NETWORK:
        return None
    members = [e.id for e in snapshot.registry.members(entity.id)]
    inside, entries, rules = set(members), deps.exclusions.entries(), deps.plan.exclusion_rules
    now = month_text(snapshot.now)
    this, last = ([f"{int(now[:4]) - back}-{m:02d}" for m in range(1, 13)] for back in (0, 1))
    out = left_out(snapshot.registry, entity.id, entries, rules)
    months = net_months(energy, out, [m for m in this if m <= now])
    years = (net_sum(now[:4], [m for m in months if m.gross is not None]), net_sum(last[0][:4], net_months(energy, out, last)))
    accepted = [k for k in KINDS if any(r.kind == k and r.is_accepted for r in rules)]
    return ExclusionsPart(
        months=tuple(months),
        years=years,
        entries=tuple(_entry(e, snapshot, t) for e in reversed(entries) if e.fact.entity in inside),
        proposals=tuple(
            ProposalLine(p.fact, *_said(p.fact, snapshot, t), p.coverage, p.replaces) for p in proposed(deps, snapshot.registry, members)
        ),
        rules=tuple(_rule(rule, t) for rule in rules),
        kinds=tuple((k, t.pair(KINDS, k)) for k in accepted),
        carriers=tuple((c.code, f"{t(c.name_cn, c.name_en)} ({t.unit(c.unit)})") for c in carriers().values()),
        may_act=snapshot.view.caller.kind is KeyKind.ADMIN,
        who=who,
        faults=typed.faults if typed else (),
        action=typed.action if typed else "",
        entered=typed.entered if typed else {"first_month": now, "last_month": now},
    )


def _said(fact: Exclusion, snapshot: Snapshot, t: Words) -> tuple[str, str, str, str]:
    """Unit, kind, months, amount."""
    amount = "" if fact.amount is None else f"{carrier_name(fact.carrier, t)} {exact(fact.amount, 2)} {t.unit(fact.unit)}"
    return entity_name(snapshot.registry, fact.entity, t), t.pair(KINDS, fact.kind.value), months_said(fact, t), amount


def _entry(entry: ExclusionEntry, snapshot: Snapshot, t: Words) -> EntryLine:
    return EntryLine(entry, *_said(entry.fact, snapshot, t))


def _rule(rule: ExclusionRule, t: Words) -> RuleLine:
    applies = t("、", ", ").join(t.pair(PURPOSES, p) for p in ("total", "intensity") if p in rule.applies_to)
    return RuleLine(rule, t.pair(KINDS, rule.kind.value), applies, t(rule.note_zh, rule.note_en), t.pair(STATUSES, rule.status))
