"""Steering the simulators while they run: `/control/...`. For whoever can reach the port, which is loopback."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import pydantic
from aiohttp import web

from callcore import errors
from lab import speech
from lab.providers import behaviours, pcm, utterances, visits

_MAX_DELAY_MS = 600_000
_MAX_TEXT = 2000
"""Characters; spoken, already more than an utterance may last."""


class _Edge(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class FaultDocument(_Edge):
    """A fault in JSON."""

    kind: behaviours.FaultKind
    after_requests: int = pydantic.Field(0, ge=0)
    after_messages: int = pydantic.Field(0, ge=0)
    times: int | None = pydantic.Field(None, ge=1)
    status: int = pydantic.Field(503, ge=400, le=599)


class BehaviourDocument(_Edge):
    """A behaviour in JSON; what is left out is none."""

    connect_delay_ms: int = pydantic.Field(0, ge=0, le=_MAX_DELAY_MS)
    first_ms: int = pydantic.Field(0, ge=0, le=_MAX_DELAY_MS)
    interval_ms: int | None = pydantic.Field(None, ge=0, le=_MAX_DELAY_MS)
    jitter_ms: int = pydantic.Field(0, ge=0, le=_MAX_DELAY_MS)
    seed: int = 0
    fault: FaultDocument | None = None

    def behaviour(self) -> behaviours.Behaviour:
        fault = behaviours.Fault(**dict(self.fault)) if self.fault else None
        return behaviours.Behaviour(**{**dict(self), "fault": fault})


class UtteranceDocument(_Edge):
    """A text to be recognised, with its sound as raw PCM or WAV in base64, or to be spoken by a voice of flite."""

    text: str = pydantic.Field(min_length=1, max_length=_MAX_TEXT)
    raw: str | None = pydantic.Field(None, alias="pcm")
    rate: int = pydantic.Field(16000, ge=8000, le=48000)
    wav: str | None = None
    voice: speech.Voice = speech.Voice.RMS

    def sound(self) -> pcm.Sound | None:
        """The sound given, if any.

        Raises:
            pcm.UnreadableSound: it is no base64, or no WAV file.
        """
        try:
            if self.raw is not None:
                return pcm.Sound(samples=pcm.from_linear16(base64.b64decode(self.raw, validate=True)), rate=self.rate)
            return pcm.from_wav(base64.b64decode(self.wav, validate=True)) if self.wav is not None else None
        except binascii.Error as error:
            raise pcm.UnreadableSound("the sound is not base64") from error


class Control:
    """The steering API."""

    def __init__(self, receptions: Mapping[behaviours.Service, visits.Reception], corpus: utterances.Corpus) -> None:
        self._receptions = receptions
        self._corpus = corpus

    def routes(self) -> list[web.RouteDef]:
        return [
            web.put("/control/{service}", self._behave),
            web.get("/control/requests", self._requests),
            web.post("/control/utterances", self._register),
        ]

    async def _behave(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["service"]
        if name not in list(behaviours.Service):
            raise visits.Refused(_problem(404, "There is no such service."))
        try:
            document = BehaviourDocument.model_validate_json(await request.read())
        except pydantic.ValidationError as error:
            raise visits.Refused(_problem(400, _reasons(error))) from error
        self._receptions[behaviours.Service(name)].conduct.replace(document.behaviour())
        return web.Response(status=204)

    async def _requests(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({name: vars(item.tally) for name, item in self._receptions.items()})

    async def _register(self, request: web.Request) -> web.StreamResponse:
        try:
            document = UtteranceDocument.model_validate_json(await request.read())
            sound = document.sound() or await spoken(document.text, document.voice)
            self._corpus.register([(document.text, sound)])
        except pydantic.ValidationError as error:
            raise visits.Refused(_problem(400, _reasons(error))) from error
        except (errors.BadInput, errors.Unavailable) as error:
            raise visits.Refused(_problem(400, error.message)) from error
        return web.json_response({"utterances": len(self._corpus)}, status=201)


async def spoken(text: str, voice: speech.Voice) -> pcm.Sound:
    """A text as a caller says it. Raises as `speech.say`."""
    return pcm.Sound(samples=pcm.from_int16(await speech.say_async(text, voice)), rate=speech.RATE)


def _problem(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)


def _reasons(error: pydantic.ValidationError) -> str:
    """What is wrong, without the values given."""
    return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
