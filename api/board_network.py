"""View of a heat network's balance: the last whole days by branch, and the loss rate day by day against its limits."""

from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from api.board_charts import Chart, Line, Slot, bars
from api.board_words import Words, number
from api.deps import Dependencies
from tricolor.analysis.heat_balance import WHOLE, BalanceRow, heat_balance
from tricolor.analysis.heat_sections import TRUNK, Section, layout
from tricolor.catalogue.plans.model import HeatLossRule
from tricolor.domain.entities import Entity, Registry
from tricolor.domain.intervals import Interval, Step, from_us, local_day, local_midnight
from tricolor.domain.lights import Light

SHOWN_DAYS = 14
NAMED = 3


@dataclass(frozen=True, slots=True)
class HeatLine:
    """The network or one branch over the judged days. section: code of the branch; head: name of the meter at its entry; light: its loss against
    the limits, grey where too little is known; note: why."""

    section: str
    name: str
    head: str
    is_whole: bool
    light: Light
    fed_in_gj: float | None
    delivered_gj: float | None
    stored_gj: float | None
    loss_gj: float | None
    loss_rate: float | None
    known_share: float
    supply_c: float | None
    end_c: float | None
    return_c: float | None
    drop_k_per_km: float | None
    delay_minutes: float | None
    note: str


@dataclass(frozen=True, slots=True)
class HeatPart:
    """period: first and last day judged; costs: label and value of make-up water, pump and coal; chart: loss rate by day, None when never known."""

    period: str
    yellow_rate: float
    red_rate: float
    lines: tuple[HeatLine, ...]
    costs: tuple[tuple[str, str], ...]
    chart: Markup | None


def heat_part(deps: Dependencies, registry: Registry, entity: Entity, now: int, t: Words) -> HeatPart | None:
    """The balance over the days that the rule heat_loss judges; None where the network has no heat meter."""
    if not (plan := layout(registry, entity.id)).sources and not plan.users:
        return None
    rule = deps.plan.rules.heat_loss
    floor = rule.coverage_min
    end = local_midnight(local_day(now))
    first = local_midnight(local_day(now) - timedelta(days=rule.days))
    rows = heat_balance(registry, entity.id, Interval(first, end), Step.TOTAL, deps.energy, deps.readings, deps.factors.now(), floor)
    start = local_midnight(local_day(now) - timedelta(days=SHOWN_DAYS))
    daily = heat_balance(registry, entity.id, Interval(start, end), Step.DAY, deps.energy, deps.readings, deps.factors.now(), floor)
    heads = {branch.id: _head(registry, branch, t) for branch in plan.branches}
    lines = tuple(_line(row, heads.get(row.branch, ""), rule, t) for row in rows)
    period = f"{from_us(first):%m-%d} – {from_us(end - 1):%m-%d}"
    chart = _chart([r for r in daily if r.branch == WHOLE], rule.yellow_rate, rule.red_rate, t)
    return HeatPart(period, rule.yellow_rate, rule.red_rate, lines, _costs(rows[0], t) if rows else (), chart)


def _head(registry: Registry, branch: Section, t: Words) -> str:
    meters = [registry.meters[p.meter_id] for p in branch.heads]
    return t("、", ", ").join(dict.fromkeys(t(m.name_cn, m.name_en) for m in meters if m.name_cn or m.name_en))


def branch_name(branch: str, t: Words) -> str:
    """How a section of a network is said; a registry names branches by a code alone."""
    return t("全网", "Whole network") if branch == WHOLE else t("干管", "Trunk") if branch == TRUNK else t(f"支线 {branch}", f"Branch {branch}")


def _line(row: BalanceRow, head: str, rule: HeatLossRule, t: Words) -> HeatLine:
    name = branch_name(row.branch, t)
    section = name if row.branch in (WHOLE, TRUNK) else row.branch
    is_sure = row.loss_rate is not None and row.coverage >= rule.coverage_min - 1e-9
    rate = row.loss_rate if is_sure else None
    light = _light(rate, rule)
    delay = None if row.delay_h is None else row.delay_h * 60
    return HeatLine(
        section, name, head, row.branch == WHOLE, light, row.fed_in_gj, row.delivered_gj, row.stored_gj, row.loss_gj if is_sure else None, rate,
        row.known_share, row.supply_c, row.end_c, row.return_c, row.drop_k_per_km, delay, _note(row, is_sure, rule.meter_error, t),
    )  # fmt: skip


def _light(rate: float | None, rule: HeatLossRule) -> Light:
    if rate is None or rate < -rule.meter_error:
        return Light.GREY
    return Light.GREEN if rate <= rule.yellow_rate else Light.YELLOW if rate <= rule.red_rate else Light.RED


def _note(row: BalanceRow, is_sure: bool, meter_error: float, t: Words) -> str:
    if row.fed_in_gj is None and not row.missing:
        return t("没有入口热量表，只能看供出", "no meter at its entry: only what it delivers is known")
    if row.missing:
        names = "、".join(row.missing[:NAMED]) if t.lang == "zh" else ", ".join(row.missing[:NAMED])
        more = t(f"等 {len(row.missing)} 块表", f" and {len(row.missing) - NAMED} more") if len(row.missing) > NAMED else ""
        return t(f"缺数：{names}{more}，损失无法判定", f"no data: {names}{more}; the loss is not known")
    if not is_sure:
        return t("热量表数据不全或未供热，损失无法判定", "meters lack data, or nothing is fed in: the loss is not known")
    if row.loss_rate is not None and row.loss_rate < -meter_error:
        return t("供出多于输入，请核对热量表", "more delivered than fed in: check the heat meters")
    return "" if row.has_transit else t("未计管内存热", "heat held in the pipes not counted")


def _costs(row: BalanceRow, t: Words) -> tuple[tuple[str, str], ...]:
    def text(value: float | None, unit: str, places: int = 2) -> str:
        return (
            t("未知（没有登记测点或数据不全）", "not known (no point is registered, or data is missing)")
            if value is None
            else f"{value:,.{places}f} {unit}"
        )

    return (
        (t("补水", "Make-up water"), text(row.make_up_t, "t", 1)),
        (t("循环泵电耗", "Pump electricity"), text(row.pump_kwh_per_gj, "kWh/GJ")),
        (t("供热煤耗", "Coal per heat"), text(row.coal_kgce_per_gj, "kgce/GJ")),
    )


def _chart(rows: list[BalanceRow], yellow: float, red: float, t: Words) -> Markup | None:
    if not any(r.loss_rate is not None for r in rows):
        return None
    slots = []
    for row in rows:
        when = f"{from_us(row.start):%m-%d}"
        if row.loss_rate is None:
            known = t(f"已知 {row.known_share:.0%}", f"{row.known_share:.0%} known")
            slots.append(Slot(when, None, tip=f"{when}: " + t("无法判定，", "not known, ") + known))
        else:
            slots.append(Slot(when, row.loss_rate * 100, tip=f"{when}: {number(row.loss_rate * 100)} %"))
    lines = (
        Line(t("黄灯限值", "yellow above"), [yellow * 100] * len(rows), "incentive"),
        Line(t("红灯限值", "red above"), [red * 100] * len(rows), "basic"),
    )
    title = t("逐日热损失率", "Heat loss rate by day")
    return bars(Chart(title, t("对照限值", "against its limits"), "%", slots, lines), room=84)
