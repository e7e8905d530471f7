from __future__ import annotations

import asyncio
import json
import pathlib
import signal
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.integration.providers_sim import telephone, test_control, test_repliers

pytestmark = pytest.mark.integration

DEADLINE_S = 20.0


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "lab.providers"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.fixture
async def process(tmp_path: pathlib.Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The simulators with a flow, a list of utterances, a recording and a behaviour."""
    (tmp_path / "flow.yaml").write_text(test_repliers.FLOW)
    (tmp_path / "utterances.txt").write_text("Goodbye.\n\nSee you tomorrow.\n")
    (tmp_path / "recorded.wav").write_bytes(test_control.wav(telephone.spoken("We are four guests.")))
    (tmp_path / "recorded.txt").write_text("We are four guests.\n")
    process = await start(
        *("--port", "0", "--flow", str(tmp_path / "flow.yaml")),
        *("--utterances", str(tmp_path / "utterances.txt"), "--recordings", str(tmp_path)),
        *("--elevenlabs", json.dumps({"fault": {"kind": "status", "status": 500}})),
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_the_process_announces_its_url_serves_and_ends_on_sigterm(
    process: asyncio.subprocess.Process, http: aiohttp.ClientSession
) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        url = json.loads(await process.stdout.readline())["url"]
        body = {"model": "gpt-4.1", "messages": [{"role": "system", "content": "You are a receptionist."}]}
        async with http.post(f"{url}/v1/chat/completions", json=body, headers=test_control.MODELS) as response:
            assert (await response.json())["choices"][0]["message"]["content"] == "How can I help?"
        async with http.get(f"{url}/v1/voices", headers={"xi-api-key": "any"}) as response:
            assert response.status == 200
        speech = f"{url}/v1/text-to-speech/slt/stream"
        async with http.post(speech, params={"output_format": "pcm_8000"}, headers={"xi-api-key": "any"}) as response:
            assert response.status == 500
        more = {"text": "Yes."}
        async with http.post(f"{url}/control/utterances", json=more) as response:
            assert await response.json() == {"utterances": 4}
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_a_flow_with_errors_ends_the_process_with_a_message(tmp_path: pathlib.Path) -> None:
    (tmp_path / "flow.yaml").write_text("start: nowhere\nstates: {}\n")
    process = await start("--flow", str(tmp_path / "flow.yaml"))
    async with asyncio.timeout(DEADLINE_S):
        _, problem = await process.communicate()
    assert process.returncode == 1
    assert b"flow.yaml:" in problem
    assert b"Traceback" not in problem
