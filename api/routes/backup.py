"""A backup of the running system, written by the process that holds its stores."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field

from api.deps import Deps, Ops
from api.problems import documented
from api.schemas import Shape
from api.security import Admin
from tricolor.domain.errors import Refused

router = APIRouter(tags=["运行 operations"], responses=documented(401, 403, 409, 422, 503))


class BackupOrder(Shape):
    folder: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", description="name of a new folder in TRICOLOR_BACKUP_FOLDER")


class BackupPartShape(Shape):
    what: str = Field(description="ledger, spool or readings")
    name: str
    size: int
    sha256: str


class BackupAnswer(Shape):
    folder: str
    parts: list[BackupPartShape]


@router.post("/v1/backup", summary="Copy ledger, spool and readings as of one moment, while everything runs")
def backup(_caller: Admin, deps: Deps, ops: Ops, order: Annotated[BackupOrder, Body()]) -> BackupAnswer:
    if ops.backup is None:
        raise Refused("no folder is set for backups: set TRICOLOR_BACKUP_FOLDER; in server mode use the servers' own backups")
    parts = ops.backup(order.folder, deps.clock())
    shapes = [BackupPartShape(what=p.what, name=p.name, size=p.size, sha256=p.sha256) for p in parts]
    return BackupAnswer(folder=order.folder, parts=shapes)
