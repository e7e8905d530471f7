"""Digest authentication, both sides' arithmetic (RFC 7616 and RFC 2617; in SIP RFC 3261 section 22, RFC 8760)."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import hmac
import re
import secrets

from lab.softphone import errors, messages
from lab.softphone.headers import Headers

HEADERS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
"""By status of the challenge: the header that carries it, and the one that answers it."""
_PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,]+))')


class Algorithm(enum.StrEnum):
    """The hash of a challenge."""

    MD5 = "MD5"
    SHA_256 = "SHA-256"

    def of(self, text: str) -> str:
        """The hash of a text, in hexadecimal."""
        made = hashlib.sha256 if self is Algorithm.SHA_256 else hashlib.md5
        return made(text.encode(), usedforsecurity=False).hexdigest()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a phone knows of its account."""

    username: str
    password: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Challenge:
    """What is asked of who sends a request."""

    realm: str
    nonce: str
    algorithm: Algorithm = Algorithm.MD5
    has_qop: bool = True
    """Whether the answer must hold a nonce of the client and a count (`qop=auth`)."""
    opaque: str | None = None
    """To be sent back as it is."""
    is_stale: bool = False
    """The credentials were right, the nonce was too old: the same credentials will do."""

    @classmethod
    def read(cls, header: str) -> Challenge | None:
        """What a challenge's header asks; None if this phone cannot answer it."""
        scheme, asked = _parameters(header)
        algorithm = asked.get("algorithm", "MD5").upper()
        if scheme != "digest" or "nonce" not in asked or algorithm not in list(Algorithm):
            return None
        return cls(
            realm=asked.get("realm", ""),
            nonce=asked["nonce"],
            algorithm=Algorithm(algorithm),
            has_qop="auth" in [quality.strip() for quality in asked.get("qop", "").split(",")],
            opaque=asked.get("opaque"),
            is_stale=asked.get("stale", "").lower() == "true",
        )

    def write(self) -> str:
        """The value of the challenge's header."""
        quoted = {"realm": self.realm, "nonce": self.nonce}
        bare = {"algorithm": self.algorithm.value}
        if self.has_qop:
            quoted["qop"] = "auth"
        if self.opaque is not None:
            quoted["opaque"] = self.opaque
        if self.is_stale:
            bare["stale"] = "true"
        return _written(quoted, bare)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proof:
    """How a request shows that its sender knows the password."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    cnonce: str | None = None
    """The client's nonce; None: the older formula, without count."""
    count: int = 1
    """How many requests have used this nonce."""

    @classmethod
    def read(cls, header: str) -> Proof | None:
        """What an answer's header says; None if it is no digest, or lacks something."""
        scheme, said = _parameters(header)
        count = said.get("nc", "1")
        if scheme != "digest" or not re.fullmatch("[0-9a-fA-F]{1,8}", count):
            return None
        try:
            return cls(
                username=said["username"],
                realm=said["realm"],
                nonce=said["nonce"],
                uri=said["uri"],
                response=said["response"],
                cnonce=said["cnonce"] if "qop" in said else None,
                count=int(count, 16),
            )
        except KeyError:
            return None

    def is_right(self, *, method: str, credentials: Credentials, algorithm: Algorithm) -> bool:
        """Whether it was made from these credentials, for this request's method."""
        challenge = Challenge(realm=self.realm, nonce=self.nonce, algorithm=algorithm)
        wanted = _response(challenge, self.cnonce, self.count, method=method, uri=self.uri, credentials=credentials)
        return self.username == credentials.username and hmac.compare_digest(wanted.encode(), self.response.encode())


def challenges(response: messages.Response) -> list[Challenge]:
    """What a 401 or 407 asks, as far as this phone can answer it, in the order of the server's preference."""
    if response.code not in HEADERS:
        return []
    read = (Challenge.read(header) for header in response.headers.every(HEADERS[response.code][0]))
    return [challenge for challenge in read if challenge is not None]


def answer(
    challenge: messages.Response,
    *,
    method: str,
    uri: str,
    credentials: Credentials,
    cnonce: str | None = None,
    count: int = 1,
) -> Headers:
    """The header that answers a 401 or 407.

    Args:
        challenge: the response.
        method: of the request that is to be sent again.
        uri: its Request-URI.
        credentials: user name and password.
        cnonce: the client's nonce; random if not given.
        count: how many requests have used the nonce, this one included.

    Raises:
        MalformedMessage: the response holds no challenge that this phone can answer.
    """
    asked = next(iter(challenges(challenge)), None)
    if asked is None:
        raise errors.MalformedMessage("no digest challenge with MD5 or SHA-256")
    cnonce = (cnonce or secrets.token_hex(8)) if asked.has_qop else None
    quoted = {"username": credentials.username, "realm": asked.realm, "nonce": asked.nonce, "uri": uri}
    quoted["response"] = _response(asked, cnonce, count, method=method, uri=uri, credentials=credentials)
    bare = {"algorithm": asked.algorithm.value}
    if cnonce is not None:
        quoted["cnonce"] = cnonce
        bare |= {"qop": "auth", "nc": _counted(count)}
    if asked.opaque is not None:
        quoted["opaque"] = asked.opaque
    return Headers.of((HEADERS[challenge.code][1], _written(quoted, bare)))


def _response(
    asked: Challenge, cnonce: str | None, count: int, *, method: str, uri: str, credentials: Credentials
) -> str:
    """RFC 7616 section 3.4.1; without a client's nonce RFC 2617 section 3.2.2.1."""
    hashed = asked.algorithm.of
    secret = hashed(f"{credentials.username}:{asked.realm}:{credentials.password}")
    middle = asked.nonce if cnonce is None else f"{asked.nonce}:{_counted(count)}:{cnonce}:auth"
    return hashed(f"{secret}:{middle}:{hashed(f'{method}:{uri}')}")


def _counted(count: int) -> str:
    return f"{count:08x}"


def _parameters(header: str) -> tuple[str, dict[str, str]]:
    """The scheme in small letters, and the parameters after it."""
    scheme, _, rest = header.partition(" ")
    return scheme.lower(), {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(rest)}


def _written(quoted: dict[str, str], bare: dict[str, str]) -> str:
    fields = [
        *(f'{key}="{value}"' for key, value in quoted.items()),
        *(f"{key}={value}" for key, value in bare.items()),
    ]
    return "Digest " + ", ".join(fields)
