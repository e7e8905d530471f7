"""Every note."""

from __future__ import annotations

from dispatch.openapi import noting
from dispatch.openapi.notes import calls, configuration, keys, people, reports, sessions, transfers, webhooks

NOTES: dict[noting.PathOf, noting.Note] = {
    **sessions.NOTES,
    **calls.NOTES,
    **transfers.NOTES,
    **reports.NOTES,
    **people.NOTES,
    **configuration.NOTES,
    **webhooks.NOTES,
    **keys.NOTES,
}
