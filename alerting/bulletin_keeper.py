"""Drafts bulletins by themselves: monthly and quarterly on the n-th working day after, once, also after a while without power."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import structlog

from tricolor.catalogue.bulletins import form_with
from tricolor.catalogue.plans import Plan
from tricolor.domain.bulletin_states import Bulletin, BulletinState
from tricolor.domain.errors import NotFound, Refused
from tricolor.domain.intervals import HOUR_US, MINUTE_US, local_midnight
from tricolor.domain.periods import Period, last_over
from tricolor.domain.submissions import PeriodKind
from tricolor.ports import RegistryBook
from tricolor.ports_alerting import OperatorAlarms
from tricolor.ports_bulletins import BulletinDesk, BulletinsWanted

WHO = "自动拟稿"
ALARM = "bulletin_draft"
AT_HOUR = 8  # of the working day
RETRY_US = 5 * MINUTE_US  # after one that could not be made: a new system's history may still be coming in
KINDS = {PeriodKind.MONTH: "monthly_workday", PeriodKind.QUARTER: "quarterly_workday"}
MAX_DAYS = 60  # within which the n-th working day lies
log = structlog.get_logger("bulletins")


def draft_day(period: Period, workday: int, is_workday: Callable[[date], bool]) -> date:
    """The n-th working day after the period. ValueError where there is none within two months."""
    after = period.shifted(1)
    on, counted = date(after.year, after.first_month, 1), 0
    for _ in range(MAX_DAYS):
        counted += is_workday(on)
        if counted == workday:
            return on
        on += timedelta(days=1)
    raise ValueError(f"no {workday} working days after {period}")


def due_period(kind: PeriodKind, workday: int, is_workday: Callable[[date], bool], now: int) -> Period:
    """The newest period whose draft is due at `now` [µs]."""
    period = last_over(kind, now)
    while local_midnight(draft_day(period, workday, is_workday)) + AT_HOUR * HOUR_US > now:
        period = period.shifted(-1)
    return period


@dataclass(slots=True)
class BulletinKeeper:
    """Makes what is due and is not there, and has an alarm say that it waits. One a process; what it remembers is only what failed."""

    desk: BulletinDesk
    registry: RegistryBook
    plan: Plan
    is_workday: Callable[[date], bool]
    alarms: OperatorAlarms | None = None
    _failed: dict[tuple[str, str], int] = field(default_factory=dict)

    def run_once(self, now: int) -> list[Bulletin]:
        """The drafts made now [µs]; one that cannot be made is logged and tried again some minutes later."""
        made = []
        for area, period in self._due(now):
            key = area, str(period)
            if (there := self._there(*key)) is not None:
                self._settled(there, now)
                continue
            if now - self._failed.get(key, -RETRY_US) < RETRY_US:
                continue
            try:
                draft = self.desk.make(area, str(period), WHO, now)
            except (Refused, NotFound) as error:
                self._failed[key] = now
                log.warning("bulletin not drafted", area=area, period=str(period), reason=str(error))
                continue
            log.info("bulletin drafted", id=draft.id, area=area, period=str(period))
            self._tell(draft, now)
            made.append(draft)
        return made

    def _due(self, now: int) -> Iterator[tuple[str, Period]]:
        form = form_with(self.plan.bulletin_form)
        kinds = frozenset(form["scheduled"].value)
        areas = [e.id for e in self.registry.load().entities.values() if e.kind.value in kinds]
        for kind, name in KINDS.items():
            period = due_period(kind, int(form[name].value), self.is_workday, now)
            for area in sorted(areas):
                yield area, period

    def _there(self, area: str, period: str) -> Bulletin | None:
        """The newest that was ever made, withdrawn ones too: what people took back does not come again by itself."""
        found = self.desk.shelf.page(BulletinsWanted(period=period, areas=frozenset({area})), 1, None)
        return found[0] if found else None

    def _tell(self, draft: Bulletin, now: int) -> None:
        if self.alarms is not None:
            area = self.registry.load().entities.get(draft.area)
            name_zh, name_en = (area.name_cn, area.name_en) if area is not None else (draft.area, draft.area)
            zh = f"{name_zh} {draft.period} 的预警通报已自动拟稿（编号 {draft.id}），请核对、审核"
            en = f"the bulletin of {name_en} {draft.period} is drafted (id {draft.id}): look through it and review it"
            self.alarms.raise_alarm(ALARM, str(draft.id), zh, en, now)

    def _settled(self, there: Bulletin, now: int) -> None:
        """What waits no more as a draft needs no alarm."""
        if self.alarms is not None and there.state is not BulletinState.DRAFT:
            self.alarms.clear(ALARM, str(there.id), now)
