"""The tables, charts and sentences of a bulletin's sections. Pure: from frozen facts to blocks."""

from collections.abc import Sequence

from tricolor.domain.bulletins import WORST_FIRST, BulletinFacts, Cause, Mover, UnitLine, counts
from tricolor.domain.documents import (
    Block,
    Cell,
    ChartKind,
    ChartSeries,
    ColumnKind,
    DocumentChart,
    DocumentColumn,
    DocumentTable,
    Heading,
    Paragraph,
)
from tricolor.domain.intervals import from_us
from tricolor.domain.lights import LIGHT_CN, SEVERITY, Light

NUMBER, SHARE, LIGHT = ColumnKind.NUMBER, ColumnKind.SHARE, ColumnKind.LIGHT
MINUTE_S, HOUR_S = 60, 3600
WHOLE = 0.9995  # coverage that prints as 100 %
MOST_ALERTS, MOST_QUALITY = 40, 15
TARGETS = {"basic": "基本目标", "incentive": "激励目标"}


def _column(name: str, kind: ColumnKind = ColumnKind.TEXT, unit: str = "", decimals: int = 2) -> DocumentColumn:
    return DocumentColumn(name, kind, unit, decimals)


def lights(facts: BulletinFacts) -> list[Block]:
    """Areas against their targets, units by their worst rule, counts by light against the period before."""
    areas = DocumentTable(
        "地区", f"表1　{facts.period_name}末各地区用能预警情况",
        (
            _column("地区"), _column("预警", LIGHT), _column("上期", LIGHT), _column("强度累计降幅", SHARE), _column("进度要求", SHARE),
            _column("能源消费", NUMBER, "吨标准煤", 0), _column("累计增长", SHARE), _column("允许增长", SHARE), _column("主要原因"),
        ),
        tuple(_area_row(u) for u in facts.areas),
        note="强度降幅为规划期以来累计；能源消费为本期等价值，已扣减；负降幅为上升。",
    )  # fmt: skip
    units = DocumentTable(
        "单位", f"表2　{facts.period_name}末各单位用能预警情况",
        (
            _column("单位"), _column("所在地"), _column("预警", LIGHT), _column("上期", LIGHT), _column("能源消费", NUMBER, "吨标准煤", 0),
            _column("同比", SHARE), _column("预算已用", SHARE, "", 1), _column("同期应不超过", SHARE, "", 1), _column("最差一项及理由"),
        ),
        tuple(_unit_row(u) for u in sorted(facts.members, key=lambda u: -SEVERITY[u.light])),
        empty="本地区没有纳入监测的单位",
    )  # fmt: skip
    return [Heading("（一）地区", 2), areas, Heading("（二）单位", 2), units, _counts_chart(facts)]


def _area_row(u: UnitLine) -> tuple[Cell, ...]:
    return u.name, u.light, u.before, u.reduction, u.required, u.tce, u.growth, u.growth_allowed, u.reason


def _unit_row(u: UnitLine) -> tuple[Cell, ...]:
    share = u.tce / u.before_tce - 1 if u.tce is not None and u.before_tce is not None and u.before_tce > 0 else None
    return u.name, u.place, u.light, u.before, u.tce, share, u.budget_used, u.budget_due, u.reason


def _counts_chart(facts: BulletinFacts) -> DocumentChart:
    now, before = (counts(lights_of) for lights_of in ([u.light for u in facts.members], [u.before for u in facts.members]))
    series = tuple(
        ChartSeries(LIGHT_CN[light], light.value, (float(before[light]), float(now[light]))) for light in reversed(WORST_FIRST)
        if now[light] or before[light]
    )  # fmt: skip
    return DocumentChart("预警家数", "图1　各级预警家数", ChartKind.LIGHTS, (f"{facts.period_before}末", f"{facts.period_name}末"), series, "家")


def moves(facts: BulletinFacts) -> list[Block]:
    """Energy month by month, and the units that moved it, with what explains it."""
    found: list[Block] = []
    if facts.months:
        found.append(DocumentChart(
            "月度能源消费", "图2　月度能源消费", ChartKind.BARS, tuple(f"{int(m[5:])}月" for m, _, _ in facts.months),
            (
                ChartSeries(f"{facts.period[:4]}年", "bar", tuple(now for _, now, _ in facts.months)),
                ChartSeries(f"{int(facts.period[:4]) - 1}年", "last_year", tuple(before for _, _, before in facts.months)),
            ), "吨标准煤", "等价值，已扣减；缺柱为数据不全。",
        ))  # fmt: skip
    found += [_movers("增加", "表3　能源消费同比增加最多的单位", facts.risers), _movers("减少", "表4　能源消费同比减少最多的单位", facts.fallers)]
    return found


