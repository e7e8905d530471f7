"""What the worker says to dispatch, and that every way of not answering is one error."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import test_utils, web

from callcore import contract, endings, errors
from tests.unit.worker import conftest, samples
from worker import dispatch_client

pytestmark = pytest.mark.unit

BRIEF_S = 0.05
ENOUGH_S = 30.0

ACCEPTED = contract.CallAccepted(call_id=samples.CALL, plan_within_s=3.0, plan=None)
BATCH = contract.SpoolBatch(
    spool_id="spool_1",
    lines=(
        contract.SpoolLine(
            line=1,
            room_name="room",
            job_id="AJ_1",
            generation=1,
            at=samples.NOW,
            record=contract.EndedRecord(reason=endings.Reason.SILENCE, ended_by=endings.EndedBy.SYSTEM),
        ),
    ),
)
REPORT = contract.WorkerReport(worker_id="wrk_1", version="0.1.0", calls=0, max_calls=8, accepting=True, rooms=())
TRANSFER = contract.TransferRequest(job_id="AJ_1", generation=1, request_id="r", destination="sales", is_held=True)
FACT = contract.TransferFact(job_id="AJ_1", generation=1, attempt=1, seen=contract.Seen.LEFT, at=samples.NOW)
SOUND = contract.AudioLabel(room_name="room", duration_s=1.0, recorded_at=samples.NOW)

Request = Callable[[dispatch_client.DispatchClient, float], Awaitable[object]]
REQUESTS: dict[tuple[str, str], Request] = {
    ("POST", "/internal/calls"): lambda client, limit: client.announce(samples.intake(), limit),
    ("GET", f"/internal/calls/{samples.CALL}/plan"): lambda client, limit: client.wait_for_plan(samples.CALL, limit),
    ("POST", "/internal/workers"): lambda client, limit: client.report(REPORT, limit),
    ("GET", "/internal/snapshot"): lambda client, limit: client.fetch_snapshot(None, limit),
    ("POST", "/internal/spool"): lambda client, _: client.send_lines(BATCH),
    ("PUT", "/internal/audio/voicemail"): lambda client, limit: client.put_audio(
        contract.AudioKind.VOICEMAIL, SOUND, pathlib.Path(__file__), limit
    ),
    ("POST", f"/internal/calls/{samples.CALL}/forward"): lambda client, limit: client.forward(
        samples.CALL, contract.ForwardRequest(job_id="AJ_1", generation=1), limit
    ),
    ("POST", f"/internal/calls/{samples.CALL}/ready"): lambda client, limit: client.ready(
        samples.CALL, contract.Ready(job_id="AJ_1", generation=1), limit
    ),
    ("GET", f"/internal/calls/{samples.CALL}/transfers/tr_1"): lambda client, limit: client.follow_transfer(
        samples.CALL, "tr_1", 7, limit
    ),
    ("POST", f"/internal/calls/{samples.CALL}/transfers"): lambda client, limit: client.request_transfer(
        samples.CALL, TRANSFER, limit
    ),
    ("POST", f"/internal/calls/{samples.CALL}/transfers/tr_1/facts"): lambda client, limit: client.transfer_fact(
        samples.CALL, "tr_1", FACT, limit
    ),
}
OF_TRANSFERS = [place for place in REQUESTS if "/transfers" in place[1] or "/forward" in place[1]]
STATUS_COUNTS = {
    ("POST", "/internal/workers"),
    ("PUT", "/internal/audio/voicemail"),
    ("POST", f"/internal/calls/{samples.CALL}/ready"),
}
"""Requests of whose answer only that matters."""


@pytest.fixture(params=REQUESTS, ids=lambda place: " ".join(place))
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


async def test_messages_go_out_whole_and_come_back_parsed(
    internal: conftest.InternalApi, dispatch: dispatch_client.DispatchClient
) -> None:
    receipt = contract.SpoolReceipt(acknowledged=1)
    answers = [ACCEPTED, samples.BY_DISPATCH, receipt, samples.snapshot()]
    places = list(REQUESTS)
    for at, answer in zip([places[0], places[1], places[4], places[3]], answers, strict=True):
        internal.answers[at] = conftest.says(answer)
    internal.answers[places[2]] = web.Response(status=204)
    assert await dispatch.announce(samples.intake(), ENOUGH_S) == ACCEPTED
    assert await dispatch.wait_for_plan(samples.CALL, ENOUGH_S) == samples.BY_DISPATCH
    assert await dispatch.send_lines(BATCH) == receipt
    await dispatch.report(REPORT, ENOUGH_S)
    assert await dispatch.fetch_snapshot(None, ENOUGH_S) == (samples.snapshot(), None)
    assert contract.CallIntake.model_validate_json(internal.bodies[0]) == samples.intake()
    assert contract.SpoolBatch.model_validate_json(internal.bodies[2]) == BATCH
    assert contract.WorkerReport.model_validate_json(internal.bodies[3]) == REPORT


async def test_every_request_carries_the_secret(
    place: tuple[str, str], internal: conftest.InternalApi, dispatch: dispatch_client.DispatchClient
) -> None:
    with pytest.raises(errors.DispatchUnavailable):
        await REQUESTS[place](dispatch, ENOUGH_S)
    assert internal.asked == [place]
    assert internal.requests[0].headers["Authorization"] == f"Bearer {samples.SECRET}"


async def test_a_status_that_is_no_answer_is_unavailability_and_names_itself(
    place: tuple[str, str],
    internal: conftest.InternalApi,
    dispatch: dispatch_client.DispatchClient,
) -> None:
    refusals = {404, 422} if place in OF_TRANSFERS else set()
    for status in {302, 400, 401, 404, 422, 500, 503} - refusals:
        internal.answers[place] = web.Response(status=status, body=b"+12015550123")
        with pytest.raises(errors.DispatchUnavailable, match=f"^dispatch answered {status}$"):
            await REQUESTS[place](dispatch, ENOUGH_S)


async def test_nonsense_is_unavailability_and_is_not_repeated(
    place: tuple[str, str],
    internal: conftest.InternalApi,
    dispatch: dispatch_client.DispatchClient,
) -> None:
    for body in (b"", b"<html>", b"{}", b"null", b'{"caller": "+12015550123"}', b"\xff\xfe"):
        internal.answers[place] = web.Response(body=body)
        if place in STATUS_COUNTS:
            await REQUESTS[place](dispatch, ENOUGH_S)
            continue
        with pytest.raises(errors.DispatchUnavailable, match="sent something that is no") as failed:
            await REQUESTS[place](dispatch, ENOUGH_S)
        assert "2015550123" not in failed.value.message, body


async def test_silence_is_unavailability_when_the_time_is_over(
    place: tuple[str, str],
    internal: conftest.InternalApi,
    dispatch: dispatch_client.DispatchClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatch_client, "_REQUEST_S", BRIEF_S)
    internal.answers[place] = conftest.says_nothing
    with pytest.raises(errors.DispatchUnavailable, match="Timeout"):
        await REQUESTS[place](dispatch, BRIEF_S)


async def test_a_dispatch_that_is_down_is_unavailable(
    place: tuple[str, str], server: test_utils.TestServer, dispatch: dispatch_client.DispatchClient
) -> None:
    await server.close()
    with pytest.raises(errors.DispatchUnavailable, match="Connector"):
        await REQUESTS[place](dispatch, ENOUGH_S)


async def test_a_connection_that_breaks_off_is_unavailability(
    place: tuple[str, str], internal: conftest.InternalApi, dispatch: dispatch_client.DispatchClient
) -> None:
    async def break_off(request: web.Request) -> web.Response:
        assert request.transport
        request.transport.abort()
        return web.Response()

    internal.answers[place] = break_off
    with pytest.raises(errors.DispatchUnavailable):
        await REQUESTS[place](dispatch, ENOUGH_S)


async def test_a_snapshot_that_is_known_is_not_sent_again(
    internal: conftest.InternalApi, dispatch: dispatch_client.DispatchClient
) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304)
        return conftest.says(samples.snapshot(), ETag='"v1"')

    internal.answers["GET", "/internal/snapshot"] = answer
    fetched = await dispatch.fetch_snapshot(None, ENOUGH_S)
    assert fetched == (samples.snapshot(), '"v1"')
    assert await dispatch.fetch_snapshot(fetched[1], ENOUGH_S) is None
    assert await dispatch.fetch_snapshot('"v0"', ENOUGH_S) == fetched


async def test_a_base_url_may_end_in_a_slash(server: test_utils.TestServer, internal: conftest.InternalApi) -> None:
    async with aiohttp.ClientSession() as http:
        client = dispatch_client.DispatchClient(http, f"{server.make_url('')}/", samples.SECRET)
        with pytest.raises(errors.DispatchUnavailable):
            await client.wait_for_plan(samples.CALL, ENOUGH_S)
    assert internal.asked == [("GET", f"/internal/calls/{samples.CALL}/plan")]


@pytest.mark.parametrize(
    ("code", "refusal"),
    [("fenced", dispatch_client.CallTaken), ("call_over", dispatch_client.CallOver)],
)
async def test_a_call_that_is_not_this_jobs_is_told_apart(
    code: str,
    refusal: type[errors.Conflict],
    internal: conftest.InternalApi,
    dispatch: dispatch_client.DispatchClient,
) -> None:
    internal.answers["POST", "/internal/calls"] = web.Response(status=409, text=json.dumps({"code": code}))
    with pytest.raises(refusal):
        await dispatch.announce(samples.intake(), ENOUGH_S)


async def test_lines_that_dispatch_lacks_are_named(
    internal: conftest.InternalApi, dispatch: dispatch_client.DispatchClient
) -> None:
    problem = json.dumps({"code": "lines_missing", "expected": 7})
    internal.answers["POST", "/internal/spool"] = web.Response(status=409, text=problem)
    with pytest.raises(dispatch_client.LinesMissing) as refused:
        await dispatch.send_lines(BATCH)
    assert refused.value.expected == 7


@pytest.mark.parametrize("body", ['{"code": "something_new"}', "{}", "<html>"])
async def test_another_conflict_is_unavailability(
    body: str, internal: conftest.InternalApi, dispatch: dispatch_client.DispatchClient
) -> None:
    internal.answers["POST", "/internal/spool"] = web.Response(status=409, text=body)
    with pytest.raises(errors.DispatchUnavailable):
        await dispatch.send_lines(BATCH)


@pytest.mark.parametrize("at", OF_TRANSFERS, ids=lambda place: " ".join(place))
@pytest.mark.parametrize(
    ("status", "code"), [(409, "transfer_in_progress"), (404, "not_found"), (403, "policy_refused"), (422, "invalid")]
)
async def test_what_dispatch_does_not_do_for_a_transfer_is_told_with_its_code(
    at: tuple[str, str],
    status: int,
    code: str,
    internal: conftest.InternalApi,
    dispatch: dispatch_client.DispatchClient,
) -> None:
    internal.answers[at] = web.Response(status=status, text=json.dumps({"code": code, "detail": "No."}))
    with pytest.raises(dispatch_client.TransferRefused) as refused:
        await REQUESTS[at](dispatch, ENOUGH_S)
    assert (refused.value.code, refused.value.message) == (code, "No.")


@pytest.mark.parametrize("at", OF_TRANSFERS, ids=lambda place: " ".join(place))
async def test_of_a_transfer_too_another_jobs_call_is_told_apart(
    at: tuple[str, str], internal: conftest.InternalApi, dispatch: dispatch_client.DispatchClient
) -> None:
    internal.answers[at] = web.Response(status=409, text=json.dumps({"code": "fenced"}))
    with pytest.raises(dispatch_client.CallTaken):
        await REQUESTS[at](dispatch, ENOUGH_S)
