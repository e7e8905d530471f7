"""LiveKit's webhooks, verified, and cut down to what dispatch may keep.

The room objects in them carry a TURN password and the identities carry phone numbers: neither leaves this module in
a log line.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from livekit import api

from callcore import errors
from dispatch.livekit import client, rooms

_LEEWAY = dt.timedelta(seconds=60)  # between LiveKit's clock and ours
_END_OF_TIME_S = 2**35  # the year 3058; what is later is no time


class NotFromLiveKit(errors.BadInput):
    """This was not signed by our LiveKit server."""

    public_code = "not_from_livekit"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Notice:
    """One webhook."""

    id: str
    event: str
    """LiveKit's name of it, such as `participant_joined`."""
    at: dt.datetime | None
    """When it happened, to the second; None where LiveKit does not say."""
    room_name: str
    participant: rooms.Participant | None
    left_because: str
    """LiveKit's disconnect reason, `UNKNOWN_REASON` for somebody who has not left."""


class Verifier:
    """Tells LiveKit's webhooks from everybody else's: a JWT whose claim is the SHA-256 of the body."""

    def __init__(self, api_key: str, api_secret: str) -> None:
        self._receiver = api.WebhookReceiver(api.TokenVerifier(api_key, api_secret, leeway=_LEEWAY))

    def verify(self, body: bytes, authorization: str) -> Notice:
        """The notice in a webhook.

        Raises:
            NotFromLiveKit: not signed with our secret, not this body, or no webhook at all.
        """
        try:
            event = self._receiver.receive(body.decode(), authorization.removeprefix("Bearer "))
        except Exception as error:  # the receiver raises bare exceptions, and others on hostile claims
            raise NotFromLiveKit from error
        if not (event.id and event.event):
            raise NotFromLiveKit
        participant = None
        if event.HasField("participant"):
            participant = client.participant_of(event.participant)
        return Notice(
            id=event.id,
            event=event.event,
            at=_moment(event.created_at),
            room_name=event.room.name,
            participant=participant,
            left_because=client.disconnect_reason(event.participant),
        )


def _moment(unix_s: int) -> dt.datetime | None:
    return dt.datetime.fromtimestamp(unix_s, dt.UTC) if 0 < unix_s < _END_OF_TIME_S else None
