"""The board as people use it: in a real browser, against a real server over real ledgers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tricolor.domain.intervals import MINUTE_US
from tricolor.domain.lights import Light, Verdict

pytestmark = pytest.mark.browser


@dataclass
class Visitor:
    """A browser window and what went wrong in it."""

    page: Any
    base: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def go(self, path: str) -> Any:
        self.page.goto(self.base + path)
        return self.page

    @property
    def overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture
def visit(chromium: Any) -> Iterator[Any]:
    """`visit(board, width, height)`: a window; at the end no script failed and nothing was asked of another host."""
    opened: list[tuple[Any, Visitor]] = []

    def enter(board: Any, width: int = 1440, height: int = 900, **options: Any) -> Visitor:
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN", **options)
        visitor = Visitor(context.new_page(), board.base)
        visitor.page.on("console", lambda message: visitor.errors.append(message.text) if message.type == "error" else None)
        visitor.page.on("pageerror", lambda error: visitor.errors.append(str(error)))
        visitor.page.on("request", lambda asked: None if asked.url.startswith(board.base + "/") else visitor.foreign.append(asked.url))
        opened.append((context, visitor))
        return visitor

    yield enter
    for context, visitor in opened:
        assert not visitor.errors and not visitor.foreign
        context.close()


def dairy(light: Light) -> Verdict:
    reason = "总进线电量超过1小时没有读数" if light is Light.YELLOW else "正在按时上报"
    return Verdict("ls-dairy", "silent", "", "now", light, 4000.0, 3600.0, "s", reason, "no reading for over an hour", None)


def test_the_first_screen_says_who_is_red_since_when_and_whether_somebody_is_on_it(city: Any, visit: Any) -> None:
    page = visit(city).go("/")
    assert page.locator("h1").inner_text().startswith("3 个单位亮红灯")
    first = page.locator(".alerts .alert").first
    box = first.bounding_box()
    assert box["y"] + box["height"] < 900
    text = first.inner_text()
    assert "赤岩锰业" in text and "5 天" in text and "无人响应" in text
    port = page.locator(".alerts .alert", has_text="自贸区钦州港片区").inner_text()
    assert "12 天" in port and "已知悉：值班员A" in port
    assert [page.locator(f'[data-count="{x}"] .figure').inner_text().strip() for x in ("red", "yellow", "green", "grey")] == ["3", "3", "14", "5"]
    last_tile = page.locator(".tiles .tile").last.bounding_box()
    assert last_tile["y"] + last_tile["height"] < 900  # all areas on the first screen


def test_from_a_red_enterprise_down_to_its_meter(city: Any, visit: Any) -> None:
    page = visit(city).go("/")
    page.get_by_role("link", name="赤岩锰业", exact=True).click()
    assert page.locator("h1").inner_text() == "赤岩锰业" and "超标" in page.locator(".subject .state").inner_text()
    page.locator(".verdict").first.get_by_text("为什么").click()
    assert page.locator(".verdict dl.facts-list").first.is_visible()
    assert page.locator("svg.chart").count() == 2
    page.get_by_role("link", name="矿热炉一号电量").click()
    assert page.locator("h1").inner_text() == "矿热炉一号电量"
    page.get_by_text("看 96 个时段").click()
    assert page.locator("details[open] tbody tr").count() == 96


def test_the_table_sorts_by_its_headers_without_a_script(city: Any, visit: Any) -> None:
    page = visit(city, java_script_enabled=False).go("/")
    page.locator("#units ~ div thead").get_by_role("link", name="单位").click()
    assert "sort=name" in page.url and page.locator("thead th[aria-sort]").inner_text().startswith("单位")
    names = page.locator('[data-block="units"] tbody th a').all_inner_texts()
    assert names == sorted(names) and len(names) == 18 + 1  # and a public building


def test_a_message_on_the_phone_leads_to_its_alert_and_is_acknowledged_with_one_press(city: Any, visit: Any) -> None:
    visitor = visit(city, 360, 740)
    page = visitor.go("/inbox?to=industry-it-duty")
    unread = page.locator(".message.unread").count()
    page.locator(".message.unread", has_text="赤岩锰业").click()
    page.wait_for_url("**/alerts/*")
    page.wait_for_load_state()
    assert visitor.overflow <= 0
    button = page.get_by_role("button", name="已知悉")
    assert button.bounding_box()["height"] >= 44
    page.locator(".acknowledge-form").get_by_label("您的姓名或岗位").fill("值班员B")
    button.click()
    page.wait_for_url("**done=ack*")
    page.wait_for_load_state()
    assert "已记录" in page.locator(".notice").inner_text() and "已知悉：值班员B" in page.locator(".acknowledge").inner_text()
    assert page.get_by_role("button", name="已知悉").count() == 0
    alert = next(a for a in city.deps.alerts.page("open", ["qn-manganese"], 9, None))
    assert (alert.handling, alert.acked_by) == ("acked", "值班员B")
    visitor.go("/inbox?to=industry-it-duty")
    assert page.locator(".message.unread").count() == unread - 1
    visitor.go("/alerts")
    page.locator(".alert", has_text="南坡墙材").first.click()
    assert page.locator(".acknowledge-form").get_by_label("您的姓名或岗位").input_value() == "值班员B"  # the name is remembered


@pytest.mark.parametrize("path", ["/", "/alerts", "/alerts/1", "/inbox", "/data", "/plan", "/factors", "/entities/qinzhougang", "/entities/qzg-heat",
                                  "/points/qn-manganese.elec-1", "/nowhere"])  # fmt: skip
def test_nothing_scrolls_sideways_on_a_phone_in_either_language(city: Any, visit: Any, path: str) -> None:
    visitor = visit(city, 360, 740)
    for lang in ("zh", "en"):
        visitor.go(f"{path}?lang={lang}")
        assert visitor.overflow <= 0, lang
    visitor.errors = [e for e in visitor.errors if "404" not in e]  # the browser notes the 404 of /nowhere itself


def test_the_dark_theme_follows_the_system_or_the_choice_and_stays(city: Any, visit: Any) -> None:
    def ground(page: Any) -> str:
        return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))

    dark, light = "rgb(15, 21, 19)", "rgb(247, 248, 246)"
    assert ground(visit(city, color_scheme="dark").go("/")) == dark
    page = visit(city, color_scheme="light").go("/")
    assert ground(page) == light
    page.get_by_role("link", name="深色").click()
    assert ground(page) == dark
    page.get_by_role("link", name="数据", exact=True).click()
    assert ground(page) == dark
    page.get_by_role("link", name="浅色").click()
    assert ground(page) == light


def test_the_lights_have_the_colours_of_the_house(city: Any, visit: Any) -> None:
    page = visit(city).go("/")
    colours = {x: page.evaluate(f"getComputedStyle(document.querySelector('.counts .lamp.{x}')).fill") for x in ("red", "yellow", "green")}
    assert colours == {"red": "rgb(200, 50, 43)", "yellow": "rgb(217, 142, 4)", "green": "rgb(46, 139, 87)"}
    assert page.evaluate("getComputedStyle(document.querySelector('.counts .lamp.grey')).stroke") == "rgb(138, 147, 142)"


def test_english_is_one_click_away_and_stays(city: Any, visit: Any) -> None:
    page = visit(city).go("/")
    page.get_by_role("link", name="English").click()
    assert re.match(r"\d units? (is|are) red", page.locator("h1").inner_text())
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator(".tile", has_text="Qinnan District").click()
    assert page.locator("h1").inner_text() == "Qinnan District" and "behind" in page.locator(".subject .state").inner_text()


def test_a_wall_screen_is_half_as_large_again(city: Any, visit: Any) -> None:
    page = visit(city, 1920, 1080).go("/?wall=1")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
    last_tile = page.locator(".tiles .tile").last.bounding_box()
    assert last_tile["y"] + last_tile["height"] < 1080


def test_a_change_of_light_is_shown_in_place_announced_once_and_marked_until_seen(city: Any, visit: Any) -> None:
    page = visit(city).go("/")
    said = page.locator("#announce")
    row = page.locator('tr[data-unit="ls-dairy"]')
    assert "正常" in row.inner_text() and said.inner_text() == ""
    city.clock["now"] += MINUTE_US
    city.judge(dairy(Light.YELLOW), at=city.clock["now"])
    page.evaluate("window.stays = document.querySelector('main'); window.tricolorRefresh()")
    page.wait_for_function("document.getElementById('announce').textContent !== ''")
    assert said.inner_text() == "荔野乳品: ■ 绿 正常 → ▲ 黄 滞后"
    assert "滞后" in row.inner_text() and "changed" in (row.get_attribute("class") or "")
    assert page.evaluate("window.stays === document.querySelector('main')")  # nothing was loaded anew
    page.evaluate("document.getElementById('announce').textContent = ''; window.tricolorRefresh()")
    page.wait_for_timeout(400)
    assert said.inner_text() == ""  # announced once
    row.hover()
    assert "changed" not in (row.get_attribute("class") or "")
    city.judge(dairy(Light.GREEN), at=city.clock["now"] + MINUTE_US)


def test_a_lost_server_is_said_and_forgotten_when_it_is_back(city: Any, visit: Any) -> None:
    visitor = visit(city)
    page = visitor.go("/")
    page.route("**/board/live.json*", lambda route: route.abort())
    page.evaluate("(async () => { await tricolorRefresh(); await tricolorRefresh(); })()")
    assert page.locator("#lost").is_visible() and "连接中断" in page.locator("#lost").inner_text()
    page.unroute("**/board/live.json*")
    page.evaluate("tricolorRefresh()")
    page.wait_for_selector("#lost", state="hidden")
    visitor.errors = [e for e in visitor.errors if "ERR_FAILED" not in e]  # the failure this test made


def test_everything_is_reached_by_keyboard_and_focus_is_seen(city: Any, visit: Any) -> None:
    page = visit(city).go("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    style = page.evaluate("(() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineColor]; })()")
    assert style == ["solid", "rgb(31, 111, 235)"]
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_an_empty_house_tells_the_next_step(nothing: Any, unheard: Any, visit: Any) -> None:
    page = visit(nothing).go("/")
    assert page.locator("h1").inner_text() == "还没有登记任何单位" and page.locator("pre").inner_text() == "tricolor import registry FILE"
    page = visit(unheard).go("/")
    assert "还没有收到读数" in page.locator("main").inner_text() and page.locator(".tile").count() == 9


def test_a_page_that_is_not_there_looks_like_the_others(city: Any, visit: Any) -> None:
    visitor = visit(city)
    page = visitor.go("/nowhere")
    assert page.locator("h1").inner_text() == "没有这个页面"
    page.get_by_role("link", name="回到总览").click()
    assert page.locator(".counts").is_visible()
    visitor.errors = [e for e in visitor.errors if "404" not in e]
