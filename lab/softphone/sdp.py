"""Session descriptions: what a phone offers and answers for one audio stream (RFC 4566, RFC 3264)."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Sequence

from lab.softphone import dtmf, errors, sounds, uris
from lab.softphone.g711 import Codec

_TELEPHONE_EVENT = "telephone-event"
_HELD_HOST = "0.0.0.0"  # noqa: S104 - RFC 2543's way to say hold, not an address to bind


class Direction(enum.StrEnum):
    """Which way audio flows, as seen by the side that says it."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        return self in (Direction.SENDRECV, Direction.RECVONLY)

    @staticmethod
    def of(*, sends: bool, receives: bool) -> Direction:
        if sends:
            return Direction.SENDRECV if receives else Direction.SENDONLY
        return Direction.RECVONLY if receives else Direction.INACTIVE


@dataclasses.dataclass(frozen=True, kw_only=True)
class Description:
    """One side's audio stream."""

    host: str
    port: int
    codecs: tuple[Codec, ...]
    """Those that this phone knows, in the order of preference given."""
    event_type: int | None = dtmf.PAYLOAD_TYPE
    """Payload type for keypad events, or None where they are not supported."""
    direction: Direction = Direction.SENDRECV

    @property
    def address(self) -> uris.Address:
        return self.host, self.port

    def encode(self, *, session: int, version: int) -> bytes:
        """The body of a message. `version` grows with every new description of the session."""
        events = [] if self.event_type is None else [self.event_type]
        types = " ".join(str(number) for number in [*(codec.value for codec in self.codecs), *events])
        lines = [
            "v=0",
            f"o=- {session} {version} IN IP4 {self.host}",
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP {types}",
            *(f"a=rtpmap:{codec.value} {codec.name}/{sounds.RATE}" for codec in self.codecs),
        ]
        if self.event_type is not None:
            lines += [f"a=rtpmap:{self.event_type} {_TELEPHONE_EVENT}/{sounds.RATE}", f"a=fmtp:{self.event_type} 0-15"]
        lines += [f"a=ptime:{sounds.FRAME_MS}", f"a={self.direction}", ""]
        return "\r\n".join(lines).encode()


def parse(body: bytes) -> Description:
    """Reads the other side's description, of which only the first audio stream matters.

    Raises:
        BadSdp: no usable audio stream, or none with a codec that this phone knows.
    """
    lines = [line.strip() for line in body.decode(errors="replace").splitlines() if "=" in line]
    session, media = _sections(lines)
    attributes = [line[2:] for line in (*session, *media) if line.startswith("a=")]
    connections = [line[2:].split() for line in (*media, *session) if line.startswith("c=")]
    try:
        _, port, _, *types = media[0][2:].split()
        port_number, payload_types = int(port), [int(number) for number in types]
        host = connections[0][2].split("/")[0]
    except (IndexError, ValueError) as problem:
        raise errors.BadSdp("the audio stream cannot be read") from problem
    if port_number == 0:
        raise errors.BadSdp("the audio stream is refused")
    names = _encodings(attributes)
    codecs = tuple(codec for number in payload_types if (codec := _codec(number, names)) is not None)
    if not codecs:
        raise errors.BadSdp("no codec in common")
    events = (number for number in payload_types if names.get(number) == f"{_TELEPHONE_EVENT}/{sounds.RATE}")
    direction = _direction(attributes)
    if host == _HELD_HOST:
        direction = Direction.of(sends=direction.sends, receives=False)
    return Description(host=host, port=port_number, codecs=codecs, event_type=next(events, None), direction=direction)


def answer(offer: Description, own: Description) -> Description:
    """What `own` says to an offer: its first codec that was offered, the offer's event type, the fitting direction.

    Raises:
        BadSdp: no codec in common.
    """
    common = [codec for codec in own.codecs if codec in offer.codecs]
    if not common:
        raise errors.BadSdp("no codec in common")
    direction = both_ways(own.direction, offer.direction)
    return dataclasses.replace(own, codecs=(common[0],), event_type=offer.event_type, direction=direction)


def both_ways(own: Direction, other: Direction) -> Direction:
    """What flows when each side has said its direction, as seen by `own`."""
    return Direction.of(sends=own.sends and other.receives, receives=own.receives and other.sends)


def _sections(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The session's lines, and those of the first audio stream."""
    starts = [index for index, line in enumerate(lines) if line.startswith("m=")]
    ends = [*starts[1:], len(lines)]
    for start, end in zip(starts, ends, strict=True):
        if lines[start].startswith("m=audio "):
            return list(lines[: starts[0]]), list(lines[start:end])
    raise errors.BadSdp("no audio stream")


def _encodings(attributes: Iterable[str]) -> dict[int, str]:
    """Payload type to `name/rate` in the rtpmap lines."""
    maps = (attribute.removeprefix("rtpmap:").split() for attribute in attributes if attribute.startswith("rtpmap:"))
    return {int(words[0]): words[1] for words in maps if len(words) == 2 and words[0].isdecimal()}


def _codec(number: int, names: dict[int, str]) -> Codec | None:
    """The codec of a static payload type; its rtpmap line may be missing."""
    known = next((codec for codec in Codec if codec.value == number), None)
    if known is None or names.get(number, f"{known.name}/{sounds.RATE}").upper().startswith(
        f"{known.name}/{sounds.RATE}"
    ):
        return known
    return None


def _direction(attributes: Sequence[str]) -> Direction:
    """The stream's own attribute comes last and wins."""
    said = [Direction(attribute) for attribute in attributes if attribute in list(Direction)]
    return said[-1] if said else Direction.SENDRECV
