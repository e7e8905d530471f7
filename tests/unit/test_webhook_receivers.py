"""The receivers of `docs/webhooks.md` do what the page says: they take what is signed, once for each id."""

from __future__ import annotations

import ast
import asyncio
import datetime as dt
import inspect
import pathlib
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import test_utils

from callcore import clock, signing

pytestmark = pytest.mark.unit

PAGE = (pathlib.Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
KEY, OTHER = signing.Secret.fresh(), signing.Secret.fresh()
BODY = '{"type":"call.status","call_id":"call_1","note":"Zoë"}'.encode()
MOST_LINES = 30
DEADLINE_S = 30.0
TYPES = re.compile(r": (?:string|boolean|Buffer(?:\[\])?|any)(?=[,)= {])|<string>|(?<=SECRET)!")
SAY_PORT = """\
import { Server } from "node:net";
const listen = Server.prototype.listen;
Server.prototype.listen = function (...words) {
  return listen.apply(this.once("listening", () => console.log(this.address().port)), words);
};
"""

Post = Callable[[bytes, dict[str, str]], Awaitable[int]]


def code(language: str) -> str:
    """The page's receiver in a language."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert len([line for line in block.splitlines() if line.strip()]) <= MOST_LINES
    return str(block)


def signed(message_id: str, *secrets: signing.Secret, age_s: int = 0) -> dict[str, str]:
    return signing.sign(message_id, clock.SystemClock().now() - dt.timedelta(seconds=age_s), BODY, secrets)


async def checked(post: Post) -> None:
    """Post what is to be taken and what is to be refused."""
    assert await post(BODY, signed("evt_1", KEY)) == 204
    assert await post(BODY, signed("evt_1", KEY, age_s=60)) == 204
    assert await post(BODY, signed("evt_2", OTHER, KEY)) == 204
    good = signed("evt_3", KEY)
    for refused in (
        signed("evt_3", OTHER),
        signed("evt_3", KEY, age_s=400),
        signed("evt_3", KEY, age_s=-400),
        {**good, "webhook-id": "evt_4"},
        {**good, "webhook-timestamp": "soon"},
        {**good, "webhook-signature": "nonsense"},
        {name: value for name, value in good.items() if name != "webhook-signature"},
        {},
    ):
        assert await post(BODY, refused) == 401, refused
    assert await post(BODY + b" ", good) == 401


async def test_the_python_receiver(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRUNKLINE_WEBHOOK_SECRET", KEY.reveal())
    receiver: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(code("python"), "receiver", "exec"), receiver)  # noqa: S102
    handled: list[str] = []
    failing = True

    def handle(event: dict[str, str]) -> None:
        if failing:
            raise RuntimeError("it comes again")
        handled.append(event["call_id"])

    receiver["handle"] = handle
    async with test_utils.TestClient(test_utils.TestServer(receiver["app"])) as client:

        async def post(body: bytes, headers: dict[str, str]) -> int:
            async with client.post("/status", data=body, headers=headers) as response:
                return response.status

        assert await post(BODY, signed("evt_1", KEY)) == 500
        failing = False
        await checked(post)
    receiver["store"].close()
    assert handled == ["call_1", "call_1"]  # evt_1 once, evt_2 once


@pytest.fixture
async def in_node(tmp_path: pathlib.Path) -> AsyncIterator[tuple[Post, asyncio.StreamReader]]:
    """The TypeScript receiver in Node without its types, and what it prints."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on this machine: the TypeScript receiver is not tried")
    script = tmp_path / "receiver.mjs"
    script.write_text(SAY_PORT + TYPES.sub("", code("ts")), "utf-8")
    environment = {"TRUNKLINE_WEBHOOK_SECRET": KEY.reveal(), "PORT": "0"}
    process = await asyncio.create_subprocess_exec(node, str(script), env=environment, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), DEADLINE_S))
        async with aiohttp.ClientSession() as http:

            async def post(body: bytes, headers: dict[str, str]) -> int:
                async with http.post(f"http://127.0.0.1:{port}/status", data=body, headers=headers) as response:
                    return response.status

            yield post, process.stdout
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_the_typescript_receiver(in_node: tuple[Post, asyncio.StreamReader]) -> None:
    post, printed = in_node
    await checked(post)
    assert await post(b"no json", signing.sign("evt_9", clock.SystemClock().now(), b"no json", [KEY])) == 500
    assert await post(BODY, signed("evt_5", KEY)) == 204
    lines = [await asyncio.wait_for(printed.readline(), DEADLINE_S) for _ in range(3)]
    assert lines == [b"call.status call_1\n"] * 3  # evt_1, evt_2 and evt_5, once each


def test_the_table_of_reasons_is_that_of_the_code() -> None:
    (declared,) = ast.parse(inspect.getsource(signing.Refusal)).body
    assert isinstance(declared, ast.ClassDef)
    texts = [ast.literal_eval(node.value) for node in declared.body[1:] if isinstance(node, ast.Expr)]
    section = PAGE.split("| `reason` | meaning |", 1)[1].split("\n\n", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE)
    assert rows == [(reason.value, text) for reason, text in zip(signing.Refusal, texts, strict=True)]
