"""Running the simulators within a process."""

from __future__ import annotations

import contextlib
import copy
import pathlib
from collections.abc import AsyncIterator, Iterable

from aiohttp import web

from lab.providers import app, behaviours, control, pcm, visits

HOST = "127.0.0.1"
"""The simulators take any key, so only this machine may reach them."""
SHUTDOWN_S = 1.0
"""How long open sockets may go on once the end has come."""


class Simulators:
    """The simulators, running."""

    def __init__(self, world: app.World, port: int) -> None:
        self._world = world
        self.url = f"http://{HOST}:{port}"

    @property
    def deepgram_url(self) -> str:
        """The base URL for a Deepgram client."""
        return f"{self.url}/v1/listen"

    @property
    def elevenlabs_url(self) -> str:
        """The base URL for an ElevenLabs client."""
        return f"{self.url}/v1"

    @property
    def openai_url(self) -> str:
        """The base URL for an OpenAI client."""
        return f"{self.url}/v1"

    def behave(self, service: behaviours.Service, behaviour: behaviours.Behaviour) -> None:
        """Behave so from the service's next request on."""
        self._world.receptions[service].conduct.replace(behaviour)

    def tally(self, service: behaviours.Service) -> visits.Tally:
        """What the service has seen so far."""
        return copy.deepcopy(self._world.receptions[service].tally)

    def register(self, spoken: Iterable[tuple[str, pcm.Sound]]) -> None:
        """Let the recogniser know these sounds by their texts. Raises as `utterances.Corpus.register`."""
        self._world.corpus.register(spoken)


@contextlib.asynccontextmanager
async def running(options: app.Options | None = None) -> AsyncIterator[Simulators]:
    """The simulators, serving on loopback until the context is left.

    Raises:
        OSError: the port is taken, or a recording cannot be read.
        speech.SpeechUnavailable: an utterance could not be spoken.
        pcm.UnreadableSound: a recording is no mono 16-bit WAV file.
        utterances.UtteranceRefused: a text or sound is of no use to the recogniser.
    """
    options = options or app.Options()
    world = app.World(options)
    spoken = [(text, await control.spoken(text, options.caller_voice)) for text in options.utterances]
    recorded = _recordings(options.recordings) if options.recordings else []
    world.corpus.register([*spoken, *recorded])
    # A request whose client is gone is over: a stalled one would be held for minutes.
    runner = web.AppRunner(world.application(), access_log=None, handler_cancellation=True, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, options.port)
        await site.start()
        yield Simulators(world, runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _recordings(folder: pathlib.Path) -> list[tuple[str, pcm.Sound]]:
    return [
        (wav.with_suffix(".txt").read_text(encoding="utf-8").strip(), pcm.from_wav(wav.read_bytes()))
        for wav in sorted(folder.glob("*.wav"))
    ]
