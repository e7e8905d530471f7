"""What a check found."""

from __future__ import annotations

import dataclasses
import enum


class Status(enum.StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """Calls work; something else will not, or not for long."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Nothing could be looked at; another check says why, or the cure does."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at. No text holds a secret or a phone number."""

    status: Status
    seen: str
    cure: str = ""
    """What to do about it; empty where nothing need be done."""


def ok(seen: str) -> Finding:
    return Finding(status=Status.OK, seen=seen)


def warning(seen: str, cure: str) -> Finding:
    return Finding(status=Status.WARNING, seen=seen, cure=cure)


def failed(seen: str, cure: str) -> Finding:
    return Finding(status=Status.FAILED, seen=seen, cure=cure)


def skipped(seen: str, cure: str = "") -> Finding:
    return Finding(status=Status.SKIPPED, seen=seen, cure=cure)
