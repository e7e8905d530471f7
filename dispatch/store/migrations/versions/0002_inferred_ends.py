"""Calls know whether their end was only inferred."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("end_is_inferred", sa.Boolean(), nullable=False, server_default=sa.false()))
