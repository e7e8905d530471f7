"""WAV files (RIFF, 16-bit mono PCM) that are written while somebody speaks."""

from __future__ import annotations

import fcntl
import os
import pathlib
import struct

RATE = 16_000  # Hz; what wideband telephones carry
BYTES_PER_S = RATE * 2

FRESH = ".new"
"""Ends the name of a file that is just being made."""

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_PIECE = BYTES_PER_S  # a write every second


class WaveWriter:
    """A file that grows. It is locked until it is closed, so that others can tell whether its writer still lives.

    The lengths in its header are only right after `mend`.
    """

    def __init__(self, path: pathlib.Path) -> None:
        """Make the file.

        Raises:
            OSError: the disk does not take it.
        """
        self._path = path
        self._pending = bytearray()
        fresh = path.with_suffix(FRESH)
        self._file = fresh.open("xb", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fresh.chmod(0o600)
            _write_all(self._file.fileno(), _header(0))
            fresh.rename(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            self._file.close()
            raise

    def write(self, pcm: bytes) -> None:
        """Add samples.

        Raises:
            OSError: the disk does not take them.
        """
        self._pending += pcm
        if len(self._pending) >= _PIECE:
            self._flush()

    def close(self, keep_s: float) -> None:
        """Keep what was written, at most so many seconds of it; returns when it is on disk.

        Raises:
            OSError: the disk does not take the last of it.
        """
        try:
            self._flush()
            whole = _HEADER.size + round(keep_s * RATE) * 2
            os.ftruncate(self._file.fileno(), min(whole, os.fstat(self._file.fileno()).st_size))
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def discard(self) -> None:
        """Leave nothing behind."""
        self._path.unlink(missing_ok=True)
        self._file.close()

    def _flush(self) -> None:
        pending = bytes(self._pending)
        self._pending.clear()
        _write_all(self._file.fileno(), pending)


def mend(path: pathlib.Path) -> float | None:
    """Make the header say what is there, also where the writer was killed; seconds of sound.

    None where somebody still writes it.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        size = max(0, path.stat().st_size - _HEADER.size) // 2 * 2
        if file.read(_HEADER.size) != _header(size) or path.stat().st_size % 2:
            file.truncate(_HEADER.size + size)
            file.seek(0)
            file.write(_header(size))
    return size / BYTES_PER_S


def _header(size: int) -> bytes:
    return _HEADER.pack(
        b"RIFF", _HEADER.size - 8 + size, b"WAVE", b"fmt ", 16, 1, 1, RATE, BYTES_PER_S, 2, 16, b"data", size
    )


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
