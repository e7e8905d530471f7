"""`transfers:` of an agent's file: to whom it may hand a caller over, and how."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Callable
from typing import Annotated

import pydantic

from callcore import contract, sip_headers, transfer_wishes
from sip_config import problems, values
from sip_config.schema import shapes

_SECONDS = dt.timedelta(seconds=1)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_TEXTS = contract.TransferTexts()
_FORMER_FALLBACKS = {
    "return": transfer_wishes.Fallback.RETURN_TO_AGENT,
    "voicemail": transfer_wishes.Fallback.TAKE_MESSAGE,
}


class TransferMode(enum.StrEnum):
    """How a caller is handed over."""

    WARM = "warm"
    """The agent speaks with the colleague first."""
    BLIND = "blind"
    """The caller is connected at once."""


def _renamed(value: object) -> object:
    if isinstance(value, str) and value in _FORMER_FALLBACKS:
        raise values.wrong(f"is called `{_FORMER_FALLBACKS[value].value}`")
    return value


Fallback = Annotated[transfer_wishes.Fallback, pydantic.BeforeValidator(_renamed)]
"""What becomes of a caller whose transfer reaches nobody."""

RingingTimeout = Annotated[
    values.Duration, values.between(5 * _SECONDS, dt.timedelta(seconds=transfer_wishes.MAX_RINGING_S))
]
"""How long a phone may ring; livekit-sip dials no longer than 80 s."""

Extension = Annotated[
    str,
    pydantic.StringConstraints(strip_whitespace=True),
    values.matching(r"(?=.{1,64}$)w*[0-9*#A-D][0-9*#A-Dw]*", "write digits, and `w` for half a second's pause"),
]
"""What is dialed after the answer."""


def _free_header(name: str) -> str:
    if sip_headers.is_reserved(name):
        raise values.wrong("this header is written by SIP itself")
    return name


Headers = Annotated[
    dict[Annotated[values.HeaderName, pydantic.AfterValidator(_free_header)], values.HeaderText],
    pydantic.Field(max_length=20),
]
"""SIP headers that go with a transfer."""


class Destination(shapes.Shape):
    """One of several phones that are tried in order."""

    to: values.Destination
    """A number in E.164 form, or a `sip:` URI."""
    label: values.Text | None = None
    """What the agent calls it. Default: the transfer's."""
    ringing_timeout: RingingTimeout | None = None
    """How long it may ring. Default: the transfer's."""
    extension: Extension | None = None
    """What is dialed after its answer: `0-9`, `*`, `#`, `A-D`, and `w` for half a second's pause."""


class VoicemailDetection(shapes.Shape):
    """Whether a colleague's voicemail is told from the colleague."""

    enabled: bool = True
    """Off: whatever answers is spoken to."""
    timeout: Annotated[values.Duration, values.between(_SECONDS, 60 * _SECONDS)] = dt.timedelta(
        seconds=transfer_wishes.VOICEMAIL_S
    )
    """For how long after the answer it is listened for; `1s` to `60s`."""


def _item_form(value: object) -> str:
    return "phone" if isinstance(value, str) else "with_options"


def _form(value: object) -> str:
    return "several" if isinstance(value, list | tuple) else "phone"


def _some(items: tuple[object, ...]) -> tuple[object, ...]:
    """Not by `min_length`, which counts only items without mistakes."""
    if not items:
        raise values.wrong("is empty")
    return items


_Item = Annotated[
    Annotated[values.Destination, pydantic.Tag("phone")] | Annotated[Destination, pydantic.Tag("with_options")],
    pydantic.Discriminator(_item_form),
]
_Items = Annotated[
    tuple[_Item, ...],
    pydantic.Field(max_length=transfer_wishes.MAX_DESTINATIONS, json_schema_extra={"minItems": 1}),
    pydantic.AfterValidator(_some),
]
_To = Annotated[
    Annotated[values.Destination, pydantic.Tag("phone")] | Annotated[_Items, pydantic.Tag("several")],
    pydantic.Discriminator(_form),
]


