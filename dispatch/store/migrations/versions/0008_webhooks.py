"""Webhooks: events that wait to be told, deliveries with their attempts, endpoints; reports and what calls used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dispatch.store import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("pre_call_until", types.UtcDateTime()))
    _waiting()
    _deliveries()
    _reports()


def _of_call(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=f"fk_{table}_call_id")


def _waiting() -> None:
    op.create_table(
        "webhook_outbox",
        sa.Column("call_id", sa.String(40), nullable=False),
        sa.Column("sequence", types.Integer, nullable=False, autoincrement=False),
        sa.Column("status", sa.String(16), nullable=False),
        _of_call("webhook_outbox"),
        sa.PrimaryKeyConstraint("call_id", "sequence", name="pk_webhook_outbox"),
    )
    op.create_table(
        "call_webhooks",
        sa.Column("call_id", sa.String(40), nullable=False),
        sa.Column("agent_id", sa.String()),
        sa.Column("targets", sa.JSON(), nullable=False),
        _of_call("call_webhooks"),
        sa.PrimaryKeyConstraint("call_id", name="pk_call_webhooks"),
    )


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("agent_id", sa.String()),
        sa.Column("call_id", sa.String(40)),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("event_at", types.UtcDateTime(), nullable=False),
        sa.Column("lane", sa.String(128)),
        sa.Column("position", types.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("error", sa.String(64)),
        sa.Column("attempts", types.Integer, nullable=False),
        sa.Column("step", types.Integer, nullable=False),
        sa.Column("early", types.Integer, nullable=False),
        sa.Column("due_at", types.UtcDateTime(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("finished_at", types.UtcDateTime()),
        sa.Column("token", types.Integer, nullable=False),
        sa.Column("claimed_by", sa.String(128)),
        _of_call("webhook_deliveries"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
    )
    for column in ("message_id", "call_id", "created_at"):
        op.create_index(f"ix_webhook_deliveries_{column}", "webhook_deliveries", [column])
    for name, columns in (("due", ["url", "due_at"]), ("lane", ["lane", "position"])):
        op.create_index(
            f"ix_webhook_deliveries_{name}",
            "webhook_deliveries",
            columns,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.String(40), nullable=False),
        sa.Column("number", types.Integer, nullable=False, autoincrement=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("latency_s", sa.Float(), nullable=False),
        sa.Column("status_code", types.Integer),
        sa.Column("error", sa.String(64)),
        sa.Column("response", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["webhook_deliveries.id"], name="fk_webhook_attempts_delivery_id"),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_webhook_attempts"),
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("first_failure_at", types.UtcDateTime()),
        sa.Column("failures", types.Integer, nullable=False),
        sa.Column("failing_since", types.UtcDateTime()),
        sa.Column("disabled_at", types.UtcDateTime()),
        sa.Column("disabled_because", sa.String(64)),
        sa.PrimaryKeyConstraint("url", name="pk_webhook_endpoints"),
    )


def _reports() -> None:
    op.create_table(
        "call_usage",
        sa.Column("call_id", sa.String(40), nullable=False),
        sa.Column("job_id", sa.String(128), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("requests", types.Integer, nullable=False),
        sa.Column("audio_s", sa.Float(), nullable=False),
        sa.Column("characters", types.Integer, nullable=False),
        sa.Column("input_tokens", types.Integer, nullable=False),
        sa.Column("cached_input_tokens", types.Integer, nullable=False),
        sa.Column("output_tokens", types.Integer, nullable=False),
        _of_call("call_usage"),
        sa.PrimaryKeyConstraint("call_id", "job_id", "part", "provider", "model", name="pk_call_usage"),
    )
    op.create_table(
        "reports",
        sa.Column("call_id", sa.String(40), nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("due_at", types.UtcDateTime(), nullable=False),
        sa.Column("made_at", types.UtcDateTime()),
        sa.Column("body", sa.Text()),
        _of_call("reports"),
        sa.PrimaryKeyConstraint("call_id", name="pk_reports"),
        sa.UniqueConstraint("id", name="uq_reports_id"),
    )
    op.create_index("ix_reports_made_at_due_at", "reports", ["made_at", "due_at"])
