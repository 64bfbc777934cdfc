"""The factors in force now: a plan's book with what people set put before it."""

import threading
from collections.abc import Sequence

import structlog

from tricolor.domain.factors import FactorBook
from tricolor.domain.own_factors import Setting, factors_of, with_own
from tricolor.ports_accounts import FactorDesk

log = structlog.get_logger()


class LiveFactors:
    """A FactorShelf: base with the settings of the desk before it, made again only when their version has changed."""

    def __init__(self, base: FactorBook, desk: FactorDesk) -> None:
        self.base = base
        self._desk = desk
        self._lock = threading.Lock()
        self._held: tuple[int, FactorBook] | None = None

    def now(self) -> FactorBook:
        version, held = self._desk.version(), self._held
        if held is not None and held[0] == version:
            return held[1]
        with self._lock:
            if self._held is None or self._held[0] != version:
                self._held = version, with_own(self.base, _usable(self._desk.settings(), self.base))
            return self._held[1]


def _usable(settings: Sequence[Setting], base: FactorBook) -> list[Setting]:
    """Those whose unit still fits the tables; the others are left out with a warning, so that accounting goes on."""
    kept = []
    for setting in settings:
        try:
            factors_of(setting, base)
        except ValueError as error:
            if setting.is_in_force:
                log.warning("factor setting left out", setting=setting.id, reason=str(error))
            continue
        kept.append(setting)
    return kept
