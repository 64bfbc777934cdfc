"""The columns of the registry's five sheets: one row here is one column in every file format, the template and docs/registry.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from tricolor.domain.entities import EntityKind
from tricolor.domain.intervals import EARLIEST_US
from tricolor.domain.meters import POINT_ROLES, Measure, Medium, PointKind
from tricolor.domain.units import UNITS


class CellType(Enum):
    """How a cell is read."""

    ID = auto()  # lower-case slug
    TEXT = auto()
    CHOICE = auto()
    FLAG = auto()
    WHOLE = auto()
    NUMBER = auto()
    INSTANT = auto()
    PHONE = auto()
    MAIL = auto()
    FORMULA = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """One column. above: exclusive lower bound; least, most: inclusive bounds; also: other names its header may have."""

    key: str
    name_cn: str
    type: CellType
    help_cn: str
    help_en: str
    example: str
    is_required: bool = False
    default: object = ""
    choices: tuple[str, ...] = ()
    above: float | None = None
    least: float | None = None
    most: float | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    name_cn: str
    columns: tuple[Column, ...]

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)


def _id(help_cn: str, help_en: str, example: str) -> Column:
    return Column("id", "编号", CellType.ID, help_cn, help_en, example, is_required=True)


def _names(example_cn: str, example_en: str, *, is_required: bool = True) -> tuple[Column, Column]:
    return (
        Column("name_cn", "中文名称", CellType.TEXT, "页面和通报上显示的名称", "name shown on pages and bulletins", example_cn, is_required),
        Column("name_en", "英文名称", CellType.TEXT, "英文名称，可留空", "English name; may be blank", example_en),
    )


HEAT_METER = (
    Column(
        "medium", "介质", CellType.CHOICE, "热量表：hot_water 热水、steam 蒸汽；其他表留空", "of a heat meter: hot_water or steam; else blank", "",
        choices=tuple(m for m in Medium if m),
    ),
    Column(
        "branch", "管网支线", CellType.ID, "热量表所在的支线，干管上留空", "branch of the heat network; blank: on the trunk", "",
        also=("管网分支",),
    ),
    Column(
        "pipe_km", "管长", CellType.NUMBER, "支线起点（支线总表则为热源）到此表的供水管长 [km]",
        "supply pipe from the head of its branch (for the head itself: from the source) to this meter [km]", "", default=None, above=0, most=200,
    ),
    Column("pipe_mm", "管内径", CellType.NUMBER, "该段供水管的内径 [mm]", "inner diameter of that pipe [mm]", "", default=None, above=0, most=3_000),
)  # fmt: skip
MEASURE = Column(
    "measure", "热网测量", CellType.CHOICE,
    "热网测点：flow、return_flow 流量，supply_temperature、return_temperature 温度，pressure 绝压、gauge_pressure 表压，condensate_flow、"
    "condensate_temperature 凝结水，calculated_heat 由本表其他测点计算的热量，make_up 补水，pump 泵耗电，fuel 燃料；其他留空",
    "what it measures in a heat network: flow, return_flow, temperatures, pressure (absolute) or gauge_pressure, condensate; calculated_heat: worked "
    "out from the meter's other points; make_up, pump, fuel; else blank",
    "", choices=tuple(m for m in Measure if m),
)  # fmt: skip
FORMULA = Column(
    "formula", "公式", CellType.FORMULA, "虚拟测点的公式，由其他测点的 15 分钟用量算出，如 mill.main - mill.export；减号两边留空格；其他测点留空",
    "of a virtual point: worked out from the amounts of other points, e.g. mill.main - mill.export; a space on both sides of a minus; else blank", "",
)  # fmt: skip
QUANTITIES = tuple(sorted({dimension for dimension, _ in UNITS.values()}))
_SLUG_CN, _SLUG_EN = "小写字母、数字和 - . _，全表唯一，导入后不要改", "lower-case letters, digits, - . _; unique; keep it once imported"

ENTITIES = Sheet(
    "entities",
    "单位",
    (
        _id(f"单位编号：{_SLUG_CN}", f"unit: {_SLUG_EN}", "qz-refinery-01"),
        Column(
            "kind",
            "类别",
            CellType.CHOICE,
            "city 城市（全表一个）、region 地区、park 园区、enterprise 企业、network 供热管网、building 公共建筑",
            "city (exactly one in all), region, park, enterprise, network (heat) or building (public)",
            "enterprise",
            True,
            choices=tuple(EntityKind),
        ),
        *_names("示例石化有限公司", "Example Petrochemical"),
        Column(
            "region",
            "所属地区",
            CellType.ID,
            "地区的编号；留空时取所在园区的地区",
            "id of a region; blank: that of its park",
            "qz-port",
            also=("region_id",),
        ),
        Column("park", "所属园区", CellType.ID, "园区的编号，可留空", "id of a park; may be blank", "qz-petro-park", also=("park_id",)),
        Column("industry_code", "行业代码", CellType.TEXT, "GB/T 4754-2017 代码，如 2511", "GB/T 4754-2017 code", "2511"),
        Column("industry_cn", "行业名称", CellType.TEXT, "行业中文名称", "industry in Chinese", "原油加工及石油制品制造"),
        Column("is_key_user", "重点用能单位", CellType.FLAG, "是 / 否，留空为否", "true / false; blank: false", "是", default=False),
        Column("product", "产品", CellType.TEXT, "能效标杆目录中的产品，可留空", "product of the benchmark catalogue; may be blank", ""),
        Column(
            "order",
            "排序",
            CellType.WHOLE,
            "看板上的次序，小的在前，留空为 0",
            "place on the board, small first; blank: 0",
            "10",
            default=0,
            least=0,
            most=1_000_000,
        ),
        Column(
            "is_two_high",
            "两高一低",
            CellType.FLAG,
            "在两高一低名单上填是；留空为否",
            "true for a unit on the 两高一低 watch list (high energy use, high emissions, low standard); blank: false",
            "否",
            default=False,
        ),
    ),
)
METERS = Sheet(
    "meters",
    "表计",
    (
        _id(f"表计编号：{_SLUG_CN}", f"meter: {_SLUG_EN}", "qz-refinery-01.m1"),
        Column("entity", "所属单位", CellType.ID, "单位的编号", "id of the unit it belongs to", "qz-refinery-01", True, also=("entity_id",)),
        *_names("110 kV 进线电表", "110 kV incomer"),
        Column("gateway", "采集网关", CellType.ID, "上报数据的网关名，可留空", "gateway that sends its readings; may be blank", "gw-1"),
        Column(
            "parent",
            "上级表计",
            CellType.ID,
            "上一级表计（总表）的编号，用于总分表平衡；总表留空",
            "id of the meter before it, for the balance of parent and sub-meters; blank: none",
            "",
            also=("parent_id",),
        ),
        *HEAT_METER,
    ),
)
POINTS = Sheet(
    "points",
    "测点",
    (
        _id(f"测点编号：{_SLUG_CN}；网关按它上报", f"point: {_SLUG_EN}; gateways send this name", "qz-refinery-01.elec"),
        Column("meter", "表计", CellType.ID, "表计的编号", "id of its meter", "qz-refinery-01.m1", True, also=("meter_id",)),
        *_names("正向有功总电量", "Active energy import", is_required=False),
        Column(
            "carrier",
            "能源品种",
            CellType.ID,
            "能源品种代码，如 electricity；非能源量（温度、压力）留空",
            "code of an energy carrier, e.g. electricity; blank when not energy",
            "electricity",
        ),
        Column(
            "quantity",
            "物理量",
            CellType.CHOICE,
            "与单位一致，留空时由单位得出",
            "must match the unit; blank: taken from the unit",
            "energy",
            choices=QUANTITIES,
        ),
        Column(
            "unit",
            "计量单位",
            CellType.CHOICE,
            "读数的单位（倍率之前）",
            "unit of the readings, before the multiplier",
            "kWh",
            True,
            choices=tuple(UNITS),
        ),
        Column(
            "kind",
            "读数类型",
            CellType.CHOICE,
            "register 累计读数、delta 区间用量（时刻为区间终点）、gauge 瞬时量、virtual 由公式算出",
            "register: cumulative; delta: amount of the interval that ends at its time; gauge: a state; virtual: by its formula",
            "register",
            True,
            choices=tuple(PointKind),
        ),
        Column(
            "role",
            "用途",
            CellType.CHOICE,
            "purchased 购入、sold 外供、produced 自产、consumed 内部消耗（不计入总量）、feedstock 原料、"
            "renewable 新增可再生、fed_in 入网热、delivered 供出热；物料：generated 产生、utilised 综合利用、utilised_stock 利用往年贮存、"
            "stored 贮存、disposed 处置、reused 重复利用；none 非能源",
            "part in the account (GB/T 2589): purchased minus sold is the total; consumed is listed only; of a material: generated, utilised, "
            "utilised_stock, stored, disposed, reused; none: not counted",
            "purchased",
            True,
            choices=POINT_ROLES,
        ),
        Column(
            "interval_s",
            "间隔秒",
            CellType.WHOLE,
            "两次读数的间隔 [s]，1–86400，留空为 900",
            "seconds between readings, 1-86400; blank: 900",
            "900",
            default=900,
            least=1,
            most=86_400,
        ),
        Column("multiplier", "倍率", CellType.NUMBER, "CT/PT 倍率，大于 0，留空为 1", "CT/PT ratio, above 0; blank: 1", "1", default=1.0, above=0),
        Column(
            "capacity",
            "量程",
            CellType.NUMBER,
            "累计读数回零的值（如 999999.99 的表填 1000000），不知则留空",
            "value at which the register wraps to 0; blank: not known",
            "1000000",
            default=None,
            above=0,
        ),
        Column(
            "max_rate",
            "最大速率",
            CellType.NUMBER,
            "每小时最多走多少（倍率之前），不知则留空",
            "largest advance per hour, before the multiplier; blank: not known",
            "60000",
            default=None,
            above=0,
        ),
        Column("resolution", "分辨率", CellType.NUMBER, "最小一格，留空为 0", "least digit; blank: 0", "0.01", default=0.0, least=0),
        Column(
            "is_net",
            "净计量",
            CellType.FLAG,
            "可倒走的净计量表（如感应式电表、进出合一的读数）填是，后退计为负值，须填最大速率；留空为否",
            "true for a meter that may run backwards (Ferraris, net register): a fall is a negative amount; needs max_rate; blank: false",
            "",
            default=False,
        ),
        Column(
            "valid_from",
            "启用时间",
            CellType.INSTANT,
            "日期（当日 00:00 北京时间）或带时区的时间；留空为一直有效",
            "a date (00:00 Asia/Shanghai) or a time with its offset; blank: always",
            "2026-01-01",
            default=EARLIEST_US,
        ),
        Column("valid_to", "停用时间", CellType.INSTANT, "不含该时刻；留空为未停用", "exclusive; blank: still in use", "", default=None),
        MEASURE,
        FORMULA,
    ),
)
DEPARTMENTS = Sheet(
    "departments",
    "部门",
    (_id(f"部门编号：{_SLUG_CN}", f"department: {_SLUG_EN}", "development-reform"), *_names("市发展改革委", "Development and Reform Commission")),
)
CONTACTS = Sheet(
    "contacts",
    "联系人",
    (
        _id(f"联系人编号：{_SLUG_CN}", f"contact: {_SLUG_EN}", "development-reform-duty"),
        Column("of", "所属", CellType.ID, "部门或单位的编号", "id of a department or a unit", "development-reform", True),
        Column("name", "姓名", CellType.TEXT, "姓名或值班岗位", "person or duty desk", "节能科值班", True),
        Column("role", "职务", CellType.TEXT, "职务，可留空", "position; may be blank", "值班"),
        Column("phone", "电话", CellType.PHONE, "手机或带区号的座机", "mobile, or landline with area code", "0777-0000000"),
        Column("email", "邮箱", CellType.MAIL, "邮箱，可留空", "mail address; may be blank", ""),
    ),
)
SHEETS: Mapping[str, Sheet] = {sheet.name: sheet for sheet in (ENTITIES, METERS, POINTS, DEPARTMENTS, CONTACTS)}
