"""What `tricolor doctor` says of SMS: settings, templates as the provider has them, and where receipts come in."""

from typing import Final
from urllib.parse import urlsplit

from tricolor.adapters.notifiers.aliyun_sms import AliyunSms
from tricolor.adapters.notifiers.tencent_sms import TencentSms
from tricolor.catalogue.channels import channel_facts
from tricolor.catalogue.sms_templates import WITH_LINK, sms_templates, sms_texts
from tricolor.channel_settings import AliyunSms as AliyunSettings
from tricolor.channel_settings import ChannelSettings, load_channels
from tricolor.channel_settings import TencentSms as TencentSettings
from tricolor.config import Settings
from tricolor.domain.errors import Refused, TryAgain
from tricolor.domain.sms_text import SmsTemplate
from tricolor_cli.doctor_broker import Finding

WHAT: Final = "sms"
SHOWN: Final = "docs/alerts-sms.md"
HERE: Final = frozenset({"127.0.0.1", "localhost", "::1", "0.0.0.0", ""})
SmsSettings = AliyunSettings | TencentSettings


def look_at_sms(settings: Settings) -> list[Finding]:
    """Nothing where no SMS is set. The provider is asked about each template: no message is sent."""
    from alerting.main import sms_channel  # noqa: PLC0415 - it brings pandas, which the command line starts without

    chosen = load_channels(settings.channels)
    if chosen.sms is None:
        return []
    channel = sms_channel(chosen.sms)  # Misconfigured: the SDK is missing, the endpoint or a template cannot be used
    templates = sms_templates(chosen.sms.templates, chosen.sms.variables)
    found = [*_missing(chosen.sms), *_too_long(chosen.sms, templates)]
    found += [_at_provider(channel, template) for template in templates.values()]
    return [*found, _receipts(settings, chosen)]


def _missing(sms: SmsSettings) -> list[Finding]:
    lacking = [kind for kind in sms_texts() if kind != WITH_LINK and kind not in sms.templates]
    if not lacking:
        return []
    mend = f"register the texts of {', '.join(lacking)} ({SHOWN}) and write their codes into [sms] templates"
    return [Finding(WHAT, "warning", f"no template for {', '.join(lacking)}: the one of alert serves, whose words fit less", mend)]


def _too_long(sms: SmsSettings, templates: dict[str, SmsTemplate]) -> list[Finding]:
    """A link's last part is over what one variable of Tencent may hold."""
    longest = channel_facts(f"{sms.provider}_sms").text.bounded("param_max_chars", sms.variable_max).whole("param_max_chars")
    key = len(sms_texts()[WITH_LINK].example["link_key"])
    if longest is None or key <= longest or not any("link_key" in each.variables for each in templates.values()):
        return []
    mend = f"register the text without a link ({SHOWN}) and take link_key out of [sms] variables"
    return [Finding(WHAT, "error", f"a variable holds {longest} characters at this provider, link_key has {key}", mend)]


def _at_provider(channel: AliyunSms | TencentSms, template: SmsTemplate) -> Finding:
    name = f"template {template.code} ({template.kind})"
    try:
        there = channel.registered(template)
    except TryAgain as error:
        return Finding(WHAT, "warning", f"{name}: the provider does not answer: {error}", "see the network and [sms] endpoint; then look again")
    except Refused as error:
        return Finding(WHAT, "error", f"{name}: {error}", "check keys, sign_name and the template's code in the provider's console")
    if not there.is_usable:
        return Finding(WHAT, "error", f"{name} is not approved: {there.words or 'no reason is given'}", "wait for the review, or mend the text")
    ours = template.variables if isinstance(channel, AliyunSms) else tuple(str(place) for place in range(1, len(template.variables) + 1))
    if sorted(there.variables) != sorted(ours):
        mend = f"register our text ({SHOWN}), or name its variables in [sms] variables.{template.kind}"
        return Finding(WHAT, "error", f"{name} has the variables {list(there.variables)}, we send {list(ours)}", mend)
    return Finding(WHAT, "ok", f"{name} is approved and has our variables")


def _receipts(settings: Settings, chosen: ChannelSettings) -> Finding:
    if chosen.receipts is None:
        mend = f"set [receipts] secret and enter the address in the provider's console ({SHOWN})"
        return Finding(WHAT, "warning", "no posted receipts: the provider is only asked, every half minute at first", mend)
    url = urlsplit(settings.base_url)
    if (url.hostname or "") in HERE:
        mend = "set TRICOLOR_PUBLIC_URL to the address by which the provider reaches this machine"
        return Finding(WHAT, "warning", f"receipts cannot be posted to {settings.base_url}", mend)
    if url.scheme != "https":
        return Finding(WHAT, "warning", f"receipts come to {settings.base_url} without TLS, and their secret with them", "put TLS in front of it")
    return Finding(WHAT, "ok", f"enter in the provider's console: {settings.base_url}/v1/receipts/sms/ and the secret of [receipts]")
