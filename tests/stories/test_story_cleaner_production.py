"""Cleaner production (清洁生产): the register of audits as a platform, every step entered by the API, deadlines by the calendar."""

from tests.stories.conftest import City
from tests.stories.town import QINBEI, unit

AUDIT = "qinbei-2024-01"


def platform(city: City) -> City:
    city.register(QINBEI + unit("mill", "enterprise", "造纸厂", region="qinbei"))
    return city


def step(city: City, **dates: str) -> None:
    order = {"entity": "mill", "is_mandatory": True, "document": "桂环函 示例", "by": "李", "listed_on": "2024-03-01", **dates}
    city.send("PUT", f"/v1/cp-audits/{AUDIT}", order)


def test_an_audit_is_followed_from_the_list_to_its_acceptance(make_city) -> None:
    """「构建清洁生产信息平台，实现对企业清洁生产审核完成情况、评估与验收情况、清洁生产方案实施情况和绩效统计等信息的动态管理和实时查询」 广西“十四五”清洁生产实施方案 （二十一）.

    Listed on 1 March 2024: to start by 1 May (30 days later it is red), to report by 1 March 2025 (60 days before it is yellow), accepted a year later.
    """
    city = platform(make_city("guangxi-cleaner-2021-2025", "2024-03-02T09:00"))
    step(city, state="listed")
    lights = []
    for day in ("2024-05-01", "2024-05-02", "2024-05-31", "2024-06-01"):  # the last day; 1, 30 and 31 days late
        lights.append(city.at(f"{day}T09:00").light("audit", "mill", AUDIT)["light"])
    assert lights == ["green", "yellow", "yellow", "red"]
    step(city, state="started", started_on="2024-06-01")
    assert city.light("audit", "mill", AUDIT)["light"] == "green"
    assert city.at("2024-12-31T09:00").light("audit", "mill", AUDIT)["light"] == "yellow"  # 60 days left
    red = city.at("2025-03-02T09:00").light("audit", "mill", AUDIT)
    assert (red["light"], red["value"]) == ("red", 1.0) and "2025-03-01" in red["reason"]["zh"]
    step(city, state="reported", started_on="2024-06-01", reported_on="2025-03-02")
    assert city.light("audit", "mill", AUDIT)["light"] == "green"
    assert city.at("2026-03-03T09:00").light("audit", "mill", AUDIT)["light"] == "yellow"  # a year after the report nothing is accepted
    step(city, state="accepted", started_on="2024-06-01", reported_on="2025-03-02", assessed_on="2025-06-01", accepted_on="2026-03-02")
    assert city.light("audit", "mill", AUDIT)["light"] == "green"
    answer = city.client.get(f"/v1/cp-audits/{AUDIT}", headers=city.headers("read", "")).json()
    assert [each["state"] for each in answer["history"]] == ["listed", "started", "reported", "accepted"] and answer["audit"]["light"] == "green"


def test_without_the_day_of_the_list_no_term_runs_and_the_light_says_what_to_enter(make_city) -> None:
    """「依法在“双超双有高耗能”行业实施强制性清洁生产审核，进一步规范清洁生产审核行为，提高清洁生产审核质量」 钦政办〔2022〕43号 第二篇第三章六."""
    city = platform(make_city("qinzhou-2021-2025", "2024-03-02T09:00"))
    city.send("PUT", f"/v1/cp-audits/{AUDIT}", {"entity": "mill", "is_mandatory": True, "state": "started", "started_on": "2024-02-01"})
    grey = city.light("audit", "mill", AUDIT)
    assert grey["light"] == "grey" and "名单公布日期" in grey["reason"]["zh"]
    step(city, state="started", started_on="2024-03-02")
    assert city.light("audit", "mill", AUDIT)["light"] == "green"


def test_a_voluntary_audit_has_no_term(make_city) -> None:
    """「鼓励林板、制药、食品、电力等行业开展自愿性清洁生产审核」 钦政办〔2022〕43号 第二篇第三章六."""
    city = platform(make_city("qinzhou-2021-2025", "2024-03-02T09:00"))
    step(city, state="listed", is_mandatory=False)  # type: ignore[arg-type]
    assert city.at("2026-01-01T09:00").light("audit", "mill", AUDIT)["light"] == "green"
    step(city, state="withdrawn", is_mandatory=False, reason="企业停产")  # type: ignore[arg-type]
    city.judge()
    assert city.lights("audit", "mill") == []
