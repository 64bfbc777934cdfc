"""What holds a message back, and until when: silences, maintenance windows, inhibition. Transitions of alerts are never held. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tricolor.domain.entities import EntityKind, Registry
from tricolor.domain.intervals import DAY_US, SECOND_US
from tricolor.domain.lights import SEVERITY, Light

MAX_REASON: Final = 1000  # characters
MAX_SILENCE_US: Final = 366 * DAY_US
RECHECK_US: Final = 60 * SECOND_US  # an inhibited notice looks this often whether its inhibitor still stands


class SilenceKind(StrEnum):
    SILENCE = "silence"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Matcher:
    """Which messages are held; what is empty matches all. entity: the unit or area with everything inside; department: only messages that go to it;
    up_to: lights above it go out all the same."""

    rules: tuple[str, ...] = ()
    entity: str = ""
    department: str = ""
    indicator: str = ""
    up_to: Light = Light.RED

    @property
    def is_all(self) -> bool:
        return not (self.rules or self.entity or self.department or self.indicator)


@dataclass(frozen=True, slots=True)
class Silence:
    """Messages that match are held in [start, end) [µs]."""

    kind: SilenceKind
    matcher: Matcher
    start: int
    end: int
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """A silence as the ledger keeps it. ended_at: ended early, by whom; times [µs]."""

    id: int
    silence: Silence
    created_at: int
    ended_by: str = ""
    ended_at: int | None = None
    ended_reason: str = ""

    @property
    def until(self) -> int:
        """When it stops holding [µs]."""
        return self.silence.end if self.ended_at is None else min(self.silence.end, self.ended_at)

    def holds_at(self, at: int) -> bool:
        return self.silence.start <= at < self.until

    @property
    def why(self) -> str:
        """What a notice that it holds says, e.g. "silence:12"."""
        return f"{self.silence.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message is about, as matchers see it."""

    alert_id: int
    rule: str
    entity: str
    indicator: str
    light: Light


@dataclass(frozen=True, slots=True)
class Inhibition:
    """A standing alert mutes others of the same unit, data of the catalogue. by_rules: of the muting alert, none: any; needs_indicator: only one that
    names an indicator (a gateway); is_same_family: only where both rules stand in one family; up_to: the highest light that is muted."""

    id: str
    by_rules: frozenset[str]
    least_light: Light
    mutes: frozenset[str]
    up_to: Light
    needs_indicator: bool
    is_same_family: bool
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class Held:
    """Why a message is held, and until when it need not be looked at again [µs]."""

    why: str
    until: int


def wrong_with(silence: Silence, registry: Registry, rules: Sequence[str], departments: Sequence[str]) -> list[tuple[str, str, str]]:
    """Every fault of a new silence: field, Chinese, English."""
    m, found = silence.matcher, list[tuple[str, str, str]]()
    if silence.end <= silence.start:
        found.append(("end", "结束时间须晚于开始时间", "ends before it begins"))
    elif silence.end - silence.start > MAX_SILENCE_US:
        found.append(("end", "最长 366 天，请分段登记", "lasts over 366 days: enter it in parts"))
    if not silence.author.strip():
        found.append(("by", "请写明由谁登记", "say who enters it"))
    if not silence.reason.strip():
        found.append(("reason", "请写明理由", "say why"))
    if len(silence.reason) > MAX_REASON:
        found.append(("reason", f"理由最多 {MAX_REASON} 字", f"is over {MAX_REASON} characters"))
    if m.is_all:
        found.append(("matcher", "请至少写明规则、单位、部门或指标之一", "name a rule, an entity, a department or an indicator at least"))
    if m.entity and m.entity not in registry.entities:
        found.append(("entity", f"没有单位 {m.entity}", f"there is no entity {m.entity!r}"))
    if m.department and m.department not in departments:
        found.append(("department", f"没有部门 {m.department}", f"there is no department {m.department!r}"))
    found += [("rules", f"没有规则 {r}", f"there is no rule {r!r}; one of {', '.join(sorted(rules))}") for r in m.rules if r not in rules]
    if m.up_to not in (Light.YELLOW, Light.ORANGE, Light.RED):
        found.append(("up_to", "须为 yellow、orange 或 red", "is yellow, orange or red"))
    return found


def matches(matcher: Matcher, subject: Subject, owner: str, registry: Registry) -> bool:
    """Whether a message about the subject that goes to an owner is meant."""
    if matcher.rules and subject.rule not in matcher.rules:
        return False
    if matcher.indicator and subject.indicator != matcher.indicator:
        return False
    if matcher.department and owner != matcher.department:
        return False
    return SEVERITY[subject.light] <= SEVERITY[matcher.up_to] and (not matcher.entity or is_inside(registry, subject.entity, matcher.entity))


def is_inside(registry: Registry, entity_id: str, whole: str) -> bool:
    """Whether the entity is the other or lies in it; the city holds all."""
    if entity_id == whole:
        return True
    area, entity = registry.entities.get(whole), registry.entities.get(entity_id)
    if area is None or entity is None:
        return False
    park = registry.entities.get(entity.park_id)
    return area.kind is EntityKind.CITY or whole in (entity.region_id, entity.park_id) or (park is not None and park.region_id == whole)


def silenced(silences: Sequence[SilenceRow], subject: Subject, owner: str, registry: Registry, at: int) -> Held | None:
    """The silence or window that holds the message longest, or None."""
    holding = [s for s in silences if s.holds_at(at) and matches(s.silence.matcher, subject, owner, registry)]
    if not holding:
        return None
    last = max(holding, key=lambda s: (s.until, -s.id))
    return Held(last.why, last.until)


def inhibited(
    inhibitions: Sequence[Inhibition], families: Mapping[str, str], standing: Sequence[Subject], subject: Subject, at: int
) -> Held | None:  # fmt: skip
    """The standing alert of the same unit that mutes the message, or None. standing: firing alerts of the unit; families: rule -> family.

    Nothing is muted by a lesser light than its own, nor by the later one of two that would mute each other; an end is never muted.
    """
    able = [] if subject.light is Light.GREEN else [row for row in inhibitions if _is_meant(row, subject)]
    if not able:
        return None
    for other in standing:
        if other.alert_id == subject.alert_id or other.entity != subject.entity or SEVERITY[other.light] < SEVERITY[subject.light]:
            continue
        is_muted_back = other.light is subject.light and any(_mutes(row, families, subject, other) for row in inhibitions)
        if is_muted_back and other.alert_id > subject.alert_id:
            continue
        if any(_mutes(row, families, other, subject) for row in able):
            return Held(f"inhibited:{other.alert_id}", at + RECHECK_US)
    return None


def _is_meant(row: Inhibition, subject: Subject) -> bool:
    return (not row.mutes or subject.rule in row.mutes) and SEVERITY[subject.light] <= SEVERITY[row.up_to]


def _mutes(row: Inhibition, families: Mapping[str, str], other: Subject, subject: Subject) -> bool:
    if row.by_rules and other.rule not in row.by_rules:
        return False
    if row.needs_indicator and not other.indicator:
        return False
    if not _is_meant(row, subject):
        return False
    if row.is_same_family and families.get(other.rule, other.rule) != families.get(subject.rule, subject.rule):
        return False
    return SEVERITY[other.light] >= SEVERITY[row.least_light]
