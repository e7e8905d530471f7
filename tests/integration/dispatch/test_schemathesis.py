"""schemathesis against the running service, by the document that it serves: no 5xx, and nothing undocumented.

The things that the document's examples name are there, so that not everything is a 404.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import os
import pathlib
import shutil
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import test_utils

from callcore import clock, ids, transfers
from dispatch import app, keys, settings
from dispatch.access import failed_tries
from dispatch.livekit import dialing
from dispatch.openapi import documents, parameters
from dispatch.openapi.notes import calls as examples
from dispatch.openapi.notes import webhooks
from dispatch.store import attempts, deliveries, endpoints, engine, migrating
from dispatch.store import transfers as transfer_rows
from lab import labs
from sip_config import loading
from tests import recorded
from tests.unit.dispatch import conftest, dialers, doubles, referrers, samples

pytestmark = pytest.mark.integration

SEED = 20261121
CASES_IN_CI = 3
"""Made up for each operation, beside those that the coverage phase derives from the document."""
LONG_CASES = 10_000
CASES_PER_RUN = 60
"""Made up for each operation in one of the long runs, each of which has a seed of its own."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
MORE = {
    "numbers.yaml": "",
    "trunks.yaml": """
    outbound: {address: "127.0.0.1:5080"}
""",
    "organization.yaml": """
dialing:
  calling_hours: "00:00-24:00"
  limits: {concurrent: 100, per_minute: 100000, per_day: 100000, minutes_per_day: 1000000, per_callee_per_day: 100000}
""",
}
HOOKS = "tests.integration.dispatch.schemathesis_hooks"
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
    configuration = loading.load(open_at_all_hours(tmp_path / "config"), {})
    livekit = doubles.FakeRooms()
    parts = app.Parts(
        settings=settings.load(**conftest.SETTINGS).model_copy(update={"trunkline_state_dir": tmp_path}),
        configuration=configuration,
        load=lambda: configuration,
        store=store,
        livekit=livekit,
        dialer=BusyDialer(livekit),
        referrer=referrers.FakeReferrer(),
        objects=doubles.FakeObjects(),
        clock=clock.SystemClock(),
    )
    application = app.build(parts)
    app.run_loops(application)
    server = test_utils.TestServer(application)
    async with server, aiohttp.ClientSession(server.make_url("")) as client:
        application[keys.SWITCHBOARD].connect(doubles.LIVE)
        worker = asyncio.create_task(keep_reporting(client))
        await make_examples(client)
        await make_delivery(store)
        await make_transfer(store)
        yield str(server.make_url("")).rstrip("/")
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    await store.close()


def open_at_all_hours(folder: pathlib.Path) -> pathlib.Path:
    """The demo's configuration, with a number that places calls and so much allowed that most of them go out."""
    shutil.copytree(labs.SAMPLE_SET, folder)
    for name, more in MORE.items():
        file = folder / name
        file.write_text(file.read_text().replace("direction: inbound", "direction: both") + more)
    return folder


async def internal(client: aiohttp.ClientSession, path: str, body: Any) -> None:
    headers = {"Authorization": f"Bearer {conftest.SECRET}", "Content-Type": "application/json"}
    async with client.post(path, data=body.model_dump_json(), headers=headers) as response:
        assert response.status < 300, await response.text()


async def keep_reporting(client: aiohttp.ClientSession) -> None:
    while True:
        await internal(client, "/internal/workers", samples.report())
        await asyncio.sleep(WORKER_EVERY_S)


async def make_examples(client: aiohttp.ClientSession) -> None:
    """The call and the contacts that examples name; the one that they delete is not the caller."""
    headers = {"Authorization": f"Bearer {conftest.API_KEY}"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "new", lambda kind, _: f"{kind}_{examples.CALL_ID.partition('_')[2]}")
        await internal(client, "/internal/spool", samples.batch(samples.whole_call()[:1]))
        patch.setattr(ids, "new", lambda _kind, _now: parameters.CONTACT_ID)
        async with client.post("/v1/contacts", json={"e164": "+12015550177"}, headers=headers) as response:
            assert response.status == 201
    await internal(client, "/internal/spool", samples.batch(samples.whole_call()[1:], first=2))
    for path in (f"/v1/calls/{examples.CALL_ID}", f"/v1/contacts/{examples.CONTACT_ID}"):
        async with client.get(path, headers=headers) as response:
            assert response.status == 200


