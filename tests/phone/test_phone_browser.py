"""The phone page on a phone: from the message to the answer, without a script, within reach of a thumb."""

from typing import Any

import pytest

from tests.phone.phone_town import NOW, Town, benchmark, pace, silent
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.lights import Light

pytestmark = pytest.mark.browser
THUMB_PX = 44
CONTRAST = """els => els.map(el => { const s = getComputedStyle(el); let b = el, bg = 'rgba(0, 0, 0, 0)';
 while (b && bg === 'rgba(0, 0, 0, 0)') { bg = getComputedStyle(b).backgroundColor; b = b.parentElement; } return [s.color, bg, el.innerText]; })"""


def luminance(colour: str) -> float:
    parts = [int(float(c)) / 255 for c in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast of two colours."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_from_the_message_to_the_answer_on_a_phone(town: Town, serve: Any, chromium: Any) -> None:
    town.judge(benchmark("qn-manganese", Light.RED), at=NOW - HOUR_US)
    base = serve(town.app())
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{base}/inbox")
    page.locator(".message").first.click()
    assert "/a/" in page.url and page.locator("h1").inner_text() == "赤岩锰业"
    assert town.whys(1) == ["OPENED"]  # looking is not answering
    for button in page.locator(".bar .press, .bar .other").all():
        box = button.bounding_box()
        assert box["height"] >= THUMB_PX and box["y"] + box["height"] <= 740
    page.get_by_role("button", name="已知悉").click()
    assert "已记录" in page.locator("[role=status]").inner_text() and "已知悉：值班员B" in page.locator(".what").inner_text()
    page.locator(".bar").get_by_role("link", name="处理中").click()
    page.get_by_label("在做什么").fill("已派人核查，16:00 前恢复")
    page.get_by_role("button", name="提交").click()
    assert "已派人核查，16:00 前恢复" in page.locator(".steps").inner_text()
    page.locator(".bar").get_by_role("link", name="转交").click()
    page.get_by_label("转交给").select_option("statistics-duty")
    page.locator("#forward").get_by_role("button", name="转交").click()
    assert "转交 → 值班员C" in page.locator(".steps").inner_text()
    page.go_back()
    assert page.locator("h1").inner_text() == "赤岩锰业"
    assert town.whys(1) == ["OPENED", "ACKED", "COMMENTED", "FORWARDED"]
    assert {m.by for m in town.deps.alerts.get(1)[1][1:]} == {"值班员B"}
    assert all(url.startswith(base) for url in asked)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_small_phone_and_can_be_read(town: Town, serve: Any, chromium: Any, scheme: Any) -> None:
    one = town.judge(benchmark("qn-manganese", Light.RED), at=NOW - HOUR_US)
    many = town.judge(pace("qinnan", Light.YELLOW, 1.78, 1.87), silent("qn-brick", Light.RED, ["x"], 3.0), at=NOW)
    base = serve(town.app())
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page = context.new_page()
    for path in (one, f"{one}?lang=en", f"{one}#forward", many, f"{many}/2", "/a/wrong"):
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        found = page.locator("h1, h2, p, .soft, .tag, .press, .other, label, dt, dd, b, summary").evaluate_all(CONTRAST)
        faint = [(text, round(contrast(fore, back), 2)) for fore, back, text in found if text.strip() and contrast(fore, back) < 4.5]
        assert not faint, (path, faint)
        assert page.locator("html").get_attribute("lang") in ("zh-CN", "en") and page.title()
        for field in page.locator("input:not([type=hidden]), select, textarea").all():
            assert page.locator(f"label[for='{field.get_attribute('id')}']").count() == 1, path
    context.close()
