"""Working on the quarantine: what it holds by gateway, which points are unknown, replaying and dropping. (Its entries: routes/intake.py.)"""

from typing import Annotated

from fastapi import APIRouter, Body, Query
from pydantic import Field

from api.deps import Deps, Ops
from api.problems import Fault, bad_request, documented
from api.schemas import Shape
from api.security import Admin
from api.times import instant
from tricolor.domain.intervals import iso
from tricolor.domain.quarantine import QuarantineFilter
from tricolor.domain.readings import Reject

router = APIRouter(tags=["接入 intake"], responses=documented(401, 403, 422, 503))


class ReplayOrder(Shape):
    """What is left out restricts nothing; {} is everything that is held."""

    reason: Reject | None = None
    source: str = Field("", max_length=256, description="as the ledger names it, e.g. mqtt:qz-refinery-01/gw-1")
    since: str = Field("", max_length=40, description="received then or later, with offset")
    ids: list[int] = Field(default_factory=list, max_length=1000)


class ReplayAnswer(Shape):
    messages: int = Field(description="messages that go back into the spool within seconds, each whole")
    entries: int


class DropAnswer(Shape):
    entries: int


class QuarantineCountShape(Shape):
    source: str
    reason: str
    state: str
    entries: int
    first_at: str
    last_at: str


class DroppedShape(Shape):
    source: str
    by_cap: int = Field(description="because the quarantine was full")
    by_operator: int


class QuarantineSummary(Shape):
    entries: int
    raw_bytes: int
    counts: list[QuarantineCountShape]
    dropped: list[DroppedShape]


class UnknownShape(Shape):
    enterprise: str
    point: str
    readings: int
    first_at: str
    last_at: str
    samples: list[int] = Field(description="entries that hold some of its readings, newest first")


class UnknownList(Shape):
    unknown: list[UnknownShape]


@router.get("/v1/quarantine/summary", summary="What is held, by gateway and reason, and what was dropped")
def summary(_caller: Admin, ops: Ops) -> QuarantineSummary:
    entries, size = ops.counts.size()
    counts = [
        QuarantineCountShape(
            source=c.source, reason=c.reason, state=c.state, entries=c.entries, first_at=iso(c.first_at), last_at=iso(c.last_at)
        )
        for c in ops.counts.counts()
    ]  # fmt: skip
    dropped = [DroppedShape(source=s, by_cap=cap, by_operator=hand) for s, (cap, hand) in sorted(ops.counts.dropped().items())]
    return QuarantineSummary(entries=entries, raw_bytes=size, counts=counts, dropped=dropped)


@router.get("/v1/quarantine/unknown", summary="Point ids that readings came for and the registry does not know")
def unknown(_caller: Admin, ops: Ops, enterprise: Annotated[str, Query(max_length=96)] = "") -> UnknownList:
    return UnknownList(
        unknown=[
            UnknownShape(
                enterprise=u.enterprise, point=u.point, readings=u.readings, first_at=iso(u.first_at), last_at=iso(u.last_at),
                samples=list(u.samples),
            )
            for u in ops.counts.unknown(enterprise)
        ]
    )  # fmt: skip


@router.post("/v1/quarantine/replay", summary="Send held messages through the intake again, e.g. after their points were registered")
def replay(caller: Admin, deps: Deps, ops: Ops, order: Annotated[ReplayOrder, Body()]) -> ReplayAnswer:
    since = instant(order.since, "since") if order.since else None
    which = QuarantineFilter(order.reason or "", order.source, since, tuple(order.ids))
    messages, entries = ops.desk.queue(which, f"key {caller.key_id}", deps.clock())
    return ReplayAnswer(messages=messages, entries=entries)


@router.delete("/v1/quarantine", summary="Remove entries for good; at least one filter must be named")
def drop(
    caller: Admin,
    deps: Deps,
    ops: Ops,
    reason: Reject | None = None,
    source: Annotated[str, Query(max_length=256)] = "",
    since: Annotated[str, Query(max_length=40)] = "",
    id: Annotated[list[int] | None, Query(max_length=1000)] = None,
) -> DropAnswer:
    if not (reason or source or since or id):
        fault = Fault(
            "reason", "请至少给出一个筛选条件", "name at least one of reason, source, since, id: everything is not dropped by leaving it out"
        )
        raise bad_request([fault])
    which = QuarantineFilter(reason or "", source, instant(since, "since") if since else None, tuple(id or ()))
    return DropAnswer(entries=ops.desk.drop(which, f"key {caller.key_id}", deps.clock()))
