"""The file of TRICOLOR_CHANNELS: what it may say, what is refused and how that is said, and that no secret leaves it."""

from pathlib import Path

import pytest

from tricolor.channel_settings import ChannelSettings, load_channels, permission_warning
from tricolor.domain.errors import Misconfigured, Problems

WHOLE = """
language = "zh"
[sms]
provider = "aliyun"
access_key_id = "LTAI-key-id-0001"
access_key_secret = "env:TEST_SMS_SECRET"
sign_name = "某市发改委"
templates = { alert = "SMS_000001" }
[mail]
host = "smtp.example.org"
port = 465
tls = "ssl"
user = "alerts@example.org"
password = "file:mail.secret"
sender = "alerts@example.org"
[robots.energy-duty]
kind = "dingtalk"
key = "ding-token-0001"
secret = "SECding-0001"
at_mobiles = ["000-0000-0001"]
[robots.night]
kind = "wecom"
url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=wecom-key-0001"
[webhooks.city]
url = "https://hooks.example.org/path-secret-0001"
secret = "hook-secret-0001"
[mqtt_notify]
topic = "tricolor/v1/alerts/{department}"
[voice]
url = "https://call.example.org/voice-path-0001"
secret = "voice-secret-0001"
[apprise.ops]
urls = ["json://user:apprise-pass-0001@h.example.org/x"]
[receipts]
secret = "receipts-path-0001"
"""
SECRETS = [
    "sms-secret-0001", "LTAI-key-id-0001", "mail-pass-0001", "ding-token-0001", "SECding-0001", "wecom-key-0001", "path-secret-0001",
    "hook-secret-0001", "voice-path-0001", "voice-secret-0001", "apprise-pass-0001", "receipts-path-0001",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEST_SMS_SECRET", "sms-secret-0001\n")
    (tmp_path / "mail.secret").write_text("mail-pass-0001\n")
    return tmp_path


def load(folder: Path, text: str) -> ChannelSettings:
    file = folder / "channels.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return load_channels(file)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(Problems) as found:
        load(folder, text)
    return [fault.removeprefix(f"{folder}/channels.toml ") for fault in found.value.problems]


def test_secrets_come_from_the_file_from_files_beside_it_and_from_the_environment(folder: Path) -> None:
    found = load(folder, WHOLE)
    assert found.sms is not None and found.sms.provider == "aliyun" and found.sms.access_key_secret.get_secret_value() == "sms-secret-0001"
    assert found.mail is not None and found.mail.password.get_secret_value() == "mail-pass-0001"
    assert found.robots["energy-duty"].address == "https://oapi.dingtalk.com/robot/send?access_token=ding-token-0001"
    assert found.robots["energy-duty"].secret.get_secret_value() == "SECding-0001"
    assert found.robots["night"].address.endswith("key=wecom-key-0001")
    assert found.apprise["ops"].urls[0].get_secret_value().startswith("json://user")


def test_no_secret_stands_in_the_description_or_a_repr(folder: Path) -> None:
    found = load(folder, WHOLE)
    told = f"{found!r}{found}{found.describe()!r}{found.model_dump()!r}"
    assert [secret for secret in SECRETS if secret in told] == []
    assert [(line.channel, line.address) for line in found.describe()] == [
        ("sms", ""), ("mail", ""), ("dingtalk", "robot:energy-duty"), ("wecom", "robot:night"), ("webhook", "webhook:city"), ("mqtt", ""),
        ("voice", ""), ("apprise", "apprise:ops"),
    ]  # fmt: skip


def test_without_a_file_nothing_is_set() -> None:
    assert load_channels(None) == ChannelSettings() and ChannelSettings().describe() == []


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("[robots.a]\nkind='wecom'\nkey='k'\nsecrt='x'", "[robots.a] secrt", "no such key"),
        ("[robot.a]\nkind='wecom'", "robot", "no such key"),
        ("[robots.a]\nkind='skype'\nkey='k'", "[robots.a] kind", "'wecom', 'dingtalk' or 'feishu'"),
        ("[robots.a]\nkind='wecom'", "[robots] a", "url or key"),
        ("[robots.a]\nkind='wecom'\nkey='k'\nsecret='s'", "[robots] a", "no signature"),
        ("[robots.a]\nkind='feishu'\nkey='k'\nat_mobiles=['1']", "[robots] a", "mobile"),
        ("[robots.'两个']\nkind='wecom'\nkey='k'", "robots", "small letters"),
        ("[mail]\nhost='h'\nport=99999\nsender='a@b'", "[mail] port", "65535"),
        ("[mail]\nhost='h'\nport=25\nsender='nobody'", "[mail] sender", "pattern"),
        ("[mail]\nhost='h'\nport=25\nsender='a@b'\nuser='u'", "mail", "go together"),
        ("[mail]\nhost='h'\nport=25\nsender='a@b'\ntls='none'\nuser='u'\npassword='p'", "mail", "in the clear"),
        ("[mail]\nhost='h'\nport=25", "[mail] sender", "missing"),
        ("[sms]\nprovider='other'", "[sms] provider", "aliyun"),
        ("[sms]\nprovider='tencent'\nsecret_id='i'\nsecret_key='k'\nsign_name='签名'\ntemplates={alert='1'}", "[sms] sdk_app_id", "missing"),
        ("[webhooks.a]\nurl='h.example.org'", "[webhooks.a] url", "https://"),
        ("[mqtt_notify]\ntopic='alerts/#'", "[mqtt_notify] topic", "{department}"),
        ("[receipts]\nsecret='short'", "[receipts] secret", "16 to 128"),
        ("[webhooks.a]\nurl='https://h/x'\nsecret='env:NOT_THERE_0001'", "[webhooks.a] secret", "no variable NOT_THERE_0001"),
        ("[webhooks.a]\nurl='https://h/x'\nsecret='file:not-there'", "[webhooks.a] secret", "cannot be read"),
        ("[apprise.a]\nurls=[]", "[apprise.a] urls", "at least 1"),
    ],
)
def test_what_is_wrong_is_said_with_table_key_and_how_to_mend_it(folder: Path, text: str, place: str, says: str) -> None:
    found = faults(folder, text)
    assert len(found) == 1 and found[0].startswith(f"{place}: ") and says in found[0]


def test_every_fault_is_told_at_once_and_none_tells_a_secret(folder: Path) -> None:
    text = WHOLE.replace('"dingtalk"', '"dingdong"').replace("port = 465", 'port = "x"').replace("https://hooks", "ftp://hooks")
    found = faults(folder, text)
    assert len(found) == 3
    assert [secret for secret in SECRETS if any(secret in fault for fault in found)] == []


def test_a_file_that_is_no_toml_or_not_there_is_said(folder: Path) -> None:
    with pytest.raises(Misconfigured, match="line 1"):
        load(folder, "[mail\npassword='mail-pass-0001'")
    with pytest.raises(Misconfigured, match="TRICOLOR_CHANNELS"):
        load_channels(folder / "nowhere.toml")


def test_a_file_that_everyone_may_read_is_warned_of(folder: Path) -> None:
    load(folder, WHOLE)
    file = folder / "channels.toml"
    assert permission_warning(file) == "" and permission_warning(None) == ""
    file.chmod(0o644)
    assert "chmod 600" in permission_warning(file) and "644" in permission_warning(file)
