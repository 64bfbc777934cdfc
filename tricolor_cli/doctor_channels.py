"""What `tricolor doctor` says of the ways to people: whether each is reachable and lets us in; no message is sent."""

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.notifiers import mail, mqtt
from tricolor.adapters.notifiers.reach import reach_fault
from tricolor.channel_settings import ChannelSettings, load_channels, permission_warning
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor_cli.brokers import as_intake
from tricolor_cli.doctor_broker import Finding

HOW_TO = "docs/alerts-channels.md"


def look_at_channels(settings: Settings) -> list[Finding]:
    """A finding each; what is wrong with the file itself is raised (Misconfigured, Problems) with its place."""
    from alerting.main import build_channels  # noqa: PLC0415 - it brings pandas, which the intake's command must not hold

    chosen = load_channels(settings.channels)
    if settings.channels is None and not settings.webhook_url:
        return [Finding("channels", "ok", f"only the inbox of the page is told; TRICOLOR_CHANNELS sets SMS, mail, robots ({HOW_TO})")]
    found: list[Finding] = []
    if warning := permission_warning(settings.channels):
        found.append(Finding("channels file", "warning", warning, f"chmod 600 {settings.channels}"))
    ledger = LedgerEngine("sqlite://")  # nothing is read of it
    try:
        build_channels(settings, chosen, ledger)
    except Misconfigured as error:
        found.append(Finding("channels", "error", str(error), HOW_TO))
    finally:
        ledger.close()
    return [*found, *_reached(settings, chosen)]


def _reached(settings: Settings, chosen: ChannelSettings) -> list[Finding]:
    from alerting.main import alert_broker, mail_server  # noqa: PLC0415 - as above

    urls = {f"{robot.kind} robot:{name}": robot.address for name, robot in sorted(chosen.robots.items())}
    urls |= {f"webhook:{name}": hook.url.get_secret_value() for name, hook in sorted(chosen.webhooks.items())}
    if settings.webhook_url and "default" not in chosen.webhooks:
        urls["webhook:default"] = settings.webhook_url
    if chosen.voice is not None:
        urls["voice"] = chosen.voice.url.get_secret_value()
    if chosen.sms is not None:
        urls["sms"] = chosen.sms.endpoint
    found = [_finding(what, reach_fault(url), "the host answers", "check the address, DNS and the firewall") for what, url in urls.items()]
    if chosen.mail is not None:
        fault = mail.login_fault(mail_server(chosen))
        is_in = "the server lets us in" if chosen.mail.user else "the server answers"
        found.append(_finding("mail", fault, is_in, "check host, port, tls, user and password of [mail]"))
    if chosen.mqtt_notify is not None:
        fault = mqtt.login_fault(alert_broker(as_intake(settings), chosen))
        found.append(_finding("mqtt alerts", fault, "the broker lets us in", "check TRICOLOR_MQTT and its account"))
    if chosen.apprise:
        found.append(
            Finding("apprise", "ok", f"{len(chosen.apprise)} targets; only `tricolor notify test --to apprise:NAME` shows whether they work")
        )
    return found


def _finding(what: str, fault: str, good: str, mend: str) -> Finding:
    return Finding(what, "error", fault, mend) if fault else Finding(what, "ok", good)
