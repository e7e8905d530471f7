"""Whether and how a destination may be dialed, asked again at the moment of the dial: configurations change."""

from __future__ import annotations

import dataclasses
import re

from callcore import calls, dialable, errors, numbers
from dispatch.livekit import dialing
from sip_config import configurations, schema
from sip_config import destinations as own_destinations
from sip_config.schema import trunks

_TRANSPORT = re.compile(r";transport=(udp|tcp|tls)(?=[;?]|$)", re.IGNORECASE | re.ASCII)


class NotDialable(errors.BadInput):
    """This destination must not, or cannot, be dialed."""

    public_code = "not_dialable"


def route(configuration: configurations.Configuration, call: calls.Call, to: str) -> dialing.Route:
    """The way from a call to a destination, E.164 or `sip:` URI.

    A number goes out through the trunk of the number that was called. A URI is dialed directly, with the trunk's
    credentials and headers only where it is at the trunk's own host. The caller's number is passed on where the trunk
    says that it may be; in any case a Diversion header (RFC 5806) says whose phone sent the call on.

    Raises:
        NotDialable: no number or URI, a number of ours, or no trunk that places calls. The message holds no number.
    """
    ours = sender(configuration, call)
    trunk = configuration.outbound(ours)
    passes_caller = trunk is not None and trunk.pass_caller_id and call.caller is not None
    caller = call.caller if passes_caller and call.caller is not None else ours.e164
    target = way(to, trunk)
    _check(configuration, to)
    headers = {**target.headers, "Diversion": f"<sip:{ours.e164}@{target.host}>;reason=unconditional"}
    if passes_caller:
        headers["P-Asserted-Identity"] = f"<sip:{caller}@{target.host}>"  # RFC 3325
    return dataclasses.replace(target, caller=caller, headers=headers)


def way(to: str, trunk: trunks.OutboundTrunk | None) -> dialing.Route:
    """How a number or URI is reached from a trunk, without saying as whom.

    Raises:
        NotDialable: no number or URI, or no trunk that places calls.
    """
    return _of_uri(to, trunk) if ":" in to else _of_number(to, trunk)


def sender(configuration: configurations.Configuration, call: calls.Call) -> schema.Number:
    """The number of ours that a call is sent on from.

    Raises:
        NotDialable: it is not in the configuration any more.
    """
    ours = configuration.numbers.get(call.dialed or "")
    if ours is None:
        raise NotDialable("the number that was called is not in the configuration any more")
    return ours


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


def _check(configuration: configurations.Configuration, to: str) -> None:
    regions = own_destinations.regions(configuration.organization.country, ())
    known = configuration.numbers.get(dialable.number_in(to, regions) or "")
    if known is not None and known.takes_calls:
        raise NotDialable("the destination is a number of ours: the call would come back")
