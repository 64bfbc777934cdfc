"""exclusions"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exclusion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("entity", "kind", "first_month", "last_month")),
        sa.Column("tce_equivalent", sa.Float(), nullable=False),
        sa.Column("tce_calorific", sa.Float(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("factor_ids", sa.JSON(), nullable=False),
        sa.Column("is_metered", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("document", "reason", "person")),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("revoked_by", "revoked_reason")),
        sa.PrimaryKeyConstraint("id", name="pk_exclusion"),
    )
    op.create_index("ix_exclusion_entity_first_month", "exclusion", ["entity", "first_month"])


def downgrade() -> None:
    op.drop_table("exclusion")
