"""Calls know what was decided about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("caller_id", sa.String(16), nullable=False, server_default="known"),
        sa.Column("forwarded_from", sa.String(32)),
        sa.Column("action", sa.String(16)),
        sa.Column("ring_back", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("metadata", sa.JSON(), nullable=False, server_default="{}"),
    ):
        op.add_column("calls", column)
    op.execute("UPDATE calls SET action = 'converse' WHERE agent_id IS NOT NULL")
