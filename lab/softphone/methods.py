"""Which SIP methods the phone does, and what it says to the others."""

from __future__ import annotations

from lab.softphone import messages
from lab.softphone.headers import Headers

ALLOWED = ("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS")
_NOT_DONE = {"REGISTER", "SUBSCRIBE", "NOTIFY", "REFER", "INFO", "UPDATE", "MESSAGE", "PRACK", "PUBLISH"}


def options_answer(request: messages.Request) -> messages.Response:
    """What an OPTIONS is answered with, within a call and outside (RFC 3261 section 11.2)."""
    return messages.response_to(request, 200, extra=Headers.of(ALLOWED))


def refusal(request: messages.Request) -> messages.Response:
    """405 to a method that this phone does not do, 501 to one that it has never heard of (RFC 3261 section 8.2.1)."""
    code = 405 if request.method in _NOT_DONE else 501
    return messages.response_to(request, code, extra=Headers.of(ALLOWED))
