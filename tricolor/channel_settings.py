"""Settings of the ways to people: the TOML file of TRICOLOR_CHANNELS, read once in a main. Secrets stand in it, in files or in the environment."""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from tricolor.domain.channel_ways import Ways
from tricolor.domain.errors import Misconfigured, Problems

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
FROM_ENVIRONMENT, FROM_FILE = "env:", "file:"
SECRET_FILE_MAX_BYTES = 65_536
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AliyunSms(_Table):
    """阿里云短信. templates: code by kind of message ("alert" one matter, "group" several), "alert" serves where the other is missing."""

    provider: Literal["aliyun"]
    access_key_id: SecretStr
    access_key_secret: SecretStr
    sign_name: str = Field(min_length=2, max_length=16)
    templates: dict[str, str] = Field(min_length=1)
    variables: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # per kind: which params the template knows; empty: all
    variable_max: int | None = Field(default=None, ge=4, le=100)  # characters of one variable, as the provider's console shows
    endpoint: str = "dysmsapi.aliyuncs.com"
    timeout_s: float = Field(default=5.0, gt=0, le=10)  # a batch must end within its lease


class TencentSms(_Table):
    """腾讯云短信. variables: per kind the params in the order of the template's {1}, {2}…"""

    provider: Literal["tencent"]
    secret_id: SecretStr
    secret_key: SecretStr
    sdk_app_id: str = Field(min_length=1)
    sign_name: str = Field(min_length=2, max_length=16)
    templates: dict[str, str] = Field(min_length=1)
    variables: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    variable_max: int | None = Field(default=None, ge=4, le=100)  # characters of one variable, as the provider's console shows
    region: str = "ap-guangzhou"
    endpoint: str = "sms.tencentcloudapi.com"
    timeout_s: float = Field(default=5.0, gt=0, le=10)  # a batch must end within its lease


class Mail(_Table):
    """An SMTP server. tls: "ssl" from the first byte (465), "starttls" (587), "none" only on this machine."""

    host: str = Field(min_length=1)
    port: int = Field(ge=1, le=65_535)
    tls: Literal["ssl", "starttls", "none"] = "starttls"
    ca_file: Path | None = None
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: str = Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    sender_name: str = Field(default="红黄绿用能预警", pattern=r"^[^\r\n]*$")
    timeout_s: float = Field(default=15.0, gt=0, le=20)  # a mail takes a dozen steps: see alerting/sender.py

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.user) != bool(self.password.get_secret_value()):
            raise ValueError("user and password go together: give both or none")
        if not (self.user + self.password.get_secret_value()).isascii():
            raise ValueError("user and password must be ASCII: many mail providers give an authorisation code (授权码) for this")
        if self.tls == "none" and self.user and self.host not in LOOPBACK:
            raise ValueError('tls = "none" would send the password in the clear: write "starttls" or "ssl"')
        if self.tls == "none" and self.ca_file is not None:
            raise ValueError('ca_file is for TLS: write tls = "starttls" or "ssl", or leave it out')
        return self


ROBOT_URLS = {
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key}",
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token={key}",
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/{key}",
}


class Robot(_Table):
    """A group robot. url whole, or key alone (what stands after key=, access_token= or hook/); secret: of the signature, 加签."""

    kind: Literal["wecom", "dingtalk", "feishu"]
    url: SecretStr = SecretStr("")
    key: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    at_mobiles: tuple[str, ...] = ()
    timeout_s: float = Field(default=5.0, gt=0, le=30)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.url.get_secret_value()) == bool(self.key.get_secret_value()):
            raise ValueError("give url or key, one of them")
        _check_http(self.url.get_secret_value())
        if self.kind == "wecom" and self.secret.get_secret_value():
            raise ValueError("a wecom robot has no signature: leave secret out (its key is the secret)")
        if self.kind == "feishu" and self.at_mobiles:
            raise ValueError("a feishu robot cannot name people by mobile number: leave at_mobiles out")
        return self

    @property
    def address(self) -> str:
        """The URL with its key: for the adapter only."""
        return self.url.get_secret_value() or ROBOT_URLS[self.kind].format(key=self.key.get_secret_value())


class Webhook(_Table):
    """An address of the operator's own that takes JSON; secret signs it."""

    url: SecretStr
    secret: SecretStr = SecretStr("")
    timeout_s: float = Field(default=5.0, gt=0, le=30)

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: SecretStr) -> SecretStr:
        _check_http(url.get_secret_value(), is_needed=True)
        return url


