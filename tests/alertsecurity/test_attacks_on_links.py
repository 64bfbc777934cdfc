"""What strangers may try at /a/{token} and at the receipts' address: forms, paths in logs, forwarding, words that hide or act."""

from typing import Any

import pytest
import structlog

from api import phone
from api.problems import shown_path
from tests.phone.phone_town import NOW, Town, benchmark
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.lights import Light

OURS = {"origin": "http://city.example"}
MANY = {f"f{i}": "x" for i in range(60)}


@pytest.mark.parametrize("path", ["/ack", "/work", "/forward"])
def test_a_form_of_many_fields_or_of_ten_megabytes_is_refused_and_changes_nothing(town: Town, told: str, path: str) -> None:
    assert town.phone().post(told + path, data=MANY, headers=OURS).status_code == 413
    assert town.phone().post(told + path, content=b"text=" + b"x" * 10_000_000, headers=OURS).status_code == 413
    assert town.whys(1) == ["OPENED"]


def test_no_failure_of_ours_writes_a_link_or_the_address_of_receipts_into_the_log(town: Town, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(phone, "facts_of", broken)
    client = town.phone()
    client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    with structlog.testing.capture_logs() as logs:
        assert client.get(told).status_code == 500
    assert [(line["event"], line["path"]) for line in logs] == [("request failed", "/a/…")]
    assert told.rpartition(".")[2] not in str(logs)


@pytest.mark.parametrize(("path", "shown"), [
    ("/a/key-1234.ABCDEFGHIJKLMNOP/7", "/a/…"), ("/v1/receipts/sms/s3cret-s3cret-s3cret", "/v1/receipts/…"), ("/v1/receipts", "/v1/receipts"),
    ("/v1/alerts/7", "/v1/alerts/7"), ("/about", "/about"), ("//a/key", "//a/key"),
])  # fmt: skip
def test_a_path_that_is_a_secret_is_shown_without_it(path: str, shown: str) -> None:
    assert shown_path(path) == shown


def test_every_answer_below_a_link_is_kept_by_no_cache(town: Town, told: str) -> None:
    for path in (told, told + "/none", told + "/ack", told[:-2] + "zz"):
        answer = town.phone().get(path)
        assert (answer.headers["cache-control"], answer.headers["x-frame-options"]) == ("no-store", "DENY"), path
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.fixture
def works(town: Town) -> str:
    """The link of a message to an enterprise's own people."""
    return town.judge(benchmark("qn-manganese", Light.RED), at=NOW - HOUR_US, to="qn-manganese-duty")


def test_an_enterprise_forwards_to_those_whom_its_page_offers_and_learns_of_nobody_else(town: Town, works: str) -> None:
    """Posting an id by hand must not tell another enterprise of this one's alert, nor whether there is such a contact."""
    assert "ls-cement-duty" in town.deps.registry.load().contacts
    answers = [town.phone().post(works + "/forward", data={"alert": "1", "to": to}, headers=OURS) for to in ("ls-cement-duty", "nobody")]
    assert [a.status_code for a in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    assert town.whys(1) == ["OPENED"]
    assert town.phone().post(works + "/forward", data={"alert": "1", "to": "industry-it-duty"}, headers=OURS).status_code == 303


@pytest.mark.parametrize("sign", ["\x00", "\x1b[2J", "\u202e", "\u200b", "\x85", "\u2066"])
def test_signs_that_hide_turn_or_act_do_not_get_into_names_and_words(town: Town, told: str, sign: str, keys: Any) -> None:
    """NUL cannot be kept by PostgreSQL, an escape acts in the terminal that shows the log, U+202E turns the words that others read."""
    bad = f"核{sign}查"
    assert town.phone().post(told + "/work", data={"alert": "1", "text": bad, "who": bad}, headers=OURS).status_code == 303
    assert keys.ask("admin", "POST", "/v1/alerts/1/comments", {"text": f"再{bad}", "by": f"李{bad}"}).status_code == 201
    assert keys.ask("admin", "POST", "/v1/alerts/1/forward", {"to": "statistics-duty", "text": bad, "by": f"李{bad}"}).status_code == 200
    assert keys.ask("admin", "POST", "/v1/alerts/1/close", {"reason": f"完{bad}", "by": f"李{bad}"}).status_code == 200
    kept = str([(m.text_zh, m.text_en, m.by) for m in town.deps.alerts.get(1)[1]])
    kept += str([row for action in ("comment", "forward", "close") for row in town.audited(f"alert.{action}")])
    assert "核" in kept and "查" in kept and sign[0] not in kept and repr(sign[0])[1:-1] not in kept


def test_words_of_nothing_but_such_signs_are_no_words(town: Town, told: str, keys: Any) -> None:
    assert town.phone().post(told + "/work", data={"alert": "1", "text": "\u200b\u202e"}, headers=OURS).status_code == 422
    assert keys.ask("admin", "POST", "/v1/alerts/1/comments", {"text": "\u200b\u202e", "by": "李四"}).status_code == 422
    assert "COMMENTED" not in town.whys(1)
