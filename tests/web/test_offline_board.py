"""Offline figures on the wallboard: a person gives a month, reads it beside the meters and takes it back."""

from typing import Any

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