class MqttNotify(_Table):
    """Alerts for machines on the broker of TRICOLOR_MQTT. topic: with {department} in it; user: an account of its own, "": the intake's."""

    topic: str = "tricolor/v1/alerts/{department}"
    user: str = ""
    password: SecretStr = SecretStr("")
    timeout_s: float = Field(default=5.0, gt=0, le=30)

    @field_validator("topic")
    @classmethod
    def _is_topic(cls, topic: str) -> str:
        if "{department}" not in topic or any(sign in topic for sign in "+#") or topic.count("{") != 1 or topic.startswith("$"):
            raise ValueError("write a topic without + and # that holds {department}, e.g. tricolor/v1/alerts/{department}")
        return topic

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.user) != bool(self.password.get_secret_value()):
            raise ValueError("user and password go together: give both or none")
        return self


class Voice(_Table):
    """A hook that telephones: it gets the number and the words to speak, signed."""

    url: SecretStr
    secret: SecretStr = SecretStr("")
    timeout_s: float = Field(default=10.0, gt=0, le=30)

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: SecretStr) -> SecretStr:
        _check_http(url.get_secret_value(), is_needed=True)
        return url


class AppriseTarget(_Table):
    """What apprise reaches; urls in its own notation, each a secret."""

    urls: tuple[SecretStr, ...] = Field(min_length=1, max_length=20)


class Receipts(_Table):
    """secret: the part of the path by which providers post receipts to us, at least 16 characters."""

    secret: SecretStr

    @field_validator("secret")
    @classmethod
    def _is_long(cls, secret: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9_-]{16,128}", secret.get_secret_value()):
            raise ValueError("write 16 to 128 letters, digits, - or _ (it stands in a path)")
        return secret


class ChannelSettings(_Table):
    """Everything the file says; an empty one leaves the phone inbox alone (and the webhook of TRICOLOR_WEBHOOK_URL)."""

    sms: Annotated[AliyunSms | TencentSms, Field(discriminator="provider")] | None = None
    mail: Mail | None = None
    robots: dict[str, Robot] = Field(default_factory=dict)
    webhooks: dict[str, Webhook] = Field(default_factory=dict)
    mqtt_notify: MqttNotify | None = None
    voice: Voice | None = None
    apprise: dict[str, AppriseTarget] = Field(default_factory=dict)
    receipts: Receipts | None = None
    language: Literal["zh", "en"] = "zh"

    @field_validator("robots", "webhooks", "apprise")
    @classmethod
    def _are_names(cls, named: dict[str, Any]) -> dict[str, Any]:
        bad = [name for name in named if not NAME.fullmatch(name)]
        if bad:
            raise ValueError(f"the name {bad[0]!r} cannot be an address: write small letters, digits, '.', '-' and '_', e.g. energy-duty")
        return named

    def describe(self) -> list["ChannelLine"]:
        """What is set, for people: never a key, a secret or a path behind a host."""
        lines: list[ChannelLine] = []
        if self.sms is not None:
            lines.append(ChannelLine("sms", "", f"{self.sms.provider}，{self.sms.endpoint}，签名 sign {self.sms.sign_name}", True))
        if self.mail is not None:
            user = f"，{self.mail.user}" if self.mail.user else ""
            lines.append(
                ChannelLine("mail", "", f"{self.mail.host}:{self.mail.port} {self.mail.tls}{user}，{self.mail.sender}", bool(self.mail.user))
            )
        lines += [ChannelLine(r.kind, f"robot:{n}", host_of(r.address), _has(r.secret), len(r.at_mobiles)) for n, r in sorted(self.robots.items())]
        lines += [ChannelLine("webhook", f"webhook:{n}", host_of(w.url.get_secret_value()), _has(w.secret)) for n, w in sorted(self.webhooks.items())]
        if self.mqtt_notify is not None:
            lines.append(ChannelLine("mqtt", "", self.mqtt_notify.topic, False))
        if self.voice is not None:
            lines.append(ChannelLine("voice", "", host_of(self.voice.url.get_secret_value()), _has(self.voice.secret)))
        lines += [
            ChannelLine("apprise", f"apprise:{n}", "、".join(_scheme(u.get_secret_value()) for u in a.urls), True)
            for n, a in sorted(self.apprise.items())
        ]
        return lines


def ways_of(chosen: ChannelSettings, webhook_url: str = "") -> Ways:
    """What an address may say; webhook_url: TRICOLOR_WEBHOOK_URL, the webhook "default"."""
    found: dict[str, frozenset[str] | None] = {"webhook": frozenset({"default"})} if webhook_url else {}
    for line in chosen.describe():
        name = line.address.partition(":")[2]
        found[line.channel] = (found.get(line.channel) or frozenset()) | {name} if name else None
    return Ways(found)


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One way as people see it. address: what a contact's address says; where: host or topic, no secret; is_signed: a secret or login is set."""

    channel: str
    address: str
    where: str
    is_signed: bool
    at_mobiles: int = 0


