"""Which of LiveKit's objects belong to which number; known once a configuration is applied."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, kw_only=True)
class LiveNumber:
    """The two objects through which calls to one number arrive; ids are the server's."""

    trunk_id: str
    rule_id: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class LiveObjects:
    """What `apply` made or found. The default is: nothing applied yet, so every call is refused."""

    numbers: Mapping[str, LiveNumber] = dataclasses.field(default_factory=dict)
    """By number, E.164."""
    detours: Mapping[str, frozenset[LiveNumber]] = dataclasses.field(default_factory=dict)
    """By number: other trunks and rules of ours that LiveKit has for it, as while it moves from one to another."""
    catch_all_rule_id: str | None = None
    """The rule without an agent that takes what no other rule takes."""

    def carry(self, e164: str, arrived_by: LiveNumber) -> bool:
        """Whether these are a trunk and a rule that were made for this number."""
        return self.numbers.get(e164) == arrived_by or arrived_by in self.detours.get(e164, ())
