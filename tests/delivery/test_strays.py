"""Nothing waits for a sender that is not there: what is for a channel that is not configured goes to the inbox, and an alarm names whom to mend."""

from pathlib import Path

from alerting.main import build_senders
from alerting.strays import KIND, Strays
from tests.delivery.conftest import LI, T0, WANG, S
from tests.routing.routing_town import Town
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.ledger.operator_alarms import OperatorAlarmsSql
from tricolor.adapters.ledger.routing import AddressDeskSql, RoutingBookSql
from tricolor.adapters.ledger.schema import contact
from tricolor.adapters.ledger.strays import StrayBookSql
from tricolor.channel_settings import load_channels, ways_of
from tricolor.config import Settings
from tricolor.domain.channel_ways import Ways
from tricolor.domain.lights import Light
from tricolor.domain.notifications import Recipient
from tricolor.domain.roster import Address
from tricolor.domain.routing import addresses_of

NONE, HOOK = Ways(), Recipient("webhook", "webhook:default", "webhook")
INBOX_OF_LI = Recipient("inbox", "li", "li")


def strays(desk, ways=NONE) -> Strays:
    return Strays(ways, StrayBookSql(desk.ledger), RoutingBookSql(desk.ledger), OperatorAlarmsSql(desk.ledger))


def alarms(desk) -> dict[str, str]:
    return {a.subject: a.text_en for a in OperatorAlarmsSql(desk.ledger).standing() if a.kind == KIND}


def places(rows) -> list[tuple[str, str, str]]:
    return [(r["channel"], r["address"], r["state"]) for r in rows]


def test_the_settings_say_which_addresses_reach_somebody(tmp_path: Path):
    file = tmp_path / "channels.toml"
    file.write_text(
        '[voice]\nurl = "https://voice.invalid/"\n[robots.duty]\nkind = "wecom"\nkey = "k1"\n[webhooks.city]\nurl = "https://city.invalid/"\n',
        "utf-8",
    )
    ways = ways_of(load_channels(file), "https://first.invalid/")
    there = [("voice", "000-0000-0001"), ("wecom", "robot:duty"), ("webhook", "webhook:city"), ("webhook", "webhook:default"), ("inbox", "x")]
    assert [each for each in there if ways.fault(*each) != ("", "")] == []
    gone = [("wecom", "robot:other"), ("feishu", "robot:duty"), ("sms", "1"), ("mail", "a@b.invalid"), ("webhook", "webhook:gone"), ("sns", "1")]
    assert all(all(ways.fault(*each)) for each in gone)
    assert "[robots.NAME]" in ways.fault("feishu", "robot:duty")[1] and "inbox、voice、webhook、wecom" in ways.fault("sns", "1")[1]
    assert not ways_of(load_channels(None)).reaches("webhook", "webhook:default")


def test_a_new_notice_for_a_channel_that_is_not_there_is_one_for_the_inbox():
    town = Town()
    entered = [Address("mill-1", "inbox", "mill-1", is_on=False), Address("mill-1", "sms", "@phone")]
    town.addresses = entered
    person = next(c for c in town.contacts if c.id == "mill-1")
    where = town.directory()
    assert [r.channel for r in addresses_of(where, person, Light.RED)] == ["sms"]
    made = type(where)(**{name: getattr(where, name) for name in where.__dataclass_fields__ if name != "ways"}, ways=NONE)
    assert addresses_of(made, person, Light.RED) == [Recipient("inbox", "mill-1", "mill-1")]  # also who switched it off: nothing else is left


def test_a_waiting_notice_goes_to_the_inbox_once(desk, dispatcher):
    one, two = desk.open(2)
    desk.tell([one], T0, [LI])
    desk.tell([two], T0, [LI, INBOX_OF_LI, HOOK])
    assert strays(desk, Ways({"sms": None, "webhook": frozenset({"default"})})).run_once(T0) == 0
    assert strays(desk).run_once(T0) == 3
    assert places(desk.notices) == [
        ("inbox", "li", "waiting"), ("sms", LI.address, "superseded"), ("inbox", "li", "waiting"), ("webhook", "webhook:default", "dropped"),
    ]  # fmt: skip
    assert strays(desk).run_once(T0) == 0
    dispatcher(desk).run_once(T0)
    assert places(desk.messages) == [("inbox", "li", "queued")] and desk.messages[0]["items"] == [one, two]


def test_a_message_whose_channel_was_removed_is_told_in_the_inbox(desk, dispatcher):
    desk.tell(desk.open(1), T0, [LI, WANG, HOOK])
    dispatcher(desk).run_once(T0)
    box = build_senders(Settings(), desk.ledger)  # the channels of no settings: the inbox alone
    for sender in box:
        assert sender.run_once(T0) == 0
    assert strays(desk, Ways({"sms": None})).run_once(T0 + 1 * S) == 1  # the webhook
    assert strays(desk).run_once(T0 + 2 * S) == 2
    assert sum(sender.run_once(T0 + 2 * S) for sender in box) == 2
    assert places(desk.messages) == [("inbox", "li", "delivered"), ("inbox", "wang", "delivered"), ("webhook", "webhook:default", "dead")]
    assert "the channel webhook is not configured" in desk.messages[2]["why_not"]
    assert next(a["detail"] for a in desk.attempts if a["outbox_id"] == 1).startswith("the channel sms is not configured any more")
    assert len(InboxBookSql(desk.ledger).page(["li"], 10, None)) == 1


def test_who_has_it_in_the_inbox_is_not_told_there_twice(desk, dispatcher):
    desk.tell(desk.open(1), T0, [LI, INBOX_OF_LI])
    dispatcher(desk).run_once(T0)
    assert strays(desk).run_once(T0) == 1
    assert sorted(places(desk.messages)) == [("inbox", "li", "queued"), ("sms", LI.address, "superseded")]


def test_a_message_under_way_is_left_until_its_lease_ends(desk, box, dispatcher):
    desk.tell(desk.open(1), T0)
    dispatcher(desk).run_once(T0)
    assert box.claim(T0, 10, 60, ["sms"])
    assert strays(desk).run_once(T0 + 59 * S) == 0
    assert strays(desk).run_once(T0 + 60 * S) == 1 and places(desk.messages) == [("inbox", "li", "queued")]


def test_an_alarm_names_contact_and_channel_until_it_is_mended(desk):
    with desk.ledger.writing() as connection:
        connection.execute(
            contact.insert(), [{"id": n, "of": "d", "name": n, "role": "", "phone": "000-0000-0001", "email": ""} for n in ("li", "wang")]
        )
    put = AddressDeskSql(desk.ledger).put
    first = put(Address("li", "sms", "000-0000-0001"), "test", T0)
    put(Address("wang", "wecom", "robot:gone"), "test", T0)
    put(Address("wang", "mail", "@email", is_on=False), "test", T0)
    ways = Ways({"wecom": frozenset({"duty"})})
    desk_of = strays(desk, ways)
    desk_of.run_once(T0)
    said = alarms(desk)
    assert set(said) == {"li/sms", "wang/wecom"}
    assert "contact li cannot be told at sms 000-****-0001: channel sms is not configured: write [sms]" in said["li/sms"], "the number is not whole"
    assert "channel wecom has no 'robot:gone'; it has duty" in said["wang/wecom"]
    AddressDeskSql(desk.ledger).remove(first.id, "test", T0 + S)
    desk_of.run_once(T0 + S)
    assert set(alarms(desk)) == {"wang/wecom"}
    strays(desk, Ways({"wecom": frozenset({"duty", "gone"})})).run_once(T0 + 2 * S)  # configured and restarted
    assert alarms(desk) == {}