def _movers(name: str, title: str, movers: Sequence[Mover]) -> DocumentTable:
    return DocumentTable(
        f"能耗{name}", title,
        (
            _column("单位"), _column("本期", NUMBER, "吨标准煤", 0), _column("上年同期", NUMBER, "吨标准煤", 0),
            _column("变化", NUMBER, "吨标准煤", 0), _column("变化率", SHARE), _column("原因"),
        ),
        tuple((m.name, m.tce, m.before_tce, m.delta_tce, m.share, "；".join(_cause(c) for c in m.causes) or "未见单一原因") for m in movers),
        empty=f"没有能源消费同比{name}的单位",
    )  # fmt: skip


def _cause(cause: Cause) -> str:
    if cause.kind == "exclusion":
        return f"扣减由{cause.before or 0:,.0f}变为{cause.now or 0:,.0f}吨标准煤"
    if cause.kind == "product" and cause.now is not None and cause.before:
        return f"{cause.name}{cause.now / cause.before - 1:+.1%}"
    return f"{cause.name}{cause.tce or 0:+,.0f}吨标准煤"


def alerts(facts: BulletinFacts) -> list[Block]:
    """What was opened, answered, resolved; who answered and how long it took."""
    words = f"本期新发预警{facts.opened}条，解除{facts.resolved}条，期末仍未解除{facts.still_open}条；尚无人应答{facts.unanswered}条。"
    if facts.answer_median_s is not None and facts.answer_worst_s is not None:
        words += f"应答用时中位数{duration_zh(facts.answer_median_s)}，最长{duration_zh(facts.answer_worst_s)}。"
    table = DocumentTable(
        "预警", "表5　本期预警及应答",
        (
            _column("预警", LIGHT), _column("单位"), _column("事项"), _column("发出"), _column("应答"), _column("用时"), _column("解除"),
            _column("责任部门"), _column("情况"),
        ),
        tuple(
            (
                Light(a.level), a.unit, a.rule, moment_zh(a.opened_at), a.answered_by or "未应答",
                "—" if a.answer_us is None else duration_zh(a.answer_us / 1_000_000),
                "未解除" if a.resolved_at is None else moment_zh(a.resolved_at), a.owner, a.reason,
            )
            for a in facts.alerts[:MOST_ALERTS]
        ),
        empty="本期没有预警",
        note=f"另有{len(facts.alerts) - MOST_ALERTS}条从略。" if len(facts.alerts) > MOST_ALERTS else "",
    )  # fmt: skip
    return [Paragraph(words), table]


def moment_zh(at: int) -> str:
    return from_us(at).strftime("%m-%d %H:%M")


