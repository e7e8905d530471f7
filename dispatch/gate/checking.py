"""What may never be dialed, whatever the hour: asked of the number and the configuration alone."""

from __future__ import annotations

import functools

from callcore import dialable, errors
from dispatch.gate import hours, wishes
from sip_config import configurations, destinations


def check(configuration: configurations.Configuration, wish: wishes.Wish) -> None:
    """Whether this may be dialed at all.

    Raises:
        InvalidNumber: the destination is neither a number nor a SIP URI.
        BadInput: there is no such time zone.
        PolicyRefused: an emergency number, or its type, country or SIP host is not allowed.
    """
    destination(configuration, wish)
    if wish.time_zone is not None and not hours.is_zone(wish.time_zone):
        raise errors.BadInput("This is no time zone of the IANA database, such as America/New_York.")


def destination(configuration: configurations.Configuration, wish: wishes.Wish) -> dialable.Destination:
    """Whom the wish is for; raises as `check`.

    The hosts of SIP addresses are only asked about where a client names them: other transfers go where the
    configuration says.
    """
    is_named = wish.kind is wishes.Kind.CALL or wish.is_named_by_client
    policy = dialable.Policy(
        countries=destinations.allowed_countries(configuration),
        regions=destinations.regions(configuration.organization.country, (wish.number.e164,)),
        sip_hosts=destinations.sip_hosts(configuration.dialing, configuration.trunks) if is_named else None,
    )
    return _checked(wish.to, policy)


def number_of(configuration: configurations.Configuration, wish: wishes.Wish) -> str | None:
    """The number of whom the wish is for, E.164, also in a SIP address; None where there is none. Raises as `check`."""
    return destination(configuration, wish).number


_checked = functools.lru_cache(maxsize=256)(dialable.check)  # one dial asks several times
