"""What came of asking: the plan that holds, and what goes on record of how that came about."""

from __future__ import annotations

import dataclasses
import enum

from callcore import contract, endings, events
from sip_config import schema, snapshots


class Result(enum.StrEnum):
    """What came of asking."""

    ACCEPTED = "accepted"
    """The answer changed something."""
    UNCHANGED = "unchanged"
    """The answer changed nothing."""
    REJECTED = "rejected"
    """The call is not wanted."""
    FAILED = "failed"
    """There was no answer, or none that could be followed."""
    BREAKER_OPEN = "breaker_open"
    """Nobody was asked, because the endpoint failed several times just before."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    """The plan, and its history."""

    plan: contract.Plan
    result: Result
    took_s: float = 0.0
    error: str | None = None
    """Class of what went wrong, in snake_case; also where the fallback answered then."""
    on_error: schema.OnError | None = None
    """What was done about it."""
    ignored: tuple[str, ...] = ()
    """Keys of the answer that had no effect."""
    problem: str | None = None
    """Where in the answer the first mistake is, such as `llm.temperature`."""

    @property
    def data(self) -> events.Data:
        """What the event carries."""
        return {
            "result": self.result.value,
            "took_ms": round(self.took_s * 1000),
            "error": self.error,
            "on_error": self.on_error.value if self.on_error else None,
            "ignored": ", ".join(self.ignored) or None,
            "problem": self.problem,
        }


def without_answer(on_error: schema.OnError, draft: contract.Plan, error: str) -> Verdict:
    """The verdict where there is no answer, and nobody else to ask."""
    plan = snapshots.UNASKED if on_error is schema.OnError.REJECT else draft
    return Verdict(plan=plan, result=Result.FAILED, error=error, on_error=on_error)


def rejection(text: str, code: int) -> contract.Refuse:
    """The plan for a call that is not wanted."""
    return contract.Refuse(reason=endings.Reason.POLICY_REFUSED, sip_status_code=code, text=text)
