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
