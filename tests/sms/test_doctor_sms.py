"""`tricolor doctor` of SMS: each template as the provider has it, variables, and the address where receipts come in; no message is sent."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tricolor.catalogue.sms_templates import sms_texts
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor_cli.doctor_sms import look_at_sms
from tricolor_cli.main import app

SECRET_PATH = "loopback-receipts-secret"
PUBLIC = "https://energy.example.org"


def settings(
    tmp_path: Path, bench: Any, provider: str, endpoint: str, codes: str = "", receipts: bool = True, public: str = PUBLIC, more: str = ""
) -> Settings:
    keys = {
        "aliyun": f'access_key_id = "{bench.key_id}"\naccess_key_secret = "{bench.secret}"',
        "tencent": f'secret_id = "{bench.key_id}"\nsecret_key = "{bench.secret}"\nsdk_app_id = "{bench.app_id}"',
    }[provider]
    codes = codes or 'alert = "1001"\nresolved = "1002"\ngroup = "1003"'
    text = f'[sms]\nprovider = "{provider}"\n{keys}\nsign_name = "{bench.sign}"\nendpoint = "{endpoint}"\n{more}\n[sms.templates]\n{codes}\n'
    path = tmp_path / "channels.toml"
    path.write_text(text + (f'[receipts]\nsecret = "{SECRET_PATH}"\n' if receipts else ""), encoding="utf-8")
    path.chmod(0o600)
    return Settings(channels=path, public_url=public, data=tmp_path)


def approved(kind: str, status: int = 1, text: str = "", reason: str = "") -> tuple[int, Any]:
    content = text or sms_texts()[kind].text
    return 200, {"Code": "OK", "Message": "OK", "TemplateCode": "x", "TemplateContent": content, "TemplateStatus": status, "Reason": reason}


def listed(kind: str, status: int = 0) -> tuple[int, Any]:
    row = {
        "TemplateId": 1001,
        "International": 0,
        "StatusCode": status,
        "ReviewReply": "",
        "TemplateName": "n",
        "TemplateContent": sms_texts()[kind].for_tencent,
    }
    return 200, {"Response": {"DescribeTemplateStatusSet": [row], "RequestId": "R"}}


def shown(findings: list[Any]) -> list[str]:
    return [f"{each.state} {each.detail}" for each in findings]


def test_templates_that_are_approved_and_fit_are_well_at_aliyun(tmp_path: Path, bench: Any, aliyun: Any) -> None:
    aliyun.answer(approved("alert"), approved("resolved"), approved("group"))
    findings = look_at_sms(settings(tmp_path, bench, "aliyun", aliyun.endpoint))
    assert shown(findings) == [
        "ok template 1001 (alert) is approved and has our variables",
        "ok template 1002 (resolved) is approved and has our variables",
        "ok template 1003 (group) is approved and has our variables",
        f"ok enter in the provider's console: {PUBLIC}/v1/receipts/sms/ and the secret of [receipts]",
    ]
    assert [seen.headers["x-acs-action"] for seen in aliyun.seen] == ["QuerySmsTemplate"] * 3
    assert SECRET_PATH not in repr(findings) and bench.secret not in repr(findings)


def test_templates_that_are_approved_and_fit_are_well_at_tencent(tmp_path: Path, bench: Any, tencent: Any) -> None:
    tencent.answer(listed("alert"), listed("resolved"), listed("group"))
    findings = look_at_sms(settings(tmp_path, bench, "tencent", tencent.endpoint))
    assert [each.state for each in findings] == ["ok"] * 4
    assert [(seen.headers["x-tc-action"], seen.json) for seen in tencent.seen] == [
        ("DescribeSmsTemplateList", {"International": 0, "TemplateIdSet": [number]}) for number in (1001, 1002, 1003)
    ]


def test_what_is_wrong_with_a_template_is_told(tmp_path: Path, bench: Any, aliyun: Any) -> None:
    aliyun.answer(
        approved("alert", status=2, reason="含有链接"),
        approved("resolved", text="${unit}${colour}"),
        (200, {"Code": "isv.SMS_TEMPLATE_ILLEGAL", "Message": "no"}),
    )
    found = look_at_sms(settings(tmp_path, bench, "aliyun", aliyun.endpoint))
    assert [each.state for each in found] == ["error", "error", "error", "ok"]
    assert "含有链接" in found[0].detail
    assert "'colour'" in found[1].detail
    assert "isv.SMS_TEMPLATE_ILLEGAL" in found[2].detail
    assert all(each.mend for each in found[:3])


def test_a_provider_that_does_not_answer_is_a_warning(tmp_path: Path, bench: Any, closed_port: int) -> None:
    found = look_at_sms(settings(tmp_path, bench, "tencent", f"http://127.0.0.1:{closed_port}", codes='alert = "1"'))
    assert [each.state for each in found] == ["warning", "warning", "ok"]  # resolved and group are missing; no answer; receipts
    assert "resolved, group" in found[0].detail and "does not answer" in found[1].detail


def test_a_link_is_too_long_for_a_variable_of_tencent(tmp_path: Path, bench: Any, tencent: Any) -> None:
    tencent.answer(listed("alert_link"))
    variables = ", ".join(f'"{name}"' for name in sms_texts()["alert_link"].variables)
    more = f"variables = {{ alert = [{variables}] }}"
    found = look_at_sms(settings(tmp_path, bench, "tencent", tencent.endpoint, codes='alert = "1"', more=more))
    assert "error a variable holds 6 characters at this provider, link_key has 25" in shown(found)


@pytest.mark.parametrize(
    ("receipts", "public", "words"),
    [(False, PUBLIC, "no posted receipts"), (True, "", "cannot be posted to http://127.0.0.1"), (True, "http://energy.example.org", "without TLS")],
)
def test_where_receipts_do_not_come_in_is_told(tmp_path: Path, bench: Any, aliyun: Any, receipts: bool, public: str, words: str) -> None:
    aliyun.answer(approved("alert"))
    last = look_at_sms(settings(tmp_path, bench, "aliyun", aliyun.endpoint, codes='alert = "1"', receipts=receipts, public=public))[-1]
    assert last.state == "warning" and words in last.detail and last.mend


def test_without_sms_nothing_is_said(tmp_path: Path) -> None:
    assert look_at_sms(Settings(data=tmp_path)) == []


def test_a_template_without_a_kind_is_named(tmp_path: Path, bench: Any) -> None:
    with pytest.raises(Misconfigured, match="no kind 'red'"):
        look_at_sms(settings(tmp_path, bench, "aliyun", "http://127.0.0.1:1", codes='alert = "1"\nred = "2"'))


def test_the_table_shows_the_names_of_settings(tmp_path: Path, bench: Any, closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings(tmp_path, bench, "aliyun", f"http://127.0.0.1:{closed_port}", codes='alert = "1"')
    monkeypatch.setenv("TRICOLOR_CHANNELS", str(chosen.channels))
    monkeypatch.setenv("TRICOLOR_MQTT", f"127.0.0.1:{closed_port}")
    monkeypatch.setenv("COLUMNS", "400")
    shown = CliRunner().invoke(app, ["doctor", "--data", str(tmp_path)]).output
    assert "write their codes into [sms] templates" in shown  # rich would take [sms] for a colour
