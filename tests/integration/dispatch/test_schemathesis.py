"""schemathesis against the running service, by the document that it serves: no 5xx, and nothing undocumented.

The things that the document's examples name are there, so that not everything is a 404.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import hashlib
import json
import os
import pathlib
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import test_utils

import dispatch
import sip_config
from callcore import clock, ids, transfers
from dispatch import app, failed_tries, keys, settings
from dispatch.livekit import dialing
from dispatch.openapi.notes import calls as examples
from dispatch.store import engine, migrating
from sip_config import loading
from tests.unit.dispatch import conftest, dialers, doubles, samples

pytestmark = pytest.mark.integration

SEED = 20261121
CASES_IN_CI = 4
"""Generated for each operation, beside those that the coverage phase writes down."""
LONG_CASES = 10_000
RESULTS = pathlib.Path(os.environ.get("TRUNKLINE_RESULTS", "results")) / "schemathesis.jsonl"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
WORKER_EVERY_S = 2.0


@dataclasses.dataclass
class BusyDialer(dialers.FakeDialer):
    """Every phone is busy, after a moment."""

    async def dial(self, dial: dialing.Dial) -> dialing.Answer:
        await asyncio.sleep(0.02)
        return dialing.Answer(result=transfers.AttemptResult.BUSY, sip_status_code=486)


@pytest_asyncio.fixture
async def url(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A dispatch that serves and whose loops run; LiveKit is in memory."""
    monkeypatch.setattr(failed_tries, "MOST", 1_000_000)  # requests without a key all come from one address
    store = engine.Store(f"sqlite+aiosqlite:///{tmp_path / 'trunkline.db'}")
    await migrating.upgrade(store)
    configuration = loading.load(pathlib.Path(sip_config.__file__).parent / "demo", {})
    livekit = doubles.FakeRooms()
    parts = app.Parts(
        settings=settings.load(**conftest.SETTINGS).model_copy(update={"trunkline_state_dir": tmp_path}),
        configuration=configuration,
        load=lambda: configuration,
        store=store,
        livekit=livekit,
        dialer=BusyDialer(livekit),
        objects=doubles.FakeObjects(),
        clock=clock.SystemClock(),
    )
    application = app.build(parts)
    app.run_loops(application)
    async with test_utils.TestServer(application) as server, test_utils.TestClient(server) as client:
        application[keys.SWITCHBOARD].connect(doubles.LIVE)
        worker = asyncio.create_task(keep_reporting(client))
        await make_examples(client)
        yield str(server.make_url("")).rstrip("/")
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    await store.close()


async def internal(client: test_utils.TestClient[Any, Any], path: str, body: Any) -> None:
    headers = {"Authorization": f"Bearer {conftest.SECRET}", "Content-Type": "application/json"}
    async with client.post(path, data=body.model_dump_json(), headers=headers) as response:
        assert response.status < 300, await response.text()


async def keep_reporting(client: test_utils.TestClient[Any, Any]) -> None:
    while True:
        await internal(client, "/internal/workers", samples.report())
        await asyncio.sleep(WORKER_EVERY_S)


async def make_examples(client: test_utils.TestClient[Any, Any]) -> None:
    """The call and the contact of the document's examples."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "new", lambda kind, _: f"{kind}_{examples.CALL_ID.partition('_')[2]}")
        await internal(client, "/internal/spool", samples.batch(samples.whole_call()[:1]))
    rest = samples.batch(samples.whole_call()[1:], first=2)
    await internal(client, "/internal/spool", rest)
    headers = {"Authorization": f"Bearer {conftest.API_KEY}"}
    async with client.get(f"/v1/calls/{examples.CALL_ID}", headers=headers) as response:
        assert response.status == 200
        assert (await response.json())["contactId"] == examples.CONTACT_ID


async def run(url: str, folder: pathlib.Path, *options: str) -> dict[str, Any]:
    """One run of schemathesis; its report."""
    report = folder / "report.json"
    command = (
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
        *("--header", f"Authorization: Bearer {conftest.API_KEY}", "--checks", ",".join(CHECKS)),
        *("--report", "json", "--report-json-path", str(report), "--request-timeout", "20", "--warnings", "off"),
        *("--continue-on-failure", "--generation-database", "none", *options),
    )
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=folder
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()[-6000:]
    found = json.loads(report.read_text())
    assert isinstance(found, dict)
    return found


async def test_nothing_undocumented(url: str, tmp_path: pathlib.Path) -> None:
    report = await run(url, tmp_path, "--seed", str(SEED), "--max-examples", str(CASES_IN_CI), "--no-shrink")
    print(json.dumps(report, indent=1)[:3000])
