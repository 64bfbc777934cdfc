"""A batch ends within its lease however slow the other side is: what could not be begun in time is handed back untried."""

from alerting.sender import BATCH, LEASE_S, LONGEST_S, TOO_SLOW, Sender
from tests.delivery.conftest import T0, S
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.channel_settings import ChannelSettings, Mail, MqttNotify, Robot, Voice, Webhook
from tricolor.domain.delivery import Accepted
from tricolor.domain.notifications import Recipient

STEPS = {Mail: 12, Robot: 4, Webhook: 4, MqttNotify: 3, Voice: 4}  # exchanges of one message, each up to its timeout


class Slow:
    """A far side that takes so long for each message [s], on a clock of its own."""

    channel = "sms"

    def __init__(self, takes_s: float) -> None:
        self.takes_s, self.now, self.got = takes_s, T0, []

    def send(self, message):
        self.now += round(self.takes_s * S)
        self.got.append(message.id)
        return Accepted(f"r{message.id}")


def test_no_message_may_take_longer_than_the_sender_leaves_for_it():
    for table, steps in STEPS.items():
        (most,) = (m.le for m in table.model_fields["timeout_s"].metadata if hasattr(m, "le"))
        assert most * steps <= LONGEST_S < LEASE_S, table
    assert set(STEPS) <= {t for f in ChannelSettings.model_fields.values() for t in STEPS if t.__name__ in str(f.annotation)}


def test_a_slow_batch_hands_back_what_it_could_not_begin_and_goes_on_one_by_one(lite, dispatcher):
    people = [Recipient("sms", f"000-0000-00{n:02d}", f"p{n}") for n in range(12)]
    lite.tell(lite.open(1), T0, people)
    dispatcher(lite).run_once(T0)
    far = Slow(31)
    sender = Sender(OutboxSql(lite.ledger), far, lambda: 0.0, clock=lambda: far.now)
    assert sender.run_once(far.now) == BATCH  # 10 claimed; the third would begin 62 s into a lease that leaves it 240
    assert len(far.got) == 2 and far.now == T0 + 62 * S
    assert [a["detail"] for a in lite.attempts if a["result"] == "retry"] == [TOO_SLOW] * 8
    assert sender.run_once(far.now) == 1 and len(far.got) == 3
    far.takes_s = 0.1
    assert sender.run_once(far.now) == BATCH - 1  # of 12, three are there: fast again, whole batches
    assert sorted(far.got) == [m["id"] for m in lite.messages], "each once"
    assert not any(m["is_possible_repeat"] for m in lite.messages)
