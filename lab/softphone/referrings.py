"""What a phone in a call does when it is asked to call somebody else instead (REFER, RFC 3515).

    phone.refer_with(softphone.Referring(proxy=human.address))  # really calls, tells how that goes, and hangs up
    call.refer_with(referrings.refuses(603))  # this call alone
    call.refer_with(referrings.notifies(486))  # 202, and then the news that the other phone is busy
    call.refer_with(referrings.NEVER_NOTIFIES)

`FAULTS` names every way of getting it wrong that this module knows.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping

from lab.softphone import methods, uris


@dataclasses.dataclass(frozen=True, kw_only=True)
class Notice:
    """One NOTIFY of a script."""

    code: int | None
    """The status in its body, of type message/sipfrag (RFC 3420); None: it has no body."""
    after_s: float = 0.0
    """Sent so long after the step before it, or after the answer to the REFER."""
    is_last: bool | None = None
    """Whether it says that the subscription is over; None: if its status is a final one, as RFC 3515 demands."""
    is_awaited: bool = True
    """Whether its answer is waited for before the next step."""
    cseq_step: int = 1
    """Its CSeq is that of the request before it and so much; anything but 1 is a fault."""

    @property
    def ends_subscription(self) -> bool:
        final = self.code is not None and self.code >= 200
        return final if self.is_last is None else self.is_last


@dataclasses.dataclass(frozen=True, kw_only=True)
class HangUp:
    """A BYE of a script."""

    after_s: float = 0.0
    """Sent so long after the step before it."""


Step = Notice | HangUp


@dataclasses.dataclass(frozen=True, kw_only=True)
class Referring:
    """Takes a REFER and really calls who it names; or refuses it; or takes it and says what a script says."""

    code: int | None = 202
    """The response; None: there is none."""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Further headers of the response."""
    answers_after_s: float = 0.02
    """Responds so late. livekit-sip 1.8.0 may lose a response that comes before it has noted that it waits for one,
    which no network is fast enough for."""
    script: tuple[Step, ...] | None = None
    """What follows a 202, instead of a call."""
    numbers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The sip: URI that a number of a tel: URI is reached by."""
    proxy: uris.Address | None = None
    """Where all other numbers are reached; None: nowhere, which is told as 404."""
    hangs_up: bool = True
    """Ends the call in which it was asked as soon as the new one is answered and that has been told."""
    has_event_id: bool = True
    """Names the REFER in the Event header of every NOTIFY (`refer;id=2`); off: `refer` alone, as many carriers do."""

    @property
    def dials(self) -> bool:
        return self.accepts and self.script is None

    @property
    def accepts(self) -> bool:
        return self.code is not None and self.code < 300


def refuses(code: int, *, has_allow: bool = False) -> Referring:
    """Refuses a REFER.

    Args:
        code: 300 or more.
        has_allow: whether an Allow header says what else the phone does (RFC 3261 section 21.4.6 demands it of a 405).
    """
    return Referring(code=code, headers=dict([methods.WITHOUT_REFER]) if has_allow else {})


def notifies(code: int, *, after_s: float = 0.0, hangs_up_after_s: float | None = None) -> Referring:
    """Says 202, and at once that it is trying; then, without having called anybody, what has come of it.

    Args:
        code: the final status that it tells.
        after_s: how long that takes.
        hangs_up_after_s: the BYE follows its answer so much later; None: never.
    """
    leaving = () if hangs_up_after_s is None else (HangUp(after_s=hangs_up_after_s),)
    return Referring(script=(Notice(code=100), Notice(code=code, after_s=after_s), *leaving))


def hangs_up(*, after_s: float = 0.05) -> Referring:
    """Says 202, and hangs up without another word."""
    return Referring(script=(HangUp(after_s=after_s),))


DOES_NOT_KNOW = refuses(405, has_allow=True)
"""A phone that was not told what to do with a REFER."""
UNANSWERED = Referring(code=None)
"""No response at all."""
SUCCEEDS = Referring(script=(Notice(code=100), Notice(code=180), Notice(code=200), HangUp()))
"""As if the other phone had answered: no fault."""
STAYS = notifies(200)
"""Tells of success, and leaves the BYE to the other side."""
NEVER_NOTIFIES = Referring(script=())
"""202, and nothing more."""
ONLY_TRIES = Referring(script=(Notice(code=100),))
"""202 and NOTIFY 100, and nothing more."""
NO_RESULT = Referring(script=(Notice(code=100, is_last=True),))
"""The subscription is over, and no final status was told."""
NO_BODY = Referring(script=(Notice(code=None, is_last=True),))
"""The same without even a status."""
TELLS_TWICE = Referring(script=(Notice(code=100), Notice(code=200), Notice(code=200, is_awaited=False), HangUp()))
"""The final NOTIFY comes as two requests."""
OUT_OF_ORDER = Referring(script=(Notice(code=100, cseq_step=2), Notice(code=200, cseq_step=-1), HangUp()))
"""The final NOTIFY has a lower CSeq than the one before it."""

FAULTS: Mapping[str, Referring] = types.MappingProxyType(
    {
        "403": refuses(403),
        "403_with_allow": refuses(403, has_allow=True),
        "405": refuses(405),
        "405_with_allow": refuses(405, has_allow=True),
        "501": refuses(501),
        "603": refuses(603),
        "unanswered": UNANSWERED,
        "notify_486": notifies(486),
        "notify_503": notifies(503),
        "stays": STAYS,
        "never_notifies": NEVER_NOTIFIES,
        "only_tries": ONLY_TRIES,
        "no_result": NO_RESULT,
        "no_body": NO_BODY,
        "tells_twice": TELLS_TWICE,
        "out_of_order": OUT_OF_ORDER,
        "hangs_up": hangs_up(),
    }
)
"""By name. Success that is told too late depends on the deadline: `notifies(200, after_s=...)`."""
