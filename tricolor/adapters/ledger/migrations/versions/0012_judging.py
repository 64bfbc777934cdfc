"""judging: monthly sums of the accounts, marks of change, verdicts with the moment they speak of and what they correct"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SUMS = (
    "tce_calorific", "calorific_unknown", "tce_equivalent", "equivalent_unknown", "tce_instead", "both_unknown", "co2_t", "co2_unknown", "covered_s",
    "expected_s", "estimated_amount", "days",
)  # fmt: skip
_FILL = """
INSERT INTO account_month (entity, month, carrier, role, amount, unit, {sums}, factor_ids)
SELECT s.*, coalesce(f.ids, '[]') FROM (
  SELECT entity, substr(day, 1, 7) AS month, carrier, role, sum(amount) AS amount, max(unit) AS unit,
    coalesce(sum(tce_calorific), 0) AS c, sum(CASE WHEN tce_calorific IS NULL THEN 1 ELSE 0 END) AS cu,
    coalesce(sum(tce_equivalent), 0) AS e, sum(CASE WHEN tce_equivalent IS NULL THEN 1 ELSE 0 END) AS eu,
    coalesce(sum(CASE WHEN tce_equivalent IS NULL THEN tce_calorific END), 0) AS i,
    sum(CASE WHEN tce_equivalent IS NULL AND tce_calorific IS NULL THEN 1 ELSE 0 END) AS bu,
    coalesce(sum(co2_t), 0) AS co2, sum(CASE WHEN co2_t IS NULL THEN 1 ELSE 0 END) AS co2u,
    sum(covered_s) AS covered, sum(expected_s) AS expected, sum(amount * estimated_share) AS estimated,
    sum(CAST(1 AS BIGINT) << CAST(substr(day, 9, 2) AS INTEGER)) AS days
  FROM account_day GROUP BY 1, 2, 3, 4
) s LEFT JOIN (
  SELECT entity, substr(day, 1, 7) AS month, carrier, role, {ids} AS ids FROM account_day, {each} AS v GROUP BY 1, 2, 3, 4
) f ON f.entity = s.entity AND f.month = s.month AND f.carrier = s.carrier AND f.role = s.role
"""


def upgrade() -> None:
    op.create_table(
        "account_month",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("entity", "month", "carrier", "role")),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        *(sa.Column(name, _type_of(name), nullable=False) for name in _SUMS),
        sa.Column("factor_ids", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "month", "carrier", "role", name="pk_account_month"),
    )
    op.create_table(
        "account_change",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "month", name="pk_account_change"),
    )
    op.create_index("ix_account_change_mark", "account_change", ["mark"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    ids = "json_group_array(DISTINCT v.value)" if is_sqlite else "json_agg(DISTINCT v.value)"
    each = "json_each(factor_ids)" if is_sqlite else "json_array_elements_text(factor_ids)"
    op.execute(_FILL.format(sums=", ".join(_SUMS), ids=ids, each=each))
    op.execute(
        "INSERT INTO account_change (entity, month, mark) SELECT DISTINCT a.entity, a.month, "
        "CAST(coalesce((SELECT value FROM meta WHERE key = 'accounts_version'), '1') AS BIGINT) FROM account_month a"
    )
    op.add_column("exclusion", sa.Column("mark", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("verdict", sa.Column("as_of", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("verdict", sa.Column("corrects", sa.BigInteger(), nullable=True))
    op.add_column("verdict", sa.Column("is_last", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE verdict SET as_of = judged_at")
    # what was withdrawn before this upgrade cannot be told from what was replaced: the last word on each period stays one
    op.execute("UPDATE verdict SET is_last = true WHERE id IN (SELECT max(id) FROM verdict GROUP BY fingerprint, period)")
    op.create_index("ix_verdict_light", "verdict", ["is_current", "light", "entity", "rule", "indicator", "period"])
    op.create_index("ix_outbox_alert_id", "outbox", ["alert_id"])
    op.create_index("ix_verdict_units", "verdict", ["is_current", "entity", "rule", "indicator", "light", "since"])
    op.create_index("ix_verdict_period", "verdict", ["period", "is_last", "light", "entity", "rule", "indicator"])


def downgrade() -> None:
    op.drop_index("ix_verdict_period", "verdict")
    op.drop_index("ix_verdict_units", "verdict")
    op.drop_index("ix_outbox_alert_id", "outbox")
    op.drop_index("ix_verdict_light", "verdict")
    for column in ("is_last", "corrects", "as_of"):
        op.drop_column("verdict", column)
    op.drop_column("exclusion", "mark")
    op.drop_table("account_change")
    op.drop_table("account_month")


def _type_of(name: str) -> sa.types.TypeEngine[object]:
    if name == "days":
        return sa.BigInteger()
    return sa.Integer() if name.endswith("_unknown") else sa.Float()
