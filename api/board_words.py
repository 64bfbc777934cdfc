"""How the wallboard says things: two languages side by side, numbers with their unit, times of Asia/Shanghai, ages in words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from api.board_words_alerts import ALERT_CHANNELS, ALERT_WHYS, MESSAGE_STATES
from api.board_words_data import DATA_RULES
from tricolor.domain.intervals import DAY_US, HOUR_US, MINUTE_US, from_us
from tricolor.domain.lights import LIGHT_CN, Light

Lang = Literal["zh", "en"]
LANGS: Final[tuple[Lang, ...]] = ("zh", "en")

GLYPHS: Final[dict[Light, str]] = {Light.RED: "●", Light.ORANGE: "◆", Light.YELLOW: "▲", Light.GREEN: "■", Light.GREY: "◌"}
MEANINGS: Final[dict[Light, tuple[str, str]]] = {
    Light.RED: ("超标", "off track"),
    Light.ORANGE: ("严重滞后", "far behind"),
    Light.YELLOW: ("滞后", "behind"),
    Light.GREEN: ("正常", "on track"),
    Light.GREY: ("未知", "unknown"),
}
RULES: Final[dict[str, tuple[str, str]]] = {
    "pace": ("能耗强度进度", "Intensity pace"),
    "benchmark": ("单位产品能效", "Product benchmark"),
    "silent": ("数据中断", "Silence"),
    "heat_loss": ("管网热损失", "Heat loss"),
    "supply_temperature": ("供热温度", "Supply temperature"),
    "instant": ("实时越限", "Instant limit"),
    "concentration": ("排放浓度", "Emission concentration"),
    "mass": ("排放总量", "Emitted mass"),
    "project": ("重点项目", "Projects"),
    "audit": ("清洁生产审核", "Cleaner-production audit"),
    "total": ("能源消费总量", "Energy total"),
    "budget": ("用能预算", "Energy budget"),
    "per_area": ("单位建筑面积能耗", "Energy per floor area"),
    "per_head": ("人均能耗", "Energy per head"),
    "benchmark_share": ("达标产能比例", "Share at benchmark"),
    "forecast": ("年底预测", "Year-end forecast"),
    "indicator": ("规划指标", "Plan indicator"),
    **DATA_RULES,
}
INDICATORS: Final[dict[str, tuple[str, str]]] = {
    "basic": ("基本目标", "basic target"),
    "incentive": ("激励目标", "incentive target"),
    "units": ("辖内企业", "enterprises inside"),
    "carbon:basic": ("碳排放强度基本目标", "carbon intensity, basic target"),
    "carbon:incentive": ("碳排放强度激励目标", "carbon intensity, incentive target"),
}
WHYS: Final[Mapping[str, tuple[str, str]]] = ALERT_WHYS
KINDS: Final[dict[str, tuple[str, str]]] = {
    "city": ("全市", "City"),
    "region": ("地区", "Area"),
    "park": ("园区", "Park"),
    "enterprise": ("企业", "Enterprise"),
    "network": ("供热管网", "Heat network"),
    "building": ("公共建筑", "Public building"),
}
ROLES: Final[dict[str, tuple[str, str]]] = {
    "purchased": ("购入", "purchased"),
    "sold": ("外供", "sold"),
    "produced": ("自产", "produced"),
    "consumed": ("内部使用", "inner use"),
    "feedstock": ("原料用能", "feedstock"),
    "renewable": ("新增可再生", "new renewable"),
    "fed_in": ("管网输入", "fed in"),
    "delivered": ("管网供出", "delivered"),
    "generated": ("产生", "generated"),
    "utilised": ("综合利用", "utilised"),
    "utilised_stock": ("利用往年贮存", "utilised from stock"),
    "stored": ("贮存", "stored"),
    "disposed": ("处置", "disposed of"),
    "reused": ("重复利用", "reused"),
    "none": ("不计能耗", "not energy"),
    "inner_purchased": ("其中内部购入", "bought from members"),
    "inner_sold": ("其中内部外供", "sold to members"),
}
POINT_KINDS: Final[dict[str, tuple[str, str]]] = {
    "register": ("累计读数", "cumulative register"),
    "delta": ("时段增量", "interval amount"),
    "gauge": ("瞬时值", "gauge"),
    "virtual": ("公式计算", "by formula"),
}
FLAGS: Final[dict[str, tuple[str, str]]] = {
    "measured": ("实测", "measured"),
    "estimated": ("估算", "estimated"),
    "rolled_over": ("归零回绕", "rolled over"),
    "dip": ("瞬时回落", "dip"),
    "open": ("待核实", "open item"),
    "recovered": ("已恢复", "recovered"),
    "substituted": ("替代值", "substituted"),
    "suspect": ("可疑", "suspect"),
    "quantised": ("低于分辨率", "below resolution"),
}
REJECTS: Final[dict[str, tuple[str, str]]] = {
    "not_utf8": ("不是 UTF-8 文本", "not UTF-8 text"),
    "not_json": ("不是 JSON", "not JSON"),
    "not_csv": ("不是 CSV", "not CSV"),
    "not_gzip": ("不是 gzip", "not gzip"),
    "bad_shape": ("报文结构不对", "wrong shape"),
    "bad_topic": ("主题不对", "wrong topic"),
    "too_large": ("报文过大", "too large"),
    "too_many_readings": ("读数过多", "too many readings"),
    "point_missing": ("缺测点编号", "no point id"),
    "unknown_point": ("未登记的测点", "unknown point"),
    "foreign_point": ("别家的测点", "another enterprise's point"),
    "bad_time": ("时间无法读取", "unreadable time"),
    "time_without_offset": ("时间没有时区", "time without offset"),
    "time_in_future": ("时间在将来", "time in the future"),
    "time_too_old": ("时间过早", "time too old"),
    "value_not_a_number": ("数值不是数字", "not a number"),
    "value_not_finite": ("数值为无穷或非数", "not finite"),
    "negative_register": ("累计读数为负", "negative register"),
    "beyond_capacity": ("超出表计量程", "beyond the meter's capacity"),
    "store_refused": ("读数库拒收", "refused by the store"),
    "bad_quality": ("质量码不认识", "unknown quality"),
}
CHANNELS: Final[Mapping[str, tuple[str, str]]] = ALERT_CHANNELS
STATES: Final[Mapping[str, tuple[str, str]]] = MESSAGE_STATES
STATUSES: Final[dict[str, tuple[str, str]]] = {
    "illustrative": ("示例", "illustrative"),
    "official": ("正式", "official"),
    "draft": ("征求意见", "draft"),
    "interpreted": ("文义解读", "read into the text"),
    "memory": ("待核实", "unconfirmed"),
    "secondary single": ("转引，单一来源", "secondary, single source"),
    "third-party single source": ("第三方单一来源", "third party, single source"),
    "press": ("媒体报道", "press"),
    "single (press)": ("媒体报道，单一来源", "press, single source"),
    "memory, unverified": ("待核实", "unconfirmed"),
    "xcheck": ("多方核对", "cross-checked"),
    "measured": ("实测", "measured"),
    "set": ("人工设定", "set by people"),
    "derived": ("由热值推算", "derived from the heating value"),
}
FACTOR_KINDS: Final[dict[str, tuple[str, str]]] = {
    "calorific": ("折标煤（当量值）", "standard coal, calorific"),
    "equivalent": ("折标煤（等价值）", "standard coal, equal-value"),
    "co2": ("二氧化碳", "CO₂"),
}
PLAN_INDICATORS: Final[dict[str, tuple[str, str]]] = {
    "energy_intensity": ("能源消费强度降低", "fall of energy intensity"),
    "carbon_intensity": ("碳排放强度降低", "fall of carbon intensity"),
}
PLAN_PATHS: Final[dict[str, tuple[str, str]]] = {
    "linear": ("逐年均等", "equal steps"),
    "compound": ("逐年等比", "equal ratios"),
    "stepped": ("到期考核", "at the end"),
    "yearly": ("逐年改善", "better every year"),
}
QUALITIES: Final[tuple[tuple[str, str], ...]] = (("好", "good"), ("存疑", "uncertain"), ("手工", "manual"), ("校准", "calibration"), ("坏", "bad"))
UNITS: Final[dict[str, str]] = {
    "degC": "℃", "1e4CNY": "万元", "1e8CNY": "亿元", "CNY": "元", "m3": "m³", "m2": "m²", "1e4m3": "万m³",
    "m3/h": "m³/h", "mg/m3": "mg/m³", "d": "天", "tCO2": "tCO₂", "kgCO2": "kgCO₂", "head": "人", "1": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """The reader's language; called with both wordings it says the right one."""

    lang: Lang = "zh"

    def __call__(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" or not en else en

    def pair(self, table: Mapping[str, tuple[str, str]], key: str) -> str:
        """The wording of a code; the code itself when the table does not hold it."""
        return self(*table[key]) if key in table else key

    def rule(self, rule: str, indicator: str = "") -> str:
        if rule == "pace" and indicator.startswith("carbon:"):
            return f"{self('碳排放强度进度', 'Carbon intensity pace')}{self('·', ', ')}{self.pair(INDICATORS, indicator.removeprefix('carbon:'))}"
        name = self.pair(RULES, rule)
        if rule == "heat_loss" and indicator:
            return f"{name}{self('·支线 ', ', branch ')}{indicator}"
        return f"{name}{self('·', ', ')}{self.pair(INDICATORS, indicator)}" if indicator else name

    def colour(self, light: Light) -> str:
        return self(LIGHT_CN[light], light.value)

    def meaning(self, light: Light) -> str:
        return self(*MEANINGS[light])

    def light(self, light: Light) -> str:
        """Shape and words, e.g. "● 红 超标"."""
        return f"{GLYPHS[light]} {self.colour(light)} {self.meaning(light)}"

    def unit(self, unit: str) -> str:
        """A unit as people read it; compound units part by part."""
        head, slash, tail = unit.partition("/")
        whole = unit in UNITS or not slash
        shown = UNITS.get(unit, unit) if whole else f"{UNITS.get(head, head)}/{UNITS.get(tail, tail)}"
        return (
            shown
            if self.lang == "zh"
            else shown.replace("万元", "10⁴ CNY").replace("亿元", "10⁸ CNY").replace("万", "10⁴ ").replace("人", "head").replace("天", "d")
        )

    def quantity(self, value: float | None, unit: str) -> str:
        """A number with its unit as a board shows it: percentages with three digits, durations in their largest whole unit."""
        if value is None:
            return "—"
        if unit in ("s", "h"):
            seconds = value * (3600 if unit == "h" else 1)
            return self.age(0, round(seconds * 1_000_000)) if seconds >= 60 else f"{seconds:.0f} {self('秒', 's')}"
        if unit == "d":
            return f"{value:,.0f} {self('天', 'd')}"
        if unit == "1":  # a share, as of the heat that is lost
            return f"{number(value * 100, 3)} %"
        return f"{number(value, 3 if unit == '%' else 4)} {self.unit(unit)}".strip()

    def period(self, text: str) -> str:
        """A verdict's period: "now", a year, a month, or a run of months."""
        if text == "now":
            return self("当前", "now")
        first, dots, last = text.partition("..")
        return f"{first} {self('至', 'to')} {last}" if dots else text

    def person(self, author: str) -> str:
        """Who did something, without the id of the key it was done with (the audit table has it)."""
        name, is_keyed, _ = author.partition(" (key ")
        return self("接口上报", "by API") if not is_keyed and author.startswith("key ") else name

    def age(self, since: int | None, now: int) -> str:
        """How long ago, in its largest whole unit."""
        if since is None:
            return self("未知", "unknown")
        passed = max(0, now - since)
        for width, zh, en in ((DAY_US, "天", "d"), (HOUR_US, "小时", "h"), (MINUTE_US, "分钟", "min")):
            if passed >= width:
                return f"{passed // width} {self(zh, en)}"
        return self("不到 1 分钟", "under 1 min")


def number(value: float | None, digits: int = 4) -> str:
    """A number for a board: at most `digits` significant digits, thousands separated, the sign a true minus; a dash when not known."""
    if value is None or not math.isfinite(value):
        return "—"
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    places = max(0, min(6, digits - 1 - math.floor(math.log10(abs(rounded))))) if rounded else 0
    text = f"{rounded:,.{places}f}"
    if "." in text and abs(value) < 1:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−")


def exact(value: float | None, places: int = 3) -> str:
    """A number for a table: thousands separated, up to `places` decimals, a dash when not known."""
    if value is None or not math.isfinite(value):
        return "—"
    if value and abs(value) < 10**-places:
        return f"{value:.3g}".replace("-", "−")
    text = f"{value:,.{places}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def share(value: float | None) -> str:
    """A share 0..1 as a percentage with at most one decimal."""
    if value is None or not math.isfinite(value):
        return "—"
    return f"{math.floor(value * 1000 + 1e-9) / 10:g} %"


def fixed(value: float | None, places: int = 2) -> str:
    """A number of a column: thousands separated, always the same decimals, a dash when not known."""
    return "—" if value is None or not math.isfinite(value) else f"{value:,.{places}f}".replace("-", "−")


def moment(at: int | None) -> str:
    """Minute of Asia/Shanghai, "2026-11-20 08:15"."""
    return "—" if at is None else from_us(at).strftime("%Y-%m-%d %H:%M")


def moment_s(at: int | None) -> str:
    """Second of Asia/Shanghai, "2026-11-20 08:15:00"."""
    return "—" if at is None else from_us(at).strftime("%Y-%m-%d %H:%M:%S")


def start_moment(at: int | None, now: int) -> str:
    """When something began: to the minute within the last two days, else the day."""
    if at is None or now - at < 2 * DAY_US:
        return short_moment(at, now)
    when = from_us(at)
    return when.strftime("%m-%d" if when.year == from_us(now).year else "%Y-%m-%d")


def short_moment(at: int | None, now: int) -> str:
    """ "08:15" of today, "11-03 08:15" of this year, else the whole date."""
    if at is None:
        return "—"
    when, today = from_us(at), from_us(now)
    if when.date() == today.date():
        return when.strftime("%H:%M")
    return when.strftime("%m-%d %H:%M" if when.year == today.year else "%Y-%m-%d")
