"""open items, substitutes"""

from struct import pack

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
_EARLIEST_US, _LATEST_US = 694_195_200_000_000, 4_102_444_800_000_000  # a point's whole history


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def upgrade() -> None:
    op.create_table(
        "open_item",
        _id(),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("point", "start", "end")),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("before", sa.Float(), nullable=True),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("after", "jump", "amount")),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("is_present", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("gone_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_item")),
    )
    op.create_index("ix_open_item_point_start", "open_item", ["point", "start"])
    op.create_index("ix_open_item_state_id", "open_item", ["state", "id"])
    op.create_table(
        "item_decision",
        _id(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("point", "start", "end")),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("jump", "amount")),
        sa.Column("exchange_id", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("person", "reason")),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("undone_by", "undone_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_decision")),
    )
    op.create_index("ix_item_decision_point_start", "item_decision", ["point", "start"])
    op.create_index("ix_item_decision_item_id", "item_decision", ["item_id"])
    op.create_table(
        "item_event",
        _id(),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("item_id", "at")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("what", "who", "reason")),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_event")),
    )
    op.create_index("ix_item_event_item_id", "item_event", ["item_id"])
    _look_again()


def _look_again() -> None:
    """Jumps that were parked before this version become items when their points are settled anew."""
    keys = list(op.get_bind().execute(sa.text("SELECT key FROM point ORDER BY key")).scalars())
    if not keys:
        return
    kinds = (
        ("points", sa.LargeBinary()),
        ("starts", sa.LargeBinary()),
        ("ends", sa.LargeBinary()),
        ("readings", sa.BigInteger()),
        ("source", sa.Text()),
    )
    work = sa.table("dirty_span", *(sa.column(name, kind) for name, kind in kinds))
    packed = {"points": keys, "starts": [_EARLIEST_US] * len(keys), "ends": [_LATEST_US] * len(keys)}
    row = {name: pack(f"<{len(keys)}q", *numbers) for name, numbers in packed.items()}
    op.bulk_insert(work, [{**row, "readings": len(keys), "source": "upgrade:0002"}])


def downgrade() -> None:
    for table in ("item_event", "item_decision", "open_item"):
        op.drop_table(table)
