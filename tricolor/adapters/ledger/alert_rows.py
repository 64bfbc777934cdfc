"""Rows of the tables alert and alert_event: to the states of the machine and back, and as people read them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from tricolor.domain.alert_machine import Observation, due_at
from tricolor.domain.alert_policy import Policy
from tricolor.domain.alerts import AlertState, Condition, Handling, Run
from tricolor.domain.lights import Light, Verdict
from tricolor.ports import AlertMoment, AlertRecord

_STAMP_BYTES = 8


def state_of(row: RowMapping) -> AlertState:
    """The state that the machine left; a resolved row shows the level last told."""
    runs = row["runs"]
    return AlertState(
        level=Light(row["level"]), opened_at=row["opened_at"], changed_at=row["changed_at"], is_stale=row["is_stale"],
        handling=Handling(row["handling"]), acked_by=row["acked_by"], resolved_at=row["resolved_at"], condition=Condition(row["condition"]),
        seen=Light(row["seen"] or row["level"]), at_least=_runs(runs.get("at_least", {})), at_most=_runs(runs.get("at_most", {})),
        clear=Run(*runs["clear"]) if runs.get("clear") else None, stamp=row["stamp"], grey_since=row["grey_since"], acked_at=row["acked_at"],
        assignee=row["assignee"], episode_at=row["episode_at"], steps_done=row["steps_done"], told_at=row["told_at"],
        closed_reason=row["closed_reason"], bars=Light(row["bars"]) if row["bars"] else None,
    )  # fmt: skip


def values_of(state: AlertState, policy: Policy, told: Light) -> dict[str, Any]:
    """The columns of a state. told: the level to show once it is resolved."""
    runs: dict[str, Any] = {}
    if state.at_least:
        runs["at_least"] = _plain(state.at_least)
    if state.at_most:
        runs["at_most"] = _plain(state.at_most)
    if state.clear is not None:
        runs["clear"] = [state.clear.since, state.clear.count]
    return {
        "level": (told if state.level is Light.GREEN else state.level).value, "condition": state.condition.value, "is_stale": state.is_stale,
        "handling": state.handling.value, "acked_by": state.acked_by, "opened_at": state.opened_at, "changed_at": state.changed_at,
        "resolved_at": state.resolved_at, "is_watched": state.is_watched, "seen": state.seen.value, "stamp": state.stamp, "runs": runs,
        "grey_since": state.grey_since, "acked_at": state.acked_at, "assignee": state.assignee, "steps_done": state.steps_done,
        "episode_at": state.episode_at, "told_at": state.told_at, "closed_reason": state.closed_reason,
        "bars": "" if state.bars is None else state.bars.value, "due_at": due_at(state, policy),
    }  # fmt: skip


def observation_of(verdict: Verdict, policy: Policy) -> Observation:
    """What the machine sees of a verdict. Only where facts are counted does it need to know which one this is."""
    is_counted = max(policy.hold_count, policy.red_hold_count, policy.clear_count) > 1
    return Observation(verdict.light, verdict.value, verdict.limit, stamp_of(verdict) if is_counted else "")


def stamp_of(verdict: Verdict) -> str:
    """Another text for another fact: the period, the value, its limit and the numbers behind it."""
    said = [verdict.period, verdict.light, verdict.value, verdict.limit, verdict.coverage, dict(verdict.evidence)]
    return hashlib.blake2b(json.dumps(said, sort_keys=True, default=str).encode(), digest_size=_STAMP_BYTES).hexdigest()


def record_of(row: RowMapping) -> AlertRecord:
    return AlertRecord(
        row["id"], row["fingerprint"], row["entity"], row["rule"], row["indicator"], row["level"], row["condition"], row["is_stale"],
        row["handling"], row["acked_by"], row["opened_at"], row["changed_at"], row["resolved_at"], row["reason_zh"], row["reason_en"],
        row["acked_at"], row["assignee"], row["steps_done"], row["closed_reason"],
    )  # fmt: skip


def moment_of(row: RowMapping) -> AlertMoment:
    return AlertMoment(row["at"], row["why"], row["light"], row["text_zh"], row["text_en"], row["by"], row["to"], row["step"])


def _runs(held: Mapping[str, Any]) -> dict[Light, Run]:
    return {Light(name): Run(*run) for name, run in held.items()}


def _plain(runs: Mapping[Light, Run]) -> dict[str, list[int]]:
    return {light.value: [run.since, run.count] for light, run in runs.items()}
