"""Who may call a phone: an INVITE is challenged, and rings only with the right credentials (RFC 3261 section 22)."""

from __future__ import annotations

import collections
import dataclasses
import secrets
from collections.abc import Iterator

from lab.softphone import digest, messages
from lab.softphone.digest import Algorithm
from lab.softphone.headers import Headers

MOST_NONCES = 1000
"""Of the nonces handed out so many are remembered; older ones are stale."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Guard:
    """What an INVITE must show before the phone rings."""

    username: str
    password: str = dataclasses.field(repr=False)
    realm: str = "lab"
    code: int = 407
    """The challenge: 407 as a proxy's, 401 as a registrar's or a phone's own."""
    algorithms: tuple[Algorithm, ...] = (Algorithm.MD5,)
    """One challenge for each, the preferred one first."""
    has_qop: bool = True
    """Whether `qop=auth` is asked for; off, the older formula of RFC 2069 is."""
    stale_nonces: int = 0
    """So many of the first nonces are stale when they come back."""

    @property
    def credentials(self) -> digest.Credentials:
        return digest.Credentials(username=self.username, password=self.password)


class Door:
    """The nonces of one phone, and what has come back of them."""

    def __init__(self) -> None:
        self._counts: collections.OrderedDict[str, int] = collections.OrderedDict()
        self._found_stale = 0

    def challenge(self, guard: Guard, invite: messages.Request) -> messages.Response | None:
        """The response to an INVITE without the right credentials; None if it may ring."""
        proofs = [proof for proof in self._proofs(guard, invite) if _is_right(proof, guard, invite)]
        if any(self._is_fresh(proof, guard) for proof in proofs):
            return None
        asked = [
            digest.Challenge(
                realm=guard.realm,
                nonce=self._nonce(),
                algorithm=algorithm,
                has_qop=guard.has_qop,
                opaque=secrets.token_hex(4),
                is_stale=bool(proofs),
            )
            for algorithm in guard.algorithms
        ]
        header = digest.HEADERS[guard.code][0]
        return messages.response_to(
            invite,
            guard.code,
            tag=secrets.token_hex(6),
            extra=Headers.of(*((header, challenge.write()) for challenge in asked)),
        )

    def _proofs(self, guard: Guard, invite: messages.Request) -> Iterator[digest.Proof]:
        for header in invite.headers.every(digest.HEADERS[guard.code][1]):
            proof = digest.Proof.read(header)
            if proof is not None:
                yield proof

    def _is_fresh(self, proof: digest.Proof, guard: Guard) -> bool:
        """Whether its nonce is one of ours, and this count of it new; notes the count."""
        if proof.count <= self._counts.get(proof.nonce, proof.count):
            return False
        if self._found_stale < guard.stale_nonces:
            self._found_stale += 1
            del self._counts[proof.nonce]
            return False
        self._counts[proof.nonce] = proof.count
        return True

    def _nonce(self) -> str:
        nonce = secrets.token_hex(16)
        self._counts[nonce] = 0
        if len(self._counts) > MOST_NONCES:
            self._counts.popitem(last=False)
        return nonce


def _is_right(proof: digest.Proof, guard: Guard, invite: messages.Request) -> bool:
    if proof.realm != guard.realm or proof.uri != invite.uri or guard.has_qop != (proof.cnonce is not None):
        return False
    return any(
        proof.is_right(method=invite.method, credentials=guard.credentials, algorithm=algorithm)
        for algorithm in guard.algorithms
    )
