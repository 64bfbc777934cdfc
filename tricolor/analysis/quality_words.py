"""Findings of data quality in words: what is wrong and what to look at, Chinese and English."""

from collections.abc import Callable
from typing import Final

from tricolor.domain.quality import Fault, Finding

FAULTS: Final[dict[Fault, tuple[str, str]]] = {
    Fault.SILENT: ("中断", "silent"),
    Fault.NEGATIVE: ("负值", "negative"),
    Fault.STUCK: ("读数不动", "stuck"),
    Fault.OPEN: ("待核实", "open items"),
    Fault.INCOMPLETE: ("不完整", "incomplete"),
    Fault.CLOCK: ("时钟偏差", "clock"),
    Fault.BALANCE: ("总分表不平", "sub-meter balance"),
    Fault.POWER: ("电量与功率不符", "register against power"),
    Fault.ESTIMATED: ("估算偏多", "much estimated"),
    Fault.TOO_SMOOTH: ("过于平滑", "too smooth"),
    Fault.NEIGHBOURS: ("与同类不符", "unlike its neighbours"),
    Fault.QUARANTINED: ("有隔离读数", "quarantined readings"),
}
_WITNESSES: Final[dict[str, tuple[str, str]]] = {
    "power": ("同表功率", "the power of the same meter"),
    "children": ("下级表计", "its sub-meters"),
    "parent": ("上级表计", "its parent meter"),
    "neighbours": ("同类表计", "its neighbours"),
}


def reason(finding: Finding) -> tuple[str, str]:
    """A sentence of the finding and what to look at, in Chinese and in English."""
    return _SAYS[finding.fault](finding.value or 0.0, finding.limit or 0.0, finding.detail)


def _silent(value: float, _limit: float, detail: str) -> tuple[str, str]:
    if detail == "never":
        return "从未收到读数，请检查网关和测点编号", "never heard: check the gateway and the point's id"
    zh, en = duration(value)
    return f"已 {zh}没有读数，请检查网关和通讯", f"no reading for {en}: check the gateway and the line"


def _stuck(value: float, _limit: float, detail: str) -> tuple[str, str]:
    zh, en = _WITNESSES.get(detail, (detail, detail))
    return f"读数 {value:g} 小时不动，而{zh}显示在用能", f"the register stood still for {value:g} h while {en} moved"


def _clock(value: float, _limit: float, detail: str) -> tuple[str, str]:
    zh, en = duration(abs(value))
    if detail == "ahead":
        return f"设备时钟超前 {zh}，请校时", f"the device's clock is {en} ahead: set it"
    return f"读数稳定地晚到 {zh}，时钟可能滞后", f"readings come {en} late, steadily: the clock may be behind"


def _smooth(value: float, _limit: float, detail: str) -> tuple[str, str]:
    tail_zh, tail_en = "，可能是人为数据或恒定负荷，请现场核对", ": invented figures or a constant load, look at the site"
    if detail == "equal":
        return f"{percent(value)} 的相邻增量完全相等{tail_zh}", f"{percent(value)} of the advances equal the one before{tail_en}"
    return f"增量变异系数仅 {value:.4f}{tail_zh}", f"the advances vary by {value:.4f} of their mean only{tail_en}"


def _balance(value: float, _limit: float, _detail: str) -> tuple[str, str]:
    many = percent(abs(value))
    if value > 0:
        return f"分表之和比总表多 {many}，请核对倍率", f"the sub-meters sum to {many} more than the parent: check the multipliers"
    return f"分表之和比总表少 {many}，有未计量用能或损失", f"the sub-meters sum to {many} less than the parent: unmetered use or losses"


def _power(value: float, _limit: float, _detail: str) -> tuple[str, str]:
    zh, en = ("多", "more") if value > 0 else ("少", "less")
    many = percent(abs(value))
    return f"电量比功率积分{zh} {many}，请核对倍率", f"the register says {many} {en} than its power: check the multiplier"


_SAYS: Final[dict[Fault, Callable[[float, float, str], tuple[str, str]]]] = {
    Fault.SILENT: _silent,
    Fault.NEGATIVE: lambda v, _l, _d: (
        f"有 {v:.0f} 个负值，请检查接线方向和互感器",
        f"{v:.0f} negative values: check the wiring and the transformers",
    ),
    Fault.STUCK: _stuck,
    Fault.OPEN: lambda v, _l, _d: (f"{v:.0f} 个时段有待核实的跳变", f"{v:.0f} cells hold a jump that a person must decide on"),
    Fault.INCOMPLETE: lambda v, limit, _d: (
        f"完整率 {percent(v)}，低于 {percent(limit)}",
        f"{percent(v)} of the readings due came, under {percent(limit)}",
    ),
    Fault.CLOCK: _clock,
    Fault.BALANCE: _balance,
    Fault.POWER: _power,
    Fault.ESTIMATED: lambda v, _l, _d: (f"{percent(v)} 的时段为估算", f"{percent(v)} of the cells are estimated"),
    Fault.TOO_SMOOTH: _smooth,
    Fault.NEIGHBOURS: lambda _v, _l, _d: ("全天为零，而同类测点都在用能", "zero all day while its neighbours used energy"),
    Fault.QUARANTINED: lambda v, _l, _d: (f"{v:.0f} 条读数进了隔离区", f"{v:.0f} readings are in quarantine"),
}


def percent(share: float) -> str:
    """One decimal, rounded down, so that 99.99 % never reads as 100 %."""
    return f"{int(share * 1000 + 1e-9) / 10:g}%"


def duration(seconds: float) -> tuple[str, str]:
    for width, zh, en in ((86_400, "天", "d"), (3600, "小时", "h"), (60, "分钟", "min")):
        if seconds >= width:
            return f"{int(seconds // width)} {zh}", f"{int(seconds // width)} {en}"
    return f"{seconds:.0f} 秒", f"{seconds:.0f} s"
