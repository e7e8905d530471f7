"""Calls that we place: asks for one by the API, and looks at what came of it."""

from __future__ import annotations

import asyncio
import secrets

from cli import api
from lab import labs, softphone, speech
from tests.calls import hearing, lines, standing

AGENT = "caller"
NAME = "Anna"
GREETING = f"Hello {NAME}, this is Cleo of Acme Plumbing. May I help you?"

INVITED_S = 15.0
_POLL_S = 0.05
_FIRST_SECOND = 8000  # samples of the telephone


async def place(ledger: api.Api, to: str, **more: object) -> str:
    """Have a call placed from the number that only calls out; its id."""
    body = {"to": to, "from": lines.ONLY_OUT, "agentId": AGENT, "variables": {"name": NAME}, **more}
    accepted = await ledger.place_call(body, idempotency_key=secrets.token_hex(8))
    assert accepted["status"] == "queued"
    call_id: str = accepted["callId"]
    return call_id


async def comes_to(ledger: api.Api, call_id: str, status: str, *, timeout: float = INVITED_S) -> api.Json:
    """The call as soon as it is in such a state."""
    async with asyncio.timeout(timeout):
        while (call := await ledger.call(call_id))["status"] != status:
            await asyncio.sleep(_POLL_S)
    return call


def how(row: api.Json) -> tuple[str, str, int | None, str]:
    """Why a call ended, who ended it, with which SIP status, and what came of it."""
    end = row["termination"]
    return end["reason"], end["endedBy"], end["sipStatusCode"], row["outcome"]


async def further_calls(callee: softphone.Softphone, *, within_s: float = 0.1) -> int:
    """How many calls reached the phone that nobody has taken from it yet."""
    count = 0
    while True:
        try:
            await callee.next_call(timeout=within_s)
        except softphone.PhoneError:
            return count
        count += 1


async def ask(far: softphone.Call, text: str) -> None:
    """Say something when the agent has finished, and hear an answer."""
    await far.hears_speech(timeout=10, since_s=0)
    await far.hears_silence(for_s=1.0, timeout=30, since_s=far.now_s)
    said = await far.play(await speech.say_async(text))
    await far.hears_speech(timeout=10, since_s=said.end_s)


def heard_greeting(far: softphone.Call) -> bool:
    """Whether the whole greeting was heard, and not a syllable of its first second is missing."""
    heard, whole = far.recording.heard(0.0), hearing.spoken(GREETING)
    beginning = hearing.likeness(heard, whole[:_FIRST_SECOND])
    return beginning > hearing.ALIKE and hearing.likeness(heard, whole) > hearing.ALIKE


async def settles(lab: labs.Lab, callee: softphone.Softphone) -> None:
    """Assert that nothing is left of any call, and that no phone rang but those that the test has looked at."""
    await standing.settles(lab, callee)
    assert await further_calls(callee) == 0
