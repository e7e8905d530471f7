"""Webhooks: what we tell others of calls, signed, in order and never lost."""
