"""Whether and how a destination may be dialed, asked again at the moment of the dial: configurations change."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from callcore import calls, dialable, errors, numbers, transfer_wishes, transfers
from dispatch.ledger import hops
from dispatch.livekit import dialing
from sip_config import configurations, schema
from sip_config import destinations as own_destinations
from sip_config.schema import trunks

_TRANSPORT = re.compile(r";transport=(udp|tcp|tls)(?=[;?]|$)", re.IGNORECASE | re.ASCII)


class NotDialable(errors.BadInput):
    """This destination must not, or cannot, be dialed."""

    public_code = "not_dialable"


def route(
    configuration: configurations.Configuration,
    call: calls.Call,
    destination: transfer_wishes.Destination,
    *,
    kind: transfers.Kind,
    wish: transfer_wishes.Wish | None = None,
    made: int = 0,
) -> dialing.Route:
    """The way from a call to a destination, whose phone is to ring for its `longest_ringing_s`.

    A number goes out through the trunk of the number that is shown. A URI is dialed directly, with the trunk's
    credentials and headers only where it is at the trunk's own host. The number of the person that the call is with is
    passed on where the trunk says that it may be; in any case a Diversion header (RFC 5806) says whose phone sent the
    call on, and by its `counter` how often we did, so that a call which comes back to us is known again.

    Args:
        configuration: in force.
        call: that is sent on.
        destination: to whom.
        kind: of the transfer.
        wish: has the number to show and headers for the INVITE; None: the number of the call, and no headers.
        made: how many hops the call has made already: `dispatch.ledger.hops`.

    Raises:
        NotDialable: no number or URI, a number of ours where a work mode forwards, or no trunk that places calls. The
            message holds no number.
        PolicyRefused: too many hops.
    """
    ours = sender(configuration, call, wish)
    trunk = configuration.outbound(ours)
    target = way(destination.to, trunk)
    _check_hops(configuration, destination.to, kind, made)
    person = call.dialed if call.direction is calls.Direction.OUTBOUND else call.caller
    shown = person if trunk is not None and trunk.pass_caller_id else None
    own = {"Diversion": f"<sip:{ours.e164}@{target.host}>;reason=unconditional;counter={made + 1}"}
    if shown is not None:
        own["P-Asserted-Identity"] = f"<sip:{shown}@{target.host}>"  # RFC 3325
    return dataclasses.replace(
        target,
        caller=shown or ours.e164,
        headers=_merged(target.headers, wish.headers if wish is not None else {}, own),
        longest_ringing_s=min(target.longest_ringing_s, ringing_s(configuration, ours, destination)),
    )


def ringing_s(
    configuration: configurations.Configuration, ours: schema.Number, destination: transfer_wishes.Destination
) -> float:
    """How long a destination's phone may ring that is called from a number of ours."""
    return destination.ringing_timeout_s or configuration.ringing_timeout_s(ours)


def way(to: str, trunk: trunks.OutboundTrunk | None) -> dialing.Route:
    """How a number or URI is reached from a trunk, without saying as whom.

    Raises:
        NotDialable: no number or URI, or no trunk that places calls.
    """
    return _of_uri(to, trunk) if ":" in to else _of_number(to, trunk)


def sender(
    configuration: configurations.Configuration, call: calls.Call, wish: transfer_wishes.Wish | None = None
) -> schema.Number:
    """The number of ours that a call is sent on from, and that is shown.

    Raises:
        NotDialable: it is not in the configuration any more.
    """
    if wish is None or wish.sender is None:
        return own_number(configuration, call)
    return _known(configuration, wish.sender)


def own_number(configuration: configurations.Configuration, call: calls.Call) -> schema.Number:
    """The number of ours in a call: the one that was called, or the one that we called from.

    Raises:
        NotDialable: it is not in the configuration any more.
    """
    return _known(configuration, call.caller if call.direction is calls.Direction.OUTBOUND else call.dialed)


def is_ours(configuration: configurations.Configuration, to: str) -> bool:
    """Whether a call to this destination comes back to us."""
    regions = own_destinations.regions(configuration.organization.country, ())
    known = configuration.numbers.get(dialable.number_in(to, regions) or "")
    return known is not None and known.takes_calls


def _known(configuration: configurations.Configuration, e164: str | None) -> schema.Number:
    found = configuration.numbers.get(e164 or "")
    if found is None:
        raise NotDialable("the number of ours in the call is not in the configuration any more")
    return found


def _of_number(to: str, trunk: trunks.OutboundTrunk | None) -> dialing.Route:
    if not numbers.is_e164(to):
        raise NotDialable("the destination is neither a number in E.164 form nor a SIP URI")
    if trunk is None:
        raise NotDialable("the number's trunk places no calls: it has no `outbound`")
    return _through(trunk, trunk.address, to)


def _of_uri(to: str, trunk: trunks.OutboundTrunk | None) -> dialing.Route:
    try:
        uri = numbers.parse_uri(to)
    except errors.InvalidSipUri:
        raise NotDialable("the destination is no SIP URI") from None
    if uri.scheme == "tel" or not uri.user:
        raise NotDialable("a SIP URI to dial has the form sip:user@host")
    host = f"{uri.host}:{uri.port}" if uri.port is not None else uri.host
    asked = _TRANSPORT.search(to)
    is_trunks = trunk is not None and trunk.address.lower() == host.lower()
    if trunk is not None and is_trunks and asked is None and uri.scheme == "sip":
        return _through(trunk, host, uri.user)
    secure = uri.scheme == "sips"
    transport = trunks.Transport.TLS if secure else trunks.Transport(asked[1].lower() if asked else "udp")
    return dialing.Route(
        host=host,
        user=uri.user,
        transport=transport,
        media_encryption=trunks.MediaEncryption.ALLOW if secure else trunks.MediaEncryption.DISABLE,
        auth=trunk.auth if trunk is not None and is_trunks else None,
        caller="",
    )


def _through(trunk: trunks.OutboundTrunk, host: str, user: str) -> dialing.Route:
    return dialing.Route(
        host=host,
        user=user,
        transport=trunk.transport,
        media_encryption=trunk.media_encryption,
        auth=trunk.auth,
        caller="",
        headers=trunk.headers,
        longest_ringing_s=trunk.ringing_timeout.total_seconds(),
    )


def _check_hops(configuration: configurations.Configuration, to: str, kind: transfers.Kind, made: int) -> None:
    """Whether a call may be sent on once more. A work mode never stops by itself: it may not make a circle anywhere."""
    comes_back = is_ours(configuration, to)
    if comes_back and kind is transfers.Kind.FORWARD:
        raise NotDialable("the destination is a number of ours: the call would come back")
    if made >= hops.MOST and (comes_back or kind is transfers.Kind.FORWARD):
        raise errors.PolicyRefused(
            f"This call was sent on {made} times already, and came back to a number of ours each time.",
            code=hops.TOO_MANY,
        )


def _merged(*given: Mapping[str, str]) -> dict[str, str]:
    """Headers, each once, whatever the letter case of its name; the last one who gives it counts."""
    merged: dict[str, tuple[str, str]] = {}
    for headers in given:
        merged |= {name.lower(): (name, text) for name, text in headers.items()}
    return dict(merged.values())
