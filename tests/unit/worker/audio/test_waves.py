"""WAV files that are written while somebody speaks, and what a writer that was killed leaves."""

from __future__ import annotations

import pathlib
import wave

import pytest

from worker.audio import waves

pytestmark = pytest.mark.unit

SECOND = bytes(range(256)) * (waves.BYTES_PER_S // 256)


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "message.wav"


def sound(path: pathlib.Path) -> bytes:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (waves.RATE, 1, 2)
        return bytes(file.readframes(file.getnframes()))


def test_what_was_written_can_be_played(path: pathlib.Path) -> None:
    writer = waves.WaveWriter(path)
    for start in range(0, len(SECOND), 320):
        writer.write(SECOND[start : start + 320])
    writer.write(SECOND[:320])
    writer.close(60.0)
    assert waves.mend(path) == pytest.approx(1.01)
    assert sound(path) == SECOND + SECOND[:320]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_end_can_be_cut_off(path: pathlib.Path) -> None:
    writer = waves.WaveWriter(path)
    writer.write(SECOND * 3)
    writer.close(1.0)
    assert waves.mend(path) == 1.0
    assert sound(path) == SECOND


def test_a_file_that_is_being_written_is_left_alone(path: pathlib.Path) -> None:
    writer = waves.WaveWriter(path)
    writer.write(SECOND)
    assert waves.mend(path) is None
    writer.close(60.0)
    assert waves.mend(path) == 1.0


def test_what_a_killed_writer_left_can_be_played(path: pathlib.Path) -> None:
    writer = waves.WaveWriter(path)
    writer.write(SECOND * 2)
    writer._file.close()  # as the kernel does
    with path.open("ab") as file:
        file.write(b"\x01")  # half a sample
    assert waves.mend(path) == 2.0
    assert sound(path) == SECOND * 2


def test_a_file_without_its_header_is_one_of_no_length(path: pathlib.Path) -> None:
    path.write_bytes(b"RIFF")
    assert waves.mend(path) == 0.0
    assert sound(path) == b""


def test_mending_twice_changes_nothing(path: pathlib.Path) -> None:
    writer = waves.WaveWriter(path)
    writer.write(SECOND)
    writer.close(60.0)
    waves.mend(path)
    before = path.stat().st_mtime_ns
    waves.mend(path)
    assert path.stat().st_mtime_ns == before


def test_what_is_not_wanted_leaves_nothing(path: pathlib.Path) -> None:
    writer = waves.WaveWriter(path)
    writer.write(SECOND)
    writer.discard()
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error_and_leaves_nothing_open(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileNotFoundError):
        waves.WaveWriter(tmp_path / "missing" / "message.wav")
