"""An explanation as plain members, for JSON and for people."""

from typing import Any

from tricolor.analysis.explain import Explanation, quality_name
from tricolor.domain.intervals import iso


def as_members(found: Explanation) -> dict[str, Any]:
    """The explanation as text, numbers, lists and members; times as ISO with +08:00."""
    plate = found.point.plate
    return {
        "point": found.point.id, "unit": found.unit, "start": iso(found.start), "end": iso(found.end), "amount": found.amount,
        "coverage": found.coverage, "flags": list(found.flags),
        "plate": {
            "kind": plate.kind.value, "unit": found.point.unit, "interval_s": plate.interval_s, "multiplier": plate.multiplier,
            "capacity": plate.capacity, "max_rate": plate.max_rate, "resolution": plate.resolution, "is_net": plate.is_net,
        },
        "steps": [
            {
                "start": iso(s.start), "end": iso(s.end), "amount": s.amount, "share": s.share, "kind": s.kind.name.lower(), "flags": list(s.flags),
                "rule_zh": s.rule_zh, "rule_en": s.rule_en, "limit": s.limit,
            }
            for s in found.steps
        ],
        "readings": [{"at": iso(r.at), "value": r.value, "quality": quality_name(r.quality), "use": r.use} for r in found.readings],
        "exchanges": [{"at": iso(e.at), "final": e.final, "start": e.start} for e in found.exchanges],
        "multipliers": [{"valid_from": iso(m.valid_from), "multiplier": m.multiplier} for m in found.multipliers],
        "confirmed": [
            {
                "start": iso(c.start), "end": iso(c.end), "jump": c.jump, "amount": c.amount,
                "decision": c.decision, "person": c.person, "reason": c.reason,
            }
            for c in found.confirmed
        ],
        "formula": found.formula,
        "inputs": [{"point": i.point, "unit": i.unit, "amount": i.amount, "coverage": i.coverage, "flags": list(i.flags)} for i in found.inputs],
        "substitute": None if found.substitute is None else {
            "start": iso(found.substitute.start), "end": iso(found.substitute.end), "amount": found.substitute.amount,
            "decision": found.substitute.decision, "person": found.substitute.person, "reason": found.substitute.reason,
        },
    }  # fmt: skip
