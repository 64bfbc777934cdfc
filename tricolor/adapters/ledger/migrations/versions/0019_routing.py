"""routing: addresses of contacts, shifts, weekly patterns, quiet hours, silences and maintenance windows"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _kept(
        "contact_address", _text("contact"), _text("channel"), _text("address"), _text("least_light"),
        sa.Column("is_on", sa.Boolean(), nullable=False), sa.Column("place", sa.Integer(), nullable=False),
    )  # fmt: skip
    op.create_index("ix_contact_address_contact", "contact_address", ["contact"])
    _kept(
        "duty_shift", _text("owner"), _text("contact"), sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False), _text("role"), _text("note"),
    )  # fmt: skip
    op.create_index("ix_duty_shift_end", "duty_shift", ["end"])
    _kept(
        "duty_week", _text("owner"), _text("contact"), *_hours(), _text("valid_from"), sa.Column("valid_to", sa.Text()), _text("role"), _text("note")
    )
    _kept("quiet_hours", _text("whose"), *_hours(), _text("spares"), _text("note"))
    op.create_table(
        "silence",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _text("kind"),
        sa.Column("rules", sa.JSON(), nullable=False),
        *(_text(name) for name in ("entity", "department", "indicator", "up_to")),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        _text("author"),
        _text("reason"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _text("ended_by"),
        sa.Column("ended_at", sa.BigInteger()),
        _text("ended_reason"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_silence_end", "silence", ["end"])


def downgrade() -> None:
    for table in ("silence", "quiet_hours", "duty_week", "duty_shift", "contact_address"):
        op.drop_table(table)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _hours() -> "tuple[sa.Column[int], sa.Column[int], sa.Column[str], sa.Column[str]]":
    return (
        sa.Column("from_minute", sa.Integer(), nullable=False), sa.Column("to_minute", sa.Integer(), nullable=False), _text("weekdays"), _text("days")
    )  # fmt: skip


def _kept(table: str, *columns: "sa.Column[object]") -> None:
    op.create_table(
        table,
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _text("by"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        _text("ended_by"),
        sa.Column("ended_at", sa.BigInteger()),
        *columns,
        sa.PrimaryKeyConstraint("id"),
    )