def duration_zh(seconds: float) -> str:
    """E.g. 45秒, 12分钟, 3小时5分, 2天4小时."""
    if seconds < MINUTE_S:
        return f"{seconds:.0f}秒"
    if seconds < HOUR_S:
        return f"{int(seconds // MINUTE_S)}分钟"
    hours, minutes = int(seconds // HOUR_S), int(seconds % HOUR_S // MINUTE_S)
    if hours < 24:
        return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
    return f"{hours // 24}天{hours % 24}小时" if hours % 24 else f"{hours // 24}天"


def heat_and_pollutants(facts: BulletinFacts) -> list[Block]:
    heat = DocumentTable(
        "供热管网", "表6　供热管网热平衡",
        (
            _column("管网"), _column("支线"), _column("预警", LIGHT), _column("输入热量", NUMBER, "GJ", 0), _column("供出热量", NUMBER, "GJ", 0),
            _column("热损失率", SHARE), _column("黄色限值", SHARE, "", 0), _column("红色限值", SHARE, "", 0),
            _column("期末供热温度", NUMBER, "°C", 1), _column("最低温度", NUMBER, "°C", 0),
        ),
        tuple(
            (n.name, n.branch or "全网", n.light, n.fed_in_gj, n.delivered_gj, n.loss_rate, n.yellow_rate, n.red_rate, n.supply_c, n.supply_min_c)
            for n in facts.networks
        ),
        empty="没有供热管网的数据",
        note=_heat_days(facts),
    )  # fmt: skip
    mass = DocumentTable(
        "污染物", "表7　污染物排放量与许可",
        (
            _column("单位"), _column("污染物"), _column("总量预警", LIGHT), _column("本期排放", NUMBER, "吨", 3),
            _column("累计排放", NUMBER, "吨", 3), _column("年许可量", NUMBER, "吨", 1), _column("占许可", SHARE, "", 1),
            _column("超标小时", NUMBER, "小时", 0), _column("有效小时", NUMBER, "小时", 0),
        ),
        tuple(
            (p.name, p.factor_name, p.light, p.period_t, p.mass_t, p.budget_t, p.share, p.hours_over, p.hours_known) for p in facts.pollutants
        ),
        empty="没有持有排污许可的在线监测单位",
        note="累计自1月起；预警按年许可量判定。" if facts.pollutants else "",
    )  # fmt: skip
    return [Heading("（一）供热管网", 2), heat, Heading("（二）污染物排放", 2), mass]


def _heat_days(facts: BulletinFacts) -> str:
    spans = sorted({(n.first_day, n.last_day) for n in facts.networks})
    return "；".join(f"{first}至{last}" for first, last in spans) + "。" if spans else ""


def forecast(facts: BulletinFacts) -> list[Block]:
    lines = [f for f in facts.forecasts if f.indicator in TARGETS]
    table = DocumentTable(
        "年底预测", "表8　年底能耗强度预测",
        (
            _column("地区"), _column("目标"), _column("已知至"), _column("预计降幅", SHARE), _column("要求降幅", SHARE), _column("红", SHARE, "", 0),
            _column("黄", SHARE, "", 0), _column("绿", SHARE, "", 0), _column("剩余月份"),
        ),
        tuple(
            (f.name, TARGETS[f.indicator], f.last_month, f.reduction, f.required, f.red, f.yellow, f.green, f.why_not or f.needed) for f in lines
        ),
        empty="截至期末没有预测",
        note="红、黄、绿为年底出现该预警的概率；预测是统计推断，不作考核依据。" if lines else "",
    )  # fmt: skip
    found: list[Block] = [table]
    if facts.dues:
        found.append(DocumentTable(
            "指标与项目", "表9　未达进度的规划指标、重点项目和审核", (_column("对象"), _column("类别"), _column("预警", LIGHT), _column("情况")),
            tuple((d.name, d.rule, d.light, d.reason) for d in facts.dues),
        ))  # fmt: skip
    return found


def quality(facts: BulletinFacts) -> list[Block]:
    thin = {q.id for q in facts.quality if q.coverage is not None and q.coverage < WHOLE}
    shown = [q for q in facts.quality if q.silent or q.open_items or q.missing_days or q.excluded_tce or q.id in thin][:MOST_QUALITY]
    known = [q.coverage for q in facts.quality if q.coverage is not None]
    words = f"本期{len(facts.quality)}家单位有计量测点"
    words += f"，其中{sum(c >= 0.95 for c in known)}家覆盖率不低于95%，最低{min(known):.1%}。" if known else "。"
    table = DocumentTable(
        "数据质量", "表10　数据质量待改进的单位",
        (
            _column("单位"), _column("覆盖率", SHARE, "", 1), _column("缺数天数", NUMBER, "天", 0), _column("扣减", NUMBER, "吨标准煤", 0),
            _column("待核实", NUMBER, "项", 0), _column("数据中断"),
        ),
        tuple((q.name, q.coverage, q.missing_days, q.excluded_tce, q.open_items, q.silent or "—") for q in shown),
        empty="各单位数据齐全",
        note="待核实为拟稿时仍未处理的项数。" if shown else "",
    )  # fmt: skip
    return [Paragraph(words), table]


def measures(facts: BulletinFacts) -> list[Block]:
    table = DocumentTable(
        "工作要求", "表11　责任部门与时限",
        (_column("责任部门"), _column("对象"), _column("预警", LIGHT), _column("事项"), _column("要求"), _column("时限")),
        tuple((m.department, m.unit, m.light, m.rule, m.what, m.due) for m in facts.measures),
        empty="本期没有需要采取措施的预警",
        note="部门按规划责任分工，排首位者牵头。" if facts.measures else "",
    )  # fmt: skip
    asked = len(facts.measures)
    words = f"请有关部门和单位对照下表{asked}项要求逐项落实，按时限反馈。" if asked else "请各有关单位保持用能管理，按期报送数据。"
    return [Paragraph(words), table]
