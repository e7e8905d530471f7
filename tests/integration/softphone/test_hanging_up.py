"""The end of a call, and what is left after it: nothing."""

import asyncio
import os
import pathlib

import pytest

from lab import softphone
from tests.unit.softphone.conftest import CALLER, DIALED, Pair, connect

pytestmark = pytest.mark.integration


async def test_the_caller_hangs_up(pair: Pair, caller: softphone.Softphone, callee: softphone.Softphone) -> None:
    ending = await pair.near.hang_up(headers={"X-Reply": "done"})
    far = await pair.far.ended(timeout=10)
    assert (ending.by, far.by) == (softphone.EndedBy.PHONE, softphone.EndedBy.PEER)
    assert far.headers.get("X-Reply") == "done"
    assert pair.near.timeline.acked_s <= pair.near.timeline.bye_s <= pair.near.timeline.ended_s == ending.at_s
    assert (caller.dialogs, callee.dialogs) == ((), ())


async def test_the_callee_hangs_up(pair: Pair) -> None:
    await pair.far.acked(timeout=10)
    assert (await pair.far.hang_up()).by is softphone.EndedBy.PHONE
    assert (await pair.near.ended(timeout=10)).by is softphone.EndedBy.PEER


async def test_both_hang_up_at_once(pair: Pair) -> None:
    await pair.far.acked(timeout=10)
    endings = await asyncio.gather(pair.near.hang_up(), pair.far.hang_up())
    assert [ending.by for ending in endings] == [softphone.EndedBy.PHONE] * 2


async def test_hanging_up_twice_is_hanging_up_once(pair: Pair) -> None:
    first, second = await asyncio.gather(pair.near.hang_up(), pair.near.hang_up())
    assert first == second == await pair.near.hang_up()
    assert len(pair.near.signalling.requests("BYE")) == 1


async def test_the_log_of_a_call_reads_like_a_ladder(pair: Pair) -> None:
    await pair.near.hang_up()
    titles = [line.split(maxsplit=1)[1] for line in str(pair.near.signalling).splitlines()]
    assert titles == [
        "> INVITE",
        "< 100 Trying (INVITE)",
        "< 180 Ringing (INVITE)",
        "< 200 OK (INVITE)",
        "> ACK",
        "> BYE",
        "< 200 OK (BYE)",
    ]


async def test_closing_ends_every_call_and_leaves_no_socket_and_no_task() -> None:
    tasks, files = asyncio.all_tasks(), _open_files()
    async with softphone.Softphone.open() as caller, softphone.Softphone.open() as callee:
        callee.answer_with(softphone.Answering())
        up = await connect(caller, callee)
        callee.answer_with(softphone.RINGS_FOREVER)
        ringing = await caller.dial(callee.uri(DIALED), caller=CALLER)
        await ringing.ringing(timeout=10)
        far = await callee.next_call(timeout=10)
    assert (caller.dialogs, callee.dialogs) == ((), ())
    for call in (up.near, up.far, ringing, far):
        assert call.ending is not None
        assert call.ending.by is not softphone.EndedBy.CLOSED
    assert asyncio.all_tasks() == tasks
    assert _open_files() == files


async def test_closing_does_not_wait_for_a_side_that_is_gone() -> None:
    async with softphone.Softphone.open() as phone:
        call = await phone.dial("sip:nobody@127.0.0.1:9", caller=CALLER)
    assert phone.dialogs == ()
    assert (await call.ended(timeout=0)).by is softphone.EndedBy.CLOSED


async def test_what_fails_in_the_background_is_raised_at_the_end(
    caller: softphone.Softphone, callee: softphone.Softphone
) -> None:
    callee.answer_with(softphone.Answering(play=pathlib.Path("/nonexistent/greeting.wav")))
    pair = await connect(caller, callee)
    await pair.near.hang_up()
    with pytest.raises(ExceptionGroup, match="background"):
        await callee.close()


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
