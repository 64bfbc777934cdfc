"""Matters as alerts make them, worked by hand, for the tests of messages."""

from typing import Any

from tricolor.domain.alerts import Why
from tricolor.domain.lights import Light
from tricolor.domain.notifications import Matter

NOW = 1_795_132_800_000_000  # 2026-11-20 08:00 in Shanghai
LINK = "https://tricolor.example/a/k1k2k3k4.AAAAAAAAAAAAAAAA"


def matter(**changes: Any) -> Matter:
    given: dict[str, Any] = {
        "alert_id": 1, "why": Why.OPENED, "light": Light.RED, "entity": "pubei", "name_zh": "浦北县", "name_en": "Pubei County", "rule": "pace",
        "rule_zh": "能耗强度进度", "rule_en": "pace of energy intensity", "indicator": "basic",
        "reason_zh": "累计降低率 1.20 %，要求 3.60 %，差距 67 %（红线 10 %）", "reason_en": "reduced by 1.20 %, 3.60 % is required, 67 % short (red from 10 %)",
        "at": NOW, "link": "https://tricolor.example/alerts/1",
    }  # fmt: skip
    return Matter(**{**given, **changes})


SINCE = NOW - 5_400_000_000  # 06:30
OF_WHY: dict[Why, dict[str, Any]] = {
    Why.OPENED: {},
    Why.WORSENED: {},
    Why.EASED: {"light": Light.YELLOW},
    Why.RESOLVED: {"light": Light.GREEN, "reason_zh": "累计降低率 3.80 %，已达到要求 3.60 %", "reason_en": "reduced by 3.80 %, 3.60 % is required"},
    Why.REPEATED: {"since": SINCE},
    Why.ESCALATED: {"since": SINCE, "step": 2, "step_zh": "分管领导", "step_en": "deputy head"},
    Why.UNACKED: {"since": SINCE},
    Why.FORWARDED: {"by": "王工", "note": "锅炉房归二车间管"},
    Why.CLOSED: {"by": "李科长", "note": "停产检修，已报备"},
    Why.STALE: {"reason_zh": "自 05:00 起没有读数", "reason_en": "no reading since 05:00"},
    Why.NO_DATA: {
        "light": Light.YELLOW, "rule_zh": "数据上报", "rule_en": "data upload", "reason_zh": "网关 gw-3 自 05:00 起没有数据",
        "reason_en": "gateway gw-3 has sent nothing since 05:00",
    },
}  # fmt: skip


def several(count: int) -> list[Matter]:
    """Every third red, every seventh resolved, the others yellow."""
    return [
        matter(
            alert_id=n, name_zh=f"第{n}热力厂", name_en=f"Heat works {n}", at=NOW + n * 1_000_000,
            light=Light.GREEN if n % 7 == 0 else Light.RED if n % 3 == 0 else Light.YELLOW, why=Why.RESOLVED if n % 7 == 0 else Why.OPENED,
        )
        for n in range(1, count + 1)
    ]  # fmt: skip
