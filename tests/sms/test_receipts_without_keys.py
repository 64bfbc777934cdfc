"""The service that takes receipts needs neither the provider's keys nor its SDK."""

import sys
from types import SimpleNamespace

import pytest

from tricolor.adapters.notifiers.aliyun_sms import AliyunReceipts
from tricolor.adapters.notifiers.tencent_sms import TencentReceipts
from tricolor.config import Settings
from tricolor_cli.up import _receipt_desk

SMS = {
    "aliyun": 'access_key_id = "k"\naccess_key_secret = "k"\n',
    "tencent": 'secret_id = "k"\nsecret_key = "k"\nsdk_app_id = "1400000000"\n',
}


@pytest.mark.parametrize(("provider", "kind"), [("aliyun", AliyunReceipts), ("tencent", TencentReceipts)])
def test_receipts_are_taken_without_the_sdk(provider, kind, sqlite_ledger, tmp_path, monkeypatch):
    for name in ("alibabacloud_dysmsapi20170525", "tencentcloud"):
        monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    file = tmp_path / "channels.toml"
    words = 'sign_name = "某市发改委"\ntemplates = { alert = "SMS_000001" }\n'
    file.write_text(f'[sms]\nprovider = "{provider}"\n{SMS[provider]}{words}[receipts]\nsecret = "{"s" * 20}"\n', encoding="utf-8")
    desk = _receipt_desk(SimpleNamespace(settings=Settings(channels=file), ledger=sqlite_ledger))
    assert desk is not None and type(desk.channels["sms"]) is kind
    assert desk.channel("sms", "s" * 20) is desk.channels["sms"]
