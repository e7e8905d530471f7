"""From 200 OK to the agent's first sound, over real calls, and whether the first 20 ms of the greeting arrive.

    scripts/bench answering [--calls N]

Speech is made on this machine by flite, so the greeting's samples are known beforehand and can be looked for in what
the phone recorded.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics

import numpy as np
import soxr

from lab import labs, softphone
from worker.providers.offline import flite

NUMBER, CALLER = "+12015550100", "+12015550123"
GREETING = "Thanks for calling Acme Plumbing, this is Ava. How can I help?"
FIRST = 160  # samples: 20 ms at the telephone's 8 kHz
PIECE = 8000  # samples by which the greeting is found in the recording
SOUND = 500  # a sample this large belongs to the sound of the greeting, a smaller one may drown in the codec's noise
PRESENT = 0.5  # normalised correlation of the first 20 ms with the recording at their place


async def greeting_samples() -> softphone.Samples:
    """The greeting as the worker's voice makes it, at 8 kHz."""
    voice = flite.FliteTTS("slt")
    frames = [event.frame async for event in voice.synthesize(GREETING)]
    await voice.aclose()
    pcm = np.concatenate([np.frombuffer(frame.data, np.int16) for frame in frames])
    return np.asarray(soxr.resample(pcm, frames[0].sample_rate, 8000), dtype=np.int16)


def first_20_ms(heard: softphone.Samples, greeting: softphone.Samples) -> float:
    """How alike the first 20 ms of the greeting's sound and what was heard in their place are; 1 is the same."""
    begins = int(np.flatnonzero(np.abs(greeting) >= SOUND)[0])
    piece = greeting[begins : begins + PIECE].astype(np.float64)
    at = int(np.argmax(np.correlate(heard[: 4 * PIECE].astype(np.float64), piece, "valid")))
    return likeness(heard[at : at + FIRST].astype(np.float64), piece[:FIRST])


def likeness(heard: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.dot(heard, wanted) / np.sqrt(max(1.0, float(np.dot(heard, heard) * np.dot(wanted, wanted)))))


async def measure(count: int) -> None:
    greeting = await greeting_samples()
    answered, first_sound, alike = [], [], []
    async with labs.running(labs.LabOptions(environment=os.environ)) as lab, softphone.Softphone.open() as phone:
        for _ in range(count):
            call = await phone.dial(f"sip:{NUMBER}@{lab.sip}", caller=CALLER)
            await call.answered(timeout=30)
            await call.hears_speech(timeout=10, since_s=0)
            await asyncio.sleep(1.5)  # enough of the greeting to find its place
            await call.hang_up()
            sound_s = call.recording.first_sound_s()
            assert sound_s is not None, "speech was heard"
            answered.append(call.timeline.answered_s * 1000)
            first_sound.append((sound_s - call.timeline.answered_s) * 1000)
            alike.append(first_20_ms(call.recording.heard(call.timeline.answered_s), greeting))
            await asyncio.sleep(1.0)  # the worker warms a process for the next call
    report("INVITE to 200 OK", answered)
    report("200 OK to first sound", first_sound)
    present = sum(value >= PRESENT for value in alike)
    print(
        f"first 20 ms of the greeting in the recording: {present} of {count} calls (likeness {min(alike):.2f} or more)"
    )


def report(what: str, milliseconds: list[float]) -> None:
    p95 = statistics.quantiles(milliseconds, n=20, method="inclusive")[-1]
    print(
        f"{what}: median {statistics.median(milliseconds):.0f} ms, p95 {p95:.0f} ms,"
        f" max {max(milliseconds):.0f} ms over {len(milliseconds)} calls"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20)
    asyncio.run(measure(parser.parse_args().calls))


if __name__ == "__main__":
    main()
