"""The transcript, as a list and as a stream."""

from __future__ import annotations

import asyncio
import json
import re
import socket

import pytest

from callcore import turns
from dispatch import keys
from dispatch.v1 import transcripts
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit

DEADLINE_S = 30.0


async def stream(service: conftest.Service, call_id: str, last_id: str | None = None) -> str:
    """A whole stream without its heartbeats."""
    headers = {"Authorization": f"Bearer {conftest.API_KEY}", "Accept": "text/event-stream"}
    if last_id is not None:
        headers["Last-Event-ID"] = last_id
    async with asyncio.timeout(DEADLINE_S):
        async with service.client.get(f"/v1/calls/{call_id}/transcript", headers=headers) as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == "text/event-stream"
            return (await response.text()).replace(": ping\n\n", "")


def ids_and_types(text: str) -> list[tuple[str | None, str]]:
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        json.loads(fields["data"])
        found.append((fields.get("id"), fields["event"]))
    return found


WHOLE = [(None, "connected"), ("1", "turn"), ("2", "turn"), ("3", "turn"), ("end", "ended")]


async def test_a_stream_read_during_the_call_equals_one_read_after_it(service: conftest.Service) -> None:
    records = samples.whole_call()
    await service.deliver(*records[:3])
    call_id = (await service.only_call())["callId"]
    live = asyncio.create_task(stream(service, call_id))
    for line, record in enumerate(records[3:], start=4):
        await asyncio.sleep(0)
        await service.deliver(record, first=line)
    during, after = await live, await stream(service, call_id)
    assert during == after
    assert ids_and_types(after) == WHOLE


async def test_a_stream_follows_without_waiting_for_the_next_poll(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "_POLL_S", 60.0)
    await service.deliver(*samples.whole_call()[:3])
    call_id = (await service.only_call())["callId"]
    live = asyncio.create_task(stream(service, call_id))
    async with asyncio.timeout(DEADLINE_S):
        while not service.app[keys.WAKEUPS]._waiting:
            await asyncio.sleep(0.005)
    await service.deliver(*samples.whole_call()[3:], first=4)
    assert ids_and_types(await live) == WHOLE


async def test_a_stream_finds_turns_of_which_no_hint_came(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "_POLL_S", 0.02)
    monkeypatch.setattr(service.app[keys.WAKEUPS], "notify", lambda call_id: None)
    await service.deliver(*samples.whole_call()[:3])
    call_id = (await service.only_call())["callId"]
    live = asyncio.create_task(stream(service, call_id))
    await service.deliver(*samples.whole_call()[3:], first=4)
    assert ids_and_types(await live) == WHOLE


async def test_a_reader_that_comes_back_gets_what_it_missed(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    call_id = (await service.only_call())["callId"]
    assert ids_and_types(await stream(service, call_id, "2")) == [(None, "connected"), *WHOLE[3:]]
    assert ids_and_types(await stream(service, call_id, "3")) == [(None, "connected"), *WHOLE[4:]]


async def test_an_id_that_was_never_sent_begins_anew(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    call_id = (await service.only_call())["callId"]
    for last_id in ("", "-1", "nonsense", "9" * 30, "٣"):
        assert ids_and_types(await stream(service, call_id, last_id)) == WHOLE


async def test_a_reader_that_has_seen_the_end_is_told_not_to_come_back(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    call_id = (await service.only_call())["callId"]
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "end"}
    assert (await service.public(f"/v1/calls/{call_id}/transcript", headers=headers))[0] == 204


async def test_words_with_line_breaks_and_any_letters_stay_one_event(service: conftest.Service) -> None:
    words = 'one\ntwo\r\nthree\u2028four \U0001f4de "quoted" data: x\n\nid: 9'
    await service.deliver(*samples.whole_call()[:3], samples.said(words), samples.ENDED)
    call_id = (await service.only_call())["callId"]
    text = await stream(service, call_id)
    (data,) = re.findall(r"^event: turn\ndata: (.*)$", text, re.MULTILINE)
    assert json.loads(data)["message"] == words
    listed = await service.public(f"/v1/calls/{call_id}/transcript")
    assert listed[1] == [json.loads(data)]


async def test_the_list_has_the_shape_of_the_api(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    call = await service.only_call()
    status, listed = await service.public(f"/v1/calls/{call['callId']}/transcript")
    assert (status, listed) == (200, call["transcript"])
    assert listed[0] == {
        "role": "agent",
        "message": "Thanks for calling Acme.",
        "timestamp": "2026-01-02T03:04:09.000Z",
        "source": "voice_ai",
        "interrupted": False,
        "transcriptionDelaySeconds": None,
        "endOfTurnDelaySeconds": None,
        "llmFirstTokenSeconds": None,
        "ttsFirstAudioSeconds": 0.2,
        "replyDelaySeconds": None,
    }
    assert listed[1]["role"] == turns.Role.USER


async def test_heartbeats_keep_a_silent_stream_open(service: conftest.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "_HEARTBEAT_S", 0.02)
    await service.deliver(*samples.whole_call()[:3])
    call_id = (await service.only_call())["callId"]
    headers = {"Authorization": f"Bearer {conftest.API_KEY}", "Accept": "text/event-stream"}
    async with asyncio.timeout(DEADLINE_S):
        async with service.client.get(f"/v1/calls/{call_id}/transcript", headers=headers) as response:
            received = b""
            while received.count(b": ping\n\n") < 3:
                received += await response.content.readany()


async def test_more_streams_than_allowed_are_429(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    call_id = (await service.only_call())["callId"]
    service.app[keys.STREAMS]._most = 0
    path, headers = f"/v1/calls/{call_id}/transcript", {"Accept": "text/event-stream"}
    status, problem = await service.public(path, headers=headers)
    assert (status, problem["code"]) == (429, "too_many_streams")


async def test_a_stream_of_nobodys_call_is_a_problem_and_no_stream(service: conftest.Service) -> None:
    path = "/v1/calls/call_00000000000000000000000000/transcript"
    status, problem = await service.public(path, headers={"Accept": "text/event-stream"})
    assert (status, problem["code"]) == (404, "not_found")


async def test_streams_end_with_the_process(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call()[:3])
    call_id = (await service.only_call())["callId"]
    live = asyncio.create_task(stream(service, call_id))
    async with asyncio.timeout(DEADLINE_S):
        while not service.app[keys.WAKEUPS]._waiting:
            await asyncio.sleep(0.005)
    service.app[keys.STREAMS].close()
    assert ids_and_types(await live) == [(None, "connected")]


async def test_a_reader_that_takes_nothing_is_dropped(
    service: conftest.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "_SLOW_READER_S", 0.1)
    long = samples.said("x" * 20_000, turns.Role.AGENT)
    await service.deliver(*samples.whole_call()[:3], *[long] * 250)
    call_id = (await service.only_call())["callId"]
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that little of it gets lost in buffers
    reader.connect(("127.0.0.1", service.client.port))
    reader.sendall(
        f"GET /v1/calls/{call_id}/transcript HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {conftest.API_KEY}\r\n\r\n".encode()
    )
    streams = service.app[keys.STREAMS]
    try:
        async with asyncio.timeout(DEADLINE_S):
            while streams._open == 0:
                await asyncio.sleep(0.005)
            while streams._open == 1:
                await asyncio.sleep(0.02)
    finally:
        reader.close()
