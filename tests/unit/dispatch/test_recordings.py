"""Sound that workers send: taken whole or not at all, and given out again in parts."""

from __future__ import annotations

import asyncio
import io
import os
import pathlib
import stat
import wave
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dispatch import housekeeping, keys
from dispatch.recordings import receiving, shelves
from dispatch.store import engine, recordings
from tests.unit.dispatch import conftest, samples

pytestmark = pytest.mark.unit

AUTHORIZED = {"Authorization": f"Bearer {conftest.SECRET}"}
READING = {"Authorization": f"Bearer {conftest.API_KEY}"}
LABEL = {"room_name": samples.ROOM, "duration_s": "1.5004", "recorded_at": "2026-01-02T03:05:00Z"}


def sound(seconds: float = 0.1) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x01\x02" * int(8000 * seconds))
    return made.getvalue()


async def put(service: conftest.Service, body: Any, *, kind: str = "voicemail", **changes: str) -> tuple[int, Any]:
    """What a worker does; `content_type` may be among the changes of the label."""
    headers = {**AUTHORIZED, "Content-Type": changes.pop("content_type", "audio/wav")}
    path, query = f"/internal/audio/{kind}", LABEL | changes
    async with service.client.put(path, data=body, params=query, headers=headers) as response:
        return response.status, await response.json() if response.content_length else None


async def url(service: conftest.Service) -> str:
    return f"/v1/calls/{(await service.only_call())['callId']}/voicemail"


def kept(tmp_path: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in (tmp_path / "audio").rglob("*") if path.is_file()]


async def test_a_message_is_kept_shown_and_given_out(service: conftest.Service, tmp_path: pathlib.Path) -> None:
    await service.deliver(*samples.whole_call())
    assert (await service.only_call())["voicemail"] is None
    assert await put(service, sound()) == (204, None)
    call = await service.only_call()
    assert call["voicemail"] == {
        "url": f"/v1/calls/{call['callId']}/voicemail",
        "durationSeconds": 1.5,
        "recordedAt": "2026-01-02T03:05:00.000Z",
    }
    _, page = await service.public("/v1/calls")
    assert page["items"][0]["voicemail"] == call["voicemail"]
    (file,) = kept(tmp_path)
    assert file == tmp_path / "audio" / call["callId"] / "voicemail.wav"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    async with service.client.get(call["voicemail"]["url"], headers=READING) as response:
        assert (response.status, response.content_type) == (200, "audio/wav")
        assert await response.read() == sound()


async def test_a_message_sent_again_takes_the_place_of_the_first(
    service: conftest.Service, tmp_path: pathlib.Path
) -> None:
    await service.deliver(*samples.whole_call())
    for body in (sound(), sound(), sound(0.5)):
        assert (await put(service, body))[0] == 204
    (file,) = kept(tmp_path)
    assert file.read_bytes() == sound(0.5)


