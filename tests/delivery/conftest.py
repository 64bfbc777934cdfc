"""A ledger with alerts to tell of, and notices of them, as the machine and the router would write them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import insert, select, update

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.notices import NoticeBookSql, put_all_notices
from tricolor.adapters.ledger.outbox import OutboxSql
from tricolor.adapters.ledger.schema import alert, alert_event, attempt, outbox
from tricolor.adapters.ledger.schema_notices import notice
from tricolor.domain.alerts import AlertState, Step, Why
from tricolor.domain.grouping import GroupingPolicy, Waiting
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light
from tricolor.domain.notices import Notice
from tricolor.domain.notifications import Draft, Matter, Recipient
from tricolor.ports import AlertChange

S = SECOND_US
T0 = 1_800_000_000 * S
LI, WANG = Recipient("sms", "000-0000-0001", "li"), Recipient("sms", "000-0000-0002", "wang")
POLICY = GroupingPolicy(
    {0: Waiting(0, 60), 1: Waiting(10, 120), 2: Waiting(30, 300), 3: Waiting(10, 60)}, storm_count=12, storm_per_s=3600, storm_interval_s=600
)


def matter_of(alert_id: int, why: Why = Why.OPENED, light: Light = Light.RED, **changes: object) -> Matter:
    made = Matter(alert_id, why, light, f"e{alert_id}", f"单位{alert_id}", f"unit {alert_id}", "pace", "能耗强度", "pace", "", "升", "rose", T0, "")
    return replace(made, **changes)  # type: ignore[arg-type]


@dataclass
class Desk:
    """One ledger with short ways to say what happens to alerts."""

    ledger: LedgerEngine
    alerts: int = 0
    said: list[tuple[int, Why]] = field(default_factory=list)

    def open(self, count: int = 1, light: Light = Light.RED) -> list[int]:
        """Ids of so many new alerts."""
        rows = [
            {"fingerprint": f"f{self.alerts + n}", "entity": f"e{self.alerts + n}", "rule": "pace", "indicator": "", "level": light.value,
             "condition": "firing", "handling": "unacked", "opened_at": T0, "changed_at": T0, "reason_zh": "升", "reason_en": "rose"}
            for n in range(count)
        ]  # fmt: skip
        self.alerts += count
        with self.ledger.writing() as connection:
            connection.execute(insert(alert), rows)
            return list(connection.execute(select(alert.c.id).order_by(alert.c.id.desc()).limit(count)).scalars())[::-1]

    def set(self, alert_id: int, **values: object) -> None:
        with self.ledger.writing() as connection:
            connection.execute(update(alert).where(alert.c.id == alert_id).values(**values))

    def tell(
        self, alerts: Sequence[int], at: int, to: Sequence[Recipient] = (LI,), why: Why = Why.OPENED, light: Light = Light.RED,
        owner: Callable[[int], str] = lambda _: "bureau", **changes: object,
    ) -> None:  # fmt: skip
        """One step of each alert with a notice to each recipient, all in one transaction."""
        told = []
        with self.ledger.writing() as connection:
            for alert_id in alerts:
                event = {"alert_id": alert_id, "at": at, "why": why.value, "light": light.value, "text_zh": "升", "text_en": "rose", "by": ""}
                event_id = connection.execute(insert(alert_event).values(event).returning(alert_event.c.id)).scalar_one()
                change = AlertChange(alert_id, "f", "e", "pace", "", Step(why, None, AlertState(light, at, at)), "升", "rose", at)
                made = [Notice(r, owner(alert_id), matter_of(alert_id, why, light), at) for r in to]
                told.append((change, event_id, [replace(n, **changes) for n in made]))  # type: ignore[arg-type]
                self.said.append((event_id, why))
            put_all_notices(connection, told, at)

    def rows(self, table) -> list:
        with self.ledger.reading() as connection:
            return list(connection.execute(select(table).order_by(table.c.id)).mappings())

    @property
    def messages(self) -> list:
        return self.rows(outbox)

    @property
    def notices(self) -> list:
        return self.rows(notice)

    @property
    def attempts(self) -> list:
        return self.rows(attempt)


def words(channel: str, items: Sequence[Matter], recipient: Recipient, link: str) -> Draft:
    """A plain rendering: which alerts the message names."""
    named = " ".join(f"{m.why}:{m.alert_id}" for m in items)
    return Draft(recipient, f"{len(items)} alerts", f"{named} {link}", {"alerts": [m.alert_id for m in items]})


@pytest.fixture
def desk(ledger: LedgerEngine) -> Desk:
    return Desk(ledger)


@pytest.fixture
def lite(sqlite_ledger: LedgerEngine) -> Desk:
    return Desk(sqlite_ledger)


@pytest.fixture
def policy() -> GroupingPolicy:
    return POLICY


@pytest.fixture
def dispatcher() -> Callable[..., object]:
    """dispatcher(desk, hold=…): a Dispatcher over the desk's ledger with plain words."""
    from alerting.dispatch import Dispatcher, nothing

    def make(desk: Desk, hold=nothing, policy: GroupingPolicy = POLICY, render=words, on_queued=lambda: None, limits=None):
        book = NoticeBookSql(desk.ledger)
        return Dispatcher(book, book, policy, render, lambda key: f"http://t/a/{key}", hold, on_queued, limits=limits)

    return make


@pytest.fixture
def box(desk: Desk) -> OutboxSql:
    return OutboxSql(desk.ledger)
