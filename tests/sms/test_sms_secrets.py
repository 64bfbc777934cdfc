"""No key, no secret and no phone number in a log, an answer or a repr: the SDKs' exceptions and debug lines hold the whole request."""

import io
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tricolor.domain.delivery import Failed
from tricolor.domain.errors import Refused, TryAgain

LOUD = ("tencentcloud_sdk_common", "urllib3", "urllib3.connectionpool", "alibabacloud-tea", "alibabacloud_credentials", "requests")


@pytest.fixture
def loud() -> Iterator[io.StringIO]:
    """Everything that the standard library's logging is given at DEBUG."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def echoing(bench: Any) -> str:
    """What a provider may say of us: everything."""
    return f"bad request {bench.secret} {quote(bench.secret, safe='')} of {bench.key_id} to +8610000000001 / 10000000001"


def hidden_in(bench: Any) -> tuple[str, ...]:
    return bench.secret, quote(bench.secret, safe=""), bench.key_id, "10000000001"


def channels(bench: Any, aliyun: Any, tencent: Any) -> list[tuple[Any, Any, Any]]:
    """(provider, channel, an answer in which it echoes the request), for each provider and each way to refuse."""
    words = echoing(bench)
    a, t = bench.aliyun(aliyun.endpoint, timeout_s=0.3), bench.tencent(tencent.endpoint, timeout_s=0.3)
    refused = {"SendStatusSet": [{"Code": f"X.{bench.key_id}", "Message": words, "SerialNo": "", "PhoneNumber": "+8610000000001"}]}
    return [
        (aliyun, a, (200, {"Code": f"X.{bench.key_id}", "Message": words})), (aliyun, a, (400, {"Code": "SignatureDoesNotMatch", "Message": words})),
        (aliyun, a, (500, words)), (aliyun, a, (200, words)), (aliyun, a, "cut"), (aliyun, a, "hang"),
        (tencent, t, (200, {"Response": {**refused, "RequestId": "R"}})), (tencent, t, (500, words)), (tencent, t, (200, words)),
        (tencent, t, (200, {"Response": {"Error": {"Code": "AuthFailure.SignatureFailure", "Message": words}, "RequestId": "R"}})),
        (tencent, t, "cut"), (tencent, t, "hang"),
    ]  # fmt: skip


def test_no_answer_and_no_log_holds_what_must_not_be_seen(aliyun: Any, tencent: Any, bench: Any, loud: io.StringIO, capsys: Any) -> None:
    said = []
    for provider, channel, answer in channels(bench, aliyun, tencent):
        provider.answer(answer)
        given = channel.send(bench.message())
        assert isinstance(given, Failed)
        said += [repr(given), repr(channel)]
    logging.getLogger("tencentcloud_sdk_common").warning("the log is heard")
    shown = "\n".join([*said, loud.getvalue(), *capsys.readouterr()])
    assert "the log is heard" in shown
    assert "***" in shown, "the providers' words are told, without what must not be seen"
    assert [word for word in hidden_in(bench) if word in shown] == []


def test_the_sdk_prints_no_request_even_when_the_environment_asks_for_it(
    aliyun: Any, bench: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEBUG", "sdk")
    aliyun.answer((200, {"Code": "OK", "BizId": "B"}))
    bench.aliyun(aliyun.endpoint).send(bench.message())
    shown = "".join(capfd.readouterr())
    assert len(aliyun.seen) == 1 and "PhoneNumbers" not in shown and "Signature=" not in shown


def test_polls_raise_nothing_that_must_not_be_seen(aliyun: Any, tencent: Any, bench: Any) -> None:
    sent = [bench.message(receipt="B", accepted_at=bench.now)]
    for provider, channel, answer in channels(bench, aliyun, tencent):
        if "SendStatusSet" in str(answer):
            continue  # no answer of a poll
        provider.answer(answer)
        with pytest.raises((TryAgain, Refused)) as caught:
            channel.poll(sent, bench.now)
        shown = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
        assert [word for word in hidden_in(bench) if word in shown] == []


def test_receipts_tell_a_carriers_words_without_numbers(bench: Any) -> None:
    body = b'[{"phone_number":"10000000001","success":false,"biz_id":"B","err_msg":"to 10000000001 refused"}]'
    (receipt,) = bench.aliyun("http://127.0.0.1:1").receipts([], body)
    assert receipt.detail == "to *** refused"
