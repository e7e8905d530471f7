"""What a client wants of a transfer, as dispatch keeps it: everything that is wrong with it is said at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import pydantic
from sqlalchemy.ext import asyncio as sa_async

from callcore import calls, contract, errors, sip_headers, transfer_wishes
from dispatch import gate
from dispatch.http import reading
from dispatch.store import briefs
from dispatch.store import calls as call_rows
from dispatch.transfers import destinations
from dispatch.v1 import callers, transfer_shapes
from sip_config import configurations, schema, values
from sip_config.sessions import answering, findings

_HEADER_NAME: pydantic.TypeAdapter[str] = pydantic.TypeAdapter(values.HeaderName)
_HEADER_TEXT: pydantic.TypeAdapter[str] = pydantic.TypeAdapter(values.HeaderText)

_USUAL_FALLBACK = transfer_wishes.Fallback.RETURN_TO_AGENT

Body = transfer_shapes.BlindTransfer | transfer_shapes.WarmTransfer

_Placed = tuple[str, transfer_wishes.Destination]
"""A destination, and the place in the request where its number stands."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subject:
    """The call that is to be transferred."""

    call: calls.Call
    plan: contract.Plan | None
    """What its job was told to do, where dispatch told it."""

    @classmethod
    async def read(cls, tx: sa_async.AsyncConnection, call_id: str) -> Subject:
        """The call as it is now.

        Raises:
            NoSuchCall: there is none.
        """
        call = (await call_rows.get(tx, call_id)).call
        return cls(call=call, plan=(await briefs.get(tx, call_id)).plan)

    def fallback(self, configuration: configurations.Configuration) -> transfer_wishes.Fallback:
        """What its agent does with a caller whom nobody takes."""
        if isinstance(self.plan, contract.Converse):
            return self.plan.agent.transfers.fallback
        agent = configuration.agents.get(self.call.agent_id or "")
        return agent.settings.transfer_fallback if agent is not None else _USUAL_FALLBACK

    def longest_s(self, configuration: configurations.Configuration) -> float:
        """How long its caller may be connected with whoever takes the call, in seconds."""
        agent = configuration.agents.get(self.call.agent_id or "")
        longest_s = transfer_wishes.LONGEST_S
        if agent is not None:
            longest_s = agent.settings.max_duration.after_transfer.total_seconds()
        if self.call.direction is calls.Direction.OUTBOUND:
            longest_s = min(longest_s, configuration.dialing.max_duration.total_seconds())
        return longest_s


def wish(configuration: configurations.Configuration, subject: Subject, body: Body) -> transfer_wishes.Wish:
    """All of it, with what the call's agent says where the client says nothing.

    Raises:
        Invalid: something in it cannot be.
        NotDialable: the call's own number is not in the configuration any more.
        PolicyRefused: a destination must not be dialed.
    """
    wanted = tuple(_destinations(body))
    number = _checked(configuration, subject, body, wanted)
    common = transfer_wishes.Wish(
        destinations=tuple(destination for _, destination in wanted),
        sender=number.e164 if number is not None else None,
        fallback=subject.fallback(configuration),
        headers=body.headers,
        metadata=body.metadata,
        longest_s=subject.longest_s(configuration),
    )
    return common.model_copy(update=_consultation(body)) if isinstance(body, transfer_shapes.WarmTransfer) else common


def _checked(
    configuration: configurations.Configuration, subject: Subject, body: Body, wanted: Sequence[_Placed]
) -> schema.Number | None:
    """The number of ours that the client wants shown, once all of it is as it must be; None where it names none.

    Raises:
        Invalid, NotDialable, PolicyRefused: as `wish`.
    """
    number, wrong_sender = _sender(configuration, body)
    shown = number or destinations.own_number(configuration, subject.call)
    wrong = (
        *answering.pairs("metadata", body.metadata),
        *_wrong_headers(body),
        *wrong_sender,
        *_wrong_destinations(configuration, shown, wanted),
    )
    if wrong:
        raise reading.Invalid(wrong)
    _check(configuration, shown, wanted)
    return number


def _sender(
    configuration: configurations.Configuration, body: Body
) -> tuple[schema.Number | None, tuple[findings.Finding, ...]]:
    """The number of ours that is to be shown, where the client names one; and what is wrong with it."""
    if not isinstance(body, transfer_shapes.WarmTransfer) or body.from_ is None:
        return None, ()
    try:
        return callers.named(configuration, body.from_), ()
    except reading.Invalid as error:
        return None, error.problems


def _wrong_headers(body: Body) -> Iterator[findings.Finding]:
    yield from answering.pairs("headers", body.headers, _HEADER_NAME, _HEADER_TEXT)
    for name in body.headers:
        if sip_headers.is_reserved(name):
            yield findings.of(f"headers.{name}", "this header is not set by hand")


def _destinations(body: Body) -> Iterator[_Placed]:
    if isinstance(body, transfer_shapes.BlindTransfer):
        yield "to", _destination(body, body.ringing_timeout)
        return
    for index, wanted in enumerate(body.destinations):
        ringing_timeout = wanted.ringing_timeout or body.ringing_timeout
        yield f"destinations.{index}.to", _destination(wanted, ringing_timeout)


def _destination(
    wanted: transfer_shapes.BlindTransfer | transfer_shapes.TransferDestination, ringing_timeout: float | None
) -> transfer_wishes.Destination:
    return transfer_wishes.Destination(
        to=callers.normal(wanted.to),
        label=wanted.label,
        ringing_timeout_s=ringing_timeout,
        extension=wanted.extension,
    )


def _consultation(body: transfer_shapes.WarmTransfer) -> dict[str, object]:
    """What only a transfer with a consultation has."""
    detection = transfer_wishes.VoicemailDetection(
        enabled=body.voicemail_detection.mode != "off", timeout_s=body.voicemail_detection.timeout_seconds
    )
    told: dict[str, object] = {
        "screening": body.screening_prompt,
        "summary": body.summary,
        "voicemail_detection": detection,
    }
    return told if body.fallback is None else {**told, "fallback": body.fallback.strategy}


def _wrong_destinations(
    configuration: configurations.Configuration, number: schema.Number, wanted: Sequence[_Placed]
) -> Iterator[findings.Finding]:
    """Those that nobody can dial, whatever is allowed."""
    for path, destination in wanted:
        try:
            gate.check(configuration, _dial(number, destination))
        except (errors.InvalidNumber, errors.InvalidSipUri) as error:
            yield path, error.message
        except errors.PolicyRefused:
            continue  # `_check` says so


def _check(configuration: configurations.Configuration, number: schema.Number, wanted: Sequence[_Placed]) -> None:
    """Whether they may be dialed at all, before anybody is put on hold; limits are asked at the moment of each dial.

    Raises:
        PolicyRefused: the first that must not be; of several, the message says which.
    """
    for path, destination in wanted:
        try:
            gate.check(configuration, _dial(number, destination))
        except errors.PolicyRefused as refused:
            if len(wanted) == 1:
                raise
            raise errors.PolicyRefused(f"{path}: {refused.message}", code=refused.code) from None


def _dial(number: schema.Number, destination: transfer_wishes.Destination) -> gate.Wish:
    return gate.Wish(
        to=destination.to,
        number=number,
        kind=gate.Kind.TRANSFER,
        key=None,
        call_id="",
        minutes=0,
        is_named_by_client=True,
    )
