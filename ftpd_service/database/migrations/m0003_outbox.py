"""The table of events that wait for delivery."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "outbox",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("node", sa.String(255), nullable=False),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("account", sa.String(255)),
        sa.Column("path", sa.Text),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("proof", sa.Text),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due", sa.Double, nullable=False),
        sa.Column("failing_since", sa.Double),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_outbox"),
        sa.UniqueConstraint("id", "rule", name="uq_outbox_id"),
        sa.CheckConstraint("state IN ('intent', 'ready', 'dead')", name="ck_outbox_state"),
    )
    op.create_index("ix_outbox_rule", "outbox", ["node", "rule", "state", "sequence"])
