"""The tables `tricolor plan show` prints, one for each part of a pack."""

from collections.abc import Callable, Mapping

from rich.table import Table

from tricolor.catalogue.alert_policies import settings_of
from tricolor.catalogue.alerting_tables import rows_of
from tricolor.catalogue.grid_purposes import PLAN_ACCOUNTS
from tricolor.catalogue.plans import Level, Plan
from tricolor.catalogue.plans.model import CARBON_INTENSITY, ENERGY_INTENSITY

INTENSITIES = {ENERGY_INTENSITY: "能耗强度降低 energy intensity", CARBON_INTENSITY: "碳排放强度降低 carbon intensity"}


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for column in columns:
        table.add_column(column, overflow="fold")  # an id or a word of Chinese is never cut off
    return table


def targets(plan: Plan) -> Table:
    table = Table(
        "id", "地区", "指标 indicator", "基本目标 basic", "激励目标 incentive", "place", "status", title="强度目标 intensity targets, reduction"
    )
    for entity, indicator in dict.fromkeys((target.entity, target.indicator) for target in plan.targets):
        both = [plan.target(entity, level, indicator) for level in (Level.BASIC, Level.INCENTIVE)]
        one = both[0] or both[1]
        if one is not None:
            percents = (f"{t.reduction * 100:g} %" if t else "-" for t in both)
            table.add_row(entity, one.name_cn, INTENSITIES.get(indicator, indicator), *percents, one.place, one.status)
    return table


def indicators(plan: Plan) -> Table:
    table = Table(
        "id", "指标 indicator", "类别 category", "基线 baseline", "目标 target", "unit", "年 year", "place", "status", title="指标 indicators"
    )
    for row in plan.indicators:
        star = "★ " if row.is_starred else ""
        base = f"{row.baseline:g}" if row.baseline is not None else row.baseline_text or "-"
        goal = row.target_text or (f"{row.target:g}" if row.target is not None else "-")
        table.add_row(row.id, star + row.name_cn, row.category, base, goal, row.unit, str(row.target_year), row.place, row.status)
    return table


def projects(plan: Plan) -> Table:
    table = Table(
        "id", "项目 project", "section", "地点 place", "建成 due", "节能 tce/a", "投资 1e4CNY", "进度 stage", "status", title="项目 projects"
    )
    for row in plan.projects:
        numbers = (f"{n:g}" if n is not None else "-" for n in (row.expected_tce, row.investment_cny_10k))
        table.add_row(row.id, row.name_cn, row.section, row.place_text, row.due or row.due_text or "-", *numbers, row.stage, row.status)
    return table


def tasks(plan: Plan) -> Table:
    table = _table("任务 tasks", "id", "任务 task", "期限 due", "部门 departments", "place", "status")
    for row in plan.tasks:
        who = row.departments_text or " ".join(row.departments)
        table.add_row(row.id, row.name_cn, row.due_text or row.due or "-", who, row.place, row.status)
    return table


def duties(plan: Plan) -> Table:
    table = _table("报送 duties to report", "id", "报送 what", "指标 statistic", "每 every", "谁 whom", "期限 due", "place", "status")
    for row in plan.report_duties:
        due = f"+{row.due_months} months, day {row.due_day}"
        table.add_row(row.id, row.name_cn, row.indicator, row.every, " ".join(row.whom), due, row.place, row.status)
    return table


def pollutants(plan: Plan) -> Table:
    table = _table("重点工程减排 cuts by key projects", "id", "污染物 pollutant", "减排 cut [t]", "到 until", "place", "status")
    for row in plan.pollutant_targets:
        table.add_row(f"{row.entity}:{row.pollutant}", row.name_cn, f"{row.reduction_t:g}", str(row.target_year), row.place, row.status)
    return table


def departments(plan: Plan) -> Table:
    table = _table("部门 departments", "id", "部门 department", "name", "place", "status")
    for row in plan.departments:
        table.add_row(row.id, row.name_cn, row.name_en, row.place, row.status)
    return table


def responsible(plan: Plan) -> Table:
    names = {department.id: department.name_cn for department in plan.departments}
    table = _table("责任分工 who answers", "rule", "entity", "department", "place", "status")
    for row in plan.responsibilities:
        table.add_row(row.rule, row.entity or "all", f"{names[row.department]} {row.department}", row.place, row.status)
    return table


def thresholds(plan: Plan) -> Table:
    table = _table("阈值 thresholds", "threshold", "value", "unit", "谁定 by", "status", "source")
    for row in plan.rules.thresholds:
        by = "默认 default" if row.is_default else "规划 plan"
        table.add_row(f"{row.rule}.{row.name}", str(row.value), row.unit, by, row.status, row.source)
    return table


def policies(plan: Plan) -> Table:
    table = _table("预警策略 alert policies", "setting", "value", "unit", "谁定 by", "status", "source")
    for row in settings_of(plan):
        by = "默认 default" if row.is_default else "规划 plan"
        said = " ".join(f"{each:g}" for each in row.value) if isinstance(row.value, list) else str(row.value)
        table.add_row(f"{row.rule}.{row.name}", said, row.unit, by, row.status, row.source)
    return table


def alerting(plan: Plan) -> Table:
    table = _table("预警上报、抑制与合并 escalation, inhibitions and grouping", "row", "says", "unit", "谁定 by", "status", "source")
    for row in rows_of(plan):
        by = "默认 default" if row.is_default else "规划 plan"
        table.add_row(f"{row.part}.{row.name}", row.value, row.unit, by, row.status, row.source)
    return table


def factors(plan: Plan) -> Table:
    table = _table("系数选择 factors chosen", "carrier", "kind", "factor", "from", "to", "status")
    for row in plan.factor_choices:
        said = row.factor_id or f"{row.value:g} {row.unit}"
        said += "" if row.purpose == PLAN_ACCOUNTS else f" ({row.purpose})"
        table.add_row(row.carrier, row.kind, said, str(row.valid_from), str(row.valid_to or ""), row.status)
    return table


def exclusions(plan: Plan) -> Table:
    table = _table("扣减规则 exclusions", "kind", "off", "from", "to", "in use", "status", "source")
    for row in plan.exclusion_rules:
        used = "yes" if row.is_accepted else "no"
        table.add_row(str(row.kind), " ".join(sorted(row.applies_to)), row.first_month, row.last_month or "", used, row.status, row.source)
    return table


# the names are those of `tricolor.catalogue.plans.differ.tables_of`
SECTIONS: Mapping[str, Callable[[Plan], Table]] = {
    "targets": targets,
    "indicators": indicators,
    "projects": projects,
    "tasks": tasks,
    "duties": duties,
    "pollutants": pollutants,
    "departments": departments,
    "responsibilities": responsible,
    "thresholds": thresholds,
    "policies": policies,
    "alerting": alerting,
    "factors": factors,
    "exclusions": exclusions,
}
# the part of `Plan` each section is read from, for JSON
FIELDS: Mapping[str, str] = {
    "duties": "report_duties",
    "pollutants": "pollutant_targets",
    "factors": "factor_choices",
    "exclusions": "exclusion_rules",
}
