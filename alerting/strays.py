"""Addresses on channels that are not configured: what waits there goes to the inbox, and those who run Tricolor are told whom to mend."""

from collections.abc import Mapping
from typing import Final

import structlog

from tricolor.domain.channel_ways import Ways
from tricolor.domain.delivery import shown_address
from tricolor.domain.intervals import MINUTE_US
from tricolor.ports_alerting import OperatorAlarms
from tricolor.ports_delivery import StrayBook
from tricolor.ports_routing import RoutingBook

KIND: Final = "channel-not-configured"  # of operator alarms
log = structlog.get_logger("alerting")


class Strays:
    """Looks after addresses that nothing here reaches. ways: what is configured."""

    def __init__(self, ways: Ways, book: StrayBook, routing: RoutingBook, alarms: OperatorAlarms) -> None:
        self._ways, self._book, self._routing, self._alarms = ways, book, routing, alarms
        self._seen: tuple[int, int] | None = None

    def run_once(self, now: int) -> int:
        """How many notices and messages were moved; TryAgain when the ledger is down."""
        moved = self._book.rescue(self._ways, now)
        for recipient, channel, count in moved:
            log.warning("told in the inbox instead: the channel is not configured", recipient=recipient, channel=channel, count=count)
        version = self._routing.version()
        if self._seen is None or self._seen[0] != version or not 0 <= now - self._seen[1] < MINUTE_US:
            self._alarm(now)
            self._seen = version, now
        return sum(count for _, _, count in moved)

    def _alarm(self, now: int) -> None:
        wanted = self._wanted(now)
        for alarm in self._alarms.standing():
            if alarm.kind == KIND and alarm.subject not in wanted:
                self._alarms.clear(KIND, alarm.subject, now)
        for subject, (zh, en) in wanted.items():
            self._alarms.raise_alarm(KIND, subject, zh, en, now)

    def _wanted(self, now: int) -> Mapping[str, tuple[str, str]]:
        """By contact and channel, what is wrong with the addresses that are entered and on."""
        found: dict[str, tuple[str, str]] = {}
        for kept in self._routing.load(now).addresses:
            entry = kept.entry
            zh, en = self._ways.fault(entry.channel, entry.address) if entry.is_on else ("", "")
            if zh:
                place = f"{entry.channel} {shown_address(entry.address)}"
                found[f"{entry.contact}/{entry.channel}"] = (
                    f"联系人 {entry.contact} 的地址 {place} 无法送达：{zh}。配好之前改发其信箱",
                    f"contact {entry.contact} cannot be told at {place}: {en}. Until then the inbox is told instead",
                )
        return found
