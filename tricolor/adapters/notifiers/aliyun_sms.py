"""Channel "sms" through Aliyun (阿里云短信): SendSms with a registered template; receipts posted by SmsReport or asked for by QuerySendDetails.

Protocol: the SDK alibabacloud-dysmsapi20170525; SmsReport: help.aliyun.com document_detail/101867. Codes and limits: tricolor/catalogue/channels.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from tricolor.adapters.notifiers import sms
from tricolor.domain.channel_facts import ChannelFacts
from tricolor.domain.delivery import Accepted, Answer, ErrorClass, Failed, Receipt
from tricolor.domain.errors import Misconfigured
from tricolor.domain.intervals import from_us
from tricolor.domain.sms_text import SmsTemplate, variables_in
from tricolor.ports import Outgoing

TAKEN: Final = "OK"
WAITING, DELIVERED = 1, 3  # SendStatus of QuerySendDetails; 2: not delivered
APPROVED: Final = 1  # TemplateStatus of QuerySmsTemplate
POLL_MAX: Final = 50  # requests of one round


class _Report(msgspec.Struct):
    """One report of SmsReport; times in Chinese time."""

    phone_number: str
    success: bool
    biz_id: str
    report_time: str = ""
    err_code: str = ""
    err_msg: str = ""
    out_id: str | None = None


_REPORTS = msgspec.json.Decoder(list[_Report])


class AliyunReceipts:
    """CalledBack: posts of SmsReport. It needs neither a key nor the SDK."""

    channel = sms.CHANNEL
    answer: Mapping[str, object] = {"code": 0, "msg": "接收成功"}

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock

    def receipts(self, headers: Sequence[tuple[str, str]], body: bytes) -> list[Receipt]:
        """Those of one post of SmsReport; Unreadable for any other body."""
        reports = sms.posted(_REPORTS, body, "no SmsReport of Aliyun")
        return [
            Receipt(
                self.channel, each.biz_id, sms.address_of(each.phone_number), each.success, each.err_code[:80], sms.safe(each.err_msg, ()),
                sms.shanghai_us(each.report_time) or self._clock(), _id_of(each.out_id),
            )
            for each in reports
        ]  # fmt: skip


class AliyunSms(AliyunReceipts):
    """Channel, Polled and CalledBack. endpoint: a host, or http://127.0.0.1:port on this machine. Misconfigured when the SDK is missing."""

    def __init__(
        self,
        key_id: str,
        key_secret: str,
        sign_name: str,
        templates: Mapping[str, SmsTemplate],
        facts: ChannelFacts,
        clock: Callable[[], int],
        endpoint: str = "dysmsapi.aliyuncs.com",
        timeout_s: float = 5.0,
    ) -> None:
        super().__init__(clock)
        self._limit_s = sms.CONNECT_TIMEOUT_S + 2 * timeout_s
        sms.quiet()
        self._templates, self._facts, self._sign_name = templates, facts, sign_name
        self._hidden = (key_secret, key_id)
        protocol, host = sms.endpoint_of(endpoint)
        try:
            from alibabacloud_dysmsapi20170525 import models  # noqa: PLC0415 - an extra
            from alibabacloud_dysmsapi20170525.client import Client  # noqa: PLC0415
            from alibabacloud_tea_openapi.utils_models import Config  # noqa: PLC0415
            from darabonba.core import DaraCore  # noqa: PLC0415
            from darabonba.runtime import RuntimeOptions  # noqa: PLC0415
        except ImportError as error:
            raise Misconfigured(f"the SDK of Aliyun SMS is not installed ({error.name}): pip install 'tricolor[sms-aliyun]'") from error
        DaraCore._do_http_debug = lambda *_: None  # with DEBUG=sdk in the environment it prints whole requests
        self._models = models
        self._runtime = RuntimeOptions(connect_timeout=round(sms.CONNECT_TIMEOUT_S * 1000), read_timeout=round(timeout_s * 1000), autoretry=False)
        # no region: the endpoint says where to; no retries by the SDK: what may have been sent is the outbox's to repeat
        self._client = Client(Config(access_key_id=key_id, access_key_secret=key_secret, endpoint=host, protocol=protocol.upper()))

    def send(self, message: Outgoing) -> Answer:
        """OutId is the message's id: a repeat is recognised by it, and a receipt whose BizId we never heard finds its message."""
        number = sms.number_of(message)
        if isinstance(number, Failed):
            return number
        template = sms.template_for(self._templates, message)
        values = sms.variables_of(template, message, self._sign_name, self._facts)
        request = self._models.SendSmsRequest(
            phone_numbers=number,
            sign_name=self._sign_name,
            template_code=template.code,
            template_param=json.dumps(values, ensure_ascii=False),
            out_id=str(message.id),
        )
        body = self._call(lambda: self._client.send_sms_with_options(request, self._runtime).body)
        if isinstance(body, Failed):
            return body
        if body is None or not body.code:
            return Failed(ErrorClass.UNKNOWN, "network.empty", "答复不完整，短信可能已发出 / half an answer: it may have been sent")
        if body.code == TAKEN:
            return Accepted(body.biz_id or "")
        return sms.refusal(self._facts, str(body.code), str(body.message or ""), self._hidden)

    def poll(self, sent: Sequence[Outgoing], now: int) -> list[Receipt]:
        """Receipts of these messages that the provider has; at most POLL_MAX are asked for. TryAgain when it does not answer; Refused."""
        found: list[Receipt] = []
        for message in [each for each in sent if each.accepted_at is not None][:POLL_MAX]:
            number = sms.number_of(message)
            if isinstance(number, Failed):
                continue
            details = self._details(message, number)
            if isinstance(details, Failed):
                if found:
                    return found
                raise sms.not_told(details)
            found += [receipt for each in details if (receipt := self._receipt_of(each, message, now)) is not None]
        return found

    def registered(self, template: SmsTemplate) -> sms.Registered:
        """The template as Aliyun has it, by QuerySmsTemplate; TryAgain when it does not answer; Refused for a key or a code it does not know."""
        request = self._models.QuerySmsTemplateRequest(template_code=template.code)
        body = self._call(lambda: self._client.query_sms_template_with_options(request, self._runtime).body)
        if body is None or (not isinstance(body, Failed) and body.code != TAKEN):
            body = sms.refusal(self._facts, str(body.code if body else ""), str(body.message if body else ""), self._hidden)
        if isinstance(body, Failed):
            raise sms.not_told(body)
        return sms.Registered(body.template_status == APPROVED, variables_in(str(body.template_content or "")), sms.safe(str(body.reason or ""), ()))

    def _details(self, message: Outgoing, number: str) -> "list[Any] | Failed":
        request = self._models.QuerySendDetailsRequest(
            phone_number=number,
            biz_id=message.receipt or None,
            send_date=f"{from_us(message.accepted_at or 0):%Y%m%d}",
            page_size=50,
            current_page=1,
        )
        body = self._call(lambda: self._client.query_send_details_with_options(request, self._runtime).body)
        if isinstance(body, Failed):
            return body
        if body is None or body.code != TAKEN:
            return sms.refusal(self._facts, str(body.code if body else ""), str(body.message if body else ""), self._hidden)
        listed = body.sms_send_detail_dtos.sms_send_detail_dto if body.sms_send_detail_dtos else []
        return [each for each in listed if each.out_id == str(message.id)]

    def _receipt_of(self, detail: Any, message: Outgoing, now: int) -> Receipt | None:
        """None while the carrier has not reported."""
        if detail.send_status in (None, WAITING):
            return None
        at = sms.shanghai_us(detail.receive_date or "") or now
        code = str(detail.err_code or "")[:80]
        return Receipt(self.channel, message.receipt, sms.address_of(message.address), detail.send_status == DELIVERED, code, "", at, message.id)

    def _call(self, ask: Callable[[], Any]) -> Any:
        return sms.within(self._limit_s, lambda: self._asked(ask))

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """What the SDK gives, or Failed: its exceptions hold the request and its answer, and go no further."""
        try:
            return ask()
        except Exception as error:  # the SDK raises RuntimeError, KeyError and its own alike
            status = getattr(error, "status_code", None)
            if status is None:
                return sms.unsent_or_unknown(error, self._hidden)
            code = str(getattr(error, "code", "") or "")
            named = code not in ("", "None")
            return sms.refusal(self._facts, code if named else f"http.{status}", str(getattr(error, "message", "") or ""), self._hidden)


def _id_of(out_id: str | None) -> int | None:
    return int(out_id) if out_id and out_id.isascii() and out_id.isdigit() and len(out_id) <= 18 else None
