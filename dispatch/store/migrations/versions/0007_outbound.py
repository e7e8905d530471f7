"""Calls that we place, and what they lean on: contacts, do-not-call, API keys, idempotency keys, reservations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dispatch.store import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _calls()
    _people()
    _clients()
    _dials()


def _calls() -> None:
    op.add_column("calls", sa.Column("contact_id", sa.String(40)))
    op.add_column("calls", sa.Column("wants_no_calls", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_calls_contact_id", "calls", ["contact_id"])


def _people() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("e164", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(32)),
        sa.Column("is_test", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.UniqueConstraint("e164", name="uq_contacts_e164"),
    )
    op.create_table(
        "do_not_call",
        sa.Column("e164", sa.String(32), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.Column("call_id", sa.String(40)),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("e164", name="pk_do_not_call"),
    )
    op.create_index("ix_do_not_call_created_at", "do_not_call", ["created_at"])


def _clients() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("label", sa.String(200)),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("last_used_at", types.UtcDateTime()),
        sa.Column("revoked_at", types.UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", types.Integer, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("call_id", sa.String(40)),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "name", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_call_id", "idempotency_keys", ["call_id"])
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _dials() -> None:
    op.create_table(
        "dials",
        sa.Column("call_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("to", sa.String(512), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("key_id", sa.String(64)),
        sa.Column("identity", sa.String(128), nullable=False),
        sa.Column("ringing_timeout_s", sa.Float(), nullable=False),
        sa.Column("due_at", types.UtcDateTime(), nullable=False),
        sa.Column("generation", types.Integer, nullable=False),
        sa.Column("claimed_by", sa.String(128)),
        sa.Column("claimed_until", types.UtcDateTime()),
        sa.Column("ready_at", types.UtcDateTime()),
        sa.Column("dialed_at", types.UtcDateTime()),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_dials_call_id"),
        sa.PrimaryKeyConstraint("call_id", name="pk_dials"),
    )
    op.create_index("ix_dials_state_due_at", "dials", ["state", "due_at"])
    op.create_table(
        "dial_reservations",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("call_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key_id", sa.String(64)),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("trunk", sa.String(64), nullable=False),
        sa.Column("callee", sa.String(512)),
        sa.Column("made_at", types.UtcDateTime(), nullable=False),
        sa.Column("minutes", sa.Float(), nullable=False),
        sa.Column("lasts_until", types.UtcDateTime(), nullable=False),
        sa.Column("released_at", types.UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_dial_reservations"),
    )
    op.create_index("ix_dial_reservations_call_id", "dial_reservations", ["call_id"])
    counted = ["made_at", "kind", "number", "trunk", "key_id", "minutes"]
    op.create_index("ix_dial_reservations_counted", "dial_reservations", counted)
    op.create_index("ix_dial_reservations_callee_made_at", "dial_reservations", ["callee", "made_at", "kind"])
    is_open = sa.text("released_at IS NULL")
    op.create_index(
        "ix_dial_reservations_open",
        "dial_reservations",
        ["lasts_until", "number", "trunk", "key_id"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
