"""A bulletin like that of a month of an illustrative city; every name and number is made up."""

from tricolor.domain.documents import (
    ChartKind,
    ChartSeries,
    ColumnKind,
    Document,
    DocumentChart,
    DocumentColumn,
    DocumentTable,
    Heading,
    Paragraph,
    SignOff,
)
from tricolor.domain.lights import Light

MONTHS = tuple(f"{month}月" for month in range(1, 13))
NUMBER, SHARE, LIGHT = ColumnKind.NUMBER, ColumnKind.SHARE, ColumnKind.LIGHT

LIGHTS = DocumentTable(
    name="各县区用能预警",
    title="表1　各县区、园区用能预警等级",
    columns=(
        DocumentColumn("地区"),
        DocumentColumn("预警等级", LIGHT),
        DocumentColumn("能耗强度变化", SHARE),
        DocumentColumn("应降", SHARE),
        DocumentColumn("综合能源消费量", NUMBER, "吨标准煤", 1),
        DocumentColumn("占全年预算", SHARE, "", 1),
        DocumentColumn("红灯企业", NUMBER, "家", 0),
        DocumentColumn("主要原因"),
    ),
    rows=(
        ("甲县", Light.RED, 0.0123, -0.0281, 1234567.891, 0.9312, 7, "化工企业新增产能提前投产，单位产品能耗高于基准值"),
        ("乙县", Light.ORANGE, -0.0052, -0.0281, 456789.05, 0.8801, 3, "水泥行业产量下降，能耗降幅小于增加值降幅"),
        ("丙区", Light.YELLOW, -0.0202, -0.0281, 345678.25, 0.8512, 1, "制糖企业开榨提前"),
        ("丁区", Light.GREEN, -0.0418, -0.0281, 234567.5, 0.7944, 0, "—"),
        ("戊园区", Light.GREY, None, -0.0281, None, None, 0, "计量覆盖率 0.61，低于 0.95，不予评判"),
    ),
    note="注：能耗强度变化为年初至本月与去年同期相比（可比价）；负数为下降。",
)
UNITS = DocumentTable(
    name="重点用能单位",
    title="表2　重点用能单位预警名单（前十位）",
    columns=(
        DocumentColumn("序号", NUMBER, "", 0),
        DocumentColumn("单位名称"),
        DocumentColumn("所在地"),
        DocumentColumn("等级", LIGHT),
        DocumentColumn("当月能耗", NUMBER, "tce"),
        DocumentColumn("环比", SHARE, "", 1),
        DocumentColumn("首次告警"),
        DocumentColumn("处理情况"),
    ),
    rows=tuple(
        (place, f"示例{kind}有限公司", area, light, 9876.543 / place, (-1) ** place * 0.031 * place, f"2026-10-{place:02d} 08:15", said)
        for place, (kind, area, light, said) in enumerate(
            (
                ("化工", "甲县", Light.RED, "企业已确认，限期整改"),
                ("水泥", "甲县", Light.RED, "已上报市节能中心"),
                ("制糖#1", "丙区", Light.RED, "未确认"),
                ("纸业*甲*", "乙县", Light.YELLOW, "企业已确认"),
                ("铜业$5$", "丁区", Light.YELLOW, "企业已确认"),
                ("<热电>", "甲县", Light.YELLOW, "转交供热科"),
                ("玻璃_a_", "乙县", Light.YELLOW, "企业已确认"),
                ("化肥@b", "乙县", Light.ORANGE, "处理中"),
                ("冶炼\\n", "丁区", Light.GREEN, "已恢复"),
                ("电子[c]", "丁区", Light.GREY, "数据中断，已派员核查"),
            ),
            1,
        )
    ),
)
EMPTY = DocumentTable(
    "污染物超标", "表3　污染物排放超标情况", (DocumentColumn("单位"), DocumentColumn("次数", NUMBER, "次", 0)), (), "本月无污染物排放超标。"
)
COUNTS = DocumentChart(
    "各县区红黄绿单位数", "图1　各县区重点用能单位预警等级分布", ChartKind.LIGHTS, ("甲县", "乙县", "丙区", "丁区", "戊园区"),
    (
        ChartSeries("red", "red", (7, 3, 1, 0, 0)),
        ChartSeries("orange", "orange", (2, 1, 0, 0, 0)),
        ChartSeries("yellow", "yellow", (9, 6, 4, 3, 1)),
        ChartSeries("green", "green", (21, 15, 18, 25, 4)),
        ChartSeries("grey", "grey", (1, 0, 2, 0, 6)),
    ),
    "家",
)  # fmt: skip
ENERGY = DocumentChart(
    "全市月度能耗", "图2　全市月度综合能源消费量", ChartKind.BARS, MONTHS,
    (
        ChartSeries("2026年", "bar", (182.5, 150.25, 190.125, 188.5, 195.0, 199.75, 210.5, 212.25, 201.0, 198.5, None, None)),
        ChartSeries("2025年", "last_year", (178.0, 148.0, 186.5, 186.0, 190.5, 196.0, 205.0, 208.5, 199.5, 195.0, 190.0, 192.5)),
        ChartSeries("月度预算", "target", (180.0, 150.0, 188.0, 187.0, 192.0, 195.0, 205.0, 207.0, 198.0, 194.0, 189.0, 191.0)),
    ),
    "万吨标准煤",
)  # fmt: skip
FORECAST = DocumentChart(
    "能耗强度预测", "图3　能耗强度累计变化及年底预测", ChartKind.BAND, MONTHS,
    (
        ChartSeries("累计变化", "line", (-1.2, -1.5, -1.9, -2.0, -1.8, -1.6, -1.5, -1.4, -1.45, -1.5, -1.6, -1.7)),
        ChartSeries("预测下限", "low", (None,) * 9 + (-1.5, -2.1, -2.6)),
        ChartSeries("预测上限", "high", (None,) * 9 + (-1.5, -1.2, -0.8)),
        ChartSeries("基本目标", "target", (-2.81,) * 12),
        ChartSeries("激励目标", "target", (-3.2,) * 12),
    ),
    "%", "阴影为八成把握的预测区间。",
)  # fmt: skip
LOSSES = DocumentChart(
    "管网热损失率", "图4　供热管网热损失率", ChartKind.LINES, MONTHS[:10],
    (
        ChartSeries("东片管网", "line", (7.5, 7.25, 7.75, 8.0, 8.25, 8.5, 8.75, 9.0, 8.5, 8.0)),
        ChartSeries("西片管网", "line", (10.5, 10.0, 10.25, 11.0, None, None, 12.5, 12.0, 11.5, 11.0)),
        ChartSeries("限值", "target", (10.0,) * 10),
    ),
    "%",
)  # fmt: skip


