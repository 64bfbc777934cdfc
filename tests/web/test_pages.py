"""Every page over HTTP: well formed, light, safe to open, and useful when something is missing."""

import gzip
import re
from html.parser import HTMLParser
from typing import Any

import pytest

PAGES = ["/", "/?sort=name", "/alerts", "/alerts?state=all", "/alerts/1", "/inbox", "/inbox?to=industry-it-duty", "/data", "/plan", "/factors",
         "/entities/qinzhou", "/entities/qinnan", "/entities/qn-manganese", "/entities/qzg-heat", "/entities/qzg-petrochemical",
         "/points/qn-manganese.elec-1", "/points/qzg-heat.source.supply", "/points/ls-textile.elec"]  # fmt: skip
VOID = {"meta", "link", "input", "br", "rect", "circle", "line", "path"}


class Outline(HTMLParser):
    """Tags that are not closed, ids, table headers without a scope, and inline code that the content policy would refuse."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.faults: list[str] = []
        self.headings: list[int] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "th" and "scope" not in given:
            self.faults.append("th without scope")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.faults += [f"{name} on {tag}" for name in given if name == "style" or name.startswith("on")]
        if tag == "script" and not (given.get("src") or "").startswith("/static/"):
            self.faults.append("inline script")
        for name in ("src", "href", "action"):
            if re.match(r"(https?:)?//", given.get(name) or ""):
                self.faults.append(f"foreign {name} {given[name]}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_well_formed_light_and_free_of_inline_code(city: Any, local: Any, path: str, lang: str) -> None:
    answer = local(city).get(path, params={"lang": lang}, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text[:400]
    outline = Outline(answer.text)
    assert not outline.faults and not outline.open
    assert sorted(set(outline.ids) - {"hatch"}) == sorted(i for i in outline.ids if i != "hatch")
    assert outline.headings[0] == 1 or 1 in outline.headings
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text and 'class="skip" href="#main"' in answer.text
    assert len(answer.content) < 200_000 and len(gzip.compress(answer.content)) < 40_000
    assert "Asia/Shanghai" in answer.text or "北京时间" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_the_alert_a_phone_opens_is_under_60_kb_with_everything_it_loads(city: Any, local: Any) -> None:
    client = local(city)
    page = client.get("/alerts/1").text
    loaded = sum(len(client.get(address).content) for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    assert len(page.encode()) + loaded < 60_000


def test_every_light_is_a_shape_and_a_word(city: Any, local: Any) -> None:
    text = local(city).get("/").text
    for light, colour, meaning in (("red", "红", "超标"), ("yellow", "黄", "滞后"), ("green", "绿", "正常"), ("grey", "灰", "未知")):
        assert re.search(
            rf'<svg class="lamp {light}".*?</svg><span class="colour">{colour}</span> <span class="meaning">{meaning}</span>', text, re.S
        )
    assert text.count('class="lamp') > 0 and not re.findall(r'class="lamp (?!red|yellow|green|grey)', text)


def test_what_a_device_sends_is_shown_as_text_and_never_run(city: Any, local: Any) -> None:
    text = local(city).get("/data").text
    assert "<script>alert" not in text and "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_illustrative_targets_say_so_in_every_row(city: Any, local: Any) -> None:
    text = local(city).get("/plan").text
    rows = re.findall(r"<tr>.*?</tr>", text.partition("<tbody>")[2].partition("</tbody>")[0], re.S)
    energy, carbon = ([row for row in rows if name in row] for name in ("能源消费强度降低", "碳排放强度降低"))
    assert len(rows) == 24 and len(energy) == len(carbon) == 12 and all("示例" in row and "附件1" in row for row in rows)
    assert all("钦政办〔2022〕43号" in row for row in energy) and all("原文未印碳排放的数字" in row for row in carbon)


def test_static_files_are_kept_for_ever_and_named_by_their_content(city: Any, local: Any) -> None:
    client = local(city)
    address = re.search(r'href="(/static/board\.css\?v=[0-9a-f]{12})"', client.get("/").text)
    assert address is not None
    assert "immutable" in client.get(address.group(1)).headers["cache-control"]
    assert client.get("/static/../board.py").status_code == 404


def test_a_page_that_is_not_there_is_a_page_for_people_and_a_problem_for_programs(city: Any, local: Any) -> None:
    client = local(city)
    for path in (
        "/nowhere",
        "/entities/nobody",
        "/points/none",
        "/alerts/99999",
        "/alerts/x",
        "/alerts/0",
        f"/alerts/{2**70}",
        f"/alerts?page={2**70}",
    ):
        page = client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 404 and "没有这个页面" in page.text and not Outline(page.text).faults
    problem = client.get("/v1/nowhere", headers={"Accept": "text/html"})
    assert problem.status_code == 404 and problem.headers["content-type"] == "application/problem+json"
    assert client.get("/nowhere").headers["content-type"] == "application/problem+json"


def test_an_empty_house_says_what_to_do_next(nothing: Any, unheard: Any, local: Any) -> None:
    assert "tricolor import registry FILE" in local(nothing).get("/").text
    assert "tricolor/v1/" in local(unheard).get("/").text
    for path in ("/alerts", "/inbox", "/data", "/plan", "/factors"):
        assert local(nothing).get(path).status_code == 200


def test_a_store_that_is_down_is_a_page_and_not_a_trace(city: Any, local: Any) -> None:
    from dataclasses import replace

    from tricolor.domain.errors import TryAgain

    class Down:
        def __getattr__(self, _name: str) -> Any:
            def fail(*_: object) -> None:
                raise TryAgain("the store is down")

            return fail

    answer = local(city, replace(city.deps, readings=Down())).get("/")
    assert answer.status_code == 503 and "暂时取不到" in answer.text and "Traceback" not in answer.text


def test_a_live_update_carries_the_parts_the_lights_and_the_words(city: Any, local: Any) -> None:
    client = local(city)
    state = client.get("/board/live.json", params={"page": "overview"}).json()
    assert set(state["blocks"]) == {"tabs", "clock", "answer", "first", "units", "health"}
    assert state["lights"]["qinzhougang"] == "red" and state["words"]["red"] == "● 红 超标" and state["names"]["qinnan"] == "钦南区"
    page = client.get("/").text
    for block in state["blocks"].values():
        assert block.strip() in page  # an update of an unchanged page changes nothing
    for page_name in ("alerts", "inbox", "data", "entity", ""):
        assert client.get("/board/live.json", params={"page": page_name, "id": "qinnan"}).status_code == 200


def test_language_theme_and_wall_are_kept_in_cookies(city: Any, local: Any) -> None:
    client = local(city)
    assert "Overview" in client.get("/?lang=en").text and "Overview" in client.get("/").text
    assert 'data-theme="dark"' in client.get("/?theme=dark").text and 'data-theme="dark"' in client.get("/data").text
    assert 'class="wall"' in client.get("/?wall=1").text and 'class="wall"' not in client.get("/?wall=0").text
    assert "data-theme" not in client.get("/?theme=auto").text
    assert 'data-theme="evil' not in client.get('/?theme=evil"><b>').text
