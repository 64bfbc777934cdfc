"""notices, receipts, token buckets and alarms of the platform"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> list["sa.Column[str]"]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    _widen_outbox()
    op.add_column("attempt", sa.Column("kind", sa.Text(), nullable=False, server_default=""))
    op.add_column("attempt", sa.Column("code", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "notice",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        *_texts("owner", "channel", "address", "recipient", "why", "light"),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("matter", sa.JSON(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        *_texts("reason_zh", "reason_en", "state", "why_not"),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("outbox_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("event_id", "channel", "address", name="uq_notice_event_id_channel_address"),
    )
    op.create_index("ix_notice_state_due_at", "notice", ["state", "due_at", "rank"])
    op.create_index("ix_notice_address", "notice", ["state", "channel", "address"])
    op.create_index("ix_notice_alert_id", "notice", ["alert_id"])
    op.create_index("ix_notice_owner", "notice", ["owner", "alert_id"])
    op.create_index("ix_notice_outbox_id", "notice", ["outbox_id"])
    op.create_table(
        "token_bucket",
        *_texts("name"),
        sa.Column("spent", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_token_bucket"),
    )
    op.create_table(
        "receipt",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        *_texts("channel", "receipt", "address"),
        sa.Column("is_delivered", sa.Boolean(), nullable=False),
        *_texts("code", "detail"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outbox_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
        sa.UniqueConstraint("channel", "receipt", "address", "is_delivered", "code", name="uq_receipt_channel_receipt_address_is_delivered_code"),
    )
    op.create_index("ix_receipt_outbox_id", "receipt", ["outbox_id"])
    op.create_table(
        "operator_alarm",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        *_texts("kind", "subject", "text_zh", "text_en"),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_operator_alarm"),
    )
    op.create_index("ix_operator_alarm_kind_subject", "operator_alarm", ["kind", "subject", "cleared_at"])


def _widen_outbox() -> None:
    """A message may be about several alerts; what was one message an event and address is now one notice."""
    with op.batch_alter_table("outbox") as table:
        table.drop_constraint("uq_outbox_event_id_channel_address", type_="unique")
        table.add_column(sa.Column("owner", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("items", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("rank", sa.Integer(), nullable=False, server_default="3"))
        table.add_column(sa.Column("lang", sa.Text(), nullable=False, server_default="zh"))
        table.add_column(sa.Column("link_key", sa.Text()))
        table.add_column(sa.Column("is_possible_repeat", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("delivered_at", sa.BigInteger()))
        table.add_column(sa.Column("why_not", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("set_at", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("waits_for", sa.Text(), nullable=False, server_default=""))
        table.create_unique_constraint("uq_outbox_link_key", ["link_key"])
        table.create_index("ix_outbox_due", ["state", "channel", "next_at", "rank"])
        table.create_index("ix_outbox_address", ["channel", "address", "created_at"])
        table.create_index("ix_outbox_newest", ["channel", "address", "id"])
        table.create_index("ix_outbox_receipt", ["channel", "receipt"])
        table.create_index("ix_outbox_channel", ["channel", "id"])
        table.drop_index("ix_outbox_state_next_at")  # ix_outbox_due begins like it and serves more
        table.create_index("ix_outbox_state", ["state", "id"])
    op.execute("UPDATE outbox SET rank = CASE light WHEN 'red' THEN 0 WHEN 'orange' THEN 1 WHEN 'yellow' THEN 2 ELSE 3 END")


def downgrade() -> None:
    for table in ("operator_alarm", "receipt", "token_bucket", "notice"):
        op.drop_table(table)
    with op.batch_alter_table("attempt") as table:
        table.drop_column("code")
        table.drop_column("kind")
    with op.batch_alter_table("outbox") as table:
        for name in ("ix_outbox_state", "ix_outbox_channel", "ix_outbox_receipt", "ix_outbox_newest", "ix_outbox_address", "ix_outbox_due"):
            table.drop_index(name)
        table.create_index("ix_outbox_state_next_at", ["state", "next_at"])
        table.drop_constraint("uq_outbox_link_key", type_="unique")
        for name in ("waits_for", "set_at", "why_not", "delivered_at", "is_possible_repeat", "link_key", "lang", "rank", "items", "owner"):
            table.drop_column(name)
        table.create_unique_constraint("uq_outbox_event_id_channel_address", ["event_id", "channel", "address"])