def example(**changes: object) -> Document:
    """The bulletin of October, issued; changes: of its fields."""
    fields: dict[str, object] = {
        "title": "示例市2026年10月用能预警通报",
        "number": "示能预警〔2026〕10号",
        "issuer": "示例市发展和改革委员会",
        "to": ("各县、区人民政府", "各园区管委会", "市直有关部门", "各重点用能单位"),
        "day": "2026-11-05",
        "period": "2026年10月",
        "blocks": (
            Paragraph(
                "根据《示例市“十四五”节能减排综合实施方案》关于实行“红、黄、绿”用能预警制度的要求，现将2026年10月全市用能预警情况通报如下。"
                "本月全市综合能源消费量198.5万吨标准煤，同比增长1.8%；能耗强度累计下降1.50%，与时序进度要求相差1.31个百分点，预警等级为黄色。"
            ),
            Heading("总体情况"),
            Paragraph(
                "5个县区、园区中，红色1个、橙色1个、黄色1个、绿色1个，1个因计量覆盖率不足不予评判。重点用能单位129家，其中红色11家，较上月增加2家。"
            ),
            LIGHTS,
            COUNTS,
            Heading("变化较大的单位及原因"),
            Heading("预警名单", 2),
            UNITS,
            Heading("能耗走势", 2),
            ENERGY,
            Paragraph("甲县化工行业新增产能提前投产，10月多用能1.2万吨标准煤，占全市增量的64%。CO₂排放随之增加3.1万吨。"),
            FORECAST,
            Heading("供热管网与污染物"),
            LOSSES,
            EMPTY,
            Heading("工作要求"),
            Paragraph("红色预警地区要在收到通报后10个工作日内，报送原因分析和整改措施；对未确认告警的单位，由所在地节能主管部门现场核查。"),
            Paragraph("各重点用能单位要保障计量数据连续、真实，数据中断超过24小时的，须书面说明情况。"),
        ),
        "sign_offs": (SignOff("拟稿", "示例甲", "2026-11-02"), SignOff("审核", "示例乙", "2026-11-03"), SignOff("签发", "示例丙", "2026-11-05")),
        "digest": "sha256:4b1f0c9a7e3d5528a6c1f0b9e8d7c6b5a4938271605f4e3d2c1b0a9988776655",
        "attachments": ("重点用能单位预警名单（完整）", "数据质量情况表"),
        "copied_to": ("市人大常委会办公室", "市政协办公室"),
    }
    return Document(**{**fields, **changes})  # type: ignore[arg-type]


def draft(**changes: object) -> Document:
    """The same while nobody has reviewed it."""
    open_lines = tuple(SignOff(role) for role in ("拟稿", "审核", "签发"))
    return example(**{"day": "", "mark": "草稿", "number": "", "sign_offs": open_lines, **changes})
