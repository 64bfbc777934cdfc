"""Offline figures on the wallboard: a person gives a month, reads it beside the meters and takes it back."""

from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from tricolor.domain.offline import COLUMNS

OURS = {"Sec-Fetch-Site": "same-origin"}
GIVEN = {"carrier": "raw_coal", "role": "purchased", "month": "2026-10", "amount": "1,250", "unit": "t", "document": "INV-10", "who": "王工"}
PATH = "/entities/qn-brick/offline"


def test_a_month_is_given_read_and_taken_back(unheard: Any, local: Any) -> None:
    client = local(unheard)
    assert PATH in client.get("/entities/qn-brick").text
    assert "还没有填报" in client.get(PATH).text
    answer = client.post(PATH, data=GIVEN, headers=OURS, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?done=taken")
    page = client.get(f"{PATH}?done=taken").text
    for part in ("INV-10", "1,250 t", "王工", "已收下", "2026-10"):
        assert part in page, part
    back = {"carrier": "raw_coal", "role": "purchased", "month": "2026-10", "who": "王工"}
    assert client.post(f"{PATH}/take-back", data=back, headers=OURS, follow_redirects=False).status_code == 303
    assert "还没有填报" in client.get(PATH).text


def test_what_is_wrong_is_said_and_what_was_typed_stays(unheard: Any, local: Any) -> None:
    answer = local(unheard).post(PATH, data=GIVEN | {"amount": "many", "who": ""}, headers=OURS)
    assert answer.status_code == 422
    for part in ("不是数字", "请写明由谁填报", 'value="many"', 'value="INV-10"'):
        assert part in answer.text, part


def test_a_foreign_page_cannot_give_figures(unheard: Any, local: Any) -> None:
    assert local(unheard).post(PATH, data=GIVEN, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def filled(template: bytes, *rows: tuple[object, ...]) -> bytes:
    """The template as a person fills it in, from row 4 on."""
    book = load_workbook(BytesIO(template))
    for number, row in enumerate(rows, 4):
        for column, value in enumerate(row, 1):
            book["offline"].cell(number, column, value)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def test_a_filled_workbook_is_uploaded_whole_or_not_at_all(unheard: Any, local: Any) -> None:
    client = local(unheard)
    path = "/entities/qb-feed/offline"
    assert 'enctype="multipart/form-data"' in client.get(path).text
    template = client.get(f"{path}/template.xlsx").content
    at = {name: COLUMNS.index(name) for name in COLUMNS}

    def row(**said: object) -> tuple[object, ...]:
        return tuple(said.get(name) for name in sorted(at, key=at.__getitem__))

    good = row(carrier="raw_coal", role="purchased", month="2026-09", amount=120, unit="t", document="INV-9")
    bad = row(carrier="raw_coal", role="purchased", month="2026-08", amount="many", unit="t", document="INV-8")
    told = client.post(f"{path}/xlsx", data={"who": "王工"}, files={"file": ("a.xlsx", filled(template, good, bad))}, headers=OURS)
    letter = chr(ord("A") + at["amount"])
    assert told.status_code == 422 and f"offline!{letter}5 (amount)" in told.text and "不是数字" in told.text
    assert "INV-9" not in told.text and "还没有填报" in client.get(path).text  # the good row was not taken either
    nobody = client.post(f"{path}/xlsx", data={"who": ""}, files={"file": ("a.xlsx", filled(template, good))}, headers=OURS)
    assert nobody.status_code == 422 and "请写明由谁填报" in nobody.text
    for what, said in ((b"", "请选择填好的"), (b"no workbook", "不是可读的 .xlsx"), (template, "没有任何数据")):
        answer = client.post(f"{path}/xlsx", data={"who": "王工"}, files={"file": ("a.xlsx", what)}, headers=OURS)
        assert answer.status_code == 422 and said in answer.text, said
    foreign = client.post(
        f"{path}/xlsx", data={"who": "王工"}, files={"file": ("a.xlsx", filled(template, good))}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.status_code == 403
    done = client.post(f"{path}/xlsx", data={"who": "王工"}, files={"file": ("a.xlsx", filled(template, good))}, headers=OURS, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"{path}?done=uploaded")
    page = client.get(f"{path}?done=uploaded").text
    assert "INV-9" in page and "王工" in page and "已全部收下" in page
