"""What goes wrong on the way to an endpoint, by class: all that is kept of it, because its words may tell too much."""

from __future__ import annotations

import enum
import ssl

import aiohttp

from callcore import addresses


class Fault(enum.StrEnum):
    """A class of error."""

    BAD_URL = "bad_url"
    """It is no URL that can be requested."""
    FORBIDDEN_ADDRESS = "forbidden_address"
    """It leads to where no webhook may go."""
    DNS_FAILED = "dns_failed"
    """Its name is not known, or no name server answers."""
    CONNECT_FAILED = "connect_failed"
    """Nobody listens there, or nothing gets there."""
    TLS_FAILED = "tls_failed"
    """Its certificate is not valid, or it does not speak TLS."""
    TIMEOUT = "timeout"
    """It did not answer in time."""
    RESET = "reset"
    """It broke the connection off."""
    BAD_ANSWER = "bad_answer"
    """What it sent is no HTTP, or cannot be decompressed."""
    TOO_LARGE = "too_large"
    """Its answer is longer than what is read."""
    REDIRECT = "redirect"
    """It sent us elsewhere; redirects are not followed."""
    BAD_STATUS = "bad_status"
    """It answered, and not with 2xx."""
    NO_SECRET = "no_secret"  # noqa: S105  # the name of a class of error
    """There is nothing to sign with."""
    FAILED = "failed"
    """Anything else."""


_CLASSES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Fault], ...] = (
    (addresses.ForbiddenTarget, Fault.FORBIDDEN_ADDRESS),
    (addresses.ForbiddenAddress, Fault.FORBIDDEN_ADDRESS),
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), Fault.BAD_URL),
    ((aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch, ssl.SSLError), Fault.TLS_FAILED),
    (aiohttp.ClientConnectorDNSError, Fault.DNS_FAILED),
    (aiohttp.ClientConnectorError, Fault.CONNECT_FAILED),
    (TimeoutError, Fault.TIMEOUT),
    ((aiohttp.ServerDisconnectedError, ConnectionError, aiohttp.ClientOSError), Fault.RESET),
    ((aiohttp.ClientResponseError, aiohttp.ClientPayloadError), Fault.BAD_ANSWER),
    (ValueError, Fault.BAD_URL),
)


def of(error: BaseException) -> Fault:
    """The class of an error that a request ended with."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, addresses.ForbiddenAddress):
        return Fault.FORBIDDEN_ADDRESS
    return next((fault for classes, fault in _CLASSES if isinstance(error, classes)), Fault.FAILED)