async def test_parts_of_a_message(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    await put(service, sound())
    whole, path = sound(), await url(service)
    for wanted, part in (("bytes=0-3", b"RIFF"), ("bytes=-5", whole[-5:]), ("bytes=10-", whole[10:])):
        async with service.client.get(path, headers=READING | {"Range": wanted}) as response:
            assert response.status == 206
            assert await response.read() == part
            assert response.headers["Content-Range"].endswith(f"/{len(whole)}")
    for wanted in ("bytes=99999-", "bytes=5-2", "seconds=1-2"):
        async with service.client.get(path, headers=READING | {"Range": wanted}) as response:
            assert (response.status, response.headers["Content-Range"]) == (416, f"bytes */{len(whole)}")
            assert response.content_type == "application/problem+json"
    async with service.client.head(path, headers=READING) as response:
        assert (response.status, response.headers["Content-Length"]) == (200, str(len(whole)))
        assert response.headers["Accept-Ranges"] == "bytes"


async def test_without_a_message_there_is_404(service: conftest.Service, tmp_path: pathlib.Path) -> None:
    await service.deliver(*samples.whole_call())
    status, problem = await service.public(await url(service))
    assert (status, problem["code"]) == (404, "no_voicemail")
    await put(service, sound())
    kept(tmp_path)[0].unlink()
    status, problem = await service.public(await url(service))
    assert (status, problem["code"]) == (404, "no_voicemail")


async def test_what_is_refused_leaves_nothing(service: conftest.Service, tmp_path: pathlib.Path) -> None:
    await service.deliver(*samples.whole_call())
    for body, changes, status, code in (
        (b"", {}, 422, "not_wave"),
        (b"RIFF", {}, 422, "not_wave"),
        (b"ID3\x04" + bytes(2000), {}, 422, "not_wave"),
        (b"RIFF\0\0\0\0AVI " + bytes(2000), {}, 422, "not_wave"),
        (sound(), {"content_type": "application/json"}, 415, "unsupported_media_type"),
        (sound(), {"room_name": "call_nobody"}, 404, "no_such_call"),
        (sound(), {"kind": "recording"}, 404, "no_such_kind"),
        (sound(), {"kind": "../../x"}, 404, "not_found"),
        (sound(), {"duration_s": "-1"}, 422, "invalid_input"),
        (sound(), {"recorded_at": "yesterday"}, 422, "invalid_input"),
        (sound(), {"file": "/etc/passwd"}, 422, "invalid_input"),
    ):
        answered, problem = await put(service, body, **changes)
        assert (answered, problem["code"]) == (status, code), (body[:12], changes)
    assert kept(tmp_path) == []
    assert (await service.only_call())["voicemail"] is None


async def test_a_message_without_end_is_refused(
    service: conftest.Service, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MAX_SIZE", 100_000)
    await service.deliver(*samples.whole_call())

    async def in_pieces() -> AsyncIterator[bytes]:
        whole = sound(10)
        for start in range(0, len(whole), 16_000):
            yield whole[start : start + 16_000]

    for body in (sound(10), in_pieces()):
        status, problem = await put(service, body)
        assert (status, problem["code"]) == (413, "request_entity_too_large")
    assert kept(tmp_path) == []


async def test_a_worker_that_is_slow_or_goes_away_leaves_nothing(
    service: conftest.Service, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "_RECEIVE_S", 0.1)
    await service.deliver(*samples.whole_call())
    never = asyncio.Event()

    async def begin() -> AsyncIterator[bytes]:
        yield sound()
        await never.wait()

    status, problem = await put(service, begin())
    assert (status, problem["code"]) == (408, "request_timeout")
    never.set()
    assert kept(tmp_path) == []


async def test_a_disk_that_takes_nothing_is_503_and_mends(service: conftest.Service, tmp_path: pathlib.Path) -> None:
    await service.deliver(*samples.whole_call())
    (tmp_path / "audio").write_text("a file where the folder should be")
    status, problem = await put(service, sound())
    assert (status, problem["code"]) == (503, "recordings_unavailable")
    assert str(tmp_path) not in problem["detail"]
    (tmp_path / "audio").unlink()
    assert (await put(service, sound()))[0] == 204


async def test_a_full_disk_keeps_the_former_message(
    service: conftest.Service, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_opened: object) -> None:
        raise OSError(28, "No space left on device")

    await service.deliver(*samples.whole_call())
    assert (await put(service, sound()))[0] == 204
    with monkeypatch.context() as full:
        full.setattr(shelves, "_settle", fail)
        assert (await put(service, sound(1)))[0] == 503
    (file,) = kept(tmp_path)
    assert file.read_bytes() == sound()


async def test_a_message_that_cannot_be_put_into_its_place_has_no_row(
    service: conftest.Service, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    await service.deliver(*samples.whole_call())
    monkeypatch.setattr(shelves, "_replace", fail)
    assert (await put(service, sound()))[0] == 503
    assert kept(tmp_path) == []
    assert (await service.only_call())["voicemail"] is None


async def test_a_store_that_is_out_keeps_no_sound(
    service: conftest.Service, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise engine.StoreUnavailable

    await service.deliver(*samples.whole_call())
    monkeypatch.setattr(recordings, "put", fail)
    assert (await put(service, sound()))[0] == 503
    assert kept(tmp_path) == []


async def test_only_workers_may_send_and_only_clients_may_fetch(service: conftest.Service) -> None:
    await service.deliver(*samples.whole_call())
    async with service.client.put("/internal/audio/voicemail", data=sound(), params=LABEL, headers=READING) as response:
        assert response.status == 401
    async with service.client.get(await url(service), headers=AUTHORIZED) as response:
        assert response.status == 401


async def test_housekeeping_removes_what_was_never_finished(service: conftest.Service, tmp_path: pathlib.Path) -> None:
    await service.deliver(*samples.whole_call())
    await put(service, sound())
    (message,) = kept(tmp_path)
    old, new = (message.with_name(f".voicemail.wav.{name}.part") for name in ("0" * 16, "1" * 16))
    now_s = service.clock.now().timestamp()
    for path, age_s in ((message, 90_000), (old, 3600), (new, 10)):
        path.touch()
        os.utime(path, (now_s - age_s, now_s - age_s))
    await housekeeping.tidy(service.store, service.app[keys.SHELF], service.clock)
    assert sorted(kept(tmp_path)) == sorted([message, new])
