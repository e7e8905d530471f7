"""`dialing:` in `organization.yaml`: which calls may be placed. Every dial passes these rules."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import pydantic

from sip_config import values
from sip_config.schema import hours, shapes

_MAX_DURATION = dt.timedelta(minutes=30)
_MOST = 1_000_000  # of anything in a day: more is no limit


Count = Annotated[int, pydantic.Field(ge=0, le=_MOST)]
"""A limit; 0 forbids every dial."""


class Limits(shapes.Shape):
    """How much may be dialed. What is not given is not limited here; every limit that applies has to be kept."""

    concurrent: Count | None = None
    """Dials and calls at the same time."""
    per_minute: Count | None = None
    """Dials in any 60 seconds."""
    per_day: Count | None = None
    """Dials in any 24 hours."""
    minutes_per_day: Count | None = None
    """Minutes in any 24 hours; a call that is up counts with all the time that it may last."""


class OrganizationLimits(Limits):
    """How much this installation may dial in all, and how often the same person."""

    concurrent: Count | None = 10
    """Dials and calls at the same time."""
    per_minute: Count | None = 30
    """Dials in any 60 seconds."""
    per_day: Count | None = 500
    """Dials in any 24 hours."""
    minutes_per_day: Count | None = 2000
    """Minutes in any 24 hours; a call that is up counts with all the time that it may last."""
    per_callee_per_day: Count | None = 3
    """Calls of ours to the same number in any 24 hours."""


class Dialing(shapes.Shape):
    """Which calls may be placed."""

    allow_countries: Annotated[tuple[values.Country, ...], pydantic.Field(min_length=1, max_length=250)] | None = None
    """Countries that may be called, such as `[US, CA]`. Default: those of the organization's own numbers."""
    allow_sip_hosts: Annotated[tuple[values.Host, ...], pydantic.Field(max_length=100)] = ()
    """Hosts of `sip:` URIs that an API client may have called. A trunk's own host is always allowed."""
    calling_hours: hours.Window = "08:00-21:00"
    """When people may be called, by the clock at their place."""
    limits: OrganizationLimits = OrganizationLimits()
    """How much may be dialed in all."""
    max_duration: Annotated[values.Duration, values.between(dt.timedelta(seconds=10), dt.timedelta(hours=4))] = (
        _MAX_DURATION
    )
    """How long a call that we placed may last, whatever its agent allows."""
    agent: values.Slug | None = None
    """Id of the agent for calls that name none."""
    test_agent: values.Slug | None = None
    """Id of the agent for calls to contacts marked as a test that name none."""
