"""Accounts of gateways at the broker: given out once, renewed, taken back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field

from api.deps import Deps, Ops
from api.problems import documented
from api.schemas import Shape
from api.security import Admin
from tricolor.domain.access import Caller
from tricolor.domain.errors import Misconfigured, Refused
from tricolor.domain.gateways import Gateway
from tricolor.domain.intervals import iso

router = APIRouter(tags=["网关 gateways"], responses=documented(401, 403, 422, 503))
Part = Annotated[str, Path(min_length=1, max_length=64)]


class GatewayOrder(Shape):
    enterprise: str = Field(min_length=1, max_length=64, examples=["qz-refinery-01"])
    gateway: str = Field(min_length=1, max_length=64, examples=["gw-1"])


class GatewayShape(Shape):
    enterprise: str
    gateway: str
    username: str = Field(description="as it logs in at the broker")
    publishes: list[str] = Field(description="the topics it may write")
    created_at: str
    rotated_at: str | None
    revoked_at: str | None


class GatewaySecret(GatewayShape):
    password: str = Field(description="shown this once")


class GatewayList(Shape):
    gateways: list[GatewayShape]


@router.post(
    "/v1/gateways", status_code=201, summary="Give a gateway an account; its password is in the answer this once", responses=documented(404, 409)
)
def add(caller: Admin, deps: Deps, ops: Ops, order: Annotated[GatewayOrder, Body()]) -> GatewaySecret:
    with _at_the_broker():
        made, password = ops.gateways.add(order.enterprise, order.gateway, _who(caller), deps.clock())
    return GatewaySecret(**_shape(made).model_dump(), password=password)


@router.get("/v1/gateways", summary="Accounts of gateways, revoked ones too; never their passwords")
def gateways(_caller: Admin, ops: Ops, enterprise: Annotated[str, Query(max_length=64)] = "") -> GatewayList:
    return GatewayList(gateways=[_shape(g) for g in ops.gateways.list(enterprise)])


@router.post("/v1/gateways/{enterprise}/{gateway}/rotate", summary="A new password; the old one is dead at once", responses=documented(404, 409))
def rotate(enterprise: Part, gateway: Part, caller: Admin, deps: Deps, ops: Ops) -> GatewaySecret:
    with _at_the_broker():
        changed, password = ops.gateways.rotate(enterprise, gateway, _who(caller), deps.clock())
    return GatewaySecret(**_shape(changed).model_dump(), password=password)


@router.delete("/v1/gateways/{enterprise}/{gateway}", summary="Take the account back; the gateway is disconnected", responses=documented(404, 409))
def revoke(enterprise: Part, gateway: Part, caller: Admin, deps: Deps, ops: Ops) -> GatewayShape:
    with _at_the_broker():
        return _shape(ops.gateways.revoke(enterprise, gateway, _who(caller), deps.clock()))


@contextmanager
def _at_the_broker() -> Iterator[None]:
    """A broker without accounts is the operator's to mend, and the caller here is an administrator who may read how."""
    try:
        yield
    except Misconfigured as error:
        raise Refused(str(error)) from error


def _who(caller: Caller) -> str:
    return f"key {caller.key_id}"


def _shape(gateway: Gateway) -> GatewayShape:
    own = f"tricolor/v1/{gateway.username}"
    return GatewayShape(
        enterprise=gateway.enterprise, gateway=gateway.name, username=gateway.username, publishes=[f"{own}/readings", f"{own}/status"],
        created_at=iso(gateway.created_at), rotated_at=iso(gateway.rotated_at) if gateway.rotated_at else None,
        revoked_at=iso(gateway.revoked_at) if gateway.revoked_at else None,
    )  # fmt: skip
