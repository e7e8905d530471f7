"""The configuration as a worker needs it to route alone while dispatch is out."""

from __future__ import annotations

import datetime as dt

from callcore import contract
from sip_config import configurations, digests, live, routing


def take(
    configuration: configurations.Configuration, live_objects: live.LiveObjects, now: dt.datetime
) -> contract.Snapshot:
    """A plan for every number that is live, for a caller who is not known yet.

    Its version is a hash of all of it: a prompt that speaks of the time changes it from minute to minute.
    """
    numbers = {
        e164: contract.SnapshotNumber(
            trunk_id=arrives_by.trunk_id,
            rule_id=arrives_by.rule_id,
            plan=routing.plan_for(configuration, configuration.numbers[e164], caller=None, now=now),
        )
        for e164, arrives_by in live_objects.numbers.items()
        if e164 in configuration.numbers
    }
    return contract.Snapshot(version=digests.of(configuration.version, numbers), numbers=numbers)
