"""Doctor's checks of Redis, against servers that answer as Redis does, or do not."""

from __future__ import annotations

from typing import Any

import pytest

from cli.diagnosing import livekit_sip, redis_answers, redis_asking, redis_memory, redis_persistence, surroundings
from cli.diagnosing.findings import Status
from tests.unit.cli import diagnosed

pytestmark = pytest.mark.unit

ON = b"*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n"
OFF = b"*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n"
NOEVICTION = b"*2\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n"
LRU = b"*2\r\n$16\r\nmaxmemory-policy\r\n$11\r\nallkeys-lru\r\n"
CHANNEL = b"*1\r\n$36\r\nSIPInternal|CreateSIPParticipant|REQ\r\n"
FORBIDDEN = b"-NOPERM this user has no permissions\r\n"
CHECKS = (redis_answers, redis_persistence, redis_memory, livekit_sip)


def at(port: int, credentials: str = "") -> surroundings.Surroundings:
    return diagnosed.around(dispatch=diagnosed.dispatch(trunkline_redis_url=f"redis://{credentials}127.0.0.1:{port}/0"))


async def test_all_is_well() -> None:
    replies = {b"PING": b"+PONG\r\n", b"appendonly": ON, b"maxmemory-policy": NOEVICTION, b"CHANNELS": CHANNEL}
    async with diagnosed.answering(replies) as port:
        assert [(await check.ask(at(port))).status for check in CHECKS] == [Status.OK] * 4


@pytest.mark.parametrize(
    ("check", "reply", "status", "cure"),
    [
        (redis_persistence, OFF, Status.FAILED, "appendonly yes"),
        (redis_persistence, FORBIDDEN, Status.WARNING, "appendonly yes"),
        (redis_persistence, b"*0\r\n", Status.WARNING, "appendonly yes"),
        (redis_memory, LRU, Status.FAILED, "noeviction"),
        (redis_memory, FORBIDDEN, Status.WARNING, "noeviction"),
        (livekit_sip, b"*0\r\n", Status.FAILED, "start livekit-sip"),
        (livekit_sip, FORBIDDEN, Status.SKIPPED, "sip-port"),
        (redis_answers, b"-NOAUTH Authentication required.\r\n", Status.FAILED, "password into TRUNKLINE_REDIS_URL"),
        (redis_answers, FORBIDDEN, Status.WARNING, "PING"),
        (redis_answers, b"HTTP/1.1 400 Bad Request\r\n\r\n", Status.FAILED, "TRUNKLINE_REDIS_URL"),
        (redis_answers, b"$99999999999\r\n", Status.FAILED, "TRUNKLINE_REDIS_URL"),
        (redis_answers, b"*1\r\n" * 50, Status.FAILED, "TRUNKLINE_REDIS_URL"),
    ],
)
async def test_what_is_wrong_is_named_with_its_cure(check: Any, reply: bytes, status: Status, cure: str) -> None:
    async with diagnosed.answering({}, otherwise=reply) as port:
        found = await check.ask(at(port))
    assert found.status is status, found
    assert cure in found.cure


async def test_nobody_listens() -> None:
    port = diagnosed.closed_port()
    found = [await check.ask(at(port)) for check in CHECKS]
    assert [one.status for one in found] == [Status.FAILED, Status.SKIPPED, Status.SKIPPED, Status.SKIPPED]
    assert "start Redis" in found[0].cure


async def test_silence_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_asking, "_ASK_S", 0.05)
    async with diagnosed.answering({}) as port:
        found = await redis_answers.ask(at(port))
    assert found.status is Status.FAILED
    assert "does not answer within" in found.seen


async def test_wrong_password_is_not_shown() -> None:
    async with diagnosed.answering({b"AUTH": b"-WRONGPASS invalid hunter22\r\n"}) as port:
        found = await redis_answers.ask(at(port, ":hunter22@"))
    assert found.status is Status.FAILED
    assert "refuses the password" in found.seen
    assert "hunter22" not in f"{found}"


async def test_livekits_files_say_where_redis_is() -> None:
    async with diagnosed.answering({b"PING": b"+PONG\r\n"}) as port:
        file = diagnosed.yaml(redis={"address": f"127.0.0.1:{port}"})
        assert (await redis_answers.ask(diagnosed.around(livekit_yaml=file))).status is Status.OK
        assert (await redis_answers.ask(diagnosed.around(sip_yaml=file))).status is Status.OK


@pytest.mark.parametrize("redis", [{}, {"address": "nowhere"}, {"address": "h:1", "use_tls": True}, {"address": 7}])
async def test_unknown_whereabouts_are_skipped(redis: dict[str, object]) -> None:
    found = await redis_answers.ask(diagnosed.around(livekit_yaml=diagnosed.yaml(redis=redis)))
    assert found.status is Status.SKIPPED
    assert "TRUNKLINE_REDIS_URL" in found.cure
