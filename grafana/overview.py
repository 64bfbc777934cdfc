"""The overview dashboard: lights, open alerts, energy of a chosen point, what comes in.

The light is computed once, by the rules; here it is only mapped to its colour. Times in the ledger are µs since 1970.
"""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import common, dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import common as shape
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DynamicConfigValue,
    FieldColorModeId,
    GridPos,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
    VariableRefresh,
    VariableSort,
)

from grafana.queries import LEDGER, READINGS, InfluxQl, LedgerSql

ZONE = "Asia/Shanghai"
LIGHTS: Mapping[str, tuple[str, str]] = {
    "red": ("红", "#C8322B"),
    "orange": ("橙", "#D9601A"),
    "yellow": ("黄", "#D98E04"),
    "green": ("绿", "#2E8B57"),
    "grey": ("灰", "#8A938E"),
}

# red > orange > yellow > grey > green, and grey where no rule has spoken, as tricolor.domain.lights.worst
COUNTS_SQL = """SELECT count(*) FILTER (WHERE severity = 4) AS "红 Red", count(*) FILTER (WHERE severity = 3) AS "橙 Orange",
       count(*) FILTER (WHERE severity = 2) AS "黄 Yellow",
       count(*) FILTER (WHERE severity = 0) AS "绿 Green", count(*) FILTER (WHERE severity = 1) AS "灰 Unknown"
FROM (SELECT entity.id, coalesce(max(CASE verdict.light WHEN 'red' THEN 4 WHEN 'orange' THEN 3 WHEN 'yellow' THEN 2 WHEN 'grey' THEN 1
                                          ELSE 0 END) FILTER (WHERE verdict.light IS NOT NULL), 1) AS severity
      FROM entity LEFT JOIN verdict ON verdict.entity = entity.id AND verdict.is_current GROUP BY entity.id) AS judged"""
VERDICTS_SQL = """SELECT verdict.light AS "灯 Light", entity.name_cn AS "单位 Unit", verdict.rule AS "规则 Rule", verdict.period AS "期间 Period",
       verdict.value AS "数值 Value", verdict."limit" AS "限值 Limit", verdict.unit AS "单位量 Measure", verdict.reason_zh AS "原因 Reason",
       to_timestamp(verdict.since / 1e6) AS "自 Since"
FROM verdict JOIN entity ON entity.id = verdict.entity WHERE verdict.is_current
ORDER BY CASE verdict.light WHEN 'red' THEN 0 WHEN 'orange' THEN 1 WHEN 'yellow' THEN 2 WHEN 'grey' THEN 3 ELSE 4 END,
         entity."order", entity.id LIMIT 200"""
ALERTS_SQL = """SELECT alert.level AS "等级 Level", entity.name_cn AS "单位 Unit", alert.rule AS "规则 Rule", alert.reason_zh AS "原因 Reason",
       CASE alert.handling WHEN 'acked' THEN '已确认' ELSE '未确认' END AS "处理 Handling", to_timestamp(alert.opened_at / 1e6) AS "触发 Opened"
FROM alert JOIN entity ON entity.id = alert.entity WHERE alert.condition = 'firing'
ORDER BY CASE alert.level WHEN 'red' THEN 0 WHEN 'orange' THEN 1 ELSE 2 END, alert.opened_at DESC LIMIT 200"""
EVENTS_SQL = """SELECT to_timestamp(alert_event.at / 1e6) AS time, entity.name_cn || ' ' || alert_event.text_zh AS text,
       alert_event.light || ',' || alert_event.why AS tags
FROM alert_event JOIN alert ON alert.id = alert_event.alert_id JOIN entity ON entity.id = alert.entity
WHERE $__timeFilter(to_timestamp(alert_event.at / 1e6)) ORDER BY alert_event.at LIMIT 500"""

ENERGY_QL = """SELECT sum("amount") FROM "energy15" WHERE "point" = '$point' AND "covered_us" > 0 AND $timeFilter
GROUP BY time(1h) fill(null) tz('Asia/Shanghai')"""
COVERAGE_QL = """SELECT sum("covered_us") / 3600000000 FROM "energy15" WHERE "point" = '$point' AND $timeFilter
GROUP BY time(1h) fill(null) tz('Asia/Shanghai')"""  # an hour has 3.6e9 µs
INTAKE_QL = """SELECT count("value") FROM "readings" WHERE $timeFilter GROUP BY time($__interval) fill(0) tz('Asia/Shanghai')"""
LAST_QL = """SELECT last("value") AS "读数 Reading" FROM "readings" WHERE time > now() - 7d GROUP BY "point" tz('Asia/Shanghai')"""
POINTS_QL = 'SHOW TAG VALUES FROM "energy15" WITH KEY = "point"'


