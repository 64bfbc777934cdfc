"""Changing a factor: first what would move, then the change itself, which orders the restatement of exactly that."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tricolor.analysis.restate import Recount, Restater, preview, scope_of, split_units, widened
from tricolor.domain.entities import Registry
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.factor_digests import digests
from tricolor.domain.factors import Carrier, Factor, FactorBook
from tricolor.domain.own_factors import Proposal, Setting, check, factors_of, with_own
from tricolor.domain.restatements import Effect
from tricolor.ports_accounts import AccountRows, FactorDesk

Change = Proposal | int  # a new setting, or the number of the one to take back


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would move. factors: what the setting comes to; token: hands this very preview to apply(), good until factors change."""

    change: Change
    factors: tuple[Factor, ...]
    effects: tuple[Effect, ...]
    token: str


@dataclass(frozen=True, slots=True)
class FactorChanges:
    """preview() writes nothing; apply() takes only what was previewed as things stand."""

    base: FactorBook
    carriers: Mapping[str, Carrier]
    desk: FactorDesk
    rows: AccountRows
    recount: Recount
    registry: Callable[[], Registry]

    def preview(self, change: Change) -> Preview:
        """Problems, each in words; Refused where another setting covers the days; NotFound."""
        version, settings = self.desk.version(), list(self.desk.settings())
        if isinstance(change, Proposal):
            self._check(change, settings)
            one = Setting(max([s.id for s in settings], default=0) + 1, change, "", "", 0)
            after = [*settings, one]
        else:
            one = setting_of(settings, change)
            if not one.is_in_force:
                raise Refused(f"setting {change} is revoked already, by {one.revoked_by}")
            after = [s for s in settings if s.id != change]
        restater = Restater(with_own(self.base, after), split_units([*settings, one]), self.recount)
        effects = preview(self.rows, widened(scope_of(one), self.registry()), restater)
        return Preview(change, tuple(factors_of(one, self.base)), tuple(effects), _token(version, change, self.base))

    def apply(self, change: Change, author: str, reason: str, token: str) -> Setting:
        """The setting as it is afterwards; applying twice changes nothing. Refused when the token is not of this change as things stand."""
        settings = self.desk.settings()
        held = next((s for s in settings if s.is_in_force and s.what == change), None)
        if held is not None:
            return held
        if isinstance(change, int) and not (known := setting_of(settings, change)).is_in_force:
            return known
        version, _, rest = token.partition("-")
        if not version.isdigit() or rest.partition("-")[0] != _said(change):
            raise Refused("this is not the change that was previewed: preview it, then apply it with the token of that preview")
        if token != _token(int(version), change, self.base):
            raise Refused("the factors of the plan pack or the tables have changed since this was previewed: preview it again, then apply it")
        if isinstance(change, int):
            return self.desk.revoke(change, author, reason, int(version))
        self._check(change, settings)
        return self.desk.set(change, author, reason, int(version))

    def _check(self, what: Proposal, settings: Sequence[Setting]) -> None:
        registry = self.registry()
        if what.entity and what.entity not in registry.entities:
            raise NotFound(f"there is no entity {what.entity!r}")
        if what.point:
            point = registry.points.get(what.point)
            if point is None or point.entity_id != what.entity:
                raise NotFound(f"{what.entity or 'everyone'} has no point {what.point!r}")
            if point.carrier != what.carrier:
                raise Problems([f"carrier: the point {what.point} meters {point.carrier or 'no energy'}, not {what.carrier}"])
        check(what, self.carriers, self.base)
        for s in settings:
            if s.is_in_force and s.what.overlaps(what):
                until = s.what.valid_to or "until further notice"
                raise Refused(f"setting {s.id} ({s.what.value:g} {s.what.unit}, {s.what.valid_from} to {until}) covers these days: revoke it first")


def setting_of(settings: Sequence[Setting], number: int) -> Setting:
    """NotFound when there is none of this number."""
    found = next((s for s in settings if s.id == number), None)
    if found is None:
        raise NotFound(f"there is no factor setting {number}")
    return found


def _token(version: int, change: Change, base: FactorBook) -> str:
    return f"{version}-{_said(change)}-{_digest(json.dumps(dict(digests(base)), sort_keys=True))}"


def _said(change: Change) -> str:
    return _digest(repr(change))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
