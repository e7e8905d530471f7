"""From the agent's tool call to REFER or INVITE on the wire, and from a colleague's yes to both hearing each other.

    scripts/bench transferring [--rounds N] [--json]

Real calls in a lab: SIP bridge, LiveKit, dispatch and worker. A caller asks for somebody; the model, simulated in this
process, answers with a call of the tool `transfer_call` and without a word, as words would be spoken first. Four things
are timed, each in turns with a script that has LiveKit do the same and nothing else (bare), to the same phones:

    REFER    from the tool call to the REFER at the caller's phone. Bare: TransferSIPParticipant.
    INVITE   from the tool call of a blind transfer, where the trunk takes no REFER, to the INVITE at the colleague's
             phone. Bare: CreateSIPParticipant.
    consult  the same of a warm transfer; on the way the caller is put on hold.
    merge    from the first packet of the colleague's key 1 to the first moment at which each phone has heard the
             other's tone. Bare: from the requests to unmute one of two phones in a room, and to let it hear the other.

The tool call is the moment in which the model sends its first byte. On the way are: the rest of its answer, the job,
the request to dispatch, its gate and books, LiveKit's API and the SIP bridge. The phones and the model are in one
process and so go by one clock. The goals, p95: 60 ms for REFER and INVITE, 300 ms for the merge.

Where nobody takes the call the caller is back with the agent, also after a merge if the colleague leaves at once; so
that one call each is enough for all transfers by REFER and for all others.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import os
import pathlib
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence

import numpy as np
from google.protobuf import duration_pb2
from livekit import api as livekit_api

from bench import figures
from callcore import contract
from lab import labs, provider_sets, softphone, speech
from lab.providers import app, behaviours, repliers, simulators
from lab.softphone import referrings

REFERS, DIALS = "+12015550100", "+12015550101"
CALLER, COLLEAGUE = "+12015550123", "+12015550190"
WISH = "Sales"
SOUND = 300  # of a 16 bit sample; what is softer at either end of the wish is not waited for
WARM_UP = 1
THINKS_S = 0.5  # longer than the silence that ends a turn: the model is asked before that, and its tool called after it
RINGS_S = 10
SOON_S = 0.3  # what is heard so long after something was over is something else
PAUSE_S = 0.3
KEY_S, AFTER_KEY_S = 0.04, 0.02  # a phone says nothing while it sends a key
LONGEST_S = 900.0
DEADLINE_S = 20.0
BEFORE_S = 0.1  # of silence, which shows that nothing was to be heard too early
NEAR_HZ, FAR_HZ = softphone.CLEAR_HZ[:2]
LONGEST_HUM_S = 30.0

PLACES = "".join(
    f"  {name}: {{label: the office, to: '{COLLEAGUE}', mode: {mode}}}\n"
    for name, mode in (("blind", "blind"), ("warm", "warm"))
)
FILES = {
    "organization.yaml": "organization: {id: acme, name: Acme, time_zone: America/New_York}\n"
    "dialing:\n  calling_hours: '00:00-24:00'\n  limits: {per_minute: 1000, per_day: 10000, minutes_per_day: 1000000,"
    " per_callee_per_day: 10000}\n",
    "trunks.yaml": "trunks:\n"
    + "".join(
        f"  {name}:\n    inbound: {{allowed_addresses: ['127.0.0.1/32']}}\n"
        f"    outbound: {{address: '${{BENCH_PHONE}}'}}\n    refer: {refer}\n"
        for name, refer in (("refers", "true"), ("dials", "false"))
    ),
    "numbers.yaml": f"numbers:\n- {{e164: '{REFERS}', trunk: refers, agent: desk}}\n"
    f"- {{e164: '{DIALS}', trunk: dials, agent: desk}}\n",
    "agents/desk.yaml": "name: Ava\ninstructions: You connect callers.\ngreeting: Hello, this is the office.\n"
    "stt: {provider: deepgram, base_url: '${BENCH_PROVIDERS}/v1/listen', api_key: '${LAB_PROVIDER_KEY}'}\n"
    "llm: {provider: openai, base_url: '${BENCH_PROVIDERS}/v1', api_key: '${LAB_PROVIDER_KEY}'}\n"
    "tts: {provider: elevenlabs, base_url: '${BENCH_PROVIDERS}/v1', api_key: '${LAB_PROVIDER_KEY}'}\n"
    "turns: {preset: fast, detector: vad}\n"
    f"transfers:\n{PLACES}"
    "transfer_texts: {connecting: One moment., unavailable: Sorry.}\n",
}


class Model(repliers.Replier):
    """Answers every caller with a tool call, and knows when."""

    def __init__(self) -> None:
        self.place = ""
        """Where callers are to be connected."""
        self.called_s = 0.0
        """When the tool was called last, by the monotonic clock."""

    def reply(self, messages: Sequence[repliers.Message], tools: frozenset[str]) -> repliers.Reply:
        if "transfer_call" not in tools or messages[-1].role is not repliers.Role.USER:
            return repliers.Reply(text="Can you take a call?")
        self.called_s = time.monotonic() + THINKS_S
        arguments = {"destination": self.place, "summary": "A boiler."}
        return repliers.Reply(text="", tool_calls=(repliers.ToolCall(name="transfer_call", arguments=arguments),))


class Bare:
    """LiveKit alone, by its API."""

    def __init__(self, livekit: livekit_api.LiveKitAPI, phone: softphone.Softphone) -> None:
        self._livekit = livekit
        self._phone = phone

    async def refer(self, room: str, near: softphone.OutgoingCall) -> float:
        """Have a caller's carrier asked; seconds to the REFER."""
        wanted = livekit_api.TransferSIPParticipantRequest(
            room_name=room,
            participant_identity=(await self.legs(room))[0].identity,
            transfer_to=f"tel:{COLLEAGUE}",
            play_dialtone=True,
            ringing_timeout=duration_pb2.Duration(seconds=RINGS_S),
        )
        asked_s = time.monotonic()
        asking = asyncio.create_task(self._livekit.sip.transfer_sip_participant(wanted))
        referral = await near.referred(len(near.referrals) + 1, timeout=DEADLINE_S)
        with contextlib.suppress(livekit_api.ServerError):  # the colleague is busy
            await asking
        return near.timeline.clock_s(referral.at_s) - asked_s

    async def dial(self, room: str) -> tuple[softphone.IncomingCall, float]:
        """Dial the colleague; their leg, and seconds to the INVITE."""
        host, port = self._phone.address
        wanted = livekit_api.CreateSIPParticipantRequest(
            trunk=livekit_api.SIPOutboundConfig(hostname=f"{host}:{port}"),
            sip_number=DIALS,
            sip_call_to=COLLEAGUE,
            room_name=room,
            participant_identity=secrets.token_hex(8),
            ringing_timeout=duration_pb2.Duration(seconds=RINGS_S),
            wait_until_answered=True,
        )
        asked_s = time.monotonic()
        asking = asyncio.create_task(self._livekit.sip.create_sip_participant(wanted))
        leg = await self._phone.next_call(timeout=DEADLINE_S)
        with contextlib.suppress(livekit_api.ServerError):  # the colleague is busy
            await asking
        return leg, leg.timeline.origin_s - asked_s

    async def room(self) -> str:
        """A new room, in which nobody is."""
        name = f"bench_{secrets.token_hex(8)}"
        await self._livekit.room.create_room(livekit_api.CreateRoomRequest(name=name))
        return name

    async def room_of_agent(self) -> str:
        """The room of the call that the agent took last."""
        listed = await self._livekit.room.list_rooms(livekit_api.ListRoomsRequest())
        calls = [room for room in listed.rooms if room.name.startswith(contract.ROOM_PREFIX)]
        return max(calls, key=lambda room: room.creation_time_ms).name

    async def legs(self, room: str) -> list[livekit_api.ParticipantInfo]:
        """The telephones in a room, in the order in which they came."""
        listed = await self._livekit.room.list_participants(livekit_api.ListParticipantsRequest(room=room))
        legs = [one for one in listed.participants if one.kind == livekit_api.ParticipantInfo.Kind.SIP]
        return sorted(legs, key=lambda leg: leg.joined_at_ms)

    @contextlib.asynccontextmanager
    async def pair(self) -> AsyncIterator[Callable[[], Awaitable[float]]]:
        """Two phones in a room; what is given parts and merges them, and says how many seconds the merge took."""
        room = await self.room()
        near, far = [(await self.dial(room))[0] for _ in range(2)]
        one, other = [(leg.identity, leg.tracks[0].sid) for leg in await self.legs(room)]

        async def switch(*, together: bool) -> None:
            muting = livekit_api.MuteRoomTrackRequest(room=room, identity=one[0], track_sid=one[1], muted=not together)
            taking = livekit_api.UpdateSubscriptionsRequest(
                room=room, identity=one[0], track_sids=[other[1]], subscribe=together
            )
            api = self._livekit.room
            await asyncio.gather(api.mute_published_track(muting), api.update_subscriptions(taking))

        async def merge() -> float:
            await switch(together=False)
            with humming(near, far):
                await asyncio.sleep(PAUSE_S)
                asked_s = time.monotonic()
                await switch(together=True)
                return await both_heard_s(near, far, asked_s) - asked_s

        yield merge
        await near.hang_up()
        await far.hang_up()


