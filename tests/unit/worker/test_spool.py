"""The spool loses nothing: not with dispatch away, not with the worker killed, not with a torn file."""

import asyncio
import datetime as dt
import errno
import json
import os
import pathlib
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from callcore import clock, contract, endings, errors, turns
from worker import dispatch_client
from worker.spool import client, files, hub, replay, store, wire

pytestmark = pytest.mark.unit

T0 = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
ORIGIN = store.Origin(room_name="room", job_id="AJ_1", generation=1)
HELLO = wire.Hello(room_name="room", job_id="AJ_1", generation=1)
ENDED = contract.EndedRecord(reason=endings.Reason.CALLER_HANGUP, ended_by=endings.EndedBy.CALLER)


def a_turn(text: str) -> contract.TurnRecord:
    return contract.TurnRecord(role=turns.Role.USER, message=text)


class Ledger:
    """Stands in for dispatch: takes lines, remembers them, can be out."""

    def __init__(self) -> None:
        self.out = False
        self.lines: list[tuple[str, int, contract.Record]] = []
        self.took = asyncio.Event()

    async def send_lines(self, batch: contract.SpoolBatch) -> contract.SpoolReceipt:
        if self.out:
            raise errors.DispatchUnavailable
        self.lines.extend((batch.spool_id, line.line, line.record) for line in batch.lines)
        self.took.set()
        return contract.SpoolReceipt(acknowledged=batch.lines[-1].line)

    @property
    def texts(self) -> list[str]:
        return [record.message for _, _, record in self.lines if isinstance(record, contract.TurnRecord)]


def a_clock() -> clock.ManualClock:
    return clock.ManualClock(wall=T0)


async def deliver(spool: store.SpoolStore, ledger: Ledger) -> None:
    await replay.deliver_all(spool, ledger)  # type: ignore[arg-type]  # the one method that delivery needs


OpenStore = Callable[[clock.Clock], store.SpoolStore]


@pytest.fixture
def open_store(tmp_path: pathlib.Path) -> Iterator[OpenStore]:
    opened: list[store.SpoolStore] = []

    def open_one(timepiece: clock.Clock) -> store.SpoolStore:
        opened.append(store.SpoolStore(tmp_path / "spool", timepiece))
        return opened[-1]

    yield open_one
    for spool in opened:
        spool.close()


async def test_what_is_appended_is_delivered_once_and_in_order(open_store: OpenStore) -> None:
    spool, ledger = open_store(a_clock()), Ledger()
    for text in ("one", "two", "three"):
        await spool.append(ORIGIN, T0, a_turn(text))
    await deliver(spool, ledger)
    await spool.append(ORIGIN, T0, a_turn("four"))
    await deliver(spool, ledger)
    assert ledger.texts == ["one", "two", "three", "four"]
    assert [line for _, line, _ in ledger.lines] == [1, 2, 3, 4]


async def test_lines_of_an_earlier_run_come_first(tmp_path: pathlib.Path, open_store: OpenStore) -> None:
    first = open_store(a_clock())
    await first.append(ORIGIN, T0, a_turn("before the crash"))
    later = a_clock()
    later.advance(10)
    second, ledger = open_store(later), Ledger()
    await second.append(ORIGIN, T0, a_turn("after the crash"))
    await deliver(second, ledger)
    assert ledger.texts == ["before the crash", "after the crash"]
    second.close()
    assert list((tmp_path / "spool").iterdir()) == []


async def test_a_dispatch_that_is_out_gets_everything_later(open_store: OpenStore) -> None:
    spool, ledger = open_store(a_clock()), Ledger()
    ledger.out = True
    delivering = asyncio.create_task(replay.deliver_for_ever(spool, ledger))  # type: ignore[arg-type]
    await spool.append(ORIGIN, T0, a_turn("kept"))
    await asyncio.sleep(0)
    ledger.out = False
    async with asyncio.timeout(30):
        await ledger.took.wait()
    delivering.cancel()
    assert ledger.texts == ["kept"]


