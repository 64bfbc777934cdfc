"""Tencent SMS against a loopback server that checks the TC3 signature and speaks SendSms, PullSmsSendStatusByPhoneNumber and posted receipts."""

import json
import time
from typing import Any

import pytest

from tricolor.domain.delivery import Accepted, ErrorClass, Failed, Receipt
from tricolor.domain.errors import Refused, TryAgain, Unreadable


def status(code: str, words: str = "", serial: str = "") -> tuple[int, Any]:
    one = {"SerialNo": serial, "PhoneNumber": "+8610000000001", "Fee": 1, "SessionContext": "7", "Code": code, "Message": words, "IsoCode": "CN"}
    return 200, {"Response": {"SendStatusSet": [one], "RequestId": "R"}}


def error(code: str, words: str = "", http: int = 200) -> tuple[int, Any]:
    return http, {"Response": {"Error": {"Code": code, "Message": words}, "RequestId": "R"}}


def test_a_message_goes_out_signed_with_template_variables_in_order_and_our_id(tencent: Any, bench: Any) -> None:
    tencent.answer(status("Ok", "send success", "2640:1234567890"))
    assert bench.tencent(tencent.endpoint).send(bench.message(41)) == Accepted("2640:1234567890")
    (seen,) = tencent.seen
    assert (seen.headers["x-tc-action"], seen.headers["x-tc-version"], seen.headers["x-tc-region"]) == ("SendSms", "2021-01-11", "ap-guangzhou")
    assert seen.json == {
        "PhoneNumberSet": ["+8610000000001"],
        "SmsSdkAppId": "1400000000",
        "SignName": "钦州节能",
        "TemplateId": "SMS_100001",
        "TemplateParamSet": ["浦北县", "能耗强度", "红色", "新预警", "1.20%", "-3.30%"],
        "SessionContext": "41",
    }


def test_no_variable_is_longer_than_six_characters_and_none_is_empty(tencent: Any, bench: Any) -> None:
    tencent.answer(status("Ok"))
    long = {"unit": "钦州某某锰业有限责任公司", "rule": "单位产品综合能耗", "light": "红色", "why": "逐级上报", "value": "12345.678 tce", "limit": ""}
    bench.tencent(tencent.endpoint).send(bench.message(payload={"template": "alert", "params": long}))
    assert tencent.seen[0].json["TemplateParamSet"] == ["钦州某某锰业", "单位产品综…", "红色", "逐级上报", "12346", "-"]


def test_a_possible_repeat_says_so_in_its_variable(tencent: Any, bench: Any) -> None:
    tencent.answer(status("Ok"))
    channel = bench.tencent(tencent.endpoint)
    channel.send(bench.message(is_possible_repeat=True))
    channel.send(bench.message(is_possible_repeat=True, payload={"params": {**bench.params, "why": "升级再提醒"}}))
    assert [seen.json["TemplateParamSet"][3] for seen in tencent.seen] == ["新预警或重复", "或重复"]


@pytest.mark.parametrize(
    ("code", "kind", "wait_s"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", ErrorClass.WAIT, 60.0),
        ("LimitExceeded.PhoneNumberOneHourLimit", ErrorClass.WAIT, 3600.0),
        ("LimitExceeded.PhoneNumberDailyLimit", ErrorClass.WAIT, 21600.0),
        ("LimitExceeded.SomethingNew", ErrorClass.WAIT, 600.0),
        ("FailedOperation.InsufficientBalanceInSmsPackage", ErrorClass.WAIT, 1800.0),
        ("InternalError.Timeout", ErrorClass.UNKNOWN, None),
        ("InternalError.RequestTimeException", ErrorClass.RETRY, None),
        ("InternalError.SomethingNew", ErrorClass.RETRY, None),
        ("FailedOperation.PhoneNumberInBlacklist", ErrorClass.FINAL, None),
        ("FailedOperation.TemplateIncorrectOrUnapproved", ErrorClass.FINAL, None),
        ("InvalidParameterValue.TemplateParameterLengthLimit", ErrorClass.FINAL, None),
        ("UnauthorizedOperation.SmsSdkAppIdVerifyFail", ErrorClass.FINAL, None),
    ],
)
def test_a_refusal_inside_http_200_is_no_success(tencent: Any, bench: Any, code: str, kind: ErrorClass, wait_s: float | None) -> None:
    channel = bench.tencent(tencent.endpoint)
    for answer_of in (status, error):  # of the one number, or of the request as a whole
        tencent.answer(answer_of(code, "words of the provider"))
        answer = channel.send(bench.message())
        assert isinstance(answer, Failed)
        assert (answer.kind, answer.code, answer.wait_s) == (kind, code, wait_s)
        assert "words of the provider" in answer.detail


@pytest.mark.parametrize(
    ("http", "kind"),
    [(403, ErrorClass.FINAL), (429, ErrorClass.WAIT), (500, ErrorClass.UNKNOWN), (502, ErrorClass.UNKNOWN), (503, ErrorClass.RETRY)],
)
def test_an_http_error_is_classed_by_its_status(tencent: Any, bench: Any, http: int, kind: ErrorClass) -> None:
    tencent.answer((http, "<html>gateway</html>"))
    answer = bench.tencent(tencent.endpoint).send(bench.message())
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.code) == (kind, f"http.{http}")


