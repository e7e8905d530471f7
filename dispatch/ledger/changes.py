"""What a transaction of the ledger did, for those who act once it is committed."""

from __future__ import annotations

import dataclasses
from typing import Protocol

from callcore import calls, transitions, turns
from dispatch.store import late


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """A call moved on."""

    before: calls.Call | None
    """None when the call came into being."""
    after: calls.Call
    fact: transitions.Fact | None = None
    """None for a turn of the agent, which moves nothing."""
    turn: turns.Turn | None = None
    """What was said, where that is what happened."""
    effects: tuple[transitions.Effect, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether this ended the call."""
        return self.after.is_over and not (self.before and self.before.is_over)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ignored:
    """A fact was kept without effect."""

    late: late.LateFact


Outcome = Change | Ignored


class Aftermath(Protocol):
    """Acts on what was committed. Neither raises nor waits: whoever reported the fact stands behind it."""

    def follow(self, outcome: Outcome) -> None:
        """Act on the outcome of a fact."""
        ...

    def stir(self, call_id: str) -> None:
        """Have those who follow a call look at it: its row changed, and the call itself did not."""
        ...
