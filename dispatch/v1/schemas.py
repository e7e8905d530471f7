"""The shapes of `/v1`, as a client sees them. What is not known yet is null."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import pydantic
from pydantic import alias_generators

from callcore import calls, clock, endings, events, outcomes, transfer_wishes, transfers, turns
from dispatch.store import besides, recordings
from dispatch.v1 import override_shapes

Time = Annotated[dt.datetime, pydantic.PlainSerializer(clock.rfc3339, return_type=str)]
Seconds = Annotated[float, pydantic.AfterValidator(lambda value: round(value, 3))]
"""A duration to the millisecond: no clock here is better than that."""


class Shape(pydantic.BaseModel):
    """Base of what goes out: camelCase outside, snake_case inside."""

    model_config = pydantic.ConfigDict(
        alias_generator=alias_generators.to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )


class Input(Shape):
    """Base of what comes in: camelCase only, and nothing that is not known here."""

    model_config = pydantic.ConfigDict(extra="forbid", populate_by_name=False, hide_input_in_errors=True)


class Termination(Shape):
    """How a call ended."""

    result: endings.Result
    reason: endings.Reason
    """Why, in one word."""
    sip_status_code: int | None
    """The final SIP answer, where one decided the end."""
    sip_status: str | None
    """The words of that answer."""
    ended_by: endings.EndedBy

    @classmethod
    def of(cls, end: endings.Termination) -> Termination:
        return cls(
            result=end.result,
            reason=end.reason,
            sip_status_code=end.sip_status_code,
            sip_status=end.sip_status,
            ended_by=end.ended_by,
        )


class Turn(Shape):
    """Something that was said, with the time that each stage of it took."""

    role: turns.Role
    message: str
    """What was said; of an interrupted turn of the agent, the part that was spoken."""
    timestamp: Time
    """When it began."""
    source: Literal["voice_ai"] = "voice_ai"
    interrupted: bool
    """Whether the other side cut it off."""
    transcription_delay_seconds: Seconds | None
    """From the last sound of the person to the text."""
    end_of_turn_delay_seconds: Seconds | None
    """From the last sound of the person to the decision that the turn is over."""
    llm_first_token_seconds: Seconds | None
    """From the request to the first token of the model."""
    tts_first_audio_seconds: Seconds | None
    """From the first text to the first sound of the voice."""
    reply_delay_seconds: Seconds | None
    """From the last sound of the person to the first sound of the reply."""

    @classmethod
    def of(cls, turn: turns.Turn) -> Turn:
        return cls(
            role=turn.role,
            message=turn.message,
            timestamp=turn.at,
            interrupted=turn.interrupted,
            transcription_delay_seconds=turn.timings.transcription_delay_s,
            end_of_turn_delay_seconds=turn.timings.end_of_turn_delay_s,
            llm_first_token_seconds=turn.timings.llm_first_token_s,
            tts_first_audio_seconds=turn.timings.tts_first_audio_s,
            reply_delay_seconds=turn.timings.reply_delay_s,
        )


class Voicemail(Shape):
    """A message that the caller left."""

    url: str
    """Path of the sound."""
    duration_seconds: Seconds
    recorded_at: Time

    @classmethod
    def of(cls, recording: recordings.Recording) -> Voicemail:
        return cls(
            url=f"/v1/calls/{recording.call_id}/voicemail",
            duration_seconds=recording.duration_s,
            recorded_at=recording.recorded_at,
        )


class Attempt(Shape):
    """One destination of a transfer."""

    to: str
    """An E.164 number or a SIP URI; empty where it was a person's who was deleted."""
    label: str | None
    """What the agent calls it."""
    method: transfers.Method
    """How it is reached: we dial it, or the caller's carrier is asked to (REFER)."""
    result: transfers.AttemptResult | None
    """How it ended; null while it is under way."""
    sip_status_code: int | None
    """The final SIP answer, where there was one."""
    seconds: Seconds | None
    """How long it took, from the dial to the result."""

    @classmethod
    def of(cls, attempt: transfers.Attempt) -> Attempt:
        return cls(
            to=attempt.to,
            label=attempt.label,
            method=attempt.method,
            result=attempt.result,
            sip_status_code=attempt.sip_status_code,
            seconds=attempt.seconds,
        )


class Transfer(Shape):
    """A transfer of a call, with every destination that was tried."""

    id: str
    call_id: str
    kind: transfers.Kind
    state: transfers.State
    requested_by: transfer_wishes.Requester
    attempts: tuple[Attempt, ...]
    """In the order in which they were made."""
    fallback: transfer_wishes.Fallback | None
    """What becomes of the caller where nobody takes the call; null for a forward, which goes on as its number says."""
    created_at: Time
    updated_at: Time
    bridged_at: Time | None
    """Since when caller and destination hear each other, or the carrier has the caller."""
    metadata: dict[str, str]
    """As given with the request."""

    @classmethod
    def of(cls, transfer: transfers.Transfer) -> Transfer:
        wish = transfer.wish
        return cls(
            id=transfer.id,
            call_id=transfer.call_id,
            kind=transfer.kind,
            state=transfer.state,
            requested_by=transfer.requested_by,
            attempts=tuple(Attempt.of(attempt) for attempt in transfer.attempts),
            fallback=wish.fallback if wish is not None else None,
            created_at=transfer.created_at,
            updated_at=transfer.updated_at,
            bridged_at=transfer.bridged_at,
            metadata=dict(wish.metadata) if wish is not None else {},
        )


