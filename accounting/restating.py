"""Carrying a change of factors through the accounts: in the background, part by part, taken up where it was left."""

from collections.abc import Mapping
from time import monotonic
from typing import Protocol

import structlog

from tricolor.analysis.restate import Restater, parts_of, recount_from, split_units, widened
from tricolor.domain.entities import Registry
from tricolor.domain.factors import Carrier, FactorShelf
from tricolor.domain.intervals import iso
from tricolor.domain.restatements import total_of
from tricolor.ports import EnergyStore, RegistryBook
from tricolor.ports_accounts import FactorDesk, RestatementDesk, RestatementWork

log = structlog.get_logger()
PASS_S = 2.0  # a pass ends after about so long; settling has its turn, then the rest


class RestatementLedger(RestatementDesk, RestatementWork, Protocol):
    """Both sides of the same table."""


class Restating:
    """run_once() carries out what is due; killed at any moment, it goes on behind the last part that was committed."""

    def __init__(
        self, work: RestatementLedger, desk: FactorDesk, shelf: FactorShelf, energy: EnergyStore, book: RegistryBook, carriers: Mapping[str, Carrier]
    ) -> None:
        self._work, self._desk, self._shelf, self._book = work, desk, shelf, book
        self._recount = recount_from(self._registry_now, energy, carriers)
        self._registry: Registry | None = None

    def start(self, digests: Mapping[str, str], plan: str) -> None:
        """Order a restatement where the plan's or the tables' factors are others than the accounts were made with."""
        job = self._work.order_where_changed(digests, plan)
        if job is not None:
            log.info("factors changed, accounts will be restated", restatement=job.id, plan=plan, carriers=list(job.scope.carriers))

    def run_once(self, limit_s: float = PASS_S) -> int:
        """How many accounts were restated in this pass."""
        began, done = monotonic(), 0
        while (job := self._work.due()) is not None:
            if not job.cursor:
                log.info("restatement begins", restatement=job.id, cause=job.cause.value, carriers=list(job.scope.carriers), made_at=iso(job.made_at))
            restater = Restater(self._shelf.now(), split_units(self._desk.settings()), self._recount)
            for cursor, part in parts_of(self._work, widened(job.scope, self._registry_now()), job.cursor):
                changes = restater.changes(self._work.rows(part))
                job = self._work.restate(job, cursor, changes)
                done += len(changes)
                if monotonic() - began > limit_s:
                    return done
            job = self._work.finish(job)
            self._say(job.id)
        return done

    def _say(self, restatement: int) -> None:
        effects = self._work.effects([restatement], ())[restatement]
        rows, before, after = total_of(effects)
        log.info(
            "restatement done", restatement=restatement, accounts=rows, units=len({e.entity for e in effects}),
            months=len({e.month for e in effects}), tce_before=round(before.tce_calorific, 3), tce_after=round(after.tce_calorific, 3),
            co2_before_t=round(before.co2_t, 3), co2_after_t=round(after.co2_t, 3),
        )  # fmt: skip

    def _registry_now(self) -> Registry:
        if self._registry is None or self._book.version() != self._registry.version:
            self._registry = self._book.load()
        return self._registry
