"""What may be read off a URL before anybody looks its host up."""

from __future__ import annotations

import re
from collections.abc import Mapping

from callcore import errors
from callcore.addresses import allowing, hosts, ranges

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>.*)")
_WEB = {"https": 443, "http": 80}
_BASE = {**_WEB, "wss": 443, "ws": 80}
_LONGEST = 2000


def check_url(url: str, allowed: allowing.Allowed) -> None:
    """Whether a webhook may go to a URL, as far as its text tells; the guard of the dial has the last word.

    Anywhere on the internet by `https` at port 443; by `http` and at other ports only to what an entry of `allowed`
    names: the host itself, or a network with the address that is written.

    Raises:
        ForbiddenTarget: why not, and what entry would change that.
    """
    scheme, host, port = _read(url, _WEB)
    entry = f"{hosts.Host(name=host.name, address=host.address, port=port)}"
    if host.address is None:
        is_named = allowed.has_name(host.name, port)
        _check_name(host.name or "", entry, is_allowed=is_named or bool(allowed.networks))
    else:
        _check_address(host.address, port, entry, allowed)
        is_named = allowed.has_address(host.address, port)
    if scheme != "https" and not is_named:
        raise errors.ForbiddenTarget(
            "write `https://`: in the open only to what is allowed", code="scheme", entry=entry
        )
    if port != _WEB[scheme] and not is_named:
        raise errors.ForbiddenTarget(f"port {port} is not the usual one", code="port", entry=entry)


def check_base_url(url: str) -> allowing.Allowed:
    """What a server's `base_url` may be dialed at: the operator's own file names it, so it may be private.

    Raises:
        ForbiddenTarget: no URL of `http`, `https`, `ws` or `wss`; or a link-local address, a cloud's metadata, or an
            address of no one host, which no file lets through.
    """
    _, host, port = _read(url, _BASE)
    allowed = allowing.Allowed.only(host, port)
    if host.address is None:
        _check_name(host.name or "", None, is_allowed=True)
    elif max(map(ranges.reach, ranges.views(host.address))) > ranges.Reach.PRIVATE:
        raise errors.ForbiddenTarget("no server may be at this address", code="address")
    elif not allowed.permits(host.address, port):
        raise errors.ForbiddenTarget("write the IPv4 address that this holds", code="address")
    return allowed


def _read(url: str, ports: Mapping[str, int]) -> tuple[str, hosts.Host, int]:
    """Scheme, host and port of a URL that every reader would read alike."""
    if len(url) > _LONGEST or not url.isprintable() or " " in url or "\\" in url:
        raise errors.ForbiddenTarget(f"no URL: up to {_LONGEST} characters without blanks and backslashes", code="text")
    match = _URL.fullmatch(url)
    if match is None or match["scheme"].lower() not in ports:
        schemes = ", ".join(f"`{scheme}://`" for scheme in ports)
        raise errors.ForbiddenTarget(f"write a URL that begins with {schemes}", code="scheme")
    if "@" in match["authority"]:
        raise errors.ForbiddenTarget("no user or password may stand in a URL", code="credentials")
    if "#" in match["rest"]:
        raise errors.ForbiddenTarget("no fragment (`#`) may stand in a URL that is requested", code="fragment")
    scheme = match["scheme"].lower()
    try:
        host = hosts.parse(match["authority"])
    except errors.BadInput as error:
        raise errors.ForbiddenTarget(error.message, code="host") from None
    return scheme, host, host.port or ports[scheme]


def _check_name(name: str, entry: str | None, *, is_allowed: bool) -> None:
    if hosts.is_metadata(name):
        raise errors.ForbiddenTarget("this is a cloud's metadata server, which hands out credentials", code="metadata")
    if hosts.is_private(name) and not is_allowed:
        raise errors.ForbiddenTarget(f"`{name}` is not on the internet", code="private", entry=entry)


def _check_address(address: ranges.Address, port: int, entry: str, allowed: allowing.Allowed) -> None:
    if allowed.permits(address, port):
        return
    strictest = max(map(ranges.reach, ranges.views(address)))
    if strictest is ranges.Reach.NEVER:
        raise errors.ForbiddenTarget("this is the address of no one host", code="address")
    if strictest is ranges.Reach.EXACT:
        # No entry is proposed: nobody should write one because a message said so.
        raise errors.ForbiddenTarget("this address is link-local, or that of a cloud's metadata", code="metadata")
    if len(list(ranges.views(address))) > 1:
        raise errors.ForbiddenTarget("this address holds another one: write that one", code="address")
    raise errors.ForbiddenTarget("this address is not on the internet", code="private", entry=entry)
