"""All simulators as one aiohttp application."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

from aiohttp import web

from lab import speech
from lab.providers import behaviours, control, deepgram, elevenlabs, openai, repliers, utterances, visits

MAX_BODY_BYTES = 4 * 1024 * 1024
"""The longest utterance as base64 of 16-bit PCM at 48 kHz."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """How the simulators start."""

    port: int = 0
    """0 takes a free one."""
    behaviours: Mapping[behaviours.Service, behaviours.Behaviour] = dataclasses.field(default_factory=dict)
    utterances: Sequence[str] = ()
    """Texts that callers will say, spoken by `caller_voice`."""
    recordings: pathlib.Path | None = None
    """A folder of WAV files that callers will play, each with its text in a `.txt` file of the same name."""
    caller_voice: speech.Voice = speech.Voice.RMS
    replier: repliers.Replier = dataclasses.field(default_factory=repliers.Scripted)
    max_open: int = visits.MAX_OPEN
    """Requests and sockets of one service at a time."""


class World:
    """The state that the services share, and the application over it."""

    def __init__(self, options: Options) -> None:
        problems = {
            behaviours.Service.DEEPGRAM: deepgram.problem,
            behaviours.Service.ELEVENLABS: elevenlabs.problem,
            behaviours.Service.OPENAI: openai.problem,
        }
        self.receptions = {
            service: visits.Reception(
                options.behaviours.get(service, behaviours.Behaviour()), problem, options.max_open
            )
            for service, problem in problems.items()
        }
        self.corpus = utterances.Corpus()
        self._replier = options.replier

    def application(self) -> web.Application:
        """The application, to be served once."""
        application = web.Application(middlewares=[visits.answer_refusals], client_max_size=MAX_BODY_BYTES)
        application.add_routes(
            [
                *deepgram.Deepgram(self.receptions[behaviours.Service.DEEPGRAM], self.corpus).routes(),
                *elevenlabs.ElevenLabs(self.receptions[behaviours.Service.ELEVENLABS]).routes(),
                *openai.OpenAI(self.receptions[behaviours.Service.OPENAI], self._replier).routes(),
                *control.Control(self.receptions, self.corpus).routes(),
            ]
        )
        return application
