"""The way of a bulletin (预警通报): drafted, reviewed, issued with its number, and frozen; who did each step. Pure; time is a parameter."""

from dataclasses import dataclass
from enum import StrEnum

from tricolor.domain.errors import Refused

FIRST_SERIAL = 1
MAX_NAME, MAX_TEXT = 64, 2000  # characters


class BulletinState(StrEnum):
    DRAFT = "draft"
    REVIEWED = "reviewed"
    ISSUED = "issued"  # frozen: facts, number and files never change again
    WITHDRAWN = "withdrawn"  # stays to be read, with its reason; its number is not given again


class BulletinAction(StrEnum):
    DRAFTED = "drafted"
    REFRESHED = "refreshed"  # the draft's facts were gathered again
    REVIEWED = "reviewed"
    RETURNED = "returned"
    ISSUED = "issued"
    WITHDRAWN = "withdrawn"
    COMMENTED = "commented"


STATE_CN = {
    BulletinState.DRAFT: "草稿", BulletinState.REVIEWED: "已审核", BulletinState.ISSUED: "已签发", BulletinState.WITHDRAWN: "已撤回",
}  # fmt: skip
ACTION_CN = {
    BulletinAction.DRAFTED: "拟稿", BulletinAction.REFRESHED: "重新取数", BulletinAction.REVIEWED: "审核", BulletinAction.RETURNED: "退回",
    BulletinAction.ISSUED: "签发", BulletinAction.WITHDRAWN: "撤回", BulletinAction.COMMENTED: "批注",
}  # fmt: skip
_WAYS: dict[BulletinAction, dict[BulletinState, BulletinState]] = {
    BulletinAction.REFRESHED: {BulletinState.DRAFT: BulletinState.DRAFT},
    BulletinAction.REVIEWED: {BulletinState.DRAFT: BulletinState.REVIEWED},
    BulletinAction.RETURNED: {BulletinState.REVIEWED: BulletinState.DRAFT},
    BulletinAction.ISSUED: {BulletinState.REVIEWED: BulletinState.ISSUED},
    BulletinAction.WITHDRAWN: {
        BulletinState.DRAFT: BulletinState.WITHDRAWN, BulletinState.REVIEWED: BulletinState.WITHDRAWN, BulletinState.ISSUED: BulletinState.WITHDRAWN,
    },
    BulletinAction.COMMENTED: {state: state for state in BulletinState},
}  # fmt: skip
NEEDS_REASON = frozenset({BulletinAction.RETURNED, BulletinAction.WITHDRAWN, BulletinAction.COMMENTED})


class SomebodyWasFaster(Refused):
    """The bulletin, or the number, is no longer as the one who steps has seen it: look again."""


@dataclass(frozen=True, slots=True)
class BulletinStep:
    """One entry of a bulletin's timeline. at [µs]; text: reason or comment; revision: of the bulletin after it."""

    at: int
    action: BulletinAction
    who: str
    text: str
    revision: int


@dataclass(frozen=True, slots=True)
class BulletinFile:
    """A rendered file as it was frozen. sha256: of its bytes, hexadecimal."""

    suffix: str  # "docx", "pdf", "xlsx"
    name: str
    media_type: str
    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One bulletin of an area and period. edition: counts those of the same area and period, from 1 on; corrects: id of the issued one that it puts
    right; revision rises with every step; number "" and serial None before it is issued; facts: canonical JSON, digest: its SHA-256; times [µs]."""

    id: int
    area: str
    period: str
    edition: int
    state: BulletinState
    revision: int
    facts: str
    digest: str
    made_at: int
    changed_at: int
    corrects: int | None = None
    number: str = ""
    serial_year: int | None = None
    serial: int | None = None
    issued_at: int | None = None
    steps: tuple[BulletinStep, ...] = ()

    def last(self, action: BulletinAction) -> BulletinStep | None:
        """The newest step of the kind."""
        return next((step for step in reversed(self.steps) if step.action is action), None)


def state_after(state: BulletinState, action: BulletinAction, who: str, text: str) -> BulletinState:
    """The state that the action leads to; Refused where it cannot follow, nobody is named, or a reason is missing."""
    after = _WAYS.get(action, {}).get(state)
    if after is None:
        able = "、".join(STATE_CN[each] for each in _WAYS.get(action, {})) or "—"
        raise Refused(
            f"通报现为“{STATE_CN[state]}”，不能{ACTION_CN[action]}（须为：{able}）· the bulletin is {state}, which cannot be {action}; "
            f"it must be {' or '.join(_WAYS.get(action, {})) or 'new'}"
        )
    if not who.strip():
        raise Refused(f"请写明由谁{ACTION_CN[action]} · say by whom it is {action}")
    if len(who) > MAX_NAME:
        raise Refused(f"姓名最多 {MAX_NAME} 字 · a name has at most {MAX_NAME} characters")
    if action in NEEDS_REASON and not text.strip():
        raise Refused(f"{ACTION_CN[action]}须写明内容或理由 · say why it is {action}")
    if len(text) > MAX_TEXT:
        raise Refused(f"理由或批注最多 {MAX_TEXT} 字 · a reason or comment has at most {MAX_TEXT} characters")
    return after


def number_text(form: str, year: int, serial: int) -> str:
    """The document number; form: e.g. "能预警〔{year}〕{serial}号"."""
    return form.format(year=year, serial=serial)
