"""Carries out a REFER: answers it, calls or follows a script, and tells how it goes (RFC 3515 section 2.4)."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING

from lab.softphone import errors, messages, referrings, uris
from lab.softphone.headers import Headers
from lab.softphone.referrals import Notification, Referral
from lab.softphone.referrings import Notice, Referring
from lab.softphone.server_transactions import ServerTransaction

if TYPE_CHECKING:
    from lab.softphone import calls

LONGEST_RINGING_S = 180.0
"""Then the new call is given up (timer C of RFC 3261)."""
_SIPFRAG = ("Content-Type", "message/sipfrag;version=2.0")
_ACTIVE = ("Subscription-State", "active;expires=60")
_TERMINATED = ("Subscription-State", "terminated;reason=noresource")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """What the call in which the REFER came does for it."""

    now_s: Callable[[], float]
    dial: Callable[[str, Headers], calls.Call]
    """Places another call of the same phone."""
    notify: Callable[[Headers, bytes, int], Awaitable[messages.Response]]
    """Sends NOTIFY with a step of the CSeq, and waits for the 2xx."""
    hang_up: Callable[[], None]
    start: Callable[[Coroutine[None, None, None]], None]
    """Runs something until the call ends."""


class Referee:
    """One REFER that was or will be answered as a `Referring` says."""

    def __init__(self, referring: Referring, referral: Referral, line: Line) -> None:
        self._referring = referring
        self._referral = referral
        self._line = line

    async def carry_out(self, request: messages.Request, transaction: ServerTransaction) -> None:
        """Responds, and does what follows."""
        await asyncio.sleep(self._referring.answers_after_s)
        self._answer(request, transaction)
        if self._referring.accepts:
            await self._go_on()

    def _answer(self, request: messages.Request, transaction: ServerTransaction) -> None:
        """Responds, without a code not at all, and dials if that is what is to be done."""
        if self._referring.code is not None:
            extra = Headers.given(self._referring.headers)
            transaction.respond(messages.response_to(request, self._referring.code, extra=extra))
        target = self._target() if self._referring.dials else None
        if target is not None:
            self._referral.call = self._line.dial(target, self._referral.headers.only("Referred-By"))

    async def _go_on(self) -> None:
        """What follows a 202, to the end; a new call outlives it."""
        if self._referring.script is not None:
            await self._follow(self._referring.script)
        elif self._referral.call is None:
            await self._tell(Notice(code=404))
        else:
            await self._accompany(self._referral.call)

    async def _follow(self, script: tuple[referrings.Step, ...]) -> None:
        for step in script:
            await asyncio.sleep(step.after_s)
            if isinstance(step, referrings.HangUp):
                self._line.hang_up()
            elif step.is_awaited:
                await self._tell(step)
            else:
                self._line.start(self._tell(step))

    async def _accompany(self, call: calls.Call) -> None:
        await self._tell(Notice(code=100))
        code = await self._watch(call)
        await self._tell(Notice(code=code))
        if code < 300 and self._referring.hangs_up:
            self._line.hang_up()

    async def _watch(self, call: calls.Call) -> int:
        """Tells when the new call rings, and gives what came of it: the final status."""
        try:
            await call.rings_or_is_answered(timeout=LONGEST_RINGING_S)
            if not call.is_up:
                await self._tell(Notice(code=180))
            await call.answered(timeout=LONGEST_RINGING_S)
        except errors.CallRefused as refused:
            return refused.code
        except errors.CallOver:
            return 487  # somebody hung it up
        except errors.Deadline:
            call.leave()
            return 408
        return 200

    def _target(self) -> str | None:
        """The sip: URI to call; None: a number that is reached nowhere, or no URI at all."""
        scheme, _, rest = self._referral.refer_to.partition(":")
        match scheme.lower():
            case "sip":
                return self._referral.refer_to if uris.is_sip(self._referral.refer_to) else None
            case "tel":
                return self._reached(rest.partition(";")[0])
            case _:
                return None

    def _reached(self, number: str) -> str | None:
        if number in self._referring.numbers:
            return self._referring.numbers[number]
        if self._referring.proxy is None:
            return None
        host, port = self._referring.proxy
        return f"sip:{number}@{host}:{port};user=phone"

    async def _tell(self, notice: Notice) -> None:
        event = f"refer;id={self._referral.cseq}" if self._referring.has_event_id else "refer"
        headers = Headers.of(("Event", event), _TERMINATED if notice.ends_subscription else _ACTIVE)
        body = b""
        if notice.code is not None:
            headers += Headers.of(_SIPFRAG)
            body = f"SIP/2.0 {notice.code} {messages.phrase(notice.code)}\r\n".encode()
        at_s = self._line.now_s()
        answer = await self._answer_to(headers, body, notice.cseq_step)
        self._referral.notifications.append(Notification(at_s=at_s, code=notice.code, answer=answer))

    async def _answer_to(self, headers: Headers, body: bytes, cseq_step: int) -> int | None:
        try:
            return (await self._line.notify(headers, body, cseq_step)).code
        except errors.CallRefused as refused:
            return refused.code
        except errors.Deadline:
            return None