@pytest.mark.parametrize("end", ["hang", "cut", "half", "garbage", (200, "{}"), (200, "[]"), (200, {"Response": {"RequestId": "R"}})])
def test_no_readable_answer_means_that_it_may_have_been_sent(tencent: Any, bench: Any, end: Any) -> None:
    tencent.answer(end)
    answer = bench.tencent(tencent.endpoint, timeout_s=0.3).send(bench.message())
    assert isinstance(answer, Failed)
    assert answer.kind is ErrorClass.UNKNOWN
    assert len(tencent.seen) == 1, "the SDK repeats nothing by itself"


def test_an_answer_that_drips_holds_nothing_up(tencent: Any, bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tricolor.adapters.notifiers.sms.CONNECT_TIMEOUT_S", 0.2)
    tencent.answer("drip", status("Ok"))
    channel = bench.tencent(tencent.endpoint, timeout_s=0.2)
    began = time.monotonic()
    answer = channel.send(bench.message())
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.code) == (ErrorClass.UNKNOWN, "network.slow")
    assert time.monotonic() - began < 2  # 0.2 s to connect and twice 0.2 s to answer, with room for a busy machine
    assert isinstance(channel.send(bench.message()), Accepted), "the next one goes out beside it"


def test_a_refused_connection_is_tried_again_as_surely_nothing_was_sent(bench: Any, closed_port: int) -> None:
    answer = bench.tencent(f"http://127.0.0.1:{closed_port}").send(bench.message())
    assert isinstance(answer, Failed)
    assert (answer.kind, answer.code) == (ErrorClass.RETRY, "network.NewConnectionError")


def test_an_address_that_is_no_mainland_number_is_refused_before_anything_is_sent(tencent: Any, bench: Any) -> None:
    answer = bench.tencent(tencent.endpoint).send(bench.message(address="0771-0000000"))
    assert isinstance(answer, Failed)
    assert (answer.kind, tencent.seen) == (ErrorClass.FINAL, [])


def test_receipts_are_pulled_once_for_each_number_and_matched_by_serial(tencent: Any, bench: Any) -> None:
    def pulled(serial: str, report: str) -> dict[str, Any]:
        return {
            "UserReceiveTime": bench.now // 1_000_000 - 5, "CountryCode": "86", "SubscriberNumber": "10000000001", "PhoneNumber": "+8610000000001",
            "SerialNo": serial, "ReportStatus": report, "Description": "DELIVRD", "SessionContext": "",
        }  # fmt: skip

    rows = [pulled("S7", "SUCCESS"), pulled("S8", "FAIL"), pulled("somebody else's", "SUCCESS")]
    tencent.answer((200, {"Response": {"PullSmsSendStatusSet": rows, "RequestId": "R"}}))
    sent = [bench.message(n, receipt=f"S{n}", accepted_at=bench.now - n * 1_000_000) for n in (7, 8, 9)]
    found = bench.tencent(tencent.endpoint).poll(sent, bench.now)
    at = bench.now - 5_000_000
    assert found == [
        Receipt("sms", "S7", "10000000001", True, "SUCCESS", "DELIVRD", at, 7),
        Receipt("sms", "S8", "10000000001", False, "FAIL", "DELIVRD", at, 8),
    ]
    (seen,) = tencent.seen
    begin = (bench.now - 9_000_000) // 1_000_000 - 60  # the oldest, and a minute for clocks
    assert seen.json == {
        "PhoneNumber": "+8610000000001", "SmsSdkAppId": "1400000000", "BeginTime": begin, "EndTime": bench.now // 1_000_000, "Offset": 0, "Limit": 100,
    }  # fmt: skip


def test_a_poll_that_is_not_answered_is_tried_again_and_one_without_permission_is_refused(tencent: Any, bench: Any) -> None:
    sent = [bench.message(receipt="S", accepted_at=bench.now)]
    tencent.answer("cut")
    with pytest.raises(TryAgain):
        bench.tencent(tencent.endpoint).poll(sent, bench.now)
    tencent.answer(error("UnauthorizedOperation.RequestPermissionDeny"))
    with pytest.raises(Refused, match="RequestPermissionDeny"):
        bench.tencent(tencent.endpoint).poll(sent, bench.now)


def test_a_posted_receipt_is_read(bench: Any) -> None:
    body = [
        {
            "user_receive_time": "2026-11-18 19:05:00", "nationcode": "86", "mobile": "10000000001", "report_status": "SUCCESS",
            "errmsg": "DELIVRD", "description": "用户短信送达成功", "sid": "S7",
        },
        {"mobile": "10000000002", "report_status": "FAIL", "errmsg": "MI:0013", "description": "空号", "sid": "S8"},
    ]  # fmt: skip
    found = bench.tencent("http://127.0.0.1:1").receipts([], json.dumps(body).encode())
    assert found == [
        Receipt("sms", "S7", "10000000001", True, "DELIVRD", "用户短信送达成功", bench.now - 100_000_000),
        Receipt("sms", "S8", "10000000002", False, "MI:0013", "空号", bench.now),
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b'[{"mobile":"1","report_status":"MAYBE","sid":"s"}]', b'[{"mobile":"1","report_status":"FAIL"}]'])
def test_any_other_post_is_unreadable(bench: Any, body: bytes) -> None:
    with pytest.raises(Unreadable):
        bench.tencent("http://127.0.0.1:1").receipts([], body)
