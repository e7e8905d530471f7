"""Offer and answer: what both sides of a call agree to send (RFC 3264)."""

from __future__ import annotations

import dataclasses
import secrets

from lab.softphone import dtmf, errors, sdp, uris
from lab.softphone.g711 import Codec

DEFAULT_CODECS = (Codec.PCMU, Codec.PCMA)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Agreement:
    """What both sides agreed on, as this side sees it."""

    address: uris.Address
    """Where the other side wants its audio."""
    codec: Codec
    """What this side sends."""
    direction: sdp.Direction
    """Which way audio flows now."""
    events_out: int | None
    """Payload type for keypad events sent, None if the other side takes none."""
    events_in: int | None
    """Payload type of keypad events received."""


class Negotiation:
    """Describes this side, understands the other, and keeps what came of it."""

    def __init__(self, ip: str, port: int, codecs: tuple[Codec, ...]) -> None:
        self.agreed: Agreement | None = None
        """None until the first offer was answered."""
        self._local = sdp.Description(host=ip, port=port, codecs=codecs)
        self._session = secrets.randbits(31)
        self._version = 0

    def offer(self, direction: sdp.Direction | None = None) -> bytes:
        """A description for an INVITE. A direction given is kept for later descriptions too."""
        if direction is not None:
            self._local = dataclasses.replace(self._local, direction=direction)
        return self._describe(self._local)

    def answer(self, body: bytes) -> bytes:
        """Agrees to the other side's offer.

        Raises:
            BadSdp: nothing in common.
        """
        remote = sdp.parse(body)
        answer = sdp.answer(remote, self._local)
        self.agreed = Agreement(
            address=remote.address,
            codec=answer.codecs[0],
            direction=answer.direction,
            events_out=remote.event_type,
            events_in=remote.event_type,
        )
        return self._describe(answer)

    def accept(self, body: bytes) -> None:
        """Takes the other side's answer to this side's offer.

        Raises:
            BadSdp: nothing in common.
        """
        remote = sdp.parse(body)
        common = [codec for codec in remote.codecs if codec in self._local.codecs]
        if not common:
            raise errors.BadSdp("no codec in common")
        self.agreed = Agreement(
            address=remote.address,
            codec=common[0],
            direction=sdp.both_ways(self._local.direction, remote.direction),
            events_out=remote.event_type,
            events_in=dtmf.PAYLOAD_TYPE,
        )

    def _describe(self, description: sdp.Description) -> bytes:
        self._version += 1
        return description.encode(session=self._session, version=self._version)
