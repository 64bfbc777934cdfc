"""What may be declared about a meter, by the API and on the wallboard: every fault in words, the same declaration twice changes nothing."""

import math
from collections.abc import Sequence

from api.problems import Fault
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.exchanges import Declared, Exchange, MultiplierChange
from tricolor.domain.intervals import iso
from tricolor.domain.meters import Point, PointKind
from tricolor.ports_items import MeterFactsDesk

MAX_MULTIPLIER = 1e9
MAX_NAME, MAX_REASON = 64, 400
Fact = Exchange | MultiplierChange


def faults_of(point: Point, fact: Fact, now: int) -> list[Fault]:
    """Everything that is wrong with a declaration for the point; now [µs]."""
    return _of_exchange(point, fact, now) if isinstance(fact, Exchange) else _of_multiplier(point, fact)


def _of_exchange(point: Point, fact: Exchange, now: int) -> list[Fault]:
    faults = _within_validity("at", point, fact.at)
    if point.plate.kind is not PointKind.REGISTER:
        faults.append(Fault("point", "只有累计读数的测点才能申报换表", "only a cumulative register can be exchanged"))
    if fact.at > now:
        faults.append(Fault("at", "换表时间在将来，请在换表之后申报", "the exchange lies in the future: declare it once it has happened"))
    for name, zh, value in (("final", "旧表止码", fact.final), ("start", "新表起码", fact.start)):
        if not (math.isfinite(value) and value >= 0):
            faults.append(Fault(name, f"{zh}须为不小于 0 的数", "must be a number of 0 or more: what the register showed"))
        elif point.plate.capacity is not None and value > point.plate.capacity:
            faults.append(
                Fault(name, f"{zh} {value:g} 超过满码值 {point.plate.capacity:g}", f"{value:g} is beyond the capacity {point.plate.capacity:g}")
            )
    return faults


def _of_multiplier(point: Point, fact: MultiplierChange) -> list[Fault]:
    faults = _within_validity("valid_from", point, fact.valid_from)
    if not 0 < fact.multiplier <= MAX_MULTIPLIER:
        zh = f"倍率须大于 0，不超过 {MAX_MULTIPLIER:g}"
        faults.append(Fault("multiplier", zh, f"must be more than 0 and at most {MAX_MULTIPLIER:g}"))
    return faults


def _within_validity(field: str, point: Point, at: int) -> list[Fault]:
    if at < point.valid_from:
        began = iso(point.valid_from)
        return [Fault(field, f"早于该测点的登记起始时间 {began}", f"is before the point's registration begins at {began}")]
    if point.valid_to is not None and at >= point.valid_to:
        ended = iso(point.valid_to)
        return [Fault(field, f"晚于该测点的登记结束时间 {ended}", f"is after the point's registration ended at {ended}")]
    return []


def declare(desk: MeterFactsDesk, fact: Fact, who: str, reason: str) -> Declared:
    """The declaration as it is kept; one that says the same and is in force is given back. Refused when another one holds for that moment."""
    try:
        desk.declare(fact, who, reason)
    except Refused:
        same = _in_force(desk.history(fact.point), fact)
        if same is None:
            raise
        return same
    made = _in_force(desk.history(fact.point), fact)
    if made is None:
        raise Refused("it was revoked at once by somebody else")
    return made


def _in_force(history: Sequence[Declared], fact: Fact) -> Declared | None:
    return next((d for d in history if d.fact == fact and d.revoked_at is None), None)


def revoke(desk: MeterFactsDesk, point: Point, kind: type[Exchange] | type[MultiplierChange], declaration: int, who: str) -> Declared:
    """The declaration with its revocation; one that is revoked already stays as it is. NotFound when the point has none of that number."""
    held = _of_number(desk, point, kind, declaration)
    if held.revoked_at is None:
        (desk.revoke_exchange if kind is Exchange else desk.revoke_multiplier)(declaration, who)
    return _of_number(desk, point, kind, declaration)


def _of_number(desk: MeterFactsDesk, point: Point, kind: type[Exchange] | type[MultiplierChange], declaration: int) -> Declared:
    found = next((d for d in desk.history(point.key) if d.id == declaration and isinstance(d.fact, kind)), None)
    if found is None:
        raise NotFound(f"declaration {declaration} of point {point.id}")
    return found


def author(key_id: str, by: str) -> str:
    """Who stands in the record: the person named, and the key by which it came."""
    key = f"key {key_id}" if key_id else ""
    return f"{by} ({key})" if by and key else by or key
