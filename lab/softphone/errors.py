"""Everything that the softphone raises on purpose.

PhoneError
├── Deadline            what was waited for did not happen in time (also a TimeoutError)
├── CallRefused         the other side answered the INVITE, or a re-INVITE, with 300 or more
├── CallOver            the call ended while something was still expected of it
├── NotReached          a moment was asked for that the call has not come to
├── MalformedMessage    these bytes are no SIP message, or a header of one cannot be read
└── BadSdp              a session description that this phone cannot use
"""

from __future__ import annotations

from callcore import errors
from lab.softphone.headers import Headers


class PhoneError(errors.TrunklineError):
    """The softphone cannot do this."""

    public_code = "softphone_error"


class Deadline(PhoneError, TimeoutError):
    """It did not happen in time."""


class CallRefused(PhoneError):
    """The other side refused."""

    def __init__(self, code: int, phrase: str, headers: Headers) -> None:
        super().__init__(f"{code} {phrase}")
        self.code = code
        self.phrase = phrase
        self.headers = headers


class CallOver(PhoneError):
    """The call is over."""


class NotReached(PhoneError):
    """The call has not come to this."""


class MalformedMessage(PhoneError):
    """This is not a SIP message."""


class BadSdp(PhoneError):
    """This phone cannot use the session description."""