class Transfer(shapes.Shape):
    """Somebody to whom the agent may transfer a caller."""

    label: values.Text
    """What the agent calls this destination."""
    to: _To
    """A number in E.164 form or a `sip:` URI, or a list of them, tried in order, each alone or with options."""
    mode: TransferMode = TransferMode.WARM
    """`warm`: the agent speaks with the colleague first; `blind`: the caller is connected at once."""
    screening: Annotated[values.LongText, pydantic.Field(max_length=2000)] | None = None
    """What the agent is to find out from the colleague before it connects them; for `warm`."""
    when: values.Condition | None = None
    """A condition in CEL; without one the destination is always there."""
    ringing_timeout: RingingTimeout | None = None
    """How long each phone may ring, `5s` to `80s`. Default: the trunk's."""
    extension: Extension | None = None
    """What is dialed after the answer: `0-9`, `*`, `#`, `A-D`, and `w` for half a second's pause."""
    voicemail_detection: VoicemailDetection = VoicemailDetection()
    """Whether a colleague's voicemail is told from the colleague; for `warm`."""
    headers: Headers = pydantic.Field(default_factory=dict)
    """SIP headers for the REFER, or for the INVITE where there is none. They are kept with each call: no secrets."""
    fallback: Fallback | None = None
    """What follows where nobody takes the call. Default: `transfer_fallback` of the agent."""

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Every phone in the order in which they are tried, each with all that is said of it."""
        listed = [self.to] if isinstance(self.to, str) else self.to
        alone = [Destination(to=item, extension=self.extension) if isinstance(item, str) else item for item in listed]
        return tuple(
            one.model_copy(
                update={
                    "label": one.label or self.label,
                    "ringing_timeout": one.ringing_timeout or self.ringing_timeout,
                }
            )
            for one in alone
        )

    @pydantic.field_validator("screening", "voicemail_detection")
    @classmethod
    def _for_warm(cls, value: object, info: pydantic.ValidationInfo) -> object:
        if value not in (None, VoicemailDetection()) and info.data.get("mode") is TransferMode.BLIND:
            raise values.wrong("is for `warm`: before a `blind` transfer nobody speaks with the colleague")
        return value

    @pydantic.field_validator("extension")
    @classmethod
    def _of_one_phone(cls, value: str | None, info: pydantic.ValidationInfo) -> str | None:
        if value is not None and isinstance(info.data.get("to"), tuple):
            raise values.wrong("which phone's is it? Write it beside a `to` of the list")
        return value


def _with(*names: str) -> Callable[[str], str]:
    """A check that a sentence names nothing else."""

    def check(text: str) -> str:
        for name in _PLACEHOLDER.findall(text):
            if name not in names:
                raise values.wrong(f"there is no `{{{name}}}`{problems.nearest(name, names)}")
        if set("{}") & set(_PLACEHOLDER.sub("", text)):
            known = ", ".join(f"`{{{name}}}`" for name in names)
            raise values.wrong(f"braces may hold nothing but a name, as in {known}: this is no template")
        return text

    return check


_Sentence = Annotated[values.LongText, pydantic.Field(max_length=1000)]
_ToCaller = Annotated[_Sentence, pydantic.AfterValidator(_with("destination"))]
_ToColleague = Annotated[_Sentence, pydantic.AfterValidator(_with("agent", "destination", "summary"))]


class TransferTexts(shapes.Shape):
    """What is said around a transfer."""

    connecting: _ToCaller = _TEXTS.connecting
    """To the caller, before they are on hold."""
    unavailable: _ToCaller = _TEXTS.unavailable
    """To the caller, who is back with the agent."""
    take_message: _ToCaller = _TEXTS.take_message
    """To the caller, before a message is recorded."""
    goodbye: _ToCaller = _TEXTS.goodbye
    """To the caller, before the agent hangs up."""
    briefing: _ToColleague = _TEXTS.briefing
    """To the colleague, where no language model words it."""
