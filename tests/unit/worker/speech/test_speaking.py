"""Fixed texts: spoken as they are to be pronounced, on record as they are written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from livekit import agents
from livekit.agents import tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

from callcore import contract, endings, errors
from tests.unit.worker import bridges, reports, samples
from worker.jobs import answering
from worker.jobs import endings as job_endings
from worker.jobs.speech import announcing, speaking
from worker.providers import registry

pytestmark = pytest.mark.unit

RATE = 16_000
DEADLINE_S = 30.0
VOICE = contract.Voice(
    tts=contract.ProviderSpec(provider="offline"), language="en", pronunciations={"Acme": "Ak mee", "Ak": "no"}
)
TEXT = "Acme is closed."


class Voice(tts.TTS[None]):
    """Says every text as so many seconds of sound; does what the test wants in between."""

    def __init__(self, *acts: Exception | float | None) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=RATE, num_channels=1)
        self.acts = acts
        self.texts: list[str] = []
        self.is_closed = False

    def synthesize(
        self, text: str, *, conn_options: agents.APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        self.texts.append(text)
        return Utterance(self, text, conn_options)

    async def aclose(self) -> None:
        self.is_closed = True


class Utterance(tts.ChunkedStream):
    def __init__(self, owner: Voice, text: str, conn_options: agents.APIConnectOptions) -> None:
        super().__init__(tts=owner, input_text=text, conn_options=conn_options)
        self._owner = owner

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(request_id="1", sample_rate=RATE, num_channels=1, mime_type="audio/pcm")
        for act in self._owner.acts:
            if isinstance(act, Exception):
                raise act
            if act is None:
                await asyncio.Event().wait()
            else:
                output_emitter.push(bytes(round(act * RATE) * 2))


@pytest.fixture
def bridge(monkeypatch: pytest.MonkeyPatch) -> bridges.Bridge:
    made = bridges.build(monkeypatch)
    made.subscribed.set()
    return made


@pytest.fixture
def told() -> reports.Reports:
    return reports.Reports()


MakeSpeaker = Callable[..., tuple[speaking.Speaker, Voice]]


@pytest.fixture
def speaker(bridge: bridges.Bridge, told: reports.Reports, monkeypatch: pytest.MonkeyPatch) -> MakeSpeaker:
    def make(*acts: Exception | float | None) -> tuple[speaking.Speaker, Voice]:
        voice = Voice(*acts)
        monkeypatch.setattr(registry, "voice", lambda *_, **__: voice)
        loaded: Any = None
        made = speaking.Speaker(
            bridge,  # type: ignore[arg-type]
            VOICE,
            loaded,
            reports=told,  # type: ignore[arg-type]
            timepiece=samples.a_clock(),
            on_heard=lambda: None,
        )
        return made, voice

    return make


async def test_a_text_is_said_as_pronounced_and_kept_as_written(
    speaker: MakeSpeaker, told: reports.Reports, bridge: bridges.Bridge
) -> None:
    made, voice = speaker(0.5, 0.5)
    async with asyncio.timeout(DEADLINE_S):
        await made.say(TEXT)
    assert voice.texts == ["Ak mee is closed."]
    assert len(bridges.Source.made[0].heard) == RATE * 2
    assert told.turns == [("agent", TEXT, False)]
    await made.aclose()
    assert voice.is_closed
    assert bridges.Source.made[0].is_closed


async def test_an_announcement_ends_the_call_when_it_is_over(speaker: MakeSpeaker) -> None:
    made, _ = speaker(0.2)
    ending = job_endings.Ending()
    async with asyncio.timeout(DEADLINE_S):
        await announcing.announce(contract.Announce(text=TEXT, voice=VOICE), made, ending)
        end = await ending.wait()
    assert (end.reason, end.ended_by, end.result) == (
        endings.Reason.MESSAGE_PLAYED,
        endings.EndedBy.SYSTEM,
        endings.Result.SUCCESS,
    )


@pytest.mark.parametrize(
    ("acts", "cause"),
    [
        ((agents.APIConnectionError(retryable=False),), "APIConnectionError"),
        ((None,), "TimeoutError"),
        ((), "APIError"),
    ],
)
async def test_a_voice_that_is_not_there_in_time_leaves_the_call_unanswered(
    speaker: MakeSpeaker,
    told: reports.Reports,
    bridge: bridges.Bridge,
    monkeypatch: pytest.MonkeyPatch,
    acts: tuple[Exception | None, ...],
    cause: str,
) -> None:
    if None in acts:
        monkeypatch.setattr(answering, "GREETING_S", 0.05)
    made, _ = speaker(*acts)
    with pytest.raises(errors.ProviderUnavailable):
        await made.say(TEXT)
    assert bridge.published == []
    assert told.turns == []
    assert told.noted == [("call.provider_failed", {"kind": "tts", "error_class": cause})]


async def test_a_voice_that_breaks_off_has_said_something(
    speaker: MakeSpeaker, told: reports.Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaking, "_STALL_S", 0.05)
    made, _ = speaker(0.5, None)
    with pytest.raises(errors.ProviderUnavailable):
        await made.say(TEXT)
    assert told.turns == [("agent", TEXT, True)]


async def test_a_caller_who_hangs_up_cuts_the_text_short(
    speaker: MakeSpeaker, told: reports.Reports, bridge: bridges.Bridge
) -> None:
    made, _ = speaker(0.5, None)
    saying = asyncio.create_task(made.say(TEXT))
    async with asyncio.timeout(DEADLINE_S):
        while not bridges.Source.made[0].heard:
            await asyncio.sleep(0)
    saying.cancel()
    await asyncio.gather(saying, return_exceptions=True)
    assert told.turns == [("agent", TEXT, True)]


async def test_a_caller_who_hangs_up_while_it_rings_has_heard_nothing(
    speaker: MakeSpeaker, told: reports.Reports, bridge: bridges.Bridge
) -> None:
    bridge.subscribed.clear()
    made, _ = speaker(0.5, None)
    saying = asyncio.create_task(made.say(TEXT))
    async with asyncio.timeout(DEADLINE_S):
        while not bridge.published:
            await asyncio.sleep(0)
    saying.cancel()
    await asyncio.gather(saying, return_exceptions=True)
    assert told.turns == []