def test_half_a_line_at_the_end_is_dropped(tmp_path: pathlib.Path) -> None:
    spool = files.SpoolFile(tmp_path, "spool_a")
    line = contract.SpoolLine(line=1, room_name="room", job_id="AJ_1", generation=1, at=T0, record=a_turn("whole"))
    spool.append([line])
    spool.close()
    with (tmp_path / "spool_a.jsonl").open("ab") as file:
        file.write(b'{"line": 2, "room_na')
    again = files.SpoolFile(tmp_path, "spool_a")
    assert again.last == 1
    assert again.pending(10) == (line,)
    again.append([line.model_copy(update={"line": 2})])
    assert [kept.line for kept in again.pending(10)] == [1, 2]
    again.close()


def test_a_gap_in_the_numbers_is_refused(tmp_path: pathlib.Path) -> None:
    spool = files.SpoolFile(tmp_path, "spool_a")
    with pytest.raises(ValueError, match="without a gap"):
        spool.append([contract.SpoolLine(line=2, room_name="r", job_id="AJ_1", generation=1, at=T0, record=ENDED)])
    spool.close()


async def test_a_full_spool_says_so(open_store: OpenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_MAX_BYTES", 10)
    spool = open_store(a_clock())
    await spool.append(ORIGIN, T0, a_turn("fits"))
    with pytest.raises(store.SpoolFull):
        await spool.append(ORIGIN, T0, a_turn("does not"))


@pytest.fixture
async def lost() -> list[str]:
    return []


@pytest.fixture
async def spool(open_store: OpenStore) -> store.SpoolStore:
    return open_store(a_clock())


@pytest.fixture
async def socket(tmp_path: pathlib.Path, spool: store.SpoolStore, lost: list[str]) -> AsyncIterator[pathlib.Path]:
    async def on_lost(room_name: str) -> None:
        lost.append(room_name)

    path = tmp_path / "s.sock"
    async with hub.serving(hub.Hub(spool, a_clock(), on_lost), path):
        yield path


async def kept(spool: store.SpoolStore) -> list[contract.Record]:
    batch = await spool.next_batch(100)
    return [line.record for line in batch.lines] if batch else []


async def test_a_job_that_ends_its_call_is_not_lost(
    socket: pathlib.Path, spool: store.SpoolStore, lost: list[str]
) -> None:
    job = await client.connect(socket, HELLO, a_clock())
    job.report(a_turn("hello"))
    job.report(ENDED)
    assert await job.flush(5)
    await job.close()
    assert await kept(spool) == [a_turn("hello"), ENDED]
    assert lost == []


async def test_a_job_that_dies_leaves_an_end_and_its_room_is_closed(
    socket: pathlib.Path, spool: store.SpoolStore, lost: list[str]
) -> None:
    job = await client.connect(socket, HELLO, a_clock())
    job.report(a_turn("hello"))
    assert await job.flush(5)
    await job.close()
    async with asyncio.timeout(30):
        while not lost:
            await asyncio.sleep(0.01)
    assert lost == ["room"]
    last = (await kept(spool))[-1]
    assert isinstance(last, contract.EndedRecord)
    assert last.reason is endings.Reason.WORKER_LOST


async def test_nonsense_on_the_socket_harms_nobody(socket: pathlib.Path, spool: store.SpoolStore) -> None:
    reader, writer = await asyncio.open_unix_connection(socket)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    async with asyncio.timeout(30):
        assert await reader.read() == b""
    writer.close()
    job = await client.connect(socket, HELLO, a_clock())
    job.report(ENDED)
    assert await job.flush(5)
    await job.close()
    assert await kept(spool) == [ENDED]


def lines(*texts: str, first: int = 1) -> list[contract.SpoolLine]:
    return [
        contract.SpoolLine(line=number, room_name="room", job_id="AJ_1", generation=1, at=T0, record=a_turn(text))
        for number, text in enumerate(texts, start=first)
    ]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = files.SpoolFile(tmp_path, "spool_a")
    spool.append(lines("kept"))

    def no_space(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", no_space)
        with pytest.raises(OSError, match="No space"):
            spool.append(lines("lost", first=2))
    assert spool.last == 1
    spool.append(lines("written again", first=2))
    assert [line.record for line in spool.pending(10)] == [a_turn("kept"), a_turn("written again")]
    spool.close()


@pytest.mark.parametrize("content", ["", "{", '{"line": 1}', "[]"])
def test_an_unreadable_note_of_what_was_delivered_means_sending_all_again(tmp_path: pathlib.Path, content: str) -> None:
    spool = files.SpoolFile(tmp_path, "spool_a")
    spool.append(lines("one", "two"))
    spool.acknowledge(1)
    spool.close()
    (tmp_path / "spool_a.ack").write_text(content)
    again = files.SpoolFile(tmp_path, "spool_a")
    assert len(again.pending(10)) == 2
    again.close()


def test_a_line_with_a_field_of_another_version_is_still_read(tmp_path: pathlib.Path) -> None:
    line = json.loads(lines("one")[0].model_dump_json())
    (tmp_path / "spool_a.jsonl").write_text(json.dumps({**line, "of_tomorrow": 1}) + "\n")
    spool = files.SpoolFile(tmp_path, "spool_a")
    assert spool.pending(10) == tuple(lines("one"))
    spool.close()


async def test_a_spool_that_cannot_be_read_is_set_aside_and_blocks_nothing(
    tmp_path: pathlib.Path, open_store: OpenStore
) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "spool_0.jsonl").write_text('{"line": 1, "nonsense": true}\n')
    spool, ledger = open_store(a_clock()), Ledger()
    await spool.append(ORIGIN, T0, a_turn("goes through"))
    await deliver(spool, ledger)
    assert ledger.texts == ["goes through"]
    assert (folder / "spool_0.unreadable").exists()


async def test_what_dispatch_lost_is_sent_again(open_store: OpenStore) -> None:
    class Restored(Ledger):
        async def send_lines(self, batch: contract.SpoolBatch) -> contract.SpoolReceipt:
            if not self.lines and batch.lines[0].line > 1:
                raise dispatch_client.LinesMissing(1)
            return await super().send_lines(batch)

    spool, ledger = open_store(a_clock()), Ledger()
    for text in ("one", "two"):
        await spool.append(ORIGIN, T0, a_turn(text))
    await deliver(spool, ledger)
    restored = Restored()
    await spool.append(ORIGIN, T0, a_turn("three"))
    await deliver(spool, restored)
    assert restored.texts == ["one", "two", "three"]


async def test_a_job_that_leaves_its_call_to_another_is_not_lost(
    socket: pathlib.Path, spool: store.SpoolStore, lost: list[str]
) -> None:
    job = await client.connect(socket, HELLO, a_clock())
    job.report(a_turn("hello"))
    job.leave()
    assert await job.flush(5)
    await job.close()
    again = await client.connect(socket, HELLO, a_clock())
    again.report(ENDED)
    assert await again.flush(5)
    await again.close()
    assert await kept(spool) == [a_turn("hello"), ENDED]
    assert lost == []


async def test_a_job_that_left_and_came_back_is_missed_again(
    socket: pathlib.Path, spool: store.SpoolStore, lost: list[str]
) -> None:
    job = await client.connect(socket, HELLO, a_clock())
    job.leave()
    job.come_back()
    job.report(a_turn("hello"))
    assert await job.flush(5)
    await job.close()
    async with asyncio.timeout(30):
        while not lost:
            await asyncio.sleep(0.01)
    assert lost == ["room"]


async def test_a_dead_jobs_room_is_closed_even_if_nothing_can_be_kept(
    socket: pathlib.Path, lost: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_MAX_BYTES", -1)
    job = await client.connect(socket, HELLO, a_clock())
    job.report(a_turn("hello"))
    assert not await job.flush(5), "the job is told that its report is not kept"
    await job.close()
    async with asyncio.timeout(30):
        while not lost:
            await asyncio.sleep(0.01)
    assert lost == ["room"]