async def make_delivery(store: engine.Store) -> None:
    """The webhook that examples name. It can be replayed, but not sent: there is no secret to sign it with."""
    example = webhooks.NOTES["GET", "/v1/webhooks/deliveries/{id}"].answer
    now = samples.START
    delivery = deliveries.Delivery(
        id=example["id"],
        message_id=example["messageId"],
        kind=example["kind"],
        url=example["url"],
        agent_id=example["agentId"],
        call_id=example["callId"],
        type=example["type"],
        body=example["body"],
        event_at=now,
        lane=None,
        position=0,
        created_at=now,
        due_at=now,
        state=deliveries.State.FAILED,
        attempts=1,
        finished_at=now,
    )
    tried = attempts.Attempt(
        delivery_id=delivery.id, number=1, at=now, latency_s=0.1, status_code=503, error="bad_status", response=""
    )
    async with store.writing() as tx:
        await endpoints.ensure(tx, (delivery.url,))
        await deliveries.insert(tx, delivery)
        await attempts.insert(tx, [tried])


async def make_transfer(store: engine.Store) -> None:
    """The transfer that examples name, of a call that is over."""
    attempt = transfers.Attempt(
        to="+12015550166", label=None, result=transfers.AttemptResult.BUSY, sip_status_code=486, seconds=2.0
    )
    transfer = transfers.Transfer(
        id=parameters.TRANSFER_ID,
        call_id=examples.CALL_ID,
        kind=transfers.Kind.WARM,
        state=transfers.State.RETURNED,
        attempts=(attempt,),
        created_at=samples.START,
        updated_at=samples.START,
    )
    async with store.writing() as tx:
        await transfer_rows.insert(tx, transfer)


async def run(url: str, folder: pathlib.Path, *options: str) -> dict[str, Any]:
    """One run of schemathesis; its report."""
    report = folder / "report.json"
    command = (
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
        *("--header", f"Authorization: Bearer {conftest.API_KEY}", "--checks", ",".join(CHECKS)),
        *("--report", "json", "--report-json-path", str(report), "--request-timeout", "20", "--warnings", "off"),
        *("--continue-on-failure", "--generation-database", "none", *options),
    )
    root = pathlib.Path(__file__).parents[3]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(root)}
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=folder, env=environment
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


@pytest.mark.timeout(300)
async def test_every_answer_is_documented(url: str, tmp_path: pathlib.Path) -> None:
    report = await run(url, tmp_path, "--seed", str(SEED), "--max-examples", str(CASES_IN_CI), "--no-shrink")
    assert report["operations"]["tested"] == report["operations"]["total"] > 30
    assert report["test_cases"]["generated"] > 1_000


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_ten_thousand_cases(url: str, tmp_path: pathlib.Path) -> None:
    code = recorded.version([pathlib.Path(documents.__file__).parents[1]])
    finished = {run["seed"]: run for run in recorded.kept("schemathesis", code)}
    for seed in itertools.count(SEED):
        if sum(kept["cases"] for kept in finished.values()) >= LONG_CASES:
            break
        if seed in finished:
            continue
        options = ("--phases", "fuzzing,stateful", "--max-examples", str(CASES_PER_RUN))
        report = await run(url, tmp_path, "--seed", str(seed), *options)
        cases, seconds = report["test_cases"]["generated"], round(report["running_time"], 1)
        finished[seed] = {"seed": seed, "version": code, "cases": cases, "failures": 0, "seconds": seconds}
        recorded.add("schemathesis", finished[seed])
    assert all(kept["failures"] == 0 for kept in finished.values())
