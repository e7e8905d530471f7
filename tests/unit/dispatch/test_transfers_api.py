"""Transfers by the API: what is wanted reaches the service as it was meant, and what cannot be is refused."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from typing import Any

import pytest

from callcore import calls, contract, errors, ids, transfer_wishes, transfers
from dispatch import keys
from dispatch.store import transfers as rows
from dispatch.transfers import records, refusals
from dispatch.v1 import transfer_wishing
from sip_config import configurations, schema
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = pytest.mark.unit

TO = "+12015550199"
URI = "sip:reception@pbx.example.com"
OTHER_CALL = "call_01k8r3v5m2c4d6e8f0g1h2j3k4"
NO_TRANSFER = "tr_01k8r3v5m2c4d6e8f0g1h2j3k4"
BLIND: dict[str, Any] = {"to": TO}
WARM: dict[str, Any] = {"destinations": [{"to": TO}]}
WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("blind", {}, "to"),
    ("blind", {"to": "somewhere"}, "to"),
    ("blind", {"to": "tel:+12015550199"}, "to"),
    ("blind", BLIND | {"ringingTimeout": 81}, "ringingTimeout"),
    ("blind", BLIND | {"ringingTimeout": 0.5}, "ringingTimeout"),
    ("blind", BLIND | {"extension": "call me"}, "extension"),
    ("blind", BLIND | {"extension": "ww"}, "extension"),
    ("blind", BLIND | {"from": "+12015550100"}, "from"),
    ("blind", BLIND | {"headers": {"X Account": "1"}}, "headers.X Account"),
    ("blind", BLIND | {"headers": {"X-Account": "1\r\nVia: x"}}, "headers.X-Account"),
    ("blind", BLIND | {"headers": {"referred-BY": "<sip:a@b>"}}, "headers.referred-BY"),
    ("blind", BLIND | {"headers": {"P-Asserted-Identity": "<sip:a@b>"}}, "headers.P-Asserted-Identity"),
    ("blind", BLIND | {"headers": {"m": "<sip:a@b>"}}, "headers.m"),
    ("blind", BLIND | {"headers": {"Content-Type": "a/b"}}, "headers.Content-Type"),
    ("blind", BLIND | {"headers": {f"X-{number}": "" for number in range(21)}}, "headers"),
    ("blind", BLIND | {"metadata": {"no blanks": "x"}}, "metadata.no blanks"),
    ("warm", {"destinations": []}, "destinations"),
    ("warm", {"destinations": [{"to": TO}] * 11}, "destinations"),
    ("warm", {"destinations": [{"to": TO}, {"to": "12"}]}, "destinations.1.to"),
    ("warm", WARM | {"from": TO}, "from"),
    ("warm", WARM | {"from": "me"}, "from"),
    ("warm", WARM | {"fallback": {"strategy": "voicemail"}}, "fallback.strategy"),
    ("warm", WARM | {"voicemailDetection": {"timeoutSeconds": 0}}, "voicemailDetection.timeoutSeconds"),
    ("warm", WARM | {"summary": "x" * 2001}, "summary"),
)
"""Kind and body of requests, with the path of what is wrong in each."""

FORBIDDEN = {
    "emergency_number": "+911",
    "number_type_forbidden": "+19005550123",
    "country_forbidden": "+18765550123",
    "sip_host_forbidden": "sip:reception@elsewhere.example",
}


@dataclasses.dataclass
class FakeTransfers:
    """In place of the service: keeps what is wanted as rows, or refuses."""

    service: conftest.Service
    wanted: list[transfer_wishes.Wish] = dataclasses.field(default_factory=list)
    hands: list[tuple[str, bool | None]] = dataclasses.field(default_factory=list)
    refuses: errors.TrunklineError | None = None

    async def request(
        self,
        call_id: str,
        kind: transfers.Kind,
        wish: transfer_wishes.Wish,
        requested_by: transfer_wishes.Requester,
        *,
        request_id: str | None = None,
        alongside: records.Alongside,
    ) -> transfers.Transfer:
        if self.refuses is not None:
            raise self.refuses
        async with self.service.store.writing() as tx:
            for before in await rows.of_call(tx, call_id):
                if before.request_id == request_id is not None:
                    await alongside(tx, before)
                    return before
            now = self.service.clock.now()
            begun = transfers.Transfer(
                id=ids.new(ids.TRANSFER, now),
                call_id=call_id,
                kind=kind,
                state=transfers.State.REQUESTED,
                attempts=(),
                created_at=now,
                updated_at=now,
                requested_by=requested_by,
                wish=wish,
                request_id=request_id,
            )
            await rows.insert(tx, begun)
            await alongside(tx, begun)
        self.wanted.append(wish)
        return begun

    async def complete(self, call_id: str, transfer_id: str) -> transfers.Transfer:
        return await self._changed(call_id, transfer_id, transfers.State.CONSULTING, None)

    async def cancel(self, call_id: str, transfer_id: str, *, try_next: bool) -> transfers.Transfer:
        return await self._changed(call_id, transfer_id, transfers.State.CANCELLED, try_next)

    async def _changed(
        self, call_id: str, transfer_id: str, state: transfers.State, try_next: bool | None
    ) -> transfers.Transfer:
        if self.refuses is not None:
            raise self.refuses
        self.hands.append((transfer_id, try_next))
        async with self.service.store.reading() as tx:
            return dataclasses.replace(await rows.get(tx, call_id, transfer_id), state=state)


@pytest.fixture
def configuration(configuration: configurations.Configuration) -> configurations.Configuration:
    """The sample set, with a trunk and a number that place calls, to a PBX of ours as well."""
    ways = {
        name: trunk.model_copy(update={"outbound": schema.OutboundTrunk(address="127.0.0.1:5090")})
        for name, trunk in configuration.trunks.items()
    }
    lines = {
        e164: number.model_copy(update={"direction": schema.Direction.BOTH})
        for e164, number in configuration.numbers.items()
    }
    rules = schema.Dialing(allow_sip_hosts=("pbx.example.com",))
    return dataclasses.replace(configuration, trunks=ways, numbers=lines, dialing=rules)


@pytest.fixture
def fake(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> FakeTransfers:
    made = FakeTransfers(service)
    for name in ("request", "complete", "cancel"):
        monkeypatch.setattr(service.app[keys.TRANSFERS], name, getattr(made, name))
    return made


@pytest.fixture
async def call_id(service: conftest.Service, fake: FakeTransfers) -> str:
    """A call in which an agent talks."""
    await service.deliver(*samples.whole_call()[:3])
    return str((await service.only_call())["callId"])


async def begin(
    service: conftest.Service, call_id: str, kind: str, body: dict[str, Any], name: str | None = None
) -> tuple[int, Any]:
    headers = {} if name is None else {"Idempotency-Key": name}
    return await service.public(f"/v1/calls/{call_id}/transfers/{kind}", "POST", json=body, headers=headers)


async def test_a_blind_transfer_says_all_that_is_known_of_it(
    service: conftest.Service, fake: FakeTransfers, call_id: str
) -> None:
    body = {
        "to": "+1 (201) 555-0199",
        "label": "Sales",
        "ringingTimeout": 25,
        "extension": "ww42#",
        "headers": {"X-Account": "4711"},
        "metadata": {"ticket": "7"},
    }
    status, transfer = await begin(service, call_id, "blind", body)
    assert status == 202
    at = "2026-01-02T03:04:05.000Z"
    assert transfer == {
        "id": transfer["id"],
        "callId": call_id,
        "kind": "blind",
        "state": "requested",
        "requestedBy": "api",
        "attempts": [],
        "fallback": "return_to_agent",
        "createdAt": at,
        "updatedAt": at,
        "bridgedAt": None,
        "metadata": {"ticket": "7"},
    }
    agent = service.app[keys.SWITCHBOARD].configuration.agents["front-desk"]
    assert fake.wanted == [
        transfer_wishes.Wish(
            destinations=(transfer_wishes.Destination(to=TO, label="Sales", ringing_timeout_s=25, extension="ww42#"),),
            headers={"X-Account": "4711"},
            metadata={"ticket": "7"},
            longest_s=agent.settings.max_duration.after_transfer.total_seconds(),
        )
    ]
    assert await service.public(f"/v1/calls/{call_id}/transfers/{transfer['id']}") == (200, transfer)
    assert (await service.only_call())["transfers"] == [transfer]


async def test_everything_that_is_wanted_of_a_warm_transfer_is_handed_on(
    service: conftest.Service, fake: FakeTransfers, call_id: str
) -> None:
    body = {
        "from": "+1 201 555 0100",
        "destinations": [{"to": TO, "label": "Sales", "ringingTimeout": 10}, {"to": URI, "extension": "1"}],
        "screeningPrompt": "Do they know the order?",
        "summary": "About an order.",
        "fallback": {"strategy": "take_message"},
        "voicemailDetection": {"mode": "off", "timeoutSeconds": 4},
        "ringingTimeout": 30,
    }
    status, transfer = await begin(service, call_id, "warm", body)
    assert (status, transfer["kind"], transfer["fallback"]) == (202, "warm", "take_message")
    (wish,) = fake.wanted
    assert wish == transfer_wishes.Wish(
        destinations=(
            transfer_wishes.Destination(to=TO, label="Sales", ringing_timeout_s=10),
            transfer_wishes.Destination(to=URI, ringing_timeout_s=30, extension="1"),
        ),
        sender=doubles.DIALED,
        screening="Do they know the order?",
        summary="About an order.",
        fallback=transfer_wishes.Fallback.TAKE_MESSAGE,
        voicemail_detection=transfer_wishes.VoicemailDetection(enabled=False, timeout_s=4),
        longest_s=wish.longest_s,
    )


async def test_where_nothing_is_said_it_is_as_the_calls_own_agent_has_it(
    service: conftest.Service, fake: FakeTransfers, call_id: str
) -> None:
    usual = transfer_wishes.Fallback.RETURN_TO_AGENT
    await begin(service, call_id, "warm", WARM)
    provider = contract.ProviderSpec(provider="offline")
    agent = contract.AgentPlan(
        agent_id="front-desk",
        agent_version="v1",
        name="Ava",
        instructions="",
        greeting="",
        language="en-US",
        stt=provider,
        llm=provider,
        tts=provider,
        transfers=contract.TransferSettings(fallback=transfer_wishes.Fallback.HANG_UP),
    )
    await service.app[keys.LEDGER].keep_plan(call_id, contract.Converse(agent=agent))
    await begin(service, call_id, "warm", WARM)
    assert [wish.fallback for wish in fake.wanted] == [usual, transfer_wishes.Fallback.HANG_UP]
    assert {wish.voicemail_detection.enabled for wish in fake.wanted} == {True}


async def test_what_cannot_be_is_refused_with_its_place(
    service: conftest.Service, fake: FakeTransfers, call_id: str
) -> None:
    for kind, body, path in WRONG:
        status, problem = await begin(service, call_id, kind, body)
        assert status == 422, body
        assert [error["path"] for error in problem["errors"]] == [path]
    assert fake.wanted == []


async def test_a_number_that_places_no_calls_is_not_shown(
    service: conftest.Service, fake: FakeTransfers, call_id: str
) -> None:
    board = service.app[keys.SWITCHBOARD]
    silent = {
        e164: number.model_copy(update={"direction": schema.Direction.INBOUND})
        for e164, number in board.configuration.numbers.items()
    }
    board.reconfigure(dataclasses.replace(board.configuration, numbers=silent), doubles.LIVE)
    status, problem = await begin(service, call_id, "warm", WARM | {"from": doubles.DIALED})
    assert (status, problem["errors"][0]["path"]) == (422, "from")
    assert (await begin(service, call_id, "warm", WARM))[0] == 202  # by REFER nothing is dialed

    board.reconfigure(dataclasses.replace(board.configuration, numbers={}), doubles.LIVE)
    status, problem = await begin(service, call_id, "warm", WARM)
    assert (status, problem["code"]) == (422, "not_dialable")


async def test_all_that_is_wrong_is_said_at_once(service: conftest.Service, fake: FakeTransfers, call_id: str) -> None:
    wrong = {
        "from": "me",
        "headers": {"From": "x"},
        "destinations": [{"to": FORBIDDEN["emergency_number"]}, {"to": "1"}],
    }
    status, problem = await begin(service, call_id, "warm", wrong)
    assert (status, {error["path"] for error in problem["errors"]}) == (
        422,
        {"from", "headers.From", "destinations.1.to"},
    )
    _, problem = await begin(service, call_id, "warm", {"destinations": [{"to": TO, "extension": "ww"}]})
    assert [error["path"] for error in problem["errors"]] == ["destinations.0.extension"]


@pytest.mark.parametrize(("direction", "longest_s"), [("inbound", 4 * 3600.0), ("outbound", 600.0)])
async def test_calls_that_we_placed_last_no_longer_than_the_gate_allows(
    service: conftest.Service, fake: FakeTransfers, call_id: str, direction: str, longest_s: float
) -> None:
    async with service.store.reading() as tx:
        subject = await transfer_wishing.Subject.read(tx, call_id)
    call = dataclasses.replace(subject.call, direction=calls.Direction(direction))
    rules = schema.Dialing(max_duration=dt.timedelta(seconds=600))
    strict = dataclasses.replace(service.app[keys.SWITCHBOARD].configuration, dialing=rules)
    assert dataclasses.replace(subject, call=call).longest_s(strict) == longest_s


async def test_where_nobody_may_be_sent_is_refused(
    service: conftest.Service, fake: FakeTransfers, call_id: str
) -> None:
    for code, to in FORBIDDEN.items():
        for kind, body in (("blind", {"to": to}), ("warm", {"destinations": [{"to": TO}, {"to": to}]})):
            status, problem = await begin(service, call_id, kind, body)
            assert (status, problem["code"]) == (403, code)
            assert problem["detail"].startswith("destinations.1.to: ") == (kind == "warm")
        counted = service.app[keys.METRICS].exposition().decode()
        assert f'trunkline_dials_refused_total{{code="{code}",stage="accept"}} 2.0' in counted
    assert fake.wanted == []


async def test_what_the_call_does_not_allow_is_a_conflict(
    service: conftest.Service, fake: FakeTransfers, call_id: str
) -> None:
    for refused in (
        refusals.CallNotInProgress(),
        refusals.NoAgent(),
        refusals.TransferUnderWay(),
        refusals.AlreadyTransferred(),
    ):
        fake.refuses = refused
        for kind, body in (("blind", BLIND), ("warm", WARM)):
            status, problem = await begin(service, call_id, kind, body, "again")
            assert (status, problem["code"]) == (409, refused.public_code)
    fake.refuses = None
    assert (await begin(service, call_id, "blind", BLIND, "again"))[0] == 202  # what failed is not remembered


async def test_a_hand_that_comes_at_the_wrong_time_is_a_conflict(
    service: conftest.Service, fake: FakeTransfers, call_id: str
) -> None:
    _, transfer = await begin(service, call_id, "warm", WARM)
    for refused in (refusals.NotConsulting(), refusals.TransferOver()):
        fake.refuses = refused
        for hand in ("complete", "cancel"):
            path = f"/v1/calls/{call_id}/transfers/{transfer['id']}/{hand}"
            status, problem = await service.public(path, "POST")
            assert (status, problem["code"]) == (409, refused.public_code)


async def test_an_operator_has_a_hand_in_it(service: conftest.Service, fake: FakeTransfers, call_id: str) -> None:
    _, transfer = await begin(service, call_id, "warm", WARM)
    path = f"/v1/calls/{call_id}/transfers/{transfer['id']}"
    states = []
    for hand, body in (("complete", None), ("cancel", None), ("cancel", {}), ("cancel", {"tryNext": True})):
        status, answer = await service.public(f"{path}/{hand}", "POST", **({} if body is None else {"json": body}))
        assert (status, answer["id"]) == (202, transfer["id"])
        states.append(answer["state"])
    assert states == ["consulting", "cancelled", "cancelled", "cancelled"]
    assert fake.hands == [(transfer["id"], hand) for hand in (None, False, False, True)]
    status, problem = await service.public(f"{path}/cancel", "POST", json={"tryNext": "soon"})
    assert (status, problem["errors"][0]["path"]) == (422, "tryNext")


async def test_what_is_not_there_is_not_found(service: conftest.Service, fake: FakeTransfers, call_id: str) -> None:
    _, transfer = await begin(service, call_id, "blind", BLIND)
    await service.deliver(samples.arrived("other"), room="other", spool="spool_2")
    async with service.client.get("/v1/calls", headers={"Authorization": f"Bearer {conftest.API_KEY}"}) as response:
        (other,) = {call["callId"] for call in (await response.json())["items"]} - {call_id}
    for missing in (
        f"{call_id}/transfers/{NO_TRANSFER}",
        f"{call_id}/transfers/x",
        f"{other}/transfers/{transfer['id']}",
    ):
        for method, path in (("GET", missing), ("POST", f"{missing}/complete"), ("POST", f"{missing}/cancel")):
            assert (await service.public(f"/v1/calls/{path}", method))[0] == 404
    for method, path in (("GET", ""), ("POST", "/blind"), ("POST", "/warm")):
        body = {"json": WARM if path == "/warm" else BLIND} if method == "POST" else {}
        assert (await service.public(f"/v1/calls/{OTHER_CALL}/transfers{path}", method, **body))[0] == 404
    assert (await service.public(f"/v1/calls/{call_id}/transfers/warm"))[0] == 405


async def test_transfers_of_a_call_are_listed_newest_first(
    service: conftest.Service, fake: FakeTransfers, call_id: str
) -> None:
    begun = []
    for _ in range(3):
        begun.append((await begin(service, call_id, "blind", BLIND))[1])
        service.clock.advance(1)
    path = f"/v1/calls/{call_id}/transfers"
    _, page = await service.public(path, params={"limit": "2"})
    assert page["items"] == [begun[2], begun[1]]
    _, rest = await service.public(path, params={"limit": "2", "cursor": page["nextCursor"]})
    assert rest == {"items": [begun[0]], "nextCursor": None}
    assert (await service.public(path, params={"cursor": "nonsense"}))[0] == 422


async def test_the_same_request_begins_one_transfer(
    service: conftest.Service, fake: FakeTransfers, call_id: str
) -> None:
    found = await asyncio.gather(*(begin(service, call_id, "warm", WARM, "one") for _ in range(10)))
    assert {status for status, _ in found} == {202}
    assert len({transfer["id"] for _, transfer in found}) == len(fake.wanted) == 1
    status, problem = await begin(service, call_id, "warm", WARM | {"summary": "x"}, "one")
    assert (status, problem["code"]) == (409, "idempotency_conflict")
    fake.refuses = refusals.TransferUnderWay()
    assert await begin(service, call_id, "warm", WARM, "one") == found[0]
    assert (await begin(service, call_id, "warm", WARM))[0] == 409


async def test_one_name_for_two_requests_at_once_begins_one_of_them(
    service: conftest.Service, fake: FakeTransfers, call_id: str
) -> None:
    found = await asyncio.gather(
        begin(service, call_id, "warm", WARM, "one"), begin(service, call_id, "blind", BLIND, "one")
    )
    assert sorted(status for status, _ in found) == [202, 409]
    begun = [body["id"] for status, body in found if status == 202]
    assert [body["code"] for status, body in found if status == 409] == ["idempotency_conflict"]
    assert [transfer["id"] for transfer in (await service.only_call())["transfers"]] == begun


async def test_a_request_whose_answer_cannot_be_kept_begins_nothing(
    service: conftest.Service, fake: FakeTransfers, call_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def out(*_: object, **__: object) -> None:
        raise errors.Unavailable

    with monkeypatch.context() as broken:
        broken.setattr("dispatch.http.idempotency.keep_first", out)
        assert (await begin(service, call_id, "blind", BLIND, "one"))[0] == 503
    assert (await service.only_call())["transfers"] == []
    status, transfer = await begin(service, call_id, "blind", BLIND, "one")
    assert status == 202
    assert (await service.only_call())["transfers"] == [transfer]
