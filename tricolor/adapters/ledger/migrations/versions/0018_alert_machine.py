"""alerts: holds, recovery, escalation, handling

What fires already goes on firing: nothing is known of how long, so its holds begin with the next verdict, and its escalation and the time-out of its
acknowledgement with the first round (null: from the next tick on) instead of telling everybody of weeks gone by.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TEXTS = ("seen", "stamp", "assignee", "closed_reason", "bars")
_TIMES = ("grey_since", "acked_at", "episode_at", "told_at", "due_at")


def upgrade() -> None:
    op.add_column("alert", sa.Column("is_watched", sa.Boolean(), nullable=False, server_default=sa.true()))
    for name in _TEXTS:
        op.add_column("alert", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("alert", sa.Column("runs", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("alert", sa.Column("steps_done", sa.Integer(), nullable=False, server_default="0"))
    for name in _TIMES:
        op.add_column("alert", sa.Column(name, sa.BigInteger(), nullable=True))
    op.execute("UPDATE alert SET is_watched = false WHERE condition <> 'firing'")
    op.execute("UPDATE alert SET seen = CASE WHEN is_stale THEN 'grey' ELSE level END, due_at = changed_at WHERE condition = 'firing'")
    op.execute("UPDATE alert SET grey_since = changed_at WHERE condition = 'firing' AND is_stale")
    op.create_index("ix_alert_watched", "alert", ["is_watched", "fingerprint"])
    op.create_index("ix_alert_due_at", "alert", ["due_at"])
    op.create_index("ix_alert_entity", "alert", ["entity", "condition"])
    op.add_column("alert_event", sa.Column("to", sa.Text(), nullable=False, server_default=""))
    op.add_column("alert_event", sa.Column("step", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("alert_event", sa.Column("is_unrouted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_alert_event_unrouted", "alert_event", ["is_unrouted", "id"])


def downgrade() -> None:
    """The condition and the timeline go back to what the release before knows; what was pending is nothing there."""
    op.execute("DELETE FROM alert WHERE condition = 'pending'")
    op.execute("UPDATE alert SET condition = 'firing' WHERE condition = 'recovering'")
    op.drop_index("ix_alert_event_unrouted", "alert_event")
    for name in ("is_unrouted", "step", "to"):
        op.drop_column("alert_event", name)
    op.drop_index("ix_alert_entity", "alert")
    op.drop_index("ix_alert_due_at", "alert")
    op.drop_index("ix_alert_watched", "alert")
    for name in (*_TIMES, "steps_done", "runs", *_TEXTS, "is_watched"):
        op.drop_column("alert", name)
