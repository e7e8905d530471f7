"""The files of recordings: `<call's id>/<kind>.wav`, for the eyes of this user only, whole or not there at all."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import pathlib
import secrets
import shutil
from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterator
from typing import BinaryIO

import structlog

from callcore import contract, errors

_PART = ".part"
_BLOCK = 256 * 1024  # bytes written at once; a thread for each network packet would cost more than the disk
_STRAY_S = 600.0  # an upload has long been given up by then

_log = structlog.get_logger(__name__)


class ShelfUnavailable(errors.Unavailable):
    """Recordings cannot be kept now."""

    public_code = "recordings_unavailable"


class Shelf:
    """The folder of all recordings. It comes into being with the first one."""

    def __init__(self, root: pathlib.Path) -> None:
        self._root = root

    def path(self, file: str) -> pathlib.Path:
        """Where a file is that `place` named."""
        return self._root / file

    def place(self, call_id: str, kind: contract.AudioKind) -> str:
        """The name of a call's recording below this folder."""
        return f"{call_id}/{kind.value}.wav"

    @contextlib.asynccontextmanager
    async def incoming(self, file: str, sound: AsyncIterable[bytes]) -> AsyncIterator[Incoming]:
        """Write what comes in beside the place where it is to be; it is gone at the end unless it was kept.

        Raises:
            ShelfUnavailable: the disk is full, or not to be written to.
        """
        final = self.path(file)
        part = final.with_name(f".{final.name}.{secrets.token_hex(8)}{_PART}")
        try:
            with _plainly(), await asyncio.to_thread(_create, part) as opened:
                size = await _copy(sound, opened)
                await asyncio.to_thread(_settle, opened)
            yield Incoming(part=part, final=final, size=size)
        finally:
            await asyncio.to_thread(_remove, part)

    async def clear(self, call_ids: Collection[str]) -> None:
        """Remove all that is kept of these calls. What is not there is gone already.

        Raises:
            ShelfUnavailable: it cannot be removed; some of it may be gone.
        """
        with _plainly():
            await asyncio.to_thread(self._clear, call_ids)

    async def sweep(self, now_s: float) -> None:
        """Remove what uploads have left behind that were never finished; `now_s` is Unix time."""
        removed = await asyncio.to_thread(self._sweep, now_s - _STRAY_S)
        if removed:
            _log.info("unfinished recordings were removed", count=removed)

    def _clear(self, call_ids: Collection[str]) -> None:
        cleared = False
        for call_id in call_ids:
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(self._root / call_id)
                cleared = True
        if cleared:
            _sync(self._root)

    def _sweep(self, before_s: float) -> int:
        removed = 0
        for part in self._root.glob(f"*/.*{_PART}"):
            with contextlib.suppress(OSError):
                if part.stat().st_mtime < before_s:
                    part.unlink()
                    removed += 1
        return removed


class Incoming:
    """A recording that is whole on the disk and not in its place yet."""

    def __init__(self, *, part: pathlib.Path, final: pathlib.Path, size: int) -> None:
        self._part = part
        self._final = final
        self.size = size
        """Bytes."""

    async def keep(self) -> None:
        """Put it into its place, over a former one.

        Raises:
            ShelfUnavailable: that cannot be done; the former one stays.
        """
        with _plainly():
            await asyncio.to_thread(_replace, self._part, self._final)


async def _copy(sound: AsyncIterable[bytes], opened: BinaryIO) -> int:
    size, block = 0, bytearray()
    async for piece in sound:
        block += piece
        size += len(piece)
        if len(block) >= _BLOCK:
            await asyncio.to_thread(opened.write, bytes(block))
            block.clear()
    await asyncio.to_thread(opened.write, bytes(block))
    return size


def _create(part: pathlib.Path) -> BinaryIO:
    part.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part.parent.mkdir(mode=0o700, exist_ok=True)
    return open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _settle(opened: BinaryIO) -> None:
    opened.flush()
    os.fsync(opened.fileno())


def _replace(part: pathlib.Path, final: pathlib.Path) -> None:
    part.replace(final)
    _sync(final.parent)


def _sync(folder: pathlib.Path) -> None:
    """Have its names survive a power cut, and the lack of those that are gone."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _remove(part: pathlib.Path) -> None:
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _log.error("a recording cannot be kept", cause=errno.errorcode.get(error.errno or 0, "unknown"))
        raise ShelfUnavailable from None
