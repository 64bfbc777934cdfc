"""The whole way of an SMS in its real parts: outbox, sender, the provider's SDK over HTTP, receipts posted or asked for; no message is lost, and a
repeat is told as one."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from alerting.main import build_channels, limits_of
from alerting.messages import render
from alerting.receipts import ReceiptPoller
from alerting.sender import Sender
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.receipts import ReceiptBookSql
from tricolor.adapters.ledger.schema import outbox
from tricolor.channel_settings import load_channels
from tricolor.config import Settings
from tricolor.domain.alerts import Why
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light
from tricolor.domain.notifications import Matter, Recipient

START = 1_795_000_000 * SECOND_US
TO = Recipient("sms", "100-0000-0001", "值班")


def matter(**changes: Any) -> Matter:
    values: dict[str, Any] = {
        "alert_id": 1, "why": Why.OPENED, "light": Light.RED, "entity": "pubei", "name_zh": "浦北县", "name_en": "Pubei", "rule": "pace",
        "rule_zh": "能耗强度", "rule_en": "energy intensity", "indicator": "", "reason_zh": "同比上升 1.20%，要求 -3.30%", "reason_en": "up",
        "at": START, "link": "", "value": "1.20%", "limit": "-3.30%",
    }  # fmt: skip
    return Matter(**(values | changes))


class Story:
    """One SMS channel as alerting wires it from the settings' file, over a real ledger; time is the test's."""

    def __init__(self, ledger: LedgerEngine, folder: Path, bench: Any, endpoint: str, more: str = "") -> None:
        path = folder / "channels.toml"
        path.write_text(
            f'[sms]\nprovider = "aliyun"\naccess_key_id = "{bench.key_id}"\naccess_key_secret = "{bench.secret}"\nsign_name = "{bench.sign}"\n'
            f'endpoint = "{endpoint}"\ntimeout_s = 0.3\n{more}[sms.templates]\nalert = "SMS_1"\nresolved = "SMS_2"\ngroup = "SMS_3"\n',
            encoding="utf-8",
        )
        self.now, self.ledger, chosen = START, ledger, load_channels(path)
        (self.channel,) = [c for c in build_channels(Settings(channels=path, data=folder), chosen, ledger, lambda: self.now) if c.channel == "sms"]
        self.book = ReceiptBookSql(ledger)
        self.sender = Sender(OutboxSql(ledger, limits_of(chosen)), self.channel, lambda: 0.0, lambda: self.now)
        self.poller = ReceiptPoller(self.book, self.channel)  # type: ignore[arg-type]

    def queue(self, number: int, *matters: Matter) -> None:
        draft = render("sms", matters, TO, signature="钦州节能")
        values = {
            "id": number, "event_id": number, "alert_id": 1, "recipient": TO.recipient, "channel": "sms", "address": TO.address, "why": "OPENED",
            "light": "red", "title": draft.title, "text": draft.text, "payload": dict(draft.payload), "state": "queued", "next_at": START,
            "created_at": START, "rank": 0,
        }  # fmt: skip
        with self.ledger.writing() as connection:
            connection.execute(insert(outbox).values(values))

    def send(self, after_s: float = 0) -> int:
        self.now += round(after_s * SECOND_US)
        return self.sender.run_once(self.now)

    def states(self) -> list[str]:
        with self.ledger.reading() as connection:
            return list(connection.execute(select(outbox.c.state).order_by(outbox.c.id)).scalars())


@pytest.fixture
def story(sqlite_ledger: LedgerEngine, tmp_path: Path, bench: Any, aliyun: Any) -> Story:
    return Story(sqlite_ledger, tmp_path, bench, aliyun.endpoint)


def taken(biz_id: str) -> tuple[int, Any]:
    return 200, {"Code": "OK", "Message": "OK", "BizId": biz_id}


def report(biz_id: str, out_id: str, number: str = "10000000001") -> bytes:
    one = {"phone_number": number, "success": True, "err_code": "DELIVERED", "biz_id": biz_id, "out_id": out_id, "report_time": "2026-11-18 19:05:00"}
    return json.dumps([one]).encode()


def whys(aliyun: Any) -> list[str]:
    return [json.loads(seen.query["TemplateParam"])["why"] for seen in aliyun.seen if seen.headers["x-acs-action"] == "SendSms"]


def test_an_alert_is_sent_accepted_and_delivered_by_a_poll(story: Story, aliyun: Any) -> None:
    story.queue(7, matter())
    detail = {"OutId": "7", "SendStatus": 3, "ErrCode": "DELIVERED", "ReceiveDate": "2026-11-18 19:07:00", "PhoneNum": "10000000001"}
    aliyun.answer(taken("B7"), (200, {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [detail]}}))
    assert story.send() == 1
    assert story.states() == ["accepted"]
    assert json.loads(aliyun.seen[0].query["TemplateParam"]) == {
        "unit": "浦北县", "rule": "能耗强度", "light": "红色", "why": "新预警", "value": "1.20%", "limit": "-3.30%",
    }  # fmt: skip
    assert story.poller.run_once(story.now + 29 * SECOND_US) == 0
    assert story.poller.run_once(story.now + 31 * SECOND_US) == 1
    assert story.states() == ["delivered"]


def test_a_limit_holds_the_message_for_its_time_and_then_it_goes(story: Story, aliyun: Any) -> None:
    story.queue(7, matter())
    aliyun.answer((200, {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发小时级流控Permits:5"}), taken("B7"))
    assert story.send() == 1
    assert story.send(after_s=3590) == 0
    assert story.send(after_s=20) == 1
    assert story.states() == ["accepted"]
    assert whys(aliyun) == ["新预警", "新预警"], "a refusal is no repeat"


def test_a_hang_is_tried_again_and_told_as_a_possible_repeat(story: Story, aliyun: Any) -> None:
    story.queue(7, matter())
    aliyun.answer("hang", taken("B7"))
    story.send()
    assert story.states() == ["queued"]
    story.send(after_s=10)
    assert story.states() == ["accepted"]
    assert whys(aliyun) == ["新预警", "新预警或重复"]
    assert {seen.query["OutId"] for seen in aliyun.seen} == {"7"}, "the provider can recognise it"


def test_a_receipt_for_what_we_never_heard_of_ends_the_repeating(story: Story, aliyun: Any) -> None:
    story.queue(7, matter())
    aliyun.answer("hang", taken("B8"))
    story.send()
    assert story.book.put(story.channel.receipts([], report("B7", "7", "10000000002"))) == 0  # type: ignore[attr-defined]
    assert story.states() == ["queued"], "another number: the id is some other ledger's"
    assert story.book.put(story.channel.receipts([], report("B7b", "7"))) == 1  # type: ignore[attr-defined]
    assert story.states() == ["delivered"]
    assert story.send(after_s=3600) == 0
    assert whys(aliyun) == ["新预警"], "it went out once"


def test_a_message_that_was_surely_not_sent_is_not_ended_by_a_receipt(story: Story, aliyun: Any) -> None:
    story.queue(7, matter())
    assert story.book.put(story.channel.receipts([], report("B7", "7"))) == 0  # type: ignore[attr-defined]
    assert story.states() == ["queued"]


def test_a_number_that_is_none_is_dead_at_once_and_costs_nothing(story: Story, aliyun: Any) -> None:
    story.queue(7, matter())
    with story.ledger.writing() as connection:
        connection.execute(outbox.update().values(address="contact-7"))
    story.send()
    assert (story.states(), aliyun.seen) == (["dead"], [])


@pytest.mark.parametrize(
    ("matters", "template"),
    [
        ([matter(why=Why.RESOLVED, light=Light.GREEN)], "SMS_2"),
        ([matter(), matter(alert_id=2, light=Light.YELLOW, name_zh="广西钦州市某某化工新材料（钦州港）股份有限公司")], "SMS_3"),
        ([matter(why=Why.ESCALATED, name_zh="广西钦州市某某化工新材料（钦州港）股份有限公司", rule_zh="单位产品综合能耗比上年同期下降率")], "SMS_1"),
    ],
)
def test_every_kind_of_message_goes_by_its_template_with_all_its_variables(story: Story, aliyun: Any, matters: list[Matter], template: str) -> None:
    story.queue(7, *matters)
    aliyun.answer(taken("B7"))
    story.send()
    (seen,) = aliyun.seen
    assert seen.query["TemplateCode"] == template
    params = json.loads(seen.query["TemplateParam"])
    assert all(0 < len(value) <= 35 and value != "-" for value in params.values()), params


def test_how_much_a_variable_holds_is_the_operators_to_say(sqlite_ledger: LedgerEngine, tmp_path: Path, bench: Any, aliyun: Any) -> None:
    story = Story(sqlite_ledger, tmp_path, bench, aliyun.endpoint, "variable_max = 5\n")
    story.queue(7, matter(name_zh="某某化工新材料有限公司"))
    aliyun.answer(taken("B7"))
    story.send()
    assert json.loads(aliyun.seen[0].query["TemplateParam"])["unit"] == "某某化工…"
