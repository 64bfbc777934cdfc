"""When the statistics bureau speaks: once the readings behind its figures are settled, and again when a new month is out."""

import time

from simulators.backend import Backend, BackendAway
from simulators.dials import Devices
from simulators.reports import Rows, load_rows, reports
from simulators.state import State
from simulators.statistics import complete_months, figures, month_text

SETTLE_TIMEOUT_S = 900.0


class Bureau:
    """Submits the figures that are out and not yet submitted. received: readings the service must have settled before."""

    def __init__(self, devices: Devices, state: State, backend: Backend | None, received: int, rows: Rows | None = None) -> None:
        self._devices, self._state, self._backend = devices, state, backend
        self._received = received
        self._rows = rows or load_rows()
        self._give_up = time.monotonic() + SETTLE_TIMEOUT_S
        self.submitted = 0

    def is_idle(self, now: int) -> bool:
        months = complete_months(self._devices.city, now)
        return self._backend is None or not months or month_text(*months[-1]) <= self._state.figures_to

    def visit(self, now: int) -> bool:
        """Whether figures were submitted."""
        if self._backend is None or self.is_idle(now):
            return False
        try:
            # figures before their energy would light the lights from half of it
            if not self._backend.is_settled(self._received) and time.monotonic() < self._give_up:
                return False
            fresh = [f for f in figures(self._devices, now) if f.month > self._state.figures_to]
            self._backend.submit(fresh)
            self._report(self._backend, now)
        except BackendAway:
            return False
        self.submitted = len(fresh)
        self._state.figures_to = month_text(*complete_months(self._devices.city, now)[-1])
        return True

    def _report(self, backend: Backend, now: int) -> None:
        """What people report beside the bureau's figures."""
        rows = self._rows
        who = {row.entity for part in (rows.indicators, rows.budgets) for row in part} | set(rows.growth)
        key_users = backend.key_users()
        units = backend.asked(sorted(who | set(key_users)))
        backend.report(reports(self._devices, rows, self._state.started or now, now, units, key_users))
