"""Many calls in one process."""

import asyncio

import pytest

from lab import softphone
from tests.unit.softphone.conftest import CALLER

pytestmark = pytest.mark.integration

CALLS = 20


async def test_twenty_calls_at_once_do_not_mix(caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    near = [await caller.dial(callee.uri(f"line{line}"), caller=CALLER) for line in range(CALLS)]
    await asyncio.gather(*(call.answered(timeout=10) for call in near))
    far = {call.dialed: call for call in [await callee.next_call(timeout=10) for _ in near]}
    pairs = [(call, far[f"line{line}"], 400 + 100 * line) for line, call in enumerate(near)]
    assert len(caller.dialogs) == len(callee.dialogs) == CALLS
    await asyncio.gather(
        *(call.play(softphone.tone(hz, 1.0), rate=8000) for call, _, hz in pairs),
        *(call.hears_tone(hz, timeout=10) for _, call, hz in pairs),
        *(call.press(f"{hz}", key_s=0.06, gap_s=0.04) for call, _, hz in pairs),
    )
    for _, call, hz in pairs:
        await call.hears_digits(f"{hz}", timeout=10)
        start_s = call.recording.first_sound_s()
        assert start_s is not None
        own, others = (call.tone_level(wanted, start_s, start_s + 0.5) for wanted in (hz, hz + 100))
        assert own > -30
        # Of a tone with gaps in it, as on a busy machine, a part is heard beside it; of another call's, all of it.
        assert others < own - 12
        assert len(call.audio_sources) == 1
    await asyncio.gather(*(call.hang_up() for call in near))
    assert [(await call.ended(timeout=10)).by for call in far.values()] == [softphone.EndedBy.PEER] * CALLS
    assert (caller.dialogs, callee.dialogs) == ((), ())
