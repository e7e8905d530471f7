"""`trunkline webhooks listen`: a receiver that checks, counts and prints."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import pathlib
import socket
from collections.abc import AsyncIterator

import aiohttp
import multidict
import pytest
from aiohttp import test_utils, web

from callcore import clock, errors, signing
from cli import listening, webhook_lines

pytestmark = pytest.mark.unit

KEY = signing.Secret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
BODY = (
    '{"type":"call.status","event_type":"call.ringing","call_id":"call_1","sequence":2,'
    '"status":"ringing","from":"+12015550123","metadata":{"note":"say 2015550123 to Zoë"}}'
).encode()
PRE_CALL = b'{"type":"call.pre_call","call_id":"call_1","to":"+12015550123"}'
DEADLINE_S = 20.0


class Sender:
    """Posts to a sink, and reads what it prints."""

    def __init__(
        self,
        sink: listening.Sink,
        client: test_utils.TestClient[web.Request, web.Application],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.sink = sink
        self.client = client
        self._capsys = capsys

    async def post(self, body: bytes = BODY, *, message_id: str = "evt_1", age_s: int = 0) -> tuple[int, bytes, str]:
        """Status and body of the answer, and what was printed."""
        headers = signing.sign(message_id, NOW - dt.timedelta(seconds=age_s), body, [KEY])
        async with self.client.post("/any/path", data=body, headers=headers) as response:
            return response.status, await response.read(), self._capsys.readouterr().out


@contextlib.asynccontextmanager
async def sender(
    capsys: pytest.CaptureFixture[str],
    *,
    status: int = 204,
    reply: pathlib.Path | None = None,
    show_numbers: bool = False,
    as_json: bool = False,
) -> AsyncIterator[Sender]:
    wanted = listening.Options(port=0, status=status, reply=reply, show_numbers=show_numbers, as_json=as_json)
    sink = listening.Sink(wanted, [KEY], clock.ManualClock(wall=NOW))
    async with test_utils.TestClient(test_utils.TestServer(sink.app)) as client:
        yield Sender(sink, client, capsys)


async def test_a_webhook_is_one_line_without_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    async with sender(capsys) as sends:
        assert await sends.post() == (
            204,
            b"",
            "2026-01-02T03:04:05.000Z call.status call.ringing call_1 sequence 2 ringing from +1201•••23 evt_1 → 204\n",
        )


async def test_numbers_are_shown_where_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    async with sender(capsys, show_numbers=True, as_json=True) as sends:
        assert json.loads((await sends.post())[2])["body"] == json.loads(BODY)
    async with sender(capsys, as_json=True) as sends:
        printed = (await sends.post())[2]
        assert "5550123" not in printed
        assert json.loads(printed)["body"]["call_id"] == "call_1"


async def test_a_second_one_of_the_same_id_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    async with sender(capsys) as sends:
        assert "again" not in (await sends.post())[2]
        assert (await sends.post())[2].endswith("→ 204 again (2)\n")
        assert "again" not in (await sends.post(message_id="evt_2"))[2]
    async with sender(capsys, as_json=True) as sends:
        told = [json.loads((await sends.post())[2]) for _ in range(2)]
        assert [(line["duplicate"], line["times"], line["answered"]) for line in told] == [
            (False, 1, 204),
            (True, 2, 204),
        ]


async def test_ids_are_forgotten_when_there_are_too_many(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "_MOST_IDS", 2)
    async with sender(capsys) as sends:
        for message_id in ("evt_1", "evt_2", "evt_3"):
            await sends.post(message_id=message_id)
        assert "again" in (await sends.post(message_id="evt_3"))[2]
        assert "again" not in (await sends.post(message_id="evt_1"))[2]


async def test_what_is_not_signed_is_refused_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    async with sender(capsys) as sends:
        status, body, printed = await sends.post(age_s=301)
        assert (status, json.loads(body)) == (401, {"error": "too_old"})
        assert printed == "2026-01-02T03:04:05.000Z refused webhook-timestamp is 301 s ago, over 300 s → 401\n"
        status, body, printed = await sends.post(b"[1, 2]")
        assert (status, json.loads(body)) == (401, {"error": "invalid_input"})
        assert "no JSON object" in printed
    async with sender(capsys, as_json=True) as sends:
        assert json.loads((await sends.post(age_s=-301))[2])["refused"] == "too_new"


async def test_a_header_that_stands_there_twice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    headers = multidict.CIMultiDict(signing.sign("evt_1", NOW, BODY, [KEY]))
    headers.add("webhook-id", "evt_1")
    async with sender(capsys) as sends, sends.client.post("/", data=BODY, headers=headers) as response:
        assert (response.status, await response.json()) == (401, {"error": "repeated_header"})


async def test_it_is_over_when_nobody_reads_any_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(webhook_lines, "taken", unread)
    async with sender(capsys) as sends:
        assert not sends.sink.over.is_set()
        assert (await sends.post())[0] == 204
        assert sends.sink.over.is_set()
        assert isinstance(sends.sink.broken, BrokenPipeError)


async def test_any_status_can_be_answered(capsys: pytest.CaptureFixture[str]) -> None:
    async with sender(capsys, status=500) as sends:
        status, _, printed = await sends.post()
        assert (status, printed.endswith("→ 500\n")) == (500, True)
        assert (await sends.post(age_s=301))[0] == 401


async def test_a_pre_call_gets_its_reply_and_others_do_not(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    reply = tmp_path / "reply.json"
    reply.write_text('{"firstMessage": "Hello, Zoë!"}', encoding="utf-8")
    async with sender(capsys, reply=reply) as sends:
        status, body, _ = await sends.post(PRE_CALL)
        assert (status, json.loads(body)) == (200, {"firstMessage": "Hello, Zoë!"})
        assert (await sends.post())[:2] == (204, b"")


async def test_a_body_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = json.dumps({"type": "[red]x\x1b[2J", "status": "a\nb", "call_id": "[/bold]"}).encode()
    async with sender(capsys) as sends:
        printed = (await sends.post(hostile))[2]
        assert "\x1b" not in printed
        assert printed.count("\n") == 1
        assert "[red]x" in printed


async def test_a_reply_that_is_no_json_is_a_sentence(tmp_path: pathlib.Path) -> None:
    reply = tmp_path / "reply.json"
    wanted = listening.Options(port=0, status=204, reply=reply, show_numbers=False, as_json=False)
    for text in ("{", "\ud800"):
        reply.write_text(text, encoding="utf-8", errors="surrogatepass")
        with pytest.raises(errors.BadInput, match=r"reply\.json is no JSON"):
            listening.Sink(wanted, [KEY], clock.SystemClock())


async def test_it_says_where_it_listens_and_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = listening.Options(port=0, status=204, reply=None, show_numbers=False, as_json=False)
    sink = listening.Sink(wanted, [KEY], clock.SystemClock())
    asked = asyncio.Event()

    async def until_asked() -> None:
        said = capsys.readouterr().err
        address = said.split("http://")[1].split(";")[0]
        assert f'`webhooks: {{allow: ["{address}"]}}`' in said
        headers = signing.sign("evt_1", clock.SystemClock().now(), BODY, [KEY])
        async with aiohttp.ClientSession() as http, http.post(f"http://{address}/", data=BODY, headers=headers) as got:
            assert got.status == 204
        asked.set()

    async with asyncio.timeout(DEADLINE_S):
        await listening.serve(sink, 0, until_asked)
    assert asked.is_set()
    with socket.create_server(("127.0.0.1", 0)) as other:
        sink = listening.Sink(wanted, [KEY], clock.SystemClock())
        with pytest.raises(listening.PortTaken, match=r"Cannot listen on 127\.0\.0\.1"):
            await listening.serve(sink, other.getsockname()[1], until_asked)
