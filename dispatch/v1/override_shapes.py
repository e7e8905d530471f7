"""What one call does differently from its agent, under the names that clients use."""

from __future__ import annotations

from typing import Any

import pydantic
from pydantic import alias_generators

from dispatch.dialing import orders
from dispatch.store import dials
from sip_config.sessions import overrides

CAMEL = pydantic.ConfigDict(
    alias_generator=alias_generators.to_camel,
    populate_by_name=False,
    serialize_by_alias=True,
    use_attribute_docstrings=True,
)


class Intent(overrides.Intent):
    """What the call is about, where no agent is named, or over what it says."""

    model_config = CAMEL


class Constraints(overrides.Constraints):
    """What the call must keep to; a call that cannot is refused."""

    model_config = CAMEL


class Overrides(overrides.Overrides):
    """All of it."""

    model_config = CAMEL

    intent: Intent | None = None
    constraints: Constraints | None = None

    def changes(self) -> overrides.Overrides:
        """The same without a client's names."""
        sent = self.model_dump(by_alias=False, include=set(overrides.Overrides.model_fields))
        return overrides.Overrides.model_validate(sent)


def shown(dial: dials.Dial) -> dict[str, Any]:
    """What was sent along with a call."""
    changed = orders.order_of(dial).overrides
    sent = changed.model_dump(mode="json", exclude_unset=True)
    return Overrides.model_validate(sent, by_alias=False, by_name=True).model_dump(
        mode="json", by_alias=True, exclude_unset=True
    )
