"""Answers to a digest challenge: MD5, with or without `qop=auth` (RFC 2617 section 3.2.2, RFC 3261 section 22.4)."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import secrets

from lab.softphone import errors, messages
from lab.softphone.headers import Headers

# Status of the challenge: header that carries it, header that answers it.
_HEADERS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,]+))')
_FIRST_USE = "00000001"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Credentials:
    """What the phone knows of its account."""

    username: str
    password: str = dataclasses.field(repr=False)


def is_challenge(response: messages.Response) -> bool:
    """Whether a response asks for credentials and says how."""
    return response.code in _HEADERS and response.headers.get(_HEADERS[response.code][0]) is not None


def answer(
    challenge: messages.Response, *, method: str, uri: str, credentials: Credentials, cnonce: str | None = None
) -> Headers:
    """The header that answers a 401 or 407.

    Args:
        challenge: the response, for which `is_challenge` holds.
        method: of the request that is to be sent again.
        uri: its Request-URI.
        credentials: user name and password.
        cnonce: the client's nonce; random if not given.

    Raises:
        MalformedMessage: the challenge is not a digest challenge that this phone can answer.
    """
    asked_in, answered_in = _HEADERS[challenge.code]
    scheme, _, rest = (challenge.headers.get(asked_in) or "").partition(" ")
    asked = {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(rest)}
    if scheme.lower() != "digest" or "nonce" not in asked or asked.get("algorithm", "MD5").upper() != "MD5":
        raise errors.MalformedMessage("not an MD5 digest challenge")
    realm, nonce = asked.get("realm", ""), asked["nonce"]
    parts = {"username": credentials.username, "realm": realm, "nonce": nonce, "uri": uri}
    secret = _md5(f"{credentials.username}:{realm}:{credentials.password}")
    request = _md5(f"{method}:{uri}")
    bare = {"algorithm": "MD5"}
    if "auth" in [quality.strip() for quality in asked.get("qop", "").split(",")]:
        cnonce = cnonce or secrets.token_hex(8)
        parts["cnonce"] = cnonce
        parts["response"] = _md5(f"{secret}:{nonce}:{_FIRST_USE}:{cnonce}:auth:{request}")
        bare |= {"qop": "auth", "nc": _FIRST_USE}
    else:
        parts["response"] = _md5(f"{secret}:{nonce}:{request}")
    if "opaque" in asked:
        parts["opaque"] = asked["opaque"]
    fields = [*(f'{key}="{value}"' for key, value in parts.items()), *(f"{key}={value}" for key, value in bare.items())]
    return Headers.of((answered_in, "Digest " + ", ".join(fields)))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
