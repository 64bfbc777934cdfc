"""factors set by people"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _auto_id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def _texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text(), nullable=False) for name in names)


def upgrade() -> None:
    op.create_table(
        "factor_setting",
        _auto_id(),
        *_texts("entity", "point", "carrier", "kind"),
        sa.Column("value", sa.Float(), nullable=False),
        *_texts("unit", "valid_from"),
        sa.Column("valid_to", sa.Text(), nullable=True),
        *_texts("document", "author", "reason"),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        *_texts("revoked_by", "revoke_reason"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "restatement",
        _auto_id(),
        *_texts("cause"),
        sa.Column("setting", sa.BigInteger(), nullable=True),
        *_texts("author", "reason"),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("carriers", "entities")),
        *_texts("first_day", "last_day"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        *_texts("cursor"),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["setting"], ["factor_setting.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "restatement_effect",
        sa.Column("restatement", sa.BigInteger(), autoincrement=False, nullable=False),
        *_texts("entity", "month"),
        sa.Column("rows", sa.Integer(), nullable=False),
        *(
            sa.Column(f"{name}_{when}", sa.Float(), nullable=False)
            for when in ("before", "after")
            for name in ("tce_calorific", "tce_equivalent", "co2_t")
        ),
        sa.ForeignKeyConstraint(["restatement"], ["restatement.id"]),
        sa.PrimaryKeyConstraint("restatement", "entity", "month"),
    )
    op.create_index("ix_restatement_effect_entity", "restatement_effect", ["entity"])
    op.create_table(
        "account_earlier",
        _auto_id(),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("restatement", "superseded_at")),
        *_texts("entity", "day", "carrier", "role"),
        sa.Column("amount", sa.Float(), nullable=False),
        *_texts("unit"),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("tce_calorific", "tce_equivalent", "co2_t")),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("covered_s", "expected_s", "estimated_share")),
        sa.Column("factor_ids", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["restatement"], ["restatement.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_account_earlier_entity_restatement", "account_earlier", ["entity", "restatement"])


def downgrade() -> None:
    for table in ("account_earlier", "restatement_effect", "restatement", "factor_setting"):
        op.drop_table(table)
