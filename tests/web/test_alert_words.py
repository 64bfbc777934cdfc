"""Evidence of alerts and messages in words: no number of microseconds, no count with decimals, no word without its link."""

from typing import Any

import pytest

from api.board_facts import evidence_lines
from api.board_pages import said
from api.board_words import Words
from api.phone_charts import against
from api.phone_inbox import without_link

ZH = Words("zh")
LINK = "https://tricolor.example/a/k1k2k3k4.AAAAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    ("evidence", "lines"),
    [
        (  # of rule instant; 1_795_132_800 s is 2026-11-20 08:00 in Shanghai
            {"point": "p-1", "at": 1_795_132_800_000_000, "source": "许可证", "red_from": 100.0},
            (("测点", "p-1"), ("读数时间", "2026-11-20 08:00"), ("限值来源", "许可证"), ("红灯限值", "100")),
        ),
        ({"projects": 9, "due": 2}, (("项目数", "9"), ("已到期项目", "2"))),
        ({"is_mandatory": True, "due": "2026-06-26"}, (("强制性审核", "是"), ("应完成日期", "2026-06-26"))),
        ({"gap": 0.6, "path_points": {"2026": 4.0}}, (("差距占应完成变化的", "60.00 %"), ("各年应达", "2026: 4"))),
        ({"gap": 1.164}, (("超出允许增长的比例", "116.4 %"),)),  # of rule total
        ({"target_is": "derived"}, (("目标来源", "按强度目标与增速推算"),)),
    ],
)
def test_evidence_is_said_as_its_rule_means_it(evidence: dict[str, Any], lines: tuple[tuple[str, str], ...]) -> None:
    assert evidence_lines(evidence, ZH) == lines


def test_a_share_beside_its_limit_is_drawn_as_a_percentage() -> None:
    drawn = against(0.1289, 0.1, ("实际与要求", "实际", "要求"), "1")
    assert drawn.unit == "%" and ">12.89<" in drawn.svg and "0.1289" not in drawn.svg


@pytest.mark.parametrize("asked", ["查看并知悉", "查看详情", "Look and acknowledge:"])
def test_who_gets_no_link_gets_no_word_that_leads_to_it(asked: str) -> None:
    assert without_link(f"新预警，请核实并处理。（2026-11-20 08:00）\n{asked} {LINK}") == "新预警，请核实并处理。（2026-11-20 08:00）"


def test_a_group_of_four_lines_is_shown_whole_and_not_taken_for_a_reason_in_two_languages() -> None:
    text = "● 红 甲 用能预算：已用90%\n● 红 乙 用能预算：已用98%\n新预警，请核实并处理。（2026-11-20 08:00）\n预警集中发生"
    assert said(text, ZH) == text
