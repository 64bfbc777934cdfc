"""duties: the flag of 两高一低 units, and which days of data quality changed when"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("entity", sa.Column("is_two_high", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "quality_change",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "day"),
    )
    op.create_index("ix_quality_change_mark", "quality_change", ["mark"])
    op.execute(
        "INSERT INTO quality_change (entity, day, mark) SELECT entity, day, 1 FROM quality_day UNION SELECT entity, day, 1 FROM quality_check"
    )
    op.execute("INSERT INTO meta (key, value) SELECT 'quality_version', '1' WHERE EXISTS (SELECT 1 FROM quality_change)")


def downgrade() -> None:
    op.drop_table("quality_change")
    with op.batch_alter_table("entity") as table:
        table.drop_column("is_two_high")
