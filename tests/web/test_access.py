"""Who may look at the board and who may act on it."""

from typing import Any

import pytest

from api.board_access import MAX_SESSIONS, SESSION_US, Sessions, inside
from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.domain.access import KeyKind

OURS = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}


def key(board: Any, kind: str, enterprise: str = "") -> tuple[str, str]:
    made, token = KeyBookSql(board.ledger).create(KeyKind(kind), enterprise, "test", board.deps.clock())
    return made.id, token


def sign_in(client: Any, token: str, following: str = "/") -> Any:
    return client.post("/board/enter", data={"key": token, "next": following}, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False)


def test_this_machine_may_look_without_a_key(city: Any, local: Any) -> None:
    assert local(city).get("/").status_code == 200


def test_from_elsewhere_a_key_is_asked_for_and_nothing_is_shown(city: Any, remote: Any) -> None:
    client = remote(city)
    for path in ("/", "/alerts/1", "/entities/qinnan", "/data", "/inbox", "/points/qzg-paper.elec"):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 401 and "请用密钥登录" in answer.text
        assert "钦州" not in answer.text and "赤岩" not in answer.text
    assert client.get("/board/live.json?page=overview").status_code == 401
    assert client.get("/nowhere", headers={"Accept": "text/html"}).status_code == 404


def test_a_foreign_name_that_points_at_this_machine_does_not_open_the_board(city: Any, local: Any) -> None:
    assert local(city).get("/", headers={"Host": "evil.example:8000"}).status_code == 401
    assert local(city).get("/", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401


def test_an_open_board_is_open_to_everyone(city: Any, remote: Any) -> None:
    assert remote(city, is_open=True).get("/").status_code == 200


@pytest.mark.parametrize("kind", ["read", "admin"])
def test_a_read_or_admin_key_opens_a_session_in_a_careful_cookie(city: Any, remote: Any, kind: str) -> None:
    client = remote(city)
    answer = sign_in(client, key(city, kind)[1], "/alerts?state=all")
    assert answer.status_code == 303 and answer.headers["location"] == "/alerts?state=all"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "tc_" not in cookie
    assert client.get("/").status_code == 200


def test_a_push_key_a_made_up_key_and_no_key_open_nothing(city: Any, remote: Any) -> None:
    for token in (key(city, "push", "qzg-paper")[1], "tc_admin_" + "A" * 43, "nonsense", ""):
        client = remote(city)
        answer = sign_in(client, token)
        assert answer.status_code == 401 and "set-cookie" not in answer.headers
        assert client.get("/").status_code == 401


def test_a_revoked_key_ends_its_sessions_at_once(city: Any, remote: Any) -> None:
    client = remote(city)
    key_id, token = key(city, "read")
    sign_in(client, token)
    assert client.get("/").status_code == 200
    KeyBookSql(city.ledger).revoke(key_id, city.deps.clock())
    assert client.get("/").status_code == 401


def test_signing_out_ends_the_session_for_whoever_holds_the_cookie(city: Any, remote: Any) -> None:
    client = remote(city)
    sign_in(client, key(city, "read")[1])
    held = dict(client.cookies)
    client.post("/board/leave", headers={"Sec-Fetch-Site": "same-origin"})
    client.cookies.update(held)
    assert client.get("/").status_code == 401


def test_a_key_bound_to_an_enterprise_sees_its_own_pages_only(city: Any, remote: Any) -> None:
    client = remote(city)
    sign_in(client, key(city, "read", "qzg-paper")[1])
    home = client.get("/").text
    assert "金苇纸业" in home and "赤岩锰业" not in home and "蓝湾炼化" not in home
    assert client.get("/entities/qzg-paper").status_code == 200
    for path in ("/entities/qn-manganese", "/points/qn-manganese.elec-1", "/alerts/1"):
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 404
    assert "qn-manganese" not in client.get("/data").text
    state = client.get("/board/live.json?page=overview").json()
    assert set(state["lights"]) == {"qzg-paper"}


def test_a_read_key_may_look_and_not_acknowledge(city: Any, remote: Any) -> None:
    client = remote(city)
    sign_in(client, key(city, "read")[1])
    answer = client.post("/alerts/1/acknowledge", data={"who": "张工"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403 and "只能查看" in answer.text
    assert city.deps.alerts.get(1)[0].handling == "unacked"


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                                     {"Sec-Fetch-Site": "none"}, {"Origin": "null"}])  # fmt: skip
@pytest.mark.parametrize("path", ["/alerts/1/acknowledge", "/inbox/1", "/board/enter", "/board/leave"])
def test_a_change_must_come_from_our_own_pages(city: Any, local: Any, path: str, headers: dict[str, str]) -> None:
    answer = local(city).post(path, data={"who": "x", "key": "x"}, headers=headers, follow_redirects=False)
    assert answer.status_code == 403
    assert city.deps.alerts.get(1)[0].handling == "unacked" and city.deps.inbox.page([], 500, None)[-1].read_at is None


def test_a_browser_without_fetch_metadata_is_known_by_its_origin(city: Any, local: Any) -> None:
    answer = local(city).post("/board/leave", headers={"Origin": "http://127.0.0.1"}, follow_redirects=False)
    assert answer.status_code == 303


def test_forms_are_bounded(city: Any, local: Any) -> None:
    answer = local(city).post("/board/enter", content="key=" + "x" * 5000, headers={**OURS, "Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "", "/a\r\nSet-Cookie: x=1"]
)
def test_after_signing_in_nobody_is_sent_to_another_site(address: str) -> None:
    assert inside(address) == "/"
    assert inside("/entities/qinnan?lang=en") == "/entities/qinnan?lang=en"


def test_sessions_end_after_twelve_hours_and_never_grow_without_bound() -> None:
    sessions = Sessions()
    token = sessions.open("k", 0)
    assert sessions.key_token(token, SESSION_US - 1) == "k" and sessions.key_token(token, SESSION_US) is None
    tokens = [sessions.open(str(i), 1) for i in range(MAX_SESSIONS + 1)]
    assert sessions.key_token(tokens[0], 2) is None and sessions.key_token(tokens[-1], 2) == str(MAX_SESSIONS)
    assert len(set(tokens)) == len(tokens)
