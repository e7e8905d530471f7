"""What a client says to have a call transferred, and to have a hand in it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import pydantic

from callcore import transfer_wishes
from dispatch.v1 import given, schemas, session_shapes

_Target = Annotated[str, pydantic.Field(min_length=1, max_length=512, examples=["+12015550123"])]
_Label = Annotated[str, given.text(200)]
_RingingTimeout = Annotated[float, pydantic.Field(ge=1, le=transfer_wishes.MAX_RINGING_S)]
_EXTENSION = r"^w*[0-9*#A-D][0-9*#A-Dw]*$"


def _dialable(text: str) -> str:
    """Not by `pattern`, whose message is the pattern."""
    if re.fullmatch(_EXTENSION, text) is None:
        raise ValueError("must have digits, and may have `w` for half a second's pause")
    return text


def _some(items: tuple[TransferDestination, ...]) -> tuple[TransferDestination, ...]:
    """Not by `min_length`, which counts only items without mistakes."""
    if not items:
        raise ValueError("must have at least one destination")
    return items


_Extension = Annotated[
    str,
    pydantic.Field(max_length=64, json_schema_extra={"pattern": _EXTENSION}),
    pydantic.AfterValidator(_dialable),
]
_Headers = Annotated[dict[str, str], pydantic.Field(max_length=20)]


class _Transfer(schemas.Input):
    """What both kinds have in common."""

    ringing_timeout: _RingingTimeout | None = None
    """Seconds that a destination's phone rings at most; the trunk's own limit holds as well."""
    headers: _Headers = pydantic.Field(default_factory=dict)
    """SIP headers for the destination, such as `X-Account`; none that SIP itself works by or that say who calls."""
    metadata: session_shapes.Pairs = pydantic.Field(default_factory=dict)
    """Yours; it is shown with the transfer."""


class BlindTransfer(_Transfer):
    """A transfer without a word to the destination."""

    to: _Target
    """Who gets the call: an E.164 number, or a `sip:` URI that the configuration allows."""
    label: _Label | None = None
    """What the agent calls it, as in "I will connect you with sales"."""
    extension: _Extension | None = None
    """Digits to dial when it has answered; each `w` is half a second's pause."""


class TransferDestination(schemas.Input):
    """Somebody who may take the call."""

    to: _Target
    """An E.164 number, or a `sip:` URI that the configuration allows."""
    label: _Label | None = None
    """What the agent calls it, as in "I will connect you with sales"."""
    ringing_timeout: _RingingTimeout | None = None
    """Over that of the transfer."""
    extension: _Extension | None = None
    """Digits to dial when it has answered; each `w` is half a second's pause."""


class TransferFallback(schemas.Input):
    """What becomes of a caller whom nobody takes."""

    strategy: transfer_wishes.Fallback


class TransferVoicemailDetection(schemas.Input):
    """Whether a destination's voicemail is told from a person."""

    mode: Literal["agent", "off"] = "agent"
    """`agent`: by what is heard after the answer."""
    timeout_seconds: Annotated[float, pydantic.Field(gt=0, le=60)] = transfer_wishes.VOICEMAIL_S
    """For how long after the answer."""


class WarmTransfer(_Transfer):
    """A transfer to whoever, asked by the agent, takes the call."""

    from_: Annotated[str | None, pydantic.Field(max_length=64, alias="from")] = None
    """The number of ours that is shown, E.164. Default: that of the call."""
    destinations: Annotated[
        tuple[TransferDestination, ...],
        pydantic.Field(max_length=transfer_wishes.MAX_DESTINATIONS, json_schema_extra={"minItems": 1}),
        pydantic.AfterValidator(_some),
    ]
    """In the order in which they are tried."""
    screening_prompt: Annotated[str, given.text(2000)] | None = None
    """What the agent is to find out from whoever answers, before it connects them."""
    summary: Annotated[str, given.text(transfer_wishes.MAX_SUMMARY)] | None = None
    """What whoever answers is told of the call. Default: what the agent makes of it."""
    fallback: TransferFallback | None = None
    """Default: as the agent's `transfer_fallback` says."""
    voicemail_detection: TransferVoicemailDetection = TransferVoicemailDetection()


class TransferCancellation(schemas.Input):
    """How a transfer is called off."""

    try_next: bool = False
    """Only the destination that is being tried is given up; the next one is dialed, or the fallback follows."""
