"""The wiring: the real adapters of the ledger behind the judge, and the loops around it."""

import time
from dataclasses import replace

import pytest

from alerting.loops import Loop, sender_loops
from alerting.main import build_dispatcher, build_judge, build_senders
from tricolor.adapters.ledger.accounts_mark import AccountsMarkSql
from tricolor.adapters.ledger.activities import ActivityBookSql
from tricolor.adapters.ledger.inbox import InboxBookSql
from tricolor.adapters.ledger.schema import entity, meter
from tricolor.adapters.ledger.schema import point as point_table
from tricolor.adapters.ledger.settle import SettleLedgerSql
from tricolor.adapters.ledger.verdicts import VerdictBookSql
from tricolor.catalogue.plans import load_plan
from tricolor.channel_settings import ChannelSettings
from tricolor.config import Settings
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.intervals import DAY_US, parse_us

NOW = parse_us("2026-11-20T08:00:00+08:00")


@pytest.fixture
def stocked(ledger, town, fill):
    """A ledger that holds the plan's city, one of its districts with a meter, ten months of accounts and GDP in two years."""
    fill(town, "south", 1_005.0)
    with ledger.writing() as connection:
        connection.execute(
            entity.insert(), [{"id": "qinzhou", "kind": "city", "name_cn": "全市"}, {"id": "qinnan", "kind": "region", "name_cn": "钦南区"}]
        )
        connection.execute(meter.insert(), [{"id": "m", "entity_id": "qinnan", "name_cn": "总表"}])
        connection.execute(point_table.insert(), [{"id": "qinnan.stat", "meter_id": "m", "carrier": "electricity", "quantity": "energy", "unit": "kWh",
                                                   "kind": "register", "role": "purchased", "valid_from": parse_us("2025-01-01T00:00:00+08:00")}])  # fmt: skip
    rows = [replace(r, entity="qinnan") for r in town.rows]
    SettleLedgerSql(ledger).put_accounts([(r.entity, r.day) for r in rows], rows)
    figures = [Activity("qinnan", ActivityKind.GDP, f.month, f.value, f.unit, f.price_year, author="test") for f in town.figures.values()]
    ActivityBookSql(ledger).submit(figures)
    return ledger


class Heard:
    """A reading store whose only point was just heard, as often as it is asked."""

    def __init__(self, at) -> None:
        self.at = at

    def latest(self):
        return {1: self.at()}


def test_from_the_ledger_to_the_phone(stocked, tmp_path):
    settings = Settings(data=tmp_path, public_url="https://energy.example", webhook_url="")
    judge, senders = build_judge(settings, stocked, Heard(lambda: NOW)), build_senders(settings, stocked, lambda: NOW)
    changes = judge.run_once(NOW)
    # 1 005 over 1 000 is a rise: the district is red, and the city, whose only region it is
    assert sorted((c.entity, c.step.after.level) for c in changes) == [("qinnan", "red"), ("qinzhou", "red")]
    assert build_dispatcher(settings, ChannelSettings(), stocked, load_plan(settings.plan)).run_once(NOW) == 1  # both to the same desk
    assert [s.channel for s in senders] == ["inbox"] and [s.run_once(NOW) for s in senders] == [1]
    first = InboxBookSql(stocked).page([], 10, None)[0]
    assert first.recipient == "duty" and "https://energy.example/a/" in first.text and "同比上升0.50%" in first.text
    assert judge.run_once(NOW + 1) == []
    standing = {s.verdict.fingerprint: s for s in VerdictBookSql(stocked).standing()}
    assert standing["pace/qinnan/basic"].verdict.limit == pytest.approx(100 * (1 - 0.91**0.2), abs=1e-9)
    assert standing["pace/qinnan/basic"].verdict.evidence["is_illustrative"] is True


def test_unchanged_results_are_written_again_only_to_confirm_them(stocked, tmp_path):
    judge = build_judge(Settings(data=tmp_path), stocked, Heard(lambda: NOW))

    def judged_at() -> int:
        return max(s.judged_at for s in VerdictBookSql(stocked).standing())

    stamps = []
    for seconds in (0, 5, 59, 61):
        judge.run_once(NOW + seconds * 1_000_000)
        stamps.append((judged_at() - NOW) // 1_000_000)
    assert stamps == [0, 0, 0, 61]


def test_the_mark_of_the_accounts_moves_with_every_change_of_them(stocked):
    mark, settle = AccountsMarkSql(stocked), SettleLedgerSql(stocked)
    before = mark.mark()
    assert mark.mark() == before
    rows = settle.accounts(["qinnan"], "2026-10-31", "2026-10-31")
    settle.put_accounts([("qinnan", "2026-10-31")], rows)
    assert mark.mark() == before
    settle.put_accounts([("qinnan", "2026-10-31")], [])
    assert mark.mark() != before


def test_the_loops_run_judge_and_senders_until_stopped(stocked, tmp_path):
    settings = Settings(data=tmp_path)
    sending, wake = sender_loops(build_senders(settings, stocked, lambda: NOW + DAY_US), 0.05, lambda: NOW + DAY_US)
    dispatcher = build_dispatcher(settings, ChannelSettings(), stocked, load_plan(settings.plan), wake)
    loops = [
        Loop("judge", build_judge(settings, stocked, Heard(lambda: NOW)).run_once, 0.05, lambda: NOW),
        Loop("dispatch", dispatcher.run_once, 0.05, lambda: NOW),
        sending,
    ]
    for loop in loops:
        loop.start()
    until = time.monotonic() + 20
    while not InboxBookSql(stocked).page([], 10, None) and time.monotonic() < until:
        time.sleep(0.05)
    assert all(loop.is_alive for loop in loops)
    for loop in loops:
        loop.stop()
    assert not any(loop.is_alive for loop in loops) and [m.title for m in InboxBookSql(stocked).page([], 10, None)] == [
        "红色预警 2 项：钦南区 能耗强度进度等"
    ]
