"""`organization.yaml`."""

from __future__ import annotations

from typing import Annotated

import pydantic

from sip_config import values
from sip_config.schema import dialing as dialing_rules
from sip_config.schema import hours as opening_hours
from sip_config.schema import shapes
from sip_config.schema import webhooks as webhook_rules


class Organization(shapes.Shape):
    """Whose phones these are."""

    id: values.Slug
    """Marks the trunks and rules that this configuration owns in LiveKit."""
    name: values.Text
    """What callers know it by; prompts say `{{ organization.name }}`."""
    time_zone: values.TimeZone
    """Where the organization's clock hangs, such as `America/New_York`."""
    country: values.Country | None = None
    """Whose national numbers to expect from carriers that leave out the country code, such as `US`."""


class OrganizationFile(shapes.Shape):
    """`organization.yaml`."""

    organization: Organization
    """Whose phones these are."""
    hours: opening_hours.Hours | None = None
    """When the business is open, by the organization's clock; without it, always."""
    dialing: dialing_rules.Dialing = dialing_rules.Dialing()
    """Which calls may be placed."""
    webhooks: webhook_rules.Webhooks = webhook_rules.Webhooks()
    """What holds for every webhook that is sent."""
    pronunciations: Annotated[dict[values.Phrase, values.Spoken], pydantic.Field(max_length=500)] = pydantic.Field(
        default_factory=dict
    )
    """Words and phrases that voices say wrong, each with what they are to read instead; whole words, as written."""
