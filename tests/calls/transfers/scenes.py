"""One call whose caller is to be connected with somebody else: the caller's phone, and what the ledger says of it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

from callcore import errors
from cli import api
from lab import labs, softphone
from tests.calls import standing
from tests.calls.transfers import switches

DESK = "+12015550120"
DESK_WITHOUT_REFER = "+12015550121"
DESK_WITHOUT_KEYS = "+12015550122"

CALLERS_HZ, HUMANS_HZ = softphone.CLEAR_HZ[0], softphone.CLEAR_HZ[1]
RING_S = 3.0
ANSWERED_S = 15.0
GREETED_S = 2.5  # the greeting takes so long; nobody has to wait for its end
MOVED_S = 30.0  # for a state to come that nothing in the test delays
_POLL_S = 0.05

FINAL = frozenset({"bridged", "returned", "failed", "cancelled"})


class Scene:
    """A caller in conversation with an agent that can connect them."""

    def __init__(
        self,
        lab: labs.Lab,
        ledger: api.Api,
        switch: switches.Switch,
        phone: softphone.Softphone,
        near: softphone.OutgoingCall,
        call_id: str,
    ) -> None:
        self.lab = lab
        self.ledger = ledger
        self.switch = switch
        self.phone = phone
        """The caller's."""
        self.near = near
        self.call_id = call_id
        self.transfer_id = ""

    async def warm(self, *numbers: str, ring_s: float = RING_S, **more: Any) -> None:
        """Have the caller connected, with a consultation first, with the first of these who takes the call."""
        destinations = [{"to": number, "label": "the office", "ringingTimeout": ring_s} for number in numbers]
        await self._begin("warm", {"destinations": destinations, **more})

    async def blind(self, number: str, *, ring_s: float = RING_S, **more: Any) -> None:
        """Have the caller connected at once."""
        await self._begin("blind", {"to": number, "ringingTimeout": ring_s, **more})

    async def _begin(self, kind: str, body: dict[str, Any]) -> None:
        path = f"/v1/calls/{self.call_id}/transfers/{kind}"
        begun = await self.ledger.ask("POST", path, body=body, idempotency_key=secrets.token_hex(8))
        self.transfer_id = begun["id"]

    async def hand(self, what: str, body: dict[str, Any] | None = None) -> api.Json:
        """An operator's hand on the transfer: `complete` or `cancel`."""
        return await self.ledger.ask("POST", f"{self._path}/{what}", body=body or {})

    async def transfer(self) -> api.Json:
        return await self.ledger.ask("GET", self._path)

    async def comes_to(self, *states: str, timeout: float = MOVED_S) -> api.Json:
        """The transfer as soon as it is in one of these states; a dispatch that is out is waited for."""
        async with asyncio.timeout(timeout):
            while True:
                with contextlib.suppress(errors.DispatchUnavailable):
                    found = await self.transfer()
                    if found["state"] in states:
                        return found
                await asyncio.sleep(_POLL_S)

    async def is_over(self, *, timeout: float = 60.0) -> api.Json:
        """The transfer once it is over."""
        return await self.comes_to(*FINAL, timeout=timeout)

    async def event_at(self, kind: str) -> float:
        """When an event of the call was, by this machine's monotonic clock."""
        found = [event for event in await self.ledger.events(self.call_id) if event["type"] == kind]
        return monotonic(found[-1]["at"])

    async def agent_spoke_at(self, text: str, *, timeout: float = 20.0) -> float:
        """When the agent began to say a text, by this machine's monotonic clock, as soon as the ledger has it."""
        async with asyncio.timeout(timeout):
            while True:
                for turn in (await self.ledger.call(self.call_id))["transcript"]:
                    if turn["role"] == "agent" and text in turn["message"]:
                        return monotonic(turn["timestamp"])
                await asyncio.sleep(_POLL_S)

    async def story(self) -> str:
        """The call's events, with the seconds since the first: what to look at when something went wrong."""
        try:
            events = await self.ledger.events(self.call_id)
        except errors.TrunklineError as error:
            return f"no story: {error.message}"
        first = dt.datetime.fromisoformat(events[0]["at"])
        told = (
            f"{(dt.datetime.fromisoformat(event['at']) - first).total_seconds():.2f} {event['type']}"
            f" {event['data'].get('result') or event['data'].get('reason') or ''}"
            for event in events
        )
        return "; ".join(told)

    @property
    def _path(self) -> str:
        return f"/v1/calls/{self.call_id}/transfers/{self.transfer_id}"


@contextlib.asynccontextmanager
async def calling(
    lab: labs.Lab, switch: switches.Switch, *, number: str = DESK, caller: str = standing.CALLER
) -> AsyncIterator[Scene]:
    """A scene, from the agent's first word; whoever is still on the phone at its end hangs up."""
    async with standing.ledger_of(lab) as ledger, softphone.Softphone.open() as phone:
        near = await phone.dial(standing.uri(lab, number), caller=caller)
        await near.answered(timeout=ANSWERED_S)
        call_id = await _call_of(ledger, caller)
        yield Scene(lab, ledger, switch, phone, near, call_id)
        if near.ending is None:
            await near.hang_up()


async def _call_of(ledger: api.Api, caller: str) -> str:
    async with asyncio.timeout(ANSWERED_S):
        while True:
            for call in (await ledger.calls({"number": caller, "status": "in_progress"}))["items"]:
                if call["from"] == caller:
                    return str(call["callId"])
            await asyncio.sleep(_POLL_S)


def monotonic(at: str) -> float:
    """A moment that the ledger names, by this machine's monotonic clock; both are on one machine."""
    ago_s = (dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(at)).total_seconds()
    return time.monotonic() - ago_s


def hum(call: softphone.Call, hertz: float, *, seconds: float = 40.0) -> asyncio.Task[Any]:
    """Have a phone send its tone, until it is told to stop or the call ends."""

    async def humming() -> None:
        with contextlib.suppress(softphone.CallOver):
            await call.play(softphone.tone(hertz, seconds), rate=8000)

    return asyncio.create_task(humming())


async def hear_each_other(near: softphone.Call, far: softphone.Call) -> None:
    """Assert that what either says reaches the other."""
    hearing = asyncio.gather(far.hears_tone(CALLERS_HZ, timeout=10), near.hears_tone(HUMANS_HZ, timeout=10))
    near.stop_playing()
    far.stop_playing()
    await asyncio.gather(
        near.play(softphone.tone(CALLERS_HZ, 1.5), rate=8000), far.play(softphone.tone(HUMANS_HZ, 1.5), rate=8000)
    )
    await hearing
