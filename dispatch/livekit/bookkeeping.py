"""`POST /webhooks/livekit`: what LiveKit says of rooms, for the books. A call's own story comes from its worker."""

from __future__ import annotations

import structlog
from aiohttp import web

from dispatch import keys
from dispatch.http import problems, reading
from dispatch.ledger import legs
from dispatch.livekit import catch_all, rooms, webhooks
from dispatch.store import calls as call_rows

PATH = "/webhooks/livekit"

_CONTENT_TYPE = "application/webhook+json"
_CALLER_ATTRIBUTE = "sip.phoneNumber"
_EVENTS = frozenset({"room_started", "room_finished", "participant_joined", "participant_left"})

_log = structlog.get_logger(__name__)


async def receive(request: web.Request) -> web.Response:
    """Verify and act. An answer that is no success has LiveKit send the webhook again."""
    if request.content_type != _CONTENT_TYPE:
        raise reading.UnsupportedMediaType(f"The body must be {_CONTENT_TYPE}.")
    body = await reading.raw_body(request, reading.MAX_BODY)
    try:
        notice = request.app[keys.LIVEKIT_VERIFIER].verify(body, request.headers.get("Authorization", ""))
    except webhooks.NotFromLiveKit as error:
        return problems.response(401, error.public_code, error.message, headers={"WWW-Authenticate": "Bearer"})
    label = notice.event if notice.event in _EVENTS else "other"
    request.app[keys.METRICS].livekit_webhooks.labels(event=label).inc()
    await _act(request.app, notice)
    return web.Response(status=204)


async def _act(app: web.Application, notice: webhooks.Notice) -> None:
    someone = notice.participant
    if someone is not None and someone.is_dialed:
        await _tell_transfer(app, notice, someone)
    if someone is None or not someone.is_caller:
        return
    if notice.event == "participant_joined" and catch_all.is_unwanted(someone):
        await app[keys.DOORMAN].refuse(notice.room_name, someone)  # doing it again does no harm
    elif notice.event == "participant_joined":
        back = legs.Back(room_name=notice.room_name, caller=someone.attributes.get(_CALLER_ATTRIBUTE))
        await app[keys.LEDGER].note_leg(back, notice.id)
    elif notice.event == "participant_left":
        at = notice.at or app[keys.CLOCK].now()
        left = legs.Left(room_name=notice.room_name, at=at, reason=notice.left_because)
        if await app[keys.LEDGER].note_leg(left, notice.id):
            _log.info("a leg left", room=notice.room_name, reason=notice.left_because)


async def _tell_transfer(app: web.Application, notice: webhooks.Notice, leg: rooms.Participant) -> None:
    """A leg that we dialed came or left: a hint for whoever carries its transfer out, who looks for themselves."""
    if notice.event not in ("participant_joined", "participant_left"):
        return
    async with app[keys.STORE].reading() as tx:
        call_id = await call_rows.find_id(tx, notice.room_name)
    if call_id is None:
        return
    app[keys.WAKEUPS].notify(call_id)
    if notice.event == "participant_joined":
        await app[keys.STRAYS].receive(call_id, notice.room_name, leg)
