"""The pages of projects and audits: entered, changed, adopted, uploaded by a person; what is not taken says why and keeps what was typed."""

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
from openpyxl import Workbook

from api.app import create_app
from api.board import mount_board
from tests.projects.conftest import NOW
from tests.web.conftest import Served
from tricolor.domain.lights import Light, Verdict

OURS = {"Sec-Fetch-Site": "same-origin"}
GAS = {
    "form": "new",
    "id": "own/gas",
    "entity": "mill",
    "name_cn": "煤气回收",
    "due": "2025-12",
    "expected_tce": "4,000",
    "state": "planned",
    "who": "王工",
}
AUDIT = {"form": "new", "id": "2026-mill", "entity": "mill", "is_mandatory": "yes", "state": "listed", "listed_on": "2026-03-01", "who": "王工"}


def post(world: Any, path: str, form: dict[str, str], **options: Any) -> Any:
    return world.client.post(path, data=form, headers=OURS, follow_redirects=False, **options)


def page(world: Any, path: str) -> str:
    answer = world.client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return str(answer.text)


def test_a_project_is_entered_changed_and_shown_with_every_revision(lite: Any) -> None:
    made = post(lite, "/projects", GAS)
    assert (made.status_code, made.headers["location"]) == (303, "/projects/own/gas?done=kept")
    form = GAS | {"state": "commissioned", "commissioned": "2026-03-01", "reason": "竣工验收"}
    assert post(lite, "/projects/own/gas", form).status_code == 303
    shown = page(lite, "/projects/own/gas?done=kept")
    for part in ("已记入台账", "煤气回收", "#2 已投产", "#1 拟建", "竣工验收", "王工", "2026-03-01", "4,000 tce/年"):
        assert part in shown, part
    listed = page(lite, "/projects")
    assert 'data-project="own/gas"' in listed and "2025-12" in listed


