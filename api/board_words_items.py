"""How open items and declared meter facts are said to people."""

from typing import Final

from api.board_words import Words, exact
from tricolor.domain.intervals import HOUR_US, MINUTE_US, SECOND_US
from tricolor.domain.items import Parked
from tricolor.domain.steps import StepKind

KINDS: Final[dict[str, tuple[str, str]]] = {
    "leap": ("突跳，未返回", "jump that stayed"),
    "open": ("下跌，未返回", "drop that stayed"),
    "forward": ("读数前进", "forward"),
    "still": ("读数未变", "unchanged"),
    "rolled_over": ("满码归零", "rolled over"),
    "dip": ("误读后返回", "misread that came back"),
    "exchanged": ("换表", "meter exchange"),
    "stuck": ("停走", "stuck"),
    "clock": ("时钟有误", "wrong clock"),
}
STATES: Final[dict[str, tuple[str, str]]] = {
    "open": ("待核实", "open"),
    "settled": ("已处置", "decided"),
    "gone": ("已自行消除", "explained since"),
    "all": ("全部", "all"),
}
DECISIONS: Final[dict[str, tuple[str, str]]] = {
    "confirm": ("确认为用量", "confirmed as used"),
    "dismiss": ("判为误读", "dismissed as a misread"),
    "exchange": ("申报换表", "meter exchange declared"),
    "substitute": ("人工替代", "amount substituted"),
}
EVENTS: Final[dict[str, tuple[str, str]]] = {
    "appeared": ("发现", "Found"),
    "gone": ("自行消除", "Explained since"),
    "returned": ("再次出现", "Back again"),
    "confirm": ("确认为用量", "Confirmed as used"),
    "dismiss": ("判为误读", "Dismissed as a misread"),
    "exchange": ("申报换表", "Meter exchange declared"),
    "substitute": ("人工替代", "Amount substituted"),
    "undo": ("撤销决定", "Decision taken back"),
}
FIELDS: Final[dict[str, tuple[str, str]]] = {
    "by": ("姓名", "Name"),
    "reason": ("理由", "Reason"),
    "amount": ("用量", "Amount"),
    "at": ("换表时间", "Time of the exchange"),
    "final": ("旧表止码", "Last value of the old meter"),
    "start": ("新表起码", "First value of the new meter"),
    "from": ("开始", "Start"),
    "end": ("结束", "End"),
    "multiplier": ("倍率", "Multiplier"),
    "valid_from": ("生效时间", "Valid from"),
    "point": ("测点", "Point"),
    "": ("", ""),
}
PLACES: Final[dict[str, tuple[str, str]]] = {
    "before": ("之前", "before"),
    "within": ("其间，未采用", "between, not used"),
    "after": ("之后", "after"),
}


def signed(value: float, places: int = 3) -> str:
    """A change with its sign: "+58,000", "−41.5"."""
    return f"+{exact(value, places)}" if value > 0 else exact(value, places)


def length(t: Words, us: int) -> str:
    """How long something lasted, to the two largest units."""
    day, hour, minute = t(" 天", " d"), t(" 小时", " h"), t(" 分钟", " min")
    if us < MINUTE_US:
        return f"{us // SECOND_US}{t(' 秒', ' s')}"
    if us < HOUR_US:
        return f"{us // MINUTE_US}{minute}"
    if us < 24 * HOUR_US:
        rest = us % HOUR_US // MINUTE_US
        return f"{us // HOUR_US}{hour}" + (f" {rest}{minute}" if rest else "")
    rest = us % (24 * HOUR_US) // HOUR_US
    return f"{us // (24 * HOUR_US)}{day}" + (f" {rest}{hour}" if rest else "")


def thought(parked: Parked, limit: float | None, unit: str, t: Words, *, is_waiting: bool) -> str:
    """What the engine saw and why it did not count it, in one or two sentences. limit, unit: in the meter's own unit; is_waiting: for a person."""
    held = t("因此先不计入用量。", " It is left out until a person decides.") if is_waiting else ""
    u, lasted = t.unit(unit), length(t, parked.end - parked.start)
    after, jump = exact(parked.after, 6), exact(abs(parked.jump), 6)
    if parked.kind is StepKind.OPEN and parked.before is not None:
        before = exact(parked.before, 6)
        return t(
            f"{lasted}内读数从 {before} 跌到 {after} {u}（少了 {jump}），此后没有返回，也没有申报换表，不是满码归零。{held}",
            f"Within {lasted} the reading fell from {before} to {after} {u} ({jump} less) and did not come back; "
            f"no exchange is declared and it is no roll-over.{held}",
        )
    allowed = "" if limit is None else f"{exact(limit, 3)} {u}"
    most = t(f"，铭牌在这段时间最多允许 {allowed}", f"; the plate allows at most {allowed} in that time") if allowed else ""
    if parked.before is None:
        zh = f"{lasted}的上报值折合 {jump} {u}{most}。{held}"
        return t(zh, f"The value sent for {lasted} amounts to {jump} {u}{most}.{held}")
    return t(
        f"{lasted}内读数从 {exact(parked.before, 6)} 跳到 {after} {u}（多了 {jump}）{most}，此后也没有返回。{held}",
        f"Within {lasted} the reading rose from {exact(parked.before, 6)} to {after} {u} ({jump} more) and did not come back{most}.{held}",
    )
