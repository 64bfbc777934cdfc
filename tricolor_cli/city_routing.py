"""The roster of the simulated city, entered when the demonstration starts; a second start changes nothing."""

import tomllib
from pathlib import Path

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.routing import AddressDeskSql, RosterDeskSql
from tricolor.domain.intervals import local_day
from tricolor.domain.lights import Light
from tricolor.domain.roster import Address
from tricolor.domain.roster_rows import entries_of

FILE = "routing.toml"


def put_city_routing(ledger: LedgerEngine, folder: Path, by: str, at: int) -> None:
    """Problems when a row is wrong or names somebody whom the registry does not hold; then no row of the roster is entered."""
    said = tomllib.loads((folder / FILE).read_text(encoding="utf-8"))
    rows = list(enumerate(said["roster"], 1))
    RosterDeskSql(ledger).add(list(entries_of(rows, local_day(at))), by, at)
    desk = AddressDeskSql(ledger)
    for row in said["addresses"]:
        desk.put(Address(row["contact"], row["channel"], row["address"], Light(row["from_light"])), by, at)
