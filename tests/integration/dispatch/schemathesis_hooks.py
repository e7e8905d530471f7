"""Hooks that schemathesis loads into its own process."""

from __future__ import annotations

import itertools
from typing import Any

import schemathesis

from dispatch.openapi import parameters
from dispatch.openapi.notes import calls

_MOST_REPEATS = 8  # of so many requests one says again what another has said
_LONGEST = 200

_numbers = itertools.count()


@schemathesis.hook
def before_call(_context: Any, case: Any, _arguments: Any) -> None:
    """Make requests differ that would all fail alike."""
    # Most of the names that are made up for `Idempotency-Key` are the same, and would only bring conflicts.
    name, number = case.headers.get("Idempotency-Key"), next(_numbers)
    if isinstance(name, str) and 0 < len(name) < _LONGEST and number % _MOST_REPEATS:
        case.headers["Idempotency-Key"] = f"{name}-{number}"
    # The contact whom examples call is not deleted.
    if case.method.upper() == "DELETE" and case.path_parameters.get("id") == calls.CONTACT_ID:
        case.path_parameters["id"] = parameters.CONTACT_ID
