"""Transfers by API and by agents, with their wishes; what was learned of trunks and REFER."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dispatch.store import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transfers", sa.Column("requested_by", sa.String(16), nullable=False, server_default="work_mode"))
    op.add_column("transfers", sa.Column("request_id", sa.String(128)))
    op.add_column("transfers", sa.Column("wish", sa.JSON(none_as_null=True)))
    op.add_column("transfers", sa.Column("version", types.Integer, nullable=False, server_default="1"))
    op.add_column("transfers", sa.Column("accepted_at", types.UtcDateTime()))
    op.add_column("transfers", sa.Column("bridged_at", types.UtcDateTime()))
    op.create_index("ix_transfers_call_id_request_id", "transfers", ["call_id", "request_id"], unique=True)
    op.create_table(
        "refer_experiences",
        sa.Column("trunk", sa.String(64), nullable=False),
        sa.Column("taken", types.Integer, nullable=False),
        sa.Column("refused", types.Integer, nullable=False),
        sa.Column("unknown", types.Integer, nullable=False),
        sa.Column("last_result", sa.String(32), nullable=False),
        sa.Column("last_sip_status_code", types.Integer),
        sa.Column("last_at", types.UtcDateTime(), nullable=False),
        sa.Column("refuses_since", types.UtcDateTime()),
        sa.PrimaryKeyConstraint("trunk", name="pk_refer_experiences"),
    )