class Desk:
    """The agent's callers."""

    def __init__(
        self, lab: labs.Lab, model: Model, bare: Bare, phones: tuple[softphone.Softphone, softphone.Softphone]
    ) -> None:
        self._lab = lab
        self._model = model
        self._bare = bare
        self._near_phone, self._far_phone = phones
        self.found: collections.defaultdict[str, list[float]] = collections.defaultdict(list)
        """Seconds, by what was timed."""

    async def refer(self, count: int) -> None:
        async with self._calling(REFERS) as (near, room):
            near.refer_with(referrings.notifies(486))

            async def ours() -> None:
                await self._ask(near, "blind")
                referral = await near.referred(len(near.referrals) + 1, timeout=DEADLINE_S)
                self._note("REFER", near.timeline.clock_s(referral.at_s) - self._model.called_s)
                await back(near)

            async def bare() -> None:
                self._note("bare REFER", await self._bare.refer(room, near))

            await in_turns(count, ours, bare)

    async def dial(self, count: int) -> None:
        self._far_phone.answer_with(softphone.Answering(code=486))
        async with self._calling(DIALS) as (near, _):

            async def ours() -> None:
                await self._ask(near, "blind")
                far = await self._far_phone.next_call(timeout=DEADLINE_S)
                self._note("INVITE", far.timeline.origin_s - self._model.called_s)
                await back(near)

            async def bare() -> None:
                self._note("bare INVITE", (await self._bare.dial(await self._bare.room()))[1])

            await in_turns(count, ours, bare)

    async def connect(self, count: int) -> None:
        self._far_phone.answer_with(softphone.Answering())
        async with self._calling(DIALS) as (near, _), self._bare.pair() as bare_merge:

            async def ours() -> None:
                await self._ask(near, "warm")
                far = await self._far_phone.next_call(timeout=DEADLINE_S)
                self._note("consult", far.timeline.origin_s - self._model.called_s)
                await far.hears_speech(timeout=DEADLINE_S, since_s=0)
                with humming(near, far):
                    await asyncio.sleep(PAUSE_S)
                    pressed_s = time.monotonic()
                    await far.press("1", key_s=KEY_S, gap_s=AFTER_KEY_S)
                    self._note("merge", await both_heard_s(near, far, pressed_s) - pressed_s)
                await far.hang_up()
                await back(near)

            async def bare() -> None:
                self._note("bare merge", await bare_merge())

            await in_turns(count, ours, bare)

    @contextlib.asynccontextmanager
    async def _calling(self, number: str) -> AsyncIterator[tuple[softphone.OutgoingCall, str]]:
        """A caller in conversation with the agent, and the room of the call."""
        near = await self._near_phone.dial(f"sip:{number}@{self._lab.sip}", caller=CALLER)
        await near.answered(timeout=DEADLINE_S)
        room = await self._bare.room_of_agent()
        await near.hears_speech(timeout=DEADLINE_S, since_s=0)
        await near.hears_silence(for_s=1.0, timeout=DEADLINE_S, since_s=near.now_s)
        yield near, room
        await near.hang_up()

    async def _ask(self, near: softphone.OutgoingCall, place: str) -> None:
        self._model.place = place
        said = await speech.say_async(WISH)
        loud = np.flatnonzero(np.abs(said.astype(np.int32)) > SOUND)
        await near.play(said[loud[0] : loud[-1] + 1])

    def _note(self, what: str, seconds: float) -> None:
        self.found[what].append(seconds)


