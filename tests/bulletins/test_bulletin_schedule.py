"""When a draft is due: working days by the State Council's notice, holidays and downtime; once, never twice."""

from dataclasses import dataclass, field
from datetime import date

import pytest

from alerting.bulletin_keeper import ALARM, BulletinKeeper, draft_day, due_period
from tests.alerting.conftest import Town
from tricolor.domain.bulletin_states import Bulletin, BulletinState
from tricolor.domain.errors import Refused
from tricolor.domain.intervals import HOUR_US, MINUTE_US, parse_us
from tricolor.domain.periods import period_of
from tricolor.domain.submissions import PeriodKind
from tricolor.ports_bulletins import BulletinsWanted
from tricolor_cli.bulletin_desk import is_workday


@pytest.mark.parametrize(
    ("period", "workday", "day"),
    [
        # October 2025: 1-8 holidays, Saturday 11 worked; 9 10 11 13 14 15 16 17 20 21
        ("2025-09", 10, date(2025, 10, 21)),
        ("2025-Q3", 1, date(2025, 10, 9)),
        # November 2025: no holiday, begins on a Saturday; 3-7, 10-14
        ("2025-10", 10, date(2025, 11, 14)),
    ],
)
def test_the_draft_is_due_on_the_nth_working_day(period: str, workday: int, day: date) -> None:
    assert draft_day(period_of(period), workday, is_workday) == day


def test_it_is_due_from_eight_in_the_morning_on() -> None:
    eight = parse_us("2025-10-21T08:00:00+08:00")
    assert str(due_period(PeriodKind.MONTH, 10, is_workday, eight - 1)) == "2025-08"
    assert str(due_period(PeriodKind.MONTH, 10, is_workday, eight)) == "2025-09"


@dataclass
class Desk:
    """BulletinDesk that counts what it is asked for."""

    made: list[Bulletin] = field(default_factory=list)
    refusing: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def shelf(self) -> "Desk":
        return self

    def page(self, wanted: BulletinsWanted, limit: int, before_id: int | None) -> list[Bulletin]:
        return [b for b in reversed(self.made) if b.period == wanted.period and b.area in (wanted.areas or ())][:limit]

    def make(self, area: str, period: str, who: str, at: int, corrects: int | None = None, key: str = "") -> Bulletin:
        self.asked.append((area, period))
        if period in self.refusing:
            raise Refused("没有数据 · no data")
        self.made.append(Bulletin(len(self.made) + 1, area, period, 1, BulletinState.DRAFT, 1, "{}", "", at, at))
        return self.made[-1]


@dataclass
class Alarms:
    standing_now: dict[tuple[str, str], str] = field(default_factory=dict)

    def raise_alarm(self, kind: str, subject: str, text_zh: str, text_en: str, at: int) -> None:
        self.standing_now[kind, subject] = text_zh

    def clear(self, kind: str, subject: str, at: int) -> None:
        self.standing_now.pop((kind, subject), None)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def alarms() -> Alarms:
    return Alarms()


@pytest.fixture
def keeper(desk: Desk, alarms: Alarms, town: Town, plan) -> BulletinKeeper:
    return BulletinKeeper(desk, town, plan, is_workday, alarms)  # type: ignore[arg-type]


NOVEMBER_21 = parse_us("2025-11-24T10:00:00+08:00")  # the quarter's 15th working day of October was the 28th


def test_each_period_is_drafted_once_for_the_city_only(keeper: BulletinKeeper, desk: Desk) -> None:
    keeper.run_once(NOVEMBER_21)
    keeper.run_once(NOVEMBER_21 + HOUR_US)
    assert [(b.area, b.period) for b in desk.made] == [("town", "2025-10"), ("town", "2025-Q3")]


def test_after_months_without_power_the_newest_due_one_is_made(keeper: BulletinKeeper, desk: Desk) -> None:
    keeper.run_once(NOVEMBER_21)
    keeper.run_once(parse_us("2026-03-03T10:00:00+08:00"))  # January's is due, February's not yet; the quarter's too
    assert [b.period for b in desk.made] == ["2025-10", "2025-Q3", "2026-01", "2025-Q4"]


def test_another_process_makes_no_second_one(keeper: BulletinKeeper, desk: Desk, town: Town, plan) -> None:
    keeper.run_once(NOVEMBER_21)
    BulletinKeeper(desk, town, plan, is_workday).run_once(NOVEMBER_21)  # type: ignore[arg-type]
    assert len(desk.made) == 2


def test_what_people_withdrew_does_not_come_again(keeper: BulletinKeeper, desk: Desk) -> None:
    keeper.run_once(NOVEMBER_21)
    desk.made = [Bulletin(b.id, b.area, b.period, 1, BulletinState.WITHDRAWN, 2, "{}", "", 0, 0) for b in desk.made]
    assert keeper.run_once(NOVEMBER_21) == []


def test_one_that_cannot_be_made_is_tried_again_after_five_minutes_and_stops_no_other(keeper: BulletinKeeper, desk: Desk) -> None:
    desk.refusing = {"2025-10"}
    keeper.run_once(NOVEMBER_21)
    keeper.run_once(NOVEMBER_21 + 4 * MINUTE_US)
    assert desk.asked == [("town", "2025-10"), ("town", "2025-Q3")]
    desk.refusing = set()
    assert [b.period for b in keeper.run_once(NOVEMBER_21 + 5 * MINUTE_US)] == ["2025-10"]


def test_a_draft_is_told_until_it_is_reviewed(keeper: BulletinKeeper, desk: Desk, alarms: Alarms) -> None:
    keeper.run_once(NOVEMBER_21)
    assert "已自动拟稿" in alarms.standing_now[ALARM, "1"]
    keeper.run_once(NOVEMBER_21)
    assert (ALARM, "1") in alarms.standing_now
    desk.made[0] = Bulletin(1, "town", "2025-10", 1, BulletinState.REVIEWED, 2, "{}", "", 0, 0)
    keeper.run_once(NOVEMBER_21)
    assert (ALARM, "1") not in alarms.standing_now
