"""How exclusions and intensities are said to people."""

from typing import Final

from api.board_words import Words
from tricolor.domain.exclusions import Exclusion

KINDS: Final[dict[str, tuple[str, str]]] = {
    "feedstock": ("原料用能", "feedstock"),
    "new_renewable": ("新增可再生能源", "new renewables"),
    "national_project": ("国家重大项目", "national project"),
    "non_fossil": ("非化石能源", "non-fossil energy"),
}
PURPOSES: Final[dict[str, tuple[str, str]]] = {"total": ("总量", "total"), "intensity": ("强度", "intensity")}
PER: Final[dict[str, tuple[str, str]]] = {
    "gdp": ("单位生产总值", "per GDP"),
    "value_added": ("单位增加值", "per value added"),
    "output": ("单位产品", "per product"),
    "area": ("单位建筑面积", "per floor area"),
    "head": ("人均", "per head"),
}
OF: Final[dict[str, tuple[str, str]]] = {"energy": ("能耗", "energy"), "co2": ("碳排放", "CO₂")}
DONE: Final[dict[str, tuple[str, str]]] = {
    "excluded": ("已登记扣减，判定将在片刻后按此更新。", "The exclusion is entered. Lights follow within moments."),
    "adopted": ("已按计量登记扣减，判定将在片刻后按此更新。", "Entered from metered amounts. Lights follow within moments."),
    "restored": ("已撤销扣减，记录保留。", "The exclusion is taken back; the record stays."),
}


def months_said(fact: Exclusion, t: Words) -> str:
    return fact.first_month if fact.first_month == fact.last_month else f"{fact.first_month} {t('至', 'to')} {fact.last_month}"