async def in_turns(count: int, ours: Callable[[], Awaitable[None]], bare: Callable[[], Awaitable[None]]) -> None:
    """Both so many times, after some that are not counted, first the one and then the other first."""
    for turn in range(-WARM_UP, count):
        for way in (ours, bare) if turn % 2 else (bare, ours):
            await way()


async def back(near: softphone.OutgoingCall) -> None:
    """Wait until the agent has told the caller that nobody takes their call."""
    await asyncio.sleep(SOON_S)
    await near.hears_speech(timeout=DEADLINE_S)
    await near.hears_silence(for_s=PAUSE_S, timeout=DEADLINE_S, since_s=near.now_s)


@contextlib.contextmanager
def humming(near: softphone.Call, far: softphone.Call) -> Iterator[None]:
    """Both phones send their tones."""
    hums = [
        asyncio.create_task(leg.play(softphone.tone(hertz, LONGEST_HUM_S), rate=8000))
        for leg, hertz in ((near, NEAR_HZ), (far, FAR_HZ))
    ]
    try:
        yield
    finally:
        near.stop_playing()
        far.stop_playing()
        for hum in hums:
            hum.cancel()


async def both_heard_s(near: softphone.Call, far: softphone.Call, since_s: float) -> float:
    """When each had heard the other, by the monotonic clock.

    Raises:
        RuntimeError: one heard the other before.
    """
    await asyncio.gather(near.hears_tone(FAR_HZ, timeout=DEADLINE_S), far.hears_tone(NEAR_HZ, timeout=DEADLINE_S))
    await asyncio.sleep(BEFORE_S)
    first = []
    for leg, hertz in ((near, FAR_HZ), (far, NEAR_HZ)):
        heard = leg.tones_heard(hertz, leg.timeline.since_s(since_s) - BEFORE_S)
        first.append(leg.timeline.clock_s(heard[0].start_s))
    if min(first) < since_s:
        raise RuntimeError("caller and colleague heard each other too early")
    return max(first)


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Desk]:
    """A desk with all that it needs."""
    async with contextlib.AsyncExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trunkline-bench-")))
        (folder / "agents").mkdir()
        for name, text in FILES.items():
            (folder / name).write_text(text)
        near, far = [await stack.enter_async_context(softphone.Softphone.open()) for _ in range(2)]
        model = Model()
        thinking = behaviours.Behaviour(first_ms=round(THINKS_S * 1000), interval_ms=0)
        options = app.Options(utterances=[WISH], replier=model, behaviours={behaviours.Service.OPENAI: thinking})
        providers = await stack.enter_async_context(simulators.running(options))
        environment = {
            **os.environ,
            "BENCH_PHONE": ":".join(map(str, far.address)),
            "BENCH_PROVIDERS": providers.url,
        }
        lab_options = labs.LabOptions(
            environment=environment, config=folder, providers=provider_sets.ProviderSet.CONFIGURED
        )
        lab = await stack.enter_async_context(labs.running(lab_options))
        livekit = await stack.enter_async_context(
            livekit_api.LiveKitAPI(lab.livekit.url, lab.livekit.api_key, lab.livekit.api_secret)
        )
        yield Desk(lab, model, Bare(livekit, far), (near, far))


async def measure(count: int) -> dict[str, list[float]]:
    """All of it, so many times; seconds, by what was timed."""
    async with asyncio.timeout(LONGEST_S), running() as desk:
        await desk.refer(count)
        await desk.dial(count)
        await desk.connect(count)
        return {what: seconds[WARM_UP:] for what, seconds in desk.found.items()}


def report(found: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """All figures, each beside what it is compared with."""
    table = {}
    for what, beside in (("REFER", "REFER"), ("INVITE", "INVITE"), ("consult", "INVITE"), ("merge", "merge")):
        ours, bare = figures.ms(found[what]), figures.ms(found[f"bare {beside}"])
        table[what], table[f"bare {beside}"] = ours, bare
        table[f"{what}, times bare"] = {
            name: round(ours[f"{name}_ms"] / bare[f"{name}_ms"], 3) for name in ("median", "p95")
        }
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="of each, 2 to 100; 20 take about 5 min")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures.show(report(asyncio.run(measure(min(max(given.rounds, 2), 100)))), as_json=given.json)


if __name__ == "__main__":
    main()
