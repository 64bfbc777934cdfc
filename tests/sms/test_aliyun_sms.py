"""Aliyun SMS against a loopback server that checks the V3 signature and speaks SendSms, QuerySendDetails and SmsReport."""

import json
import time
from typing import Any

import pytest

from tricolor.domain.delivery import Accepted, ErrorClass, Failed, Receipt
from tricolor.domain.errors import Misconfigured, Refused, TryAgain, Unreadable

TAKEN = (200, {"Code": "OK", "Message": "OK", "BizId": "900619746936498440^0", "RequestId": "R"})


def refused(code: str, words: str = "") -> tuple[int, dict[str, str]]:
    return 200, {"Code": code, "Message": words, "RequestId": "R"}


def test_a_message_goes_out_signed_with_template_variables_and_our_id(aliyun: Any, bench: Any) -> None:
    aliyun.answer(TAKEN)
    answer = bench.aliyun(aliyun.endpoint).send(bench.message(41, "+86 100-0000-0001"))
    assert answer == Accepted("900619746936498440^0")
    (seen,) = aliyun.seen
    assert seen.headers["x-acs-action"] == "SendSms"
    assert seen.headers["x-acs-version"] == "2017-05-25"
    assert json.loads(seen.query.pop("TemplateParam")) == bench.params
    assert seen.query == {"PhoneNumbers": "10000000001", "SignName": "钦州节能", "TemplateCode": "SMS_100001", "OutId": "41"}


def test_each_kind_of_message_has_its_template_and_alert_serves_for_the_others(aliyun: Any, bench: Any) -> None:
    aliyun.answer(TAKEN)
    channel = bench.aliyun(aliyun.endpoint)
    group = {"count": "7", "red": "2", "yellow": "5", "unit": "浦北县", "rule": "能耗强度"}
    channel.send(bench.message(1, payload={"template": "group", "params": group}))
    channel.send(bench.message(2, payload={"template": "summary", "params": bench.params}))
    assert [seen.query["TemplateCode"] for seen in aliyun.seen] == ["SMS_100003", "SMS_100001"]
    assert json.loads(aliyun.seen[0].query["TemplateParam"]) == group


def test_a_possible_repeat_says_so_in_its_variable(aliyun: Any, bench: Any) -> None:
    aliyun.answer(TAKEN)
    bench.aliyun(aliyun.endpoint).send(bench.message(is_possible_repeat=True))
    assert json.loads(aliyun.seen[0].query["TemplateParam"])["why"] == "新预警或重复"


@pytest.mark.parametrize(
    ("code", "words", "kind", "wait_s"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", ErrorClass.WAIT, 60.0),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5", ErrorClass.WAIT, 3600.0),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:40", ErrorClass.WAIT, 21600.0),
        ("isv.DAY_LIMIT_CONTROL", "", ErrorClass.WAIT, 21600.0),
        ("isv.AMOUNT_NOT_ENOUGH", "账户余额不足", ErrorClass.WAIT, 1800.0),
        ("isp.SYSTEM_ERROR", "", ErrorClass.RETRY, None),
        ("isp.UNKNOWN", "", ErrorClass.UNKNOWN, None),
        ("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号", ErrorClass.FINAL, None),
        ("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板", ErrorClass.FINAL, None),
        ("isv.SOMETHING_NEW", "", ErrorClass.RETRY, None),
    ],
)
def test_a_refusal_inside_http_200_is_no_success(aliyun: Any, bench: Any, code: str, words: str, kind: ErrorClass, wait_s: float | None) -> None:
    aliyun.answer(refused(code, words))
    answer = bench.aliyun(aliyun.endpoint).send(bench.message())
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.code, answer.wait_s) == (kind, code, wait_s)
    assert words in answer.detail
    assert len(aliyun.seen) == 1, "the SDK repeats nothing by itself"


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (
            400,
            {"Code": "InvalidAccessKeyId.NotFound", "Message": "Specified access key is not found."},
            ErrorClass.FINAL,
            "InvalidAccessKeyId.NotFound",
        ),
        (400, {"Code": "Throttling.User", "Message": "flow control"}, ErrorClass.WAIT, "Throttling.User"),
        (403, {"Code": "NoPermission", "Message": "denied"}, ErrorClass.FINAL, "NoPermission"),
        (503, {"Code": "ServiceUnavailable", "Message": "busy"}, ErrorClass.RETRY, "ServiceUnavailable"),
        (500, {"Code": "InternalError", "Message": "x"}, ErrorClass.UNKNOWN, "InternalError"),
        (502, {}, ErrorClass.UNKNOWN, "http.502"),
        (404, {}, ErrorClass.FINAL, "http.404"),
        (429, {}, ErrorClass.WAIT, "http.429"),
    ],
)
def test_an_http_error_is_classed_by_its_code_or_its_status(aliyun: Any, bench: Any, status: int, body: Any, kind: ErrorClass, code: str) -> None:
    aliyun.answer((status, body))
    answer = bench.aliyun(aliyun.endpoint).send(bench.message())
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.code) == (kind, code)


@pytest.mark.parametrize("end", ["hang", "cut", "half", "garbage", (502, "<html>bad gateway</html>"), (200, "[]"), (200, "{}"), (200, "null")])
def test_no_readable_answer_means_that_it_may_have_been_sent(aliyun: Any, bench: Any, end: Any) -> None:
    aliyun.answer(end)
    answer = bench.aliyun(aliyun.endpoint, timeout_s=0.3).send(bench.message())
    assert isinstance(answer, Failed)
    assert answer.kind is ErrorClass.UNKNOWN
    assert len(aliyun.seen) == 1


