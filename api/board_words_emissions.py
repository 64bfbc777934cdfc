"""Words of emissions: what is to be known about an hour, in plain words."""

from typing import Final

HOUR_FLAGS: Final[dict[str, tuple[str, str]]] = {
    "uncertain": ("超量程或标记不明", "beyond the range or of an unknown flag"),
    "manual": ("人工设定值", "typed by hand"),
    "calibration": ("校准或维护", "calibration or maintenance"),
    "fault": ("故障、失联或停运", "fault, no contact or stopped"),
    "calculated": ("质量由流量×浓度算得", "mass from flow × concentration"),
    "cou_doubted": ("累计值与流量×浓度不符，未采用", "its amount contradicts flow × concentration and was left out"),
    "split": ("由日累计值分摊", "a share of the day's amount"),
    "unconverted": ("无折算值，按实测比限值", "no value at reference oxygen, the actual one is compared"),
}
PERMIT_FIELDS: Final[dict[str, tuple[str, str]]] = {
    "factor": ("污染因子", "pollutant"),
    "outlet": ("监测站", "station"),
    "limit": ("浓度限值", "limit"),
    "unit": ("限值单位", "unit of the limit"),
    "mass_t": ("年许可量", "permitted a year"),
    "document": ("许可证编号", "permit number"),
    "valid_from": ("生效日", "valid from"),
    "valid_to": ("失效日", "valid to"),
    "by": ("姓名", "name"),
}
PERMIT_DONE: Final[dict[str, tuple[str, str]]] = {
    "permitted": ("已登记排污许可，判定将在片刻后按此更新。", "The permit is entered. Lights follow within moments."),
    "unpermitted": ("已撤销排污许可，记录保留。", "The permit is taken back; the record stays."),
}