def test_what_is_not_taken_says_why_and_keeps_what_was_typed(lite: Any) -> None:
    told = post(lite, "/projects", GAS | {"due": "soon", "expected_tce": "much", "who": ""})
    assert told.status_code == 422
    assert "预计节能量：" in told.text and "不是数字" in told.text and 'value="much"' in told.text and "<details open" in told.text
    told = post(lite, "/projects", GAS | {"due": "soon", "who": ""})
    assert told.status_code == 422 and "请写明由谁登记" in told.text and "应写成 2025-12" in told.text
    assert post(lite, "/projects", GAS).status_code == 303
    assert post(lite, "/projects", GAS).status_code == 409  # the id is taken: it is opened and changed there
    told = post(lite, "/projects/own/gas", GAS | {"state": "verified", "commissioned": "2026-03-01", "verified_tce": "10"})
    assert told.status_code == 409 and "节能量只核定已投产" in told.text and 'value="10"' in told.text
    assert post(lite, "/projects/nothing", GAS).status_code == 404
    assert lite.client.get("/projects/nothing").status_code == 404
    assert lite.client.get("/projects?entity=nowhere").status_code == 404
    assert lite.client.post("/projects", data=GAS, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_field_that_is_emptied_on_the_page_is_empty_in_the_register(lite: Any) -> None:
    form = GAS | {"state": "commissioned", "commissioned": "2026-03-01", "note": "试运行"}
    assert post(lite, "/projects", form).status_code == 303
    back = form | {"state": "building", "commissioned": "", "expected_tce": "", "note": "", "reason": "日期填错"}
    assert post(lite, "/projects/own/gas", back).status_code == 303
    kept = lite.deps.projects.history("own/gas")[-1]
    assert (kept.state, kept.commissioned, kept.expected_tce, kept.note) == ("building", "", None, "")


def test_the_plan_is_offered_and_adopted_one_by_one_and_as_a_whole(lite: Any) -> None:
    first = page(lite, "/projects")
    assert "尚未纳入台账：2 个" in first and first.count("未纳入台账</span>") == 2 and "2,000" in first  # 1 000 tce each
    one = "qinzhou-2021-2025/annex3-01"
    assert "还没有纳入台账" in page(lite, f"/projects/{one}")
    done = post(lite, "/projects/adopt", {"project": one, "entity": "mill", "who": "王工"})
    assert done.headers["location"] == f"/projects/{one}?done=adopted"
    assert "造纸厂" in page(lite, f"/projects/{one}?done=adopted")
    assert post(lite, "/projects/adopt", {"who": ""}).status_code == 422
    assert post(lite, "/projects/adopt", {"who": "王工"}).status_code == 303
    assert "尚未纳入台账：" not in page(lite, "/projects")
    assert 'data-project="qinzhou-2021-2025/annex3-02"' not in page(lite, "/projects?entity=mill")


def test_the_light_and_its_reason_stand_beside_each_project_and_only_the_whole_on_the_page_of_the_unit(lite: Any) -> None:
    post(lite, "/projects", GAS)
    verdicts = [
        Verdict("mill", "project", i, "now", Light.RED, 1234.0 if i != "total" else 0.0, 4000.0, "tce/a", zh, en, None, {})
        for i, zh, en in (("own/gas", "煤气回收：应于2025-12投产，逾期", "煤气回收: late"), ("total", "共1个项目，逾期1个", "1 project"))
    ]
    lite.deps.verdicts.put(verdicts, NOW)
    row = re.search(r'<tr data-project="own/gas">(.*?)</tr>', page(lite, "/projects"), re.DOTALL)
    assert row is not None and "lamp red" in row[1] and "1,234" in row[1] and ">应于2025-12投产，逾期<" in row[1]
    unit = page(lite, "/entities/mill")
    assert "共1个项目，逾期1个" in unit and "应于2025-12投产" not in unit and "/projects?entity=mill" in unit


def test_a_sheet_is_uploaded_whole_or_not_at_all(lite: Any) -> None:
    book = Workbook()
    for line in (["编号", "责任单位", "项目名称", "状态"], ["a", "mill", "甲", "在建"], ["b", "nowhere", "乙", "在建"]):
        book.worksheets[0].append(line)
    written = BytesIO()
    book.save(written)
    told = post(lite, "/projects/sheet", {"form": "sheet", "who": "王工"}, files={"file": ("x.xlsx", written.getvalue())})
    assert told.status_code == 422 and "第3行" in told.text and "nowhere" in told.text
    assert 'data-project="a"' not in page(lite, "/projects")
    good = "编号,责任单位,项目名称,状态\na,mill,甲,在建\n".encode()
    assert post(lite, "/projects/sheet", {"form": "sheet", "who": "王工"}, files={"file": ("x.csv", good)}).status_code == 303
    assert 'data-project="a"' in page(lite, "/projects?done=imported")
    told = post(lite, "/cp-audits/sheet", {"form": "sheet", "who": "王工"}, files={"file": ("x.csv", b"")})
    assert told.status_code == 422 and "请选择" in told.text


def test_an_audit_is_entered_and_moved_on(lite: Any) -> None:
    assert "还没有登记审核" in page(lite, "/cp-audits")
    assert post(lite, "/cp-audits", AUDIT).headers["location"] == "/cp-audits/2026-mill?done=kept"
    told = post(lite, "/cp-audits/2026-mill", AUDIT | {"state": "started"})
    assert told.status_code == 422 and "须写明 started_on" in told.text
    assert post(lite, "/cp-audits/2026-mill", AUDIT | {"state": "started", "started_on": "2026-04-20"}).status_code == 303
    told = post(lite, "/cp-audits/2026-mill", AUDIT)
    assert told.status_code == 409 and "须写明理由" in told.text
    shown = page(lite, "/cp-audits/2026-mill")
    assert "#2 已启动" in shown and "强制性审核" in shown
    assert 'data-audit="2026-mill"' in page(lite, "/cp-audits?entity=north")
    assert 'data-audit="2026-mill"' not in page(lite, "/cp-audits?entity=plant")
    form = {k: v for k, v in AUDIT.items() if k != "is_mandatory"} | {"state": "started", "started_on": "2026-04-20"}
    post(lite, "/cp-audits/2026-mill", form)  # the box is not ticked
    assert "自愿性审核" in page(lite, "/cp-audits/2026-mill")


def test_names_that_look_like_markup_stay_words(lite: Any) -> None:
    post(lite, "/projects", GAS | {"name_cn": "<script>alert(1)</script>", "id": "a&b"})
    assert "<script>alert(1)" not in page(lite, "/projects") + page(lite, f"/projects/{quote('a&b')}")


@pytest.fixture
def served(lite: Any) -> Iterator[str]:
    app = create_app(lite.deps)
    mount_board(app, lite.deps)
    with Served(app) as base:
        yield base


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_in_a_browser_a_project_is_adopted_commissioned_and_nothing_scrolls_sideways_on_a_phone(
    lite: Any, served: str, chromium: Any, lang: str
) -> None:  # fmt: skip
    post(lite, "/cp-audits", AUDIT)
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, extra_http_headers={})
    view = context.new_page()
    faults: list[str] = []
    view.on("pageerror", lambda error: faults.append(str(error)))
    view.goto(f"{served}/projects?lang={lang}")
    view.locator('form[action="/projects/adopt"] input[name=who]').fill("王工")
    view.locator('form[action="/projects/adopt"] button').click()
    view.locator("tr[data-project] a").first.click()
    view.locator("details summary").last.click()
    view.locator("select[name=state]").select_option("commissioned")
    view.locator("input[name=commissioned]").fill("2026-03-01")
    view.locator("form:has(input[name=commissioned]) button").click()
    view.wait_for_selector("ol.timeline li")
    assert view.locator("ol.timeline li").count() == 2
    for path in ("/projects", "/projects/qinzhou-2021-2025/annex3-01", "/cp-audits", "/cp-audits/2026-mill"):
        view.set_viewport_size({"width": 360, "height": 740})
        view.goto(f"{served}{path}?lang={lang}")
        assert view.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
    assert faults == []
    context.close()


def test_a_key_bound_to_a_unit_sees_its_own_and_changes_nothing(lite: Any) -> None:
    post(lite, "/projects", GAS)
    post(lite, "/projects", GAS | {"id": "other", "entity": "plant"})
    from fastapi.testclient import TestClient

    app = create_app(replace(lite.deps))
    mount_board(app, lite.deps)
    token = lite.headers("read", "mill")["Authorization"].removeprefix("Bearer ")
    with TestClient(app, base_url="http://board.example", client=("203.0.113.7", 50_000)) as client:
        entered = client.post("/board/enter", data={"key": token}, headers=OURS)
        assert entered.status_code == 200
        listed = client.get("/projects").text
        assert 'data-project="own/gas"' in listed and 'data-project="other"' not in listed and "登记需要管理密钥" in listed
        assert client.get("/projects/other").status_code == 404
        assert client.post("/projects/own/gas", data=GAS, headers=OURS).status_code in (401, 403)
