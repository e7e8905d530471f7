"""Whether dispatch may listen where it was told to."""

from __future__ import annotations

import ipaddress

from callcore import errors
from dispatch.access import keyring


async def check(host: str, ring: keyring.Keyring) -> None:
    """Let dispatch be reached from other machines only when there is a key for them.

    Raises:
        ConfigurationInvalid: there is none.
        StoreUnavailable: nobody can tell.
    """
    if not _is_loopback(host) and await ring.is_empty():
        raise errors.ConfigurationInvalid(
            [
                f"TRUNKLINE_HTTP_HOST: other machines may reach {host}, and there is no API key yet. "
                "Make one with `trunkline keys create --scope …`, or listen on 127.0.0.1."
            ]
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
