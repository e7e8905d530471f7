"""The softphone: places calls, answers calls, many at once."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncIterator, Iterable

from lab.softphone import (
    accounts,
    answerings,
    asking,
    calls,
    digest,
    errors,
    g711,
    guards,
    messages,
    methods,
    negotiation,
    pings,
    referrings,
    setups,
    tasks,
    timers,
    uris,
    user_agents,
)
from lab.softphone.headers import Given, Headers
from lab.softphone.incoming_calls import IncomingCall
from lab.softphone.misbehaviour import Misbehaviour
from lab.softphone.outgoing_calls import Dialing, OutgoingCall
from lab.softphone.server_transactions import InviteServerTransaction, ServerTransaction

MOST_UNCLAIMED_CALLS = 1000
"""Incoming calls that wait for `next_call`; further ones get 503."""
_CLOSING_S = 1.0
"""How long `close` waits for the other sides to agree that calls are over."""
_PLAIN_USER = re.compile(r"[+\w.-]{1,64}", re.ASCII)


class Softphone:
    """A SIP phone over UDP. Use `async with Softphone.open() as phone`."""

    def __init__(self, base_timers: timers.Timers) -> None:
        self._agent = user_agents.UserAgent(on_request=self._receive, on_ack=self._receive_ack, base_timers=base_timers)
        self._calls: dict[tuple[str, str], calls.Call] = {}
        self._reaping = tasks.Tasks()
        self._answerings: dict[str | None, answerings.Answering] = {None: answerings.UNAVAILABLE}
        self._referring = referrings.DOES_NOT_KNOW
        self._door = guards.Door()
        self._unclaimed: asyncio.Queue[IncomingCall] = asyncio.Queue(MOST_UNCLAIMED_CALLS)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, *, ip: str = "127.0.0.1", port: int = 0, base_timers: timers.Timers | None = None
    ) -> AsyncIterator[Softphone]:
        """A phone that is closed at the end of the block.

        Args:
            ip: the local address of signalling and audio.
            port: of the signalling; 0 takes any free one.
            base_timers: retransmission timers, for tests that cannot wait for the real ones.
        """
        phone = cls(base_timers or timers.Timers())
        await phone._agent.open(ip, port)
        try:
            yield phone
        finally:
            await phone.close()

    @property
    def address(self) -> uris.Address:
        return self._agent.ip, self._agent.port

    def uri(self, user: str) -> str:
        """The sip: URI that reaches this phone."""
        return f"sip:{user}@{self._agent.ip}:{self._agent.port}"

    @property
    def dialogs(self) -> tuple[calls.Call, ...]:
        """The calls that are alive, from the first INVITE to the end of the BYE."""
        return tuple(self._calls.values())

    async def dial(
        self,
        target: str,
        *,
        caller: str,
        caller_host: str | None = None,
        name: str | None = None,
        to: str | None = None,
        next_hop: uris.Address | None = None,
        headers: Given | None = None,
        codecs: Iterable[g711.Codec | str] = negotiation.DEFAULT_CODECS,
        username: str | None = None,
        password: str | None = None,
        misbehaviour: Misbehaviour | None = None,
    ) -> OutgoingCall:
        """Sends an INVITE.

        Args:
            target: the URI to call.
            caller: the user part of the From URI, for example a number; sent as it is.
            caller_host: the host part of the From URI, instead of this phone's address.
            name: the display name of the From header.
            to: the URI of the To header, where it is not the target.
            next_hop: where to send the INVITE, if not to the target's host; a `tel:` URI has none.
            headers: further headers of the INVITE; pairs where a name occurs several times.
            codecs: what to offer, the preferred one first, by member or name (`"PCMA"`).
            username: with `password`, the credentials for a 401 or 407 to any request of the call.
            password: see `username`.
            misbehaviour: what to do wrong.
        """
        dialing = Dialing(
            target=target,
            caller=caller,
            caller_host=caller_host,
            name=name,
            to=to,
            next_hop=next_hop,
            headers=Headers.given(headers),
        )
        return self._place(
            dialing,
            codecs=tuple(codec if isinstance(codec, g711.Codec) else g711.Codec[codec] for codec in codecs),
            misbehaviour=misbehaviour or Misbehaviour(),
            account=_account(username, password),
        )

    async def ping(
        self,
        target: str,
        *,
        next_hop: uris.Address | None = None,
        username: str | None = None,
        password: str | None = None,
        timeout: float = asking.ANSWER_S,
    ) -> messages.Response:
        """Sends OPTIONS outside of any call, and waits for the 2xx; arguments as of `dial`.

        Raises:
            CallRefused: another final response came.
            Deadline: none came.
        """
        return await pings.ping(
            self._agent, target, next_hop=next_hop, account=_account(username, password), timeout=timeout
        )

    def answer_with(self, answering: answerings.Answering, *, user: str | None = None) -> None:
        """From now on, calls are answered like this.

        Args:
            answering: what to do.
            user: only calls to this user part of the Request-URI; None: all that have no rule of their own.
        """
        self._answerings[user] = answering

    def refer_with(self, referring: referrings.Referring) -> None:
        """From now on, a REFER in any call is taken like this, unless that call was told otherwise."""
        self._referring = referring

    def reset(self) -> None:
        """Answers as a new phone does, takes no REFER, and hands out no call that came before."""
        self._referring = referrings.DOES_NOT_KNOW
        self._answerings = {None: answerings.UNAVAILABLE}
        while not self._unclaimed.empty():
            self._unclaimed.get_nowait()

    async def next_call(self, *, timeout: float) -> IncomingCall:
        """The next call that reached this phone, answered or not; each is handed out once.

        Raises:
            Deadline: none came.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._unclaimed.get()
        except TimeoutError as late:
            raise errors.Deadline(f"no call came within {timeout:g} s") from late

    async def close(self) -> None:
        """Ends every call and frees every socket. Calls whose other side does not answer are dropped after a second."""
        alive = self.dialogs
        for call in alive:
            call.leave()
        await asyncio.gather(*(_gone(call) for call in alive))
        for call in self.dialogs:
            call.abandon()
        await self._agent.close()
        await self._reaping.finish()

    def _place(
        self,
        dialing: Dialing,
        *,
        codecs: tuple[g711.Codec, ...] = negotiation.DEFAULT_CODECS,
        misbehaviour: Misbehaviour,
        account: accounts.Account | None = None,
    ) -> OutgoingCall:
        setup = self._setup(
            call_id=f"{secrets.token_hex(12)}@{self._agent.ip}",
            user=dialing.caller if _PLAIN_USER.fullmatch(dialing.caller) else "phone",
            codecs=codecs,
            misbehaviour=misbehaviour,
            account=account,
        )
        call = OutgoingCall(setup, dialing)
        self._calls[call.key] = call
        call.start()
        return call

    def _place_instead(self, target: str, caller: str, headers: Headers) -> OutgoingCall:
        """The call that a REFER asked for."""
        return self._place(Dialing(target=target, caller=caller, headers=headers), misbehaviour=Misbehaviour())

    def _setup(
        self,
        *,
        call_id: str,
        user: str,
        codecs: tuple[g711.Codec, ...],
        misbehaviour: Misbehaviour,
        account: accounts.Account | None = None,
    ) -> setups.Setup:
        return setups.Setup(
            agent=self._agent,
            call_id=call_id,
            tag=secrets.token_hex(6),
            user=user,
            codecs=codecs,
            misbehaviour=misbehaviour,
            account=account or accounts.Account(None),
            on_over=self._forget,
            dial=self._place_instead,
            referring=lambda: self._referring,
        )

    def _forget(self, call: calls.Call) -> None:
        self._calls.pop(call.key, None)
        self._reaping.start(call.tasks.close())

    def _receive(self, request: messages.Request, transaction: ServerTransaction) -> None:
        call = self._calls.get((request.call_id, request.to_tag or ""))
        if request.method == "CANCEL":
            self._receive_cancel(request, transaction)
        elif call is not None:
            call.receive(request, transaction)
        elif request.to_tag is not None:
            transaction.respond(messages.response_to(request, 481))
        elif isinstance(transaction, InviteServerTransaction):
            self._ring(request, transaction)
        elif request.method == "OPTIONS":
            transaction.respond(methods.options_answer(request))
        else:
            transaction.respond(methods.refusal(request))

    def _receive_ack(self, ack: messages.Request) -> None:
        call = self._calls.get((ack.call_id, ack.to_tag or ""))
        if call is not None:
            call.acknowledge(ack)

    def _receive_cancel(self, cancel: messages.Request, transaction: ServerTransaction) -> None:
        invite = self._agent.transactions.invite_of(cancel)
        transaction.respond(messages.response_to(cancel, 481 if invite is None else 200))
        for call in self.dialogs:
            if isinstance(call, IncomingCall) and call.is_cancelled_by(invite):
                call.give_up()

    def _ring(self, invite: messages.Request, transaction: InviteServerTransaction) -> None:
        if self._unclaimed.full():
            transaction.respond(messages.response_to(invite, 503))
            return
        user = uris.parse(invite.uri).user
        answering = self._answerings.get(user, self._answerings[None])
        challenge = self._door.challenge(answering.guard, invite) if answering.guard is not None else None
        if challenge is not None:
            transaction.respond(challenge)
            return
        setup = self._setup(
            call_id=invite.call_id, user=user, codecs=answering.codecs, misbehaviour=answering.misbehaviour
        )
        call = IncomingCall(setup, answering, invite, transaction)
        self._calls[call.key] = call
        self._unclaimed.put_nowait(call)
        call.start()


def _account(username: str | None, password: str | None) -> accounts.Account:
    if username is None or password is None:
        return accounts.Account(None)
    return accounts.Account(digest.Credentials(username=username, password=password))


async def _gone(call: calls.Call) -> None:
    with contextlib.suppress(errors.Deadline):
        await call.ended(timeout=_CLOSING_S)
