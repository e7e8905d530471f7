"""A sample of each webhook, made by what makes the real ones: of a call that never was, of numbers that nobody has."""

from __future__ import annotations

import datetime as dt

from callcore import calls, contract, endings, events, ids, outcomes, turns
from dispatch.reports import composing, leads, materials
from dispatch.store import besides, contacts
from dispatch.webhooks import bodies, targets
from dispatch.webhooks.pre_call import questions
from sip_config import configurations

METADATA = {"test": "true"}
"""Of every sample; its `webhook-id` begins with `test_` besides."""

CALLER, NUMBER = "+12015550123", "+12015550100"
"""Of the range that is kept for examples (North American Numbering Plan, 555-0100 to 555-0199)."""

KINDS = (targets.Kind.PRE_CALL, targets.Kind.STATUS, targets.Kind.POST_CALL, targets.Kind.LEAD_UPDATED)
"""What there are samples of, in the order in which a call brings them."""

_NAME = "Ada Example"
_TALKED = dt.timedelta(seconds=42)
_BEFORE = dt.timedelta(seconds=45)  # from the first ringing to now


def body(
    kind: targets.Kind, agent: configurations.Agent | None, now: dt.datetime, *, organization_id: str = "sample"
) -> bodies.Body:
    """The sample of one kind.

    Args:
        kind: one of `KINDS`.
        agent: whose webhook it is; None: that of an agent that is not there.
        now: when the sample's call ended; of `PRE_CALL`, when it rings.
        organization_id: whose agents these are.

    Raises:
        ValueError: there are no samples of this kind.
    """
    match kind:
        case targets.Kind.PRE_CALL:
            return _question(agent, now, organization_id)
        case targets.Kind.STATUS:
            return _status(agent, now)
        case targets.Kind.POST_CALL:
            return composing.report(_materials(agent, now), now)
        case targets.Kind.LEAD_UPDATED:
            return leads.updated(_materials(agent, now), _contact(now), now)
        case targets.Kind.TEST:
            raise ValueError("a test is no kind of its own to make a sample of")


def _question(agent: configurations.Agent | None, now: dt.datetime, organization_id: str) -> questions.QuestionBody:
    call_id = ids.new(ids.CALL, now)
    return questions.QuestionBody(
        call_id=call_id,
        session_id=call_id,
        organization_id=organization_id,
        direction=calls.Direction.INBOUND,
        to=NUMBER,
        from_=CALLER,
        dialed_number=NUMBER,
        forwarded_from_number=None,
        phone_number_id=NUMBER,
        call_control_id="sample@sip.example.com",
        pipeline_config=questions.Pipeline(
            agent_id=_id(agent),
            agent_version=_version(agent),
            language=agent.settings.language if agent else "en",
            stt=questions.Provider(provider=agent.settings.stt.provider if agent else "offline"),
            llm=questions.Provider(provider=agent.settings.llm.provider if agent else "offline"),
            tts=questions.Provider(provider=agent.settings.tts.provider if agent else "offline"),
            tools=("end_call",),
        ),
        metadata=METADATA,
        variables={},
        contact=questions.Person(
            is_known=True,
            name=_NAME,
            status=None,
            do_not_call=False,
            calls=0,
            last_call=None,
            history=(),
            fields={},
        ),
    )


def _status(agent: configurations.Agent | None, now: dt.datetime) -> bodies.StatusBody:
    of = _materials(agent, now)
    return bodies.status_body(of.events[-1], status=calls.Status.ENDED, metadata=METADATA)


def _materials(agent: configurations.Agent | None, now: dt.datetime) -> materials.Materials:
    """A short conversation that the caller ended."""
    call, end = (
        _call(agent, now),
        endings.Termination(reason=endings.Reason.CALLER_HANGUP, ended_by=endings.EndedBy.CALLER),
    )
    data: events.Data = {"result": end.result.value, "reason": end.reason.value, "ended_by": end.ended_by.value}
    return materials.Materials(
        report_id=ids.new(ids.REPORT, now),
        call=call,
        termination=end,
        outcome=outcomes.Outcome.COMPLETED,
        ended_at=now,
        beside=besides.Beside(),
        transcript=(
            turns.Turn(role=turns.Role.AGENT, message="Hello, how can I help?", at=now - _TALKED),
            turns.Turn(role=turns.Role.USER, message="When are you open?", at=now - _TALKED / 2),
        ),
        events=(
            _event(call, 1, events.EventType.RINGING, now - _BEFORE, {}),
            _event(call, 2, events.EventType.ANSWERED, now - _TALKED, {}),
            _event(call, 3, events.EventType.HANGUP, now, data),
        ),
        usage=(
            contract.ProviderUsage(
                part=contract.Part.LLM,
                provider="offline",
                model="sample",
                requests=1,
                input_tokens=320,
                output_tokens=24,
            ),
        ),
        contact=_contact(now),
    )


def _call(agent: configurations.Agent | None, now: dt.datetime) -> calls.Call:
    return calls.Call(
        id=ids.new(ids.CALL, now),
        direction=calls.Direction.INBOUND,
        status=calls.Status.ENDED,
        room_name="sample",
        caller=CALLER,
        dialed=NUMBER,
        created_at=now - _BEFORE,
        action=calls.Action.CONVERSE,
        metadata=METADATA,
        contact_id=ids.new(ids.CONTACT, now),
        agent_id=_id(agent),
        agent_version=_version(agent),
        answered_at=now - _TALKED,
        ended_at=now,
        duration_s=_TALKED.total_seconds(),
        outcome=outcomes.Outcome.COMPLETED,
        user_turns=1,
        sequence=3,
    )


def _contact(now: dt.datetime) -> contacts.Contact:
    return contacts.Contact(
        id=ids.new(ids.CONTACT, now), e164=CALLER, created_at=now, updated_at=now, name=_NAME, is_test=True
    )


def _event(call: calls.Call, sequence: int, type: events.EventType, at: dt.datetime, data: events.Data) -> events.Event:
    return events.Event(id=ids.new(ids.EVENT, at), call_id=call.id, sequence=sequence, type=type, at=at, data=data)


def _id(agent: configurations.Agent | None) -> str:
    return agent.id if agent is not None else "sample"


def _version(agent: configurations.Agent | None) -> str:
    return agent.version if agent is not None else "0"
