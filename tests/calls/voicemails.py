"""Leaves a message as a caller does, and finds it in the ledger."""

from __future__ import annotations

import asyncio
import io

import aiohttp
import soundfile

from cli import api
from lab import labs, softphone, speech
from lab.scenarios import verdicts
from tests.calls import hearing, lines, standing

BEEP_HZ = 1000.0
MESSAGE = "I have a question about my bill, please call me back"
_WRITTEN_S = 30.0  # for audio and transcript to come after the call
_GREETING_S = 20.0
_QUIET_S = 0.5
_WORDS_HEARD = 0.6


async def leave(call: softphone.Call, *, after_s: float = 0.0) -> softphone.Samples:
    """Hears the greeting and the beep, says the message, and hangs up; what was said, at 8 kHz."""
    samples = await speech.say_async(MESSAGE)
    await call.hears_speech(timeout=_GREETING_S, since_s=after_s)
    beeped_s = await call.hears_tone(BEEP_HZ, timeout=_GREETING_S)
    await call.hears_silence(for_s=_QUIET_S, timeout=_GREETING_S, since_s=beeped_s)
    await call.play(samples)
    await asyncio.sleep(_QUIET_S)  # the last word is still under way
    await call.hang_up()
    # In a thread, as other calls of the test may go on, whose sound this process makes.
    assert await asyncio.to_thread(hearing.says, call, lines.LEAVE_A_MESSAGE, from_s=after_s)
    return softphone.telephone(samples, speech.RATE)


async def assert_kept(lab: labs.Lab, ledger: api.Api, call_id: str, said: softphone.Samples) -> api.Json:
    """Assert that the ledger has a call that is over with its message, as sound and in writing."""
    row = await standing.ended_call(ledger, call_id)
    async with asyncio.timeout(_WRITTEN_S):
        while row["voicemail"] is None or not _written(row):
            await asyncio.sleep(0.2)
            row = await ledger.call(row["callId"])
    assert verdicts.share_heard(MESSAGE, _written(row)) >= _WORDS_HEARD
    heard = await kept_sound(lab, ledger, row["callId"])
    assert row["voicemail"]["durationSeconds"] >= len(said) / 8000 - 0.5
    assert row["voicemail"]["durationSeconds"] < len(heard) / 8000 + 1.0
    assert hearing.likeness(heard, said) > hearing.ALIKE
    assert hearing.likeness(heard, hearing.spoken(lines.LEAVE_A_MESSAGE)) < hearing.ALIKE, "the caller alone"
    return row


async def kept_sound(lab: labs.Lab, ledger: api.Api, call_id: str) -> softphone.Samples:
    """The sound of a call's message, as soon as the ledger has it."""
    async with asyncio.timeout(_WRITTEN_S):
        while (row := await ledger.call(call_id))["voicemail"] is None:
            await asyncio.sleep(0.2)
    return await _audio(lab, row["voicemail"]["url"])


def _written(row: api.Json) -> str:
    return " ".join(turn["message"] for turn in row["transcript"] if turn["role"] == "user")


async def _audio(lab: labs.Lab, url: str) -> softphone.Samples:
    headers = {"Authorization": f"Bearer {lab.api_key}"}
    address = url if url.startswith("http") else lab.dispatch_url + url
    async with aiohttp.ClientSession(headers=headers) as http, http.get(address) as response:
        assert response.status == 200
        assert response.content_type == "audio/wav"
        samples, rate = soundfile.read(io.BytesIO(await response.read()), dtype="int16")
    return softphone.telephone(samples, rate)
