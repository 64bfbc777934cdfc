"""heat networks: what a heat meter measures, in which branch, at the end of which pipe"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meter") as meter:
        meter.add_column(sa.Column("medium", sa.Text(), nullable=False, server_default=""))
        meter.add_column(sa.Column("branch", sa.Text(), nullable=False, server_default=""))
        meter.add_column(sa.Column("pipe_km", sa.Float()))
        meter.add_column(sa.Column("pipe_mm", sa.Float()))
    with op.batch_alter_table("point") as point:
        point.add_column(sa.Column("measure", sa.Text(), nullable=False, server_default=""))
