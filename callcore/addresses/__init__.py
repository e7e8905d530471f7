"""Where requests may go whose target somebody else can aim: webhooks, and servers that configuration names.

Two looks at each target. `check_url` reads what is written, as early as possible, and resolves nothing.
`socket_factory` is the guard: it sees the address of every dial just before it, so that nothing lies between the look
and the connection, whatever a name server answers the second time. Both hold what they see against the same ranges, and
against the operator's `Allowed`.
"""

from callcore.addresses.allowing import Allowed
from callcore.addresses.dialing import AddrInfo, ForbiddenAddress, Policy, Resolver, check_dial, socket_factory
from callcore.addresses.urls import check_base_url, check_url
from callcore.errors import ForbiddenTarget

__all__ = [
    "AddrInfo",
    "Allowed",
    "ForbiddenAddress",
    "ForbiddenTarget",
    "Policy",
    "Resolver",
    "check_base_url",
    "check_dial",
    "check_url",
    "socket_factory",
]
