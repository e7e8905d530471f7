"""What was accepted: everything that is needed to place a call later, by another process if need be."""

from __future__ import annotations

from collections.abc import Mapping

import pydantic

from callcore import contract, errors, ids
from dispatch import gate
from dispatch.store import dials as rows
from sip_config import configurations, schema
from sip_config.sessions import overrides as asked_for
from sip_config.sessions import planning
from sip_config.templates import variables as spoken_of

CALLER_WITHDRAWN = "caller_withdrawn"


class Order(contract.Message):
    """One accepted request; JSON in the row of its dial."""

    agent_id: str | None
    """None for a call that only its intent describes."""
    caller: str
    """The number of ours that is shown, E.164."""
    overrides: asked_for.Overrides = asked_for.Overrides()
    variables: dict[str, str] = pydantic.Field(default_factory=dict)
    metadata: dict[str, str] = pydantic.Field(default_factory=dict)
    time_zone: str | None = None
    """Of the callee, where the client said so."""
    max_duration_s: float = pydantic.Field(gt=0)
    scheduled_at: contract.Moment | None = None
    key_limits: schema.Limits = schema.Limits()
    """Those of the API key, as they were."""

    def session(
        self, number: schema.Number, to: str, *, contact: spoken_of.Contact, fields: Mapping[str, str]
    ) -> planning.Session:
        """What the plan is made of."""
        return planning.Session(
            agent_id=self.agent_id,
            number=number,
            to=to,
            overrides=self.overrides,
            variables=self.variables,
            metadata=self.metadata,
            contact=contact,
            fields=fields,
            max_duration_s=self.max_duration_s,
        )


def order_of(dial: rows.Dial) -> Order:
    """The order in a row."""
    return Order.model_validate(dial.order)


def wish_of(dial: rows.Dial, order: Order, configuration: configurations.Configuration) -> gate.Wish:
    """A dial in the gate's words.

    Raises:
        PolicyRefused: the number that it is to show does not place calls any more.
    """
    number = configuration.numbers.get(order.caller)
    if number is None or not number.places_calls or configuration.outbound(number) is None:
        raise errors.PolicyRefused("The number that is to be shown places no calls any more.", code=CALLER_WITHDRAWN)
    return gate.Wish(
        to=dial.to,
        number=number,
        kind=gate.Kind.CALL,
        key=gate.Key(id=dial.key_id, limits=order.key_limits) if dial.key_id is not None else None,
        call_id=dial.call_id,
        minutes=order.max_duration_s / 60,
        time_zone=order.time_zone,
    )


def identity(call_id: str) -> str:
    """Of the callee's leg; it holds no number."""
    return f"callee_{call_id.removeprefix(f'{ids.CALL}_')}"
