"""Every table of dispatch. A change here needs a migration in `migrations/versions/`; a test compares the two."""

from __future__ import annotations

import sqlalchemy as sa

from dispatch.store import types

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# A string without a length holds what the contract does not bound.
metadata = sa.MetaData(naming_convention=_NAMES)

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("room_name", sa.String(256), nullable=False, unique=True),
    sa.Column("direction", sa.String(16), nullable=False),
    sa.Column("status", sa.String(16), nullable=False, index=True),
    sa.Column("caller", sa.String(32), index=True),
    sa.Column("dialed", sa.String(32), index=True),
    sa.Column("created_at", types.UtcDateTime, nullable=False, index=True),
    sa.Column("caller_id", sa.String(16), nullable=False, server_default="known"),
    sa.Column("forwarded_from", sa.String(32)),
    sa.Column("action", sa.String(16)),
    sa.Column("ring_back", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("metadata", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("contact_id", sa.String(40), index=True),
    sa.Column("wants_no_calls", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("agent_id", sa.String, index=True),
    sa.Column("agent_version", sa.String),
    sa.Column("answered_at", types.UtcDateTime),
    sa.Column("ended_at", types.UtcDateTime),
    sa.Column("duration_s", sa.Float),
    sa.Column("end_reason", sa.String(32)),
    sa.Column("ended_by", sa.String(16)),
    sa.Column("sip_status_code", types.Integer),
    sa.Column("sip_status", sa.String),
    sa.Column("outcome", sa.String(32)),
    sa.Column("end_is_inferred", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("user_turns", types.Integer, nullable=False),
    sa.Column("sequence", types.Integer, nullable=False),
    # The job that holds the call, and what it was told.
    sa.Column("worker_id", sa.String(128), nullable=False),
    sa.Column("job_id", sa.String(128), nullable=False),
    sa.Column("generation", types.Integer, nullable=False),
    sa.Column("intake", sa.Text, nullable=False),
    sa.Column("plan", sa.Text),
    # Until when somebody is being asked for the plan; null where nobody was.
    sa.Column("pre_call_until", types.UtcDateTime),
    # What LiveKit and operators have said and the ledger has not acted upon yet.
    sa.Column("leg_left_at", types.UtcDateTime),
    sa.Column("leg_left_reason", sa.String(64)),
    sa.Column("hangup_requested_at", types.UtcDateTime),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("call_id", sa.ForeignKey("calls.id"), nullable=False),
    sa.Column("sequence", types.Integer, nullable=False),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("at", types.UtcDateTime, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.UniqueConstraint("call_id", "sequence"),
)

turns = sa.Table(
    "turns",
    metadata,
    sa.Column("call_id", sa.ForeignKey("calls.id"), primary_key=True),
    sa.Column("position", types.Integer, primary_key=True, autoincrement=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("at", types.UtcDateTime, nullable=False),
    sa.Column("interrupted", sa.Boolean, nullable=False),
    sa.Column("transcription_delay_s", sa.Float),
    sa.Column("end_of_turn_delay_s", sa.Float),
    sa.Column("llm_first_token_s", sa.Float),
    sa.Column("tts_first_audio_s", sa.Float),
    sa.Column("reply_delay_s", sa.Float),
)

recordings = sa.Table(
    "recordings",
    metadata,
    sa.Column("call_id", sa.ForeignKey("calls.id"), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("file", sa.String, nullable=False),
    sa.Column("size", types.Integer, nullable=False),
    sa.Column("duration_s", sa.Float, nullable=False),
    sa.Column("recorded_at", types.UtcDateTime, nullable=False),
)

transfers = sa.Table(
    "transfers",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("call_id", sa.ForeignKey("calls.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("identity", sa.String(128)),
    sa.Column("attempts", sa.JSON, nullable=False),
    sa.Column("created_at", types.UtcDateTime, nullable=False),
    sa.Column("updated_at", types.UtcDateTime, nullable=False),
    sa.Column("requested_by", sa.String(16), nullable=False, server_default="work_mode"),
    sa.Column("request_id", sa.String(128)),
    sa.Column("wish", sa.JSON(none_as_null=True)),
    sa.Column("version", types.Integer, nullable=False, server_default="1"),
    sa.Column("accepted_at", types.UtcDateTime),
    sa.Column("bridged_at", types.UtcDateTime),
    sa.Index("ix_transfers_call_id_request_id", "call_id", "request_id", unique=True),
)

refer_experiences = sa.Table(
    "refer_experiences",
    metadata,
    sa.Column("trunk", sa.String(64), primary_key=True),
    sa.Column("taken", types.Integer, nullable=False),
    sa.Column("refused", types.Integer, nullable=False),
    sa.Column("unknown", types.Integer, nullable=False),
    sa.Column("last_result", sa.String(32), nullable=False),
    sa.Column("last_sip_status_code", types.Integer),
    sa.Column("last_at", types.UtcDateTime, nullable=False),
    # While it is there, the trunk refuses REFER as such: transfers are bridged.
    sa.Column("refuses_since", types.UtcDateTime),
)

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("e164", sa.String(32), nullable=False, unique=True),
    sa.Column("name", sa.String(200)),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("status", sa.String(32)),
    sa.Column("is_test", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", types.UtcDateTime, nullable=False),
    sa.Column("updated_at", types.UtcDateTime, nullable=False),
)

do_not_call = sa.Table(
    "do_not_call",
    metadata,
    sa.Column("e164", sa.String(32), primary_key=True),
    sa.Column("source", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(500)),
    sa.Column("call_id", sa.String(40)),
    sa.Column("created_at", types.UtcDateTime, nullable=False, index=True),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("label", sa.String(200)),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("limits", sa.JSON, nullable=False),
    sa.Column("created_at", types.UtcDateTime, nullable=False),
    sa.Column("last_used_at", types.UtcDateTime),
    sa.Column("revoked_at", types.UtcDateTime),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("key_id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("status", types.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("call_id", sa.String(40), index=True),
    sa.Column("created_at", types.UtcDateTime, nullable=False, index=True),
)

dials = sa.Table(
    "dials",
    metadata,
    sa.Column("call_id", sa.ForeignKey("calls.id"), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("to", sa.String(512), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("key_id", sa.String(64)),
    sa.Column("identity", sa.String(128), nullable=False),
    sa.Column("ringing_timeout_s", sa.Float, nullable=False),
    sa.Column("due_at", types.UtcDateTime, nullable=False),
    # Who looks after it, and until when others keep away.
    sa.Column("generation", types.Integer, nullable=False),
    sa.Column("claimed_by", sa.String(128)),
    sa.Column("claimed_until", types.UtcDateTime),
    sa.Column("ready_at", types.UtcDateTime),
    sa.Column("dialed_at", types.UtcDateTime),
    sa.Index("ix_dials_state_due_at", "state", "due_at"),
)

reservations = sa.Table(
    "dial_reservations",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("call_id", sa.String(40), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("key_id", sa.String(64)),
    sa.Column("number", sa.String(32), nullable=False),
    sa.Column("trunk", sa.String(64), nullable=False),
    sa.Column("callee", sa.String(512)),
    sa.Column("made_at", types.UtcDateTime, nullable=False),
    sa.Column("minutes", sa.Float, nullable=False),
    sa.Column("lasts_until", types.UtcDateTime, nullable=False),
    sa.Column("released_at", types.UtcDateTime),
    # Every dial counts the last day's rows: without these it would read them all.
    sa.Index("ix_dial_reservations_counted", "made_at", "kind", "number", "trunk", "key_id", "minutes"),
    sa.Index("ix_dial_reservations_callee_made_at", "callee", "made_at", "kind"),
    sa.Index(
        "ix_dial_reservations_open",
        "lasts_until",
        "number",
        "trunk",
        "key_id",
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    ),
)

outbox = sa.Table(
    "webhook_outbox",
    metadata,
    # Events that are not made into deliveries yet, in the transaction of the event.
    sa.Column("call_id", sa.ForeignKey("calls.id"), primary_key=True),
    sa.Column("sequence", types.Integer, primary_key=True, autoincrement=False),
    sa.Column("status", sa.String(16), nullable=False),
)

call_webhooks = sa.Table(
    "call_webhooks",
    metadata,
    # Where a call's webhooks go: settled once, so that a reload changes nothing for a call that has begun.
    sa.Column("call_id", sa.ForeignKey("calls.id"), primary_key=True),
    sa.Column("agent_id", sa.String),
    sa.Column("targets", sa.JSON, nullable=False),
)

deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("message_id", sa.String(64), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("url", sa.String(2000), nullable=False),
    sa.Column("agent_id", sa.String),
    sa.Column("call_id", sa.ForeignKey("calls.id"), index=True),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("event_at", types.UtcDateTime, nullable=False),
    # Those of one lane are sent one after the other, by position; without a lane at any time.
    sa.Column("lane", sa.String(128)),
    sa.Column("position", types.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("error", sa.String(64)),
    sa.Column("attempts", types.Integer, nullable=False),
    # How far it is in its schedule, and how often its endpoint has asked for an earlier attempt.
    sa.Column("step", types.Integer, nullable=False),
    sa.Column("early", types.Integer, nullable=False),
    # When anybody may take it: while somebody sends it, that is when his lease runs out.
    sa.Column("due_at", types.UtcDateTime, nullable=False),
    sa.Column("created_at", types.UtcDateTime, nullable=False, index=True),
    sa.Column("finished_at", types.UtcDateTime),
    # Who sends it; the token rises with each claim.
    sa.Column("token", types.Integer, nullable=False),
    sa.Column("claimed_by", sa.String(128)),
    # Only those that wait are looked for again and again, however many are kept.
    sa.Index(
        "ix_webhook_deliveries_due",
        "url",
        "due_at",
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    ),
    sa.Index(
        "ix_webhook_deliveries_lane",
        "lane",
        "position",
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    ),
)

attempts = sa.Table(
    "webhook_attempts",
    metadata,
    sa.Column("delivery_id", sa.ForeignKey("webhook_deliveries.id"), primary_key=True),
    sa.Column("number", types.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", types.UtcDateTime, nullable=False),
    sa.Column("latency_s", sa.Float, nullable=False),
    sa.Column("status_code", types.Integer),
    sa.Column("error", sa.String(64)),
    sa.Column("response", sa.Text, nullable=False),
)

endpoints = sa.Table(
    "webhook_endpoints",
    metadata,
    sa.Column("url", sa.String(2000), primary_key=True),
    # Failures of one day, with nothing else between; then since when there is nothing but failure.
    sa.Column("first_failure_at", types.UtcDateTime),
    sa.Column("failures", types.Integer, nullable=False),
    sa.Column("failing_since", types.UtcDateTime),
    sa.Column("disabled_at", types.UtcDateTime),
    sa.Column("disabled_because", sa.String(64)),
)

usage = sa.Table(
    "call_usage",
    metadata,
    sa.Column("call_id", sa.ForeignKey("calls.id"), primary_key=True),
    sa.Column("job_id", sa.String(128), primary_key=True),
    sa.Column("part", sa.String(16), primary_key=True),
    sa.Column("provider", sa.String(64), primary_key=True),
    sa.Column("model", sa.String(200), primary_key=True),
    sa.Column("requests", types.Integer, nullable=False),
    sa.Column("audio_s", sa.Float, nullable=False),
    sa.Column("characters", types.Integer, nullable=False),
    sa.Column("input_tokens", types.Integer, nullable=False),
    sa.Column("cached_input_tokens", types.Integer, nullable=False),
    sa.Column("output_tokens", types.Integer, nullable=False),
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("call_id", sa.ForeignKey("calls.id"), primary_key=True),
    sa.Column("id", sa.String(40), nullable=False, unique=True),
    # Made when it is due: what belongs to a call, as a recording, may come after its end.
    sa.Column("due_at", types.UtcDateTime, nullable=False),
    sa.Column("made_at", types.UtcDateTime),
    sa.Column("body", sa.Text),
    sa.Index("ix_reports_made_at_due_at", "made_at", "due_at"),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(128), nullable=False),
    sa.Column("until", types.UtcDateTime, nullable=False),
)

spools = sa.Table(
    "spools",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("last_line", types.Integer, nullable=False),
    sa.Column("updated_at", types.UtcDateTime, nullable=False),
)

late_facts = sa.Table(
    "late_facts",
    metadata,
    sa.Column("id", types.Integer, primary_key=True, autoincrement=True),
    sa.Column("call_id", sa.ForeignKey("calls.id"), index=True),
    sa.Column("room_name", sa.String, nullable=False),
    sa.Column("at", types.UtcDateTime, nullable=False),
    sa.Column("why", sa.String(64), nullable=False),
    sa.Column("fact", sa.Text, nullable=False),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("calls", types.Integer, nullable=False),
    sa.Column("max_calls", types.Integer, nullable=False),
    sa.Column("accepting", sa.Boolean, nullable=False),
    sa.Column("rooms", sa.JSON, nullable=False),
    sa.Column("reported_at", types.UtcDateTime, nullable=False, index=True),
)

notices = sa.Table(
    "livekit_notices",
    metadata,
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("received_at", types.UtcDateTime, nullable=False, index=True),
)