def test_an_answer_that_drips_holds_nothing_up(aliyun: Any, bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tricolor.adapters.notifiers.sms.CONNECT_TIMEOUT_S", 0.2)
    aliyun.answer("drip", TAKEN)
    channel = bench.aliyun(aliyun.endpoint, timeout_s=0.2)
    began = time.monotonic()
    answer = channel.send(bench.message())
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.code) == (ErrorClass.UNKNOWN, "network.slow")
    assert time.monotonic() - began < 2  # 0.2 s to connect and twice 0.2 s to answer, with room for a busy machine
    assert isinstance(channel.send(bench.message()), Accepted), "the next one goes out beside it"


def test_a_refused_connection_is_tried_again_as_surely_nothing_was_sent(bench: Any, closed_port: int) -> None:
    answer = bench.aliyun(f"http://127.0.0.1:{closed_port}").send(bench.message())
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.code) == (ErrorClass.RETRY, "network.NewConnectionError")


def test_a_name_that_nobody_knows_is_tried_again(bench: Any) -> None:
    answer = bench.aliyun("sms.invalid").send(bench.message())
    assert isinstance(answer, Failed)
    assert answer.kind is ErrorClass.RETRY


@pytest.mark.parametrize("address", ["", "12345", "+852 0000 0000", "1000000000a", "100000000011", "robot:x"])
def test_an_address_that_is_no_mainland_number_is_refused_before_anything_is_sent(aliyun: Any, bench: Any, address: str) -> None:
    answer = bench.aliyun(aliyun.endpoint).send(bench.message(address=address))
    assert isinstance(answer, Failed)
    assert answer.kind is ErrorClass.FINAL
    assert aliyun.seen == []


def test_receipts_are_asked_for_by_number_day_and_bizid(aliyun: Any, bench: Any) -> None:
    def detail(out_id: str, status: int, code: str = "", received: str = "") -> dict[str, Any]:
        return {"OutId": out_id, "SendStatus": status, "ErrCode": code, "ReceiveDate": received, "PhoneNum": "10000000001"}

    def details(*rows: Any) -> Any:
        return 200, {"Code": "OK", "Message": "OK", "TotalCount": len(rows), "SmsSendDetailDTOs": {"SmsSendDetailDTO": list(rows)}}

    aliyun.answer(
        details(detail("7", 3, "DELIVERED", "2026-11-18 19:05:00"), detail("6", 2)), details(detail("8", 2, "MOBILE_NOT_ON_SERVICE")),
        details(detail("9", 1)), details(),
    )  # fmt: skip
    # 2026-11-18 19:06:40 in Shanghai; the last one was accepted at 00:30 there, still the 17th in UTC
    sent = [bench.message(n, receipt=f"B{n}", accepted_at=bench.now) for n in (7, 8, 9)]
    sent += [bench.message(10, receipt="B10", accepted_at=bench.now - 67_000_000_000)]
    found = bench.aliyun(aliyun.endpoint).poll(sent, bench.now)
    assert found == [
        Receipt("sms", "B7", "10000000001", True, "DELIVERED", "", bench.now - 100_000_000, 7),
        Receipt("sms", "B8", "10000000001", False, "MOBILE_NOT_ON_SERVICE", "", bench.now, 8),
    ]
    assert [seen.query["BizId"] for seen in aliyun.seen] == ["B7", "B8", "B9", "B10"]
    assert {seen.query["SendDate"] for seen in aliyun.seen} == {"20261118"}
    assert {seen.query["PhoneNumber"] for seen in aliyun.seen} == {"10000000001"}


def test_a_poll_that_is_not_answered_is_tried_again_and_one_without_permission_is_refused(aliyun: Any, bench: Any) -> None:
    sent = [bench.message(receipt="B", accepted_at=bench.now)]
    aliyun.answer("cut")
    with pytest.raises(TryAgain):
        bench.aliyun(aliyun.endpoint).poll(sent, bench.now)
    aliyun.answer(refused("isp.RAM_PERMISSION_DENY"))
    with pytest.raises(Refused, match="RAM"):
        bench.aliyun(aliyun.endpoint).poll(sent, bench.now)


def test_a_post_of_smsreport_gives_its_receipts(bench: Any) -> None:
    body = [
        {
            "phone_number": "10000000001", "send_time": "2026-11-18 19:05:00", "report_time": "2026-11-18 19:05:00", "success": True,
            "err_code": "DELIVERED", "err_msg": "用户接收成功", "sms_size": "1", "biz_id": "B7", "out_id": "7",
        },
        {
            "phone_number": "8610000000002", "send_time": "x", "report_time": "x", "success": False, "err_code": "MOBILE_NOT_ON_SERVICE",
            "err_msg": "空号", "sms_size": "1", "biz_id": "B8", "out_id": None,
        },
    ]  # fmt: skip
    found = bench.aliyun("http://127.0.0.1:1").receipts([], json.dumps(body).encode())
    assert found == [
        Receipt("sms", "B7", "10000000001", True, "DELIVERED", "用户接收成功", bench.now - 100_000_000, 7),
        Receipt("sms", "B8", "10000000002", False, "MOBILE_NOT_ON_SERVICE", "空号", bench.now, None),
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'[{"phone_number": "1"}]', b"\xff", b'[{"phone_number":"1","success":"yes","biz_id":"b"}]'])
def test_any_other_post_is_unreadable(bench: Any, body: bytes) -> None:
    with pytest.raises(Unreadable):
        bench.aliyun("http://127.0.0.1:1").receipts([], body)


@pytest.mark.parametrize("endpoint", ["http://dysmsapi.aliyuncs.com", "ftp://x", "https://u:p@x", "https://x/path", ""])
def test_numbers_and_keys_leave_this_machine_with_tls_only(bench: Any, endpoint: str) -> None:
    with pytest.raises(Misconfigured, match="endpoint"):
        bench.aliyun(endpoint)
