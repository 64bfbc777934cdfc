"""Which broken connections surely sent nothing: only those that never stood."""

import socket
import ssl
import sys
from typing import Any

import pytest
from requests import exceptions as requests
from urllib3 import exceptions as urllib3

from tricolor.adapters.notifiers.sms import unsent_or_unknown
from tricolor.domain.delivery import ErrorClass
from tricolor.domain.errors import Misconfigured

POOL = None


def chained(outer: Exception, inner: Exception) -> Exception:
    outer.__context__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.ConnectTimeout(), ErrorClass.RETRY),
        (requests.ConnectionError(urllib3.MaxRetryError(POOL, "/", urllib3.NewConnectionError(POOL, "refused"))), ErrorClass.RETRY),  # type: ignore[arg-type]
        (chained(RuntimeError("wrapped by an SDK"), socket.gaierror(-2, "unknown name")), ErrorClass.RETRY),
        (requests.SSLError(ssl.SSLCertVerificationError("the certificate is not trusted")), ErrorClass.RETRY),
        (requests.SSLError(ssl.SSLEOFError("cut in the middle of the answer")), ErrorClass.UNKNOWN),
        (requests.ReadTimeout(), ErrorClass.UNKNOWN),
        (requests.ConnectionError(urllib3.ProtocolError("aborted", ConnectionResetError())), ErrorClass.UNKNOWN),
        (requests.ChunkedEncodingError(), ErrorClass.UNKNOWN),
        (RuntimeError("no JSON"), ErrorClass.UNKNOWN),
        (KeyError("Response"), ErrorClass.UNKNOWN),
    ],
    ids=repr,
)
def test_only_a_connection_that_never_stood_is_no_possible_repeat(error: Exception, kind: ErrorClass) -> None:
    assert unsent_or_unknown(error, ()).kind is kind


def test_an_error_that_holds_itself_ends() -> None:
    error = RuntimeError()
    error.args = (error,)
    assert unsent_or_unknown(error, ()).kind is ErrorClass.UNKNOWN


@pytest.mark.parametrize(("provider", "package"), [("aliyun", "alibabacloud_dysmsapi20170525"), ("tencent", "tencentcloud.sms.v20210111")])
def test_a_missing_sdk_is_told_with_the_extra_that_brings_it(provider: str, package: str, bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(Misconfigured, match=rf"pip install 'tricolor\[sms-{provider}\]'"):
        getattr(bench, provider)("http://127.0.0.1:1")
