"""The demonstration: start a lab, call it with a script, show the call, and judge it from outside."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import pathlib
import signal
import time
from collections.abc import Mapping

from cli import api, failing, screen
from lab import labs, provider_sets, softphone
from lab.scenarios import callers, scripts, verdicts
from sip_config.reading import environments

_LISTED_S = 10.0  # for the call to appear in the ledger
_SETTLED_S = 15.0  # for the ledger to have its end
_POLL_S = 0.2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What the user asked for."""

    once: bool = False
    sip_port: int | None = None
    http_port: int | None = None
    scenario: str = "front-desk"
    save: str | None = None


def demonstrate(options: Options) -> int:
    """Run the demonstration; the exit code."""
    try:
        return asyncio.run(_demonstrate(options, environments.read()))
    except KeyboardInterrupt:
        return failing.EXIT_INTERRUPTED


async def _demonstrate(options: Options, environment: Mapping[str, str]) -> int:
    script = _script(options.scenario)
    providers = _providers(environment)
    screen.print_line(f"starting a phone network on this machine, with {_described(providers)}")
    lab_options = labs.LabOptions(
        environment=environment,
        providers=providers,
        sip_port=options.sip_port,
        http_port=options.http_port,
        progress=lambda what: screen.print_note(f"  {what}"),
    )
    began = time.monotonic()
    async with labs.running(lab_options) as lab:
        screen.print_line(f"ready after {time.monotonic() - began:.1f} s; calling {script.number}\n")
        checks = await call_and_judge(lab, script, save=options.save)
        passed = print_verdict(checks)
        if not options.once:
            _print_how_to_reach(lab, script)
            await _until_interrupted(lab)
    return 0 if passed else failing.EXIT_FAILED


@dataclasses.dataclass(frozen=True, kw_only=True)
class Witnessed:
    """A call as seen from both outsides: by the phone, and by whoever asks the public API."""

    phone: callers.Heard
    ledger: verdicts.Ledger | None


async def call_and_judge(lab: labs.Lab, script: scripts.Scenario, *, save: str | None = None) -> list[verdicts.Check]:
    """Hold the scenario's call with a lab, show it, and judge it by the phone and by `/v1`."""
    witnessed = await call_and_record(lab, script, save=save)
    return verdicts.judge(script, witnessed.phone, witnessed.ledger)


async def call_and_record(lab: labs.Lab, script: scripts.Scenario, *, save: str | None = None) -> Witnessed:
    """Hold the scenario's call with a lab, and show it."""
    access = api.Access(url=lab.dispatch_url, key=lab.api_key)
    async with api.connect(access) as client, softphone.Softphone.open() as phone:
        before = {call["callId"] for call in (await client.calls({}))["items"]}
        watching = asyncio.create_task(_watch(client, before))
        try:
            heard, call = await callers.play(script, phone, lab.sip.host, lab.sip.port, _tell)
            ledger = await _ledger(client, before)
            await asyncio.wait([watching], timeout=_SETTLED_S)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        if save:
            await asyncio.to_thread(call.recording.save_wav, pathlib.Path(save))
    return Witnessed(phone=heard, ledger=ledger)


def print_verdict(checks: list[verdicts.Check]) -> bool:
    """Show every check; whether all passed."""
    screen.print_line("\n[bold]verdict[/bold], by the phone's recording and by /v1")
    for check in checks:
        mark = "[green]ok  [/green]" if check.passed else "[red]FAIL[/red]"
        screen.print_line(f"  {mark} {screen.plain(check.what)}  [dim]{screen.plain(check.detail)}[/dim]")
    return all(check.passed for check in checks)


async def _watch(client: api.Api, before: set[str]) -> None:
    call_id = await _new_call(client, before)
    if call_id is not None:
        async for event in client.transcript(call_id):
            if event.type == "turn":
                screen.print_turn(event.data)


async def _ledger(client: api.Api, before: set[str]) -> verdicts.Ledger | None:
    call_id = await _new_call(client, before)
    if call_id is None:
        return None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SETTLED_S):
            while (await client.call(call_id))["status"] != "ended":
                await asyncio.sleep(_POLL_S)
    return verdicts.Ledger(call=await client.call(call_id), events=await client.events(call_id))


async def _new_call(client: api.Api, before: set[str]) -> str | None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LISTED_S):
            while True:
                for call in reversed((await client.calls({}))["items"]):  # others may call while this one goes on
                    if call["callId"] not in before:
                        return str(call["callId"])
                await asyncio.sleep(_POLL_S)
    return None


def _tell(what: str) -> None:
    screen.print_line(f"[magenta]phone [/magenta] {what}")


def _print_how_to_reach(lab: labs.Lab, script: scripts.Scenario) -> None:
    screen.print_line(
        f"\nStill up. Call [bold]sip:{script.number}@{lab.sip}[/bold] with any softphone here, without registration,"
        f"\nor look at {lab.dispatch_url}/v1/calls with the key {lab.api_key}"
        f"\n  TRUNKLINE_DISPATCH_URL={lab.dispatch_url} TRUNKLINE_API_KEY={lab.api_key} trunkline calls tail"
        "\nCtrl-C takes everything down."
    )


async def _until_interrupted(lab: labs.Lab) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    waiting = asyncio.create_task(stopped.wait())
    failing_component = asyncio.create_task(lab.failure())
    await asyncio.wait([waiting, failing_component], return_when=asyncio.FIRST_COMPLETED)
    for task in (waiting, failing_component):
        task.cancel()


def _script(name: str) -> scripts.Scenario:
    path = pathlib.Path(name)
    return scripts.load(path) if path.suffix in (".yaml", ".yml") else scripts.built_in(name)


def _providers(environment: Mapping[str, str]) -> provider_sets.ProviderSet:
    try:
        provider_sets.require_keys(environment)
    except provider_sets.ProvidersUnavailable:
        return provider_sets.ProviderSet.OFFLINE
    return provider_sets.ProviderSet.REAL


def _described(providers: provider_sets.ProviderSet) -> str:
    if providers is provider_sets.ProviderSet.REAL:
        return "Deepgram, OpenAI and ElevenLabs"
    return "speech and replies made on this machine (no keys in .env)"
