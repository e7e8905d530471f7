"""The simulators as a process: `python -m lab.providers --port 0 --flow FILE`.

Prints one line of JSON, `{"url": ...}`, once it serves, and ends on SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import pathlib
import re
import signal
import sys

import pydantic

from callcore import errors
from lab import speech
from lab.providers import app, behaviours, control, repliers, simulators
from sip_config.flows import flows


class _CallDocument(pydantic.BaseModel):
    name: str
    arguments: dict[str, str | int | float | bool] = {}


class _RuleDocument(pydantic.BaseModel):
    """A rule of `--script` in JSON."""

    model_config = pydantic.ConfigDict(extra="forbid")

    heard: re.Pattern[str]
    say: str = ""
    call: _CallDocument | None = None
    then: str = ""

    def rule(self) -> repliers.Rule:
        call = repliers.ToolCall(name=self.call.name, arguments=self.call.arguments) if self.call else None
        return repliers.Rule(heard=self.heard, say=self.say, call=call, then=self.then)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.providers", description="Simulated speech and model providers")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    answers = parser.add_mutually_exclusive_group()
    answers.add_argument("--flow", type=pathlib.Path, help="a flow file that the model answers by")
    answers.add_argument("--script", type=pathlib.Path, help="a JSON list of rules that the model answers by")
    parser.add_argument("--utterances", type=pathlib.Path, help="a text file, one line for each thing callers say")
    parser.add_argument("--recordings", type=pathlib.Path, help="a folder of WAV files with their texts")
    parser.add_argument("--caller-voice", type=speech.Voice, default=speech.Voice.RMS, help="the voice of --utterances")
    for service in behaviours.Service:
        parser.add_argument(
            f"--{service}", metavar="JSON", help=f"the behaviour of {service}, as PUT /control takes it"
        )
    return parser.parse_args()


def _replier(arguments: argparse.Namespace) -> repliers.Replier:
    if arguments.flow:
        return repliers.Flowing(flows.Flow.load(arguments.flow))
    if arguments.script:
        rules = pydantic.TypeAdapter(list[_RuleDocument]).validate_json(arguments.script.read_bytes())
        return repliers.Scripted(document.rule() for document in rules)
    return repliers.Scripted()


def _options(arguments: argparse.Namespace) -> app.Options:
    given = {service: getattr(arguments, service) for service in behaviours.Service}
    texts = arguments.utterances.read_text(encoding="utf-8").splitlines() if arguments.utterances else []
    return app.Options(
        port=arguments.port,
        behaviours={
            service: control.BehaviourDocument.model_validate_json(document).behaviour()
            for service, document in given.items()
            if document
        },
        utterances=[text.strip() for text in texts if text.strip()],
        recordings=arguments.recordings,
        caller_voice=arguments.caller_voice,
        replier=_replier(arguments),
    )


async def _serve(options: app.Options) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with simulators.running(options) as running:
        sys.stdout.write(json.dumps({"url": running.url}) + "\n")
        sys.stdout.flush()
        await ended.wait()


def main() -> int:
    """Serve until told to end; the exit status."""
    try:
        asyncio.run(_serve(_options(_arguments())))
    except (OSError, ValueError, errors.TrunklineError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
