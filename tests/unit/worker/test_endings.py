"""The end of a call is decided once."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from callcore import endings
from worker.jobs import endings as job_endings

pytestmark = pytest.mark.unit


async def test_the_first_cause_wins() -> None:
    ending = job_endings.Ending()
    ending.decide(endings.Reason.BUSY, endings.EndedBy.CALLEE, sip_status_code=486, sip_status="Busy Here")
    ending.decide(endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)
    assert ending.is_decided
    termination = await ending.wait()
    assert (termination.reason, termination.ended_by) == (endings.Reason.BUSY, endings.EndedBy.CALLEE)
    assert (termination.sip_status_code, termination.sip_status) == (486, "Busy Here")


async def test_everybody_who_waits_hears_the_same() -> None:
    ending = job_endings.Ending()
    waiting = [asyncio.create_task(ending.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    ending.decide(endings.Reason.AGENT_HANGUP, endings.EndedBy.AGENT)
    heard = await asyncio.gather(*waiting, ending.wait())
    assert {id(termination) for termination in heard} == {id(heard[0])}


async def test_who_gives_up_waiting_takes_nothing_from_the_others() -> None:
    ending = job_endings.Ending()
    impatient, patient = asyncio.create_task(ending.wait()), asyncio.create_task(ending.wait())
    await asyncio.sleep(0)
    impatient.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await impatient
    assert not ending.is_decided
    ending.decide(endings.Reason.SILENCE, endings.EndedBy.SYSTEM)
    assert (await patient).reason is endings.Reason.SILENCE


async def test_a_caller_who_hangs_up_after_a_message_has_left_it() -> None:
    ending = job_endings.Ending()
    ending.note_message()
    ending.decide(endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)
    end = await ending.wait()
    assert (end.reason, end.ended_by) == (endings.Reason.VOICEMAIL, endings.EndedBy.CALLER)


async def test_a_message_does_not_hide_another_cause() -> None:
    ending = job_endings.Ending()
    ending.note_message()
    ending.decide(endings.Reason.OPERATOR_HANGUP, endings.EndedBy.OPERATOR)
    assert (await ending.wait()).reason is endings.Reason.OPERATOR_HANGUP


async def test_a_caller_who_is_with_us_again_was_not_transferred() -> None:
    ending = job_endings.Ending()
    ending.note_bridged()
    parting = asyncio.create_task(ending.parted())
    await asyncio.sleep(0)
    assert not parting.done()
    ending.note_parted()
    await parting
    ending.decide(endings.Reason.CALLER_HANGUP, endings.EndedBy.CALLER)
    assert (await ending.wait()).reason is endings.Reason.CALLER_HANGUP
