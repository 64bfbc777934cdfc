"""The forecast as people see it, in a real browser."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def base(town: Any) -> Iterator[str]:
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(town.client().app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (360, 740)])
def test_the_page_shows_forecasts_the_backtest_and_why_one_is_not_there(base: str, chromium: Any, width: int, height: int):
    page = chromium.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{base}/forecast?entity=mill")
    assert page.locator("tr[data-method='seasonal_naive']").count() == 1
    assert page.locator("tr[data-method] .tag").count() == 1  # the chosen one
    assert "还差13个月" in page.locator("tr[data-unit='kiln']").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not errors


def test_the_unit_shows_both_targets_the_band_last_year_and_what_each_month_left_must_bring(base: str, chromium: Any):
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page.goto(f"{base}/entities/qinbei")
    part = page.locator("section[aria-labelledby='h-forecast']")
    assert "剩余每月强度" in part.locator("[data-aim='basic']").inner_text()
    chart = part.locator("svg.chart").first
    assert [chart.locator(f"path.line.{style}").count() for style in ("last-year", "basic", "incentive", "data", "forecast")] == [1, 1, 1, 1, 1]
    assert chart.locator("rect.band").count() == 3  # October, November, December
    assert "2026-11" in chart.locator("rect.band title").nth(1).text_content()
    page.goto(f"{base}/entities/kiln")
    assert "还差13个月" in page.locator("section[aria-labelledby='h-forecast']").inner_text()
