"""Where a configuration lets calls go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from callcore import dialable
from sip_config import configurations, schema


def allowed_countries(configuration: configurations.Configuration) -> frozenset[str]:
    """The countries that may be called, ISO 3166."""
    return countries(configuration.dialing.allow_countries, configuration.numbers)


def countries(allowed: Iterable[str] | None, own: Iterable[str]) -> frozenset[str]:
    """The countries that may be called: those that are named, or else those of the own numbers.

    Args:
        allowed: `dialing.allow_countries`.
        own: E.164.
    """
    if allowed is not None:
        return frozenset(allowed)
    return frozenset(region for number in own if (region := dialable.region_of(number)) is not None)


def regions(country: str | None, own: Iterable[str]) -> tuple[str, ...]:
    """Whose emergency numbers and national numbers we have, likeliest first.

    Args:
        country: `organization.country`.
        own: E.164.
    """
    found = dict.fromkeys(region for number in own if (region := dialable.region_of(number)) is not None)
    return tuple(dict.fromkeys((*((country,) if country else ()), *found)))


def sip_hosts(dialing: schema.Dialing, trunks: Mapping[str, schema.Trunk]) -> frozenset[str]:
    """The hosts of `sip:` URIs that may be called, with a port where it is not the usual one."""
    own = (trunk.outbound.address for trunk in trunks.values() if trunk.outbound is not None)
    return frozenset((*dialing.allow_sip_hosts, *own))
