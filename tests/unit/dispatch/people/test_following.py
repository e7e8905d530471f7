"""What a call makes of its person: the contact that it hangs on, their status, and their wish not to be called."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from callcore import contract, endings, ids, transitions
from dispatch import keys
from dispatch.store import do_not_call
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = pytest.mark.unit

ASKED = contract.DoNotCallRecord()
LATER = samples.START + dt.timedelta(hours=1)
TALKED: tuple[Any, ...] = (samples.ROUTED, samples.ANSWERED, samples.said("Hi"))


async def contact(service: conftest.Service, number: str = samples.CALLER) -> dict[str, Any] | None:
    _, page = await service.public("/v1/contacts", params={"number": number})
    return next(iter(page["items"]), None)


async def status(service: conftest.Service) -> str | None:
    found = await contact(service)
    assert found is not None
    return found["status"]  # type: ignore[no-any-return]  # JSON


async def infer_end(service: conftest.Service, at: dt.datetime = LATER) -> str:
    call_id = (await service.only_call())["callId"]
    lost = endings.Termination(reason=endings.Reason.WORKER_LOST, ended_by=endings.EndedBy.SYSTEM)
    await service.app[keys.LEDGER].post(call_id, transitions.Ended(at=at, termination=lost, inferred=True))
    return str(call_id)


async def listing(service: conftest.Service, number: str = samples.CALLER) -> do_not_call.Entry | None:
    async with service.store.reading() as tx:
        return await do_not_call.find(tx, number)


async def test_a_call_hangs_on_the_contact_of_its_caller(service: conftest.Service) -> None:
    _, accepted = await service.internal("POST", "/internal/calls", samples.intake(caller="sip:2015550123@carrier"))
    found = await contact(service)
    assert found is not None
    assert ids.is_id(ids.CONTACT, found["id"])
    call = await service.only_call()
    assert (call["callId"], call["contactId"]) == (accepted["call_id"], found["id"])
    assert (found["e164"], found["status"], found["calls"]) == (samples.CALLER, None, 1)


async def test_a_caller_who_is_not_known_has_no_contact(service: conftest.Service) -> None:
    for number, caller in enumerate(("anonymous", None, "nonsense")):
        room = f"room_{number}"
        await service.deliver(samples.arrived(room, caller=caller), spool=f"spool_{number}", room=room)
    _, page = await service.public("/v1/calls")
    assert [call["contactId"] for call in page["items"]] == [None] * 3
    assert (await service.public("/v1/contacts"))[1]["items"] == []


async def test_a_call_of_ours_hangs_on_the_contact_of_its_callee(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(direction="outbound", caller=doubles.DIALED, dialed=samples.CALLER))
    assert await contact(service) is not None
    assert await contact(service, doubles.DIALED) is None


async def test_a_call_that_ends_tells_the_status(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(), *TALKED)
    assert await status(service) is None
    await service.deliver(samples.ENDED, first=5)
    assert await status(service) == "contacted"


async def test_a_busy_one_counts_as_no_answer(service: conftest.Service) -> None:
    busy = samples.ENDED.model_copy(update={"reason": endings.Reason.BUSY})
    await service.deliver(samples.arrived(), busy)
    assert await status(service) == "no_answer"


async def test_a_dial_that_policy_forbade_tells_nothing(service: conftest.Service) -> None:
    refused = samples.ENDED.model_copy(update={"reason": endings.Reason.POLICY_REFUSED})
    await service.deliver(samples.arrived(), refused)
    assert await status(service) is None


async def test_the_true_end_corrects_what_was_inferred(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(), *TALKED)
    await infer_end(service)
    assert await status(service) == "error"
    await service.deliver(samples.ENDED, first=5)
    assert await status(service) == "contacted"


async def test_a_late_correction_does_not_undo_what_a_newer_call_told(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(), *TALKED)
    await infer_end(service, samples.START + dt.timedelta(minutes=1))
    busy = samples.ENDED.model_copy(update={"reason": endings.Reason.BUSY})
    newer = samples.arrived("newer", arrived_at=LATER)
    await service.deliver(newer, busy, spool="newer", room="newer", first=4000)
    assert await status(service) == "no_answer"
    await service.deliver(samples.ENDED, first=5)
    assert await status(service) == "no_answer"


async def test_who_asks_not_to_be_called_is_listed(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(), *TALKED, ASKED, samples.ENDED)
    entry = await listing(service)
    assert entry is not None
    call = await service.only_call()
    assert (entry.source, entry.call_id) == (do_not_call.Source.AGENT, call["callId"])
    assert entry.created_at == samples.START + dt.timedelta(seconds=5)
    assert (call["outcome"], await status(service)) == ("dnc", "dnc")
    found = await contact(service)
    assert found is not None
    assert found["doNotCall"] is True


async def test_of_a_call_of_ours_it_is_the_callee_who_is_listed(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(direction="outbound", caller=doubles.DIALED, dialed=samples.CALLER))
    call_id = (await service.only_call())["callId"]
    ledger, at = service.app[keys.LEDGER], samples.START
    for fact in (transitions.Dialing(at=at), transitions.Answered(at=at), transitions.AskedNotToBeCalled(at=at)):
        await ledger.post(call_id, fact)
    assert await listing(service) is not None
    assert await listing(service, doubles.DIALED) is None


async def test_a_wish_counts_also_when_it_is_told_late(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(), *TALKED)
    await infer_end(service)
    await service.deliver(ASKED, first=5)
    assert await listing(service) is not None
    assert await status(service) == "dnc"


async def test_a_wish_counts_whoever_tells_of_it_and_when(service: conftest.Service) -> None:
    """One that comes after the true end, out of its place, or from a job that was replaced."""
    ways: tuple[tuple[tuple[Any, ...], int], ...] = (((*TALKED, samples.ENDED), 1), ((), 1), (TALKED, 2))
    for number, (before, generation) in enumerate(ways):
        room, caller = f"room_{number}", f"+1201555010{number}"
        arrived = samples.arrived(room, caller=caller, job=f"AJ_{generation}", generation=generation)
        await service.deliver(arrived, *before, room=room, spool=room, job=f"AJ_{generation}", generation=generation)
        await service.deliver(ASKED, room=room, spool=f"late_{number}")
        assert await listing(service, caller) is not None


async def test_a_wish_of_somebody_who_is_not_known_lists_nobody(service: conftest.Service) -> None:
    await service.deliver(samples.arrived(caller=None), *TALKED, ASKED, samples.ENDED)
    assert (await service.only_call())["outcome"] == "dnc"
    assert (await service.public("/v1/do-not-call"))[1]["items"] == []
