"""Which SIP methods the phone does, and what it says to the others."""

from __future__ import annotations

from lab.softphone import infos, messages
from lab.softphone.headers import Headers

WITHOUT_REFER = ("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO")
"""All that a phone does that takes no REFER."""
ALLOWED = ("Allow", f"{WITHOUT_REFER[1]}, REFER")
ABILITIES = (ALLOWED, ("Accept", f"{messages.SDP}, {infos.DTMF_RELAY}"))
"""What an OPTIONS tells, asked or asking."""
_NOT_DONE = {"REGISTER", "SUBSCRIBE", "NOTIFY", "UPDATE", "MESSAGE", "PRACK", "PUBLISH"}
_ONLY_IN_CALLS = {"INFO", "BYE", "REFER"}


def options_answer(request: messages.Request) -> messages.Response:
    """What an OPTIONS is answered with, within a call and outside (RFC 3261 section 11.2)."""
    return messages.response_to(request, 200, extra=Headers.of(*ABILITIES))


def refusal(request: messages.Request) -> messages.Response:
    """The answer to what this phone does not do (RFC 3261 section 8.2.1).

    405 to a method that it knows, 501 to one that it has never heard of, 481 to one that needs a call.
    """
    if request.method in _ONLY_IN_CALLS:
        return messages.response_to(request, 481)
    code = 405 if request.method in _NOT_DONE else 501
    return messages.response_to(request, code, extra=Headers.of(ALLOWED))
