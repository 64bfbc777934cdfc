"""Exclusions and intensities on the page of a unit: gross, excluded and net side by side, forms that keep what was typed, all of it in a browser."""

import re
from typing import Any

import pytest

OURS = {"Sec-Fetch-Site": "same-origin"}
FORM = {
    "kind": "feedstock", "first_month": "2026-01", "last_month": "2026-03", "tce": "1,200", "document": "发改环资〔2022〕803号",
    "who": "李工", "reason": "石脑油作原料",
}  # fmt: skip
REFINERY = "/entities/qzg-refinery"


def numbers(html: str, period: str) -> list[str]:
    """Gross, off the total, net, off the intensity, net, coverage."""
    row = re.search(rf'<tr data-net="{period}">(.*?)</tr>', html, re.DOTALL)
    assert row is not None
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row.group(1), re.DOTALL)]


def amount(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def test_a_person_enters_an_exclusion_sees_the_net_and_takes_it_back(city: Any, local: Any) -> None:
    client = local(city)
    before = numbers(client.get(REFINERY).text, "2026")
    assert before[0] == before[2] == before[4] and before[1] == "0.00"
    done = client.post(f"{REFINERY}/exclusions", data=FORM, headers=OURS, follow_redirects=False)
    assert done.status_code == 303 and done.headers["location"].startswith(f"{REFINERY}?done=excluded")
    page = client.get(done.headers["location"]).text
    after = numbers(page, "2026")
    assert after[1] == after[3] == "1,200.00" and after[0] == before[0]
    assert amount(after[2]) == amount(after[4]) == pytest.approx(amount(before[0]) - 1200.0)
    assert "已登记扣减" in page and "李工" in page and "发改环资〔2022〕803号" in page and "扣减后总量" in page
    whole = numbers(client.get("/entities/qinzhougang").text, "2026")
    assert whole[1] == "1,200.00"  # of the area around it as well
    (number,) = re.findall(r'data-entry="(\d+)"', page)
    client.post(f"{REFINERY}/exclusions/{number}/revoke", data={"who": "王工", "reason": "台账有误"}, headers=OURS)
    restored = client.get(REFINERY).text
    assert numbers(restored, "2026") == before and "已撤销" in restored and "台账有误" in restored


def test_what_is_not_taken_says_why_and_keeps_what_was_typed(city: Any, local: Any) -> None:
    client = local(city)
    told = client.post(f"{REFINERY}/exclusions", data=FORM | {"first_month": "2019-01", "tce": "many"}, headers=OURS)
    assert told.status_code == 422 and "应为数字" in told.text and "石脑油作原料" in told.text and 'value="many"' in told.text
    told = client.post(f"{REFINERY}/exclusions", data=FORM | {"first_month": "2019-01", "last_month": "2019-02", "who": ""}, headers=OURS)
    assert told.status_code == 422 and "2019-01 不能扣减" in told.text and "请写明由谁登记" in told.text
    assert client.post(f"{REFINERY}/exclusions/999/revoke", data={"who": "a", "reason": "b"}, headers=OURS).status_code == 404
    assert client.post(f"{REFINERY}/exclusions", data=FORM, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_carbon_stands_beside_energy_for_city_and_regions_and_what_is_not_known_says_why(city: Any, local: Any, lang: str) -> None:
    client = local(city)
    page = client.get(f"/entities/qinnan?lang={lang}").text
    rows = dict(re.findall(r'<tr data-indicator="([\w-]+)">(.*?)</tr>', page, re.DOTALL))
    assert list(rows) == ["energy-gdp", "co2-gdp"]
    assert "tCO2" in rows["co2-gdp"] or "tCO₂" in rows["co2-gdp"]
    assert "%" in rows["energy-gdp"]
    unknown = dict(re.findall(r'<tr data-indicator="([\w-]+)">(.*?)</tr>', client.get(f"{REFINERY}?lang={lang}").text, re.DOTALL))
    assert {"zh": "无活动水平数据", "en": "no activity figure"}[lang] in unknown["energy-value_added"]


@pytest.mark.browser
def test_in_a_browser_an_exclusion_is_entered_with_the_form_and_the_page_fits_a_phone(city: Any, chromium: Any) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{city.base}/entities/qzg-paper")
    page.get_by_text("登记扣减", exact=True).first.click()
    form = page.locator('form[action$="/exclusions"]')
    form.locator('select[name="kind"]').select_option("national_project")
    form.locator('input[name="first_month"]').fill("2026-02")
    form.locator('input[name="last_month"]').fill("2026-02")
    form.locator('input[name="tce"]').fill("35.5")
    form.locator('input[name="document"]').fill("发改环资〔2021〕1310号")
    form.locator('input[name="who"]').fill("李工")
    form.locator('textarea[name="reason"]').fill("国家列名项目")
    form.get_by_role("button", name="登记扣减").click()
    page.wait_for_url("**/entities/qzg-paper?done=excluded*")
    assert page.locator('tr[data-net="2026"] td').nth(1).inner_text() == "35.50"
    assert "国家重大项目" in page.locator("tr[data-entry]").first.inner_text()
    page.set_viewport_size({"width": 360, "height": 720})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert not errors
    context.close()
