"""Places calls. What is wrong with one is said at once; the rest is `dispatch.dialing`."""

from __future__ import annotations

import dataclasses
import datetime as dt

from aiohttp import web

from callcore import errors, ids
from dispatch import gate, keys
from dispatch.access import auth
from dispatch.dialing import accepting, orders
from dispatch.http import idempotency, reading, routes
from dispatch.store import contacts as contact_rows
from dispatch.v1 import callers, session_shapes
from sip_config import configurations, schema
from sip_config.sessions import planning
from sip_config.templates import variables

_FARTHEST = dt.timedelta(days=30)


class NotSupported(errors.BadInput):
    """This is not supported yet."""

    public_code = "not_supported"


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Callee:
    """Whom to call."""

    to: str
    is_test: bool = False


async def place(request: web.Request, _: routes.Nothing, body: session_shapes.PhoneSession) -> web.Response:
    """Accept a call; it is placed at once, or at its time."""
    callee = _Callee(to=callers.normal(body.to))
    return await _accept(request, body, callee, session_shapes.PlacedCall)


async def initiate(request: web.Request, _: routes.Nothing, body: session_shapes.Initiation) -> web.Response:
    """Accept a call to a contact."""
    async with request.app[keys.STORE].reading() as tx:
        contact = await contact_rows.get(tx, body.lead_id)
    callee = _Callee(to=contact.e164, is_test=contact.is_test)
    return await _accept(request, body, callee, session_shapes.InitiatedCall)


async def _accept(
    request: web.Request,
    body: session_shapes.PhoneSession | session_shapes.Initiation,
    callee: _Callee,
    shape: type[session_shapes.PlacedCall],
) -> web.Response:
    attempt = idempotency.attempt_of(request, body)
    app = request.app
    try:
        wanted = _wanted(request, body, callee)
        _check(wanted)
        accepted = await app[keys.DIALING].accept(wanted, attempt, _answer(wanted, shape))
    except errors.TrunklineError as error:
        stored = await _before(request, attempt)
        if stored is not None:
            return idempotency.replay(stored)
        if isinstance(error, errors.PolicyRefused):
            gate.note_refusal(app[keys.METRICS], error, gate.Stage.ACCEPT, None)
        raise
    if accepted.is_replay:
        return idempotency.replay(accepted.stored)
    return web.Response(status=accepting.STATUS, text=accepted.stored.body, content_type="application/json")


async def _before(request: web.Request, attempt: idempotency.Attempt | None) -> idempotency.Stored | None:
    """What this very request was answered before: by now the configuration or the contact may forbid it."""
    if attempt is None:
        return None
    async with request.app[keys.STORE].reading() as tx:
        return await idempotency.recall(tx, attempt)


def _wanted(
    request: web.Request, body: session_shapes.PhoneSession | session_shapes.Initiation, callee: _Callee
) -> accepting.Wanted:
    """The call, once its request is known to be right.

    Raises:
        NotSupported: it wants what is not built.
        Invalid: it says something that cannot be.
    """
    if body.telephony.amd is not None and body.telephony.amd.mode != "off":
        raise NotSupported("`telephony.amd` can only be `off` yet.")
    if body.telephony.region is not None:
        raise NotSupported("`telephony.region` is not supported yet.")
    app = request.app
    configuration, now, key = app[keys.SWITCHBOARD].configuration, app[keys.CLOCK].now(), auth.key_of(request)
    agent_id = body.agent_id
    if agent_id is None:
        agent_id = planning.choose_agent(configuration, None, is_test=callee.is_test, number=None)
    number = _number(configuration, body.from_, agent_id)
    order = orders.Order(
        agent_id=agent_id,
        caller=number.e164,
        overrides=body.changes(),
        variables=body.variables,
        metadata=body.metadata,
        time_zone=body.time_zone,
        max_duration_s=body.max_duration_seconds or configuration.dialing.max_duration.total_seconds(),
        scheduled_at=_scheduled(body.schedule, now),
        key_limits=key.limits,
    )
    session = order.session(number, callee.to, contact=variables.Contact(), fields={})
    if wrong := planning.check(configuration, session):
        raise reading.Invalid(wrong)
    order = order.model_copy(update={"max_duration_s": planning.max_duration_s(configuration, session)})
    wish = gate.Wish(
        to=callee.to,
        number=number,
        kind=gate.Kind.CALL,
        key=gate.Key(id=key.id, limits=key.limits),
        call_id=ids.new(ids.CALL, now),
        minutes=order.max_duration_s / 60,
        time_zone=order.time_zone,
    )
    longest_s = configuration.ringing_timeout_s(number)
    return accepting.Wanted(
        wish=wish,
        order=order,
        ringing_timeout_s=min(body.telephony.ringing_timeout or longest_s, longest_s),
        configuration=configuration,
    )


def _check(wanted: accepting.Wanted) -> None:
    try:
        gate.check(wanted.configuration, wanted.wish)
    except (errors.InvalidNumber, errors.InvalidSipUri) as error:
        raise reading.Invalid([("to", error.message)]) from None
    except errors.BadInput as error:
        raise reading.Invalid([("timeZone", error.message)]) from None


def _number(configuration: configurations.Configuration, given: str | None, agent_id: str | None) -> schema.Number:
    if given is not None:
        return callers.named(configuration, given)
    found = planning.first_number(configuration, agent_id)
    if found is None:
        raise reading.Invalid([("from", "no number of the configuration places calls")])
    return callers.checked(configuration, found)


def _scheduled(schedule: session_shapes.Schedule | None, now: dt.datetime) -> dt.datetime | None:
    if schedule is None or schedule.at <= now:
        return None
    if schedule.at - now > _FARTHEST:
        raise reading.Invalid([("schedule.at", f"must be within {_FARTHEST.days} days")])
    return schedule.at.astimezone(dt.UTC)


def _answer(wanted: accepting.Wanted, shape: type[session_shapes.PlacedCall]) -> str:
    """The body of the answer."""
    call_id = wanted.wish.call_id
    fields: dict[str, object] = {
        "session_id": call_id,
        "call_id": call_id,
        "room_name": call_id,
        "caller_id": wanted.order.caller,
        "sip_participant": session_shapes.SipParticipant(identity=orders.identity(call_id)),
        "max_duration_seconds": wanted.order.max_duration_s,
        "scheduled_at": wanted.order.scheduled_at,
    }
    if shape is session_shapes.InitiatedCall:
        fields["interaction_id"] = call_id
    return shape.model_validate(fields).model_dump_json(by_alias=True)
