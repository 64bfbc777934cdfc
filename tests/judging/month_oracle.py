"""Day accounts of a month added up by hand, against which the ledger's sums are held."""

from tricolor.ports_judging import MonthAccount


def sum_of(entity, month, carrier, role, rows) -> MonthAccount:
    """The day accounts of one month, carrier and role added up. rows: with the fields of DayAccount."""
    return MonthAccount(
        entity, month, carrier, role,
        amount=sum(r.amount for r in rows),
        unit=max(r.unit for r in rows),
        tce_calorific=sum(r.tce_calorific or 0.0 for r in rows),
        calorific_unknown=sum(r.tce_calorific is None for r in rows),
        tce_equivalent=sum(r.tce_equivalent or 0.0 for r in rows),
        equivalent_unknown=sum(r.tce_equivalent is None for r in rows),
        co2_t=sum(r.co2_t or 0.0 for r in rows),
        co2_unknown=sum(r.co2_t is None for r in rows),
        covered_s=sum(r.covered_s for r in rows),
        expected_s=sum(r.expected_s for r in rows),
        estimated_amount=sum(r.amount * r.estimated_share for r in rows),
        days=sum(1 << number for number in {int(r.day[8:10]) for r in rows}),
        factor_ids=tuple(sorted({each for r in rows for each in r.factor_ids})),
        tce_instead=sum(r.tce_calorific or 0.0 for r in rows if r.tce_equivalent is None),
        both_unknown=sum(r.tce_equivalent is None and r.tce_calorific is None for r in rows),
    )  # fmt: skip
