"""Plays cases of `faults`, some of them side by side."""

from __future__ import annotations

import asyncio
import dataclasses
import traceback
from collections.abc import Iterable, Sequence

from lab import labs
from tests.calls.transfers import faults, scenes, switches

AT_ONCE = 3  # voices and ears are made on this machine
_LONGEST_S = 120.0
_HERE = "tests/calls/transfers"


@dataclasses.dataclass(frozen=True)
class Played:
    """What came of a case."""

    fault: str
    took_s: float | None
    """From the end of the step that failed; None where it went wrong."""
    error: str | None = None


def caller_of(place: int) -> str:
    """A caller's number of its own for every case."""
    return f"+1201557{place:04d}"


def human_of(place: int) -> str:
    """The human's number; the one that ends in 9 is the next destination."""
    return f"+1201556{place:03d}0"


async def play(lab: labs.Lab, switch: switches.Switch, fault: faults.Fault, place: int) -> Played:
    """Play one case at a place of its own; never raises for what goes wrong in it."""
    try:
        async with (
            asyncio.timeout(_LONGEST_S),
            scenes.calling(lab, switch, number=fault.number, caller=caller_of(place)) as scene,
        ):
            try:
                return Played(fault.name, round(await fault.play(scene, human_of(place)), 3))
            except Exception as error:
                error.add_note(await scene.story())
                raise
            finally:
                if not lab.dispatch.running:
                    await lab.dispatch.start()
    except Exception as error:  # noqa: BLE001  # the other cases go on, and each one that failed is told
        steps = [frame for frame in traceback.extract_tb(error.__traceback__) if _HERE in frame.filename]
        where = " > ".join(f"{frame.name}:{frame.lineno}" for frame in steps[1:])
        notes = "".join(getattr(error, "__notes__", ()))
        return Played(fault.name, None, f"{type(error).__name__}: {error}"[:300] + f" ({where}) {notes}")


async def play_all(lab: labs.Lab, switch: switches.Switch, wanted: Sequence[faults.Fault]) -> list[Played]:
    """Play these, side by side where nothing is killed; in the order given."""
    together = [index for index, fault in enumerate(wanted) if not fault.is_alone]
    alone = [index for index, fault in enumerate(wanted) if fault.is_alone]
    free = asyncio.Semaphore(AT_ONCE)

    async def beside(index: int) -> Played:
        async with free:
            return await play(lab, switch, wanted[index], index)

    done = dict(zip(together, await asyncio.gather(*map(beside, together)), strict=True))
    for index in alone:
        done[index] = await play(lab, switch, wanted[index], index)
    return [done[index] for index in range(len(wanted))]


def failures(played: Iterable[Played]) -> str:
    """What went wrong, a line for each case."""
    return "\n".join(f"{one.fault}: {one.error}" for one in played if one.error is not None)
