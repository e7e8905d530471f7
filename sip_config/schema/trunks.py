"""`trunks.yaml`: connections to carriers and PBXs."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
from typing import Annotated, Self

import pydantic

from callcore import contract
from sip_config import values
from sip_config.schema import dialing, shapes

_RINGING_TIMEOUT = dt.timedelta(seconds=30)  # longer than any plan and greeting take, shorter than callers wait
_FORWARDED_FROM = ("X-Forwarded-From", "X-Original-To", "X-Redirecting-Number")
_DIAL_TIMEOUT = dt.timedelta(seconds=contract.RINGING_S)


class Auth(shapes.Shape):
    """SIP digest credentials (RFC 3261 section 22)."""

    username: values.Text
    """User name of the digest."""
    password: Annotated[pydantic.SecretStr, pydantic.Field(min_length=1, max_length=200)]
    """Its password, as a reference such as `${TRUNK_PASSWORD}`."""


class InboundTrunk(shapes.Shape):
    """From whom calls are taken."""

    allowed_addresses: tuple[values.Network, ...] = ()
    """IP addresses and networks of the carrier; calls from elsewhere are refused."""
    auth: Auth | None = None
    """Credentials that the carrier must show."""
    forwarded_from_headers: Annotated[tuple[values.HeaderName, ...], pydantic.Field(max_length=10)] = _FORWARDED_FROM
    """The carrier's own headers that name the number a call was forwarded from, besides Diversion and History-Info."""
    ringing_timeout: Annotated[values.Duration, values.between(dt.timedelta(seconds=5), dt.timedelta(minutes=3))] = (
        _RINGING_TIMEOUT
    )
    """How long a call may ring before it is refused with 486."""
    open: bool = False
    """Says that anybody in the world may call in here, without credentials."""

    @pydantic.model_validator(mode="after")
    def _guarded(self) -> Self:
        if _hold_everybody(self.allowed_addresses) and self.auth is None and not self.open:
            raise values.wrong(
                "anybody in the world could call in here: give `allowed_addresses` or `auth`, or write `open: true`"
            )
        return self


def _hold_everybody(networks: tuple[str, ...]) -> bool:
    """Whether anybody may call: no network is named, or together they are all there are of IPv4 or IPv6."""
    every = [ipaddress.ip_network(network) for network in networks]
    v4 = ipaddress.collapse_addresses(network for network in every if isinstance(network, ipaddress.IPv4Network))
    v6 = ipaddress.collapse_addresses(network for network in every if isinstance(network, ipaddress.IPv6Network))
    return not networks or 0 in {network.prefixlen for network in v4} | {network.prefixlen for network in v6}


class Transport(enum.StrEnum):
    """How SIP travels (RFC 3261 section 18)."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class MediaEncryption(enum.StrEnum):
    """Whether sound is encrypted (SRTP, RFC 3711)."""

    DISABLE = "disable"
    ALLOW = "allow"
    REQUIRE = "require"


class OutboundTrunk(shapes.Shape):
    """Through whom calls are placed."""

    address: values.Host
    """Host or IP address of the carrier, with a port where it is not the usual one."""
    transport: Transport = Transport.UDP
    """`udp`, `tcp` or `tls`: how SIP travels to the carrier."""
    media_encryption: MediaEncryption = MediaEncryption.DISABLE
    """`disable`, `allow` or `require`: whether sound is encrypted (SRTP)."""
    auth: Auth | None = None
    """Credentials that the carrier asks for."""
    headers: dict[values.HeaderName, values.HeaderText] = pydantic.Field(default_factory=dict)
    """SIP headers to send with every INVITE."""
    pass_caller_id: bool = False
    """Whether a call that is sent on may show the original caller's number; many carriers refuse what is not ours."""
    ringing_timeout: Annotated[values.Duration, values.between(dt.timedelta(seconds=5), dt.timedelta(minutes=3))] = (
        _DIAL_TIMEOUT
    )
    """How long a dialed phone may ring."""
    limits: dialing.Limits = dialing.Limits()
    """How much may be dialed through this trunk, besides what `dialing` says."""


class Trunk(shapes.Shape):
    """A connection to a carrier or PBX."""

    inbound: InboundTrunk | None = None
    """From whom calls are taken; without it this trunk takes none."""
    outbound: OutboundTrunk | None = None
    """Through whom calls are placed; without it this trunk places none."""
    refer: bool = True
    """Whether the carrier takes over a transferred call (REFER); where it does not, both halves stay with us."""

    @pydantic.model_validator(mode="after")
    def _of_use(self) -> Self:
        if self.inbound is None and self.outbound is None:
            raise values.wrong("give it `inbound`, `outbound` or both")
        return self


class TrunksFile(shapes.Shape):
    """`trunks.yaml`."""

    trunks: dict[values.Slug, Trunk]
    """Connections by name."""
