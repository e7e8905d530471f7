"""What a job asks of a transfer and is told, whatever carries the transfer out."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from callcore import contract, errors, transfer_wishes, transfers
from dispatch import keys
from dispatch.internal import transfers as asked
from dispatch.ledger import admission
from dispatch.store import transfers as rows
from dispatch.transfers import refusals
from sip_config import configurations, schema
from sip_config.plans import agent_plans
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit

SOON_S = 30.0
NEVER_S = 3600.0
NOBODY = "call_01k8r3v5m2c4d6e8f0g1h2j3k4"
SALES = schema.Transfer.model_validate({"label": "sales", "to": "+12015550190", "mode": "warm"})
BILLING = schema.Transfer.model_validate({"label": "billing", "to": "+12015550191", "mode": "blind"})
WANTED = contract.TransferRequest(
    job_id="AJ_1", generation=1, request_id="fc_1", destination="sales", summary="Wants a quote.", is_held=True
)
HELD = contract.TransferFact(job_id="AJ_1", generation=1, attempt=0, seen=contract.Seen.HELD, at=samples.START)


def with_transfers(configuration: configurations.Configuration, **known: schema.Transfer) -> configurations.Agent:
    agent = configuration.agents["front-desk"]
    return dataclasses.replace(agent, settings=agent.settings.model_copy(update={"transfers": known}))


@pytest.fixture
def configuration(configuration: configurations.Configuration) -> configurations.Configuration:
    """The sample set, whose agent may transfer to billing, with a trunk that places calls."""
    agent = with_transfers(configuration, billing=BILLING)
    ways = {
        name: trunk.model_copy(update={"outbound": schema.OutboundTrunk(address="127.0.0.1:5090")})
        for name, trunk in configuration.trunks.items()
    }
    return dataclasses.replace(configuration, agents={**configuration.agents, agent.id: agent}, trunks=ways)


@pytest.fixture
async def call_id(service: conftest.Service) -> str:
    """A call in progress."""
    await service.deliver(*samples.whole_call()[:3])
    return str((await service.only_call())["callId"])


async def plan(service: conftest.Service, call_id: str) -> None:
    """The call's plan: its agent may transfer to sales."""
    configuration = service.app[keys.SWITCHBOARD].configuration
    agent = agent_plans.without_call(configuration, with_transfers(configuration, sales=SALES))
    await service.app[keys.LEDGER].keep_plan(call_id, contract.Converse(agent=agent))


async def put(service: conftest.Service, call_id: str, **changes: Any) -> transfers.Transfer:
    transfer = transfers.Transfer(
        id="tr_1",
        call_id=call_id,
        kind=transfers.Kind.WARM,
        state=transfers.State.DIALING,
        attempts=(),
        created_at=samples.START,
        updated_at=samples.START,
        version=4,
    )
    transfer = dataclasses.replace(transfer, **changes)
    async with service.store.writing() as tx:
        await rows.insert(tx, transfer)
    return transfer


@dataclasses.dataclass
class Carrier:
    """In place of what carries transfers out."""

    answer: transfers.Transfer | errors.TrunklineError
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = dataclasses.field(default_factory=list)

    async def take(self, *given: Any, **named: Any) -> transfers.Transfer:
        self.calls.append((given, named))
        if isinstance(self.answer, errors.TrunklineError):
            raise self.answer
        return self.answer


async def carrier(service: conftest.Service, call_id: str, monkeypatch: pytest.MonkeyPatch) -> Carrier:
    made = Carrier(await put(service, call_id))
    monkeypatch.setattr(service.app[keys.TRANSFERS], "request", made.take)
    monkeypatch.setattr(service.app[keys.TRANSFERS], "note", made.take)
    return made


