"""A message names the value and its limit: from the verdict that moves the alert, and later from the one in force."""

import pytest

from alerting.amounts import amount_text
from tests.alerting.telling import to_all
from tricolor.adapters.ledger.alert_desk import AlertDeskSql
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.domain.alert_policy import Policy
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.notifications import Recipient

S = SECOND_US
LI = to_all(Recipient("inbox", "li", "li"))


def cold(value: float) -> Verdict:
    return Verdict("net", "instant", "p", "now", Light.RED, value, 60.0, "degC", "低", "cold", None, {})


def test_a_step_carries_the_value_now_and_the_limit(sqlite_ledger):
    book = AlertBookSql(sqlite_ledger, {"instant": Policy(escalate_s=(900,))})
    [opened] = book.follow([cold(44.0)], [], 0, lambda _: True, LI)
    assert (opened.value, opened.limit, opened.unit) == (44.0, 60.0, "degC")
    assert book.follow([cold(41.5)], [], 600 * S, lambda _: True, LI) == []
    AlertDeskSql(sqlite_ledger).forward(1, "li", "wang", "", 700 * S)
    found = {c.step.why.value: (c.value, c.limit, c.unit) for c in book.tick(900 * S, 9, LI)}
    assert found == {"FORWARDED": (41.5, 60.0, "degC"), "ESCALATED": (41.5, 60.0, "degC")}


def test_what_is_withdrawn_has_no_value(sqlite_ledger):
    book = AlertBookSql(sqlite_ledger)
    book.follow([cold(44.0)], [], 0, lambda _: True, LI)
    [gone] = book.follow([], [], 1 * S, lambda _: True, LI, withdrawn=[cold(0.0).fingerprint])
    assert (gone.step.why.value, gone.value, gone.limit, gone.unit) == ("RESOLVED", None, None, "")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (44.04, "degC", "44.04℃"), (-1.514, "%", "-1.51%"), (0.3, "1", "30%"), (12345.6, "tce", "12346 tce"), (0.0, "d", "0 d"),
        (None, "degC", ""), (float("nan"), "%", ""), (5.0, "", "5"),
    ],
)  # fmt: skip
def test_an_amount_is_short_and_has_its_unit(value, unit, text):
    assert amount_text(value, unit) == text
