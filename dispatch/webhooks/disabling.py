"""When an endpoint is given up: it says that it is gone, or nothing but failure comes of it for days."""

from __future__ import annotations

import dataclasses
import datetime as dt

from dispatch.store import endpoints

GONE, FAILING = "gone", "failing"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Patience:
    """How long an endpoint may fail.

    The clock starts when several failures of one day lie far enough apart to be no accident; failures that are days
    apart never start it, and any success clears it.
    """

    several: int = 5
    """Failures that start the clock,"""
    within: dt.timedelta = dt.timedelta(hours=24)
    """in this time,"""
    over: dt.timedelta = dt.timedelta(hours=12)
    """the first and the last of them this far apart."""
    days: dt.timedelta = dt.timedelta(days=5)
    """Of nothing but failure, then it is disabled."""


def succeeded(endpoint: endpoints.Endpoint) -> endpoints.Endpoint:
    """The endpoint after a success. One that was given up stays so until somebody wants it again."""
    if endpoint.is_disabled or not endpoint.failures:
        return endpoint
    return endpoints.Endpoint(url=endpoint.url)


def failed(endpoint: endpoints.Endpoint, at: dt.datetime, patience: Patience, *, is_gone: bool) -> endpoints.Endpoint:
    """The endpoint after a failure."""
    if endpoint.is_disabled:
        return endpoint
    counted = _counted(endpoint, at, patience)
    if is_gone:
        return dataclasses.replace(counted, disabled_at=at, disabled_because=GONE)
    if counted.failing_since is not None and at - counted.failing_since >= patience.days:
        return dataclasses.replace(counted, disabled_at=at, disabled_because=FAILING)
    return counted


def _counted(endpoint: endpoints.Endpoint, at: dt.datetime, patience: Patience) -> endpoints.Endpoint:
    first = endpoint.first_failure_at
    if endpoint.failing_since is None and (first is None or at - first > patience.within):
        return dataclasses.replace(endpoint, first_failure_at=at, failures=1)
    counted = dataclasses.replace(endpoint, failures=endpoint.failures + 1)
    is_no_accident = first is not None and at - first >= patience.over and counted.failures >= patience.several
    if counted.failing_since is None and is_no_accident:
        return dataclasses.replace(counted, failing_since=at)
    return counted
