"""Wiring of the alerting service: the only file of it that names adapters."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeGuard

from alerting.bell import Bell
from alerting.books import Books
from alerting.clock import ClockWatch
from alerting.corrections import Corrector
from alerting.dispatch import Dispatcher
from alerting.emission_judge import EmissionJudge
from alerting.evaluate import Evaluator
from alerting.follow import Judge
from alerting.live import LiveWatch
from alerting.loops import LIVE_PACE, Loop, Loops, Part, now_us, sender_loops
from alerting.messages import render
from alerting.reach import Reach
from alerting.receipts import ReceiptPoller
from alerting.registry_now import RegistryNow
from alerting.routing import Router
from alerting.sender import Sender
from alerting.strays import Strays
from tricolor.adapters.ledger.account_months import AccountMonthsSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.budgets import BudgetBookSql
from tricolor.adapters.ledger.cp_audits import CpAuditBookSql
from tricolor.adapters.ledger.deliveries import DeliveryBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.exclusions import ExclusionBookSql
from tricolor.adapters.ledger.forecasts import ForecastBookSql
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.ledger.light_pages import LightPagesSql
from tricolor.adapters.ledger.link_keys import LinkKeysSql
from tricolor.adapters.ledger.notices import NoticeBookSql
from tricolor.adapters.ledger.operator_alarms import OperatorAlarmsSql
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.permits import PermitBookSql
from tricolor.adapters.ledger.pollutants import EmissionLedgerSql
from tricolor.adapters.ledger.projects import ProjectBookSql
from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.ledger.receipts import ReceiptBookSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.ledger.routing import RoutingBookSql
from tricolor.adapters.ledger.statistics import StatisticsBookSql
from tricolor.adapters.ledger.strays import StrayBookSql
from tricolor.adapters.links import SignedLinks
from tricolor.adapters.notifiers.aliyun_sms import AliyunReceipts, AliyunSms
from tricolor.adapters.notifiers.apprise import AppriseChannel
from tricolor.adapters.notifiers.dingtalk import DingtalkRobots
from tricolor.adapters.notifiers.feishu import FeishuRobots
from tricolor.adapters.notifiers.inbox import InboxNotifier
from tricolor.adapters.notifiers.mail import MailChannel, MailServer
from tricolor.adapters.notifiers.mqtt import MqttChannel
from tricolor.adapters.notifiers.robots import RobotPlace
from tricolor.adapters.notifiers.sms import CHANNEL as SMS
from tricolor.adapters.notifiers.tencent_sms import TencentReceipts, TencentSms
from tricolor.adapters.notifiers.voice import VoiceHook
from tricolor.adapters.notifiers.webhook import DEFAULT, Hook, WebhookNotifier
from tricolor.adapters.notifiers.webhook import REFERENCE as HOOK
from tricolor.adapters.notifiers.wecom import WecomRobots
from tricolor.adapters.sources.mqtt_settings import MqttSettings
from tricolor.catalogue.alert_policies import policies_of
from tricolor.catalogue.alerting_tables import grouping_of_plan
from tricolor.catalogue.channels import channel_facts
from tricolor.catalogue.grouping import red_unsent_s
from tricolor.catalogue.plans import Plan
from tricolor.catalogue.plans.beside import load_plan_beside, names_in
from tricolor.catalogue.sms_templates import sms_templates
from tricolor.channel_settings import AliyunSms as AliyunSmsSettings
from tricolor.channel_settings import ChannelSettings, load_channels, ways_of
from tricolor.channel_settings import TencentSms as TencentSmsSettings
from tricolor.config import Settings, host_port
from tricolor.domain.channel_facts import ChannelLimit
from tricolor.domain.errors import Misconfigured
from tricolor.ports import EnergyStore, ReadingStore
from tricolor.ports_alerting import Channel, Polled

DISPATCH_PAUSE_S, REACH_PAUSE_S, RECEIPT_PAUSE_S, STRAY_PAUSE_S = 0.25, 15.0, 10.0, 2.0
LIMITED = ("webhook", "wecom", "dingtalk", "feishu", "mail", "mqtt", "voice")
ROBOT_BYTES = 4096  # of a robot's words where no fact of the channel says it


class Store(ReadingStore, EnergyStore, Protocol):
    """Readings and cells in one place."""


def build_parts(settings: Settings, ledger: LedgerEngine, readings: Store, plan: Plan, clock: Callable[[], int] = now_us) -> list[Part]:
    """Everything that alerting does in this process, in the order in which it is started and stopped: what judges, what groups, what sends."""
    chosen, to_group = load_channels(settings.channels), Bell()
    channels = build_channels(settings, chosen, ledger, clock)
    sending, wake_senders = sender_loops(build_senders(settings, ledger, clock, channels), clock=clock)
    live = build_live(settings, ledger, readings, plan, told=to_group.ring)
    judge = build_judge(settings, ledger, readings, plan, told=to_group.ring, beside=live.judged)
    dispatcher = build_dispatcher(settings, chosen, ledger, plan, wake_senders)
    alarms, receipts = OperatorAlarmsSql(ledger), ReceiptBookSql(ledger)
    reach = Reach(DeliveryBookSql(ledger), alarms, red_unsent_s())
    strays = Strays(ways_of(chosen, settings.webhook_url), StrayBookSql(ledger), RoutingBookSql(ledger), alarms)
    asking = [Loop(f"receipts-{c.channel}", ReceiptPoller(receipts, c).run_once, RECEIPT_PAUSE_S, clock) for c in channels if is_polled(c)]
    return [
        Loop("judge", judge.run_once, settings.judge_pause_s, clock), Loop("live", live.run_once, LIVE_PACE, clock),
        Loop("dispatch", dispatcher.run_once, DISPATCH_PAUSE_S, clock, to_group), sending, Loops(asking),
        Loop("strays", strays.run_once, STRAY_PAUSE_S, clock), Loop("reach", reach.run_once, REACH_PAUSE_S, clock),
    ]  # fmt: skip


def build_judge(
    settings: Settings, ledger: LedgerEngine, readings: Store, plan: Plan | None = None, told: Callable[[], None] = lambda: None,
    beside: Callable[[int], Sequence[str]] = lambda _now: (),
) -> Judge:  # fmt: skip
    """The judge of this process. plan: already loaded, else the one that the settings name (Misconfigured or Problems when it cannot be read);
    beside: rules that are judged elsewhere in it."""
    the_plan = plan or load_plan_beside(settings.plan, names_in(settings.plans_beside))
    emissions = EmissionJudge(EmissionLedgerSql(ledger), PermitBookSql(ledger), the_plan)
    books = build_books(ledger, the_plan)
    evaluator = Evaluator(
        RegistryBookSql(ledger), books, readings, the_plan, energy=readings, emissions=emissions, quality_lag_s=1.5 * settings.quality_pause_s
    )
    follower, outbox = AlertBookSql(ledger, policies_of(the_plan)), OutboxSql(ledger)
    corrector = Corrector(books, LightPagesSql(ledger))
    shifts = (outbox.shift,)
    return Judge(evaluator, follower, build_router(settings, ledger, the_plan), corrector, told, time.monotonic, shifts, beside)


def build_live(settings: Settings, ledger: LedgerEngine, readings: Store, plan: Plan, told: Callable[[], None] = lambda: None) -> LiveWatch:
    """What looks at the newest readings several times a second."""
    follower = AlertBookSql(ledger, policies_of(plan))
    clock = ClockWatch(time.monotonic, (follower.shift,))
    return LiveWatch(RegistryBookSql(ledger), readings, PermitBookSql(ledger), plan, follower, build_router(settings, ledger, plan), told, clock)


def build_router(settings: Settings, ledger: LedgerEngine, plan: Plan) -> Router:
    """Who is told, by plan, registry, roster and silences."""
    webhook = f"{HOOK}{DEFAULT}" if settings.webhook_url else ""
    ways = ways_of(load_channels(settings.channels), webhook)
    return Router(plan, settings.base_url, webhook, RoutingBookSql(ledger), OperatorAlarmsSql(ledger), ways=ways)


def build_dispatcher(
    settings: Settings, chosen: ChannelSettings, ledger: LedgerEngine, plan: Plan, on_queued: Callable[[], None] = lambda: None
) -> Dispatcher:
    """What makes messages of notices."""
    notices, links = NoticeBookSql(ledger), SignedLinks(LinkKeysSql(ledger).held)
    words = partial(render, lang=chosen.language, signature=chosen.sms.sign_name if chosen.sms else "")
    hold = build_router(settings, ledger, plan).holder(RegistryNow(RegistryBookSql(ledger)).get)
    return Dispatcher(
        notices, notices, grouping_of_plan(plan), words, lambda key: settings.base_url + links.sign(key), hold, on_queued,
        limits=limits_of(chosen),
    )  # fmt: skip


def build_books(ledger: LedgerEngine, plan: Plan) -> Books:
    """Everything in the ledger that rules make their facts of."""
    return Books(
        AccountMonthsSql(ledger), ActivityBookSql(ledger), ExclusionBookSql(ledger, plan.exclusion_rules), StatisticsBookSql(ledger),
        BudgetBookSql(ledger), ProjectBookSql(ledger), CpAuditBookSql(ledger), QualityLedgerSql(ledger), ForecastBookSql(ledger),
    )  # fmt: skip


def build_senders(
    settings: Settings, ledger: LedgerEngine, clock: Callable[[], int] = now_us, channels: Sequence[Channel] | None = None
) -> list[Sender]:
    """One sender a channel."""
    chosen = load_channels(settings.channels)
    found = build_channels(settings, chosen, ledger, clock) if channels is None else channels
    outbox, draw = OutboxSql(ledger, limits_of(chosen)), random.SystemRandom().random
    return [Sender(outbox, channel, draw, clock) for channel in found]


def limits_of(chosen: ChannelSettings) -> dict[str, tuple[ChannelLimit, ...]]:
    """By channel, how much may be sent; the inbox and apprise have no bound of ours."""
    sms = {SMS: channel_facts(f"{chosen.sms.provider}_sms").limits} if chosen.sms else {}
    return sms | {name: channel_facts(name).limits for name in LIMITED}


def is_polled(channel: object) -> TypeGuard[Polled]:
    """Whether its provider is asked for receipts."""
    return hasattr(channel, "poll")


def build_channels(settings: Settings, chosen: ChannelSettings, ledger: LedgerEngine, clock: Callable[[], int] = now_us) -> list[Channel]:
    """The ways to people that are set, the inbox always; Misconfigured when a library is missing or an address cannot be used."""
    found: list[Channel] = [InboxNotifier(InboxBookSql(ledger), clock)]
    if hooks := _hooks(settings, chosen):
        found.append(WebhookNotifier(hooks, channel_facts("webhook").errors, clock))
    if chosen.sms is not None:
        found.append(sms_channel(chosen.sms, clock))
    for made in (WecomRobots, DingtalkRobots, FeishuRobots):
        robots = {
            name: RobotPlace(robot.address, robot.secret.get_secret_value(), robot.at_mobiles, robot.timeout_s)
            for name, robot in chosen.robots.items()
            if robot.kind == made.channel
        }
        if robots:
            facts = channel_facts(made.channel)
            found.append(made(robots, facts.errors, facts.text.whole("max_bytes") or ROBOT_BYTES, clock))
    if chosen.mail is not None:
        found.append(MailChannel(mail_server(chosen), channel_facts("mail").errors, clock))
    if chosen.mqtt_notify is not None:
        broker, notify = alert_broker(settings, chosen), chosen.mqtt_notify
        found.append(MqttChannel(broker, notify.topic, channel_facts("mqtt").errors, notify.timeout_s))
    if (voice := chosen.voice) is not None:
        hook = Hook(voice.url.get_secret_value(), voice.secret.get_secret_value(), voice.timeout_s)
        found.append(VoiceHook(hook, channel_facts("voice").errors, clock))
    if chosen.apprise:
        found.append(AppriseChannel({name: [url.get_secret_value() for url in target.urls] for name, target in chosen.apprise.items()}))
    return found


def sms_channel(sms: AliyunSmsSettings | TencentSmsSettings, clock: Callable[[], int] = now_us) -> AliyunSms | TencentSms:
    """The provider of [sms]; Misconfigured when its SDK is missing or a template cannot be used."""
    templates, facts = sms_templates(sms.templates, sms.variables), channel_facts(f"{sms.provider}_sms")
    facts = replace(facts, text=facts.text.bounded("param_max_chars", sms.variable_max))
    if isinstance(sms, AliyunSmsSettings):
        key, secret = sms.access_key_id.get_secret_value(), sms.access_key_secret.get_secret_value()
        return AliyunSms(key, secret, sms.sign_name, templates, facts, clock, sms.endpoint, sms.timeout_s)
    key, secret = sms.secret_id.get_secret_value(), sms.secret_key.get_secret_value()
    return TencentSms(key, secret, sms.sdk_app_id, sms.sign_name, templates, facts, clock, sms.region, sms.endpoint, sms.timeout_s)


def sms_receipts(sms: AliyunSmsSettings | TencentSmsSettings, clock: Callable[[], int] = now_us) -> AliyunReceipts | TencentReceipts:
    """What reads the receipts that the provider of [sms] posts; it needs neither a key nor the SDK."""
    return AliyunReceipts(clock) if isinstance(sms, AliyunSmsSettings) else TencentReceipts(clock)


def mail_server(chosen: ChannelSettings) -> MailServer:
    """The SMTP server of [mail]; Misconfigured without one."""
    if (mail := chosen.mail) is None:
        raise Misconfigured("TRICOLOR_CHANNELS has no table [mail]")
    return MailServer(
        mail.host, mail.port, mail.sender, mail.sender_name, mail.tls, mail.ca_file, mail.user, mail.password.get_secret_value(), mail.timeout_s
    )  # fmt: skip


def alert_broker(settings: Settings, chosen: ChannelSettings) -> MqttSettings:
    """The broker of TRICOLOR_MQTT as alerts are published on it: a clean session under a name that the broker gives, the account of [mqtt_notify] or
    else the intake's."""
    user, password = settings.mqtt_username, settings.mqtt_password
    if chosen.mqtt_notify is not None and chosen.mqtt_notify.user:
        user, password = chosen.mqtt_notify.user, chosen.mqtt_notify.password
    host, port = host_port(settings.mqtt, "TRICOLOR_MQTT")
    return MqttSettings(
        host, port, "", settings.mqtt_protocol, username=user, password=password.get_secret_value(),
        has_tls=settings.mqtt_tls, ca_file=settings.mqtt_ca_file, cert_file=settings.mqtt_cert_file, key_file=settings.mqtt_key_file,
    )  # fmt: skip


def _hooks(settings: Settings, chosen: ChannelSettings) -> dict[str, Hook]:
    """The webhooks of the file, and TRICOLOR_WEBHOOK_URL as "default" unless the file names one so."""
    first = {DEFAULT: Hook(settings.webhook_url, settings.webhook_secret.get_secret_value())} if settings.webhook_url else {}
    return first | {name: Hook(w.url.get_secret_value(), w.secret.get_secret_value(), w.timeout_s) for name, w in chosen.webhooks.items()}
