"""Who may speak at the HJ 212 listener: the ledger's stations, held in memory and looked up again every few seconds."""

import structlog

from tricolor.domain.errors import TryAgain
from tricolor.domain.stations import Station, StationList

log = structlog.get_logger()
MAX_KNOWN = 20_000  # keys whose digest was worked out
WRONG_MN, WRONG_PW = "4", "3"  # QnRtn, HJ 212-2017 table 7


class Door:
    """admit() answers from memory; refresh() asks the ledger, and keeps what it had when that is down."""

    def __init__(self, stations: StationList) -> None:
        self._book = stations
        self._stations: dict[str, Station] = {}
        self._known: dict[tuple[str, str, bytes], bool] = {}

    def refresh(self) -> None:
        try:
            self._stations = {s.mn: s for s in self._book.list() if s.revoked_at is None}
        except TryAgain as error:
            log.warning("the stations could not be looked up, those known before are let in", reason=str(error))

    def admit(self, mn: str, pw: str) -> Station | str:
        """The station, or the QnRtn code that says why not."""
        station = self._stations.get(mn.lower())
        if station is None:
            return WRONG_MN
        key = (station.mn, pw, station.digest)
        knows = self._known.get(key)
        if knows is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            knows = self._known[key] = station.knows(pw)
        return station if knows else WRONG_PW

    def holds(self, station: Station) -> bool:
        """Whether the account is still the one in force."""
        return self._stations.get(station.mn) == station
