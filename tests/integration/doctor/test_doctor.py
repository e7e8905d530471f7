"""Doctor beside a real stack: all is well; and when something is not, that check fails and names its cure."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest
from livekit import api

from lab import labs
from tests.integration.doctor import conftest

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="package")]

BACK_S = 30.0
_POLL_S = 0.2


async def test_all_is_well_in_a_lab(doctor: conftest.Doctor) -> None:
    report = await doctor()
    assert report.failed == set(), report.text
    assert (report.code, report.ok) == (0, True)
    # The kernel and the limits of whoever runs this are not the lab's.
    statuses = {name: check["status"] for name, check in report.checks.items()}
    assert {name for name, status in statuses.items() if status != "ok"} <= {"udp-buffers", "open-files"}
    assert report.checks["livekit"]["seen"].endswith("it is version 1.11.0")


async def test_no_secret_and_no_number_is_told(doctor: conftest.Doctor, lab: labs.Lab) -> None:
    report = await doctor()
    for secret in (lab.api_key, lab.internal_secret, lab.livekit.api_secret):
        assert secret not in report.text
    assert not re.search(r"\+?1201555\d{4}", report.text)


async def test_redis_without_append_only_file(doctor: conftest.Doctor, lab: labs.Lab) -> None:
    await _redis(lab, "CONFIG SET appendonly no")
    try:
        report = await doctor()
    finally:
        await _redis(lab, "CONFIG SET appendonly yes")
    assert report.failed == {"redis-persistence"}
    assert report.code == 1
    assert "appendonly yes" in report.checks["redis-persistence"]["cure"]


async def test_redis_that_evicts(doctor: conftest.Doctor, lab: labs.Lab) -> None:
    await _redis(lab, "CONFIG SET maxmemory-policy allkeys-lru")
    try:
        report = await doctor()
    finally:
        await _redis(lab, "CONFIG SET maxmemory-policy noeviction")
    assert report.failed == {"redis-memory"}
    assert "noeviction" in report.checks["redis-memory"]["cure"]


async def test_wrong_credentials(doctor: conftest.Doctor) -> None:
    report = await doctor(LIVEKIT_API_SECRET="s" * 40)
    assert report.failed == {"livekit"}
    assert report.checks["livekit"]["seen"].endswith("refuses our credentials")
    assert "LIVEKIT_API_SECRET" in report.checks["livekit"]["cure"]
    assert report.checks["trunks-and-rules"]["status"] == "skipped"


async def test_dispatch_stopped_then_its_rule_deleted(doctor: conftest.Doctor, lab: labs.Lab) -> None:
    await lab.dispatch.stop()
    try:
        stopped = await doctor()
        await _delete_rules(lab)  # dispatch is away and does not make them again
        deleted = await doctor()
    finally:
        await lab.dispatch.start()
        await lab.ready()
    assert stopped.failed == {"dispatch"}
    assert "trunkline dispatch" in stopped.checks["dispatch"]["cure"]
    assert "is free" in stopped.checks["http-port"]["seen"]
    assert deleted.failed == {"dispatch", "trunks-and-rules", "catch-all-rule"}
    assert "trunkline apply" in deleted.checks["trunks-and-rules"]["cure"]
    assert (await doctor()).failed == set()


async def test_foreign_rule_that_takes_our_calls(doctor: conftest.Doctor, lab: labs.Lab) -> None:
    access = lab.livekit
    async with api.LiveKitAPI(access.url, access.api_key, access.api_secret) as livekit:
        (trunk,) = (await livekit.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items
        rule = api.SIPDispatchRuleInfo(
            name="not ours",
            rule=api.SIPDispatchRule(dispatch_rule_direct=api.SIPDispatchRuleDirect(room_name="theirs")),
            trunk_ids=[trunk.sip_trunk_id],
            inbound_numbers=["+12015550177"],
        )
        request = api.CreateSIPDispatchRuleRequest(dispatch_rule=rule)
        made = await livekit.sip.create_dispatch_rule(request)
        try:
            report = await doctor()
        finally:
            delete = api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=made.sip_dispatch_rule_id)
            await livekit.sip.delete_dispatch_rule(delete)
    assert "foreign-rules" in report.failed
    assert made.sip_dispatch_rule_id in report.checks["foreign-rules"]["seen"]
    assert "12015550177" not in report.text


async def test_livekit_sip_stopped(doctor: conftest.Doctor, lab: labs.Lab) -> None:
    sip = lab.components["sip"]
    await sip.stop()
    try:
        report = await doctor()
    finally:
        await sip.start()
        await lab.ready()
    assert report.failed == {"livekit-sip"}
    assert "start livekit-sip" in report.checks["livekit-sip"]["cure"]
    assert report.checks["sip-port"]["status"] == "warning"


@pytest.mark.long
async def test_worker_stopped(doctor: conftest.Doctor, lab: labs.Lab) -> None:
    await lab.worker.stop()

    async def is_noticed() -> bool:
        return {"workers", "readiness"} <= (await doctor()).failed

    try:
        await _eventually(is_noticed)  # dispatch believes a worker for some seconds after its last report
        report = await doctor()
    finally:
        await lab.worker.start()
        await lab.ready()
    assert report.failed == {"workers", "readiness"}
    assert "no_worker" in report.checks["readiness"]["seen"]
    assert "trunkline worker" in report.checks["workers"]["cure"]


async def _redis(lab: labs.Lab, command: str) -> None:
    port = int(lab.redis_url.rpartition(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(command.encode() + b"\r\n")
    assert await reader.readline() == b"+OK\r\n"
    writer.close()
    await writer.wait_closed()


async def _delete_rules(lab: labs.Lab) -> None:
    access = lab.livekit
    async with api.LiveKitAPI(access.url, access.api_key, access.api_secret) as livekit:
        for rule in (await livekit.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items:
            delete = api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=rule.sip_dispatch_rule_id)
            await livekit.sip.delete_dispatch_rule(delete)


async def _eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(BACK_S):
        while not await holds():
            await asyncio.sleep(_POLL_S)
