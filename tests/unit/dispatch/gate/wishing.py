"""Wishes and rules for tests of the gate."""

from __future__ import annotations

import dataclasses
import datetime as dt

from callcore import errors
from dispatch import gate
from dispatch.store import engine
from sip_config import configurations, schema
from tests.unit.dispatch import doubles

TO = "+12015550123"
NOON = dt.datetime(2026, 1, 2, 17, tzinfo=dt.UTC)  # in New York


def wish(configuration: configurations.Configuration, to: str = TO, **changes: object) -> gate.Wish:
    made = gate.Wish(
        to=to,
        number=configuration.numbers[doubles.DIALED],
        kind=gate.Kind.CALL,
        key=None,
        call_id="call_1",
        minutes=30,
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]  # names of its fields


def key(**limits: int) -> gate.Key:
    return gate.Key(id="test", limits=schema.Limits(**limits))


def ruled(configuration: configurations.Configuration, **rules: object) -> configurations.Configuration:
    """With `dialing` as given; what its limits leave out is not limited."""
    limits = rules.get("limits")
    if isinstance(limits, dict):
        nothing = dict.fromkeys(schema.OrganizationLimits.model_fields)
        rules["limits"] = {**nothing, **limits}
    return dataclasses.replace(configuration, dialing=schema.Dialing.model_validate(rules))


async def code_of_reserving(
    store: engine.Store, configuration: configurations.Configuration, wanted: gate.Wish, now: dt.datetime
) -> errors.PolicyRefused | None:
    """What a reservation is refused with; None where it is made."""
    try:
        async with store.writing() as tx:
            await gate.reserve(tx, configuration, wanted, now)
    except errors.PolicyRefused as refused:
        return refused
    return None
