"""Channel "sms" through Tencent Cloud (腾讯云短信): SendSms with a registered template; receipts posted to us or pulled by phone number.

Protocol: the SDK tencentcloud-sdk-python-sms, version 2021-01-11; posted receipts: tencentcloud.com document/product/382/43547. Codes and limits:
tricolor/catalogue/channels.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from tricolor.adapters.notifiers import sms
from tricolor.domain.channel_facts import ChannelFacts
from tricolor.domain.delivery import Accepted, Answer, ErrorClass, Failed, Receipt
from tricolor.domain.errors import Misconfigured, Refused
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.sms_text import SmsTemplate
from tricolor.ports import Outgoing

TAKEN: Final = "Ok"
DELIVERED: Final = "SUCCESS"
APPROVED: Final = 0  # StatusCode of DescribeSmsTemplateList
_PLACES: Final = re.compile(r"\{(\d+)\}")
POLL_MAX: Final = 50  # numbers of one round
PULL_MAX: Final = 100  # receipts of one answer
PULL_BACK_S: Final = 7 * 86_400  # the provider gives seven days
LATE_S: Final = 60  # its clock and ours


class _Report(msgspec.Struct):
    """One receipt as it is posted; time in Chinese time."""

    mobile: str
    report_status: Literal["SUCCESS", "FAIL"]
    sid: str
    nationcode: str = "86"
    user_receive_time: str = ""
    errmsg: str = ""
    description: str = ""


_REPORTS = msgspec.json.Decoder(list[_Report])


class TencentReceipts:
    """CalledBack: posts of receipts. It needs neither a key nor the SDK."""

    channel = sms.CHANNEL
    answer: Mapping[str, object] = {"result": 0, "errmsg": "OK"}

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock

    def receipts(self, headers: Sequence[tuple[str, str]], body: bytes) -> list[Receipt]:
        """Those of one post; Unreadable for any other body."""
        reports = sms.posted(_REPORTS, body, "no receipts of Tencent SMS")
        return [
            Receipt(
                self.channel, each.sid, sms.address_of(each.mobile), each.report_status == DELIVERED, each.errmsg[:80],
                sms.safe(each.description, ()), sms.shanghai_us(each.user_receive_time) or self._clock(),
            )
            for each in reports
        ]  # fmt: skip


class TencentSms(TencentReceipts):
    """Channel, Polled and CalledBack. endpoint: a host, or http://127.0.0.1:port on this machine. Misconfigured when the SDK is missing."""

    def __init__(
        self,
        secret_id: str,
        secret_key: str,
        sdk_app_id: str,
        sign_name: str,
        templates: Mapping[str, SmsTemplate],
        facts: ChannelFacts,
        clock: Callable[[], int],
        region: str = "ap-guangzhou",
        endpoint: str = "sms.tencentcloudapi.com",
        timeout_s: float = 5.0,
    ) -> None:
        super().__init__(clock)
        self._limit_s = sms.CONNECT_TIMEOUT_S + 2 * timeout_s
        sms.quiet("tencentcloud_sdk_common")
        self._templates, self._facts, self._sign_name = templates, facts, sign_name
        self._app_id, self._hidden = sdk_app_id, (secret_key, secret_id)
        protocol, host = sms.endpoint_of(endpoint)
        try:
            from tencentcloud.common.credential import Credential  # noqa: PLC0415 - an extra
            from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException  # noqa: PLC0415
            from tencentcloud.common.profile.client_profile import ClientProfile  # noqa: PLC0415
            from tencentcloud.common.profile.http_profile import HttpProfile  # noqa: PLC0415
            from tencentcloud.sms.v20210111 import models  # noqa: PLC0415
            from tencentcloud.sms.v20210111.sms_client import SmsClient  # noqa: PLC0415
        except ImportError as error:
            raise Misconfigured(f"the SDK of Tencent SMS is not installed ({error.name}): pip install 'tricolor[sms-tencent]'") from error
        self._models, self._error = models, TencentCloudSDKException
        # one number serves for connecting and for reading: the SDK hands it to requests, which takes a pair as well
        profile = HttpProfile(protocol=protocol, endpoint=host, reqMethod="POST", reqTimeout=(sms.CONNECT_TIMEOUT_S, timeout_s))
        self._client = SmsClient(Credential(secret_id, secret_key), region, ClientProfile(httpProfile=profile))
        self._client._check_status = self._check_status  # the SDK's own drops the status and keeps the whole body

    def send(self, message: Outgoing) -> Answer:
        """SessionContext is the message's id: a repeat is recognised by it."""
        number = sms.number_of(message)
        if isinstance(number, Failed):
            return number
        template = sms.template_for(self._templates, message)
        values = sms.variables_of(template, message, self._sign_name, self._facts)
        request = self._models.SendSmsRequest()
        request.PhoneNumberSet = [f"+86{number}"]
        request.SmsSdkAppId, request.SignName, request.TemplateId = self._app_id, self._sign_name, template.code
        request.TemplateParamSet = [values[name] for name in template.variables]
        request.SessionContext = str(message.id)
        answer = self._call(lambda: self._client.SendSms(request))
        if isinstance(answer, Failed):
            return answer
        if not answer.SendStatusSet or not answer.SendStatusSet[0].Code:
            return Failed(ErrorClass.UNKNOWN, "network.empty", "答复不完整，短信可能已发出 / half an answer: it may have been sent")
        status = answer.SendStatusSet[0]
        if status.Code == TAKEN:
            return Accepted(status.SerialNo or "")
        return sms.refusal(self._facts, str(status.Code), str(status.Message or ""), self._hidden)

    def poll(self, sent: Sequence[Outgoing], now: int) -> list[Receipt]:
        """Receipts of these messages that the provider has; at most POLL_MAX numbers are asked for. TryAgain when it does not answer; Refused."""
        by_number: dict[str, list[Outgoing]] = {}
        for message in sent:
            number = sms.number_of(message)
            if message.accepted_at is not None and not isinstance(number, Failed):
                by_number.setdefault(number, []).append(message)
        found: list[Receipt] = []
        for number, messages in list(by_number.items())[:POLL_MAX]:
            pulled = self._pull(number, min(each.accepted_at or now for each in messages), now)
            if isinstance(pulled, Failed):
                if found:
                    return found
                raise sms.not_told(pulled)
            of = {each.receipt: each for each in messages if each.receipt}
            found += [self._receipt_of(each, of[each.SerialNo], now) for each in pulled if each.SerialNo in of]
        return found

    def registered(self, template: SmsTemplate) -> sms.Registered:
        """The template as Tencent has it, by DescribeSmsTemplateList; TryAgain when it does not answer; Refused: it does not know key or code."""
        if not template.code.isdigit():
            raise Refused(f"a template's code is a number at Tencent, not {template.code!r}")
        request = self._models.DescribeSmsTemplateListRequest()
        request.International, request.TemplateIdSet = 0, [int(template.code)]
        answer = self._call(lambda: self._client.DescribeSmsTemplateList(request))
        if isinstance(answer, Failed):
            raise sms.not_told(answer)
        if not answer.DescribeTemplateStatusSet:
            raise Refused(f"Tencent has no template {template.code}")
        status = answer.DescribeTemplateStatusSet[0]
        places = tuple(dict.fromkeys(_PLACES.findall(str(status.TemplateContent or ""))))
        return sms.Registered(status.StatusCode == APPROVED, places, sms.safe(str(status.ReviewReply or ""), ()))

    def _pull(self, number: str, since: int, now: int) -> "list[Any] | Failed":
        now_s = now // SECOND_US
        request = self._models.PullSmsSendStatusByPhoneNumberRequest()
        request.PhoneNumber, request.SmsSdkAppId = f"+86{number}", self._app_id
        request.BeginTime, request.EndTime = max(since // SECOND_US - LATE_S, now_s - PULL_BACK_S + LATE_S), now_s
        request.Offset, request.Limit = 0, PULL_MAX
        answer = self._call(lambda: self._client.PullSmsSendStatusByPhoneNumber(request))
        return answer if isinstance(answer, Failed) else list(answer.PullSmsSendStatusSet or [])

    def _receipt_of(self, status: Any, message: Outgoing, now: int) -> Receipt:
        at = int(status.UserReceiveTime) * SECOND_US if status.UserReceiveTime else now
        code = str(status.ReportStatus or "")
        words = sms.safe(str(status.Description or ""), self._hidden)
        return Receipt(self.channel, message.receipt, sms.address_of(message.address), code == DELIVERED, code[:80], words, at, message.id)

    def _check_status(self, answer: Any) -> None:
        if answer.status_code != 200:
            raise self._error(f"http.{answer.status_code}", "")

    def _call(self, ask: Callable[[], Any]) -> Any:
        return sms.within(self._limit_s, lambda: self._asked(ask))

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """What the SDK gives, or Failed: its exceptions hold the request's words and go no further."""
        try:
            return ask()
        except self._error as error:
            code = str(error.code or "")
            if error.requestId or code.startswith("http."):
                return sms.refusal(self._facts, code, str(error.message or ""), self._hidden)
            return sms.unsent_or_unknown(error, self._hidden)