def overview() -> Dashboard:
    """The dashboard, ready to be written as JSON."""
    return (
        dashboard.Dashboard("红黄绿用能总览 Overview of lights")
        .uid("tricolor-overview")
        .tags(["tricolor"])
        .timezone(ZONE)
        .week_start("monday")
        .time("now-7d", "now")
        .refresh("1m")
        .readonly()
        .variables([_point()])
        .annotation(_alert_events())
        .with_panel(_counts().grid_pos(GridPos(h=5, w=24, x=0, y=0)))
        .with_panel(_alerts().grid_pos(GridPos(h=9, w=12, x=0, y=5)))
        .with_panel(_verdicts().grid_pos(GridPos(h=9, w=12, x=12, y=5)))
        .with_panel(_energy().grid_pos(GridPos(h=9, w=16, x=0, y=14)))
        .with_panel(_coverage().grid_pos(GridPos(h=9, w=8, x=16, y=14)))
        .with_panel(_intake().grid_pos(GridPos(h=8, w=12, x=0, y=23)))
        .with_panel(_last_readings().grid_pos(GridPos(h=8, w=12, x=12, y=23)))
        .build()
    )


def _point() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("point")
        .label("计量点 Point")
        .datasource(READINGS)
        .query(POINTS_QL)
        .definition(POINTS_QL)
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )


def _alert_events() -> dashboard.AnnotationQuery:
    return dashboard.AnnotationQuery().name("预警 Alerts").datasource(LEDGER).enable(True).icon_color(LIGHTS["red"][1]).target(LedgerSql(EVENTS_SQL))


def _counts() -> stat.Panel:
    panel = (
        stat.Panel()
        .title("各单位的灯 Units by light")
        .datasource(LEDGER)
        .with_target(LedgerSql(COUNTS_SQL))
        .decimals(0)
        .color_mode(shape.BigValueColorMode.BACKGROUND)
        .graph_mode(shape.BigValueGraphMode.NONE)
        .text_mode(shape.BigValueTextMode.VALUE_AND_NAME)
        .reduce_options(common.ReduceDataOptions().values(False).calcs(["lastNotNull"]).fields("/.*/"))
    )
    for name, light in (("红 Red", "red"), ("橙 Orange", "orange"), ("黄 Yellow", "yellow"), ("绿 Green", "green"), ("灰 Unknown", "grey")):
        panel.override_by_name(name, [_fixed(LIGHTS[light][1])])
    return panel


def _alerts() -> table.Panel:
    return (
        table.Panel()
        .title("未结预警 Open alerts")
        .datasource(LEDGER)
        .with_target(LedgerSql(ALERTS_SQL))
        .no_value("没有未结预警 none open")
        .override_by_name("等级 Level", _as_light())
        .override_by_name("触发 Opened", [DynamicConfigValue("unit", "dateTimeFromNow")])
    )


def _verdicts() -> table.Panel:
    return (
        table.Panel()
        .title("当前判定 Current verdicts")
        .datasource(LEDGER)
        .with_target(LedgerSql(VERDICTS_SQL))
        .no_value("尚无判定 nothing judged yet")
        .override_by_name("灯 Light", _as_light())
        .override_by_name("自 Since", [DynamicConfigValue("unit", "dateTimeFromNow")])
    )


def _energy() -> timeseries.Panel:
    return (
        timeseries.Panel()
        .title("每小时用能 $point Energy by hour, in the meter's unit")
        .datasource(READINGS)
        .with_target(InfluxQl(ENERGY_QL, alias="用能 energy"))
        .draw_style(shape.GraphDrawStyle.BARS)
        .bar_alignment(shape.BarAlignment.AFTER)
        .fill_opacity(80)
        .min(0)
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.FIXED).fixed_color("#1F6FEB"))
    )


def _coverage() -> timeseries.Panel:
    return (
        timeseries.Panel()
        .title("数据覆盖率 $point Coverage by hour")
        .datasource(READINGS)
        .with_target(InfluxQl(COVERAGE_QL, alias="覆盖率 coverage"))
        .draw_style(shape.GraphDrawStyle.LINE)
        .unit("percentunit")
        .min(0)
        .max(1)
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.FIXED).fixed_color("#1F6FEB"))
    )


def _intake() -> timeseries.Panel:
    return (
        timeseries.Panel()
        .title("入库读数（按表计时间） Readings stored, by their own time")
        .datasource(READINGS)
        .with_target(InfluxQl(INTAKE_QL, alias="读数 readings"))
        .interval("1m")
        .draw_style(shape.GraphDrawStyle.BARS)
        .fill_opacity(80)
        .decimals(0)
        .min(0)
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.FIXED).fixed_color("#1F6FEB"))
    )


def _last_readings() -> table.Panel:
    return (
        table.Panel()
        .title("各点最新读数，近 7 天 Last reading of every point, within 7 days")
        .datasource(READINGS)
        .with_target(InfluxQl(LAST_QL).as_table())
        .override_by_name("Time", [DynamicConfigValue("unit", "dateTimeFromNow"), DynamicConfigValue("displayName", "时间 Age")])
        .sort_by([common.TableSortByFieldState().display_name("时间 Age").desc(False)])
    )


def _fixed(colour: str) -> DynamicConfigValue:
    return DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})


def _as_light() -> list[DynamicConfigValue]:
    """Properties that show a stored light as a coloured word."""
    mapping: ValueMapping = ValueMap({light: ValueMappingResult(text=word, color=colour) for light, (word, colour) in LIGHTS.items()})
    return [DynamicConfigValue("mappings", [mapping]), DynamicConfigValue("custom.cellOptions", {"type": "color-background"})]
