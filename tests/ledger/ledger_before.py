"""A ledger as the release before plans and forecasts left it: revision 0011, with rows in every table that a later migration reads or changes."""

from typing import Any

from sqlalchemy import MetaData, insert

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.domain.intervals import parse_us

BEFORE = "0011"
SAID = parse_us("2026-03-02T08:00:00+08:00")

ENTITIES = [("qinzhou", "city", "", ""), ("north", "region", "", ""), ("mill", "enterprise", "north", "")]
# entity, day, carrier, role, amount, tce_calorific, tce_equivalent, co2_t, covered_s, estimated_share, factor_ids
DAYS = [
    ("mill", "2026-01-30", "electricity", "purchased", 10.0, 1.0, 3.0, 5.0, 86_400.0, 0.0, ["a"]),
    ("mill", "2026-01-31", "electricity", "purchased", 20.0, 2.0, None, None, 43_200.0, 0.5, ["b", "a"]),
    ("mill", "2026-02-01", "electricity", "purchased", 40.0, None, None, 9.0, 86_400.0, 0.0, []),
    ("mill", "2026-02-01", "raw_coal", "consumed", 7.0, 5.0, 5.0, 13.0, 86_400.0, 0.0, ["c"]),
]
# fingerprint, period, light, value, judged_at, since, is_current: what the release before left, by its order
WORDS = [
    ("pace/qinzhou/energy_intensity", "2025", "red", 3.0, SAID - 60, SAID - 60, False),
    ("pace/qinzhou/energy_intensity", "2025", "yellow", 2.0, SAID - 50, SAID - 50, False),
    ("pace/qinzhou/energy_intensity", "2026-02", "green", 1.0, SAID, SAID - 10, True),
    ("silent/mill/mill.elec", "now", "red", 9.0, SAID, SAID, True),
]


def fill_as_before(engine: LedgerEngine) -> None:
    """An empty database becomes that ledger."""
    engine.migrate(BEFORE)
    with engine.writing() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for name, rows in rows_before().items():
            connection.execute(insert(tables.tables[name]), rows)


def rows_before() -> dict[str, list[dict[str, Any]]]:
    day = ("entity", "day", "carrier", "role", "amount", "tce_calorific", "tce_equivalent", "co2_t", "covered_s", "estimated_share", "factor_ids")
    word = ("fingerprint", "period", "light", "value", "judged_at", "since", "is_current")
    fixed = {"limit": 1.0, "unit": "%", "reason_zh": "旧", "reason_en": "old", "coverage": None, "evidence": {"from": "before"}}
    check = {"kind": "balance", "point": 2, "day": "2026-02-03", "entity": "north", "value": 1.0, "against": 2.0, "unit": "kWh", "cells": 96}
    quality = {
        "point": 1, "day": "2026-02-03", "entity": "mill", "until": SAID, "expected": 96, "received": 96, "filled": 0, "unusable": 0, "cells": 96,
        "estimated": 0, "open": 0, "stuck": 0, "stuck_by": "", "negative": 0, "deltas": 96, "live": 96, "backfilled": 0,
    }  # fmt: skip
    return {
        "meta": [{"key": "accounts_version", "value": "41"}, {"key": "exclusions_version", "value": "3"}],
        "entity": [
            {"id": i, "kind": kind, "name_cn": i, "name_en": "", "region_id": region, "park_id": park, "industry_code": "", "industry_cn": "",
             "is_key_user": False, "product": "", "order": n}
            for n, (i, kind, region, park) in enumerate(ENTITIES)
        ],
        "account_day": [dict(zip(day, each, strict=True)) | {"unit": "t" if each[2] == "raw_coal" else "kWh", "expected_s": 86_400.0} for each in DAYS],
        "verdict": [
            dict(zip(word, each, strict=True)) | dict(zip(("rule", "entity", "indicator"), each[0].split("/"), strict=True)) | fixed for each in WORDS
        ],
        "alert": [
            {"fingerprint": WORDS[3][0], "entity": "mill", "rule": "silent", "indicator": "mill.elec", "level": "red", "condition": "firing", "is_stale": False,
             "handling": "unacked", "acked_by": "", "opened_at": SAID, "changed_at": SAID, "resolved_at": None, "reason_zh": "旧", "reason_en": "old"}
        ],
        "activity": [
            {"entity": "mill", "kind": "output", "product": "paper", "month": "2026-01", "value": 5.0, "unit": "t", "price_year": None, "author": "x",
             "revision": 1, "submitted_at": SAID}
        ],
        "exclusion": [
            {"entity": "mill", "kind": "feedstock", "first_month": "2026-01", "last_month": "2026-01", "tce_equivalent": 1.0, "tce_calorific": None,
             "carrier": "", "amount": None, "unit": "", "factor_ids": [], "is_metered": False, "document": "doc", "reason": "r", "person": "p",
             "entered_at": SAID, "revoked_at": None, "revoked_by": "", "revoked_reason": ""}
        ],
        "quality_day": [quality],
        "quality_check": [check | {"digit": 1.0, "others": []}],
    }  # fmt: skip