def load_channels(path: Path | None) -> ChannelSettings:
    """The file's settings, without one the empty ones. Misconfigured: it cannot be read; Problems: every fault with file, table, key and mend."""
    if path is None:
        return ChannelSettings()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"TRICOLOR_CHANNELS={path} cannot be read: {_reason(error)}; name a TOML file, or unset it") from error
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{path} is no TOML: {error}") from error  # its message names line and column, not the text
    faults: list[str] = []
    filled = _filled(found, ChannelSettings, (), path, faults)
    try:
        settings = ChannelSettings.model_validate(filled)
    except ValidationError as error:
        faults += [_said(path, fault) for fault in error.errors(include_input=False, include_url=False)]
        raise Problems(faults) from None  # the cause would hold the secrets
    if faults:
        raise Problems(faults)
    return settings


def permission_warning(path: Path | None) -> str:
    """What is wrong with the file's mode, "" when nothing: others may read its secrets."""
    try:
        mode = path.stat().st_mode if path is not None else 0
    except OSError:
        return ""
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        return f"{path} may be read by everyone on this machine (mode {stat.S_IMODE(mode):03o}): chmod 600 {path}"
    return ""


def _filled(value: Any, model: Any, place: tuple[str, ...], path: Path, faults: list[str]) -> Any:
    """The tables with env: and file: replaced by what they name, wherever a secret is expected."""
    kinds = _models(model)
    if isinstance(value, Mapping):
        if not kinds and get_origin(model) is dict:
            return {name: _filled(inner, get_args(model)[1], (*place, name), path, faults) for name, inner in value.items()}
        fields = {name: f.annotation for kind in kinds for name, f in kind.model_fields.items()}
        return {name: _filled(inner, fields.get(name), (*place, name), path, faults) for name, inner in value.items()}
    if isinstance(value, list) and get_origin(model) is tuple:
        return [_filled(inner, get_args(model)[0], place, path, faults) for inner in value]
    return _secret(value, place, path, faults) if model is SecretStr and isinstance(value, str) else value


def _models(model: Any) -> list[type[BaseModel]]:
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [model]
    if get_origin(model) in (dict, tuple):
        return []
    return [found for part in get_args(model) for found in _models(part)]


def _secret(value: str, place: tuple[str, ...], path: Path, faults: list[str]) -> str:
    if value.startswith(FROM_ENVIRONMENT):
        name = value.removeprefix(FROM_ENVIRONMENT)
        if name in os.environ:
            return os.environ[name].strip()
        faults.append(f"{_place(path, place)}: the environment has no variable {name}: set it where Tricolor is started")
    elif value.startswith(FROM_FILE):
        file = path.parent / value.removeprefix(FROM_FILE)  # an absolute path stays what it is
        try:
            with file.open("rb") as opened:
                return opened.read(SECRET_FILE_MAX_BYTES).decode("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{_place(path, place)}: the file {file} cannot be read: {_reason(error)}")
    else:
        return value
    return "unset-unset-unset-unset"  # long enough that only the fault above is told


def _place(path: Path, place: tuple[str, ...]) -> str:
    return f"{path} [{'.'.join(place[:-1])}] {place[-1]}" if len(place) > 1 else f"{path} {'.'.join(place)}"


def _said(path: Path, fault: Mapping[str, Any]) -> str:
    place = tuple(str(part) for part in fault["loc"] if part not in ("aliyun", "tencent"))
    where = _place(path, place)
    if fault["type"] == "extra_forbidden":
        return f"{where}: there is no such key; mend its spelling or take it out (docs/alerts-channels.md lists them)"
    if fault["type"] == "missing":
        return f"{where}: is missing; docs/alerts-channels.md says what to write"
    if fault["type"] in ("union_tag_not_found", "union_tag_invalid"):
        return f'{path} [sms] provider: write "aliyun" or "tencent"'
    return f"{where}: {str(fault['msg']).removeprefix('Value error, ')}"


def _check_http(url: str, *, is_needed: bool = False) -> None:
    parts = urlsplit(url) if url else None
    if (parts is None and is_needed) or (parts is not None and (parts.scheme not in ("http", "https") or not parts.hostname)):
        raise ValueError("write a whole address that begins with https:// (or http://)")
    if parts is not None:
        _ = parts.port  # ValueError when it is no number


def host_of(url: str) -> str:
    """What of an address may be shown: scheme, host and port; neither path nor query nor user, where keys stand."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")
    except ValueError:  # it was not checked: TRICOLOR_WEBHOOK_URL
        return "…"


def _scheme(url: str) -> str:
    return f"{url.partition('://')[0][:20]}://…" if "://" in url else "…"


def _has(secret: SecretStr) -> bool:
    return bool(secret.get_secret_value())


def _reason(error: Exception) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else "it is no UTF-8 text"
