"""LiveKit's webhooks: only its own are taken, each once, and little of them is kept."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import json
import time
from typing import Any

import jwt
import pytest

from callcore import contract, transfers
from dispatch import keys
from dispatch.ledger import legs
from dispatch.store import calls, engine
from dispatch.store import transfers as rows
from tests.unit.dispatch import conftest, dialers, doubles, samples

pytestmark = pytest.mark.unit

SOON_S = 30.0
NEVER_S = 3600.0
LIVEKIT_KEY = str(conftest.SETTINGS["livekit_api_key"])
LIVEKIT_SECRET = str(conftest.SETTINGS["livekit_api_secret"])


def event(name: str, *, event_id: str = "EV_1", room: str = samples.ROOM, **participant: Any) -> bytes:
    body: dict[str, Any] = {
        "event": name,
        "id": event_id,
        "createdAt": str(int(time.time())),
        "room": {"name": room, "sid": "RM_1", "turnPassword": "never-to-be-seen"},
    }
    if participant:
        body["participant"] = {"identity": "sip_+12015550123", "name": "Phone +12015550123", **participant}
    return json.dumps(body).encode()


def token(body: bytes, *, secret: str = LIVEKIT_SECRET, **claims: Any) -> str:
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    payload = {"iss": LIVEKIT_KEY, "exp": int(time.time()) + 300, "sha256": digest, **claims}
    return jwt.encode(payload, secret, algorithm="HS256")


async def post(
    service: conftest.Service, body: bytes, authorization: str | None = None, content_type: str | None = None
) -> int:
    headers = {
        "Authorization": token(body) if authorization is None else authorization,
        "Content-Type": content_type or "application/webhook+json",
    }
    async with service.client.post("/webhooks/livekit", data=body, headers=headers) as response:
        text = await response.text()
        assert "Traceback" not in text
        if response.status >= 400:
            assert response.content_type == "application/problem+json"
        return response.status


async def entry(service: conftest.Service) -> calls.Entry:
    async with service.store.reading() as tx:
        (found,) = await calls.live(tx)
    return found


async def test_a_signed_webhook_is_taken(service: conftest.Service) -> None:
    assert await post(service, event("room_started")) == 204


async def test_the_bearer_prefix_is_optional(service: conftest.Service) -> None:
    body = event("room_started")
    assert await post(service, body, f"Bearer {token(body)}") == 204


async def test_what_livekit_did_not_sign_is_401(service: conftest.Service) -> None:
    body = event("room_started")
    other = event("room_finished")
    unsigned = jwt.encode({"iss": LIVEKIT_KEY, "exp": int(time.time()) + 300}, LIVEKIT_SECRET, algorithm="HS256")
    none = jwt.encode({"iss": LIVEKIT_KEY, "exp": int(time.time()) + 300, "sha256": ""}, None, algorithm="none")
    for authorization in (
        "",
        "nonsense",
        "Bearer é",
        token(body, secret="another-secret-that-is-long-enough"),
        token(other),
        token(body, iss="other"),
        token(body, exp=int(time.time()) - 600),
        token(body, sha256="!"),
        token(body, sha256=7),
        token(body, video="not an object"),
        unsigned,
        none,
    ):
        assert await post(service, body, authorization) == 401, authorization


async def test_a_body_that_is_no_webhook_is_401_even_if_signed(service: conftest.Service) -> None:
    for body in (b"", b"\xff", b"[]", b"{", b'{"room": 7}'):
        assert await post(service, body) == 401


async def test_another_content_type_is_415(service: conftest.Service) -> None:
    assert await post(service, event("room_started"), content_type="application/json") == 415


async def test_a_leg_that_left_is_noted_and_one_that_came_back_is_forgotten(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call()[:3])
    left = event("participant_left", event_id="EV_1", kind="SIP", disconnectReason="CLIENT_INITIATED")
    assert await post(service, left) == 204
    assert (await entry(service)).leg_left_reason == "CLIENT_INITIATED"
    assert await post(service, event("participant_joined", event_id="EV_2", kind="SIP")) == 204
    assert (await entry(service)).leg_left_at is None


async def test_a_webhook_sent_twice_acts_once(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call()[:3])
    left = event("participant_left", event_id="EV_1", kind="SIP", disconnectReason="CLIENT_INITIATED")
    await post(service, left)
    await post(service, event("participant_joined", event_id="EV_2", kind="SIP"))
    assert await post(service, left) == 204
    assert (await entry(service)).leg_left_at is None


async def test_a_leg_left_when_livekit_says_so_not_when_we_hear_of_it(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call()[:3])
    body = json.loads(event("participant_left", kind="SIP", disconnectReason="CLIENT_INITIATED"))
    assert await post(service, json.dumps(body | {"createdAt": "1767323047"}).encode()) == 204
    assert (await entry(service)).leg_left_at == dt.datetime(2026, 1, 2, 3, 4, 7, tzinfo=dt.UTC)


async def test_a_webhook_that_could_not_be_kept_acts_when_it_is_sent_again(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise engine.StoreUnavailable

    await service.deliver(*samples.whole_call()[:3])
    left = event("participant_left", event_id="EV_1", kind="SIP", disconnectReason="CLIENT_INITIATED")
    with monkeypatch.context() as broken:
        broken.setattr(legs, "note", fail)
        assert await post(service, left) == 503
    assert await post(service, left) == 204
    assert (await entry(service)).leg_left_reason == "CLIENT_INITIATED"


async def test_an_agent_that_leaves_is_not_the_callers_leg(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call()[:3])
    await post(service, event("participant_left", kind="AGENT", disconnectReason="CONNECTION_TIMEOUT"))
    assert (await entry(service)).leg_left_at is None


async def test_a_leg_that_leaves_is_seen_at_once_by_whoever_follows_the_call(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call()[:3])
    call_id, hints = (await entry(service)).call.id, service.app[keys.WAKEUPS]
    has_looked = asyncio.Event()

    async def look() -> str | None:
        has_looked.set()
        return (await entry(service)).leg_left_reason

    following = asyncio.create_task(hints.until(call_id, look, bool, every_s=NEVER_S))
    await has_looked.wait()
    assert await post(service, event("participant_left", kind="SIP", disconnectReason="CLIENT_INITIATED")) == 204
    async with asyncio.timeout(SOON_S):
        assert await following == "CLIENT_INITIATED"


@pytest.mark.parametrize(("name", "is_news"), [("participant_left", True), ("participant_joined", True), ("x", False)])
async def test_a_leg_that_we_dialed_is_its_transfers_affair(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch, name: str, is_news: bool
) -> None:
    await service.deliver(*samples.whole_call()[:3])
    woken: list[str] = []
    monkeypatch.setattr(service.app[keys.WAKEUPS], "notify", woken.append)
    leg = dialers.leg("tr_1_1", "active")
    moved = event(name, kind="SIP", attributes=dict(leg.attributes), disconnectReason="CLIENT_INITIATED")
    assert await post(service, moved) == 204
    its_call = await entry(service)
    assert woken == ([its_call.call.id] if is_news else [])
    assert its_call.leg_left_at is None


@pytest.mark.parametrize(
    ("state", "identity", "is_wanted"),
    [
        (transfers.State.DIALING, "tr_1_2", True),
        (transfers.State.BRIDGED, "tr_1_2", True),
        (transfers.State.DIALING, "tr_1_1", False),
        (transfers.State.RETURNED, "tr_1_2", False),
    ],
)
async def test_a_dialed_leg_that_comes_too_late_is_hung_up(
    service: conftest.Service, state: transfers.State, identity: str, *, is_wanted: bool
) -> None:
    await service.deliver(*samples.whole_call()[:3])
    call = (await entry(service)).call
    result = None if state is transfers.State.DIALING else transfers.AttemptResult.ANSWERED
    latest = transfers.Attempt(to=samples.CALLER, label=None, result=result, sip_status_code=None, seconds=None)
    transfer = transfers.Transfer(
        id="tr_1",
        call_id=call.id,
        kind=transfers.Kind.WARM,
        state=state,
        attempts=(latest, latest),
        created_at=call.created_at,
        updated_at=call.created_at,
        identity="tr_1_2",
    )
    async with service.store.writing() as tx:
        await rows.insert(tx, transfer)
    attributes = {transfers.LEG_ATTRIBUTE: "tr_1"}
    assert await post(service, event("participant_joined", kind="SIP", attributes=attributes, identity=identity)) == 204
    assert service.dialer.given_up == ([] if is_wanted else [identity])


async def test_a_dialed_leg_in_a_room_without_a_call_is_nobodys(service: conftest.Service) -> None:
    leg = dialers.leg("tr_1_1", "active")
    left = event("participant_left", room="call_other", kind="SIP", attributes=dict(leg.attributes))
    assert await post(service, left) == 204


async def test_a_caller_who_gave_up_before_the_job_came_is_known_from_livekit(service: conftest.Service) -> None:
    came = event("participant_joined", kind="SIP", attributes={"sip.phoneNumber": samples.CALLER})
    assert await post(service, came) == 204
    await service.deliver(samples.arrived(caller=None))
    call = await service.only_call()
    assert (call["from"], call["callerIdStatus"]) == (samples.CALLER, "known")


async def test_what_the_job_saw_of_a_caller_counts_more_than_what_livekit_said(service: conftest.Service) -> None:
    await post(service, event("participant_joined", kind="SIP", attributes={"sip.phoneNumber": "+12015550144"}))
    await service.deliver(samples.arrived(caller="anonymous"))
    assert (await service.only_call())["callerIdStatus"] == "withheld"


async def test_a_call_through_the_catch_all_rule_is_refused_and_its_room_closed(service: conftest.Service) -> None:
    room = "refused_+12015550199_a1"
    service.livekit.present[room] = [doubles.STRANGER]
    body = event("participant_joined", room=room, kind="SIP", attributes={contract.CATCH_ALL_ATTRIBUTE: "1"})
    assert await post(service, body) == 204
    ((refused_room, identity, headers),) = service.livekit.refused
    assert (refused_room, identity) == (room, "sip_+12015550123")
    assert headers == {"Reason": 'SIP;cause=404;text="Not Found"'}
    assert service.livekit.closed == [room]
    assert (await service.public("/v1/calls"))[1]["items"] == []
    assert service.app[keys.METRICS].registry.get_sample_value("trunkline_catch_all_refusals_total") == 1


async def test_the_room_is_closed_also_when_the_refusal_fails(service: conftest.Service) -> None:
    service.livekit.refuses_rpc = True
    body = event("participant_joined", room="refused_1", kind="SIP", attributes={contract.CATCH_ALL_ATTRIBUTE: "1"})
    assert await post(service, body) == 204
    assert service.livekit.closed == ["refused_1"]


async def test_nothing_private_of_a_webhook_is_logged(
    service: conftest.Service, capsys: pytest.CaptureFixture[str]
) -> None:
    body = event("participant_joined", room="refused_1", kind="SIP", attributes={contract.CATCH_ALL_ATTRIBUTE: "1"})
    await post(service, body)
    await post(service, event("participant_left", event_id="EV_2", kind="SIP"))
    await post(service, event("nonsense", event_id="EV_3", kind="SIP"))
    said = capsys.readouterr().out
    assert "a call that nobody takes" in said
    assert "never-to-be-seen" not in said
    assert "2015550123" not in said