async def test_an_agents_transfer_is_one_of_its_plan(
    service: conftest.Service, call_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await carrier(service, call_id, monkeypatch)
    await plan(service, call_id)
    status, told = await service.internal("POST", f"/internal/calls/{call_id}/transfers", WANTED)
    assert (status, told["transfer_id"], told["version"]) == (200, "tr_1", 4)
    (((of_call, kind, wish, by), named),) = taken.calls
    assert (of_call, kind, by) == (call_id, transfers.Kind.WARM, transfer_wishes.Requester.AGENT)
    assert [(one.to, one.label) for one in wish.destinations] == [("+12015550190", "sales")]
    assert wish.summary == "Wants a quote."
    assert named == {"request_id": "fc_1", "is_held": True, "holder": ("AJ_1", 1)}


@pytest.mark.parametrize("name", ["billing", "+12015550190", "nobody"])
async def test_what_the_plan_does_not_name_is_no_destination(
    service: conftest.Service, call_id: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    taken = await carrier(service, call_id, monkeypatch)
    await plan(service, call_id)
    wanted = WANTED.model_copy(update={"destination": name})
    status, problem = await service.internal("POST", f"/internal/calls/{call_id}/transfers", wanted)
    assert (status, problem["code"], taken.calls) == (404, "no_such_destination", [])


async def test_of_a_call_that_a_worker_decided_alone_it_is_one_of_the_agent_as_it_is(
    service: conftest.Service, call_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await carrier(service, call_id, monkeypatch)
    path = f"/internal/calls/{call_id}/transfers"
    assert (await service.internal("POST", path, WANTED))[1]["code"] == "no_such_destination"
    wanted = WANTED.model_copy(update={"destination": "billing", "summary": None, "is_held": False})
    assert (await service.internal("POST", path, wanted))[0] == 200
    (((_, kind, wish, _), named),) = taken.calls
    assert (kind, wish.destinations[0].to, wish.summary) == (transfers.Kind.BLIND, "+12015550191", None)
    assert not named["is_held"]


async def test_a_call_without_an_agent_has_no_destinations(service: conftest.Service) -> None:
    await service.deliver(samples.arrived())
    call_id = (await service.only_call())["callId"]
    voice = contract.Voice(tts=contract.ProviderSpec(provider="offline"), language="en-US")
    await service.app[keys.LEDGER].keep_plan(call_id, contract.Announce(text="Closed.", voice=voice))
    status, problem = await service.internal("POST", f"/internal/calls/{call_id}/transfers", WANTED)
    assert (status, problem["code"]) == (404, "no_such_destination")
    assert (await service.internal("POST", f"/internal/calls/{NOBODY}/transfers", WANTED))[0] == 404


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (admission.Fenced(), 409, "fenced"),
        (admission.CallOver(), 409, "call_over"),
        (refusals.TransferUnderWay(), 409, "transfer_in_progress"),
        (refusals.AlreadyTransferred(), 409, "already_transferred"),
        (errors.PolicyRefused("Not now.", code="quiet_hours"), 403, "quiet_hours"),
        (errors.PolicyRefused("Too many.", code="limit_concurrent", is_limit=True), 429, "limit_concurrent"),
    ],
)
async def test_a_job_can_tell_why_it_is_refused(
    service: conftest.Service,
    call_id: str,
    monkeypatch: pytest.MonkeyPatch,
    error: errors.TrunklineError,
    status: int,
    code: str,
) -> None:
    taken = await carrier(service, call_id, monkeypatch)
    taken.answer = error
    await plan(service, call_id)
    answers = [
        await service.internal("POST", f"/internal/calls/{call_id}/transfers", WANTED),
        await service.internal("POST", f"/internal/calls/{call_id}/transfers/tr_1/facts", HELD),
    ]
    for got, problem in answers:
        assert (got, problem["code"], problem["detail"]) == (status, code, error.message)
    assert len(taken.calls) == 2


async def test_a_job_of_a_call_that_is_over_is_told_so(service: conftest.Service, call_id: str) -> None:
    await plan(service, call_id)
    await service.deliver(samples.ENDED, first=4)
    status, problem = await service.internal("POST", f"/internal/calls/{call_id}/transfers", WANTED)
    assert (status, problem["code"]) == (409, "call_over")


async def test_what_a_job_saw_is_taken_and_answered_by_how_things_stand(
    service: conftest.Service, call_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await carrier(service, call_id, monkeypatch)
    status, told = await service.internal("POST", f"/internal/calls/{call_id}/transfers/tr_1/facts", HELD)
    assert (status, told["state"]) == (200, "dialing")
    assert taken.calls == [((call_id, "tr_1", HELD), {})]


async def follow(service: conftest.Service, call_id: str, query: str = "") -> dict[str, Any]:
    status, told = await service.internal("GET", f"/internal/calls/{call_id}/transfers/tr_1{query}")
    assert status == 200
    assert isinstance(told, dict)
    return told


async def move(service: conftest.Service, transfer: transfers.Transfer, **changes: Any) -> None:
    moved = dataclasses.replace(transfer, version=transfer.version + 1, **changes)
    async with service.store.writing() as tx:
        await rows.update(tx, moved)
    service.app[keys.WAKEUPS].notify(transfer.call_id)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are held back for ever, and only hints wake anybody."""
    monkeypatch.setattr(asked, "_HOLD_S", NEVER_S)
    monkeypatch.setattr(asked, "_LOOK_S", NEVER_S)


@pytest.mark.usefixtures("held")
async def test_news_are_told_at_once(service: conftest.Service, call_id: str) -> None:
    await put(service, call_id)
    async with asyncio.timeout(SOON_S):
        assert (await follow(service, call_id))["version"] == 4
        for known in (0, 3, 5):
            assert (await follow(service, call_id, f"?version={known}"))["version"] == 4


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("changes", [{"state": transfers.State.HOLDING}, {"accepted_at": samples.START}])
async def test_any_change_is_news(service: conftest.Service, call_id: str, changes: dict[str, Any]) -> None:
    transfer = await put(service, call_id)
    waiting = asyncio.create_task(follow(service, call_id, "?version=4"))
    async with asyncio.timeout(SOON_S):
        while not service.app[keys.WAKEUPS]._waiting:
            await asyncio.sleep(0)
        await move(service, transfer, **changes)
        told = await waiting
    assert (told["version"], told["is_accepted"]) == (5, "accepted_at" in changes)


@pytest.mark.usefixtures("held")
async def test_nobody_waits_for_what_does_not_come(service: conftest.Service, call_id: str) -> None:
    await put(service, call_id)
    waiting = asyncio.create_task(follow(service, call_id, "?version=4"))
    async with asyncio.timeout(SOON_S):
        while not service.app[keys.WAKEUPS]._waiting:
            await asyncio.sleep(0)
        await service.deliver(samples.ENDED, first=4)
        told = await waiting
        assert told["state"] == "cancelled", "the call is over"
        assert await follow(service, call_id, f"?version={told['version']}") == told


@pytest.mark.usefixtures("held")
async def test_the_end_of_the_process_holds_nothing_back(service: conftest.Service, call_id: str) -> None:
    await put(service, call_id)
    waiting = asyncio.create_task(follow(service, call_id, "?version=4"))
    async with asyncio.timeout(SOON_S):
        while not service.app[keys.WAKEUPS]._waiting:
            await asyncio.sleep(0)
        service.app[keys.STREAMS].close()
        assert (await waiting)["version"] == 4


async def test_without_news_the_answer_comes_all_the_same(
    service: conftest.Service, call_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "_HOLD_S", 0.05)
    await put(service, call_id)
    async with asyncio.timeout(SOON_S):
        assert (await follow(service, call_id, "?version=4"))["version"] == 4


async def test_who_asks_for_what_is_not_there(service: conftest.Service, call_id: str) -> None:
    await put(service, call_id)
    assert (await service.internal("GET", f"/internal/calls/{call_id}/transfers/tr_other"))[0] == 404
    assert (await service.internal("GET", f"/internal/calls/{NOBODY}/transfers/tr_1"))[0] == 404
    assert (await service.internal("GET", f"/internal/calls/{call_id}/transfers/tr_1?version=x"))[0] == 422
