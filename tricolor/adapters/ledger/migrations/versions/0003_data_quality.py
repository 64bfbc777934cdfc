"""data quality"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("meter", sa.Column("parent_id", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "quality_day",
        sa.Column("point", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("expected", "received", "filled", "unusable")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("first_at", "last_at", "resumed_at")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("cells", "estimated", "open", "stuck")),
        sa.Column("stuck_by", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("negative", "deltas")),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("equal_share", "variation", "digits")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("live", "backfilled")),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("delay_s", "spread_s")),
        sa.PrimaryKeyConstraint("point", "day"),
    )
    op.create_index("ix_quality_day_day_entity", "quality_day", ["day", "entity"])
    op.create_table(
        "quality_check",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("point", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("against", sa.Float(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("digit", sa.Float(), nullable=False),
        sa.Column("others", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "point", "day"),
    )
    op.create_index("ix_quality_check_day_entity", "quality_check", ["day", "entity"])
    op.create_table(
        "quality_work",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "day"),
    )


def downgrade() -> None:
    for table in ("quality_work", "quality_check", "quality_day"):
        op.drop_table(table)
    op.drop_column("meter", "parent_id")
