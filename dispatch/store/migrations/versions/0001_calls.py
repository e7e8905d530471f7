"""Calls, their events and turns, the spools they came by, and the workers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dispatch.store import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("room_name", sa.String(length=256), nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("caller", sa.String(length=32), nullable=True),
        sa.Column("dialed", sa.String(length=32), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("agent_version", sa.String(), nullable=True),
        sa.Column("answered_at", types.UtcDateTime(), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.Column("ended_by", sa.String(length=16), nullable=True),
        sa.Column("sip_status_code", types.Integer, nullable=True),
        sa.Column("sip_status", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("user_turns", types.Integer, nullable=False),
        sa.Column("sequence", types.Integer, nullable=False),
        sa.Column("worker_id", sa.String(length=128), nullable=False),
        sa.Column("job_id", sa.String(length=128), nullable=False),
        sa.Column("generation", types.Integer, nullable=False),
        sa.Column("intake", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("leg_left_at", types.UtcDateTime(), nullable=True),
        sa.Column("leg_left_reason", sa.String(length=64), nullable=True),
        sa.Column("hangup_requested_at", types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("room_name", name=op.f("uq_calls_room_name")),
    )
    op.create_index(op.f("ix_calls_agent_id"), "calls", ["agent_id"], unique=False)
    op.create_index(op.f("ix_calls_caller"), "calls", ["caller"], unique=False)
    op.create_index(op.f("ix_calls_created_at"), "calls", ["created_at"], unique=False)
    op.create_index(op.f("ix_calls_dialed"), "calls", ["dialed"], unique=False)
    op.create_index(op.f("ix_calls_status"), "calls", ["status"], unique=False)
    op.create_table(
        "livekit_notices",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("received_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_livekit_notices")),
    )
    op.create_index(op.f("ix_livekit_notices_received_at"), "livekit_notices", ["received_at"], unique=False)
    op.create_table(
        "spools",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("last_line", types.Integer, nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spools")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("calls", types.Integer, nullable=False),
        sa.Column("max_calls", types.Integer, nullable=False),
        sa.Column("accepting", sa.Boolean(), nullable=False),
        sa.Column("rooms", sa.JSON(), nullable=False),
        sa.Column("reported_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_index(op.f("ix_workers_reported_at"), "workers", ["reported_at"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", types.Integer, nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_events_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("call_id", "sequence", name=op.f("uq_events_call_id_sequence")),
    )
    op.create_table(
        "late_facts",
        sa.Column("id", types.Integer, autoincrement=True, nullable=False),
        sa.Column("call_id", sa.String(length=40), nullable=True),
        sa.Column("room_name", sa.String(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("why", sa.String(length=64), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_late_facts_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_facts")),
    )
    op.create_index(op.f("ix_late_facts_call_id"), "late_facts", ["call_id"], unique=False)
    op.create_table(
        "turns",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("position", types.Integer, autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.Column("transcription_delay_s", sa.Float(), nullable=True),
        sa.Column("end_of_turn_delay_s", sa.Float(), nullable=True),
        sa.Column("llm_first_token_s", sa.Float(), nullable=True),
        sa.Column("tts_first_audio_s", sa.Float(), nullable=True),
        sa.Column("reply_delay_s", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_turns_call_id")),
        sa.PrimaryKeyConstraint("call_id", "position", name=op.f("pk_turns")),
    )