_NOTHING = besides.Beside()


class CallSummary(Shape):
    """A call in a list."""

    call_id: str
    """The id of the call, and of its session."""
    direction: calls.Direction
    status: calls.Status
    action: calls.Action | None
    """What is done with the call; null until that is decided."""
    from_: Annotated[str | None, pydantic.Field(alias="from")]
    """The calling number, E.164."""
    caller_id_status: calls.CallerId
    """What is known of the caller's number. None of it is proven."""
    to: str | None
    """Who is called: a number as E.164, or the `sip:` URI of a call that we placed."""
    dialed_number: str | None
    """The number called, E.164."""
    forwarded_from_number: str | None
    """Whose phone sent the call on to us."""
    ring_back: bool
    """Whether the caller returns a call of ours."""
    agent_id: str | None
    agent_version: str | None
    """The version of the configuration that the call began with."""
    contact_id: str | None
    """Whom we talk to; null where the number is not known."""
    scheduled_at: Time | None
    """When the call was to be placed, where that was not at once."""
    room_name: str
    created_at: Time
    answered_at: Time | None
    ended_at: Time | None
    duration_seconds: Seconds | None
    """From the answer to the end."""
    termination: Termination | None
    outcome: outcomes.Outcome | None
    """What came of it, when it is over."""
    recording_url: str | None = None
    """Path of the sound of the whole call."""
    voicemail: Voicemail | None
    transfers: tuple[Transfer, ...]
    metadata: dict[str, str]
    """The number's template, filled in; or as given with the call."""

    @classmethod
    def fields_of(cls, call: calls.Call, beside: besides.Beside) -> dict[str, Any]:
        """The fields of a call under their names here."""
        return {
            "call_id": call.id,
            "direction": call.direction,
            "status": call.status,
            "action": call.action,
            "from_": call.caller,
            "caller_id_status": call.caller_id,
            "to": beside.dial.to if beside.dial else call.dialed,
            "dialed_number": call.dialed,
            "forwarded_from_number": call.forwarded_from,
            "ring_back": call.ring_back,
            "agent_id": call.agent_id,
            "agent_version": call.agent_version,
            "contact_id": call.contact_id,
            "scheduled_at": beside.dial.due_at if beside.dial and beside.dial.is_scheduled else None,
            "room_name": call.room_name,
            "created_at": call.created_at,
            "answered_at": call.answered_at,
            "ended_at": call.ended_at,
            "duration_seconds": call.duration_s,
            "termination": Termination.of(call.termination) if call.termination else None,
            "outcome": call.outcome,
            "voicemail": Voicemail.of(beside.voicemail) if beside.voicemail else None,
            "transfers": tuple(Transfer.of(transfer) for transfer in beside.transfers),
            "metadata": dict(call.metadata),
        }

    @classmethod
    def of(cls, call: calls.Call, beside: besides.Beside = _NOTHING) -> CallSummary:
        return cls(**cls.fields_of(call, beside))


class Call(CallSummary):
    """A call with what was said in it."""

    overrides: dict[str, Any] | None
    """Of a call that we placed: what it does differently from its agent, as it was sent."""
    transcript: tuple[Turn, ...]
    """Oldest turn first."""

    @classmethod
    def with_turns(cls, call: calls.Call, said: tuple[turns.Turn, ...], beside: besides.Beside = _NOTHING) -> Call:
        return cls(
            **cls.fields_of(call, beside),
            overrides=override_shapes.shown(beside.dial) if beside.dial else None,
            transcript=tuple(Turn.of(turn) for turn in said),
        )


class Ended(Shape):
    """The last event of a transcript's stream."""

    call_id: str
    ended_at: Time | None
    duration_seconds: Seconds | None
    termination: Termination | None
    outcome: outcomes.Outcome | None

    @classmethod
    def of(cls, call: calls.Call) -> Ended:
        return cls(
            call_id=call.id,
            ended_at=call.ended_at,
            duration_seconds=call.duration_s,
            termination=Termination.of(call.termination) if call.termination else None,
            outcome=call.outcome,
        )


class CallPage(Shape):
    """A page of calls, newest first."""

    items: tuple[CallSummary, ...]
    next_cursor: str | None
    """For `cursor`, to get the next page; null on the last one."""


class Event(Shape):
    """One event of a call."""

    id: str
    sequence: int
    """Counted from 1 within the call."""
    type: events.EventType
    at: Time
    data: dict[str, str | int | float | bool | None]
    """What there is to tell, by type."""

    @classmethod
    def of(cls, event: events.Event) -> Event:
        return cls(id=event.id, sequence=event.sequence, type=event.type, at=event.at, data=dict(event.data))


class EventList(Shape):
    """Every event of a call, gapless from 1."""

    events: tuple[Event, ...]
