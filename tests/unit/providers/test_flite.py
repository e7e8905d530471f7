"""The offline voice."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest
from livekit import agents

from worker.providers.offline import flite, flite_library

pytestmark = pytest.mark.unit

SENTENCE = "We are open Monday to Friday from eight to five."


@pytest.mark.parametrize(("voice", "rate"), sorted(flite_library.SAMPLE_RATES.items()))
async def test_every_voice_speaks(voice: str, rate: int) -> None:
    speaker = flite.FliteTTS(voice)
    frame = await speaker.synthesize(SENTENCE).collect()
    assert (frame.sample_rate, speaker.sample_rate) == (rate, rate)
    assert 2.0 < frame.duration < 6.0
    assert np.abs(np.frombuffer(frame.data, dtype=np.int16)).max() > 3000
    await speaker.aclose()


@pytest.mark.parametrize("text", ["...", "😀", "-", "Ünïcödé “quotes” — dash", "x" * 700, "$%s\\n\x07"])
async def test_odd_texts_neither_fail_nor_hang(text: str) -> None:
    speaker = flite.FliteTTS("kal")
    async with asyncio.timeout(30):
        frame = await speaker.synthesize(text).collect()
    assert frame.duration > 0
    await speaker.aclose()


def test_long_texts_are_spoken_in_pieces_that_lose_no_word() -> None:
    text = f"{SENTENCE} {'and so on ' * 60}. Is that right? Yes!"
    pieces = list(flite.pieces(text))
    assert pieces[0] == SENTENCE
    assert max(map(len, pieces)) <= flite.MAX_PIECE_CHARS
    assert " ".join(pieces).split() == text.split()


async def test_a_reply_that_is_cut_off_stops_at_the_next_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    speaker = flite.FliteTTS("slt")
    said, synthesise = [], speaker._voice.synthesise

    def noting(text: str) -> bytes:
        said.append(text)
        return synthesise(text)

    monkeypatch.setattr(speaker._voice, "synthesise", noting)
    text = f"{SENTENCE} " * 50
    stream = speaker.synthesize(text)
    await anext(aiter(stream))
    await stream.aclose()
    assert len(said) < len(list(flite.pieces(text))) / 5
    async with asyncio.timeout(30):
        assert (await speaker.synthesize("Yes.").collect()).duration > 0
    await speaker.aclose()


async def test_synthesis_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()

    def slow(text: str) -> bytes:
        assert given_up.wait(30)
        return bytes(len(text))

    speaker = flite.FliteTTS("slt")
    monkeypatch.setattr(speaker._voice, "synthesise", slow)
    options = agents.APIConnectOptions(max_retry=0, timeout=0.05)
    try:
        with pytest.raises(agents.APIError):
            await speaker.synthesize(SENTENCE, conn_options=options).collect()
    finally:
        given_up.set()
    await speaker.aclose()


def test_what_it_can_do_is_told_truthfully() -> None:
    capabilities = flite.FliteTTS("slt").capabilities
    assert not capabilities.streaming
    assert not capabilities.aligned_transcript
